//! The books of an official gateway beside ours: a day's bill against what was settled here, and what a phone announced
//! against what the account's log says. Pure: rows of both sides come in, differences come out.
//!
//! Knows what a difference is. Refuses to change anything by one: a bill tells the owner, it settles nothing (M5).

use serde::{Deserialize, Serialize};

use super::gateway::{Refund, RefundState, Trade, TradeState};
use super::id::{AccountId, BookDayId, DifferenceId, OrderId};
use super::money::Fen;
use super::receipt::Reason;
use super::time::{Day, Millis, Timestamp};

/// What a row of a bill is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RowKind {
    /// Money for a trade.
    Payment,
    /// Money that went back.
    Refund,
}

/// One row of a bill.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BillRow {
    /// Payment or refund.
    pub kind: RowKind,
    /// The gateway's number of the trade (`trade_no`).
    pub gateway_ref: String,
    /// The merchant's number of the trade (`out_trade_no`).
    pub number: String,
    /// The merchant's number of the refund (`out_request_no`), where it is one and has one.
    pub refund: Option<String>,
    /// How much.
    pub amount: Fen,
    /// When, where it is told.
    pub at: Option<Timestamp>,
}

/// A day's bill.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DayBill {
    /// Payments and refunds.
    pub rows: Vec<BillRow>,
    /// Rows that could not be read, as they are.
    pub unread: Vec<String>,
}

/// How the books differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The bill has a payment of a number that is none of ours.
    UnknownPayment,
    /// The bill has a payment that is not settled here.
    Unsettled,
    /// Both have it, with different amounts.
    OtherAmount,
    /// Both have it, under different numbers of the gateway.
    OtherNumber,
    /// Settled here, and not in the bill.
    Missing,
    /// The bill has a refund that was not asked for here.
    UnknownRefund,
    /// The bill has a refund that is not done here.
    RefundNotDone,
    /// A refund that is done here, and not in the bill.
    RefundMissing,
    /// A row that could not be read.
    Unread,
    /// There is no bill for a day on which something was settled, or it may not be fetched.
    NoBill,
    /// What the phones and the account's log announced on a day is not the same.
    Announcers,
    /// A transfer failed or came back.
    TransferFailed,
    /// What became of a transfer is not known after days of asking.
    TransferDoubtful,
    /// What became of a subscription's charge is not known though its day is over.
    ChargeDoubtful,
    /// The gateway refuses charges for a reason that only the owner can mend.
    ChargesRefused,
}

