//! A period is charged: planned, asked for, followed to its end.
//!
//! Each step is durable before the gateway hears of it. From the moment a charge is `asked` only the gateway knows what became
//! of it: its own number is asked, and asked for again only where the gateway knows no such trade. The next try, with a number
//! of its own, is written in the same unit of work that notes that the one before took no money and never will.

use super::asking::{End, ask, send};
use super::heard::finish;
use super::paid_until;
use crate::app::{App, Makers};
use crate::domain::channel::Channel;
use crate::domain::gateway::{Trade, TradeState, Way};
use crate::domain::id::{AgreementId, OrderId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::subscription::{
    self, Agreement, AgreementState, Charge, ChargeState, Ending, OPENS_DAYS_BEFORE, Verdict, verdict,
};
use crate::domain::time::{Day, Timestamp};
use crate::flow::gateway::hear::{self, Heard, Source};
use crate::flow::gateway::trade::cashier;
use crate::flow::order::save;
use crate::flow::{Conflict, Error, Thing};
use crate::limits;
use crate::storage::verbs::{Inserted, WriteTx};

/// Why a charge was given up: the agreement ended.
pub(super) const ENDED: &str = "ended";
/// Why a charge was given up: its window is over and the gateway was never asked, or knows nothing of it.
pub(super) const MISSED: &str = "missed";
/// Why a charge was given up: the gateway has another day for the period.
pub(super) const MOVED: &str = "moved";
/// Why a charge was given up: an earlier try of the same period turned out to be paid.
const SUPERSEDED: &str = "superseded";

/// Plans the charges of the periods that are due, at most [`limits::GATEWAY_QUESTIONS_PER_RUN`]. Nothing is sent.
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one does not keep the others waiting.
pub async fn plan_due(app: &App, now: Timestamp) -> Result<usize, Error> {
    let (most, today) = (limits::GATEWAY_QUESTIONS_PER_RUN, Day::in_china(now));
    let due =
        app.store.read(move |tx| tx.agreements_to_plan(today, today.plus(OPENS_DAYS_BEFORE), most)).await;
    let open = |agreement: &Agreement| subscription::opening(agreement.due, now).is_some_and(|at| at <= now);
    let mut done = 0;
    for agreement in due.map_err(Error::Storage)?.into_iter().filter(open) {
        let makers = app.makers.clone();
        match app.store.write(move |tx| plan(tx, &makers, agreement.id, now)).await {
            Ok(()) => done += 1,
            Err(error) => {
                tracing::error!(%error, subscription = %agreement.id, "a charge could not be planned");
            }
        }
    }
    Ok(done)
}

/// Writes the first charge of a period, with the order that it pays.
fn plan(tx: &mut dyn WriteTx, makers: &Makers, id: AgreementId, now: Timestamp) -> Result<(), Error> {
    let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
    let known = tx.charges_of(id, 1)?.first().is_some_and(|charge| charge.due == agreement.due);
    if agreement.state != AgreementState::Normal || known {
        return Ok(());
    }
    if paid_until(tx, agreement.order)?.is_none() {
        // What it would prolong was taken back: nobody pays for nothing.
        return finish(tx, makers, agreement, Ending::Revoked, Actor::System, now).map(drop);
    }
    let product = tx.product(agreement.product)?.ok_or(Error::NotFound(Thing::Product))?;
    // Never more than was agreed to; less where the price came down.
    let amount = product.price.min(agreement.most);
    let order = Order {
        id: OrderId::from_raw(makers.ids.next(now)),
        site: agreement.site,
        product: agreement.product,
        status: OrderStatus::Pending,
        price: amount,
        list_price: amount,
        coupon: None,
        renews: Some(agreement.order),
        amount,
        channel: Channel::AlipayOfficial,
        account: agreement.account,
        code: None,
        client_order_id: None,
        created_at: now,
        expires_at: agreement.due.plus(1).starts_in_china(),
        extensions_left: 0,
        late: false,
        paid_at: None,
        version: 1,
        reader: None,
        address: 0,
        owner_address: None,
    };
    match tx.insert_gateway_order(&order)? {
        Inserted::Yes => {}
        Inserted::Conflict => return Err(Error::Conflict(Conflict::Raced)),
    }
    let cause = format!("amount={amount} account={} subscription={id}", order.account);
    let entry =
        Entry { subject: Subject::Order(order.id), act: Act::OrderCreated, actor: Actor::System, cause };
    makers.log(tx, now, &entry)?;
    add(
        tx,
        makers,
        &agreement,
        &Try { order: order.id, amount, subject: product.title, attempt: 1, at: now },
        now,
    )
}

/// A try to be written down.
struct Try {
    order: OrderId,
    amount: crate::domain::money::Fen,
    subject: String,
    attempt: u32,
    at: Timestamp,
}

/// Writes a charge with its trade. The trade is not asked about by those that ask about readers' trades: what becomes of a
/// charge is followed here.
fn add(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    agreement: &Agreement,
    wish: &Try,
    now: Timestamp,
) -> Result<(), Error> {
    let charge = Charge {
        number: agreement.charge_number(agreement.due, wish.attempt),
        agreement: agreement.id,
        due: agreement.due,
        attempt: wish.attempt,
        order: wish.order,
        amount: wish.amount,
        subject: wish.subject.clone(),
        state: ChargeState::Planned,
        problem: None,
        planned_at: now,
        asked_at: None,
        finished_at: None,
        next_at: Some(wish.at),
        asked: 0,
    };
    let trade = Trade {
        number: charge.number.clone(),
        order: charge.order,
        account: agreement.account,
        way: Way::Charge,
        amount: charge.amount,
        state: TradeState::Open,
        qr_code: None,
        gateway_ref: None,
        created_at: now,
        ends_at: subscription::closes(charge.due),
        ask_at: None,
        asked: 0,
    };
    for inserted in [tx.insert_trade(&trade)?, tx.insert_charge(&charge)?] {
        if inserted == Inserted::Conflict {
            return Err(Error::Conflict(Conflict::Raced));
        }
    }
    let cause = format!("number={} at={}", charge.number, wish.at);
    log(tx, makers, &charge, Act::ChargePlanned, Actor::System, cause, now)
}

fn log(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    charge: &Charge,
    act: Act,
    actor: Actor,
    cause: String,
    now: Timestamp,
) -> Result<(), Error> {
    Ok(makers.log(tx, now, &Entry { subject: Subject::Agreement(charge.agreement), act, actor, cause })?)
}

/// Carries on with the charges about which something is to be done, at most [`limits::GATEWAY_QUESTIONS_PER_RUN`].
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one does not keep the others waiting.
pub async fn carry_on(app: &App, now: Timestamp) -> Result<usize, Error> {
    let most = limits::GATEWAY_QUESTIONS_PER_RUN;
    let due = app.store.read(move |tx| tx.charges_due(now, most)).await.map_err(Error::Storage)?;
    let steps = due.into_iter().map(|charge| step(app, charge.number));
    let mut done = 0;
    for answer in futures_util::future::join_all(steps).await {
        match answer {
            Ok(()) => done += 1,
            Err(error) => tracing::error!(%error, "a charge could not be carried on"),
        }
    }
    Ok(done)
}

/// What is done about a charge now.
enum Step {
    /// Nothing.
    Rest,
    /// The gateway is asked for it, for the first time.
    Send(Charge, Agreement),
    /// The gateway is asked what became of it.
    Ask(Charge, Agreement),
}

async fn step(app: &App, number: String) -> Result<(), Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let next = app.store.write(move |tx| begin(tx, &makers, &number, now)).await?;
    let (charge, agreement, is_first) = match next {
        Step::Rest => return Ok(()),
        Step::Send(charge, agreement) => (charge, agreement, true),
        Step::Ask(charge, agreement) => (charge, agreement, false),
    };
    let cashier = cashier(app, agreement.account).await?;
    let mut end = if is_first {
        send(app, &*cashier, &charge, &agreement).await
    } else {
        End::Open { problem: charge.problem.clone() }
    };
    if let End::Open { problem } = end {
        end = ask(app, &*cashier, &charge, &agreement, problem).await;
    }
    let (now, makers) = (app.now(), app.makers.clone());
    app.store.write(move |tx| record(tx, &makers, &charge.number, end.clone(), now)).await
}

