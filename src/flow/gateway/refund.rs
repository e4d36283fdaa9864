//! Money goes back: through the gateway where the order was paid there, else written down for what the owner does by hand.
//!
//! A refund has a number of its own before the gateway hears of it. A lost answer is followed by a question or by the same
//! request once more, never by another number: the gateway pays each number once.

use super::cashier::{RefundAsk, RefundSaid, Trouble};
use super::trade::cashier;
use crate::app::{App, Makers};
use crate::domain::gateway::{Refund, RefundState, RefundWay, Trade, TradeState, pause};
use crate::domain::id::{OrderId, RefundId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::receipt::{Matter, Reason};
use crate::domain::time::Timestamp;
use crate::flow::order::save;
use crate::flow::{Conflict, Error, Thing, inbox, settle};
use crate::limits;
use crate::storage::verbs::{Inserted, ReadTx, WriteTx};

/// What the owner wants to be paid back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wish {
    /// How much; all that is left where it is not said.
    pub amount: Option<Fen>,
    /// Why, for the buyer and the books.
    pub reason: String,
    /// By hand: the wallet's own number of the transfer, or what else proves it.
    pub proof: Option<String>,
    /// The caller's own id of this request: the same one again is the same refund.
    pub request_id: Option<String>,
    /// Whether the right to read ends; where it is not said, it does when all of the money went back.
    pub revoke: Option<bool>,
}

/// Pays back, or writes down what was paid back by hand.
///
/// # Errors
/// [`Conflict::OrderNotPaid`], [`Conflict::RefundTooMuch`], [`Conflict::RefundRequestReused`], [`Error::NotFound`],
/// [`Conflict::KeysLost`].
pub async fn refund(app: &App, order: OrderId, wish: Wish, actor: Actor) -> Result<Refund, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let made = app.store.write(move |tx| plan(tx, &makers, order, &wish, actor, now)).await?;
    match made.state {
        RefundState::Open => carry_out(app, made.id).await,
        RefundState::Done | RefundState::Failed => Ok(made),
    }
}

/// The trade that paid an order.
fn paid_trade<T: ReadTx + ?Sized>(tx: &T, order: OrderId) -> Result<Option<Trade>, Error> {
    let paid_by = tx.settlement_of(order)?.and_then(|s| s.gateway_ref);
    let trades = tx.trades_of(order)?;
    Ok(trades
        .into_iter()
        .find(|t| t.state == TradeState::Paid && t.gateway_ref == paid_by && paid_by.is_some()))
}

/// What of an order's money is still here, or on its way back.
fn left(order: &Order, refunds: &[Refund]) -> Fen {
    let gone = refunds.iter().filter(|r| r.state != RefundState::Failed);
    gone.fold(order.amount, |left, r| left.checked_sub(r.amount).unwrap_or(Fen::ZERO))
}

fn plan(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: OrderId,
    wish: &Wish,
    actor: Actor,
    now: Timestamp,
) -> Result<Refund, Error> {
    let order = tx.order(id)?.ok_or(Error::NotFound(Thing::Order))?;
    let refunds = tx.refunds_of(id)?;
    if let Some(known) = refunds.iter().find(|r| r.request_id.is_some() && r.request_id == wish.request_id) {
        let same = wish.amount.is_none_or(|amount| amount == known.amount);
        return if same { Ok(known.clone()) } else { Err(Error::Conflict(Conflict::RefundRequestReused)) };
    }
    if order.status != OrderStatus::Paid {
        return Err(Error::Conflict(Conflict::OrderNotPaid));
    }
    let left = left(&order, &refunds);
    let amount = wish.amount.unwrap_or(left);
    if amount.is_zero() || amount > left {
        return Err(Error::Conflict(Conflict::RefundTooMuch));
    }
    let refund_id = RefundId::from_raw(makers.ids.next(now));
    let way = if paid_trade(tx, id)?.is_some() { RefundWay::Gateway } else { RefundWay::ByHand };
    let by_hand = way == RefundWay::ByHand;
    let refund = Refund {
        id: refund_id,
        order: id,
        request_id: wish.request_id.clone(),
        amount,
        way,
        state: if by_hand { RefundState::Done } else { RefundState::Open },
        number: (!by_hand).then(|| format!("r{}", refund_id.raw())),
        reason: wish.reason.clone(),
        proof: wish.proof.clone(),
        actor: actor.to_string(),
        revokes: wish.revoke.unwrap_or(amount == left),
        problem: None,
        requested_at: now,
        finished_at: by_hand.then_some(now),
        ask_at: (!by_hand).then(|| now.plus(pause(0))),
        asked: 0,
    };
    match tx.insert_refund(&refund)? {
        Inserted::Yes => {}
        Inserted::Conflict => return Err(Error::Conflict(Conflict::Raced)),
    }
    let cause = format!("refund={} amount={amount} way={} reason={}", refund.id, way.as_str(), refund.reason);
    let subject = Subject::Order(id);
    makers.log(tx, now, &Entry { subject, act: Act::RefundRequested, actor, cause })?;
    if by_hand {
        finish(tx, makers, &refund, actor, now)?;
    }
    Ok(refund)
}

