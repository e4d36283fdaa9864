//! Orders at an official gateway.

use super::{Outcome, Shaped, Wish, begin, created};
use crate::app::Makers;
use crate::domain::account::Account;
use crate::domain::gateway::{Trade, Way};
use crate::domain::id::OrderId;
use crate::domain::site::Site;
use crate::domain::time::Timestamp;
use crate::flow::gateway::trade::ends_at;
use crate::flow::{Conflict, Error};
use crate::storage::verbs::{Inserted, WriteTx};

/// An order that the official gateway tells apart by its own number: the exact price, and nothing is held. Its code is
/// asked for when the order is durable ([`crate::flow::gateway`]).
pub(super) fn order(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    wish: &Wish,
    site: &Site,
    shaped: &Shaped,
    account: &Account,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let id = OrderId::from_raw(makers.ids.next(now));
    let order = begin(wish, site, shaped, account, id, now);
    match tx.insert_gateway_order(&order)? {
        Inserted::Yes => {}
        Inserted::Conflict => return Err(Error::Conflict(Conflict::Raced)),
    }
    let ends_at = ends_at(&order, site);
    let trade = Trade::new(&order, Way::Code, ends_at, wish.chance, now);
    match tx.insert_trade(&trade)? {
        Inserted::Yes => created(tx, makers, order, now),
        Inserted::Conflict => Err(Error::Conflict(Conflict::Raced)),
    }
}