/// Decides what to do about a charge and writes it down before it is done.
fn begin(tx: &mut dyn WriteTx, makers: &Makers, number: &str, now: Timestamp) -> Result<Step, Error> {
    let charge = tx.charge(number)?.ok_or(Error::NotFound(Thing::Trade))?;
    let agreement = tx.agreement(charge.agreement)?.ok_or(Error::NotFound(Thing::Subscription))?;
    match charge.state {
        ChargeState::Paid | ChargeState::Failed => Ok(Step::Rest),
        ChargeState::Asked | ChargeState::Unknown => {
            let next_at = Some(now.plus(subscription::pause(charge.asked + 1)));
            let asked = Charge { next_at, asked: charge.asked + 1, ..charge };
            tx.update_charge(&asked)?;
            Ok(Step::Ask(asked, agreement))
        }
        ChargeState::Planned => {
            let Some(at) = subscription::opening(charge.due, now) else {
                give_up(tx, makers, &charge, MISSED, now)?;
                tx.update_agreement(&Agreement { look_at: Some(now), ..agreement })?;
                return Ok(Step::Rest);
            };
            if at > now || agreement.state != AgreementState::Normal {
                let later = at.max(now.plus(limits::CHARGE_REST));
                tx.update_charge(&Charge { next_at: Some(if at > now { at } else { later }), ..charge })?;
                return Ok(Step::Rest);
            }
            if paid_until(tx, agreement.order)?.is_none() {
                finish(tx, makers, agreement, Ending::Revoked, Actor::System, now)?;
                return Ok(Step::Rest);
            }
            let next_at = Some(now.plus(subscription::pause(0)));
            let asked = Charge { state: ChargeState::Asked, asked_at: Some(now), next_at, ..charge };
            tx.update_charge(&asked)?;
            Ok(Step::Send(asked, agreement))
        }
    }
}

