//! Money goes back: through the gateway where the order was paid there, else written down for what the owner does by hand.
//!
//! A refund has a number of its own before the gateway hears of it. A lost answer is followed by a question or by the same
//! request once more, never by another number: the gateway pays each number once. When it counts as failed is decided in
//! [`crate::domain::refund`].

use futures_util::future::join_all;

use super::cashier::{RefundAsk, RefundSaid, Trouble};
use super::trade::{cashier, open};
use crate::app::{App, Makers};
use crate::domain::channel::Channel;
use crate::domain::gateway::{Refund, RefundState, RefundWay, Trade, TradeState, pause};
use crate::domain::id::{OrderId, RefundId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::order::OrderStatus;
use crate::domain::receipt::{Matter, Reason};
use crate::domain::refund::Told;
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
    /// The caller's own id of this request: the same one again is the same refund. Demanded with an amount.
    pub request_id: Option<String>,
    /// Whether the right to read ends; where it is not said, it does when all of the money went back.
    pub revoke: Option<bool>,
    /// Who pays it back; where it is not said, the gateway for what was paid there.
    pub way: Option<RefundWay>,
    /// The gateway's number of the trade that is paid back, where an order was paid by two. One that did not settle the order
    /// leaves it, and the right to read, as they are.
    pub trade_no: Option<String>,
}

/// Pays back, or writes down what was paid back by hand. The same wish again is the same refund; of one that is open the
/// gateway is asked when that is due, or was given up.
///
/// # Errors
/// [`Error::Invalid`], [`Conflict::OrderNotPaid`], [`Conflict::NoTradeToRefund`], [`Conflict::RefundTooMuch`],
/// [`Conflict::RefundOpen`], [`Conflict::RefundRequestReused`], [`Error::NotFound`], [`Conflict::KeysLost`]. Nothing new was stored then.
pub async fn refund(app: &App, order: OrderId, wish: Wish, actor: Actor) -> Result<Refund, Error> {
    if wish.amount.is_some() && wish.request_id.is_none() {
        return invalid("request_id", "with an amount, an id of your own: a repeat is then the same refund");
    }
    // Without keys nothing is stored that would be sent on a day when they are set again.
    let asked = wish.clone();
    if let Plan::New(New { trade: Some(trade), .. }) =
        app.store.read(move |tx| plan(tx, order, &asked)).await?
    {
        cashier(app, trade.account).await?;
    }
    let (now, makers) = (app.now(), app.makers.clone());
    let made = app.store.write(move |tx| make(tx, &makers, order, &wish, actor, now)).await?;
    match made {
        Made::ToSend(before) => speak(app, before).await,
        Made::Known(known) if known.is_free(now) => carry_out(app, known.id).await,
        Made::Known(known) => Ok(known),
    }
}

/// True where a refund gives back what paid its order: by hand, or from the trade that settled it.
fn is_of_order(refund: &Refund, settling: Option<&Trade>) -> bool {
    refund.trade.as_ref().is_none_or(|number| settling.is_none_or(|trade| trade.number == *number))
}

/// What of an amount is still here, and not on its way back.
fn left<'a>(amount: Fen, refunds: impl Iterator<Item = &'a Refund>) -> Fen {
    let gone = refunds.filter(|r| r.state != RefundState::Failed);
    gone.fold(amount, |left, r| left.checked_sub(r.amount).unwrap_or(Fen::ZERO))
}

/// What is to be done about a wish.
enum Plan {
    /// It is this refund.
    Known(Refund),
    /// It is a new one.
    New(New),
}

/// A refund to be made.
struct New {
    amount: Fen,
    /// The trade that is paid back; none where it is written down.
    trade: Option<Trade>,
    /// Whether the right to read ends with it.
    revokes: bool,
}

fn invalid<T>(field: &'static str, why: &str) -> Result<T, Error> {
    Err(Error::Invalid { field, why: why.to_owned() })
}