impl DifferenceKind {
    /// Every kind.
    pub const ALL: [DifferenceKind; 15] = [
        DifferenceKind::UnknownPayment,
        DifferenceKind::Unsettled,
        DifferenceKind::OtherAmount,
        DifferenceKind::OtherNumber,
        DifferenceKind::Missing,
        DifferenceKind::UnknownRefund,
        DifferenceKind::RefundNotDone,
        DifferenceKind::RefundMissing,
        DifferenceKind::Unread,
        DifferenceKind::NoBill,
        DifferenceKind::Announcers,
        DifferenceKind::TransferFailed,
        DifferenceKind::TransferDoubtful,
        DifferenceKind::ChargeDoubtful,
        DifferenceKind::ChargesRefused,
    ];

    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DifferenceKind::UnknownPayment => "unknown_payment",
            DifferenceKind::Unsettled => "unsettled",
            DifferenceKind::OtherAmount => "other_amount",
            DifferenceKind::OtherNumber => "other_number",
            DifferenceKind::Missing => "missing",
            DifferenceKind::UnknownRefund => "unknown_refund",
            DifferenceKind::RefundNotDone => "refund_not_done",
            DifferenceKind::RefundMissing => "refund_missing",
            DifferenceKind::Unread => "unread",
            DifferenceKind::NoBill => "no_bill",
            DifferenceKind::Announcers => "announcers",
            DifferenceKind::TransferFailed => "transfer_failed",
            DifferenceKind::TransferDoubtful => "transfer_doubtful",
            DifferenceKind::ChargeDoubtful => "charge_doubtful",
            DifferenceKind::ChargesRefused => "charges_refused",
        }
    }

    /// Under which reason the owner is asked.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            DifferenceKind::UnknownPayment => Reason::BillUnknown,
            DifferenceKind::Unsettled => Reason::BillUnsettled,
            DifferenceKind::OtherAmount | DifferenceKind::OtherNumber => Reason::BillAmount,
            DifferenceKind::Missing | DifferenceKind::RefundMissing => Reason::BillMissing,
            DifferenceKind::UnknownRefund | DifferenceKind::RefundNotDone => Reason::BillRefund,
            DifferenceKind::Unread | DifferenceKind::NoBill => Reason::BillUnread,
            DifferenceKind::Announcers => Reason::AnnouncersDiffer,
            DifferenceKind::TransferFailed | DifferenceKind::TransferDoubtful => Reason::TransferFailed,
            DifferenceKind::ChargeDoubtful => Reason::ChargeDoubtful,
            DifferenceKind::ChargesRefused => Reason::ChargesRefused,
        }
    }

    /// Which differences are told first where there are many, smallest first: those about money of our own orders, then what
    /// could not be read, last what may well be another shop's.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            DifferenceKind::Missing
            | DifferenceKind::Unsettled
            | DifferenceKind::RefundMissing
            | DifferenceKind::RefundNotDone
            | DifferenceKind::NoBill
            | DifferenceKind::Announcers
            | DifferenceKind::TransferFailed
            | DifferenceKind::TransferDoubtful
            | DifferenceKind::ChargeDoubtful
            | DifferenceKind::ChargesRefused => 0,
            DifferenceKind::OtherAmount | DifferenceKind::OtherNumber => 1,
            DifferenceKind::Unread => 2,
            DifferenceKind::UnknownRefund => 3,
            DifferenceKind::UnknownPayment => 4,
        }
    }
}

/// A difference as it is kept: once for each account, day, kind and number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Its id.
    pub id: DifferenceId,
    /// Whose books.
    pub account: AccountId,
    /// Of which day in China.
    pub day: Day,
    /// What differs.
    pub kind: DifferenceKind,
    /// The number of the trade or transfer, or what else tells two of a kind apart; may be empty.
    pub number: String,
    /// The number of the refund, where it is about one.
    pub refund: Option<String>,
    /// The gateway's number, where there is one.
    pub gateway_ref: Option<String>,
    /// The order, where there is one.
    pub order: Option<OrderId>,
    /// What is written here.
    pub ours: Option<Fen>,
    /// What the other book says.
    pub theirs: Option<Fen>,
    /// What else is known, in the words of who said it.
    pub detail: String,
    /// When it was found.
    pub found_at: Timestamp,
}

/// Where the comparison of a day stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayState {
    /// The other book is not there yet.
    Waiting,
    /// It was compared, once.
    Compared,
    /// It did not come in time; it is not asked for any more.
    Missing,
}

impl DayState {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DayState::Waiting => "waiting",
            DayState::Compared => "compared",
            DayState::Missing => "missing",
        }
    }
}

/// Which book is compared with ours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Book {
    /// The bill of an official account's trades.
    Bill,
    /// The log of the account behind a personal one, beside what its phones announced.
    Log,
}

impl Book {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Book::Bill => "bill",
            Book::Log => "log",
        }
    }
}

/// One day of one account's book, and what its comparison said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookDay {
    /// Its id.
    pub id: BookDayId,
    /// Which book.
    pub book: Book,
    /// Whose.
    pub account: AccountId,
    /// The day in China.
    pub day: Day,
    /// Where it stands.
    pub state: DayState,
    /// How often it was asked for.
    pub asked: u32,
    /// When it is asked for next.
    pub ask_at: Option<Timestamp>,
    /// A bill: its rows in sum. A log: the payments that both announced.
    pub tally: Tally,
    /// How many differences there were.
    pub differences: u32,
    /// The gateway's code, where it refused the book.
    pub problem: Option<String>,
    /// A log: what only one of the two announced, as [`crate::domain::watch::Alone`] in JSON.
    pub detail: Option<String>,
    /// When it was compared, or given up.
    pub finished_at: Option<Timestamp>,
}

