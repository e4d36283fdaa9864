//! Money to a person, by the owner's wish. Stored with its number before the gateway hears of it; what became of it is asked
//! for, and it is sent again only under the same number, with the same content, and while the gateway says that it never
//! arrived ([`crate::domain::transfer`]).

use futures_util::future::join_all;

use super::cashier::Trouble;
use super::reconcile::{Found, tell};
use super::trade::cashier;
use crate::app::{App, Makers};
use crate::domain::books::DifferenceKind;
use crate::domain::gateway::pause;
use crate::domain::id::{AccountId, TransferId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::time::{Day, Millis, Timestamp};
use crate::domain::transfer::{Content, Next, PayeeKind, Told, Transfer, TransferState, fits};
use crate::flow::{Conflict, Error, Thing};
use crate::limits;
use crate::storage::verbs::{Inserted, ReadTx, WriteTx};

/// What the owner wants to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The official account that pays; the only one with keys where none is named.
    pub account: Option<AccountId>,
    /// The caller's own id of this request: the same one again is the same transfer.
    pub request_id: String,
    /// Who, how much, and in which words.
    pub content: Content,
}

/// Sends money, once. An answer that is lost leaves the transfer open; the worker asks what became of it.
///
/// # Errors
/// [`Error::Invalid`], [`Error::NotFound`], [`Conflict::TransferTooMuch`], [`Conflict::TransferRequestReused`],
/// [`Conflict::KeysLost`]. Nothing was sent then.
pub async fn make(app: &App, wish: Wish, actor: Actor) -> Result<Transfer, Error> {
    check(&wish)?;
    // Without keys nothing is stored that would be sent on a day when they are set again.
    let (asked, daily_max, day) = (wish.clone(), app.transfer_daily_max, Day::in_china(app.now()));
    if let Plan::New(payer) = app.store.read(move |tx| plan(tx, &asked, daily_max, day)).await? {
        cashier(app, payer).await?;
    }
    let (made, is_new) = store(app, wish, HANDS_OFF, actor).await?;
    if is_new { step(app, made.id, app.now()).await } else { Ok(made) }
}

/// Stores a transfer for the running server, which has the keys and sends it within the hour or not at all.
///
/// # Errors
/// As [`make`], but for the keys.
pub async fn leave(app: &App, wish: Wish, actor: Actor) -> Result<Transfer, Error> {
    store(app, wish, Millis::ZERO, actor).await.map(|(made, _)| made)
}

/// Stores a transfer that the worker carries on with after `wait`; false where it was known.
async fn store(app: &App, wish: Wish, wait: Millis, actor: Actor) -> Result<(Transfer, bool), Error> {
    check(&wish)?;
    let (now, makers, daily_max) = (app.now(), app.makers.clone(), app.transfer_daily_max);
    let ask_at = now.plus(wait);
    app.store.write(move |tx| insert(tx, &makers, &wish, (daily_max, ask_at), actor, now)).await
}

fn check(wish: &Wish) -> Result<(), Error> {
    let invalid = |field, why: &str| Err(Error::Invalid { field, why: why.to_owned() });
    let content = &wish.content;
    let chars = limits::REQUEST_ID_CHARS_MIN..=limits::REQUEST_ID_CHARS_MAX;
    if !chars.contains(&wish.request_id.len()) || !wish.request_id.bytes().all(|b| b.is_ascii_graphic()) {
        return invalid("request_id", "8 to 64 visible ASCII characters");
    }
    if content.payee.is_empty() || !content.payee.bytes().all(|b| b.is_ascii_graphic()) {
        return invalid("payee", "an account's number, an e-mail address or a telephone number");
    }
    if content.payee_kind == PayeeKind::LogonId && content.name.is_none() {
        return invalid("name", "the payee's name has to be said with an e-mail address or telephone number");
    }
    // The least that the gateway sends.
    if content.amount.get() < 10 {
        return invalid("amount", "0.10 or more");
    }
    if content.remark.chars().count() > 100 || content.remark.chars().any(char::is_control) {
        return invalid("remark", "at most 100 characters on one line");
    }
    Ok(())
}