fn plan<T: ReadTx + ?Sized>(tx: &T, id: OrderId, wish: &Wish) -> Result<Plan, Error> {
    let order = tx.order(id)?.ok_or(Error::NotFound(Thing::Order))?;
    let refunds = tx.refunds_of(id)?;
    let settling = settle::paid_trade(tx, id)?;
    let named = named(tx, id, wish)?;
    if let Some(known) = refunds.iter().find(|r| r.request_id.is_some() && r.request_id == wish.request_id) {
        let same = wish.amount.is_none_or(|amount| amount == known.amount)
            && wish.way.is_none_or(|way| way == known.way)
            && named.is_none_or(|trade| known.trade == Some(trade.number));
        let reused = Err(Error::Conflict(Conflict::RefundRequestReused));
        return if same { Ok(Plan::Known(known.clone())) } else { reused };
    }
    let is_second = named.as_ref().is_some_and(|n| settling.as_ref().is_none_or(|s| s.number != n.number));
    if !is_second && order.status != OrderStatus::Paid {
        return Err(Error::Conflict(Conflict::OrderNotPaid));
    }
    let (trade, whole) = if is_second {
        let whole = named.as_ref().map_or(Fen::ZERO, |trade| trade.amount);
        (named, whole)
    } else {
        let trade = match wish.way {
            Some(RefundWay::ByHand) => None,
            None | Some(RefundWay::Gateway) => settling.clone(),
        };
        // What the gateway does not know of may have been paid elsewhere; only the owner can say that he paid it back.
        let must_be_there = wish.way == Some(RefundWay::Gateway)
            || (wish.way.is_none() && order.channel == Channel::AlipayOfficial);
        if trade.is_none() && must_be_there {
            return Err(Error::Conflict(Conflict::NoTradeToRefund));
        }
        (trade, order.amount)
    };
    let of_the_same = |refund: &&Refund| match &trade {
        Some(trade) if is_second => refund.trade.as_ref() == Some(&trade.number),
        Some(_) | None => is_of_order(refund, settling.as_ref()),
    };
    if let Some(open) = refunds.iter().filter(of_the_same).find(|r| r.state == RefundState::Open) {
        // The whole has no need for an id: the same wish again is the same refund.
        let is_repeat = open.request_id.is_none() && wish.request_id.is_none() && wish.amount.is_none();
        let is_same_way = trade.is_some();
        return if is_repeat && is_same_way {
            Ok(Plan::Known(open.clone()))
        } else {
            Err(Error::Conflict(Conflict::RefundOpen))
        };
    }
    let left = left(whole, refunds.iter().filter(of_the_same));
    let amount = wish.amount.unwrap_or(left);
    if amount.is_zero() || amount > left {
        return Err(Error::Conflict(Conflict::RefundTooMuch));
    }
    let revokes = !is_second && wish.revoke.unwrap_or(amount == left);
    Ok(Plan::New(New { amount, trade, revokes }))
}

/// The trade that a wish names by the gateway's number.
fn named<T: ReadTx + ?Sized>(tx: &T, order: OrderId, wish: &Wish) -> Result<Option<Trade>, Error> {
    let Some(number) = &wish.trade_no else { return Ok(None) };
    if wish.way == Some(RefundWay::ByHand) {
        return invalid("way", "a trade is paid back by the gateway");
    }
    let is_it = |t: &Trade| t.state == TradeState::Paid && t.gateway_ref.as_ref() == Some(number);
    match tx.trades_of(order)?.into_iter().find(is_it) {
        Some(trade) => Ok(Some(trade)),
        None => invalid("trade_no", "the gateway's number of a trade that paid this order"),
    }
}

/// What became of a wish.
enum Made {
    /// There is such a refund, or it needs nobody else.
    Known(Refund),
    /// It is claimed for its first sending. As it was before that.
    ToSend(Refund),
}

fn make(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: OrderId,
    wish: &Wish,
    actor: Actor,
    now: Timestamp,
) -> Result<Made, Error> {
    let New { amount, trade, revokes } = match plan(tx, id, wish)? {
        Plan::Known(known) => return Ok(Made::Known(known)),
        Plan::New(new) => new,
    };
    let refund_id = RefundId::from_raw(makers.ids.next(now));
    let by_hand = trade.is_none();
    let refund = Refund {
        id: refund_id,
        order: id,
        request_id: wish.request_id.clone(),
        amount,
        way: if by_hand { RefundWay::ByHand } else { RefundWay::Gateway },
        state: if by_hand { RefundState::Done } else { RefundState::Open },
        number: (!by_hand).then(|| format!("r{}", refund_id.raw())),
        trade: trade.map(|trade| trade.number),
        reason: wish.reason.clone(),
        proof: wish.proof.clone(),
        actor: actor.to_string(),
        revokes,
        problem: None,
        requested_at: now,
        finished_at: by_hand.then_some(now),
        ask_at: None,
        asked: 0,
        sent_at: None,
    };
    // Whoever makes it sends it: until that call has ended no worker does.
    let stored = if by_hand { refund.clone() } else { refund.claimed(now) };
    match tx.insert_refund(&stored)? {
        Inserted::Yes => {}
        Inserted::Conflict => return Err(Error::Conflict(Conflict::Raced)),
    }
    let way = refund.way.as_str();
    let cause = format!("refund={} amount={amount} way={way} reason={}", refund.id, refund.reason);
    let subject = Subject::Order(id);
    makers.log(tx, now, &Entry { subject, act: Act::RefundRequested, actor, cause })?;
    if !by_hand {
        return Ok(Made::ToSend(refund));
    }
    finish(tx, makers, &refund, actor, now)?;
    Ok(Made::Known(refund))
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
    let settling = settle::paid_trade(tx, order.id)?;
    if !is_of_order(refund, settling.as_ref()) {
        // The second payment of an order: the first still pays it.
        return Ok(());
    }
    let refunds = tx.refunds_of(refund.order)?;
    let of_order = |r: &&Refund| r.state == RefundState::Done && is_of_order(r, settling.as_ref());
    let is_all = left(order.amount, refunds.iter().filter(of_order)).is_zero();
    if refund.revokes {
        settle::revoke(tx, makers, order.id, actor, now)?;
    }
    if is_all && order.status == OrderStatus::Paid {
        order.status = OrderStatus::Refunded;
        save(tx, &order)?;
        let cause = format!("refund={} note={}", refund.id, refund.reason);
        let subject = Subject::Order(order.id);
        makers.log(tx, now, &Entry { subject, act: Act::OrderRefunded, actor, cause })?;
    }
    Ok(())
}

