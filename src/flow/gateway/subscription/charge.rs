//! A period is charged: planned, asked for, followed to its end.
//!
//! Each step is durable before the gateway hears of it. From the moment a charge is `asked` only the gateway knows what became
//! of it: its own number is asked, and asked for again only where the gateway knows no such trade. The next try, with a number
//! of its own, is written in the same unit of work that notes that the one before took no money and never will.

use super::asking::{Asked, End, ask, send};
use super::heard::finish;
use super::paid_until;
use super::plan::{Try, add, log};
use crate::app::{App, Makers};
use crate::domain::books::DifferenceKind;
use crate::domain::gateway::{Trade, TradeState};
use crate::domain::id::OrderId;
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::order::OrderStatus;
use crate::domain::subscription::{
    self, Agreement, AgreementState, Charge, ChargeState, Ending, Verdict, verdict,
};
use crate::domain::time::Timestamp;
use crate::flow::gateway::hear::{self, Heard, Source};
use crate::flow::gateway::reconcile::{Found, tell};
use crate::flow::gateway::trade::cashier;
use crate::flow::order::save;
use crate::flow::{Error, Thing};
use crate::limits;
use crate::storage::verbs::{ReadTx, WriteTx};

/// Why a charge was given up: the agreement ended.
pub(super) const ENDED: &str = "ended";
/// Why a charge was given up: its window is over and the gateway was never asked, or knows nothing of it.
pub(super) const MISSED: &str = "missed";
/// Why a charge was given up: the gateway has another day for the period.
pub(super) const MOVED: &str = "moved";
/// Why a charge was given up: an earlier try of the same period turned out to be paid.
const SUPERSEDED: &str = "superseded";
/// Why a charge was given up: its order was settled without it, by the owner's hand or by a claim that he granted.
const SETTLED: &str = "settled";

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
    Send(Asked),
    /// The gateway is asked what became of it.
    Ask(Asked),
}

pub(super) async fn step(app: &App, number: String) -> Result<(), Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let next = app.store.write(move |tx| begin(tx, &makers, &number, now)).await?;
    let (asked, is_first) = match next {
        Step::Rest => return Ok(()),
        Step::Send(asked) => (asked, true),
        Step::Ask(asked) => (asked, false),
    };
    let cashier = cashier(app, asked.agreement.account).await?;
    let mut end =
        if is_first { send(app, &*cashier, &asked).await } else { End::open(asked.charge.problem.clone()) };
    if let End::Open { problem, refusal } = end {
        end = ask(app, &*cashier, &asked, problem).await.or_refused(refusal);
    }
    let (now, makers) = (app.now(), app.makers.clone());
    app.store.write(move |tx| record(tx, &makers, &asked.charge.number, end.clone(), now)).await
}

/// Decides what to do about a charge and writes it down before it is done.
fn begin(tx: &mut dyn WriteTx, makers: &Makers, number: &str, now: Timestamp) -> Result<Step, Error> {
    let charge = tx.charge(number)?.ok_or(Error::NotFound(Thing::Trade))?;
    let agreement = tx.agreement(charge.agreement)?.ok_or(Error::NotFound(Thing::Subscription))?;
    let is_settled = is_settled(tx, &charge)?;
    match charge.state {
        ChargeState::Paid | ChargeState::Failed => Ok(Step::Rest),
        ChargeState::Asked | ChargeState::Unknown => {
            let next_at = Some(now.plus(subscription::pause(charge.asked + 1)));
            let is_wanted = agreement.is_live() && !is_settled;
            // Written down before it may be sent again, as everything is.
            let may_be_sent = charge.problem.is_none()
                && is_wanted
                && subscription::opening(charge.due, now).is_some_and(|at| at <= now);
            let sent_at = if may_be_sent { Some(now) } else { charge.sent_at };
            let charge = Charge { next_at, sent_at, asked: charge.asked + 1, ..charge };
            tx.update_charge(&charge)?;
            Ok(Step::Ask(Asked { charge, agreement, is_wanted }))
        }
        ChargeState::Planned if is_settled => {
            void(tx, makers, &charge, SETTLED, now)?;
            use_up(tx, makers, agreement, &charge, now)?;
            Ok(Step::Rest)
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
            let (asked_at, sent_at) = (Some(now), Some(now));
            let charge = Charge { state: ChargeState::Asked, asked_at, sent_at, next_at, ..charge };
            tx.update_charge(&charge)?;
            Ok(Step::Send(Asked { charge, agreement, is_wanted: true }))
        }
    }
}

