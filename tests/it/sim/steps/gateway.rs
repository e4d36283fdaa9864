//! What happens around the official gateway: buyers who scan, pay and come back, letters, forgers, workers, and the owner
//! in the gateway's own console.

use matcha::domain::channel::Channel;
use matcha::domain::gateway::Way;
use matcha::domain::id::OrderId;
use matcha::flow::expire;
use matcha::flow::gateway::cashier::Ways;
use matcha::flow::gateway::notice::{self, NotTaken, Taken};
use matcha::flow::gateway::{refund, subscription, trade, transfer};

use super::super::bank::{APP_ID, Forgery, Letter, Standing, Trade};
use super::super::rows::OrderRow;
use super::super::town::{Asked, Sim};
use super::is_conflict;

/// How often a flow that speaks with the gateway waits for something.
pub(super) const WAITS: i64 = 8;

impl Sim {
    pub(super) async fn at_the_gateway(&mut self) {
        match self.chance.between(1, 100) {
            1..=13 => self.order_from(Some(Channel::AlipayOfficial)).await,
            14..=19 => self.scan(),
            20..=40 => self.pay_there(),
            41..=45 => self.open_page().await,
            46..=48 => self.transfer().await,
            49..=51 => self.carry_on_with_transfers().await,
            52..=62 => self.letter().await,
            63..=66 => self.forger().await,
            67..=70 => self.come_back().await,
            71..=80 => self.ask_about_trades().await,
            81..=88 => self.refund_and_carry_on().await,
            89..=94 => self.carry_on_with_refunds().await,
            95..=96 => self.pay_back_in_the_console(),
            97 => self.pay_at_the_very_end().await,
            _ => self.change_trouble(),
        }
        self.tally_the_gateway();
    }

    pub(super) fn change_trouble(&mut self) {
        let trouble = *self.chance.pick(&[0, 5, 15, 40, 90]).unwrap();
        self.bank.set_trouble(trouble);
        self.note(format!("{trouble} of 100 requests to the gateway fail"));
    }

    pub(in super::super) fn tally_the_gateway(&mut self) {
        for what in self.bank.take_counts() {
            self.tally.count(what);
        }
    }

    // ---- buyers ------------------------------------------------------------------------------------------------

    /// Some trade of the last few that fits; rather one whose order waits for it.
    fn some_trade(&mut self, fits: impl Fn(&Trade) -> bool) -> Option<Trade> {
        let (mut all, now) = (self.bank.trades(), self.now().millis());
        if self.chance.happens(50) {
            let waits = |order: &OrderRow| order.status == "pending" && now < order.expires_at;
            let order = |number: &String| self.seen.trades.get(number).map(|t| &self.seen.orders[&t.order]);
            let in_time: Vec<String> =
                all.keys().filter(|number| order(number).is_some_and(waits)).cloned().collect();
            if in_time.iter().any(|number| fits(&all[number])) {
                all.retain(|number, _| in_time.contains(number));
            }
        }
        let number = |trade: &Trade| self.seen.trades.get(&trade.number).map(|known| known.order);
        let mut fitting: Vec<&Trade> = all.values().filter(|trade| fits(trade)).collect();
        fitting.sort_by_key(|trade| std::cmp::Reverse((number(trade), trade.number.clone())));
        fitting.truncate(8);
        self.chance.pick(&fitting).map(|trade| (*trade).clone())
    }

    fn scan(&mut self) {
        let Some(trade) = self.some_trade(|trade| trade.standing == Standing::Named) else { return };
        self.bank.scan(&trade.number, self.now().millis());
        self.note(format!("somebody scans {}", trade.number));
    }

    /// Somebody pays what he has before him, or scans and pays at once: in time, late, or not at all any more.
    pub(super) fn pay_there(&mut self) {
        let scanned = self.chance.happens(60);
        let fits = |trade: &Trade| {
            let wanted = if scanned { Standing::Waiting } else { Standing::Named };
            trade.standing == wanted
        };
        let Some(trade) = self.some_trade(fits) else { return };
        let now = self.now().millis();
        self.bank.scan(&trade.number, now);
        let paid = self.bank.pay(&trade.number, now);
        self.note(format!("somebody pays {} → {paid}", trade.number));
        if paid {
            self.tally.count("payments at the gateway");
        }
    }

    /// A code was left on a screen, and somebody pays it when it ends, by a clock that is not ours.
    async fn pay_at_the_very_end(&mut self) {
        let now = self.now().millis();
        let soon = now..now + 3_600_000;
        let Some(trade) = self.some_trade(|t| t.standing == Standing::Named && soon.contains(&t.ends_at))
        else {
            return;
        };
        let until = trade.ends_at - now;
        self.wait(until, until + 10_000);
        if self.chance.happens(80) {
            self.ask_about_trades().await;
        }
        let now = self.now().millis();
        self.bank.scan(&trade.number, now);
        let paid = self.bank.pay(&trade.number, now);
        self.note(format!("somebody pays {} at its very end → {paid}", trade.number));
        if paid {
            self.tally.count("payments after the end");
        }
    }