/// Takes a refund for one step, so that two of them never send at once, and does it.
async fn carry_out(app: &App, id: RefundId) -> Result<Refund, Error> {
    let now = app.now();
    let (before, is_mine) = app
        .store
        .write(move |tx| {
            let known = tx.refund(id)?.ok_or(Error::NotFound(Thing::Refund))?;
            let is_mine = known.is_free(now);
            if is_mine {
                tx.update_refund(&known.claimed(now))?;
            }
            Ok::<_, Error>((known, is_mine))
        })
        .await?;
    if is_mine { speak(app, before).await } else { Ok(before) }
}

/// Speaks to the gateway about a refund that was claimed, and does what follows. `before` is how it was before that.
async fn speak(app: &App, before: Refund) -> Result<Refund, Error> {
    let wanted = before.clone();
    let trade = app
        .store
        .read(move |tx| {
            let named = wanted.trade.as_deref().map(|number| tx.trade(number)).transpose()?.flatten();
            let trade = if named.is_some() { named } else { settle::paid_trade(tx, wanted.order)? };
            trade.ok_or(Error::NotFound(Thing::Trade))
        })
        .await?;
    let cashier = match open(app, trade.account).await? {
        Ok(cashier) => cashier,
        Err(trouble) => {
            tracing::error!(refund = %before.id, %trouble, "a refund cannot be carried on");
            return hand_back(app, before).await;
        }
    };
    let ask = RefundAsk {
        number: trade.number.clone(),
        refund_number: before.number.clone().unwrap_or_default(),
        amount: before.amount,
        reason: before.reason.clone(),
    };
    // Who sent it before and knows nothing asks how it stands first: one that was lost is sent again only then.
    let (mut said, mut sent) = if before.asked == 0 {
        (told(cashier.refund(&ask, app.now()).await), true)
    } else {
        (told(cashier.ask_refund(&ask, app.now()).await), false)
    };
    if said == Told::NotYet && !sent && before.may_be_sent_again(app.now()) {
        (said, sent) = (told(cashier.refund(&ask, app.now()).await), true);
    }
    let (now, makers) = (app.now(), app.makers.clone());
    app.store.write(move |tx| record(tx, &makers, &before, &trade, (&said, sent), now)).await
}

/// Nobody was told of it: the claim is given back, for a later try.
async fn hand_back(app: &App, before: Refund) -> Result<Refund, Error> {
    let now = app.now();
    app.store
        .write(move |tx| {
            let known = tx.refund(before.id)?.ok_or(Error::NotFound(Thing::Refund))?;
            if known.state == RefundState::Open && known.asked == before.asked + 1 {
                tx.update_refund(&Refund { ask_at: Some(now.plus(pause(16))), ..before.clone() })?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    Err(Error::Conflict(Conflict::KeysLost))
}

fn told(answer: Result<RefundSaid, Trouble>) -> Told {
    match answer {
        Ok(RefundSaid::Done) => Told::Done,
        Ok(RefundSaid::NotYet) => Told::NotYet,
        Err(Trouble::Refused { code, .. }) => Told::Refused(code),
        Err(Trouble::Unknown { why }) => {
            tracing::warn!(why, "what became of a refund is not known; it is asked for");
            Told::Unknown
        }
    }
}

fn record(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    before: &Refund,
    trade: &Trade,
    (told, sent): (&Told, bool),
    now: Timestamp,
) -> Result<Refund, Error> {
    let known = tx.refund(before.id)?.ok_or(Error::NotFound(Thing::Refund))?;
    let is_claim = known.state == RefundState::Open && known.asked == before.asked + 1;
    let next = match told {
        _ if known.state == RefundState::Done => return Ok(known),
        _ if is_claim => before.after(told, sent, limits::GATEWAY_QUESTIONS_MAX, now),
        // That the money went back is true whoever heard it, and however late.
        Told::Done => known.done(now),
        Told::NotYet | Told::Refused(_) | Told::Unknown => return Ok(known),
    };
    tx.update_refund(&next)?;
    let actor = Actor::Gateway(trade.account);
    match next.state {
        RefundState::Open if next.ask_at.is_none() => {
            // Nobody asks any more by himself: the owner looks into the gateway's console, or repeats the request.
            if tx.open_item_about(next.order, Reason::RefundDoubtful)?.is_none() {
                let told = (Reason::RefundDoubtful, Matter::Order(next.order), None);
                inbox::ask(tx, makers, told, actor, now)?;
            }
        }
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
    let due = due.map_err(Error::Storage)?;
    let steps = due.iter().map(|refund| carry_out(app, refund.id));
    let mut done = 0;
    for (refund, ended) in due.iter().zip(join_all(steps).await) {
        match ended {
            Ok(_) => done += 1,
            Err(error) => tracing::error!(%error, refund = %refund.id, "a refund could not be carried on"),
        }
    }
    Ok(done)
}
