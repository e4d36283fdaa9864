//! What Matcha thinks of the money that the owner sent, and where it is.

use std::collections::BTreeMap;

use super::super::rows::{Rows, TransferRow};
use super::super::town::Sim;
use super::super::town::TRANSFER_DAILY_MAX;

impl Sim {
    /// After every step: nothing was sent that is not written down, nothing that may still move counts as failed, no day sends
    /// more than it may, and what ended stays as it ended.
    pub(super) fn transfers(&self, old: &Rows, new: &Rows) {
        let (there, now) = (self.bank.transfers(), self.now().millis());
        for number in there.keys() {
            assert!(new.transfers.contains_key(number), "the gateway heard of {number} before the file");
        }
        let mut days: BTreeMap<&str, i64> = BTreeMap::new();
        for (number, transfer) in &new.transfers {
            let truth = there.get(number);
            let right = match (transfer.state.as_str(), truth) {
                ("open", _) => true,
                ("failed", None) => true,
                ("failed", Some(Some(sent))) => !sent.moves_money() && sent.is_decided(now),
                ("done", Some(Some(sent))) => sent.moves_money() && sent.is_decided(now),
                ("returned", Some(Some(sent))) => sent.came_back(now),
                (_, _) => false,
            };
            assert!(right, "{transfer:?} and at the gateway {truth:?}");
            if let Some(Some(sent)) = truth {
                let content = (sent.content.payee.as_str(), sent.content.amount.get());
                assert_eq!(content, (transfer.payee.as_str(), transfer.amount), "{transfer:?}");
            }
            if transfer.state != "failed" {
                *days.entry(&transfer.day).or_default() += transfer.amount;
            }
            assert_eq!(transfer.told.as_deref(), told(transfer), "{transfer:?}");
        }
        assert!(days.values().all(|sum| *sum <= TRANSFER_DAILY_MAX), "a day sent too much: {days:?}");
        for (number, before) in &old.transfers {
            let after = &new.transfers[number];
            let same = before.state == "open" || before.state == after.state;
            let same = same && (&before.payee, before.amount) == (&after.payee, after.amount);
            assert!(same, "{before:?} became {after:?}");
        }
    }

    /// When all came home the end of each is known.
    pub(in super::super) fn check_transfers_at_the_end(&self) {
        for transfer in self.seen.transfers.values() {
            assert!(transfer.state != "open", "{transfer:?} is left over");
        }
        for (number, sent) in self.bank.transfers() {
            let sent = sent.unwrap_or_else(|| panic!("{number} is still on its way"));
            let ends: &[&str] = if sent.moves_money() { &["done", "returned"] } else { &["failed"] };
            let state = self.seen.transfers[&number].state.as_str();
            assert!(ends.contains(&state), "{number} is {state} and at the gateway {sent:?}");
        }
    }
}

/// What the owner is told of it, once.
fn told(transfer: &TransferRow) -> Option<&'static str> {
    match transfer.state.as_str() {
        "failed" | "returned" => Some("transfer_failed"),
        "open" if transfer.ask_at.is_none() => Some("transfer_doubtful"),
        _ => None,
    }
}
