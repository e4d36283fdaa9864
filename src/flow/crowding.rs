//! How much of one band a single address block may hold: a stranger must not be able to drain the amounts (DESIGN
//! section 3), and readers behind one carrier's NAT must not be shut out.
//!
//! Up to half of the band costs nothing, up to three quarters a little work for each amount, and the last quarter is
//! kept for others. Neighbours (loopback, private networks) are not strangers and are not asked.

use crate::domain::account::Account;
use crate::domain::hold;
use crate::domain::money::Fen;
use crate::domain::product::Product;
use crate::domain::site::Site;
use crate::flow::Error;
use crate::storage::verbs::{ReadTx, WriteTx};

/// Below so many keys a band is too small to keep a part of it for others.
const SHARED_FROM: usize = 4;

/// How crowded an address block makes a band.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Crowd {
    /// It holds little.
    None,
    /// With one more it would hold more than half.
    Half,
    /// With one more it would hold more than three quarters.
    Enough {
        /// How many it may hold.
        limit: i64,
    },
}

/// How many payments an account could tell apart among some amounts at once; none where it has no code for any of them.
pub(super) fn keys<T: ReadTx + ?Sized>(tx: &T, account: &Account, amounts: &[Fen]) -> Result<usize, Error> {
    let Some((low, high)) = hold::bounds(amounts) else { return Ok(0) };
    let open = tx.open_code(account.id)?.is_some();
    Ok(if open { amounts.len() } else { tx.fixed_codes(account.id, low, high)?.len() })
}

/// Looks how much of the band the block holds, before it gets `amount`.
pub(super) fn look(
    tx: &dyn WriteTx,
    block: i64,
    accounts: &[Account],
    site: &Site,
    product: &Product,
    amount: Fen,
) -> Result<Crowd, Error> {
    let amounts: Vec<Fen> = hold::amounts(product.price, &site.policy).collect();
    // While one of the best two amounts is free there is no crowd.
    if amounts.iter().take(2).any(|best| *best == amount) {
        return Ok(Crowd::None);
    }
    let Some((low, high)) = hold::bounds(&amounts) else { return Ok(Crowd::None) };
    let (mut all, mut held) = (0, 1);
    for account in accounts {
        all += keys(tx, account, &amounts)?;
        held += tx.held_by_address(account.id, low, high, block)?;
    }
    Ok(if all >= SHARED_FROM && held * 4 > all * 3 {
        Crowd::Enough { limit: i64::try_from(all * 3 / 4).unwrap_or(i64::MAX) }
    } else if held > 1 && held * 2 > all {
        Crowd::Half
    } else {
        Crowd::None
    })
}
