//! What a reader can do with an order: look, extend, cancel.

use crate::app::App;
use crate::domain::hold::Hold;
use crate::domain::id::OrderId;
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::product::Product;
use crate::domain::site::Site;
use crate::domain::time::Timestamp;
use crate::domain::unlock::Unlock;
use crate::flow::{Conflict, Error, Thing};
use crate::storage::verbs::{ReadTx, WriteTx};

/// An order with what a reader is shown of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// The order.
    pub order: Order,
    /// Who sells.
    pub site: Site,
    /// What is sold.
    pub product: Product,
    /// What the code's picture says, where it could be read.
    pub payload: Option<String>,
    /// True where the payer types the amount.
    pub open_code: bool,
    /// When its amount comes free: until then a payment still settles it.
    pub release_at: Timestamp,
    /// The right to read, once paid.
    pub unlock: Option<Unlock>,
}

/// Reads an order with what belongs to it.
///
/// # Errors
/// [`Error::NotFound`].
pub fn view<T: ReadTx + ?Sized>(tx: &T, id: OrderId) -> Result<View, Error> {
    let order = tx.order(id)?.ok_or(Error::NotFound(Thing::Order))?;
    complete(tx, order)
}

pub(crate) fn complete<T: ReadTx + ?Sized>(tx: &T, order: Order) -> Result<View, Error> {
    let site = tx.site(order.site)?.ok_or(Error::NotFound(Thing::Site))?;
    let product = tx.product(order.product)?.ok_or(Error::NotFound(Thing::Product))?;
    let code = match order.code {
        Some(id) => Some(tx.code(id)?.ok_or(Error::NotFound(Thing::Code))?),
        None => None,
    };
    let trades = if code.is_none() { tx.trades_of(order.id)? } else { Vec::new() };
    let unlock = match order.status {
        OrderStatus::Paid => tx.unlock_of(order.id)?,
        OrderStatus::Pending | OrderStatus::Expired | OrderStatus::Cancelled | OrderStatus::Refunded => None,
    };
    let release_at = tx.hold(order.id)?.map_or(order.expires_at, |hold| hold.release_at);
    Ok(View {
        order,
        site,
        product,
        open_code: code.as_ref().is_some_and(|c| c.amount.is_none()),
        payload: code.and_then(|c| c.payload).or_else(|| trades.iter().find_map(|t| t.qr_code.clone())),
        release_at,
        unlock,
    })
}

/// Reads an order with what belongs to it.
///
/// # Errors
/// [`Error::NotFound`], or of the storage.
pub async fn get(app: &App, id: OrderId) -> Result<View, Error> {
    app.store.read(move |tx| view(tx, id)).await
}

/// One more window (WCAG 2.2.1), while the order is pending.
///
/// # Errors
/// [`Conflict::OrderNotPending`], [`Conflict::NoExtensionsLeft`], [`Error::NotFound`].
pub async fn extend(app: &App, id: OrderId) -> Result<View, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let (mut order, hold) = pending(tx, id, now)?;
            let site = tx.site(order.site)?.ok_or(Error::NotFound(Thing::Site))?;
            if order.extensions_left == 0 {
                return Err(Error::Conflict(Conflict::NoExtensionsLeft));
            }
            order.extensions_left -= 1;
            order.expires_at = order.expires_at.plus(site.policy.pay_window);
            if let Some(hold) = hold {
                let longer = hold.extended(&site.policy);
                order.expires_at = longer.window_ends_at;
                tx.update_hold(&longer)?;
            }
            let entry = Entry {
                subject: Subject::Order(id),
                act: Act::OrderExtended,
                actor: Actor::Reader,
                cause: format!("until={}", order.expires_at),
            };
            save(tx, &order)?;
            makers.log(tx, now, &entry)?;
            view(tx, id)
        })
        .await
}

/// Gives an order up; its amount cools down, because money may be on its way (M8).
///
/// # Errors
/// [`Conflict::OrderNotPending`], [`Error::NotFound`].
pub async fn cancel(app: &App, id: OrderId) -> Result<View, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let cancelled = app
        .store
        .write(move |tx| {
            let (mut order, hold) = pending(tx, id, now)?;
            let site = tx.site(order.site)?.ok_or(Error::NotFound(Thing::Site))?;
            order.status = OrderStatus::Cancelled;
            order.expires_at = now;
            if let Some(hold) = hold {
                let closed = hold.closed(site.policy.cool_down, now);
                order.expires_at = closed.window_ends_at;
                tx.update_hold(&closed)?;
            }
            save(tx, &order)?;
            let subject = Subject::Order(id);
            let entry =
                Entry { subject, act: Act::OrderCancelled, actor: Actor::Reader, cause: String::new() };
            makers.log(tx, now, &entry)?;
            view(tx, id)
        })
        .await?;
    app.pressure.abandoned(cancelled.order.address, now);
    Ok(cancelled)
}

/// An order that can still be paid in its window, with its hold; none where a gateway tells payments apart.
fn pending(tx: &mut dyn WriteTx, id: OrderId, now: Timestamp) -> Result<(Order, Option<Hold>), Error> {
    let order = tx.order(id)?.ok_or(Error::NotFound(Thing::Order))?;
    if order.status_at(now) != OrderStatus::Pending {
        return Err(Error::Conflict(Conflict::OrderNotPending));
    }
    let hold = tx.hold(id)?;
    Ok((order, hold))
}

/// Writes an order that was read in the same unit of work.
pub(crate) fn save(tx: &mut dyn WriteTx, order: &Order) -> Result<(), Error> {
    if tx.update_order(order)? { Ok(()) } else { Err(Error::Conflict(Conflict::Raced)) }
}
