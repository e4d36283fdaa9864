use proptest::prelude::*;

use super::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn china(text: &str) -> Timestamp {
    Timestamp::from_china_clock(text).unwrap()
}

#[test]
fn a_period_reads_back_and_nothing_else_is_one() {
    for text in ["1m", "12m", "7d", "30d", "366d"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    for text in ["", "m", "0m", "13m", "6d", "367d", "07d", "1M", "1 m", "-1m", "30", "1月", "99999d", "+7d"]
    {
        assert_eq!(text.parse::<Period>(), Err(PeriodError), "{text}");
    }
}

#[test]
fn the_last_days_of_a_month_become_the_first_of_the_next() {
    let month = Period::Months(1);
    for (from, to) in [
        ("2026-01-28", "2026-01-28"),
        ("2026-01-29", "2026-02-01"),
        ("2026-01-30", "2026-02-02"),
        ("2026-01-31", "2026-02-03"),
        ("2026-12-31", "2027-01-03"),
        ("2028-02-29", "2028-03-01"),
    ] {
        assert_eq!(month.fitting(day(from)), day(to), "{from}");
        assert_eq!(Period::Days(7).fitting(day(from)), day(from), "days have no such rule");
    }
}

#[test]
fn a_month_later_is_the_same_day_of_the_month() {
    for (every, from, to) in [
        (Period::Months(1), "2026-01-28", "2026-02-28"),
        (Period::Months(1), "2026-12-03", "2027-01-03"),
        (Period::Months(12), "2026-02-28", "2027-02-28"),
        (Period::Months(3), "2026-11-15", "2027-02-15"),
        (Period::Days(30), "2026-01-31", "2026-03-02"),
    ] {
        assert_eq!(every.after(day(from)), day(to), "{every} after {from}");
    }
}

#[test]
fn the_first_period_is_due_when_the_paid_time_ends_and_never_before_tomorrow() {
    let (month, now) = (Period::Months(1), china("2026-01-31 10:00:00"));
    assert_eq!(month.first_due(china("2026-03-03 10:00:00"), now), day("2026-03-03"));
    assert_eq!(month.first_due(china("2026-03-30 10:00:00"), now), day("2026-04-02"));
    assert_eq!(month.first_due(china("2025-12-01 00:00:00"), now), day("2026-02-01"), "it was over");
    assert_eq!(
        month.first_due(china("2025-12-01 00:00:00"), china("2026-01-30 10:00:00")),
        day("2026-02-03")
    );
}

#[test]
fn tries_are_made_five_and_two_days_before_and_on_the_day() {
    let due = day("2026-03-03");
    let expected = ["2026-02-26 08:00:00", "2026-03-01 08:00:00", "2026-03-03 08:00:00"].map(china);
    assert_eq!(tries(due), expected);
    assert_eq!(next_try(due, expected[0]), Some(expected[1]));
    assert_eq!(next_try(due, china("2026-02-28 19:00:00")), Some(expected[1]));
    assert_eq!(next_try(due, expected[2]), None);
    assert_eq!(closes(due), china("2026-03-03 20:00:00"));
}

#[test]
fn charges_are_made_in_the_day_and_in_the_window_only() {
    let due = day("2026-03-03");
    for (at, opens) in [
        ("2026-01-01 12:00:00", Some("2026-02-26 08:00:00")),
        ("2026-02-26 07:59:59", Some("2026-02-26 08:00:00")),
        ("2026-02-26 12:30:00", Some("2026-02-26 12:30:00")),
        ("2026-02-26 19:59:59", Some("2026-02-26 19:59:59")),
        ("2026-02-26 20:00:00", Some("2026-02-27 08:00:00")),
        ("2026-03-02 23:59:59", Some("2026-03-03 08:00:00")),
        ("2026-03-03 19:59:59", Some("2026-03-03 19:59:59")),
        ("2026-03-03 20:00:00", None),
        ("2026-03-04 09:00:00", None),
    ] {
        assert_eq!(opening(due, china(at)), opens.map(china), "{at}");
    }
}

#[test]
fn a_refusal_is_read_by_its_code_with_or_without_its_family() {
    for (code, expected) in [
        ("ACQ.BUYER_BALANCE_NOT_ENOUGH", Verdict::Again),
        ("ACQ.SOMETHING_NEW", Verdict::Again),
        ("ACQ.TRADE_HAS_SUCCESS", Verdict::AskTrade),
        ("AQC.SYSTEM_ERROR", Verdict::AskTrade),
        ("ACQ.CYCLE_PAY_DATE_NOT_MATCH", Verdict::AskAgreement),
        ("AGREEMENT_STATUS_NOT_NORMAL", Verdict::AskAgreement),
        ("ACQ.AGREEMENT_NOT_EXIST", Verdict::Over),
        ("isv.app-call-limited", Verdict::Ours),
        ("isv.invalid-timestamp", Verdict::Ours),
        ("isv.invalid-signature", Verdict::Ours),
        ("isv.insufficient-isv-permissions", Verdict::Ours),
        ("aop.invalid-auth-token", Verdict::Ours),
        ("ACQ.SYSTEM_RATE_LIMIT", Verdict::Ours),
        ("40002", Verdict::Ours),
        ("", Verdict::Ours),
        ("40004", Verdict::Again),
        ("ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED", Verdict::Over),
    ] {
        assert_eq!(verdict(code), expected, "{code}");
    }
}

#[test]
fn what_is_not_known_is_asked_at_growing_pauses() {
    let pauses: Vec<i64> = (0..12).map(|n| pause(n).get()).collect();
    assert!(pauses.is_sorted() && pauses[0] == 10_000 && pauses[11] == 1_800_000, "{pauses:?}");
    assert_eq!(pause(u32::MAX).get(), 1_800_000);
}

#[test]
fn what_a_charge_may_take_is_a_hundred_yuan_unless_the_owner_says_more() {
    assert_eq!(AMOUNT_MAX_DEFAULT.get(), 10_000);
    let renewal = Renewal { every: Period::Months(1), most: Fen::new(20_000), scene: None };
    assert_eq!((renewal.most().get(), renewal.scene()), (20_000, SCENE_DEFAULT));
}

fn periods() -> impl Strategy<Value = Period> {
    prop_oneof![(DAYS_MIN..=DAYS_MAX).prop_map(Period::Days), (1..=MONTHS_MAX).prop_map(Period::Months)]
}

proptest! {
    #[test]
    fn due_days_go_on_for_years_and_always_fit(every in periods(), start in 0_i32..40_000) {
        let mut due = every.fitting(day("1990-01-01").plus(start));
        for _ in 0..60 {
            let next = every.after(due);
            prop_assert!(next > due);
            prop_assert_eq!(every.fitting(next), next);
            if let Period::Months(_) = every {
                prop_assert_eq!(next.day_of_month(), due.day_of_month());
                prop_assert!(next.day_of_month() <= 28);
            }
            prop_assert!(next.starts_in_china().since(due.starts_in_china()) <= every.longest());
            // The windows of two periods do not touch: no charge can be one for either.
            prop_assert!(closes(due) < tries(next)[0]);
            due = next;
        }
    }

    #[test]
    fn who_is_charged_each_period_never_stands_before_a_closed_door(every in periods(), start in 0_i64..1_000_000_000) {
        let bought = china("1990-01-01 12:00:00").plus(Millis::seconds(start));
        let mut until = bought.plus(every.longest());
        let mut due = every.first_due(until, bought);
        for _ in 0..40 {
            let charged = opening(due, bought).unwrap();
            prop_assert!(charged < until, "charged {charged} and open until {until}");
            until = until.plus(every.longest());
            due = every.after(due);
        }
    }

    #[test]
    fn an_opening_is_in_the_window_and_in_the_day(due in 0_i32..40_000, at in 0_i64..4_000_000_000) {
        let (due, at) = (day("1990-01-01").plus(due), Timestamp::from_millis(at * 1000));
        if let Some(opening) = opening(due, at) {
            let today = Day::in_china(opening);
            let hour = opening.since(today.starts_in_china()).get() / HOUR.get();
            prop_assert!((FIRST_HOUR..LAST_HOUR).contains(&hour));
            prop_assert!(today <= due && due <= today.plus(OPENS_DAYS_BEFORE) && opening >= at);
        } else {
            prop_assert!(at >= closes(due));
        }
    }
}
