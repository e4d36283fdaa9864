//! An order becomes paid: the one place where that is written (M4, M5, M10).
//!
//! Settlement, order, hold, unlock and log line are one unit of work with whatever caused them, so that none of them is
//! ever there without the others.

use crate::app::Makers;
use crate::domain::gateway::{Trade, TradeState, Way};
use crate::domain::id::{OrderId, ReceiptId, SettlementId, UnlockId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::subscription::Period;
use crate::domain::time::Timestamp;
use crate::domain::unlock::{Unlock, end_of};
use crate::flow::gateway::subscription::heard;
use crate::flow::order::save;
use crate::flow::{Conflict, Error, Thing};
use crate::storage::verbs::{Inserted, ReadTx, Settlement, WriteTx};

/// What shows that an order was paid (M5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// A matched receipt.
    Receipt(ReceiptId),
    /// A trade of an official gateway, by the gateway's own number: a verified notification or query.
    Trade(String),
    /// The owner's word, who saw the money elsewhere.
    Word,
}

/// What pays an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// The order.
    pub order: OrderId,
    /// What shows it.
    pub evidence: Evidence,
    /// The money came in after the window.
    pub late: bool,
    /// Who says so: a phone by its receipt, the gateway, or the owner.
    pub actor: Actor,
}

/// Settles an order that may be settled.
///
/// # Errors
/// [`Conflict::OrderPaid`] or [`Conflict::ReceiptSettled`] where one of the two has its settlement already.
pub(crate) fn settle(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    payment: Payment,
    now: Timestamp,
) -> Result<(), Error> {
    let mut order = tx.order(payment.order)?.ok_or(Error::NotFound(Thing::Order))?;
    if !order.status.is_payable() {
        return Err(Error::Conflict(Conflict::OrderPaid));
    }
    let by_owner = matches!(payment.actor, Actor::Owner(_) | Actor::Console);
    let (receipt, gateway_ref) = match payment.evidence {
        Evidence::Receipt(receipt) => (Some(receipt), None),
        Evidence::Trade(number) => (None, Some(number)),
        Evidence::Word => (None, None),
    };
    let evidence = match (&receipt, &gateway_ref) {
        (Some(receipt), _) => format!("receipt={receipt}"),
        (None, Some(trade)) => format!("trade={trade}"),
        (None, None) => "receipt=none".to_owned(),
    };
    assert!(
        by_owner || receipt.is_some() || gateway_ref.is_some(),
        "an order is paid by a receipt, a trade or the owner's word (M5)"
    );
    let settlement = Settlement {
        id: SettlementId::from_raw(makers.ids.next(now)),
        order: order.id,
        receipt,
        gateway_ref,
        by_owner,
        settled_at: now,
        before: order.status_at(now),
    };
    if tx.insert_settlement(&settlement)? == Inserted::Conflict {
        return Err(Error::Conflict(Conflict::ReceiptSettled));
    }
    let site = tx.site(order.site)?.ok_or(Error::NotFound(Thing::Site))?;
    if settlement.receipt.is_none() && settlement.gateway_ref.is_none() {
        look_for_money(tx, order.id, now)?;
    }
    if let Some(hold) = tx.hold(order.id)?.filter(|hold| now < hold.release_at) {
        tx.update_hold(&hold.closed(site.policy.cool_down, now))?;
    }
    order.status = OrderStatus::Paid;
    order.late = payment.late;
    order.paid_at = Some(now);
    save(tx, &order)?;
    let unlock = unlock_for(tx, makers, &order, now)?;
    let given = tx.insert_unlock(&unlock)?;
    assert_eq!(given, Inserted::Yes, "an order that was not paid has no unlock");
    let cause = format!("{evidence} late={}", payment.late);
    let (subject, actor) = (Subject::Order(order.id), payment.actor);
    Ok(makers.log(tx, now, &Entry { subject, act: Act::OrderPaid, actor, cause })?)
}

/// The owner says that the money is there: where the order has trades at an official gateway, that is asked about them, so that
/// the settlement can name one. What became of a charge is followed elsewhere.
fn look_for_money(tx: &mut dyn WriteTx, order: OrderId, now: Timestamp) -> Result<(), Error> {
    for trade in tx.trades_of(order)? {
        if trade.state != TradeState::Paid && trade.way != Way::Charge {
            tx.update_trade(&Trade { ask_at: Some(now), asked: 0, ..trade })?;
        }
    }
    Ok(())
}

