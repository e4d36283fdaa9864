//! Which order a receipt belongs to (M4, M6, M7, M8, M9). Pure: candidates come in, a decision comes out.
//!
//! The decision never guesses. One hold, and only one, touches the time in which the money came in: settle.
//! Anything else is for the owner, with suggestions.

use super::account::Remark;
use super::id::{AccountId, DeviceId, OrderId, ReceiptId};
use super::money::Fen;
use super::order::OrderStatus;
use super::receipt::{Arrival, Reason};
use super::time::{Millis, Timestamp};

/// A hold of the receipt's amount on one of its accounts, with the state of its order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The order.
    pub order: OrderId,
    /// The account.
    pub account: AccountId,
    /// The hold's remark key.
    pub remark: Remark,
    /// When the hold began.
    pub starts_at: Timestamp,
    /// When its window ended or will end.
    pub window_ends_at: Timestamp,
    /// When its cool-down ended or will end.
    pub release_at: Timestamp,
    /// The order's status.
    pub status: OrderStatus,
}

impl Candidate {
    fn touches(&self, arrival: Arrival) -> bool {
        self.starts_at <= arrival.to && arrival.from < self.release_at
    }

    fn surely_held(&self, arrival: Arrival) -> bool {
        !arrival.is_blurred() || (self.starts_at <= arrival.from && arrival.to < self.release_at)
    }

    fn remark_fits(&self, remark: Option<&Remark>) -> bool {
        self.remark.is_none() || remark == Some(&self.remark)
    }
}

/// What to do with a receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// This order is paid; `late` where the money came in after its window.
    Settle {
        /// The order.
        order: OrderId,
        /// The account it was paid to.
        account: AccountId,
        /// Paid after the window (M8).
        late: bool,
    },
    /// A person must look.
    Ask(Reason),
}

/// Decides by the holds of exactly the receipt's amount.
#[must_use]
pub fn decide(arrival: Arrival, remark: Option<&Remark>, candidates: &[Candidate]) -> Decision {
    let mut fitting = candidates.iter().filter(|c| c.touches(arrival) && c.remark_fits(remark));
    match (fitting.next(), fitting.next()) {
        (None, _) => Decision::Ask(Reason::NoCandidate),
        (Some(_), Some(_)) => Decision::Ask(Reason::TwoCandidates),
        (Some(only), None) if !only.status.is_payable() => Decision::Ask(Reason::SecondReceipt),
        (Some(only), None) if !only.surely_held(arrival) => Decision::Ask(Reason::NoCandidate),
        (Some(only), None) => Decision::Settle {
            order: only.order,
            account: only.account,
            late: arrival.from >= only.window_ends_at,
        },
    }
}

/// Who announced a receipt: two different ones may speak of one payment, one never does so twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voice {
    /// The phone.
    pub device: DeviceId,
    /// The title or wallet.
    pub announcer: String,
}

/// An earlier receipt of the same amount and wallet, near in time, that is no echo itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Earlier {
    /// The receipt.
    pub receipt: ReceiptId,
    /// The account it came in on, or those it may have come in on.
    pub accounts: Vec<AccountId>,
    /// Why it waits for the owner, or why the owner let it be.
    pub asked: Option<Reason>,
    /// Who announced it.
    pub voice: Voice,
    /// Who echoed it already.
    pub echoed_by: Vec<Voice>,
    /// When its money came in.
    pub arrival: Arrival,
    /// The remark it showed.
    pub remark: Option<Remark>,
}

/// The earlier receipt that `voice` would be repeating: the nearest one within `window` that this voice has neither
/// announced nor echoed, that was believed, on one of the same accounts, and with no other remark.
#[must_use]
pub fn echo_of(
    voice: &Voice,
    accounts: &[AccountId],
    arrival: Arrival,
    remark: Option<&Remark>,
    window: Millis,
    earlier: &[Earlier],
) -> Option<ReceiptId> {
    let distance = |e: &Earlier| (e.arrival.from.since(arrival.from)).get().abs();
    earlier
        .iter()
        .filter(|e| distance(e) <= window.get())
        .filter(|e| e.voice != *voice && !e.echoed_by.contains(voice))
        .filter(|e| !e.asked.is_some_and(Reason::is_disbelief))
        .filter(|e| e.accounts.iter().any(|a| accounts.contains(a)))
        .filter(|e| e.remark.is_none() || remark.is_none() || e.remark.as_ref() == remark)
        .min_by_key(|e| distance(e))
        .map(|e| e.receipt)
}

