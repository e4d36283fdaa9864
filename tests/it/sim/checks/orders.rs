//! Orders and what they hold.

use std::collections::BTreeMap;

use matcha::domain::channel::Channel;
use matcha::domain::id::AccountId;
use matcha::limits;

use super::super::phone::Phone;
use super::super::rows::{HoldRow, OrderRow, Rows};
use super::super::town::{Asked, Sim};

impl Sim {
    pub(super) fn orders(&mut self, old: &Rows, new: &Rows, asked: &[Asked]) {
        assert!(old.orders.keys().all(|id| new.orders.contains_key(id)), "an order is gone");
        for (id, order) in &new.orders {
            let official = Some(order.account) == self.official.map(AccountId::raw);
            assert_eq!(order.is_official(), official, "{order:?}");
            if let Some(hold) = &order.hold {
                assert_eq!((order.account, order.amount), (hold.account, hold.amount));
            }
            match old.orders.get(id) {
                None => self.born(order, new, asked),
                Some(before) => self.changed(before, order, asked),
            }
        }
    }

    /// A new order is somebody's wish, and what it holds is free.
    fn born(&self, order: &OrderRow, new: &Rows, asked: &[Asked]) {
        let now = self.now().millis();
        if order.renews.is_some() && asked.contains(&Asked::Gateway) {
            return self.born_of_an_agreement(order, new);
        }
        assert!(asked.contains(&Asked::Order), "nobody asked for {order:?}");
        assert_eq!((order.late, order.paid_at, order.created_at), (false, None, now));
        match &order.hold {
            Some(hold) => self.born_with(hold, order, new),
            None => self.born_official(order, new),
        }
        let same_name = |o: &&OrderRow| o.client.is_some() && o.client == order.client;
        assert!(new.orders.values().filter(same_name).count() <= 1, "one name, one order");
    }

    /// A new order holds a free amount of its band for a window and a rest (M2, M8).
    fn born_with(&self, hold: &HoldRow, order: &OrderRow, new: &Rows) {
        let now = self.now().millis();
        assert_eq!((order.status.as_str(), order.version), ("pending", 1));
        assert_eq!(hold.starts_at, now);
        assert_eq!(
            (order.expires_at, hold.window_ends_at),
            (hold.window_ends_at, now + self.policy.pay_window.get())
        );
        assert_eq!(hold.release_at, hold.window_ends_at + self.policy.cool_down.get());
        let band =
            order.price - self.policy.max_discount.get()..=order.price + self.policy.max_surcharge.get();
        assert!(band.contains(&order.amount) && hold.live, "{order:?}");
        for other in new.orders.values().filter(|o| o.id != order.id) {
            let Some(theirs) = other.hold.as_ref().filter(|theirs| same_key(theirs, hold)) else { continue };
            let rested = theirs.release_at <= now || other.id > order.id;
            assert!(rested && !(theirs.live && hold.live), "{theirs:?} was given out again as {hold:?}");
        }
    }

    /// A new order at the gateway costs its price and has a number there, of its own. Where the gateway gave no code it is
    /// given up at once.
    fn born_official(&self, order: &OrderRow, new: &Rows) {
        let now = self.now().millis();
        assert_eq!(order.amount, order.price, "nothing is held, so nothing is taken off");
        let window = self.policy.pay_window;
        match (order.status.as_str(), order.version) {
            ("pending", 1) => assert_eq!(order.expires_at, now + window.get()),
            ("cancelled", 2) => assert_eq!(order.expires_at, now),
            other => panic!("{other:?} {order:?}"),
        }
        let [trade] = new.trades_of(order.id).collect::<Vec<_>>()[..] else {
            panic!("{order:?} has no number, or two")
        };
        let longest = now + window.times(i64::from(limits::EXTENSIONS_MAX) + 1).get();
        assert!(trade.amount == order.amount && trade.ends_at > longest, "{trade:?} of {order:?}");
    }

    /// Every change of an order was asked for and is lawful.
    fn changed(&mut self, before: &OrderRow, after: &OrderRow, asked: &[Asked]) {
        if before == after {
            return;
        }
        let now = self.now().millis();
        let owner_undid = asked.iter().any(|a| matches!(a, Asked::Undo(_)));
        match (before.status.as_str(), after.status.as_str()) {
            ("pending", "pending") if before.version == after.version => {}
            ("pending", "pending") => {
                assert!(asked.contains(&Asked::Extend(after.id)) && now < before.expires_at);
                assert_eq!(after.extensions_left, before.extensions_left - 1);
                assert_eq!(after.expires_at, before.expires_at + self.policy.pay_window.get());
            }
            ("pending", "expired") if asked.contains(&Asked::Work) => {
                assert!(before.expires_at <= now, "{before:?} expired too early");
            }
            ("pending", "cancelled") if asked.contains(&Asked::Cancel(after.id)) => {
                assert!(now < before.expires_at && after.expires_at == now);
            }
            // Asked for again by its name, and the gateway still gave no code.
            ("pending", "cancelled") if before.is_official() && asked.contains(&Asked::Order) => {
                assert!(now < before.expires_at && after.expires_at == now);
            }
            // Its period passed, or its agreement ended, which it also does with what it would prolong.
            ("pending", "cancelled") if before.renews.is_some() => {
                let ends = |a: &Asked| matches!(a, Asked::Gateway | Asked::Refund(_) | Asked::Undo(_));
                assert!(asked.iter().any(ends), "{before:?}");
            }
            ("pending" | "expired" | "cancelled", "paid") => {
                let by_owner = asked.contains(&Asked::OwnerSettle(after.id));
                let by_money = if before.is_official() { Asked::Gateway } else { Asked::Receive };
                assert!((by_owner || asked.contains(&by_money)) && after.paid_at == Some(now), "{after:?}");
            }
            ("paid", "expired" | "cancelled") => {
                assert!(owner_undid && after.paid_at.is_none() && !after.late && after.expires_at <= now);
            }
            // What the gateway pays back later, a worker hears.
            ("paid", "refunded") => {
                let by_gateway = before.is_official() && asked.contains(&Asked::Gateway);
                assert!(asked.contains(&Asked::Refund(after.id)) || by_gateway);
            }
            (same, still) if same == still => {
                assert!(before.version == after.version, "{before:?} became {after:?}");
            }
            (was, is) => panic!("{was} became {is}: {before:?} {after:?}"),
        }
        assert_eq!(
            after.version > before.version,
            before.status != after.status || before.expires_at != after.expires_at
        );
        match (&before.hold, &after.hold) {
            (Some(held), Some(holds)) => self.hold_changed((before, held), (after, holds)),
            (None, None) => {}
            (was, is) => panic!("{was:?} became {is:?}"),
        }
        if before.status != "paid" && after.status == "paid" && after.late {
            let official = after.is_official();
            self.tally.count(if official { "late official payments" } else { "late payments" });
        }
    }

