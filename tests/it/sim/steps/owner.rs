//! What the owner does.

use matcha::domain::id::{InboxId, OrderId};
use matcha::domain::log::Actor;
use matcha::flow::gateway::refund;
use matcha::flow::inbox;

use super::super::rows::OrderRow;
use super::super::town::{Asked, Sim};
use super::is_conflict;

const OWNER: Actor = Actor::Console;

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
            _ => {
                let Some(order) = self.some_order(|_| true) else { return };
                self.asked.push(Asked::Refund(order.id));
                let (id, wish) = (OrderId::from_raw(order.id), refund::Wish::default());
                let answer =
                    self.powered(|app| async move { refund::refund(&app, id, wish, OWNER).await }).await;
                self.note(format!("the owner refunds {id} → {}", answer.is_some()));
                if let Some(answer) = answer {
                    assert!(
                        if order.status == "paid" { answer.is_ok() } else { is_conflict(&answer) },
                        "{order:?}"
                    );
                    self.tally.count("refunds");
                }
            }
        }
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
