//! What people, phones and workers do, one step at a time.

use futures_util::future::join_all;
use matcha::domain::id::{AccountId, InboxId, OrderId};
use matcha::domain::log::Actor;
use matcha::domain::receipt::ReadAs;
use matcha::flow::checkout::{self, Outcome, Wish};
use matcha::flow::gateway::refund;
use matcha::flow::{Error, device, expire, inbox, intake, order, reread};
use serde_json::json;

use super::phone::Message;
use super::rows::OrderRow;
use super::town::{Asked, Sim};
use super::truth::{Payment, Tells, Told};
use crate::world::{self, Announcer, batch, fen, wish};

const OWNER: Actor = Actor::Console;

/// Refused for a reason that the one who asked has to live with.
fn is_conflict<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Conflict(_)))
}

impl Sim {
    pub(super) async fn step(&mut self) {
        match self.chance.between(1, 100) {
            1..=60 => self.wait(1_300, 15_000),
            61..=95 => self.wait(10_000, 100_000),
            96..=99 => self.wait(100_000, 900_000),
            _ => self.wait(900_000, 20_000_000),
        }
        let phone = self.chance.index(self.phones.len());
        match self.chance.between(1, 100) {
            1..=16 => self.order().await,
            17..=20 => self.crowd().await,
            21..=38 => self.some_payment(),
            39..=63 => self.contact(phone).await,
            64..=70 => self.beat(phone).await,
            71..=74 => self.extend().await,
            75..=78 => self.cancel().await,
            79..=84 => self.work().await,
            85..=91 => self.owner().await,
            92..=94 => self.lose_network(phone),
            95..=96 => self.set_clock(phone),
            97..=98 => self.impostor(phone),
            _ => self.crash().await,
        }
        self.check();
    }

    // ---- readers -----------------------------------------------------------------------------------------------

    fn some_wish(&mut self) -> Wish {
        let (product, _) = self.chance.pick(&self.products).unwrap().clone();
        let fresh = wish(&product);
        match self.chance.between(1, 10) {
            1..=4 => fresh,
            5 if !self.unsure.is_empty() => {
                let (client, product) = self.unsure.swap_remove(self.chance.index(self.unsure.len()));
                Wish { client_order_id: Some(client), ..wish(&product) }
            }
            _ => {
                let client = format!("client-{:08}-{}", self.chance.between(0, 99_999_999), self.trace.len());
                Wish { client_order_id: Some(client), ..fresh }
            }
        }
    }

    async fn order(&mut self) {
        let wish = self.some_wish();
        self.asked.push(Asked::Order);
        let (client, product) = (wish.client_order_id.clone(), wish.product.clone());
        let answer = self.powered(|app| async move { checkout::create(&app, wish).await }).await;
        match answer {
            Some(answer) => self.ordered(&product, client.as_deref(), &answer.unwrap()),
            None => {
                self.note(format!("order {product} {client:?} → no answer"));
                self.unsure.extend(client.map(|client| (client, product)));
            }
        }
    }

    /// Several readers in the same instant.
    async fn crowd(&mut self) {
        let wishes: Vec<Wish> = (0..self.chance.between(2, 5)).map(|_| self.some_wish()).collect();
        let told: Vec<_> = wishes.iter().map(|w| (w.product.clone(), w.client_order_id.clone())).collect();
        self.asked.push(Asked::Order);
        let app = self.app.clone();
        let answers = join_all(wishes.into_iter().map(|wish| checkout::create(&app, wish))).await;
        for ((product, client), answer) in told.into_iter().zip(answers) {
            self.ordered(&product, client.as_deref(), &answer.unwrap());
        }
    }

