//! What people, phones and workers do, one step at a time.

mod club;
mod gateway;
mod money;
mod owner;
mod phones;
mod readers;
mod transfers;

use matcha::domain::receipt::ReadAs;
use matcha::flow::{Error, device, expire, reread};

use super::town::{Asked, Sim};

/// Refused for a reason that the one who asked has to live with.
fn is_conflict<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Conflict(_)))
}

impl Sim {
    pub(super) async fn step(&mut self) {
        if self.is_club {
            return self.club_step().await;
        }
        match self.chance.between(1, 100) {
            1..=60 => self.wait(1_300, 15_000),
            61..=95 => self.wait(10_000, 100_000),
            96..=99 => self.wait(100_000, 900_000),
            _ => self.wait(900_000, 20_000_000),
        }
        self.bank.catch_up(self.now().millis());
        if self.is_office && self.chance.happens(70) {
            self.at_the_desk().await;
            self.check();
            return;
        }
        if self.official.is_some() && self.chance.happens(self.gateway_share) {
            self.at_the_gateway().await;
            self.check();
            return;
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
        if self.is_club {
            self.club_comes_home().await;
        }
        self.gateway_comes_home().await;
        self.wait(100_000_000, 100_000_000);
        self.workers().await;
        self.note("the end".to_owned());
        self.check_the_gateway_at_the_end();
        self.check_transfers_at_the_end();
        self.check_the_end();
    }
}
