//! What Matcha thinks of the official gateway, and what is so there.

use std::collections::BTreeMap;

use super::super::bank::{Standing, Trade};
use super::super::rows::{OrderRow, QuestionRow, RefundRow, Rows, SettlementRow, TradeRow};
use super::super::town::Sim;

impl Sim {
    /// M4 to M8 for a settlement by the gateway: this trade of this order was truly paid, in full, and late where it was.
    pub(super) fn paid_there(&mut self, settlement: &SettlementRow, order: &OrderRow, new: &Rows) {
        let trade_no = settlement.trade_no.as_ref().expect("M5: a trade or the owner");
        let settled_before =
            new.settlements.values().filter(|s| s.trade_no.as_ref() == Some(trade_no)).count();
        assert_eq!(settled_before, 1, "{trade_no} settled twice, if only to be undone");
        let trades = self.bank.trades();
        let known = new.trades_of(order.id).find(|trade| trade.trade_no.as_ref() == Some(trade_no));
        let known = known.unwrap_or_else(|| panic!("M5: {trade_no} is no trade of {order:?}"));
        let trade = &trades[&known.number];
        let paid_at = trade.paid_at.unwrap_or_else(|| panic!("M5: nobody paid {trade:?}"));
        assert_eq!((&trade.trade_no(), trade.amount), (trade_no, order.amount), "M7: the wrong money");
        assert_eq!(new.orders[&order.id].late, paid_at >= order.expires_at, "M8: {order:?} {trade:?}");
        self.tally.count("official payments");
    }

    /// After every step: the books and the gateway do not contradict each other.
    pub(super) fn gateway(&mut self, old: &Rows, new: &Rows) {
        if self.official.is_none() {
            return;
        }
        let there = self.bank.trades();
        assert!(old.trades.keys().all(|number| new.trades.contains_key(number)), "a trade is gone");
        for (number, trade) in &there {
            let known = new.trades.get(number);
            let known = known.unwrap_or_else(|| panic!("the gateway was told of {number} before the file"));
            assert_eq!(known.amount, trade.amount, "{trade:?}");
        }
        for (number, trade) in &new.trades {
            stands(trade, there.get(number));
            let was = old.trades.get(number).map_or("open", |trade| trade.state.as_str());
            assert!(was != "paid" || trade.state == "paid", "{trade:?} was paid");
        }
        refunds(old, new, &there);
        self.questions(new, &there);
    }

    /// The owner is asked where something is, and only there.
    fn questions(&self, new: &Rows, there: &BTreeMap<String, Trade>) {
        for question in &new.questions {
            let order = question.order;
            let trades = || new.trades_of(order).filter_map(|trade| there.get(&trade.number));
            let right = match question.reason.as_str() {
                "went_back" => trades().any(|trade| trade.by_hand > 0),
                "gateway_refused" => {
                    let untold = new.agreements.values().any(|a| a.order == order && a.state == "ended");
                    untold || new.refunds_of(order).any(|refund| refund.state == "failed")
                }
                "subscription_ended" => {
                    new.agreements.values().any(|a| a.order == order && a.state == "ended")
                }
                // By another number, by the owner's word, or by a receipt that the owner had named.
                "paid_twice" => {
                    let paid = trades().filter(|trade| trade.paid_at.is_some()).count();
                    let by_owner = new.settlements.values().any(|s| s.order == order && s.by_owner);
                    paid > 1 || (paid == 1 && by_owner)
                }
                other => panic!("nobody asks the owner {other}"),
            };
            assert!(right, "{question:?}");
        }
        let key = |question: &QuestionRow| (question.order, question.reason.clone(), question.state.clone());
        for pair in new.questions.windows(2) {
            // Each refund that failed is told for itself.
            let may = pair[0].reason == "gateway_refused" || pair[0].state != "open";
            assert!(may || key(&pair[0]) != key(&pair[1]), "asked twice: {pair:?}");
        }
    }

