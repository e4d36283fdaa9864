//! Memberships that renew themselves: nobody pays twice for a period, and nobody is charged who said no.

use std::collections::BTreeMap;

use super::super::bank::Standing;
use super::super::rows::{ChargeRow, OrderRow, Rows};
use super::super::town::Sim;
use matcha::flow::gateway::cashier::renewals;

impl Sim {
    /// An order that a worker made is of a membership, and has the number of its charge. Its charge may have been made at
    /// once, and its second try planned.
    pub(super) fn born_of_an_agreement(&self, order: &OrderRow, new: &Rows) {
        let made =
            matches!((order.status.as_str(), order.version), ("pending", 1) | ("paid" | "cancelled", 2));
        assert!(made && order.is_official() && order.client.is_none(), "{order:?}");
        assert!(order.created_at == self.now().millis() && !order.late, "{order:?}");
        let charges: Vec<&ChargeRow> = new.charges.values().filter(|c| c.order == order.id).collect();
        let [charge, ..] = charges[..] else { panic!("{order:?} has no charge") };
        let failed = charges.iter().filter(|c| c.state == "failed").count();
        assert!(charges.len() <= failed + 1, "{order:?} has two charges: {charges:?}");
        let agreement = &new.agreements[&charge.agreement];
        assert_eq!(Some(agreement.order), order.renews, "{agreement:?} prolongs another membership");
        assert_eq!(new.trades[&charge.number].amount, order.amount);
    }

    pub(super) fn renewals(&mut self, new: &Rows) {
        if !self.is_club {
            return;
        }
        let there = self.bank.trades();
        let mut paid: BTreeMap<(i64, &str), &str> = BTreeMap::new();
        for charge in new.charges.values() {
            let Some(truth) = there.get(&charge.number) else {
                assert_ne!(charge.state, "paid", "M5: {charge:?}");
                continue;
            };
            let asked_at =
                charge.asked_at.unwrap_or_else(|| panic!("the gateway was asked before {charge:?} was"));
            if truth.paid_at.is_some() {
                let first = paid.insert((charge.agreement, &charge.due), &charge.number);
                assert_eq!(first, None, "a period was paid twice: {charge:?}");
            }
            let may_be_paid = truth.standing == Standing::Waiting;
            assert!(!(charge.state == "failed" && may_be_paid), "{charge:?} can still be paid: {truth:?}");
            let agreement = &new.agreements[&charge.agreement];
            let over = agreement.ended_at.is_some_and(|ended| asked_at > ended);
            assert!(!over, "charged after its end: {charge:?} {agreement:?}");
        }
        let signed = self.bank.agreements();
        for agreement in new.agreements.values().filter(|a| a.state == "normal" || a.state == "paused") {
            let truth = &signed[&agreement.number];
            assert!(truth.standing.is_some(), "nobody signed {agreement:?}");
        }
    }

    /// When all came home: each paid period is known, and the gateway knows of every end.
    pub(in super::super) fn check_the_club_at_the_end(&mut self) {
        let (there, new) = (self.bank.trades(), &self.seen);
        for charge in new.charges.values() {
            let was_paid = there.get(&charge.number).is_some_and(|trade| trade.paid_at.is_some());
            match charge.state.as_str() {
                "paid" => assert!(was_paid, "{charge:?}"),
                "failed" => assert!(!was_paid, "{charge:?} was paid"),
                _ => {
                    let asked = new.questions.iter().any(|question| question.order == charge.order);
                    assert!(asked, "{charge:?} is left over");
                }
            }
        }
        let signed = self.bank.agreements();
        for agreement in new.agreements.values() {
            let truth = signed.get(&agreement.number).and_then(|a| a.standing);
            let ended = matches!(truth, None | Some(renewals::Standing::Ended));
            assert!(agreement.state == "ended" && ended, "{agreement:?} and at the gateway {truth:?}");
        }
    }
}