    fn ordered(&mut self, product: &str, client: Option<&str>, outcome: &Outcome) {
        let known =
            client.and_then(|name| self.seen.orders.values().find(|o| o.client.as_deref() == Some(name)));
        match outcome {
            Outcome::Created(view) => {
                assert!(known.is_none(), "a client's id makes one order");
                self.note(format!("order {product} → {} for {}", view.order.id, view.order.amount));
                self.tally.count("orders");
            }
            Outcome::Existing(view) => {
                let known = known.expect("an order of this name");
                assert_eq!(view.order.id.raw(), known.id);
                self.note(format!("order {product} again → {}", view.order.id));
                self.tally.count("orders asked for again");
            }
            Outcome::NoFreeAmount { next_free_at } => {
                self.note(format!("order {product} → nothing free until {next_free_at}"));
                self.nothing_is_free(product, next_free_at.millis());
                self.tally.count("orders without a free amount");
            }
            Outcome::NoLiveAccount => {
                self.note(format!("order {product} → nobody listens"));
                self.nobody_listens();
                self.tally.count("orders without a live account");
            }
            Outcome::NotForSale
            | Outcome::TooManyOrders { .. }
            | Outcome::TooManyFromAddress { .. }
            | Outcome::ProofOfWork
            | Outcome::OriginRefused
            | Outcome::Coupon(_)
            | Outcome::Gateway(_)
            | Outcome::TooManyTries { .. } => panic!("{outcome:?} cannot be in this town"),
        }
    }

    fn some_order(&mut self, fits: impl Fn(&OrderRow) -> bool) -> Option<OrderRow> {
        let fitting: Vec<&OrderRow> = self.seen.orders.values().rev().filter(|o| fits(o)).take(8).collect();
        self.chance.pick(&fitting).map(|o| (*o).clone())
    }

    async fn extend(&mut self) {
        let Some(row) = self.some_order(|_| true) else { return };
        self.asked.push(Asked::Extend(row.id));
        let id = OrderId::from_raw(row.id);
        let now = self.now().millis();
        let answer = self.powered(|app| async move { order::extend(&app, id).await }).await;
        self.note(format!(
            "extend {id} → {:?}",
            answer.as_ref().map(|a| a.as_ref().map(|v| v.order.expires_at))
        ));
        let may = row.status == "pending" && now < row.expires_at && row.extensions_left > 0;
        if let Some(answer) = answer {
            assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{row:?}");
        }
    }

    async fn cancel(&mut self) {
        let Some(row) = self.some_order(|_| true) else { return };
        self.asked.push(Asked::Cancel(row.id));
        let id = OrderId::from_raw(row.id);
        let now = self.now().millis();
        let answer = self.powered(|app| async move { order::cancel(&app, id).await }).await;
        self.note(format!("cancel {id} → {:?}", answer.as_ref().map(|a| a.as_ref().map(|v| v.order.status))));
        let may = row.status == "pending" && now < row.expires_at;
        if let Some(answer) = answer {
            assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{row:?}");
        }
    }

    // ---- money -------------------------------------------------------------------------------------------------

    fn some_payment(&mut self) {
        let now = self.now().millis();
        let kind = self.chance.between(1, 100);
        let target = match kind {
            1..=55 => self.some_order(|o| o.status == "pending" && now < o.expires_at),
            56..=68 => self.some_order(|o| {
                o.status != "paid" && now >= o.hold.window_ends_at && now < o.hold.release_at
            }),
            69..=74 => self.some_order(|o| o.status != "paid" && now >= o.hold.release_at),
            75..=84 => self.some_order(|o| o.status == "pending"),
            85..=91 => self.some_order(|o| o.status == "paid"),
            _ => None,
        };
        match target {
            Some(order) => {
                let account = AccountId::from_raw(order.account);
                let wrong = (75..=84).contains(&kind);
                let amount = if wrong { order.amount + self.chance.between(-3, 3) } else { order.amount };
                self.pay(account, amount, Some(order.id));
            }
            None if kind > 91 => {
                let (account, _) = *self.chance.pick(&self.accounts).unwrap();
                let amount = self.chance.between(95, 104);
                self.pay(account, amount, None);
            }
            None => {}
        }
    }