    /// M8: an amount rests after its window, however that ended, and comes free once.
    fn hold_changed(&self, (before, held): (&OrderRow, &HoldRow), (after, holds): (&OrderRow, &HoldRow)) {
        let now = self.now().millis();
        let closed_now = holds.window_ends_at == held.window_ends_at.min(now)
            && holds.release_at == now + self.policy.cool_down.get();
        let untouched = times(holds) == times(held);
        match (before.status.as_str(), after.status.as_str()) {
            ("pending", "pending") if before.version != after.version => {
                assert_eq!(holds.window_ends_at, after.expires_at);
                assert_eq!(holds.release_at, after.expires_at + self.policy.cool_down.get());
            }
            ("pending", "cancelled") => assert!(closed_now, "{before:?} {after:?}"),
            // An amount that was resting rests anew; one that was free stays a fact of the past.
            ("pending" | "expired" | "cancelled", "paid") => {
                assert!(if now < held.release_at { closed_now } else { untouched }, "{before:?} {after:?}");
            }
            (_, _) => assert!(untouched, "{before:?} {after:?}"),
        }
        assert!(held.live || !holds.live, "a hold that was released is live again");
        assert!(held.live == holds.live || holds.release_at <= now, "{before:?} came free too early");
    }

    /// Who asks for nothing, or for Alipay, may be sent to the official gateway.
    pub(in super::super) fn is_phones_only(&self, channel: Option<Channel>) -> bool {
        self.official.is_none() || channel == Some(Channel::Wechat)
    }

    /// A reader who was sent away: truly nothing was free, and what he was told is true.
    pub(in super::super) fn nothing_is_free(&self, product: &str, channel: Option<Channel>, next: i64) {
        let now = self.now().millis();
        assert!(next >= now);
        assert!(self.is_phones_only(channel), "the gateway always has room");
        if !self.open_codes {
            return;
        }
        let price = self.products.iter().find(|(name, _)| name == product).unwrap().1;
        let band = price - self.policy.max_discount.get()..=price + self.policy.max_surcharge.get();
        // What this very step created is not looked at yet, so ask the file.
        let rows = self.outside.rows();
        for (account, of) in &self.accounts {
            let account = account.raw();
            let awake = self
                .phones
                .iter()
                .any(|p| p.voices.iter().any(|v| v.account.raw() == account) && now - p.heard <= 300_000);
            if !awake || channel.is_some_and(|channel| channel != *of) {
                continue;
            }
            for amount in band.clone() {
                let holds: Vec<&HoldRow> = rows.orders.values().filter_map(|o| o.hold.as_ref()).collect();
                let mut of_it = holds.iter().filter(|h| (h.account, h.amount) == (account, amount));
                let held = of_it.find(|h| h.release_at > now);
                let held = held.unwrap_or_else(|| panic!("{amount} fen is free on {account}"));
                assert!(next <= held.release_at, "{amount} fen comes free before {next}");
            }
        }
    }

    /// A reader who was sent away because nobody listens: no phone of the wallet was heard lately.
    pub(in super::super) fn nobody_listens(&self, channel: Option<Channel>) {
        let now = self.now().millis();
        assert!(self.is_phones_only(channel), "the gateway always listens");
        for (account, of) in &self.accounts {
            let hears = |phone: &&Phone| phone.voices.iter().any(|v| v.account == *account);
            let awake = self.phones.iter().filter(hears).any(|p| now - p.heard < 300_000);
            let other = channel.is_some_and(|channel| channel != *of);
            assert!(other || !awake, "a phone was heard a moment ago");
        }
    }
}

fn times(hold: &HoldRow) -> (i64, i64, i64) {
    (hold.starts_at, hold.window_ends_at, hold.release_at)
}

fn same_key(one: &HoldRow, other: &HoldRow) -> bool {
    (one.account, one.amount, &one.remark) == (other.account, other.amount, &other.remark)
}

/// M2: holds of one amount on one account never overlap, now or in the past.
pub(super) fn holds_never_overlap(new: &Rows) {
    let mut by_key: BTreeMap<(i64, i64, &str), Vec<&HoldRow>> = BTreeMap::new();
    for hold in new.orders.values().filter_map(|order| order.hold.as_ref()) {
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
