//! Watching the log of a personal account through the keys of an official one: which time is asked for and when, and what
//! a phone and the log each announced on a day.
//!
//! Knows rows, holds' times and receipts as amounts and instants. A row becomes a receipt by the same matching as a
//! phone's notice ([`super::matching`]); nothing of that is decided here.

use serde::{Deserialize, Serialize};

use super::id::{AccountId, DeviceId, ReceiptId};
use super::money::Fen;
use super::time::{Millis, Timestamp};

/// One movement of an account's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRow {
    /// Its number: the same row has the same one in every answer.
    pub id: String,
    /// True for money that came in.
    pub incoming: bool,
    /// How much.
    pub amount: Fen,
    /// When, to the second, by the gateway's clock.
    pub at: Timestamp,
    /// The gateway's number of the order behind it.
    pub gateway_ref: Option<String>,
    /// A merchant's number of the order behind it.
    pub number: Option<String>,
    /// What the payer wrote. The gateway says not to rely on it.
    pub memo: Option<String>,
    /// The other side, masked.
    pub payer: Option<String>,
    /// The gateway's word for what it was. It says not to rely on it.
    pub kind: Option<String>,
}

/// A personal account whose log is read with an official account's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watch {
    /// The personal account.
    pub account: AccountId,
    /// The official account of the same wallet.
    pub merchant: AccountId,
    /// As which device the log announces.
    pub device: DeviceId,
    /// Since when.
    pub since: Timestamp,
    /// When the owner ended it.
    pub ended_at: Option<Timestamp>,
    /// Up to when its rows were read.
    pub seen_until: Timestamp,
    /// When it may be asked next.
    pub ask_at: Timestamp,
    /// Looks in a row that brought nothing new.
    pub quiet: u32,
    /// Since when no look succeeds.
    pub failing_since: Option<Timestamp>,
}

/// Rows appear with a delay: each look goes back so far behind the one before.
pub const OVERLAP: Millis = Millis::seconds(10 * 60);
/// So long behind the last hold it is looked still, because rows appear with a delay.
pub const AFTERLOOK: Millis = Millis::seconds(2 * 60);
/// A log that gave no answer for so long, while somebody may pay, is deaf: readers are not sent to it alone.
pub const DEAF_AFTER: Millis = Millis::seconds(60);
/// How often a log that is deaf is tried while nobody waits.
pub const DEAF_PAUSE: Millis = Millis::seconds(60);

/// The holds of the watched account: when the first of them began and the last of them rests until.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The start of the first hold.
    pub from: Timestamp,
    /// When the last amount is given out again.
    pub to: Timestamp,
}

/// The time that one look covers, `[from, to)` in whole seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// From this second on.
    pub from: Timestamp,
    /// To before this second.
    pub to: Timestamp,
    /// Only whether there is an answer is of interest: nobody waits for a row.
    pub only_tries: bool,
}

impl Window {
    /// The first half, in whole seconds; nothing of a single second.
    #[must_use]
    pub fn halved(self) -> Option<Window> {
        let half = self.to.since(self.from).get() / 2000 * 1000;
        (half > 0).then(|| Window { to: self.from.plus(Millis::new(half)), ..self })
    }
}

/// How long to wait before the next look: 3 s for a reader in front of the page, then half as long again each time nothing
/// came, 20 s at most.
#[must_use]
pub fn pause(quiet: u32) -> Millis {
    let mut pause = 3_000_i64;
    for _ in 0..quiet.min(16) {
        pause = (pause + pause / 2).min(20_000);
    }
    Millis::new(pause)
}

/// What a look at `now` has to cover, if it is time for one. While nobody holds an amount nothing is looked at: what comes in
/// then is the owner's own business, and only the daily report counts it.
#[must_use]
pub fn window(watch: &Watch, holds: Option<Span>, now: Timestamp) -> Option<Window> {
    let second = |at: Timestamp| Timestamp::from_millis(at.millis() - at.millis() % 1000);
    if watch.ended_at.is_some() || now < watch.ask_at {
        return None;
    }
    let to = second(now).plus(Millis::seconds(1));
    match holds {
        Some(span) if now <= span.to.plus(AFTERLOOK) => {
            // The gateway's clock may be a little behind ours.
            let first =
                span.from.minus(Millis::seconds(5)).max(watch.seen_until.minus(OVERLAP)).max(watch.since);
            Some(Window { from: second(first).min(second(now)), to, only_tries: false })
        }
        // Deaf: is it still?
        Some(_) | None if watch.failing_since.is_some() => {
            Some(Window { from: second(now), to, only_tries: true })
        }
        Some(_) | None => None,
    }
}

