//! What must be true after every step, whatever happened in it. M1 to M11 are the rules of DESIGN section 2.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::rows::{HoldRow, OrderRow, ReceiptRow, Rows, SettlementRow};
use super::town::{Asked, Sim};
use super::truth::Tells;

/// How far the fastest request may have misled the measurement of a clock.
const REQUEST: i64 = 500;
/// An arrival that is not known better than this has to lie inside a hold.
const BLUR: i64 = 5_000;
/// Two announcers of one payment speak within this time.
const ECHO: i64 = 60_000;

impl Sim {
    /// Compares what the file holds now with what it held, with what was asked, and with what truly happened.
    pub(super) fn check(&mut self) {
        let asked = std::mem::take(&mut self.asked);
        if self.outside.changed() {
            let new = self.outside.rows();
            let old = std::mem::take(&mut self.seen);
            self.notices();
            self.log(&old, &new);
            self.orders(&old, &new, &asked);
            holds_never_overlap(&new);
            self.receipts(&old, &new);
            settlements(&new);
            bins(&new);
            self.new_settlements(&old, &new, &asked);
            self.money_finds_its_order(&old, &new);
            let (silent, told) = self.outside.silent();
            assert_eq!(silent, told, "the owner is told of each silent phone, once, and of no other");
            self.seen = new;
        }
        // M3: what a phone was told to forget is there.
        for (told, notice) in self.truth.told.iter().enumerate() {
            assert!(
                !notice.acknowledged || self.stored.contains_key(&told),
                "notice {told} was promised and is lost"
            );
        }
    }

    /// M3, M9: each notice is there once, byte for byte as a phone sent it.
    fn notices(&mut self) {
        for row in self.outside.notices_after(self.last_notice) {
            self.last_notice = row.id;
            let phone = self.phones.iter().position(|p| p.device.raw() == row.device).unwrap();
            let told = self.truth.texts.get(&(phone, row.raw.clone())).copied();
            let told = told.unwrap_or_else(|| panic!("no phone sent {}", row.raw));
            assert_eq!(self.stored.insert(told, row.id), None, "notice {told} is there twice");
            self.told_of.insert(row.id, told);
            assert_eq!(row.read_as, "receipt", "notice {told}");
        }
        let rows = self.outside.number("SELECT count(*) FROM notices");
        assert_eq!(usize::try_from(rows).unwrap(), self.stored.len());
    }

    /// M11: the log only grows, its lines are of now, and they alone tell each order's status.
    fn log(&mut self, old: &Rows, new: &Rows) {
        let now = self.now().millis();
        let mut told: HashSet<i64> = HashSet::new();
        for line in self.outside.log_after(self.last_log) {
            self.last_log = line.id;
            self.log_lines += 1;
            assert_eq!(line.at, now, "{line:?}");
            let before = self.by_log.get(&line.subject).map(String::as_str);
            let after = match (line.act.as_str(), before) {
                ("order.created", None) => "pending",
                ("order.expired", Some("pending")) => "expired",
                ("order.cancelled", Some("pending")) => "cancelled",
                ("order.paid", Some("pending" | "expired" | "cancelled")) => "paid",
                ("order.unpaid", Some("paid")) => new.orders[&line.subject].status.as_str(),
                ("order.refunded", Some("paid")) => "refunded",
                ("order.extended" | "order.noted", Some(_)) => continue,
                (act, before) => {
                    assert!(!act.starts_with("order."), "{act} of an order that was {before:?}");
                    continue;
                }
            };
            told.insert(line.subject);
            self.by_log.insert(line.subject, after.to_owned());
        }
        assert_eq!(self.outside.number("SELECT count(*) FROM log"), self.log_lines, "a line is gone");
        for (id, order) in &new.orders {
            assert_eq!(self.by_log.get(id), Some(&order.status), "the log tells another story of {id}");
            let was = old.orders.get(id).map(|o| &o.status);
            assert!(was == Some(&order.status) || told.contains(id), "{id} changed and the log says nothing");
        }
    }