    /// A reader presses the button instead of scanning: a second number for the same order.
    async fn open_page(&mut self) {
        let now = self.now().millis();
        let fits = |o: &OrderRow| o.is_official() && o.status == "pending";
        let Some(order) = self.some_order(fits) else { return };
        let way = if self.chance.happens(50) { Way::Page } else { Way::Wap };
        let ways = Ways { quit: "/".to_owned(), done: "/".to_owned() };
        let id = OrderId::from_raw(order.id);
        let answer = self.powered(|app| async move { trade::link(&app, id, way, &ways).await }).await;
        self.note(format!("a page of {id} → {answer:?}"));
        let Some(answer) = answer else { return };
        assert!(if now < order.expires_at { answer.is_ok() } else { is_conflict(&answer) }, "{order:?}");
        let Ok(link) = answer else { return };
        self.tally.count("pages opened");
        if self.chance.happens(80) {
            self.bank.open(&link.unwrap(), now);
        }
    }

    /// A buyer's browser comes back from the gateway's page, or somebody makes it say so.
    async fn come_back(&mut self) {
        let Some(trade) = self.some_trade(|_| true) else { return };
        let mut query = self.bank.way_back(&trade.number);
        let forged = self.chance.happens(20);
        if forged {
            query = query.replace("back_from\":\"m", "back_from\":\"n");
        } else {
            self.asked.push(Asked::Gateway);
        }
        let app_id = APP_ID.to_owned();
        let answer =
            self.powered_for(WAITS, |app| async move { notice::came_back(&app, app_id, query).await }).await;
        self.note(format!("somebody comes back from {} (forged: {forged}) → {answer:?}", trade.number));
        if let Some(answer) = answer {
            let order = self.seen.trades[&trade.number].order;
            let expected = (!forged).then(|| OrderId::from_raw(order));
            assert_eq!(answer.unwrap().map(|back| back.order), expected);
            self.tally.count(if forged { "forged returns" } else { "returns" });
        }
    }

    // ---- letters -----------------------------------------------------------------------------------------------

    pub(super) async fn letter(&mut self) {
        if self.chance.happens(15) {
            if let Some(letter) = self.bank.old_letter(&mut self.chance) {
                self.tally.count("duplicate notices");
                self.deliver(&letter).await;
            }
            return;
        }
        let Some(letter) = self.bank.next_letter(&mut self.chance) else { return };
        if self.chance.happens(20) {
            let again = self.bank.was_not_answered(letter.clone());
            self.note(format!("a letter about {} is lost (again: {again})", letter.number));
            self.tally.count(if again { "notices delayed" } else { "notices given up" });
            return;
        }
        let heard = self.deliver(&letter).await;
        if heard && !self.chance.happens(10) {
            self.bank.was_answered(letter);
        } else {
            // Stored or not: who got no answer sends it again.
            self.bank.was_not_answered(letter);
        }
    }

    /// A true letter arrives; whether it was answered.
    async fn deliver(&mut self, letter: &Letter) -> bool {
        self.asked.push(Asked::Gateway);
        let (app_id, body) = (APP_ID.to_owned(), letter.body.clone().into_bytes());
        let answer =
            self.powered_for(WAITS, |app| async move { notice::take_in(&app, app_id, body).await }).await;
        self.note(format!("a letter about {} → {answer:?}", letter.number));
        let Some(answer) = answer else { return false };
        assert_eq!(answer.unwrap(), Taken::Yes, "a true letter: {letter:?}");
        self.tally.count("notices");
        true
    }

    /// Somebody wants us to believe that he paid. Nothing may follow, so nothing is said to have been asked for.
    async fn forger(&mut self) {
        let Some(trade) = self.some_trade(|_| true) else { return };
        let how = *self.chance.pick(&Forgery::ALL).unwrap();
        let body = self.bank.forge(how, &trade.number).into_bytes();
        let named = if how == Forgery::UnknownApp { "2021000000000777" } else { APP_ID };
        let app_id = named.to_owned();
        let answer =
            self.powered_for(WAITS, |app| async move { notice::take_in(&app, app_id, body).await }).await;
        self.note(format!("a forged letter about {} ({how:?}) → {answer:?}", trade.number));
        let Some(answer) = answer else { return };
        let taken = answer.unwrap();
        let right = match how {
            Forgery::UnknownApp => taken == Taken::No(NotTaken::UnknownApp),
            Forgery::OtherNumber => taken == Taken::No(NotTaken::UnknownTrade),
            Forgery::Changed | Forgery::OtherSeller | Forgery::OtherApp | Forgery::Noise => {
                matches!(taken, Taken::No(NotTaken::Unbelieved(_)))
            }
        };
        assert!(right, "{how:?} → {taken:?}");
        self.tally.count("forged notices");
    }

