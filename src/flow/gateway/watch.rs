//! The log of a personal account as an announcer of its own: watched while somebody holds one of its amounts, and compared
//! with what the phones announced once a day.
//!
//! A row becomes a notice and a receipt by the same intake as a phone's ([`crate::flow::intake`]): it settles by the same
//! rules, and where a phone speaks of the same money, the later of the two is an echo (M9).

use std::sync::Arc;

use futures_util::future::join_all;

use super::cashier::books::LogPage;
use super::cashier::{Cashier, Trouble};
use super::reconcile::{Found, tell};
use super::trade::open;
use crate::app::{App, Makers};
use crate::domain::books::{Book, BookDay, DayState, DifferenceKind, Tally, bill_pause, next_day};
use crate::domain::channel::Channel;
use crate::domain::device::{Device, DeviceKind};
use crate::domain::id::{AccountId, BookDayId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::receipt::{Matter, Reason};
use crate::domain::time::{Day, Timestamp};
use crate::domain::watch::{self, Alone, Announced, LogRow, Watch, Window};
use crate::flow::{Conflict, Error, Thing, device, inbox, intake};
use crate::limits;
use crate::storage::verbs::{Inserted, ReadTx, WriteTx};

/// Lets the log of `merchant`'s wallet announce what comes in on a personal account of the same wallet; `None` ends it.
///
/// # Errors
/// [`Error::Invalid`] for an account that is no personal Alipay account, [`Error::NotFound`] for an account that is not
/// there or has no keys, [`Conflict::LogWatched`] where the log announces for another account.
pub async fn set(
    app: &App,
    account: AccountId,
    merchant: Option<AccountId>,
    actor: Actor,
) -> Result<Option<Watch>, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| match merchant {
            Some(merchant) => begin(tx, &makers, account, merchant, actor, now).map(Some),
            None => end(tx, &makers, account, actor, now),
        })
        .await
}

fn begin(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    account: AccountId,
    merchant: AccountId,
    actor: Actor,
    now: Timestamp,
) -> Result<Watch, Error> {
    let personal = tx.account(account)?.ok_or(Error::NotFound(Thing::Account))?;
    if personal.channel != Channel::Alipay {
        let why = "only a personal account of Alipay has a log that can be watched".to_owned();
        return Err(Error::Invalid { field: "account", why });
    }
    tx.merchant(merchant)?.ok_or(Error::NotFound(Thing::Account))?;
    let known = tx.watch(account)?;
    let device = match &known {
        Some(known) => {
            let device = tx.device(known.device)?.ok_or(Error::NotFound(Thing::Device))?;
            tx.update_device(&Device { revoked_at: None, silent_since: None, ..device })?;
            known.device
        }
        None => {
            let told = (format!("{} (账单)", personal.name), String::new(), String::new());
            device::insert(tx, makers, DeviceKind::Bill, told, vec![account], Some(actor), now)?.id
        }
    };
    let next = Watch {
        account,
        merchant,
        device,
        since: now,
        ended_at: None,
        seen_until: now,
        ask_at: now,
        quiet: 0,
        failing_since: None,
    };
    match tx.set_watch(&next)? {
        Inserted::Yes => {}
        Inserted::Conflict => return Err(Error::Conflict(Conflict::LogWatched)),
    }
    log(tx, makers, account, format!("by={merchant} as={device}"), actor, now)?;
    Ok(next)
}

fn end(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    account: AccountId,
    actor: Actor,
    now: Timestamp,
) -> Result<Option<Watch>, Error> {
    tx.account(account)?.ok_or(Error::NotFound(Thing::Account))?;
    let Some(known) = tx.watch(account)? else { return Ok(None) };
    if known.ended_at.is_some() {
        return Ok(Some(known));
    }
    let ended = Watch { ended_at: Some(now), ..known };
    let written = tx.set_watch(&ended)?;
    assert_eq!(written, Inserted::Yes, "a watch that ends is in nobody's way");
    let device = tx.device(ended.device)?.ok_or(Error::NotFound(Thing::Device))?;
    tx.update_device(&Device { revoked_at: Some(now), ..device })?;
    device::close_silence(tx, makers, ended.device, "watch ended", actor, now)?;
    log(tx, makers, account, "ended".to_owned(), actor, now)?;
    Ok(Some(ended))
}

fn log(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    account: AccountId,
    cause: String,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let subject = Subject::Account(account);
    Ok(makers.log(tx, now, &Entry { subject, act: Act::AccountWatched, actor, cause })?)
}