    /// Money truly comes in; every announcer of the account will tell of it.
    pub(super) fn pay(&mut self, account: AccountId, amount: i64, meant: Option<i64>) {
        // No wallet takes two payments of one payer in one second.
        self.wait(1_200, 4_000);
        let now = self.now().millis();
        let number = self.truth.payments.len();
        let mut voices = 0;
        for index in 0..self.phones.len() {
            for voice in self.phones[index].voices.clone() {
                if voice.account == account {
                    let posted = now + self.chance.between(voice.after.0, voice.after.1);
                    let tells = Tells::Payment(number);
                    self.tell(
                        index,
                        tells,
                        voice.announcer,
                        voice.profile,
                        voice.announcer.id(),
                        amount,
                        posted,
                    );
                    voices += 1;
                }
            }
        }
        self.truth.payments.push(Payment { account, amount, meant, voices });
        let of = meant.map(OrderId::from_raw);
        self.note(format!("payment {number} of {amount} fen to {account} for {of:?}"));
        self.tally.count("payments");
    }

    #[expect(clippy::too_many_arguments, reason = "a notice is all of this")]
    fn tell(
        &mut self,
        phone: usize,
        tells: Tells,
        announcer: Announcer,
        profile: i64,
        id: Option<i64>,
        amount: i64,
        posted: i64,
    ) {
        let told = self.truth.told.len();
        let mut notice = announcer.notice(&format!("n{told}"), None, fen(amount));
        notice["user"] = json!(profile);
        if announcer.id().is_some() {
            notice["notification_id"] = json!(id);
            notice["key"] = json!(format!("{profile}|com.tencent.mm|{id:?}|null|10123"));
        }
        let raw = notice.to_string();
        self.truth.told.push(Told { tells, phone, announcer, posted, raw, acknowledged: false });
        self.phones[phone].coming.push(told);
    }

    /// A friend who calls himself as the wallet does makes the phone show a receipt.
    fn impostor(&mut self, phone: usize) {
        if !self.phones[phone].pinned {
            return;
        }
        let voices = self.phones[phone].voices.clone();
        let fitting: Vec<_> = voices.iter().filter(|v| v.announcer.id().is_some()).collect();
        let held: Vec<i64> = self.seen.orders.values().rev().take(4).map(|o| o.amount).chain([1]).collect();
        let Some(voice) = self.chance.pick(&fitting).map(|v| **v) else { return };
        let amount = *self.chance.pick(&held).unwrap();
        let id = if self.chance.happens(70) { Some(self.chance.between(1, 9)) } else { None };
        let now = self.now().millis();
        self.tell(phone, Tells::Nothing, voice.announcer, voice.profile, id, amount, now);
        self.note(format!("an impostor tells phone {phone} of {amount} fen"));
        self.tally.count("impostors");
    }

    // ---- phones ------------------------------------------------------------------------------------------------

    /// What was posted by now lies in the outbox, with the time of the phone's own clock.
    fn post(&mut self, phone: usize) {
        let now = self.now().millis();
        let coming = std::mem::take(&mut self.phones[phone].coming);
        let (due, later): (Vec<usize>, Vec<usize>) =
            coming.into_iter().partition(|told| self.truth.told[*told].posted <= now);
        self.phones[phone].coming = later;
        for told in due {
            let seen = self.phones[phone]
                .clock(matcha::domain::time::Timestamp::from_millis(self.truth.told[told].posted));
            let whole = self.phones[phone].whole_seconds;
            let seen = if whole { seen.millis() / 1000 * 1000 } else { seen.millis() };
            let seen = matcha::domain::time::Timestamp::from_millis(seen);
            let mut notice: serde_json::Value = serde_json::from_str(&self.truth.told[told].raw).unwrap();
            let words = format!("{} {} {}", notice["key"], notice["title"], notice["text"]);
            if !self.truth.shown.insert((phone, seen.millis(), words)) {
                self.truth.told[told].posted += 1_000;
                self.phones[phone].coming.push(told);
                continue;
            }
            notice["posted_at"] = json!(seen.to_string());
            let raw = notice.to_string();
            self.truth.told[told].raw.clone_from(&raw);
            self.truth.texts.insert((phone, raw), told);
            self.phones[phone].outbox.push_back(told);
        }
    }

