//! What must be true after every step, whatever happened in it. M1 to M11 are the rules of DESIGN section 2.

mod club;
mod end;
mod gateway;
mod orders;
mod receipts;
mod settled;
mod transfers;

use std::collections::HashSet;

use super::rows::Rows;
use super::town::Sim;
use orders::holds_never_overlap;
use receipts::bins;
use settled::settlements;

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
            self.gateway(&old, &new);
            self.renewals(&new);
            self.transfers(&old, &new);
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
}
