//! The town of a club: a membership that renews itself, and days that pass.

use matcha::domain::id::{AgreementId, OrderId};
use matcha::domain::log::Actor;
use matcha::domain::subscription::Ending;
use matcha::flow::expire;
use matcha::flow::gateway::cashier::Ways;
use matcha::flow::gateway::cashier::renewals::Standing;
use matcha::flow::gateway::subscription::{self, sign};

use super::super::rows::OrderRow;
use super::super::town::{Asked, Sim};
use super::gateway::WAITS;

const HOUR: i64 = 3_600_000;

impl Sim {
    pub(super) async fn club_step(&mut self) {
        match self.chance.between(1, 100) {
            1..=45 => self.wait(1_300, 200_000),
            46..=75 => self.wait(HOUR, 10 * HOUR),
            76..=98 => self.wait(10 * HOUR, 40 * HOUR),
            // Nobody was there for long.
            _ => self.wait(100 * HOUR, 400 * HOUR),
        }
        self.bank.catch_up(self.now().millis());
        match self.chance.between(1, 100) {
            1..=10 => self.join().await,
            11..=19 => self.sign().await,
            20..=22 => self.pay_there(),
            23..=36 => self.letter().await,
            37..=71 => self.carry_on_with_renewals().await,
            72..=77 => self.ask_about_trades().await,
            78..=81 => self.refund(OrderRow::is_official).await,
            82..=85 => self.carry_on_with_refunds().await,
            86..=87 => self.end_a_membership().await,
            88..=89 => self.turn_in_the_wallet(),
            90..=92 => {
                self.asked.push(Asked::Work);
                expire::run_once(&self.app, self.now()).await.unwrap();
            }
            93..=94 => self.crash().await,
            _ => {
                let trouble = *self.chance.pick(&[0, 10, 30, 70]).unwrap();
                self.bank.set_trouble(trouble);
                self.note(format!("{trouble} of 100 requests to the gateway fail"));
            }
        }
        self.bank.catch_up(self.now().millis());
        self.tally_the_gateway();
        self.check();
    }

    /// Somebody orders and pays at once; some sign with it.
    async fn join(&mut self) {
        self.order_from(None).await;
        self.check();
        let now = self.now().millis();
        let waits = |o: &OrderRow| o.status == "pending" && o.renews.is_none() && now + 20_000 < o.expires_at;
        let Some(order) = self.some_order(waits) else { return };
        if self.chance.happens(50) {
            self.sign_for(&order).await;
            self.check();
        }
        self.wait(2_000, 20_000);
        let now = self.now().millis();
        let numbers: Vec<String> = self.seen.trades_of(order.id).map(|trade| trade.number.clone()).collect();
        let number = self.chance.pick(&numbers).unwrap().clone();
        self.bank.scan(&number, now);
        let paid = self.bank.pay(&number, now);
        self.note(format!("somebody joins by {number} → {paid}"));
    }

    async fn sign(&mut self) {
        let Some(order) = self.some_order(|o| o.status == "paid") else { return };
        self.sign_for(&order).await;
    }

    /// A reader opens the page on which he signs, and mostly does.
    async fn sign_for(&mut self, order: &OrderRow) {
        let id = OrderId::from_raw(order.id);
        let ways = Ways { quit: "/".to_owned(), done: "/".to_owned() };
        let answer = self
            .powered(
                |app| async move { sign::start(&app, id, "/", &ways).await.map(|started| started.unwrap()) },
            )
            .await;
        let told = answer.as_ref().map(|a| a.as_ref().map(|started| started.page.clone()));
        self.note(format!("somebody wants to sign for {id} → {told:?}"));
        let Some(Ok(started)) = answer else { return };
        let now = self.now().millis();
        if started.while_paying {
            self.bank.open(&started.page, now);
        } else if self.chance.happens(80) {
            self.bank.sign_agreement(&started.view.agreement.number);
            self.tally.count("agreements signed");
        }
    }

    /// The worker plans, charges and looks. Where several are due it does so side by side, and its power does not fail.
    async fn carry_on_with_renewals(&mut self) {
        self.asked.push(Asked::Gateway);
        let now = self.now();
        let (charges, agreements) = self.outside.renewals_due(now.millis());
        let done = if charges.max(agreements) <= 1 {
            self.powered_for(2 * WAITS, |app| async move { subscription::run_once(&app, now).await }).await
        } else {
            Some(subscription::run_once(&self.app, now).await)
        };
        self.note(format!("the worker carries on with renewals → {done:?}"));
        done.map(Result::unwrap);
    }

    /// The reader ends it here, or the owner does.
    async fn end_a_membership(&mut self) {
        let live: Vec<i64> =
            self.seen.agreements.values().filter(|a| a.state != "ended").map(|a| a.id).collect();
        let Some(id) = self.chance.pick(&live).copied().map(AgreementId::from_raw) else { return };
        self.asked.push(Asked::Gateway);
        let by = if self.chance.happens(50) {
            (Ending::Reader, Actor::Reader)
        } else {
            (Ending::Owner, Actor::Console)
        };
        let ended = self
            .powered_for(WAITS, |app| async move { subscription::unsign(&app, id, by.0, by.1).await })
            .await;
        self.note(format!("a membership is ended: {:?} → {}", by.0, ended.is_some()));
        if let Some(ended) = ended {
            ended.unwrap();
            self.tally.count("memberships ended");
        }
    }

    /// The reader ends it in his wallet, or the gateway pauses it for a time.
    fn turn_in_the_wallet(&mut self) {
        let signed: Vec<(String, Standing)> =
            self.bank.agreements().into_values().filter_map(|a| Some((a.number, a.standing?))).collect();
        let Some((number, standing)) = self.chance.pick(&signed).cloned() else { return };
        let to = match standing {
            Standing::InForce if self.chance.happens(50) => Standing::Paused,
            Standing::InForce => Standing::Ended,
            Standing::Paused | Standing::NotYet | Standing::Ended => Standing::InForce,
        };
        self.bank.turn(&number, to);
        self.note(format!("an agreement that was {standing:?} is {to:?} at the gateway"));
        self.tally.count("agreements turned there");
    }

    /// The club closes: every agreement is ended, and the workers run until nobody waits for anything.
    pub(super) async fn club_comes_home(&mut self) {
        self.bank.set_trouble(0);
        let live: Vec<i64> =
            self.seen.agreements.values().filter(|a| a.state != "ended").map(|a| a.id).collect();
        for id in live.into_iter().map(AgreementId::from_raw) {
            self.asked.push(Asked::Gateway);
            subscription::end(&self.app, id, Ending::Owner, Actor::Console).await.unwrap();
            self.check();
        }
        let waits = |sim: &Sim| {
            let charges = sim.seen.charges.values().any(|charge| charge.next_at.is_some());
            let agreements = sim.seen.agreements.values().any(|agreement| agreement.look_at.is_some());
            charges || agreements
        };
        for _ in 0..400 {
            self.wait(2 * HOUR, 2 * HOUR + 60_000);
            self.workers().await;
            if !waits(self) {
                break;
            }
        }
        assert!(!waits(self), "{:?} {:?}", self.seen.charges, self.seen.agreements);
        self.check_the_club_at_the_end();
        self.tally.count("clubs");
    }
}
