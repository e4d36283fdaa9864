//! Second receipts, echoes and everything that could be either: no guessing (M4, M7, M9).

use matcha::domain::account::Distinguish;
use matcha::domain::channel::Channel;
use matcha::domain::log::Actor;
use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::{Reason, ReceiptState};
use matcha::flow::catalog::SitePatch;
use matcha::flow::inbox;
use matcha::limits;

use crate::world::{Announcer, Phone, World, fen, ms, secs};

async fn bins(world: &World) -> Vec<ReceiptState> {
    world.receipts().await.iter().map(|r| r.state).collect()
}

/// A shop with the owner's phone and a clerk's.
async fn with_clerk() -> (World, Phone, Phone) {
    let (world, account) = World::shop().await;
    let (mine, clerk) = (world.phone(&[account]).await, world.phone(&[account]).await);
    (world, mine, clerk)
}

#[tokio::test]
async fn a_second_receipt_for_a_settled_order_goes_to_the_inbox() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(secs(10));
    world.pay(&phone, Announcer::Wechat, 100).await;
    world.wait(secs(10));
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    assert_eq!(world.reasons().await, [Reason::SecondReceipt]);
}

#[tokio::test]
async fn a_wrong_amount_settles_nothing() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    for amount in [101, 1000, 10] {
        world.pay(&phone, Announcer::Wechat, amount).await;
    }
    assert_eq!(world.reasons().await, [Reason::NoCandidate; 3]);
    assert_eq!(world.find(made.id).await.status, OrderStatus::Pending);
}

#[tokio::test]
async fn two_orders_that_one_payment_could_mean_are_left_to_the_owner() {
    let (world, first) = World::shop().await;
    let second = world.account(Channel::Wechat, Distinguish::Amount).await;
    world.open_code(second).await;
    let phone = world.phone(&[first, second]).await;
    let orders = [world.order().await, world.order().await];
    assert_eq!(orders.each_ref().map(|o| o.amount), [fen(100), fen(100)]);
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.reasons().await, [Reason::TwoCandidates]);
    for order in orders {
        assert_eq!(world.find(order.id).await.status, OrderStatus::Pending);
    }
}

#[tokio::test]
async fn a_clerks_phone_echoes_and_does_not_pay_twice() {
    let (world, mine, clerk) = with_clerk().await;
    let made = world.order().await;
    world.wait(secs(10));
    world.pay(&mine, Announcer::Wechat, 100).await;
    world.wait(secs(3));
    world.pay(&mine, Announcer::Helper, 100).await;
    world.wait(secs(3));
    world.pay(&clerk, Announcer::Clerk, 100).await;
    assert_eq!(bins(&world).await, [ReceiptState::Settled, ReceiptState::Echo, ReceiptState::Echo]);
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    assert_eq!(world.reasons().await, []);
    let receipts = world.receipts().await;
    assert!(receipts[1..].iter().all(|r| r.echo_of == Some(receipts[0].id)));
}

#[tokio::test]
async fn whoever_speaks_first_settles_and_the_others_echo() {
    let (world, mine, clerk) = with_clerk().await;
    let made = world.order().await;
    world.wait(secs(10));
    let first = world.notice(&mine, Announcer::Wechat, 100);
    world.wait(secs(2));
    world.pay(&clerk, Announcer::Clerk, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    world.wait(secs(1800));
    world.send(&mine, &[first]).await;
    assert_eq!(bins(&world).await, [ReceiptState::Settled, ReceiptState::Echo]);
}

#[tokio::test]
async fn two_payments_with_two_announcers_are_two_receipts_and_two_echoes() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    for _ in 0..2 {
        world.wait(secs(10));
        world.pay(&phone, Announcer::Wechat, 100).await;
    }
    for _ in 0..2 {
        world.wait(secs(1));
        world.pay(&phone, Announcer::Helper, 100).await;
    }
    let bins = bins(&world).await;
    assert_eq!(bins, [ReceiptState::Settled, ReceiptState::Inbox, ReceiptState::Echo, ReceiptState::Echo]);
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_payment_that_could_be_the_echo_of_a_lost_one_is_left_to_the_owner() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.reasons().await, [Reason::NoCandidate]);
    let made = world.order().await;
    world.wait(secs(3));
    world.pay(&phone, Announcer::Helper, 100).await;
    assert_eq!(world.reasons().await, [Reason::NoCandidate, Reason::PossibleEcho]);
    assert_eq!(world.find(made.id).await.status, OrderStatus::Pending);
}

