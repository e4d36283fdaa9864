//! Orders and what they hold.

use std::collections::BTreeMap;

use super::super::rows::{HoldRow, OrderRow, Rows};
use super::super::town::{Asked, Sim};

impl Sim {
    pub(in super::super) fn orders(&mut self, old: &Rows, new: &Rows, asked: &[Asked]) {
        assert!(old.orders.keys().all(|id| new.orders.contains_key(id)), "an order is gone");
        for (id, order) in &new.orders {
            assert_eq!((order.account, order.amount), (order.hold.account, order.hold.amount));
            match old.orders.get(id) {
                None => self.born(order, new, asked),
                Some(before) => self.changed(before, order, asked),
            }
        }
    }

    /// A new order holds a free amount of its band for a window and a rest (M2, M8).
    pub(in super::super) fn born(&self, order: &OrderRow, new: &Rows, asked: &[Asked]) {
        let (now, hold) = (self.now().millis(), &order.hold);
        assert!(asked.contains(&Asked::Order), "nobody asked for {order:?}");
        assert_eq!(
            (order.status.as_str(), order.version, order.late, order.paid_at),
            ("pending", 1, false, None)
        );
        assert_eq!((order.created_at, hold.starts_at), (now, now));
        assert_eq!(
            (order.expires_at, hold.window_ends_at),
            (hold.window_ends_at, now + self.policy.pay_window.get())
        );
        assert_eq!(hold.release_at, hold.window_ends_at + self.policy.cool_down.get());
        let band =
            order.price - self.policy.max_discount.get()..=order.price + self.policy.max_surcharge.get();
        assert!(band.contains(&order.amount) && hold.live, "{order:?}");
        for other in new.orders.values().filter(|o| o.id != order.id && same_key(&o.hold, hold)) {
            let rested = other.hold.release_at <= now || other.id > order.id;
            assert!(
                rested && !(other.hold.live && hold.live),
                "{:?} was given out again as {hold:?}",
                other.hold
            );
        }
        let same_name = |o: &&OrderRow| o.client.is_some() && o.client == order.client;
        assert!(new.orders.values().filter(same_name).count() <= 1, "one name, one order");
    }

    /// Every change of an order was asked for and is lawful.
    pub(in super::super) fn changed(&mut self, before: &OrderRow, after: &OrderRow, asked: &[Asked]) {
        if before == after {
            return;
        }
        let now = self.now().millis();
        let closed_now = after.hold.window_ends_at == before.hold.window_ends_at.min(now)
            && after.hold.release_at == now + self.policy.cool_down.get();
        let untouched = times(&after.hold) == times(&before.hold);
        match (before.status.as_str(), after.status.as_str()) {
            ("pending", "pending") if before.version == after.version => assert!(untouched),
            ("pending", "pending") => {
                assert!(asked.contains(&Asked::Extend(after.id)) && now < before.expires_at);
                assert_eq!(after.extensions_left, before.extensions_left - 1);
                assert_eq!(after.expires_at, before.expires_at + self.policy.pay_window.get());
                assert_eq!(after.hold.window_ends_at, after.expires_at);
                assert_eq!(after.hold.release_at, after.expires_at + self.policy.cool_down.get());
            }
            ("pending", "expired") if asked.contains(&Asked::Work) => {
                assert!(before.expires_at <= now && untouched, "{before:?} expired too early");
            }
            ("pending", "cancelled") => {
                assert!(asked.contains(&Asked::Cancel(after.id)) && now < before.expires_at && closed_now);
                assert_eq!(after.expires_at, now);
            }
            ("pending" | "expired" | "cancelled", "paid") => {
                let may = asked.contains(&Asked::OwnerSettle(after.id)) || asked.contains(&Asked::Receive);
                assert!(may && after.paid_at == Some(now));
                // An amount that was resting rests anew; one that was free stays a fact of the past.
                assert!(
                    if now < before.hold.release_at { closed_now } else { untouched },
                    "{before:?} {after:?}"
                );
            }
            ("paid", "expired" | "cancelled") => {
                let undone = asked.iter().any(|a| matches!(a, Asked::Undo(_)));
                assert!(
                    undone && untouched && after.paid_at.is_none() && !after.late && after.expires_at <= now
                );
            }
            ("paid", "refunded") => assert!(asked.contains(&Asked::Refund(after.id)) && untouched),
            (same, still) if same == still => {
                assert!(untouched && before.version == after.version, "{before:?} became {after:?}");
            }
            (was, is) => panic!("{was} became {is}: {before:?} {after:?}"),
        }
        assert!(before.hold.live || !after.hold.live, "a hold that was released is live again");
        assert!(
            before.hold.live == after.hold.live || after.hold.release_at <= now,
            "{before:?} came free too early"
        );
        assert_eq!(
            after.version > before.version,
            before.status != after.status || before.expires_at != after.expires_at
        );
        if before.status != "paid" && after.status == "paid" && after.late {
            self.tally.count("late payments");
        }
    }

    /// A reader who was sent away: truly nothing was free, and what he was told is true.
    pub(in super::super) fn nothing_is_free(&self, product: &str, next: i64) {
        let now = self.now().millis();
        assert!(next >= now);
        if !self.open_codes {
            return;
        }
        let price = self.products.iter().find(|(name, _)| name == product).unwrap().1;
        let band = price - self.policy.max_discount.get()..=price + self.policy.max_surcharge.get();
        // What this very step created is not looked at yet, so ask the file.
        let rows = self.outside.rows();
        for (account, _) in &self.accounts {
            let account = account.raw();
            let awake = self
                .phones
                .iter()
                .any(|p| p.voices.iter().any(|v| v.account.raw() == account) && now - p.heard <= 300_000);
            if !awake {
                continue;
            }
            for amount in band.clone() {
                let holds: Vec<&HoldRow> = rows.orders.values().map(|o| &o.hold).collect();
                let mut of_it = holds.iter().filter(|h| (h.account, h.amount) == (account, amount));
                let held = of_it.find(|h| h.release_at > now);
                let held = held.unwrap_or_else(|| panic!("{amount} fen is free on {account}"));
                assert!(next <= held.release_at, "{amount} fen comes free before {next}");
            }
        }
    }

    /// A reader who was sent away because nobody listens: no phone was heard lately.
    pub(in super::super) fn nobody_listens(&self) {
        let now = self.now().millis();
        let awake = self.phones.iter().any(|p| now - p.heard < 300_000);
        assert!(!awake, "a phone was heard a moment ago");
    }
}

pub(super) fn times(hold: &HoldRow) -> (i64, i64, i64) {
    (hold.starts_at, hold.window_ends_at, hold.release_at)
}

pub(super) fn same_key(one: &HoldRow, other: &HoldRow) -> bool {
    (one.account, one.amount, &one.remark) == (other.account, other.amount, &other.remark)
}

/// M2: holds of one amount on one account never overlap, now or in the past.
pub(super) fn holds_never_overlap(new: &Rows) {
    let mut by_key: BTreeMap<(i64, i64, &str), Vec<&HoldRow>> = BTreeMap::new();
    for order in new.orders.values() {
        let hold = &order.hold;
        by_key.entry((hold.account, hold.amount, &hold.remark)).or_default().push(hold);
    }
    for (key, mut holds) in by_key {
        holds.sort_by_key(|h| h.starts_at);
        for pair in holds.windows(2) {
            assert!(pair[0].release_at <= pair[1].starts_at, "two holds of {key:?} overlap: {pair:?}");
        }
        assert!(holds.iter().filter(|h| h.live).count() <= 1, "two live holds of {key:?}");
    }
}