    // ---- workers -----------------------------------------------------------------------------------------------

    /// The worker asks about the trades that are due. Several side by side end in no certain order, and a failing power
    /// would cut them in no certain place: where there are several, they are asked one by one.
    pub(super) async fn ask_about_trades(&mut self) {
        self.asked.push(Asked::Gateway);
        let now = self.now();
        let due = self.outside.trades_due(now.millis());
        if due.len() <= 1 {
            let done = self.powered_for(WAITS, |app| async move { trade::run_once(&app, now).await }).await;
            self.note(format!("the worker asks about {due:?} → {done:?}"));
            if let Some(done) = done {
                assert_eq!(done.unwrap(), due.len());
            }
            return;
        }
        let in_danger = self.chance.index(due.len());
        for (nth, number) in due.into_iter().enumerate() {
            let asked = number.clone();
            let ask = |app| async move { trade::ask(&app, asked).await };
            let heard = if nth == in_danger {
                self.powered_for(WAITS, ask).await
            } else {
                Some(ask(self.app.clone()).await)
            };
            self.note(format!("the worker asks about {number} → {heard:?}"));
            let Some(heard) = heard else { return };
            heard.unwrap();
        }
    }

    /// Mostly the worker is there soon after it.
    async fn refund_and_carry_on(&mut self) {
        self.refund(OrderRow::is_official).await;
        if self.chance.happens(70) {
            self.check();
            self.wait(11_000, 30_000);
            self.bank.catch_up(self.now().millis());
            self.carry_on_with_refunds().await;
        }
    }

    /// The worker comes round some times, as it does in truth every few seconds.
    pub(super) async fn carry_on_with_refunds(&mut self) {
        for _ in 0..self.chance.between(1, 4) {
            self.asked.push(Asked::Gateway);
            let now = self.now();
            let done = self.powered_for(WAITS, |app| async move { refund::run_once(&app, now).await }).await;
            self.note(format!("the worker carries on with refunds → {done:?}"));
            let Some(done) = done else { return };
            done.unwrap();
            self.check();
            self.wait(10_000, 40_000);
            self.bank.catch_up(self.now().millis());
        }
    }

    // ---- the owner ---------------------------------------------------------------------------------------------

    fn pay_back_in_the_console(&mut self) {
        let Some(trade) = self.some_trade(|trade| trade.standing == Standing::Paid) else { return };
        // What is on its way back for us must still find its money there.
        let order = self.seen.trades[&trade.number].order;
        let on_its_way: i64 =
            self.seen.refunds_of(order).filter(|r| r.state == "open").map(|r| r.amount).sum();
        let left = trade.amount - trade.returned() - on_its_way;
        if left > 0 {
            let amount = self.chance.between(1, left);
            self.bank.pay_back_by_hand(&trade.number, amount);
            self.note(format!("the owner pays {amount} fen of {} back in the console", trade.number));
            self.tally.count("paid back in the console");
        }
    }

    // ---- the end -----------------------------------------------------------------------------------------------

    /// Everything works again: letters arrive, windows end, and the workers run until nobody waits for anything.
    pub(super) async fn gateway_comes_home(&mut self) {
        self.bank.set_trouble(0);
        let quiet = |sim: &Sim| {
            let pending = sim.seen.orders.values().any(|o| o.is_official() && o.status == "pending");
            let open = sim.seen.refunds.values().any(|r| r.state == "open");
            let sending = sim.seen.transfers.values().any(|t| t.ask_at.is_some());
            !pending && !open && !sending
        };
        let mut rounds_after = 0;
        while rounds_after < 2 {
            rounds_after += usize::from(quiet(self));
            self.wait(61_000, 65_000);
            self.workers().await;
        }
        for (number, trade) in self.bank.trades() {
            let waits = trade.standing == Standing::Waiting && !trade.was_scanned_late();
            assert!(!waits, "{number} can be paid, and its order has ended");
        }
        // What is lost of the letters now is lost for good, but for those that only a letter can tell.
        while let Some(letter) = self.bank.next_letter(&mut self.chance) {
            if letter.kept || self.chance.happens(50) {
                self.deliver(&letter).await;
                self.check();
            }
        }
    }

    pub(super) async fn workers(&mut self) {
        let now = self.now();
        self.bank.catch_up(now.millis());
        self.asked.extend([Asked::Gateway, Asked::Work]);
        expire::run(&self.app, now).await.unwrap();
        trade::run_once(&self.app, now).await.unwrap();
        refund::run_once(&self.app, now).await.unwrap();
        transfer::run_once(&self.app, now).await.unwrap();
        if self.is_club {
            subscription::run_once(&self.app, now).await.unwrap();
        }
        self.check();
        self.tally_the_gateway();
    }
}