#[tokio::test]
async fn the_same_announcer_never_echoes_itself() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 100).await;
    let made = world.order().await;
    world.wait(secs(3));
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn an_announcer_that_speaks_after_the_echo_window_is_left_to_the_owner() {
    let (world, phone) = World::shop_with_phone().await;
    world.order().await;
    world.pay(&phone, Announcer::Wechat, 100).await;
    world.wait(ms(limits::ECHO_WINDOW.get() + 1));
    world.pay(&phone, Announcer::Helper, 100).await;
    assert_eq!(world.reasons().await, [Reason::SecondReceipt]);
}

#[tokio::test]
async fn an_echo_of_money_that_the_owner_let_be_stays_an_echo() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 55).await;
    inbox::dismiss(&world.app, world.only_item().await, "mine".to_owned(), Actor::Console).await.unwrap();
    world.wait(secs(3));
    world.pay(&phone, Announcer::Helper, 55).await;
    assert_eq!(bins(&world).await, [ReceiptState::Dismissed, ReceiptState::Echo]);
}

#[tokio::test]
async fn money_on_one_account_is_no_echo_of_money_on_another() {
    let (world, account) = World::shop().await;
    let (second, third) = (
        world.account(Channel::Wechat, Distinguish::Amount).await,
        world.account(Channel::Wechat, Distinguish::Amount).await,
    );
    let both = world.phone(&[account, second]).await;
    let other = world.phone(&[third]).await;
    world.pay(&both, Announcer::Wechat, 55).await;
    world.wait(secs(3));
    world.pay(&other, Announcer::Wechat, 55).await;
    assert_eq!(bins(&world).await, [ReceiptState::Inbox, ReceiptState::Inbox]);
}

#[tokio::test]
async fn a_payment_at_the_moment_an_amount_changes_hands_belongs_to_the_new_order() {
    let (world, phone) = World::shop_with_phone().await;
    world.change_site(SitePatch { max_discount: Some(fen(0)), ..SitePatch::default() }).await;
    let first = world.order().await;
    world.wait(limits::PAY_WINDOW_DEFAULT);
    world.wait(limits::COOL_DOWN_DEFAULT);
    let second = world.order().await;
    world.wait(ms(1));
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_ne!(world.find(first.id).await.status, OrderStatus::Paid);
    assert_eq!(world.find(second.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_payment_that_is_not_known_to_the_second_at_such_a_moment_is_left_to_the_owner() {
    let (world, phone) = World::shop_with_phone().await;
    world.change_site(SitePatch { max_discount: Some(fen(0)), ..SitePatch::default() }).await;
    world.wait(ms(300));
    let first = world.order().await;
    world.wait(limits::PAY_WINDOW_DEFAULT);
    world.wait(limits::COOL_DOWN_DEFAULT);
    let second = world.order().await;
    let whole = matcha::domain::time::Timestamp::from_millis(world.now().millis() / 1000 * 1000);
    world.wait(secs(30));
    let notice = Announcer::Wechat.notice("n1", Some(whole), fen(100)).to_string();
    world.send(&phone, &[notice]).await;
    assert_eq!(world.reasons().await, [Reason::TwoCandidates]);
    for order in [first, second] {
        assert_ne!(world.find(order.id).await.status, OrderStatus::Paid);
    }
}
