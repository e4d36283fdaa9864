//! What paid which order.

use std::collections::HashSet;

use super::super::rows::{HoldRow, OrderRow, ReceiptRow, Rows, SettlementRow};
use super::super::town::{Asked, Sim};
use super::super::truth::Tells;
use super::{BLUR, ECHO, REQUEST};

impl Sim {
    /// M4 to M8 for what was settled in this step.
    pub(in super::super) fn new_settlements(&mut self, old: &Rows, new: &Rows, asked: &[Asked]) {
        for settlement in new.settlements.values() {
            if let Some(before) = old.settlements.get(&settlement.id) {
                assert!(!before.undone || settlement.undone, "an undone settlement is back");
                let undone_now = settlement.undone && !before.undone;
                assert!(!undone_now || asked.iter().any(|a| matches!(a, Asked::Undo(_))));
                continue;
            }
            let order = settlement.order;
            // Only a charge settles its order in the step in which it is born: else its state before is known.
            let born_paid = OrderRow { status: "pending".to_owned(), ..new.orders[&order].clone() };
            let before = match old.orders.get(&order) {
                Some(before) => before,
                None => Some(&born_paid).filter(|o| o.renews.is_some()).expect("an order that was there"),
            };
            let now = self.now().millis();
            let ended = before.status == "pending" && now >= before.expires_at;
            assert_eq!(settlement.before, if ended { "expired" } else { before.status.as_str() });
            if settlement.by_owner {
                assert!(asked.contains(&Asked::OwnerSettle(order)), "M5");
                continue;
            }
            if before.is_official() {
                assert!(asked.contains(&Asked::Gateway), "M5");
                self.paid_there(settlement, before, new);
                continue;
            }
            assert!(asked.contains(&Asked::Receive), "M5");
            self.matched(settlement, before, old, new);
        }
    }

    /// M6, M7: money that settled an order by itself truly came in while that order held the amount, and no other order
    /// that it was meant for did.
    pub(in super::super) fn matched(
        &mut self,
        settlement: &SettlementRow,
        order: &OrderRow,
        old: &Rows,
        new: &Rows,
    ) {
        let receipt = &new.receipts[&settlement.receipt.expect("M5: a receipt or the owner")];
        let told = self.told_of[&receipt.notice];
        let number = self.truth.payment_of(told).expect("M5: a forged notice paid an order");
        assert!(self.spent.insert(number), "payment {number} paid two orders");
        let (payment, at, phone) =
            (&self.truth.payments[number], self.truth.told[told].posted, self.truth.told[told].phone);
        assert_eq!(payment.amount, order.amount, "M7: the wrong amount");
        // Which of two accounts of one wallet a phone speaks of, no notice tells.
        let hears = |account: i64| self.phones[phone].voices.iter().any(|v| v.account.raw() == account);
        assert!(
            hears(payment.account.raw()) && hears(order.account),
            "the money is on another phone's account"
        );
        let blurred = receipt.to - receipt.from > BLUR;
        let off = order.held().distance(at);
        assert!(off <= if blurred { REQUEST } else { BLUR }, "{order:?} did not hold its amount at {at}");
        if let Some(meant) = payment.meant.filter(|meant| *meant != order.id) {
            let meant = old.orders.get(&meant).unwrap_or(&new.orders[&meant]);
            let at_the_edge = meant.held().release_at - REQUEST <= at;
            let held = meant.amount == order.amount && meant.held().held_at(at) && !at_the_edge;
            assert!(!held, "payment {number} was meant for {meant:?} and paid {order:?}");
            self.tally.count("paid what somebody else should have paid");
        }
        let late = new.orders[&order.id].late;
        let window = order.held().window_ends_at;
        assert!(!(late && at < window - REQUEST), "M8: {order:?} was paid in time, at {at}");
        assert!(late || blurred || at < window + BLUR, "M8: {order:?} was paid late, at {at}");
    }

