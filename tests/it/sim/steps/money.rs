//! Money that comes in on the owner's wallets, and what tells of it.

use matcha::domain::id::{AccountId, OrderId};
use serde_json::json;

use super::super::town::Sim;
use super::super::truth::{Payment, Tells, Told};
use crate::world::{Announcer, fen};

impl Sim {
    pub(in super::super) fn some_payment(&mut self) {
        let now = self.now().millis();
        let kind = self.chance.between(1, 100);
        let target = match kind {
            1..=55 => self.some_order(|o| !o.is_official() && o.status == "pending" && now < o.expires_at),
            56..=68 => self.some_order(|o| {
                let held = o.hold.as_ref().is_some_and(|h| h.window_ends_at <= now && now < h.release_at);
                o.status != "paid" && held
            }),
            69..=74 => self
                .some_order(|o| o.status != "paid" && o.hold.as_ref().is_some_and(|h| now >= h.release_at)),
            75..=84 => self.some_order(|o| !o.is_official() && o.status == "pending"),
            85..=91 => self.some_order(|o| !o.is_official() && o.status == "paid"),
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
    pub(in super::super) fn pay(&mut self, account: AccountId, amount: i64, meant: Option<i64>) {
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
    pub(in super::super) fn tell(
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
    pub(in super::super) fn impostor(&mut self, phone: usize) {
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
}
