//! The gateway's bill of a day beside what was settled here. A difference is put before the owner and changes nothing: an
//! order is paid by a receipt, by what the gateway says of its trade, or by the owner (M5), and a bill is none of these.
//!
//! Days follow each other: what was paid before midnight and settled here after it is in an earlier bill than its day's.

use futures_util::future::join_all;

use super::cashier::Trouble;
use super::cashier::books::BillSaid;
use super::trade::cashier;
use crate::app::{App, Makers};
use crate::domain::books::{
    BillRow, Book, BookDay, DayBill, DayState, Difference, DifferenceKind, RowKind, Tally, bill_pause,
    judge_payment, judge_refund, next_day,
};
use crate::domain::id::{AccountId, BookDayId, DifferenceId, OrderId};
use crate::domain::log::Actor;
use crate::domain::money::Fen;
use crate::domain::receipt::Matter;
use crate::domain::time::{Day, Timestamp};
use crate::flow::{Error, inbox};
use crate::limits;
use crate::storage::verbs::{Inserted, ReadTx, WriteTx};

/// Asks for the bills that are due, one day of each account, and compares those that are there. How many were compared.
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one account does not keep the others waiting.
pub async fn run_once(app: &App, now: Timestamp) -> Result<usize, Error> {
    let ids = app.makers.ids.clone();
    let due: Vec<BookDay> = app
        .store
        .read(move |tx| {
            let mut due = Vec::new();
            for merchant in tx.all_merchants()? {
                let made_at = tx.account(merchant.account)?.map_or(now, |account| account.created_at);
                let first = Day::in_china(made_at).max(Day::in_china(now).plus(-limits::BILL_DAYS_BACK));
                let last = tx.last_book_day(Book::Bill, merchant.account)?;
                let Some(day) = next_day(first, last.as_ref(), now) else { continue };
                due.push(last.filter(|last| last.day == day).unwrap_or_else(|| {
                    BookDay::new(BookDayId::from_raw(ids.next(now)), Book::Bill, merchant.account, day)
                }));
            }
            Ok::<_, Error>(due)
        })
        .await?;
    let bills = due.iter().map(|day| one(app, day.clone(), now));
    let mut compared = 0;
    for (day, ended) in due.iter().zip(join_all(bills).await) {
        match ended {
            Ok(DayState::Compared) => compared += 1,
            Ok(DayState::Waiting | DayState::Missing) => {}
            Err(error) => {
                tracing::error!(%error, account = %day.account, day = %day.day, "a bill could not be compared");
            }
        }
    }
    Ok(compared)
}

/// Asks for one day's bill; where the day stands then.
async fn one(app: &App, day: BookDay, now: Timestamp) -> Result<DayState, Error> {
    let said = match cashier(app, day.account).await {
        Ok(cashier) => cashier.bill_of(day.day, now).await,
        Err(Error::Conflict(lost)) => Err(Trouble::Unknown { why: lost.to_string() }),
        Err(error) => return Err(error),
    };
    let problem = match said {
        Ok(BillSaid::There(bill)) => return compare(app, day, bill, now).await,
        Ok(BillSaid::NotThere) => None,
        Err(Trouble::Refused { code, .. }) => Some((code, true)),
        Err(Trouble::Unknown { why }) => Some((why, false)),
    };
    put_off(app, day, problem, now).await
}

/// The times whose settlements a day answers for.
fn answers_for(day: Day) -> (Timestamp, Timestamp) {
    let edge = limits::BILL_EDGE;
    (day.starts_in_china().minus(edge), day.plus(1).starts_in_china().minus(edge))
}

