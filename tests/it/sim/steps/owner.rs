//! What the owner does.

use matcha::domain::gateway::RefundWay;
use matcha::domain::id::{InboxId, OrderId};
use matcha::domain::log::Actor;
use matcha::domain::money::Fen;
use matcha::flow::gateway::refund;
use matcha::flow::inbox;

use super::super::rows::OrderRow;
use super::super::town::{Asked, Sim};
use super::is_conflict;
use crate::world::fen;

pub(super) const OWNER: Actor = Actor::Console;

impl Sim {
    pub(in super::super) async fn owner(&mut self) {
        let waiting: Vec<i64> =
            self.seen.items.values().filter(|i| i.state == "open").map(|i| i.id).collect();
        let resolved: Vec<i64> =
            self.seen.items.values().filter(|i| i.state != "open").map(|i| i.id).collect();
        match self.chance.between(1, 10) {
            1..=3 => {
                let Some(item) = self.chance.pick(&waiting).copied() else { return };
                let Some(order) = self.some_order(|_| true) else { return };
                // The owner looks at his wallet before he believes anything.
                let told = self.told_of[&self.seen.items[&item].notice];
                if self.truth.payment_of(told).is_some() {
                    self.settle_item(item, &order).await;
                }
            }
            4..=5 => {
                let Some(item) = self.chance.pick(&waiting).copied() else { return };
                self.asked.push(Asked::Dismiss(item));
                let (id, why) = (InboxId::from_raw(item), "mine".to_owned());
                let answer =
                    self.powered(|app| async move { inbox::dismiss(&app, id, why, OWNER).await }).await;
                self.note(format!("the owner dismisses {id} → {}", answer.is_some()));
                answer.map(Result::unwrap);
            }
            6..=7 => {
                let Some(item) = self.chance.pick(&resolved).copied() else { return };
                self.undo(item).await;
            }
            8 if self.chance.happens(30) => self.dismiss_question().await,
            8 => {
                let Some(order) = self.some_order(|_| true) else { return };
                self.asked.push(Asked::OwnerSettle(order.id));
                let (id, note) = (OrderId::from_raw(order.id), "cash".to_owned());
                let answer =
                    self.powered(|app| async move { inbox::settle_order(&app, id, note, OWNER).await }).await;
                self.note(format!("the owner settles {id} → {}", answer.is_some()));
                let may = order.status != "paid" && order.status != "refunded";
                if let Some(answer) = answer {
                    assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{order:?}");
                }
            }
            _ => self.refund(|_| true).await,
        }
    }

    /// The owner has seen what he was asked about an order.
    async fn dismiss_question(&mut self) {
        let open: Vec<i64> = self.seen.questions.iter().filter(|q| q.state == "open").map(|q| q.id).collect();
        let Some(item) = self.chance.pick(&open).copied() else { return };
        self.asked.push(Asked::Dismiss(item));
        let (id, why) = (InboxId::from_raw(item), "seen".to_owned());
        let answer = self.powered(|app| async move { inbox::dismiss(&app, id, why, OWNER).await }).await;
        self.note(format!("the owner has seen a question → {}", answer.is_some()));
        answer.map(Result::unwrap);
    }

    /// Money goes back: all that is left, or a part; sometimes by a name that was used before.
    pub(super) async fn refund(&mut self, of: fn(&OrderRow) -> bool) {
        if self.chance.happens(25) && !self.refunds_asked.is_empty() {
            let (order, wish) = self.refunds_asked[self.chance.index(self.refunds_asked.len())].clone();
            return self.refund_as(order, wish).await;
        }
        let paid = self.chance.happens(85);
        let Some(order) = self.some_order(|o| of(o) && (!paid || o.status == "paid")) else { return };
        let amount =
            if self.chance.happens(50) { None } else { Some(fen(self.chance.between(1, order.amount))) };
        let name = format!("refund-{}", self.trace.len());
        let wish = refund::Wish {
            amount,
            // A part has to have a name, so that it can be asked for again.
            request_id: (amount.is_some() || self.chance.happens(60)).then_some(name),
            revoke: self.chance.happens(20).then_some(true),
            ..refund::Wish::default()
        };
        if wish.request_id.is_some() {
            self.refunds_asked.push((order.id, wish.clone()));
        }
        self.refund_as(order.id, wish).await;
    }