/// True where the order of a charge has its settlement, so that the charge would be a second payment for one period. Only a
/// charge that did not pay it is asked about.
pub(super) fn is_settled<T: ReadTx + ?Sized>(tx: &T, charge: &Charge) -> Result<bool, Error> {
    let order = tx.order(charge.order)?.ok_or(Error::NotFound(Thing::Order))?;
    Ok(!order.status.is_payable())
}

/// A period was paid for without its charge: the next one is due, and the gateway is asked to move its day there, which the
/// next look does.
fn use_up(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    agreement: Agreement,
    charge: &Charge,
    now: Timestamp,
) -> Result<(), Error> {
    if !agreement.is_live() || agreement.due != charge.due {
        return Ok(());
    }
    let due = agreement.every.after(charge.due);
    let (subject, act) = (Subject::Agreement(agreement.id), Act::SubscriptionMoved);
    let cause = format!("from={} to={due} order={}", agreement.due, charge.order);
    makers.log(tx, now, &Entry { subject, act, actor: Actor::System, cause })?;
    Ok(tx.update_agreement(&Agreement { due, look_at: Some(now), ..agreement })?)
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
                // Another amount. It is before the owner; until he settled the order or had it asked again, it stands in the
                // way of another charge for this period.
                let unsure = Charge { state: ChargeState::Unknown, next_at: None, ..after };
                tx.update_charge(&unsure)?;
                return accept(tx, makers, &unsure, now);
            }
            Ok(())
        }
        End::Failed(problem) if charge.state != ChargeState::Failed => {
            failed(tx, makers, &charge, &problem, now)
        }
        End::Failed(_) => Ok(()),
        End::Open { problem, refusal } => match charge.state {
            ChargeState::Asked | ChargeState::Unknown => {
                let unsure = Charge { state: ChargeState::Unknown, problem, ..charge };
                tx.update_charge(&unsure)?;
                if let Some(code) = refusal {
                    refused(tx, makers, &unsure, code, now)?;
                }
                doubt(tx, makers, &unsure, now)?;
                accept(tx, makers, &unsure, now)
            }
            ChargeState::Planned | ChargeState::Paid | ChargeState::Failed => Ok(()),
        },
    }
}

/// The gateway refuses charges for a reason that is the owner's to mend: he is told once for the account, while that lies
/// before him.
fn refused(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    charge: &Charge,
    code: String,
    now: Timestamp,
) -> Result<(), Error> {
    let agreement = tx.agreement(charge.agreement)?.ok_or(Error::NotFound(Thing::Subscription))?;
    if tx.open_difference(agreement.account, DifferenceKind::ChargesRefused)?.is_some() {
        return Ok(());
    }
    let word = Found::word(DifferenceKind::ChargesRefused, code);
    let found = Found { number: charge.number.clone(), order: Some(charge.order), ..word };
    tell(tx, makers, agreement.account, charge.due, vec![found], now).map(drop)
}

/// A charge of which nothing certain is known when its day is over is put before the owner, once: its period cannot be charged
/// again, nor its reader sign anew, before that is known.
fn doubt(tx: &mut dyn WriteTx, makers: &Makers, charge: &Charge, now: Timestamp) -> Result<(), Error> {
    if now < charge.due.plus(1).starts_in_china() {
        return Ok(());
    }
    let agreement = tx.agreement(charge.agreement)?.ok_or(Error::NotFound(Thing::Subscription))?;
    let word = Found::word(DifferenceKind::ChargeDoubtful, charge.problem.clone().unwrap_or_default());
    let (number, order, ours) = (charge.number.clone(), Some(charge.order), Some(charge.amount));
    // A difference of a number is kept once, and so told once.
    tell(tx, makers, agreement.account, charge.due, vec![Found { number, order, ours, ..word }], now)
        .map(drop)
}

/// The owner settled the order of a charge whose end nobody knows: when its window is over, his word is the end of the period.
fn accept(tx: &mut dyn WriteTx, makers: &Makers, charge: &Charge, now: Timestamp) -> Result<(), Error> {
    if now < subscription::closes(charge.due) || !is_settled(tx, charge)? {
        return Ok(());
    }
    let agreement = tx.agreement(charge.agreement)?.ok_or(Error::NotFound(Thing::Subscription))?;
    use_up(tx, makers, agreement, charge, now)
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
    if is_settled(tx, charge)? {
        void(tx, makers, charge, SETTLED, now)?;
        return use_up(tx, makers, agreement, charge, now);
    }
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
        (Verdict::AskAgreement | Verdict::Again | Verdict::AskTrade | Verdict::Ours, Some(at)) => {
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
        (Verdict::AskAgreement | Verdict::Again | Verdict::AskTrade | Verdict::Ours, None) => {
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
