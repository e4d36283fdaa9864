//! What the gateway says of a trade, written down (M4, M5, M10). Notification and query come here alike, in any order and
//! as often as they like: one settlement.

use super::subscription::charge;
use crate::app::Makers;
use crate::domain::gateway::{Refund, RefundState, Trade, TradeState, Way};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::receipt::{Matter, Reason};
use crate::domain::time::Timestamp;
use crate::flow::settle::{self, Evidence, Payment};
use crate::flow::{Error, Thing, inbox};
use crate::storage::verbs::WriteTx;

/// What the gateway says of a trade, with its signature verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// Nobody paid it so far.
    Waiting,
    /// The gateway knows no such trade: nobody scanned its code so far, or it is not there yet.
    Absent,
    /// It was paid.
    Paid {
        /// The gateway's number.
        trade_no: String,
        /// How much, as the order names it: what the buyer's coupons paid is in it.
        amount: Fen,
        /// When, where it is told.
        at: Option<Timestamp>,
        /// How much of it went back so far, where that is told.
        returned: Option<Fen>,
    },
    /// It is closed: never paid, or all of the money went back.
    Closed {
        /// How much went back, where that is told.
        returned: Option<Fen>,
    },
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// The order is paid by it now.
    Settled,
    /// It was known already, or there is nothing to do.
    Known,
    /// Nothing was done: the owner must look.
    Asked,
    /// It is about a trade that we had closed: only an answer to a question of ours can say whether that is so.
    Doubtful,
}

/// Who said it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A notification: it may be old.
    Notice,
    /// An answer to our question: how it stands now.
    Answer,
}

/// Does what follows from what the gateway says of a trade of ours.
pub(crate) fn hear(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    trade: &Trade,
    said: &Said,
    source: Source,
    now: Timestamp,
) -> Result<Heard, Error> {
    let order = tx.order(trade.order)?.ok_or(Error::NotFound(Thing::Order))?;
    match said {
        Said::Waiting | Said::Absent => Ok(Heard::Known),
        Said::Paid { amount, .. } if *amount != trade.amount => {
            tx.update_trade(&Trade { ask_at: None, ..trade.clone() })?;
            ask(tx, makers, trade, Reason::OtherAmount, now)
        }
        Said::Paid { .. } if trade.state == TradeState::Closed && source == Source::Notice => {
            // It is answered with success, so nobody repeats it: the question is asked until it has an answer.
            if trade.ask_at.is_none() {
                tx.update_trade(&Trade { ask_at: Some(now), asked: 0, ..trade.clone() })?;
            }
            Ok(Heard::Doubtful)
        }
        Said::Paid { trade_no, at, returned, .. } => {
            let heard = paid(tx, makers, trade, &order, trade_no, at.unwrap_or(now), now)?;
            went_back(tx, makers, trade, *returned, now)?;
            Ok(heard)
        }
        Said::Closed { returned } => closed(tx, makers, trade, *returned, now),
    }
}

fn paid(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    trade: &Trade,
    order: &Order,
    trade_no: &str,
    at: Timestamp,
    now: Timestamp,
) -> Result<Heard, Error> {
    let known = trade.state == TradeState::Paid && trade.gateway_ref.as_deref() == Some(trade_no);
    if trade.state == TradeState::Paid {
        // A second number for one of ours cannot be: it is not for us to explain.
        return if known { Ok(Heard::Known) } else { ask(tx, makers, trade, Reason::PaidTwice, now) };
    }
    let is_paid = Trade {
        state: TradeState::Paid,
        gateway_ref: Some(trade_no.to_owned()),
        ask_at: None,
        ..trade.clone()
    };
    tx.update_trade(&is_paid)?;
    if trade.way == Way::Charge {
        charge::paid(tx, makers, &trade.number, now)?;
    }
    if !order.status.is_payable() {
        // A charge takes money by itself: who paid its period elsewhere has paid twice, and the owner must be told.
        if trade.way != Way::Charge && is_word_kept(tx, makers, trade, order, trade_no, now)? {
            return Ok(Heard::Known);
        }
        return ask(tx, makers, trade, Reason::PaidTwice, now);
    }
    let payment = Payment {
        order: order.id,
        evidence: Evidence::Trade(trade_no.to_owned()),
        late: at >= order.expires_at,
        actor: Actor::Gateway(trade.account),
    };
    settle::settle(tx, makers, payment, now)?;
    Ok(Heard::Settled)
}

/// The owner had settled the order by his word alone, and here is the money: the settlement names its trade from now on, so
/// that it can be paid back, and no second payment is reported.
fn is_word_kept(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    trade: &Trade,
    order: &Order,
    trade_no: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let settlement = tx.settlement_of(order.id)?.filter(|_| order.status == OrderStatus::Paid);
    let Some(settlement) = settlement else { return Ok(false) };
    if !tx.set_trade_of_word(settlement.id, trade_no)? {
        return Ok(false);
    }
    let (subject, actor) = (Subject::Order(order.id), Actor::Gateway(trade.account));
    let cause = format!("settlement={} trade={trade_no}", settlement.id);
    makers.log(tx, now, &Entry { subject, act: Act::OrderNoted, actor, cause })?;
    Ok(true)
}

fn closed(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    trade: &Trade,
    returned: Option<Fen>,
    now: Timestamp,
) -> Result<Heard, Error> {
    match trade.state {
        TradeState::Open | TradeState::Closed => {
            tx.update_trade(&Trade { state: TradeState::Closed, ask_at: None, ..trade.clone() })?;
            Ok(Heard::Known)
        }
        TradeState::Paid => went_back(tx, makers, trade, Some(returned.unwrap_or(trade.amount)), now),
    }
}

/// Looks whether more of a trade's money went back than was asked for here: through the gateway's own console, or by
/// somebody else with its keys.
fn went_back(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    trade: &Trade,
    returned: Option<Fen>,
    now: Timestamp,
) -> Result<Heard, Error> {
    // What the owner noted as paid back by hand is no surprise either: it may have been in that console.
    let refunds = tx.refunds_of(trade.order)?;
    let of_this = |r: &&Refund| r.trade.as_ref().is_none_or(|number| *number == trade.number);
    let ours = refunds.iter().filter(of_this).filter(|r| r.state != RefundState::Failed);
    let asked_for = ours.fold(Fen::ZERO, |sum, refund| sum.checked_add(refund.amount).unwrap_or(Fen::MAX));
    match returned {
        Some(returned) if returned > asked_for => ask(tx, makers, trade, Reason::WentBack, now),
        Some(_) | None => Ok(Heard::Known),
    }
}

/// Puts an order before the owner; once for each reason while that item is open.
fn ask(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    trade: &Trade,
    reason: Reason,
    now: Timestamp,
) -> Result<Heard, Error> {
    if tx.open_item_about(trade.order, reason)?.is_none() {
        let told = (reason, Matter::Order(trade.order), None);
        inbox::ask(tx, makers, told, Actor::Gateway(trade.account), now)?;
    }
    Ok(Heard::Asked)
}