    fn orders(&mut self, old: &Rows, new: &Rows, asked: &[Asked]) {
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
    fn born(&self, order: &OrderRow, new: &Rows, asked: &[Asked]) {
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
    fn changed(&mut self, before: &OrderRow, after: &OrderRow, asked: &[Asked]) {
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

    /// M6: the time in which a receipt's money came in holds the true time. M9: a notice has one receipt.
    fn receipts(&mut self, old: &Rows, new: &Rows) {
        let mut of_notice: HashMap<i64, i64> = HashMap::new();
        for receipt in new.receipts.values() {
            assert_eq!(of_notice.insert(receipt.notice, receipt.id), None);
            if let Some(before) = old.receipts.get(&receipt.id) {
                let same = ReceiptRow { state: before.state.clone(), ..receipt.clone() } == *before;
                assert!(same, "{before:?} became {receipt:?}");
                continue;
            }
            let told = &self.truth.told[self.told_of[&receipt.notice]];
            assert!(
                receipt.from - REQUEST <= told.posted && told.posted <= receipt.to,
                "posted at {}, taken for {}..{} by {}",
                told.posted,
                receipt.from,
                receipt.to,
                self.outside.clock_of(receipt.device)
            );
            let width = receipt.to - receipt.from;
            assert!(
                !self.phones[told.phone].is_steady || width <= 2_000,
                "a steady phone is off by {width} ms"
            );
            let amount =
                told.raw.contains(&format!("{}.{:02}元", receipt.amount / 100, receipt.amount % 100));
            assert!(amount && told.announcer.name() == receipt.announcer, "{receipt:?} of {}", told.raw);
            match told.tells {
                Tells::Nothing => assert_eq!(receipt.state, "inbox", "an impostor was believed"),
                Tells::Payment(_) => self.tally.count(match receipt.state.as_str() {
                    "echo" => "echoes",
                    "pin" => "pins",
                    "settled" => "settled",
                    _ => "left to the owner",
                }),
            }
            if let Some(first) = receipt.echo_of {
                self.echo(receipt, &new.receipts[&first]);
            }
        }
    }

    /// M9: an echo repeats a true receipt of another voice, of the same amount, of about the same time.
    fn echo(&self, echo: &ReceiptRow, first: &ReceiptRow) {
        assert_eq!(first.echo_of, None, "an echo of an echo");
        assert_eq!((echo.amount, &echo.channel), (first.amount, &first.channel));
        assert_ne!((echo.device, &echo.announcer), (first.device, &first.announcer), "nobody echoes himself");
        assert!((echo.from - first.from).abs() <= ECHO);
        let of = |receipt: &ReceiptRow| self.truth.payment_of(self.told_of[&receipt.notice]);
        assert!(of(first).is_some(), "money hidden behind a forged notice");
    }

    /// M4 to M8 for what was settled in this step.
    fn new_settlements(&mut self, old: &Rows, new: &Rows, asked: &[Asked]) {
        for settlement in new.settlements.values() {
            if let Some(before) = old.settlements.get(&settlement.id) {
                assert!(!before.undone || settlement.undone, "an undone settlement is back");
                let undone_now = settlement.undone && !before.undone;
                assert!(!undone_now || asked.iter().any(|a| matches!(a, Asked::Undo(_))));
                continue;
            }
            let order = settlement.order;
            // An order may be born and settled only in two steps, so its state before is known.
            let before = &old.orders[&order];
            let now = self.now().millis();
            let ended = before.status == "pending" && now >= before.expires_at;
            assert_eq!(settlement.before, if ended { "expired" } else { before.status.as_str() });
            if settlement.by_owner {
                assert!(asked.contains(&Asked::OwnerSettle(order)), "M5");
                continue;
            }
            assert!(asked.contains(&Asked::Receive), "M5");
            self.matched(settlement, before, old, new);
        }
    }

    /// M6, M7: money that settled an order by itself truly came in while that order held the amount, and no other order
    /// that it was meant for did.
    fn matched(&mut self, settlement: &SettlementRow, order: &OrderRow, old: &Rows, new: &Rows) {
        let receipt = &new.receipts[&settlement.receipt.expect("M5: a receipt or the owner")];
        let told = self.told_of[&receipt.notice];
        let number = self.truth.payment_of(told).expect("M5: a forged notice paid an order");
        assert!(self.spent.insert(number), "payment {number} paid two orders");
        let (payment, at, phone) =
            (&self.truth.payments[number], self.truth.told[told].posted, self.truth.told[told].phone);
        assert_eq!(payment.amount, order.amount, "M7: the wrong amount");
        // Which of two accounts of one wallet a phone speaks of, no notice tells.
        let hears = |account: i64| self.phones[phone].voices.iter().any(|v| v.account.raw() == account);
        assert!(
            hears(payment.account.raw()) && hears(order.account),
            "the money is on another phone's account"
        );
        let blurred = receipt.to - receipt.from > BLUR;
        let off = order.hold.distance(at);
        assert!(off <= if blurred { REQUEST } else { BLUR }, "{order:?} did not hold its amount at {at}");
        if let Some(meant) = payment.meant.filter(|meant| *meant != order.id) {
            let meant = old.orders.get(&meant).unwrap_or(&new.orders[&meant]);
            let at_the_edge = meant.hold.release_at - REQUEST <= at;
            let held = meant.amount == order.amount && meant.hold.held_at(at) && !at_the_edge;
            assert!(!held, "payment {number} was meant for {meant:?} and paid {order:?}");
            self.tally.count("paid what somebody else should have paid");
        }
        let late = new.orders[&order.id].late;
        let window = order.hold.window_ends_at;
        assert!(!(late && at < window - REQUEST), "M8: {order:?} was paid in time, at {at}");
        assert!(late || blurred || at < window + BLUR, "M8: {order:?} was paid late, at {at}");
    }

    /// M7, the other way round: where there is no doubt, the order is settled.
    fn money_finds_its_order(&mut self, old: &Rows, new: &Rows) {
        for receipt in new.receipts.values().filter(|r| !old.receipts.contains_key(&r.id)) {
            let told = &self.truth.told[self.told_of[&receipt.notice]];
            let Tells::Payment(number) = told.tells else { continue };
            let payment = &self.truth.payments[number];
            let Some(order) = payment.meant.and_then(|id| old.orders.get(&id)) else { continue };
            let inside = order.hold.held_at(receipt.from) && order.hold.held_at(receipt.to);
            let payable = ["pending", "expired", "cancelled"].contains(&order.status.as_str());
            if payment.amount != order.amount || !inside || !payable {
                continue;
            }
            let hears =
                |account: i64| self.phones[told.phone].voices.iter().any(|v| v.account.raw() == account);
            let touches = |hold: &HoldRow| hold.starts_at <= receipt.to && receipt.from < hold.release_at;
            let rival = |o: &&OrderRow| {
                o.id != order.id && o.amount == order.amount && hears(o.account) && touches(&o.hold)
            };
            let near = |r: &&ReceiptRow| {
                r.id < receipt.id
                    && (r.amount, &r.channel) == (receipt.amount, &receipt.channel)
                    && (r.from - receipt.from).abs() <= ECHO
            };
            if new.orders.values().any(|o| rival(&o)) || new.receipts.values().any(|r| near(&r)) {
                continue;
            }
            // Another payment of the same batch may have been first.
            let paid = new.settlements.values().any(|s| s.order == order.id && !s.undone);
            assert!(paid, "payment {number} leaves no doubt: {receipt:?} {order:?}");
            self.tally.count("payments without a doubt");
        }
    }

    /// A reader who was sent away: truly nothing was free, and what he was told is true.
    pub(super) fn nothing_is_free(&self, product: &str, next: i64) {
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
    pub(super) fn nobody_listens(&self) {
        let now = self.now().millis();
        let awake = self.phones.iter().any(|p| now - p.heard < 300_000);
        assert!(!awake, "a phone was heard a moment ago");
    }

    /// When all is over nothing is left hanging, and every payment is somewhere.
    pub(super) fn check_the_end(&mut self) {
        for order in self.seen.orders.values() {
            assert!(order.status != "pending" && !order.hold.live, "{order:?} is left over");
        }
        for (told, notice) in self.truth.told.iter().enumerate() {
            assert!(notice.acknowledged, "notice {told} never came home");
        }
        assert_eq!(
            self.seen.receipts.len(),
            self.truth.told.len(),
            "each notice of this town has its receipt"
        );
        // Conservation: of each account's money at each amount, no payment is hidden behind another, and each that
        // stands alone is there once.
        let mut firsts: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        let mut of_payment: HashMap<usize, Vec<&ReceiptRow>> = HashMap::new();
        for receipt in self.seen.receipts.values() {
            if let Some(number) = self.truth.payment_of(self.told_of[&receipt.notice]) {
                of_payment.entry(number).or_default().push(receipt);
                if receipt.echo_of.is_none() {
                    *firsts
                        .entry((self.truth.payments[number].account.raw(), receipt.amount))
                        .or_default() += 1;
                }
            }
        }
        let mut made: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        for (number, payment) in self.truth.payments.iter().enumerate() {
            *made.entry((payment.account.raw(), payment.amount)).or_default() += 1;
            assert_eq!(of_payment.get(&number).map_or(0, Vec::len), payment.voices, "payment {number}");
        }
        if self.no_account_hides_another() {
            for (key, made) in &made {
                let kept = firsts.get(key).copied().unwrap_or(0);
                assert!(
                    kept >= *made,
                    "{made} payments of {key:?} and only {kept} receipts that are no echo"
                );
            }
        }
        let alone = self.alone(&of_payment);
        (0..alone).for_each(|_| self.tally.count("payments that stand alone"));
        self.tally.count("runs");
    }

    /// On a phone that hears two accounts no notice tells which one it is of, and neither do its echoes.
    fn no_account_hides_another(&self) -> bool {
        self.phones.iter().all(|p| p.voices.iter().all(|v| v.profile == 0))
    }

    /// A payment that no other of its amount is near to is one receipt with its echoes; how many are such.
    fn alone(&self, of_payment: &HashMap<usize, Vec<&ReceiptRow>>) -> usize {
        let mut counted = 0;
        for (number, receipts) in of_payment {
            let (first, last) = (receipts.iter().map(|r| r.from).min(), receipts.iter().map(|r| r.to).max());
            let (Some(from), Some(to)) = (first, last) else { continue };
            let known_well = receipts.iter().all(|r| r.to - r.from <= BLUR);
            let crowd = self.seen.receipts.values().filter(|r| {
                r.amount == receipts[0].amount && r.to >= from - 2 * ECHO && r.from <= to + 2 * ECHO
            });
            // A hold that begins or ends between two voices makes the second one a riddle, rightly.
            let near = from - ECHO..=to + ECHO;
            let edge = self.seen.orders.values().any(|o| {
                let edges = [o.hold.starts_at, o.hold.release_at];
                o.amount == receipts[0].amount && edges.iter().any(|edge| near.contains(edge))
            });
            // And so does an order that the owner settled and unsettled by hand in the meantime.
            let by_hand = self.seen.settlements.values().filter(|s| s.by_owner).any(|s| {
                let order = &self.seen.orders[&s.order];
                order.amount == receipts[0].amount && order.hold.held_at(from)
            });
            if !known_well || crowd.count() != receipts.len() || edge || by_hand {
                continue;
            }
            let firsts = receipts.iter().filter(|r| r.echo_of.is_none()).count();
            assert_eq!(firsts, 1, "payment {number} stands alone and is {receipts:?}");
            counted += 1;
        }
        counted
    }
}

fn times(hold: &HoldRow) -> (i64, i64, i64) {
    (hold.starts_at, hold.window_ends_at, hold.release_at)
}

fn same_key(one: &HoldRow, other: &HoldRow) -> bool {
    (one.account, one.amount, &one.remark) == (other.account, other.amount, &other.remark)
}

/// M2: holds of one amount on one account never overlap, now or in the past.
fn holds_never_overlap(new: &Rows) {
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

/// M4, M10: one settlement an order and a receipt; paid, settled and unlocked are one.
fn settlements(new: &Rows) {
    let (mut by_order, mut by_receipt) = (HashSet::new(), HashSet::new());
    for settlement in new.settlements.values().filter(|s| !s.undone) {
        assert!(by_order.insert(settlement.order), "order {} is settled twice", settlement.order);
        assert!(
            settlement.receipt.is_none_or(|r| by_receipt.insert(r)),
            "{settlement:?}: the receipt settled before"
        );
        assert!(settlement.by_owner || settlement.receipt.is_some(), "M5: {settlement:?}");
    }
    let mut unlocked = HashSet::new();
    for unlock in new.unlocks.iter().filter(|u| !u.revoked) {
        assert!(unlocked.insert(unlock.order), "order {} is unlocked twice", unlock.order);
    }
    for order in new.orders.values() {
        let (settled, open) = (by_order.contains(&order.id), unlocked.contains(&order.id));
        let expected = match order.status.as_str() {
            "paid" => (true, true),
            "refunded" => (true, false),
            _ => (false, false),
        };
        assert_eq!((settled, open), expected, "{order:?}");
        assert_eq!(order.paid_at.is_some(), settled);
    }
}

/// Every receipt lies in exactly one bin, and the inbox says the same.
fn bins(new: &Rows) {
    let settled: HashMap<i64, &SettlementRow> = new
        .settlements
        .values()
        .filter(|s| !s.undone)
        .filter_map(|s| s.receipt.map(|receipt| (receipt, s)))
        .collect();
    let items: HashMap<i64, _> =
        new.items.values().filter_map(|item| item.receipt.map(|receipt| (receipt, item))).collect();
    for receipt in new.receipts.values() {
        let (settlement, item) = (settled.get(&receipt.id), items.get(&receipt.id));
        let resolved = item.map(|i| (i.state.as_str(), i.order));
        let right = match receipt.state.as_str() {
            "settled" => match (settlement, resolved) {
                (Some(by), None) => !by.by_owner,
                (Some(by), Some(("settled", order))) => by.by_owner && order == Some(by.order),
                (_, _) => false,
            },
            "echo" => settlement.is_none() && resolved.is_none() && receipt.echo_of.is_some(),
            "pin" => settlement.is_none() && resolved.is_none() && receipt.amount == 1,
            "inbox" => settlement.is_none() && resolved == Some(("open", None)),
            "dismissed" => settlement.is_none() && resolved == Some(("dismissed", None)),
            other => panic!("no bin is called {other}"),
        };
        assert!(right, "{receipt:?} {settlement:?} {item:?}");
        assert!(item.is_none_or(|i| i.notice == receipt.notice), "{receipt:?} {item:?}");
    }
    for item in new.items.values() {
        assert!(item.receipt.is_some_and(|r| new.receipts.contains_key(&r)), "{item:?}");
        assert!(
            !item.reason.is_empty()
                && !["no_account", "untrusted", "no_time"].contains(&item.reason.as_str())
        );
    }
}