    async fn refund_as(&mut self, order: i64, wish: refund::Wish) {
        self.asked.push(Asked::Refund(order));
        let before = self.seen.orders[&order].clone();
        let gone = self.seen.refunds_of(order).filter(|r| r.state != "failed").map(|r| r.amount).sum::<i64>();
        let left = before.amount - gone;
        let enough = wish.amount.map_or(left, Fen::get) <= left && left > 0;
        let known = self.seen.refunds_of(order).find(|r| r.request.is_some() && r.request == wish.request_id);
        let known = known.cloned();
        let open = self.seen.refunds_of(order).find(|r| r.state == "open").map(|r| r.id);
        let mut trades = self.seen.trades.values().filter(|t| t.order == order).peekable();
        let is_official = trades.peek().is_some();
        let payments = trades.filter(|t| t.state == "paid").count();
        let by_receipt =
            self.seen.settlements.values().any(|s| s.order == order && !s.undone && s.receipt.is_some());
        let (id, what) = (OrderId::from_raw(order), format!("{:?} as {:?}", wish.amount, wish.request_id));
        let answer =
            self.powered_for(8, |app| async move { refund::refund(&app, id, wish, OWNER).await }).await;
        self.tally_the_gateway();
        let told =
            answer.as_ref().map(|a| a.as_ref().map(|refund| (refund.amount, refund.way, refund.state)));
        self.note(format!("the owner refunds {what} of {id} → {told:?}"));
        let Some(answer) = answer else { return };
        if let Some(known) = known {
            assert_eq!(answer.unwrap().id.raw(), known.id, "one name, one refund");
            self.tally.count("refunds asked for again");
            return;
        }
        let may = before.status == "paid" && enough;
        // What is on its way back is not sent again, and what no trade paid goes back by hand only.
        let must = may && open.is_none() && (!is_official || (payments == 1 && !by_receipt));
        let Ok(refund) = answer else {
            assert!(!must && is_conflict(&answer), "{before:?} {answer:?}");
            return;
        };
        if Some(refund.id.raw()) == open {
            self.tally.count("refunds asked for again");
            return;
        }
        assert!(may, "{before:?} {refund:?}");
        let by_gateway = refund.way == RefundWay::Gateway;
        self.tally.count(match (by_gateway, refund.amount.get() == before.amount) {
            (true, true) => "official refunds",
            (true, false) => "official refunds in parts",
            (false, _) => "refunds",
        });
    }

    pub(in super::super) async fn settle_item(&mut self, item: i64, order: &OrderRow) {
        self.asked.push(Asked::OwnerSettle(order.id));
        let (id, of) = (InboxId::from_raw(item), OrderId::from_raw(order.id));
        let answer = self.powered(|app| async move { inbox::settle_item(&app, id, of, OWNER).await }).await;
        self.note(format!(
            "the owner settles {of} with {id} → {}",
            answer.as_ref().is_some_and(Result::is_ok)
        ));
        let may = order.status != "paid" && order.status != "refunded";
        if let Some(answer) = answer {
            assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{order:?}");
            self.tally.count("items settled by the owner");
        }
    }

    pub(in super::super) async fn undo(&mut self, item: i64) {
        self.asked.push(Asked::Undo(item));
        let id = InboxId::from_raw(item);
        let row = self.seen.items[&item].clone();
        let order = row.order.map(|order| self.seen.orders[&order].clone());
        let answer = self.powered(|app| async move { inbox::undo(&app, id, OWNER).await }).await;
        self.note(format!("the owner takes {id} back → {}", answer.as_ref().is_some_and(Result::is_ok)));
        let may = order.as_ref().is_none_or(|o| o.status == "paid");
        if let Some(answer) = answer {
            assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{row:?} {order:?}");
            self.tally.count("undone");
        }
    }
}