/// Looks at the logs of the accounts on which somebody holds an amount. How many rows were new.
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one account does not keep the others waiting.
pub async fn run_once(app: &App, now: Timestamp) -> Result<usize, Error> {
    look_with(app, limits::LOG_PAGE_ROWS, now).await
}

/// As [`run_once`], with pages of so many rows.
///
/// # Errors
/// As [`run_once`].
pub async fn look_with(app: &App, page_rows: u32, now: Timestamp) -> Result<usize, Error> {
    let due: Vec<(Watch, Window)> = app
        .store
        .read(move |tx| {
            let mut due = Vec::new();
            for watch in tx.watches()? {
                let awake = tx.device(watch.device)?.is_some_and(|device| device.revoked_at.is_none());
                let window = watch::window(&watch, tx.holds_span(watch.account)?, now);
                due.extend(window.filter(|_| awake).map(|window| (watch, window)));
            }
            Ok::<_, Error>(due)
        })
        .await?;
    let looks = due.into_iter().map(|(watch, window)| async move {
        let account = watch.account;
        let looked = one(app, watch, window, page_rows, now).await;
        looked.inspect_err(|error| tracing::error!(%error, %account, "a log could not be looked at"))
    });
    Ok(join_all(looks).await.into_iter().flatten().sum())
}

