//! How much of one band a single address block may hold: a stranger must not be able to drain the amounts (DESIGN
//! section 3), and readers behind one carrier's NAT must not be shut out.
//!
//! Up to half of the band costs nothing, up to three quarters a little work for each amount, and the last quarter is
//! kept for others. Neighbours (loopback, private networks) are not strangers and are not asked.

use crate::domain::account::Account;
use crate::domain::hold;
use crate::domain::money::Fen;
use crate::domain::site::{Product, Site};
use crate::flow::Error;
use crate::flow::checkout::{Effort, Outcome, Wish};
use crate::storage::verbs::WriteTx;

/// Below so many keys a band is too small to keep a part of it for others.
const SHARED_FROM: usize = 4;

/// Why this wish must not get `amount`, if it must not.
pub(super) fn refusal(
    tx: &dyn WriteTx,
    wish: &Wish,
    accounts: &[Account],
    site: &Site,
    product: &Product,
    amount: Fen,
) -> Result<Option<Outcome>, Error> {
    let amounts: Vec<Fen> = hold::amounts(product.price, &site.policy).collect();
    // While one of the best two amounts is free there is no crowd.
    if wish.effort == Effort::NotAsked || amounts.iter().take(2).any(|best| *best == amount) {
        return Ok(None);
    }
    let (Some(low), Some(high)) = (amounts.iter().min(), amounts.iter().max()) else { return Ok(None) };
    let (mut keys, mut held) = (0, 1);
    for account in accounts {
        let open = tx.open_code(account.id)?.is_some();
        keys += if open { amounts.len() } else { tx.fixed_codes(account.id, *low, *high)?.len() };
        held += tx.held_by_address(account.id, *low, *high, wish.address)?;
    }
    Ok(if keys >= SHARED_FROM && held * 4 > keys * 3 {
        Some(Outcome::TooManyFromAddress { limit: i64::try_from(keys * 3 / 4).unwrap_or(i64::MAX) })
    } else if held > 1 && held * 2 > keys && wish.effort == Effort::None {
        Some(Outcome::ProofOfWork)
    } else {
        None
    })
}
