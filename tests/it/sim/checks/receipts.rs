//! Receipts: what was read of notices, and in which bin it lies.

use std::collections::HashMap;

use super::super::rows::{ReceiptRow, Rows, SettlementRow};
use super::super::town::Sim;
use super::super::truth::Tells;
use super::{ECHO, REQUEST};

impl Sim {
    /// M6: the time in which a receipt's money came in holds the true time. M9: a notice has one receipt.
    pub(in super::super) fn receipts(&mut self, old: &Rows, new: &Rows) {
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
    pub(in super::super) fn echo(&self, echo: &ReceiptRow, first: &ReceiptRow) {
        assert_eq!(first.echo_of, None, "an echo of an echo");
        assert_eq!((echo.amount, &echo.channel), (first.amount, &first.channel));
        assert_ne!((echo.device, &echo.announcer), (first.device, &first.announcer), "nobody echoes himself");
        assert!((echo.from - first.from).abs() <= ECHO);
        let of = |receipt: &ReceiptRow| self.truth.payment_of(self.told_of[&receipt.notice]);
        assert!(of(first).is_some(), "money hidden behind a forged notice");
    }
}

/// Every receipt lies in exactly one bin, and the inbox says the same.
pub(super) fn bins(new: &Rows) {
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