    fn message(&mut self, phone: usize) -> Message {
        let now = self.now();
        let everything = self.phones[phone].set_since_heard || self.chance.happens(60);
        let waits = |told: &usize| everything || self.truth.told[*told].posted < now.millis() - 20_000;
        let mut told: Vec<usize> = self.phones[phone].outbox.iter().copied().filter(waits).collect();
        if self.chance.happens(15) {
            // Something that was acknowledged already, and something that is in this very message.
            let old: Vec<usize> = (0..self.truth.told.len())
                .filter(|t| self.truth.told[*t].phone == phone && self.truth.told[*t].acknowledged)
                .collect();
            told.extend(self.chance.pick(&old).copied());
            told.extend(told.first().copied());
        }
        if self.chance.happens(20) {
            self.chance.shuffle(&mut told);
        }
        let notices = told.iter().map(|told| self.text(phone, *told)).collect();
        Message {
            id: world::unique(&self.app, "msg"),
            sent_at: self.phones[phone].clock(now),
            built: now.millis(),
            notices,
            told,
        }
    }

    /// The notice as the phone has it, or as it found it again in its shade, under another id.
    fn text(&mut self, phone: usize, told: usize) -> String {
        let raw = self.truth.told[told].raw.clone();
        if !self.chance.happens(10) {
            return raw;
        }
        let mut notice: serde_json::Value = serde_json::from_str(&raw).unwrap();
        notice["id"] = json!(format!("n{told}again"));
        notice["recovered"] = json!(true);
        let raw = notice.to_string();
        self.truth.texts.insert((phone, raw.clone()), told);
        raw
    }

    pub(super) async fn contact(&mut self, phone: usize) {
        self.post(phone);
        if !self.phones[phone].is_online(self.now()) {
            return;
        }
        let now = self.now().millis();
        let known = &self.phones[phone];
        let may_repeat = !known.is_steady && !known.set_since_heard && known.requests >= 2;
        let again = known.unanswered.clone().filter(|m| may_repeat && now - m.built < 290_000);
        let message = match again {
            Some(message) if self.chance.happens(60) => message,
            Some(_) | None => self.message(phone),
        };
        self.phones[phone].unanswered = Some(message.clone());
        let sent = message.told.clone();
        if self.chance.happens(8) {
            self.note(format!("phone {phone} sends {sent:?} and nobody hears"));
            return;
        }
        self.under_way(phone, now - message.built);
        let (device, id, sent_at) = (self.phones[phone].device, message.id.clone(), message.sent_at);
        let batch = batch(device, &id, sent_at, &message.notices);
        self.asked.push(Asked::Receive);
        let answer = self.powered(|app| async move { intake::receive(&app, batch).await }).await;
        self.was_heard(phone);
        let stored = match answer {
            None => {
                self.note(format!("phone {phone} sends {sent:?} → no answer"));
                return;
            }
            Some(Ok(intake::Outcome::Stored(stored))) => stored,
            Some(other) => panic!("a good batch was answered {other:?}"),
        };
        assert_eq!(stored.len(), message.notices.len(), "all of it was stored");
        if self.chance.happens(8) {
            self.note(format!("phone {phone} sends {sent:?} → the answer is lost"));
            return;
        }
        self.note(format!("phone {phone} sends {sent:?} → stored"));
        self.phones[phone].unanswered = None;
        for (told, name) in message.told.iter().zip(&stored) {
            assert!([format!("n{told}"), format!("n{told}again")].contains(name), "{name} for notice {told}");
            self.truth.told[*told].acknowledged = true;
            self.phones[phone].outbox.retain(|waiting| waiting != told);
        }
    }

