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
