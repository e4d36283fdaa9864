//! What phones do.

use matcha::domain::device::DeviceClock;
use matcha::domain::time::{Millis, Timestamp};
use matcha::flow::intake;
use serde_json::json;

use super::super::phone::Message;
use super::super::town::{Asked, Sim};
use crate::world::{self, batch};

impl Sim {
    /// What was posted by now lies in the outbox, with the time of the phone's own clock.
    pub(in super::super) fn post(&mut self, phone: usize) {
        let now = self.now().millis();
        let coming = std::mem::take(&mut self.phones[phone].coming);
        let (due, later): (Vec<usize>, Vec<usize>) =
            coming.into_iter().partition(|told| self.truth.told[*told].posted <= now);
        self.phones[phone].coming = later;
        for told in due {
            let seen = self.phones[phone].clock(Timestamp::from_millis(self.truth.told[told].posted));
            let whole = self.phones[phone].whole_seconds;
            let seen = if whole { seen.millis() / 1000 * 1000 } else { seen.millis() };
            let seen = Timestamp::from_millis(seen);
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

    pub(in super::super) fn message(&mut self, phone: usize) -> Message {
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
    pub(in super::super) fn text(&mut self, phone: usize, told: usize) -> String {
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

    pub(in super::super) async fn contact(&mut self, phone: usize) {
        self.post(phone);
        if !self.phones[phone].is_online(self.now()) {
            return;
        }
        let now = self.now().millis();
        let known = &self.phones[phone];
        let may_repeat = !known.set_since_heard && known.may_be_held_up();
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
        self.was_heard(phone, message.built);
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
    pub(in super::super) fn under_way(&mut self, phone: usize, waited: i64) {
        let may_be_slow = self.phones[phone].may_be_held_up() && waited == 0;
        match self.chance.between(1, 100) {
            1..=5 if may_be_slow => self.wait(1_000, 20_000),
            6..=7 if may_be_slow => self.wait(31_000, 120_000),
            _ => self.wait(20, 300),
        }
    }

    pub(in super::super) fn was_heard(&mut self, phone: usize, built: i64) {
        let device = self.phones[phone].device.raw();
        let now = self.now().millis();
        let seen = self.outside.number(&format!("SELECT last_seen_at FROM devices WHERE id = {device}"));
        if seen == now {
            let phone = &mut self.phones[phone];
            phone.heard = now;
            phone.set_since_heard = false;
            phone.requests += 1;
            let held_up = now - built > DeviceClock::STEP.get();
            phone.held_up = if held_up { phone.held_up + 1 } else { 0 };
        }
    }

    pub(in super::super) async fn beat(&mut self, phone: usize) {
        self.post(phone);
        if !self.phones[phone].is_online(self.now()) {
            return;
        }
        if !self.phones[phone].outbox.is_empty() {
            return self.contact(phone).await;
        }
        let sent_at = self.phones[phone].clock(self.now());
        let (device, id) = (self.phones[phone].device, world::unique(&self.app, "beat"));
        let built = self.now().millis();
        self.under_way(phone, 0);
        let answer = self.powered(|app| async move { world::beat(&app, device, &id, sent_at).await }).await;
        self.was_heard(phone, built);
        self.note(format!("phone {phone} says that it is there → {answer:?}"));
        if let Some(answer) = answer {
            answer.unwrap();
        }
    }

    pub(in super::super) fn lose_network(&mut self, phone: usize) {
        let until = self.now().plus(self.chance.millis(60_000, 15_000_000));
        self.phones[phone].offline_until = until.millis();
        self.note(format!("phone {phone} loses its network"));
    }

    pub(in super::super) fn set_clock(&mut self, phone: usize) {
        self.post(phone);
        let known = &self.phones[phone];
        let waits_long = known.outbox.iter().any(|told| self.truth.told[*told].posted < known.heard - 30_000);
        if known.is_steady || known.set_since_heard || waits_long {
            return;
        }
        let far = if self.chance.happens(50) { 40_000 } else { 1_800_000 };
        let step = self.chance.millis(-far, far);
        let phone_now = &mut self.phones[phone];
        phone_now.ahead = Millis::new(phone_now.ahead.get() + step.get());
        phone_now.set_since_heard = true;
        phone_now.requests = 0;
        phone_now.unanswered = None;
        self.note(format!("phone {phone}'s clock is set by {} ms", step.get()));
        self.tally.count("clocks set");
    }
}