/// The right that a paid order gives.
fn unlock_for(tx: &dyn WriteTx, makers: &Makers, order: &Order, now: Timestamp) -> Result<Unlock, Error> {
    let product = tx.product(order.product)?.ok_or(Error::NotFound(Thing::Product))?;
    let running_until = order.renews.map(|first| tx.running_until(first)).transpose()?.flatten();
    let validity = match product.terms.validity {
        // Who was charged for a period reads for all of it, also where the product is sold for a shorter time today.
        Some(validity) => {
            Some(charged_period(tx, order.id)?.map_or(validity, |every| validity.max(every.longest())))
        }
        None => None,
    };
    Ok(Unlock {
        id: UnlockId::from_raw(makers.ids.next(now)),
        order: order.id,
        site: order.site,
        product: order.product,
        issued_at: now,
        revoked_at: None,
        expires_at: end_of(validity, now, running_until),
        buyer_out_at: None,
    })
}

/// The trade at an official gateway that paid an order: the one that its settlement names, or, where that is the owner's word
/// alone, the only one that was paid.
pub(crate) fn paid_trade<T: ReadTx + ?Sized>(tx: &T, order: OrderId) -> Result<Option<Trade>, Error> {
    let Some(settlement) = tx.settlement_of(order)? else { return Ok(None) };
    let mut paid = tx.trades_of(order)?.into_iter().filter(|t| t.state == TradeState::Paid);
    Ok(match (settlement.gateway_ref, settlement.receipt) {
        (Some(number), _) => paid.find(|t| t.gateway_ref.as_ref() == Some(&number)),
        (None, Some(_)) => None,
        (None, None) => paid.next().filter(|_| paid.next().is_none()),
    })
}

/// The period for which a membership is charged by this order; nothing where it is no charge's.
fn charged_period(tx: &dyn WriteTx, order: OrderId) -> Result<Option<Period>, Error> {
    for trade in tx.trades_of(order)? {
        if let Some(charge) = tx.charge(&trade.number)? {
            return Ok(tx.agreement(charge.agreement)?.map(|agreement| agreement.every));
        }
    }
    Ok(None)
}

/// Takes back a settlement that the owner made by hand: the order is again what it was, the unlock is revoked. Where the money
/// is at an official gateway all the same, its trade pays the order now, with a new unlock, and what renews it goes on.
pub(crate) fn unsettle(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    order: OrderId,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let settlement = tx.settlement_of(order)?.ok_or(Error::Conflict(Conflict::OrderNotPaid))?;
    let mut order = tx.order(order)?.ok_or(Error::NotFound(Thing::Order))?;
    if order.status != OrderStatus::Paid {
        return Err(Error::Conflict(Conflict::OrderNotPaid));
    }
    let by_trade = match settlement.receipt {
        None => tx.trades_of(order.id)?.into_iter().find(|t| t.state == TradeState::Paid),
        Some(_) => None,
    };
    let by_trade = paid_trade(tx, order.id)?.or(by_trade);
    let was_late = order.late;
    let undone = tx.undo_settlement(settlement.id, now)?;
    assert!(undone, "a settlement that was just read is not undone yet");
    // A window that was open then is closed now: the amount may be somebody else's already.
    order.status = match settlement.before {
        OrderStatus::Cancelled => OrderStatus::Cancelled,
        OrderStatus::Pending | OrderStatus::Expired | OrderStatus::Paid | OrderStatus::Refunded => {
            OrderStatus::Expired
        }
    };
    order.expires_at = order.expires_at.min(now);
    order.late = false;
    order.paid_at = None;
    save(tx, &order)?;
    take_unlock(tx, order.id, now)?;
    let cause = format!("settlement={}", settlement.id);
    let subject = Subject::Order(order.id);
    makers.log(tx, now, &Entry { subject, act: Act::OrderUnpaid, actor, cause })?;
    let Some((account, number)) = by_trade.and_then(|t| Some((t.account, t.gateway_ref?))) else {
        return heard::revoked(tx, makers, order.id, actor, now);
    };
    let (evidence, actor) = (Evidence::Trade(number), Actor::Gateway(account));
    settle(tx, makers, Payment { order: order.id, evidence, late: was_late, actor }, now)
}

/// Takes the right to read back, and ends the subscription that would prolong it.
pub(crate) fn revoke(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    order: OrderId,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    take_unlock(tx, order, now)?;
    heard::revoked(tx, makers, order, actor, now)
}

fn take_unlock(tx: &mut dyn WriteTx, order: OrderId, now: Timestamp) -> Result<(), Error> {
    if let Some(unlock) = tx.unlock_of(order)? {
        let revoked = tx.revoke_unlock(unlock.id, now)?;
        assert!(revoked, "an unlock that was just read is not revoked yet");
    }
    Ok(())
}