/// Writes what became of a charge, and what follows.
fn record(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    number: &str,
    end: End,
    now: Timestamp,
) -> Result<(), Error> {
    // What it is now, not what it was when it was asked: a notification may have come meanwhile.
    let charge = tx.charge(number)?.ok_or(Error::NotFound(Thing::Trade))?;
    if charge.state == ChargeState::Paid {
        return Ok(());
    }
    match end {
        End::Paid(said) => {
            let trade = tx.trade(number)?.ok_or(Error::NotFound(Thing::Trade))?;
            let heard = hear::hear(tx, makers, &trade, &said, Source::Answer, now)?;
            let after = tx.charge(number)?.ok_or(Error::NotFound(Thing::Trade))?;
            if heard == Heard::Asked && matches!(after.state, ChargeState::Asked | ChargeState::Unknown) {
                // It is before the owner. Until then it stands in the way of another charge for this period.
                tx.update_charge(&Charge { state: ChargeState::Unknown, next_at: None, ..after })?;
            }
            Ok(())
        }
        End::Failed(problem) if charge.state != ChargeState::Failed => {
            failed(tx, makers, &charge, &problem, now)
        }
        End::Failed(_) => Ok(()),
        End::Open { problem } => match charge.state {
            ChargeState::Asked | ChargeState::Unknown => {
                Ok(tx.update_charge(&Charge { state: ChargeState::Unknown, problem, ..charge })?)
            }
            ChargeState::Planned | ChargeState::Paid | ChargeState::Failed => Ok(()),
        },
    }
}

/// A charge failed for good: the next try is planned, or the renewal ends.
fn failed(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    charge: &Charge,
    problem: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let agreement = tx.agreement(charge.agreement)?.ok_or(Error::NotFound(Thing::Subscription))?;
    void(tx, makers, charge, problem, now)?;
    let verdict = verdict(problem);
    let look_at = matches!(verdict, Verdict::AskAgreement).then_some(now).or(agreement.look_at);
    let again = subscription::next_try(charge.due, now);
    let goes_on = agreement.is_live() && agreement.due == charge.due && verdict != Verdict::Over;
    if problem == MISSED || !goes_on || again.is_none() {
        give_up_order(tx, makers, charge.order, now)?;
    }
    if !agreement.is_live() || agreement.due != charge.due {
        return Ok(());
    }
    let actor = Actor::Gateway(agreement.account);
    match (verdict, again) {
        // Nobody refused: the gateway is asked to move the day.
        _ if problem == MISSED => Ok(tx.update_agreement(&Agreement { look_at: Some(now), ..agreement })?),
        (Verdict::Over, _) => finish(tx, makers, agreement, Ending::Refused, actor, now).map(drop),
        (Verdict::AskAgreement | Verdict::Again | Verdict::AskTrade, Some(at)) => {
            let Charge { order, amount, subject, attempt, .. } = charge;
            add(
                tx,
                makers,
                &agreement,
                &Try { order: *order, amount: *amount, subject: subject.clone(), attempt: attempt + 1, at },
                now,
            )?;
            Ok(tx.update_agreement(&Agreement { look_at, ..agreement })?)
        }
        (Verdict::AskAgreement | Verdict::Again | Verdict::AskTrade, None) => {
            finish(tx, makers, agreement, Ending::Unpaid, actor, now).map(drop)
        }
    }
}