    /// When all came home: every payment there paid its order or is before the owner, nothing is left open on either side,
    /// and what went back is what the books say.
    pub(in super::super) fn check_the_gateway_at_the_end(&mut self) {
        let there = self.bank.trades();
        let new = &self.seen;
        for (number, trade) in &new.trades {
            assert!(trade.state != "open" && trade.ask_at.is_none(), "{trade:?} is left over");
            let Some(truth) = there.get(number) else { continue };
            assert!(
                truth.standing != Standing::Waiting || truth.was_scanned_late(),
                "{truth:?} can still be paid"
            );
            let Some(_) = truth.paid_at else { continue };
            let settled = new.settlements.values().any(|s| s.trade_no == Some(truth.trade_no()));
            let asked = new.questions.iter().any(|q| q.order == trade.order && q.reason == "paid_twice");
            // Where the owner had all of it back before we heard of it, nobody bought anything.
            let gone = truth.by_hand == truth.amount;
            assert!(settled || asked || gone, "{truth:?} paid for nothing: {trade:?}");
        }
        for refund in new.refunds.values() {
            assert!(refund.state != "open", "{refund:?} is left over");
        }
        for (number, trade) in &there {
            let order = new.trades[number].order;
            let paid_by_it = |s: &&SettlementRow| s.trade_no == Some(trade.trade_no());
            let books: i64 = match new.settlements.values().find(paid_by_it) {
                Some(_) => new
                    .refunds_of(order)
                    .filter(|refund| refund.by_gateway && refund.state == "done")
                    .map(|refund| refund.amount)
                    .sum(),
                None => 0,
            };
            assert_eq!(trade.returned() - trade.by_hand, books, "the books differ about {trade:?}");
        }
    }
}

/// What is thought of a trade is so, or was so when it was asked.
fn stands(known: &TradeRow, truth: Option<&Trade>) {
    match known.state.as_str() {
        "paid" => {
            let truth = truth.unwrap_or_else(|| panic!("M5: the gateway never heard of {known:?}"));
            assert!(truth.paid_at.is_some(), "M5: nobody paid {known:?}");
            assert_eq!(known.trade_no, Some(truth.trade_no()));
        }
        "closed" => {
            let Some(truth) = truth else { return };
            assert!(
                truth.standing != Standing::Waiting || truth.was_scanned_late(),
                "{truth:?} is not closed"
            );
        }
        "open" => assert_eq!(known.trade_no, None),
        other => panic!("a trade is never {other}"),
    }
}

/// A refund is what the gateway says of its number: done where it was done, and never failed where money moved.
fn refunds(old: &Rows, new: &Rows, there: &BTreeMap<String, Trade>) {
    let mut moved: BTreeMap<&str, (&str, i64)> = BTreeMap::new();
    for trade in there.values() {
        assert!(trade.returned() <= trade.amount, "more went back than came: {trade:?}");
        for (number, amount) in &trade.refunds {
            moved.insert(number, (&trade.number, *amount));
        }
    }
    let ours = |refund: &&RefundRow| refund.by_gateway;
    for refund in new.refunds.values().filter(ours) {
        let money = moved.remove(refund.number.as_deref().unwrap());
        match (refund.state.as_str(), money) {
            ("done" | "open", Some((trade, amount))) => {
                assert_eq!((new.trades[trade].order, amount), (refund.order, refund.amount), "{refund:?}");
            }
            ("open" | "failed", None) => {}
            (_, money) => panic!("{refund:?} and at the gateway {money:?}"),
        }
    }
    assert!(moved.is_empty(), "money went back that nobody knows of: {moved:?}");
    for (id, before) in &old.refunds {
        let after = &new.refunds[id];
        assert!(before.state == "open" || before.state == after.state, "{before:?} became {after:?}");
        let same = RefundRow { state: before.state.clone(), ..after.clone() } == *before;
        assert!(same, "{before:?} became {after:?}");
    }
}