/// What was settled here and is in no bill up to this day's.
fn missing<T: ReadTx + ?Sized>(tx: &T, day: &BookDay, limit: u32) -> Result<Vec<Found>, Error> {
    let (from, to) = answers_for(day.day);
    // The bill of the day before the first is never read, so the end of that day is nobody's.
    let made_at = tx.account(day.account)?.map_or(from, |account| account.created_at);
    let unbilled = tx.unbilled(day.account, from.max(Day::in_china(made_at).starts_in_china()), to, limit)?;
    let found = unbilled.into_iter().map(|u| Found {
        kind: if u.refund.is_some() { DifferenceKind::RefundMissing } else { DifferenceKind::Missing },
        number: u.number,
        refund: u.refund,
        gateway_ref: u.gateway_ref,
        order: Some(u.order),
        ours: Some(u.amount),
        theirs: None,
        detail: String::new(),
    });
    Ok(found.collect())
}

/// The bill is not there. It is asked for again, or given up; then the owner is told if something should be in it.
async fn put_off(
    app: &App,
    day: BookDay,
    problem: Option<(String, bool)>,
    now: Timestamp,
) -> Result<DayState, Error> {
    let makers = app.makers.clone();
    app.store
        .write(move |tx| {
            let expects = !missing(tx, &day, 1)?.is_empty();
            let quiet = match &problem {
                None => !expects,
                Some((_, refused)) => *refused,
            };
            let tries = if quiet { limits::BILL_TRIES_QUIET } else { limits::BILL_TRIES_MAX };
            let asked = day.asked + 1;
            let mut next = BookDay {
                asked,
                ask_at: Some(now.plus(bill_pause(day.asked))),
                problem: problem.as_ref().map(|(why, _)| why.clone()),
                ..day.clone()
            };
            if asked >= tries {
                // A day without a bill on which nothing was settled was a day without business.
                let is_empty = problem.is_none() && !expects;
                next.state = if is_empty { DayState::Compared } else { DayState::Missing };
                next.ask_at = None;
                next.finished_at = Some(now);
                if !is_empty && tx.open_difference(day.account, DifferenceKind::NoBill)?.is_none() {
                    let found = Found::word(DifferenceKind::NoBill, next.problem.clone().unwrap_or_default());
                    next.differences = tell(tx, &makers, day.account, day.day, vec![found], now)?;
                }
            }
            tx.set_book_day(&next)?;
            Ok::<_, Error>(next.state)
        })
        .await
}

/// A difference without an id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) kind: DifferenceKind,
    pub(crate) number: String,
    pub(crate) refund: Option<String>,
    pub(crate) gateway_ref: Option<String>,
    pub(crate) order: Option<OrderId>,
    pub(crate) ours: Option<Fen>,
    pub(crate) theirs: Option<Fen>,
    pub(crate) detail: String,
}

impl Found {
    /// One that is about nothing with a number.
    pub(crate) fn word(kind: DifferenceKind, detail: String) -> Found {
        Found {
            kind,
            number: String::new(),
            refund: None,
            gateway_ref: None,
            order: None,
            ours: None,
            theirs: None,
            detail,
        }
    }
}

/// What is known here of a row's number, and how the row differs from it.
struct Judged {
    is_ours: bool,
    found: Option<Found>,
}

fn judge<T: ReadTx + ?Sized>(tx: &T, account: AccountId, row: &BillRow) -> Result<Judged, Error> {
    let trade = tx.trade(&row.number)?;
    let (kind, ours) = match row.kind {
        RowKind::Payment => {
            (judge_payment(row, account, trade.as_ref()), trade.as_ref().map(|trade| trade.amount))
        }
        RowKind::Refund => {
            let refund =
                row.refund.as_deref().map(|number| tx.refund_of_number(number)).transpose()?.flatten();
            (judge_refund(row, account, trade.as_ref(), refund.as_ref()), refund.map(|refund| refund.amount))
        }
    };
    let trade = trade.filter(|trade| trade.account == account);
    let found = kind.map(|kind| Found {
        kind,
        number: row.number.clone(),
        refund: row.refund.clone(),
        gateway_ref: Some(row.gateway_ref.clone()),
        order: trade.as_ref().map(|trade| trade.order),
        ours: ours.filter(|_| trade.is_some()),
        theirs: Some(row.amount),
        detail: String::new(),
    });
    Ok(Judged { is_ours: trade.is_some(), found })
}