    /// A request takes its time, a slow one many seconds.
    fn under_way(&mut self, phone: usize, waited: i64) {
        let may_be_slow = !self.phones[phone].is_steady && self.phones[phone].requests >= 2 && waited == 0;
        match self.chance.between(1, 100) {
            1..=5 if may_be_slow => self.wait(1_000, 20_000),
            6..=7 if may_be_slow => self.wait(31_000, 120_000),
            _ => self.wait(20, 300),
        }
    }

    fn was_heard(&mut self, phone: usize) {
        let device = self.phones[phone].device.raw();
        let now = self.now().millis();
        let seen = self.outside.number(&format!("SELECT last_seen_at FROM devices WHERE id = {device}"));
        if seen == now {
            let phone = &mut self.phones[phone];
            phone.heard = now;
            phone.set_since_heard = false;
            phone.requests += 1;
        }
    }

    pub(super) async fn beat(&mut self, phone: usize) {
        self.post(phone);
        if !self.phones[phone].is_online(self.now()) {
            return;
        }
        if !self.phones[phone].outbox.is_empty() {
            return self.contact(phone).await;
        }
        let sent_at = self.phones[phone].clock(self.now());
        let (device, id) = (self.phones[phone].device, world::unique(&self.app, "beat"));
        self.under_way(phone, 0);
        let answer = self.powered(|app| async move { world::beat(&app, device, &id, sent_at).await }).await;
        self.was_heard(phone);
        self.note(format!("phone {phone} says that it is there → {answer:?}"));
        if let Some(answer) = answer {
            answer.unwrap();
        }
    }

    fn lose_network(&mut self, phone: usize) {
        let until = self.now().plus(self.chance.millis(60_000, 15_000_000));
        self.phones[phone].offline_until = until.millis();
        self.note(format!("phone {phone} loses its network"));
    }

    fn set_clock(&mut self, phone: usize) {
        self.post(phone);
        let known = &self.phones[phone];
        let waits_long = known.outbox.iter().any(|told| self.truth.told[*told].posted < known.heard - 30_000);
        if known.is_steady || known.set_since_heard || waits_long {
            return;
        }
        let far = if self.chance.happens(50) { 40_000 } else { 1_800_000 };
        let step = self.chance.millis(-far, far);
        let phone_now = &mut self.phones[phone];
        phone_now.ahead = matcha::domain::time::Millis::new(phone_now.ahead.get() + step.get());
        phone_now.set_since_heard = true;
        phone_now.requests = 0;
        phone_now.unanswered = None;
        self.note(format!("phone {phone}'s clock is set by {} ms", step.get()));
        self.tally.count("clocks set");
    }

    // ---- the server and its owner ------------------------------------------------------------------------------

    async fn work(&mut self) {
        self.asked.push(Asked::Work);
        let now = self.now();
        match self.chance.between(1, 10) {
            1..=8 => {
                let done = self.powered(|app| async move { expire::run_once(&app, now).await }).await;
                self.note(format!("the worker expires → {done:?}"));
                done.map(Result::unwrap);
            }
            9 => {
                let silent = self.powered(|app| async move { device::find_silent(&app, now).await }).await;
                self.note(format!("the worker looks for silent phones → {silent:?}"));
                silent.map(Result::unwrap);
            }
            _ => {
                let kind = if self.chance.happens(50) { ReadAs::Unread } else { ReadAs::Pending };
                let done = reread::all(&self.app, kind, now).await.unwrap();
                assert_eq!(done, reread::Reread::default(), "every notice of this town is read at once");
            }
        }
    }