/// Writes that a charge took no money and will not.
fn void(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    charge: &Charge,
    problem: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let failed = Charge {
        state: ChargeState::Failed,
        problem: Some(problem.to_owned()),
        finished_at: Some(now),
        next_at: None,
        ..charge.clone()
    };
    tx.update_charge(&failed)?;
    let trade = tx.trade(&charge.number)?.ok_or(Error::NotFound(Thing::Trade))?;
    if trade.state == TradeState::Open {
        tx.update_trade(&Trade { state: TradeState::Closed, ..trade })?;
    }
    let cause = format!("number={} problem={problem}", charge.number);
    log(tx, makers, charge, Act::ChargeFailed, Actor::System, cause, now)
}

/// Gives up a charge that the gateway has not heard of, and the order that it was to pay.
pub(super) fn give_up(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    charge: &Charge,
    why: &str,
    now: Timestamp,
) -> Result<(), Error> {
    void(tx, makers, charge, why, now)?;
    give_up_order(tx, makers, charge.order, now)
}

fn give_up_order(tx: &mut dyn WriteTx, makers: &Makers, id: OrderId, now: Timestamp) -> Result<(), Error> {
    let mut order = tx.order(id)?.ok_or(Error::NotFound(Thing::Order))?;
    if order.status != OrderStatus::Pending {
        return Ok(());
    }
    order.status = OrderStatus::Cancelled;
    save(tx, &order)?;
    let (subject, act, actor) = (Subject::Order(id), Act::OrderCancelled, Actor::System);
    Ok(makers.log(tx, now, &Entry { subject, act, actor, cause: "subscription".to_owned() })?)
}

/// The trade of a charge was paid: the period is used up, whatever was thought of it before. In the unit of work that settles
/// its order.
pub(crate) fn paid(tx: &mut dyn WriteTx, makers: &Makers, number: &str, now: Timestamp) -> Result<(), Error> {
    let Some(charge) = tx.charge(number)? else { return Ok(()) };
    let agreement = tx.agreement(charge.agreement)?.ok_or(Error::NotFound(Thing::Subscription))?;
    let others = tx.charges_of(agreement.id, limits::CHARGES_SHOWN)?;
    let mut other_may_pay = false;
    for other in others.iter().filter(|other| other.due == charge.due && other.number != charge.number) {
        match other.state {
            ChargeState::Planned => void(tx, makers, other, SUPERSEDED, now)?,
            ChargeState::Asked | ChargeState::Unknown | ChargeState::Paid => other_may_pay = true,
            ChargeState::Failed => {}
        }
    }
    // A charge that was thought to have failed, beside one that may be paid too: the trades say so, and the owner is asked
    // when both are.
    if !other_may_pay && charge.state != ChargeState::Paid {
        let asked_at = charge.asked_at.or(Some(now));
        let (state, finished_at) = (ChargeState::Paid, Some(now));
        tx.update_charge(&Charge {
            state,
            asked_at,
            finished_at,
            problem: None,
            next_at: None,
            ..charge.clone()
        })?;
    }
    if agreement.due == charge.due {
        let due = agreement.every.after(charge.due);
        tx.update_agreement(&Agreement { due, ..agreement.clone() })?;
    }
    let cause = format!("number={number} order={}", charge.order);
    log(tx, makers, &charge, Act::ChargePaid, Actor::Gateway(agreement.account), cause, now)
}