/// The account that pays.
fn payer<T: ReadTx + ?Sized>(tx: &T, named: Option<AccountId>) -> Result<AccountId, Error> {
    let merchants = tx.all_merchants()?;
    match (named, merchants.as_slice()) {
        (Some(named), all) if all.iter().any(|m| m.account == named) => Ok(named),
        (None, [only]) => Ok(only.account),
        (None, [_, _, ..]) => {
            let why = "several accounts could pay: name one".to_owned();
            Err(Error::Invalid { field: "account", why })
        }
        (Some(_), _) | (None, []) => Err(Error::NotFound(Thing::Account)),
    }
}

/// What is to be done about a wish.
enum Plan {
    /// It is this transfer.
    Known(Box<Transfer>),
    /// It is a new one, and this account pays.
    New(AccountId),
}

fn plan<T: ReadTx + ?Sized>(tx: &T, wish: &Wish, daily_max: Fen, day: Day) -> Result<Plan, Error> {
    if let Some(known) = tx.transfer_of_request(&wish.request_id)? {
        let same = known.content == wish.content && wish.account.is_none_or(|a| a == known.account);
        let reused = Err(Error::Conflict(Conflict::TransferRequestReused));
        return if same { Ok(Plan::Known(Box::new(known))) } else { reused };
    }
    let account = payer(tx, wish.account)?;
    if !fits(tx.transferred_on(day)?, wish.content.amount, daily_max) {
        return Err(Error::Conflict(Conflict::TransferTooMuch));
    }
    Ok(Plan::New(account))
}

/// Stores a transfer within the day's bound; false where it was known.
fn insert(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    wish: &Wish,
    (daily_max, ask_at): (Fen, Timestamp),
    actor: Actor,
    now: Timestamp,
) -> Result<(Transfer, bool), Error> {
    let day = Day::in_china(now);
    let account = match plan(tx, wish, daily_max, day)? {
        Plan::Known(known) => return Ok((*known, false)),
        Plan::New(account) => account,
    };
    let id = TransferId::from_raw(makers.ids.next(now));
    let transfer = Transfer {
        id,
        account,
        request_id: wish.request_id.clone(),
        number: format!("t{}", id.raw()),
        content: wish.content.clone(),
        state: TransferState::Open,
        gateway_ref: None,
        problem: None,
        actor: actor.to_string(),
        day,
        requested_at: now,
        sent_at: None,
        finished_at: None,
        ask_at: Some(ask_at),
        asked: 0,
    };
    match tx.insert_transfer(&transfer)? {
        Inserted::Yes => {}
        Inserted::Conflict => return Err(Error::Conflict(Conflict::Raced)),
    }
    let cause = format!("amount={} account={account}", wish.content.amount);
    let subject = Subject::Transfer(id);
    makers.log(tx, now, &Entry { subject, act: Act::TransferRequested, actor, cause })?;
    Ok((transfer, true))
}

/// While a call may be under way nobody else speaks of the same transfer.
const HANDS_OFF: Millis = Millis::seconds(60);

/// Takes a transfer for one step, so that two of them never send at once; `None` where there is nothing to do. What is
/// returned is the transfer as it was before: that nobody was told of it so far is written down before somebody is.
async fn claim(app: &App, id: TransferId, now: Timestamp) -> Result<(Transfer, bool), Error> {
    app.store
        .write(move |tx| {
            let known = tx.transfer(id)?.ok_or(Error::NotFound(Thing::Transfer))?;
            let is_mine = known.state == TransferState::Open;
            if is_mine {
                let (asked, ask_at) = (known.asked + 1, Some(now.plus(HANDS_OFF)));
                // Whether it will be sent shows only in the step; that it may have been outlives a crash.
                let sent_at = if known.may_send_again(now) { Some(now) } else { known.sent_at };
                tx.update_transfer(&Transfer { asked, ask_at, sent_at, ..known.clone() })?;
            }
            Ok::<_, Error>((known, is_mine))
        })
        .await
}