    async fn owner(&mut self) {
        let waiting: Vec<i64> =
            self.seen.items.values().filter(|i| i.state == "open").map(|i| i.id).collect();
        let resolved: Vec<i64> =
            self.seen.items.values().filter(|i| i.state != "open").map(|i| i.id).collect();
        match self.chance.between(1, 10) {
            1..=3 => {
                let Some(item) = self.chance.pick(&waiting).copied() else { return };
                let Some(order) = self.some_order(|_| true) else { return };
                // The owner looks at his wallet before he believes anything.
                let told = self.told_of[&self.seen.items[&item].notice];
                if self.truth.payment_of(told).is_some() {
                    self.settle_item(item, &order).await;
                }
            }
            4..=5 => {
                let Some(item) = self.chance.pick(&waiting).copied() else { return };
                self.asked.push(Asked::Dismiss(item));
                let (id, why) = (InboxId::from_raw(item), "mine".to_owned());
                let answer =
                    self.powered(|app| async move { inbox::dismiss(&app, id, why, OWNER).await }).await;
                self.note(format!("the owner dismisses {id} → {}", answer.is_some()));
                answer.map(Result::unwrap);
            }
            6..=7 => {
                let Some(item) = self.chance.pick(&resolved).copied() else { return };
                self.undo(item).await;
            }
            8 => {
                let Some(order) = self.some_order(|_| true) else { return };
                self.asked.push(Asked::OwnerSettle(order.id));
                let (id, note) = (OrderId::from_raw(order.id), "cash".to_owned());
                let answer =
                    self.powered(|app| async move { inbox::settle_order(&app, id, note, OWNER).await }).await;
                self.note(format!("the owner settles {id} → {}", answer.is_some()));
                let may = order.status != "paid" && order.status != "refunded";
                if let Some(answer) = answer {
                    assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{order:?}");
                }
            }
            _ => {
                let Some(order) = self.some_order(|_| true) else { return };
                self.asked.push(Asked::Refund(order.id));
                let (id, wish) = (OrderId::from_raw(order.id), refund::Wish::default());
                let answer =
                    self.powered(|app| async move { refund::refund(&app, id, wish, OWNER).await }).await;
                self.note(format!("the owner refunds {id} → {}", answer.is_some()));
                if let Some(answer) = answer {
                    assert!(
                        if order.status == "paid" { answer.is_ok() } else { is_conflict(&answer) },
                        "{order:?}"
                    );
                    self.tally.count("refunds");
                }
            }
        }
    }

    async fn settle_item(&mut self, item: i64, order: &OrderRow) {
        self.asked.push(Asked::OwnerSettle(order.id));
        let (id, of) = (InboxId::from_raw(item), OrderId::from_raw(order.id));
        let answer = self.powered(|app| async move { inbox::settle_item(&app, id, of, OWNER).await }).await;
        self.note(format!(
            "the owner settles {of} with {id} → {}",
            answer.as_ref().is_some_and(Result::is_ok)
        ));
        let may = order.status != "paid" && order.status != "refunded";
        if let Some(answer) = answer {
            assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{order:?}");
            self.tally.count("items settled by the owner");
        }
    }

    async fn undo(&mut self, item: i64) {
        self.asked.push(Asked::Undo(item));
        let id = InboxId::from_raw(item);
        let row = self.seen.items[&item].clone();
        let order = row.order.map(|order| self.seen.orders[&order].clone());
        let answer = self.powered(|app| async move { inbox::undo(&app, id, OWNER).await }).await;
        self.note(format!("the owner takes {id} back → {}", answer.as_ref().is_some_and(Result::is_ok)));
        let may = order.as_ref().is_none_or(|o| o.status == "paid");
        if let Some(answer) = answer {
            assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{row:?} {order:?}");
            self.tally.count("undone");
        }
    }

    // ---- the end -----------------------------------------------------------------------------------------------

    /// Everybody comes home: all that waits is told, all windows end, all amounts rest and come free.
    pub(super) async fn come_home(&mut self) {
        self.wait(60_000, 120_000);
        for phone in 0..self.phones.len() {
            self.phones[phone].offline_until = 0;
        }
        while self.phones.iter().any(|p| !p.coming.is_empty() || !p.outbox.is_empty()) {
            for phone in 0..self.phones.len() {
                self.contact(phone).await;
                self.check();
            }
            self.wait(1_000, 5_000);
        }
        self.wait(100_000_000, 100_000_000);
        self.asked.push(Asked::Work);
        expire::run(&self.app, self.now()).await.unwrap();
        self.note("the end".to_owned());
        self.check();
        self.check_the_end();
    }
}