/// Compares a bill that is there. Its rows are looked up beside the writer; what differs is looked up again in the unit that
/// writes it down, because a trade may have been settled meanwhile.
async fn compare(app: &App, day: BookDay, bill: DayBill, now: Timestamp) -> Result<DayState, Error> {
    let account = day.account;
    let DayBill { rows, unread } = bill;
    let (tally, ours, odd, uncounted) = app
        .store
        .read(move |tx| {
            let (mut ours, mut odd) = (Vec::new(), Vec::new());
            for row in &rows {
                let judged = judge(tx, account, row)?;
                if judged.is_ours {
                    ours.push((row.number.clone(), row.refund.clone()));
                }
                odd.extend(judged.found.map(|found| (found.kind.rank(), row)));
            }
            // Another shop's rows may be a million: no more are judged again than can be told.
            odd.sort_by_key(|(rank, _)| *rank);
            let uncounted = odd.len().saturating_sub(limits::BILL_DIFFERENCES_MAX);
            let odd: Vec<BillRow> =
                odd.iter().take(limits::BILL_DIFFERENCES_MAX).map(|(_, row)| (*row).clone()).collect();
            Ok::<_, Error>((rows.iter().fold(Tally::default(), Tally::with), ours, odd, uncounted))
        })
        .await?;
    // A crash in between is no harm: the day is compared again, and a mark is made once.
    for some in ours.chunks(usize::try_from(limits::WORKER_ROWS_MAX).unwrap_or(1)) {
        let (some, on) = (some.to_vec(), day.day);
        app.store
            .write(move |tx| {
                for (number, refund) in &some {
                    match tx.mark_billed(account, number, refund.as_deref(), on)? {
                        Inserted::Yes | Inserted::Conflict => {}
                    }
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    let makers = app.makers.clone();
    let mut unread_rows: Vec<Found> = Vec::new();
    for (number, text) in unread.into_iter().enumerate().take(limits::BILL_DIFFERENCES_MAX) {
        let found = Found::word(DifferenceKind::Unread, text.chars().take(400).collect());
        unread_rows.push(Found { number: format!("row{}", number + 1), ..found });
    }
    app.store
        .write(move |tx| {
            let mut found = Vec::new();
            for row in &odd {
                found.extend(judge(tx, account, row)?.found);
            }
            found.extend(missing(tx, &day, limits::WORKER_ROWS_MAX)?);
            found.extend(unread_rows.iter().cloned());
            let told = tell(tx, &makers, account, day.day, found, now)?;
            let next = BookDay {
                state: DayState::Compared,
                asked: day.asked + 1,
                ask_at: None,
                tally,
                problem: None,
                differences: told.saturating_add(u32::try_from(uncounted).unwrap_or(u32::MAX)),
                finished_at: Some(now),
                ..day.clone()
            };
            tx.set_book_day(&next)?;
            Ok::<_, Error>(next.state)
        })
        .await
}

/// Writes differences down and puts them before the owner, each once, the weightiest first; how many there are.
pub(crate) fn tell(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    account: AccountId,
    day: Day,
    mut found: Vec<Found>,
    now: Timestamp,
) -> Result<u32, Error> {
    found.sort_by_key(|found| found.kind.rank());
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let mut told = 0;
    for found in found.into_iter().take(limits::BILL_DIFFERENCES_MAX) {
        let difference = Difference {
            id: DifferenceId::from_raw(makers.ids.next(now)),
            account,
            day,
            kind: found.kind,
            number: found.number,
            refund: found.refund,
            gateway_ref: found.gateway_ref,
            order: found.order,
            ours: found.ours,
            theirs: found.theirs,
            detail: found.detail,
            found_at: now,
        };
        if tx.insert_difference(&difference)? == Inserted::Conflict {
            continue;
        }
        if told < limits::BILL_ITEMS_MAX {
            let matter = (difference.kind.reason(), Matter::Difference(difference.id), None);
            inbox::ask(tx, makers, matter, Actor::Gateway(account), now)?;
            told += 1;
        }
    }
    Ok(count)
}
