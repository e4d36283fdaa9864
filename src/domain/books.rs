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
}

impl DifferenceKind {
    /// Every kind.
    pub const ALL: [DifferenceKind; 13] = [
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
mod tests {
    use super::*;
    use crate::domain::gateway::{RefundWay, Way};
    use crate::domain::id::RefundId;
    use proptest::prelude::*;

    const ACCOUNT: AccountId = AccountId::from_raw(1);

    fn at(text: &str) -> Timestamp {
        Timestamp::from_china_clock(text).unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn fen(n: i64) -> Fen {
        Fen::new(n).unwrap()
    }

    fn row(kind: RowKind, amount: i64) -> BillRow {
        let refund = (kind == RowKind::Refund).then(|| "r1".to_owned());
        let (gateway_ref, number) = ("2026".to_owned(), "m7c1".to_owned());
        BillRow { kind, gateway_ref, number, refund, amount: fen(amount), at: None }
    }

    fn trade(state: TradeState) -> Trade {
        Trade {
            number: "m7c1".to_owned(),
            order: OrderId::from_raw(7),
            account: ACCOUNT,
            way: Way::Code,
            amount: fen(100),
            state,
            qr_code: None,
            gateway_ref: (state == TradeState::Paid).then(|| "2026".to_owned()),
            created_at: Timestamp::from_millis(0),
            ends_at: Timestamp::from_millis(0),
            ask_at: None,
            asked: 0,
        }
    }

    fn refund(state: RefundState) -> Refund {
        Refund {
            id: RefundId::from_raw(1),
            order: OrderId::from_raw(7),
            request_id: None,
            amount: fen(40),
            way: RefundWay::Gateway,
            state,
            number: Some("r1".to_owned()),
            trade: Some("m7c1".to_owned()),
            reason: String::new(),
            proof: None,
            actor: "console".to_owned(),
            revokes: false,
            problem: None,
            requested_at: Timestamp::from_millis(0),
            finished_at: None,
            ask_at: None,
            asked: 1,
            sent_at: None,
        }
    }

    #[test]
    fn a_payment_is_what_was_settled_here_or_it_differs_in_one_way() {
        let paid = trade(TradeState::Paid);
        let elsewhere = Trade { account: AccountId::from_raw(2), ..paid.clone() };
        let other_number = Trade { gateway_ref: Some("2027".to_owned()), ..paid.clone() };
        for (trade, amount, expected) in [
            (Some(&paid), 100, None),
            (None, 100, Some(DifferenceKind::UnknownPayment)),
            (Some(&elsewhere), 100, Some(DifferenceKind::UnknownPayment)),
            (Some(&paid), 99, Some(DifferenceKind::OtherAmount)),
            (Some(&trade(TradeState::Open)), 100, Some(DifferenceKind::Unsettled)),
            (Some(&trade(TradeState::Closed)), 100, Some(DifferenceKind::Unsettled)),
            (Some(&other_number), 100, Some(DifferenceKind::OtherNumber)),
        ] {
            assert_eq!(judge_payment(&row(RowKind::Payment, amount), ACCOUNT, trade), expected, "{trade:?}");
        }
    }

    #[test]
    fn a_refund_is_one_of_ours_or_it_differs_in_one_way() {
        let (paid, done) = (trade(TradeState::Paid), refund(RefundState::Done));
        let of_another = Refund { order: OrderId::from_raw(8), ..done.clone() };
        for (trade, refund, amount, expected) in [
            (Some(&paid), Some(&done), 40, None),
            (Some(&paid), None, 40, Some(DifferenceKind::UnknownRefund)),
            (None, Some(&done), 40, Some(DifferenceKind::UnknownRefund)),
            (Some(&paid), Some(&of_another), 40, Some(DifferenceKind::UnknownRefund)),
            (Some(&paid), Some(&done), 41, Some(DifferenceKind::OtherAmount)),
            (Some(&paid), Some(&refund(RefundState::Failed)), 40, Some(DifferenceKind::RefundNotDone)),
            (Some(&paid), Some(&refund(RefundState::Open)), 40, Some(DifferenceKind::RefundNotDone)),
        ] {
            let judged = judge_refund(&row(RowKind::Refund, amount), ACCOUNT, trade, refund);
            assert_eq!(judged, expected, "{refund:?}");
        }
    }

    #[test]
    fn a_day_is_due_on_the_next_morning_and_again_after_its_pause() {
        let first = day("2026-11-20");
        assert_eq!(next_day(first, None, at("2026-11-21 09:29:59")), None);
        assert_eq!(next_day(first, None, at("2026-11-21 09:30:00")), Some(first));
        let mut last = BookDay::new(BookDayId::from_raw(1), Book::Bill, ACCOUNT, first);
        last.ask_at = Some(at("2026-11-21 10:00:00"));
        assert_eq!(next_day(first, Some(&last), at("2026-11-21 09:59:59")), None);
        assert_eq!(next_day(first, Some(&last), at("2026-11-21 10:00:00")), Some(first));
        last.state = DayState::Compared;
        assert_eq!(next_day(first, Some(&last), at("2026-11-21 23:00:00")), None);
        assert_eq!(next_day(first, Some(&last), at("2026-11-22 09:30:00")), Some(day("2026-11-21")));
        let later = day("2026-12-01");
        assert_eq!(next_day(later, Some(&last), at("2026-12-02 09:30:00")), Some(later), "too old is left");
    }

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> = DifferenceKind::ALL.iter().map(|k| k.as_str()).collect();
        assert_eq!(words.len(), DifferenceKind::ALL.len());
    }

    proptest! {
        #[test]
        fn a_tally_counts_every_row_and_never_overflows(
            rows in proptest::collection::vec((any::<bool>(), 1_i64..1_000_000_000), 0..50),
        ) {
            let rows: Vec<BillRow> = rows
                .into_iter()
                .map(|(pays, fen)| row(if pays { RowKind::Payment } else { RowKind::Refund }, fen))
                .collect();
            let tally = rows.iter().fold(Tally::default(), Tally::with);
            prop_assert_eq!((tally.payments + tally.refunds) as usize, rows.len());
            let sum = |kind| -> i64 { rows.iter().filter(|r| r.kind == kind).map(|r| r.amount.get()).sum() };
            prop_assert_eq!(tally.paid.get(), sum(RowKind::Payment).min(Fen::MAX.get()));
            prop_assert_eq!(tally.returned.get(), sum(RowKind::Refund).min(Fen::MAX.get()));
        }

        #[test]
        fn the_pause_grows_to_six_hours(asked in 0_u32..1000) {
            let (this, next) = (bill_pause(asked), bill_pause(asked + 1));
            prop_assert!(this <= next && this >= Millis::seconds(1800) && next <= Millis::seconds(21_600));
        }
    }
}