    /// M7, the other way round: where there is no doubt, the order is settled.
    pub(in super::super) fn money_finds_its_order(&mut self, old: &Rows, new: &Rows) {
        for receipt in new.receipts.values().filter(|r| !old.receipts.contains_key(&r.id)) {
            let told = &self.truth.told[self.told_of[&receipt.notice]];
            let Tells::Payment(number) = told.tells else { continue };
            let payment = &self.truth.payments[number];
            let Some(order) = payment.meant.and_then(|id| old.orders.get(&id)) else { continue };
            let inside = order.held().held_at(receipt.from) && order.held().held_at(receipt.to);
            let payable = ["pending", "expired", "cancelled"].contains(&order.status.as_str());
            if payment.amount != order.amount || !inside || !payable {
                continue;
            }
            let hears =
                |account: i64| self.phones[told.phone].voices.iter().any(|v| v.account.raw() == account);
            let touches = |hold: &HoldRow| hold.starts_at <= receipt.to && receipt.from < hold.release_at;
            let rival = |o: &&OrderRow| {
                o.id != order.id
                    && o.amount == order.amount
                    && hears(o.account)
                    && o.hold.as_ref().is_some_and(touches)
            };
            let near = |r: &&ReceiptRow| {
                r.id < receipt.id
                    && (r.amount, &r.channel) == (receipt.amount, &receipt.channel)
                    && (r.from - receipt.from).abs() <= ECHO
            };
            if new.orders.values().any(|o| rival(&o)) || new.receipts.values().any(|r| near(&r)) {
                continue;
            }
            // Another payment of the same batch may have been first.
            let paid = new.settlements.values().any(|s| s.order == order.id && !s.undone);
            assert!(paid, "payment {number} leaves no doubt: {receipt:?} {order:?}");
            self.tally.count("payments without a doubt");
        }
    }
}

/// M4, M10: one settlement an order, a receipt and a trade; paid, settled and unlocked are one, but for what the owner pays
/// back.
pub(super) fn settlements(new: &Rows) {
    let (mut by_order, mut by_receipt, mut by_trade) = (HashSet::new(), HashSet::new(), HashSet::new());
    for settlement in new.settlements.values().filter(|s| !s.undone) {
        assert!(by_order.insert(settlement.order), "order {} is settled twice", settlement.order);
        assert!(
            settlement.receipt.is_none_or(|r| by_receipt.insert(r)),
            "{settlement:?}: the receipt settled before"
        );
        let trade_no = settlement.trade_no.as_ref();
        assert!(
            trade_no.is_none_or(|trade| by_trade.insert(trade)),
            "{settlement:?}: the trade settled before"
        );
        let money = settlement.receipt.is_some() || trade_no.is_some();
        assert!(settlement.by_owner || money, "M5: {settlement:?}");
        assert!(settlement.receipt.is_none() || trade_no.is_none(), "M4: {settlement:?}");
    }
    let mut unlocked = HashSet::new();
    for unlock in new.unlocks.iter().filter(|u| !u.revoked) {
        assert!(unlocked.insert(unlock.order), "order {} is unlocked twice", unlock.order);
    }
    for order in new.orders.values() {
        let (settled, open) = (by_order.contains(&order.id), unlocked.contains(&order.id));
        let revoked = new.refunds_of(order.id).any(|refund| refund.state == "done" && refund.revokes);
        let expected = match order.status.as_str() {
            // What was paid back of a payment that the owner took back since says nothing of the next one.
            "paid" | "refunded" => (true, !revoked || open),
            _ => (false, false),
        };
        assert_eq!((settled, open), expected, "{order:?}");
        assert_eq!(order.paid_at.is_some(), settled);
        paid_back(order, new);
    }
}

/// What goes back of an order is never more than it cost, and it is refunded when all of it went.
fn paid_back(order: &OrderRow, new: &Rows) {
    let sum = |states: &[&str]| -> i64 {
        let counted = new.refunds_of(order.id).filter(|refund| states.contains(&refund.state.as_str()));
        counted.map(|refund| refund.amount).sum()
    };
    assert!(sum(&["open", "done"]) <= order.amount, "more goes back than came: {order:?}");
    let all = sum(&["done"]) == order.amount;
    let status = order.status.as_str();
    assert!(status != "refunded" || all, "{order:?} is not refunded yet");
    assert!(status != "paid" || !all, "{order:?} is refunded");
}