/// What a refund that is done does to its order.
fn finish(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    refund: &Refund,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let mut order = tx.order(refund.order)?.ok_or(Error::NotFound(Thing::Order))?;
    let refunds = tx.refunds_of(refund.order)?;
    let done: Vec<Refund> = refunds.into_iter().filter(|r| r.state == RefundState::Done).collect();
    if refund.revokes {
        settle::revoke(tx, order.id, now)?;
    }
    if left(&order, &done).is_zero() && order.status == OrderStatus::Paid {
        order.status = OrderStatus::Refunded;
        save(tx, &order)?;
        let cause = format!("refund={} note={}", refund.id, refund.reason);
        let subject = Subject::Order(order.id);
        makers.log(tx, now, &Entry { subject, act: Act::OrderRefunded, actor, cause })?;
    }
    Ok(())
}

/// Asks the gateway for a refund that is open, or how it stands. Both have the same number, so either may be repeated.
async fn carry_out(app: &App, id: RefundId) -> Result<Refund, Error> {
    let (refund, trade) = app
        .store
        .read(move |tx| {
            let refund = tx.refund(id)?.ok_or(Error::NotFound(Thing::Refund))?;
            let trade = paid_trade(tx, refund.order)?.ok_or(Error::NotFound(Thing::Order))?;
            Ok::<_, Error>((refund, trade))
        })
        .await?;
    let ask = RefundAsk {
        number: trade.number.clone(),
        refund_number: refund.number.clone().unwrap_or_default(),
        amount: refund.amount,
        reason: refund.reason.clone(),
    };
    let cashier = cashier(app, trade.account).await?;
    // Who asked before and knows nothing asks how it stands first: a request that was lost is repeated only then.
    let asked_before = refund.asked > 0;
    let stands =
        if asked_before { cashier.ask_refund(&ask, app.now()).await } else { Ok(RefundSaid::NotYet) };
    let said = match stands {
        Ok(RefundSaid::Done) => Ok(RefundSaid::Done),
        Ok(RefundSaid::NotYet) => cashier.refund(&ask, app.now()).await,
        Err(trouble) => Err(trouble),
    };
    let (now, makers) = (app.now(), app.makers.clone());
    app.store.write(move |tx| record(tx, &makers, id, &trade, &said, now)).await
}

fn record(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: RefundId,
    trade: &Trade,
    said: &Result<RefundSaid, Trouble>,
    now: Timestamp,
) -> Result<Refund, Error> {
    let refund = tx.refund(id)?.ok_or(Error::NotFound(Thing::Refund))?;
    if refund.state != RefundState::Open {
        return Ok(refund);
    }
    let actor = Actor::Gateway(trade.account);
    let asked = refund.asked + 1;
    let next = match said {
        Ok(RefundSaid::Done) => {
            Refund { state: RefundState::Done, finished_at: Some(now), ask_at: None, asked, ..refund }
        }
        Err(Trouble::Refused { code, .. }) => Refund {
            state: RefundState::Failed,
            problem: Some(code.clone()),
            finished_at: Some(now),
            ask_at: None,
            asked,
            ..refund
        },
        Ok(RefundSaid::NotYet) | Err(Trouble::Unknown { .. }) => {
            let gives_up = asked >= limits::GATEWAY_QUESTIONS_MAX;
            Refund { ask_at: (!gives_up).then(|| now.plus(pause(asked))), asked, ..refund }
        }
    };
    tx.update_refund(&next)?;
    match next.state {
        RefundState::Open => {}
        RefundState::Done => finish(tx, makers, &next, actor, now)?,
        RefundState::Failed => {
            let told = (Reason::GatewayRefused, Matter::Order(next.order), None);
            inbox::ask(tx, makers, told, actor, now)?;
        }
    }
    Ok(next)
}

/// Carries on with the refunds that are open, at most [`limits::GATEWAY_QUESTIONS_PER_RUN`].
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one refund does not keep the others waiting.
pub async fn run_once(app: &App, now: Timestamp) -> Result<usize, Error> {
    let due = app.store.read(move |tx| tx.refunds_due(now, limits::GATEWAY_QUESTIONS_PER_RUN)).await;
    let mut done = 0;
    for refund in due.map_err(Error::Storage)? {
        match carry_out(app, refund.id).await {
            Ok(_) => done += 1,
            Err(error) => tracing::error!(%error, refund = %refund.id, "a refund could not be carried on"),
        }
    }
    Ok(done)
}