/// Speaks to the gateway about an open transfer and does what follows; how it stands then.
async fn step(app: &App, id: TransferId, now: Timestamp) -> Result<Transfer, Error> {
    let (before, is_mine) = claim(app, id, now).await?;
    if !is_mine {
        return Ok(before);
    }
    let cashier = match cashier(app, before.account).await {
        Ok(cashier) => cashier,
        Err(Error::Conflict(lost)) => {
            tracing::error!(transfer = %id, %lost, "a transfer cannot be carried on");
            // Nobody was told of it: the claim is given back as it was.
            let back = Transfer { ask_at: Some(now.plus(pause(16))), ..before.clone() };
            app.store.write(move |tx| Ok::<_, Error>(tx.update_transfer(&back)?)).await?;
            return Ok(before);
        }
        Err(error) => return Err(error),
    };
    let number = before.number.clone();
    let (mut told, mut sent) = match before.next(now) {
        Next::Send => (told(cashier.send(&number, &before.content, now).await), true),
        Next::Ask => (told(cashier.ask_transfer(&number, now).await), false),
        Next::Drop => (Told::Failed("never sent".to_owned()), false),
    };
    if told == Told::NotFound && !sent && before.may_send_again(now) {
        (told, sent) = (self::told(cashier.send(&number, &before.content, now).await), true);
    }
    let (makers, at) = (app.makers.clone(), app.now());
    app.store.write(move |tx| record(tx, &makers, &before, &told, sent, at)).await
}

fn told(answer: Result<Told, Trouble>) -> Told {
    match answer {
        Ok(told) => told,
        Err(Trouble::Refused { code, .. }) => Told::Refused(code),
        Err(Trouble::Unknown { why }) => {
            tracing::warn!(why, "what became of a transfer is not known; it is asked for");
            Told::Unknown
        }
    }
}

fn record(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    before: &Transfer,
    told: &Told,
    sent: bool,
    now: Timestamp,
) -> Result<Transfer, Error> {
    let known = tx.transfer(before.id)?.ok_or(Error::NotFound(Thing::Transfer))?;
    if known.state != TransferState::Open || known.asked != before.asked + 1 {
        return Ok(known);
    }
    let next = before.after(told, sent, limits::GATEWAY_QUESTIONS_MAX, now);
    tx.update_transfer(&next)?;
    let kind = match next.state {
        TransferState::Done => None,
        TransferState::Failed | TransferState::Returned => Some(DifferenceKind::TransferFailed),
        TransferState::Open if next.ask_at.is_none() => Some(DifferenceKind::TransferDoubtful),
        TransferState::Open => return Ok(next),
    };
    let actor = Actor::Gateway(next.account);
    let cause =
        format!("state={} problem={}", next.state.as_str(), next.problem.as_deref().unwrap_or("none"));
    makers.log(
        tx,
        now,
        &Entry { subject: Subject::Transfer(next.id), act: Act::TransferEnded, actor, cause },
    )?;
    if let Some(kind) = kind {
        let detail = format!("{} {}", next.state.as_str(), next.problem.as_deref().unwrap_or_default());
        let found = Found {
            number: next.number.clone(),
            gateway_ref: next.gateway_ref.clone(),
            ours: Some(next.content.amount),
            ..Found::word(kind, detail.trim().to_owned())
        };
        tell(tx, makers, next.account, next.day, vec![found], now)?;
    }
    Ok(next)
}

/// Carries on with the transfers that are open, at most [`limits::TRANSFERS_PER_RUN`].
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one transfer does not keep the others waiting.
pub async fn run_once(app: &App, now: Timestamp) -> Result<usize, Error> {
    let due = app.store.read(move |tx| tx.transfers_due(now, limits::TRANSFERS_PER_RUN)).await;
    let due = due.map_err(Error::Storage)?;
    let steps = due.iter().map(|transfer| step(app, transfer.id, now));
    let mut done = 0;
    for (transfer, ended) in due.iter().zip(join_all(steps).await) {
        match ended {
            Ok(_) => done += 1,
            Err(error) => {
                tracing::error!(%error, transfer = %transfer.id, "a transfer could not be carried on");
            }
        }
    }
    Ok(done)
}