impl Watch {
    /// After a look that read all rows before `until`; `news` where one of them was new.
    #[must_use]
    pub fn looked(&self, until: Timestamp, news: bool, now: Timestamp) -> Watch {
        let quiet = if news { 0 } else { self.quiet.saturating_add(1) };
        let seen_until = self.seen_until.max(until.min(now));
        Watch { seen_until, quiet, ask_at: now.plus(pause(quiet)), failing_since: None, ..self.clone() }
    }

    /// After a look that gave no answer.
    #[must_use]
    pub fn failed(&self, waited_for: bool, now: Timestamp) -> Watch {
        let quiet = self.quiet.saturating_add(1);
        let pause = if waited_for { pause(quiet) } else { DEAF_PAUSE };
        let failing_since = Some(self.failing_since.unwrap_or(now));
        Watch { quiet, ask_at: now.plus(pause), failing_since, ..self.clone() }
    }

    /// True where it has not answered for so long that nobody should rely on it.
    #[must_use]
    pub fn is_deaf_at(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| now.since(since) >= DEAF_AFTER)
    }
}

/// A payment that one side announced.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Announced {
    /// When.
    pub at: Timestamp,
    /// How much.
    pub amount: Fen,
    /// A phone's receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptId>,
    /// A row's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
}

/// What only one side announced.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Alone {
    /// Only a phone.
    pub only_phone: Vec<Announced>,
    /// Only the log.
    pub only_log: Vec<Announced>,
}