/// Looks at one log and writes down how that went.
async fn one(
    app: &App,
    watch: Watch,
    window: Window,
    page_rows: u32,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut scan = Scan { app, watch: &watch, window, page_rows, news: 0, unread: 0 };
    let ended = match open(app, watch.merchant).await? {
        Ok(cashier) => scan.run(&cashier, now).await?,
        Err(trouble) => Err(trouble),
    };
    let Scan { window, news, unread, .. } = scan;
    let makers = app.makers.clone();
    let troubled = ended.err().map(|trouble| {
        tracing::warn!(account = %watch.account, %trouble, "a log gave no answer; it is asked again");
    });
    app.store
        .write(move |tx| {
            let device = tx.device(watch.device)?.ok_or(Error::NotFound(Thing::Device))?;
            // The owner may have ended it, or begun it anew, while it was looked at.
            let Some(known) = tx.watch(watch.account)?.filter(|k| k.since == watch.since) else {
                return Ok(());
            };
            let next = match troubled {
                None => known.looked(window.to, news > 0, now),
                Some(()) => known.failed(!window.only_tries, now),
            };
            match tx.set_watch(&next)? {
                Inserted::Yes | Inserted::Conflict => {}
            }
            heard(tx, &makers, device, troubled.is_none(), next.is_deaf_at(now), now)?;
            if unread > 0 && tx.open_difference(watch.account, DifferenceKind::Unread)?.is_none() {
                let found = Found::word(DifferenceKind::Unread, format!("rows={unread}"));
                let found = Found { number: window.to.to_string(), ..found };
                tell(tx, &makers, watch.account, Day::in_china(now), vec![found], now)?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    Ok(news)
}

/// What an answer, or none, says of the device as which a log speaks.
fn heard(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    device: Device,
    answered: bool,
    deaf: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let (id, subject, actor) = (device.id, Subject::Device(device.id), Actor::System);
    if answered {
        let was_silent = device.silent_since.is_some();
        tx.update_device(&Device { last_seen_at: now, silent_since: None, ..device })?;
        if was_silent {
            let cause = String::new();
            makers.log(tx, now, &Entry { subject, act: Act::DeviceAwake, actor, cause })?;
            device::close_silence(tx, makers, id, "heard again", actor, now)?;
        }
    } else if deaf && device.silent_since.is_none() {
        let cause = format!("last_seen={}", device.last_seen_at);
        tx.update_device(&Device { silent_since: Some(now), ..device })?;
        makers.log(tx, now, &Entry { subject, act: Act::DeviceSilent, actor, cause })?;
        inbox::ask(tx, makers, (Reason::DeviceSilent, Matter::Device(id), None), actor, now)?;
    }
    Ok(())
}

/// One look through the pages of a window.
struct Scan<'a> {
    app: &'a App,
    watch: &'a Watch,
    window: Window,
    page_rows: u32,
    news: usize,
    unread: usize,
}

impl Scan<'_> {
    /// Reads page after page and takes in what is new of each at once. A window with more rows than are read in one look is
    /// halved: the rest is for the next look.
    async fn run(
        &mut self,
        cashier: &Arc<dyn Cashier>,
        now: Timestamp,
    ) -> Result<Result<(), Trouble>, Error> {
        let mut page = 1;
        loop {
            let said = match cashier.log(self.window, page, self.page_rows, now).await {
                Ok(said) => said,
                Err(trouble) => return Ok(Err(trouble)),
            };
            let most = u64::from(self.page_rows) * u64::from(limits::LOG_PAGES_MAX);
            if page == 1
                && said.total > most
                && let Some(shorter) = self.window.halved()
            {
                self.window = shorter;
                continue;
            }
            self.unread += said.unread;
            if !self.window.only_tries {
                self.take_in(&said, now).await?;
            }
            if is_last(&said, page, self.page_rows) {
                return Ok(Ok(()));
            }
            page += 1;
        }
    }

    async fn take_in(&mut self, said: &LogPage, now: Timestamp) -> Result<(), Error> {
        let (device, rows) = (self.watch.device, said.rows.clone());
        let new = self.app.store.read(move |tx| fresh(tx, device, rows)).await?;
        self.news += new.len();
        intake::bill::receive(self.app, device, &new, now).await.map(drop)
    }
}

/// True where no page follows.
fn is_last(said: &LogPage, page: u32, page_rows: u32) -> bool {
    let read = u64::from(page) * u64::from(page_rows);
    said.total <= read || (said.rows.is_empty() && said.unread == 0) || page >= limits::LOG_PAGES_MAX
}

/// The rows that came in, are not known yet, and are none of what the account took through the gateway: that is told by its
/// trades.
fn fresh<T: ReadTx + ?Sized>(
    tx: &T,
    device: crate::domain::id::DeviceId,
    rows: Vec<LogRow>,
) -> Result<Vec<LogRow>, Error> {
    let mut new = Vec::new();
    for row in rows {
        if is_receipt(tx, &row)? && !tx.knows_notice(&intake::bill::fingerprint(device, &row.id))? {
            new.push(row);
        }
    }
    Ok(new)
}

fn is_receipt<T: ReadTx + ?Sized>(tx: &T, row: &LogRow) -> Result<bool, Error> {
    if !row.incoming || row.amount.is_zero() {
        return Ok(false);
    }
    Ok(match &row.number {
        Some(number) => !tx.is_gateway_number(number)?,
        None => true,
    })
}

/// Compares the days that are due: what the phones announced and what the log has. How many were compared.
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one account does not keep the others waiting.
pub async fn report_once(app: &App, now: Timestamp) -> Result<usize, Error> {
    let ids = app.makers.ids.clone();
    let due: Vec<(Watch, BookDay)> = app
        .store
        .read(move |tx| {
            let mut due = Vec::new();
            for watch in tx.watches()? {
                let oldest = Day::in_china(now).plus(-limits::BILL_DAYS_BACK);
                let first = Day::in_china(watch.since).max(oldest);
                let last = tx.last_book_day(Book::Log, watch.account)?;
                let Some(day) = next_day(first, last.as_ref(), now) else { continue };
                let begun = last.filter(|last| last.day == day).unwrap_or_else(|| {
                    BookDay::new(BookDayId::from_raw(ids.next(now)), Book::Log, watch.account, day)
                });
                due.push((watch, begun));
            }
            Ok::<_, Error>(due)
        })
        .await?;
    let reports = due.into_iter().map(|(watch, day)| async move {
        let (account, of) = (watch.account, day.day);
        let reported = report(app, watch, day, now).await;
        reported
            .inspect_err(|error| tracing::error!(%error, %account, day = %of, "a day could not be reported"))
    });
    Ok(join_all(reports).await.into_iter().flatten().filter(|reported| *reported).count())
}

/// Reports one day; false where the log gave no answer.
async fn report(app: &App, watch: Watch, day: BookDay, now: Timestamp) -> Result<bool, Error> {
    let apart = limits::ECHO_WINDOW;
    let (begins, ends) = (day.day.starts_in_china(), day.day.plus(1).starts_in_china());
    let window = Window { from: begins.minus(apart), to: ends.plus(apart), only_tries: false };
    let rows = match open(app, watch.merchant).await? {
        Ok(cashier) => whole(&cashier, window, now).await,
        Err(trouble) => Err(trouble),
    };
    let rows = match rows {
        Ok(rows) => rows,
        Err(trouble) => return put_off(app, day, &trouble, now).await.map(|()| false),
    };
    late(app, &watch, &rows, now).await?;
    let makers = app.makers.clone();
    app.store
        .write(move |tx| {
            let phones = tx.hearing(watch.account)?.iter().any(|ear| ear.kind != DeviceKind::Bill);
            let receipts = tx.announced_by_phones(watch.account, Channel::Alipay, window.from, window.to)?;
            let mut listed = Vec::new();
            for row in &rows {
                if is_receipt(tx, row)? {
                    let LogRow { at, amount, id, .. } = row;
                    listed.push(Announced { at: *at, amount: *amount, receipt: None, row: Some(id.clone()) });
                }
            }
            let (both, alone) = watch::compare(receipts, listed, apart);
            let of_day = |a: &Announced| a.at >= begins && a.at < ends;
            let both: Vec<Announced> = both.into_iter().filter(of_day).collect();
            let keep = |list: Vec<Announced>| list.into_iter().filter(of_day).collect::<Vec<_>>();
            let mut alone = Alone { only_phone: keep(alone.only_phone), only_log: keep(alone.only_log) };
            let (by_phone, by_log) = (alone.only_phone.len(), alone.only_log.len());
            alone.only_phone.truncate(limits::LOG_ALONE_MAX);
            alone.only_log.truncate(limits::LOG_ALONE_MAX);
            let differences = u32::try_from(by_phone + by_log).unwrap_or(u32::MAX);
            // Without a phone there is nothing to compare the log with.
            if differences > 0 && (phones || by_phone > 0) {
                let words = format!("only_phone={by_phone} only_log={by_log}");
                let found = Found::word(DifferenceKind::Announcers, words);
                tell(tx, &makers, watch.account, day.day, vec![found], now)?;
            }
            let next = BookDay {
                state: DayState::Compared,
                asked: day.asked + 1,
                ask_at: None,
                tally: both.iter().fold(Tally::default(), |tally, a| Tally {
                    payments: tally.payments + 1,
                    paid: tally.paid.checked_add(a.amount).unwrap_or(Fen::MAX),
                    ..tally
                }),
                differences,
                problem: None,
                // Lists of texts, numbers and times cannot fail to serialise.
                detail: Some(serde_json::to_string(&alone).unwrap_or_default()),
                finished_at: Some(now),
                ..day.clone()
            };
            tx.set_book_day(&next)?;
            Ok::<_, Error>(true)
        })
        .await
}

/// All rows of a window, as many as a report takes.
async fn whole(cashier: &Arc<dyn Cashier>, window: Window, now: Timestamp) -> Result<Vec<LogRow>, Trouble> {
    let mut rows = Vec::new();
    let mut page = 1;
    loop {
        let said = cashier.log(window, page, limits::LOG_PAGE_ROWS, now).await?;
        let last = is_last(&said, page, limits::LOG_PAGE_ROWS);
        rows.extend(said.rows);
        if last {
            return Ok(rows);
        }
        page += 1;
    }
}

/// Rows that appeared after their log was looked at last, and fell into a hold: they settle now what they paid then (M6).
async fn late(app: &App, watch: &Watch, rows: &[LogRow], now: Timestamp) -> Result<(), Error> {
    let (account, device, rows) = (watch.account, watch.device, rows.to_vec());
    let late = app
        .store
        .read(move |tx| {
            let mut late = Vec::new();
            for row in fresh(tx, device, rows)? {
                let (from, to) = (row.at.minus(limits::CLOCK_SLACK), row.at.plus(limits::CLOCK_SLACK));
                if !tx.candidates(account, row.amount, from, to)?.is_empty() {
                    late.push(row);
                }
            }
            Ok::<_, Error>(late)
        })
        .await?;
    intake::bill::receive(app, device, &late, now).await.map(drop)
}

/// The log gave no answer about a day: it is asked again, and given up after two days of that.
async fn put_off(app: &App, day: BookDay, trouble: &Trouble, now: Timestamp) -> Result<(), Error> {
    let makers = app.makers.clone();
    let problem = match trouble {
        Trouble::Refused { code, .. } => code.clone(),
        Trouble::Unknown { why } => why.clone(),
    };
    app.store
        .write(move |tx| {
            let asked = day.asked + 1;
            let gives_up = asked >= limits::BILL_TRIES_MAX;
            let next = BookDay {
                state: if gives_up { DayState::Missing } else { DayState::Waiting },
                asked,
                ask_at: (!gives_up).then(|| now.plus(bill_pause(day.asked))),
                problem: Some(problem.clone()),
                finished_at: gives_up.then_some(now),
                ..day.clone()
            };
            if gives_up && tx.open_difference(day.account, DifferenceKind::NoBill)?.is_none() {
                let found = Found::word(DifferenceKind::NoBill, problem.clone());
                tell(tx, &makers, day.account, day.day, vec![found], now)?;
            }
            Ok::<_, Error>(tx.set_book_day(&next)?)
        })
        .await
}
