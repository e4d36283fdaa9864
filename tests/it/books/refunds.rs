//! Refunds as the flows see them: one voice at a time, and the better news wins.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use matcha::domain::gateway::{Refund, RefundState};
use matcha::domain::id::OrderId;
use matcha::domain::log::Actor;
use matcha::flow::Error;
use matcha::flow::gateway::refund::{self, Wish};
use tokio::sync::Notify;

use super::{Shop, write};
use crate::world::fen;

const REFUND: &str = "alipay.trade.refund";

fn part(request_id: &str, amount: i64) -> Wish {
    Wish { amount: Some(fen(amount)), request_id: Some(request_id.to_owned()), ..Wish::default() }
}

/// A shop whose first refund's answer waits: `sent` tells that the money moved, `go` hands the answer on.
struct Slow {
    shop: Shop,
    sent: Arc<Notify>,
    go: Arc<Notify>,
}

impl Slow {
    async fn open() -> Slow {
        let mut shop = Shop::open().await;
        let (sent, go, first) = (Arc::new(Notify::new()), Arc::new(Notify::new()), AtomicBool::new(true));
        let (tell, wait) = (Arc::clone(&sent), Arc::clone(&go));
        shop.hold(Arc::new(move |_, what| {
            let is_held = what == "refund" && first.swap(false, Ordering::SeqCst);
            let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
            Box::pin(async move {
                if is_held {
                    tell.notify_one();
                    wait.notified().await;
                }
            })
        }));
        Slow { shop, sent, go }
    }

    async fn refund(&self, order: OrderId, wish: Wish) -> Result<Refund, Error> {
        refund::refund(self.shop.app(), order, wish, Actor::Console).await
    }

    async fn work(&self) {
        refund::run_once(self.shop.app(), self.shop.world.now()).await.expect("a run");
    }

    async fn only(&self, order: OrderId) -> Refund {
        let refunds = self.shop.world.read(move |tx| tx.refunds_of(order)).await;
        assert_eq!(refunds.len(), 1);
        refunds.into_iter().next().expect("a refund")
    }
}

#[tokio::test]
async fn while_a_refund_is_under_way_nobody_else_sends_it() {
    let slow = Slow::open().await;
    let (order, _) = slow.shop.sold().await;
    let meanwhile = async {
        slow.sent.notified().await;
        for _ in 0..5 {
            slow.shop.pass(10).await;
            slow.work().await;
        }
        let same = slow.refund(order.id, part("request-1", 40)).await.expect("the same refund");
        assert_eq!(same.state, RefundState::Open);
        slow.go.notify_one();
    };
    let (made, ()) = tokio::join!(slow.refund(order.id, part("request-1", 40)), meanwhile);
    assert_eq!(made.expect("a refund").state, RefundState::Done);
    assert_eq!(slow.shop.calls(REFUND).await, 1);
    assert_eq!(slow.shop.calls("alipay.trade.fastpay.refund.query").await, 0);
}

#[tokio::test]
async fn that_the_money_went_back_is_true_whoever_thought_otherwise() {
    let slow = Slow::open().await;
    let (order, _) = slow.shop.sold().await;
    let meanwhile = async {
        slow.sent.notified().await;
        let known = slow.only(order.id).await;
        write(slow.shop.app(), move |tx| {
            let state = RefundState::Failed;
            Ok(tx.update_refund(&Refund { state, ask_at: None, asked: 7, ..known.clone() })?)
        })
        .await;
        slow.go.notify_one();
    };
    let (made, ()) = tokio::join!(slow.refund(order.id, part("request-1", 100)), meanwhile);
    assert_eq!(made.expect("a refund").state, RefundState::Done);
    assert_eq!(slow.only(order.id).await.state, RefundState::Done);
    let status = slow.shop.world.find(order.id).await.status;
    assert_eq!(status, matcha::domain::order::OrderStatus::Refunded);
}