/// Pairs what two sides announced: payments of one amount, not further apart than `apart`. Each payment has one partner.
/// Returns the pairs by the log's payment, and what is left of both sides, oldest first.
#[must_use]
pub fn compare(phones: Vec<Announced>, log: Vec<Announced>, apart: Millis) -> (Vec<Announced>, Alone) {
    let order = |a: &Announced| (a.amount, a.at);
    let (mut phones, mut log) = (phones, log);
    phones.sort_by_key(order);
    log.sort_by_key(order);
    let (mut both, mut alone) = (Vec::new(), Alone::default());
    let (mut phones, mut log) = (phones.into_iter().peekable(), log.into_iter().peekable());
    while let (Some(phone), Some(row)) = (phones.peek(), log.peek()) {
        // Sorted by amount and time, the first of both are partners or the earlier one has none.
        let near = phone.amount == row.amount && phone.at.since(row.at).get().abs() <= apart.get();
        if near {
            phones.next();
            both.extend(log.next());
        } else if order(phone) < order(row) {
            alone.only_phone.extend(phones.next());
        } else {
            alone.only_log.extend(log.next());
        }
    }
    alone.only_phone.extend(phones);
    alone.only_log.extend(log);
    alone.only_phone.sort_by_key(|a| a.at);
    alone.only_log.sort_by_key(|a| a.at);
    (both, alone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000 + ms)
    }

    fn watch() -> Watch {
        Watch {
            account: AccountId::from_raw(1),
            merchant: AccountId::from_raw(2),
            device: DeviceId::from_raw(3),
            since: at(0),
            ended_at: None,
            seen_until: at(0),
            ask_at: at(0),
            quiet: 0,
            failing_since: None,
        }
    }

    fn paid(ms: i64, fen: i64) -> Announced {
        Announced { at: at(ms), amount: Fen::new(fen).unwrap(), receipt: None, row: None }
    }

    #[test]
    fn nothing_is_looked_at_while_nobody_holds_an_amount() {
        assert_eq!(window(&watch(), None, at(100_000)), None);
        let span = Span { from: at(100_000), to: at(400_000) };
        assert!(window(&watch(), Some(span), at(520_000)).is_some(), "rows appear with a delay");
        assert_eq!(window(&watch(), Some(span), at(520_001)), None);
    }

    #[test]
    fn a_look_covers_the_holds_and_never_more_than_the_overlap_behind_the_last() {
        let span = Span { from: at(5_000_000), to: at(9_000_000) };
        let first = window(&watch(), Some(span), at(5_001_500)).unwrap();
        assert_eq!((first.from, first.to), (at(4_995_000), at(5_002_000)), "not the hour before the holds");
        let later = watch().looked(at(8_000_000), true, at(8_000_000));
        let second = window(&later, Some(span), at(8_003_000)).unwrap();
        assert_eq!(second.from, at(8_000_000).minus(OVERLAP));
        assert_eq!(window(&later, Some(span), at(8_002_999)), None, "the pause");
        let ended = Watch { ended_at: Some(at(1)), ..watch() };
        assert_eq!(window(&ended, Some(span), at(5_001_500)), None);
    }

    #[test]
    fn a_log_that_is_silent_is_deaf_after_a_minute_and_tried_again_while_nobody_waits() {
        let failing = watch().failed(true, at(0));
        assert!(!failing.is_deaf_at(at(59_999)) && failing.is_deaf_at(at(60_000)));
        let failing = failing.failed(false, at(70_000));
        assert_eq!((failing.failing_since, failing.ask_at), (Some(at(0)), at(130_000)));
        assert_eq!(window(&failing, None, at(129_999)), None);
        assert!(window(&failing, None, at(130_000)).unwrap().only_tries);
        let answered = failing.looked(at(130_000), false, at(130_000));
        assert!(!answered.is_deaf_at(at(999_999)));
    }

    #[test]
    fn the_pause_grows_while_nothing_comes_and_starts_anew_with_news() {
        let pauses: Vec<i64> = (0..8).map(|quiet| pause(quiet).get()).collect();
        assert!(pauses.is_sorted() && pauses[0] == 3_000 && pauses[7] == 20_000, "{pauses:?}");
        assert_eq!(watch().looked(at(9), false, at(9)).looked(at(10), true, at(10)).quiet, 0);
    }

    #[test]
    fn a_window_is_halved_down_to_a_second() {
        let mut window = Window { from: at(0), to: at(10_000), only_tries: false };
        let mut spans = Vec::new();
        while let Some(half) = window.halved() {
            window = half;
            spans.push(half.to.since(half.from).get());
        }
        assert_eq!(spans, [5_000, 2_000, 1_000]);
    }

    #[test]
    fn what_both_announced_is_paired_and_the_rest_is_told() {
        let phones = vec![paid(0, 98), paid(500_000, 98), paid(700_000, 50)];
        let log = vec![paid(3_000, 98), paid(90_000, 98), paid(700_000, 51)];
        let (both, alone) = compare(phones, log, Millis::seconds(60));
        assert_eq!(both, [paid(3_000, 98)]);
        assert_eq!(alone.only_phone, [paid(500_000, 98), paid(700_000, 50)]);
        assert_eq!(alone.only_log, [paid(90_000, 98), paid(700_000, 51)]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_counted_twice_and_no_pair_is_left_open(
            phones in proptest::collection::vec((0_i64..2_000_000, 1_i64..4), 0..30),
            log in proptest::collection::vec((0_i64..2_000_000, 1_i64..4), 0..30),
        ) {
            let list = |of: &[(i64, i64)]| of.iter().map(|(ms, fen)| paid(*ms, *fen)).collect::<Vec<_>>();
            let apart = Millis::seconds(60);
            let (both, alone) = compare(list(&phones), list(&log), apart);
            prop_assert_eq!(both.len() + alone.only_phone.len(), phones.len());
            prop_assert_eq!(both.len() + alone.only_log.len(), log.len());
            for phone in &alone.only_phone {
                for row in &alone.only_log {
                    let near = phone.amount == row.amount && phone.at.since(row.at).get().abs() <= apart.get();
                    prop_assert!(!near, "{phone:?} and {row:?} are one payment");
                }
            }
        }
    }
}