impl BookDay {
    /// A day that nobody has asked for.
    #[must_use]
    pub fn new(id: BookDayId, book: Book, account: AccountId, day: Day) -> BookDay {
        BookDay {
            id,
            book,
            account,
            day,
            state: DayState::Waiting,
            asked: 0,
            ask_at: None,
            tally: Tally::default(),
            differences: 0,
            problem: None,
            detail: None,
            finished_at: None,
        }
    }
}

/// Rows and their sums. A sum that no amount can hold stops at the largest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Payments.
    pub payments: u32,
    /// Their sum.
    pub paid: Fen,
    /// Refunds.
    pub refunds: u32,
    /// Their sum.
    pub returned: Fen,
}

impl Tally {
    /// With one more row.
    #[must_use]
    pub fn with(self, row: &BillRow) -> Tally {
        let add = |sum: Fen| sum.checked_add(row.amount).unwrap_or(Fen::MAX);
        match row.kind {
            RowKind::Payment => Tally { payments: self.payments + 1, paid: add(self.paid), ..self },
            RowKind::Refund => Tally { refunds: self.refunds + 1, returned: add(self.returned), ..self },
        }
    }
}

/// What is settled here and was in no bill so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unbilled {
    /// Our number of the trade.
    pub number: String,
    /// Our number of the refund, where it is one.
    pub refund: Option<String>,
    /// The gateway's number.
    pub gateway_ref: Option<String>,
    /// The order.
    pub order: OrderId,
    /// How much.
    pub amount: Fen,
}

/// How a payment of the bill differs from what is known here under its number; nothing where it does not.
#[must_use]
pub fn judge_payment(row: &BillRow, account: AccountId, trade: Option<&Trade>) -> Option<DifferenceKind> {
    let Some(trade) = trade.filter(|trade| trade.account == account) else {
        return Some(DifferenceKind::UnknownPayment);
    };
    if trade.amount != row.amount {
        Some(DifferenceKind::OtherAmount)
    } else if trade.state != TradeState::Paid {
        Some(DifferenceKind::Unsettled)
    } else if trade.gateway_ref.as_ref() != Some(&row.gateway_ref) {
        Some(DifferenceKind::OtherNumber)
    } else {
        None
    }
}

/// How a refund of the bill differs from what is known here under its number; nothing where it does not.
#[must_use]
pub fn judge_refund(
    row: &BillRow,
    account: AccountId,
    trade: Option<&Trade>,
    refund: Option<&Refund>,
) -> Option<DifferenceKind> {
    let trade = trade.filter(|trade| trade.account == account);
    let Some(refund) = refund.filter(|refund| trade.is_some_and(|trade| trade.order == refund.order)) else {
        return Some(DifferenceKind::UnknownRefund);
    };
    if refund.amount != row.amount {
        Some(DifferenceKind::OtherAmount)
    } else if refund.state != RefundState::Done {
        Some(DifferenceKind::RefundNotDone)
    } else {
        None
    }
}

/// When a day's bill is asked for first: half past nine of the next morning in China. It is there from about nine.
#[must_use]
pub fn ready_at(day: Day) -> Timestamp {
    day.plus(1).starts_in_china().plus(Millis::seconds(9 * 3600 + 30 * 60))
}

/// How long to wait before a bill that was not there is asked for again: half an hour at first, then twice as long each
/// time, six hours at most.
#[must_use]
pub fn bill_pause(asked: u32) -> Millis {
    Millis::seconds((1_800_i64 << asked.min(4)).min(6 * 3600))
}

/// The next day to be compared, after the last one that was begun; nothing while it is not over or not due.
#[must_use]
pub fn next_day(first: Day, last: Option<&BookDay>, now: Timestamp) -> Option<Day> {
    let (day, due) = match last {
        None => (first, ready_at(first)),
        Some(BookDay { day, state: DayState::Waiting, ask_at, .. }) => {
            (*day, ask_at.unwrap_or_else(|| ready_at(*day)))
        }
        Some(last) => {
            let day = last.day.plus(1).max(first);
            (day, ready_at(day))
        }
    };
    (due <= now).then_some(day)
}

#[cfg(test)]
mod tests;