/// A payable order that the owner may have to choose, and how well it fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suggestion {
    /// The order.
    pub order: OrderId,
    /// The amount it held.
    pub amount: Fen,
    /// How far the receipt's amount is from it.
    pub amount_off: Fen,
    /// How far outside its hold the money came in; zero inside.
    pub time_off: Millis,
}

/// Ranks the orders that a receipt may have been meant for: amount first (a wrong amount is usually a fen or two off),
/// then time outside the hold, then the younger order.
#[must_use]
pub fn suggest(
    amount: Fen,
    arrival: Arrival,
    orders: impl IntoIterator<Item = (OrderId, Fen, Timestamp, Timestamp)>,
    most: usize,
) -> Vec<Suggestion> {
    let mut all: Vec<Suggestion> = orders
        .into_iter()
        .map(|(order, held, starts_at, release_at)| {
            let before = starts_at.since(arrival.to).get();
            let after = arrival.from.since(release_at).get();
            let time_off = Millis::new(before.max(after).max(0));
            Suggestion { order, amount: held, amount_off: held.abs_diff(amount), time_off }
        })
        .collect();
    all.sort_by_key(|s| (s.amount_off, s.time_off, std::cmp::Reverse(s.order)));
    all.truncate(most);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn point(ms: i64) -> Arrival {
        Arrival { from: at(ms), to: at(ms) }
    }

    fn hold(order: i64, from: i64, window: i64, release: i64) -> Candidate {
        Candidate {
            order: OrderId::from_raw(order),
            account: AccountId::from_raw(1),
            remark: Remark::none(),
            starts_at: at(from),
            window_ends_at: at(window),
            release_at: at(release),
            status: OrderStatus::Pending,
        }
    }

    fn settles(decision: Decision) -> Option<(i64, bool)> {
        match decision {
            Decision::Settle { order, late, .. } => Some((order.raw(), late)),
            Decision::Ask(_) => None,
        }
    }

    #[test]
    fn the_order_that_held_the_amount_then_is_settled() {
        let holds = [hold(1, 100, 200, 300), hold(2, 300, 400, 500)];
        for (ms, expected) in [
            (99, None),
            (100, Some((1, false))),
            (199, Some((1, false))),
            (200, Some((1, true))),
            (299, Some((1, true))),
            (300, Some((2, false))),
            (499, Some((2, true))),
            (500, None),
        ] {
            assert_eq!(settles(decide(point(ms), None, &holds)), expected, "at {ms}");
        }
    }

    #[test]
    fn an_arrival_that_could_be_either_is_left_to_the_owner() {
        let holds = [hold(1, 100, 200, 300), hold(2, 300, 400, 500)];
        let unsure = Arrival { from: at(290), to: at(310) };
        assert_eq!(decide(unsure, None, &holds), Decision::Ask(Reason::TwoCandidates));
    }

    #[test]
    fn an_arrival_that_is_known_only_roughly_must_lie_inside_the_hold() {
        let (start, end) = (100_000, 400_000);
        let holds = [hold(1, start, 220_000, end)];
        let roughly =
            |from: i64, to: i64| settles(decide(Arrival { from: at(from), to: at(to) }, None, &holds));
        assert_eq!(roughly(start - 1000, start + 1000), Some((1, false)), "this is known well enough");
        assert_eq!(roughly(start - 1000, start + 9000), None);
        assert_eq!(roughly(start, start + 9000), Some((1, false)));
        assert_eq!(roughly(end - 9000, end), None);
        assert_eq!(roughly(end - 9000, end - 1), Some((1, true)));
    }

    #[test]
    fn a_second_receipt_of_a_settled_hold_is_left_to_the_owner() {
        for status in [OrderStatus::Paid, OrderStatus::Refunded] {
            let holds = [Candidate { status, ..hold(1, 100, 200, 300) }];
            assert_eq!(decide(point(150), None, &holds), Decision::Ask(Reason::SecondReceipt));
        }
    }

    #[test]
    fn a_remark_key_demands_its_remark() {
        let remark = |text: &str| text.parse::<Remark>().unwrap();
        let holds = [
            Candidate { remark: remark("A1"), ..hold(1, 100, 200, 300) },
            Candidate { remark: remark("A2"), ..hold(2, 100, 200, 300) },
        ];
        assert_eq!(settles(decide(point(150), Some(&remark("A2")), &holds)), Some((2, false)));
        assert_eq!(settles(decide(point(150), Some(&remark("A3")), &holds)), None);
        assert_eq!(settles(decide(point(150), None, &holds)), None);
    }

    fn earlier(receipt: i64, announcer: &str, ms: i64) -> Earlier {
        Earlier {
            receipt: ReceiptId::from_raw(receipt),
            accounts: vec![AccountId::from_raw(1)],
            asked: None,
            voice: voice(announcer),
            echoed_by: Vec::new(),
            arrival: point(ms),
            remark: None,
        }
    }

    fn voice(announcer: &str) -> Voice {
        Voice { device: DeviceId::from_raw(1), announcer: announcer.to_owned() }
    }

    fn echo(announcer: &str, ms: i64, earlier: &[Earlier]) -> Option<i64> {
        let accounts = [AccountId::from_raw(1)];
        echo_of(&voice(announcer), &accounts, point(ms), None, Millis::new(60), earlier).map(ReceiptId::raw)
    }

    #[test]
    fn another_voice_echoes_and_the_same_voice_never_does() {
        let known = [earlier(1, "微信支付", 1000)];
        assert_eq!(echo("微信收款助手", 1005, &known), Some(1));
        assert_eq!(echo("微信收款助手", 940, &known), Some(1), "the echo may arrive first on its own clock");
        assert_eq!(echo("微信支付", 1005, &known), None);
        assert_eq!(echo("微信收款助手", 1061, &known), None, "too far apart");
    }

    #[test]
    fn what_was_not_believed_or_came_in_elsewhere_is_not_echoed() {
        let known = |asked| [Earlier { asked, ..earlier(1, "微信支付", 1000) }];
        assert_eq!(echo("微信收款助手", 1005, &known(Some(Reason::NoCandidate))), Some(1));
        for reason in [Reason::WrongAnnouncer, Reason::Untrusted, Reason::NoAccount] {
            assert_eq!(echo("微信收款助手", 1005, &known(Some(reason))), None, "{reason:?}");
        }
        let elsewhere =
            [Earlier { accounts: vec![AccountId::from_raw(2)], ..earlier(1, "微信支付", 1000) }];
        assert_eq!(echo("微信收款助手", 1005, &elsewhere), None);
    }

    #[test]
    fn two_payments_need_two_echoes() {
        let mut known = [earlier(1, "微信支付", 1000), earlier(2, "微信支付", 1010)];
        assert_eq!(echo("微信收款助手", 1001, &known), Some(1));
        known[0].echoed_by.push(voice("微信收款助手"));
        assert_eq!(echo("微信收款助手", 1002, &known), Some(2));
        known[1].echoed_by.push(voice("微信收款助手"));
        assert_eq!(echo("微信收款助手", 1003, &known), None);
    }

    #[test]
    fn suggestions_rank_the_nearest_amount_then_the_nearest_time() {
        let fen = |n| Fen::new(n).unwrap();
        let orders = [
            (OrderId::from_raw(1), fen(100), at(0), at(100)),
            (OrderId::from_raw(2), fen(98), at(0), at(100)),
            (OrderId::from_raw(3), fen(98), at(500), at(600)),
            (OrderId::from_raw(4), fen(50), at(0), at(1000)),
        ];
        let ranked: Vec<i64> =
            suggest(fen(98), point(150), orders, 3).iter().map(|s| s.order.raw()).collect();
        assert_eq!(ranked, [2, 3, 1]);
    }
}
