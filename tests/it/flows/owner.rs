//! What the owner does by hand, and how it is taken back.

use matcha::domain::log::Actor;
use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::{InboxState, Reason, ReceiptState};
use matcha::flow::gateway::refund::{Wish, refund};
use matcha::flow::inbox::{dismiss, settle_item, settle_order, undo};
use matcha::flow::rights::{self, Restored};
use matcha::flow::unlock::{self, Access};
use matcha::flow::{Conflict, Error, inbox, order};
use matcha::limits;
use matcha::storage::verbs::Page;

use crate::world::{Announcer, World, holder, secs};

const OWNER: Actor = Actor::Console;

async fn opens(world: &World, token: &str) -> bool {
    let (site, slug) = ("blog".to_owned(), "tea".to_owned());
    let access = unlock::content(&world.app, site, slug, Some(token.to_owned()), None).await.unwrap();
    matches!(access, Access::Open { .. })
}

async fn token(world: &World, id: matcha::domain::id::OrderId) -> String {
    let view = order::get(&world.app, id).await.unwrap();
    unlock::token(&world.app, &view.unlock.expect("a paid order has its unlock"))
}

/// A shop with an order and, in the inbox, a payment of a wrong amount that was meant for it.
async fn misread() -> (World, matcha::domain::order::Order, matcha::domain::id::InboxId) {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(secs(20));
    world.pay(&phone, Announcer::Wechat, 89).await;
    let item = world.only_item().await;
    (world, made, item)
}

#[tokio::test]
async fn a_wrong_amount_waits_with_the_order_it_was_meant_for_and_the_owner_settles_it() {
    let (world, made, item) = misread().await;
    let page = Page { before: None, limit: 10 };
    let list = inbox::list(&world.app, Some(InboxState::Open), page).await.unwrap();
    assert_eq!(list.first().and_then(|v| v.suggestions.first()).map(|s| s.order), Some(made.id));
    let view = settle_item(&world.app, item, made.id, OWNER).await.unwrap();
    assert_eq!((view.item.state, view.item.order), (InboxState::Settled, Some(made.id)));
    assert_eq!(view.receipt.map(|r| r.state), Some(ReceiptState::Settled));
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    assert!(opens(&world, &token(&world, made.id).await).await);
    let settlement = world.read(move |tx| tx.settlement_of(made.id)).await.unwrap();
    assert!(settlement.by_owner && settlement.receipt.is_some());
}

#[tokio::test]
async fn undo_restores_the_order_and_the_item_and_takes_the_unlock_back() {
    let (world, made, item) = misread().await;
    settle_item(&world.app, item, made.id, OWNER).await.unwrap();
    let token = token(&world, made.id).await;
    let view = undo(&world.app, item, OWNER).await.unwrap();
    assert_eq!((view.item.state, view.item.order, view.item.resolved_at), (InboxState::Open, None, None));
    assert_eq!(view.receipt.map(|r| r.state), Some(ReceiptState::Inbox));
    let order = world.find(made.id).await;
    assert_eq!((order.status, order.late, order.paid_at), (OrderStatus::Expired, false, None));
    assert!(!opens(&world, &token).await);
    assert_eq!(world.read(move |tx| tx.settlement_of(made.id)).await, None);
    settle_item(&world.app, item, made.id, OWNER).await.unwrap();
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    let acts: Vec<String> = world.log_of(made.id.raw()).await.into_iter().map(|line| line.act).collect();
    assert_eq!(acts, ["order.created", "order.paid", "order.unpaid", "order.paid"]);
}

#[tokio::test]
async fn undo_of_a_cancelled_order_brings_the_cancellation_back() {
    let (world, made, item) = misread().await;
    order::cancel(&world.app, made.id).await.unwrap();
    settle_item(&world.app, item, made.id, OWNER).await.unwrap();
    undo(&world.app, item, OWNER).await.unwrap();
    assert_eq!(world.find(made.id).await.status, OrderStatus::Cancelled);
}

#[tokio::test]
async fn an_order_whose_settlement_was_undone_can_still_be_paid_while_its_amount_rests() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.pay(&phone, Announcer::Wechat, 89).await;
    let item = world.only_item().await;
    settle_item(&world.app, item, made.id, OWNER).await.unwrap();
    undo(&world.app, item, OWNER).await.unwrap();
    world.wait(secs(30));
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_dismissed_item_keeps_its_reason_until_it_is_taken_up_again() {
    let (world, _, item) = misread().await;
    let view = dismiss(&world.app, item, "paid back".to_owned(), OWNER).await.unwrap();
    assert_eq!((view.item.state, view.item.note.as_deref()), (InboxState::Dismissed, Some("paid back")));
    assert_eq!(view.receipt.map(|r| r.state), Some(ReceiptState::Dismissed));
    let again = dismiss(&world.app, item, String::new(), OWNER).await;
    assert!(matches!(again, Err(Error::Conflict(Conflict::ItemResolved))));
    let view = undo(&world.app, item, OWNER).await.unwrap();
    assert_eq!(view.receipt.map(|r| r.state), Some(ReceiptState::Inbox));
    let again = undo(&world.app, item, OWNER).await;
    assert!(matches!(again, Err(Error::Conflict(Conflict::ItemOpen))));
}

#[tokio::test]
async fn an_item_cannot_pay_an_order_that_is_paid() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.pay(&phone, Announcer::Wechat, 100).await;
    world.wait(secs(5));
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.reasons().await, [Reason::SecondReceipt]);
    let item = world.only_item().await;
    let refused = settle_item(&world.app, item, made.id, OWNER).await;
    assert!(matches!(refused, Err(Error::Conflict(Conflict::OrderPaid))));
    assert_eq!(
        world.receipts().await.last().map(|r| r.state),
        Some(ReceiptState::Inbox),
        "nothing was written"
    );
}

#[tokio::test]
async fn a_settlement_by_hand_of_money_that_came_after_the_window_is_late() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(limits::PAY_WINDOW_DEFAULT);
    world.pay(&phone, Announcer::Wechat, 89).await;
    settle_item(&world.app, world.only_item().await, made.id, OWNER).await.unwrap();
    assert!(world.find(made.id).await.late);
}

#[tokio::test]
async fn the_owner_settles_an_order_without_a_receipt() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    let view = settle_order(&world.app, made.id, "cash".to_owned(), OWNER).await.unwrap();
    assert_eq!(view.order.status, OrderStatus::Paid);
    assert!(opens(&world, &token(&world, made.id).await).await);
    let again = settle_order(&world.app, made.id, "cash".to_owned(), OWNER).await;
    assert!(matches!(again, Err(Error::Conflict(Conflict::OrderPaid))));
    let notes = world.log_of(made.id.raw()).await;
    assert!(notes.iter().any(|line| line.cause.contains("cash") && line.actor == "console"));
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.reasons().await, [Reason::SecondReceipt], "the money itself comes later");
}

#[tokio::test]
async fn a_refund_revokes_the_unlock_and_its_recovery_code_and_cannot_be_undone_by_the_inbox() {
    let (world, made, item) = misread().await;
    settle_item(&world.app, item, made.id, OWNER).await.unwrap();
    let view = order::get(&world.app, made.id).await.unwrap();
    let right = view.unlock.expect("a paid order has its unlock");
    let (token, code) = (unlock::token(&world.app, &right), unlock::code(&world.app, &right));
    let restored = rights::restore(&world.app, holder(code), Vec::new()).await.unwrap();
    assert!(matches!(restored, Restored::Yes { product, .. } if product.id == made.product));
    refund(&world.app, made.id, Wish::default(), OWNER).await.unwrap();
    let refunded = order::get(&world.app, made.id).await.unwrap();
    assert_eq!((refunded.order.status, refunded.unlock), (OrderStatus::Refunded, None));
    assert!(!opens(&world, &token).await);
    let restored = rights::restore(&world.app, holder(code), Vec::new()).await;
    assert!(matches!(restored, Err(Error::NotFound(_))));
    let undone = undo(&world.app, item, OWNER).await;
    assert!(matches!(undone, Err(Error::Conflict(Conflict::OrderNotPaid))));
    let again = refund(&world.app, made.id, Wish::default(), OWNER).await;
    assert!(matches!(again, Err(Error::Conflict(Conflict::OrderNotPaid))));
}
