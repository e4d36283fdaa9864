//! Whom a phone believes: pinned announcers, impostors, and notices without an id.

use matcha::domain::log::Actor;
use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::{Reason, ReceiptState, Trust};
use matcha::flow::device::{self, Patch};
use serde_json::json;

use crate::world::{Announcer, Phone, World, fen, secs, unique};

/// What a friend who calls himself 微信支付 can make the phone show.
fn spoof(world: &World, phone: &Phone, amount: i64, id: Option<i64>) -> String {
    let posted = Some(world.now().plus(phone.ahead));
    let mut notice = Announcer::Wechat.notice(&unique(&world.app, "n"), posted, fen(amount));
    notice["notification_id"] = json!(id);
    notice["key"] = json!(format!("0|com.tencent.mm|{id:?}|null|10123"));
    notice.to_string()
}

async fn demand(world: &World, phone: &Phone, least: Trust) {
    let patch = Patch { trust_min: Some(least), ..Patch::default() };
    device::change(&world.app, phone.device, patch, Actor::Console).await.unwrap();
}

#[tokio::test]
async fn one_fen_at_set_up_pins_the_announcer_and_is_no_riddle_for_the_owner() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 1).await;
    let receipts = world.receipts().await;
    assert_eq!(
        receipts.iter().map(|r| (r.state, r.trust)).collect::<Vec<_>>(),
        [(ReceiptState::Pin, Trust::Pinned)]
    );
    assert_eq!(world.reasons().await, []);
    let pins = world.read(move |tx| tx.pins(phone.device)).await;
    assert_eq!(pins.iter().map(|p| Some(p.notification_id)).collect::<Vec<_>>(), [Announcer::Wechat.id()]);
    let made = world.order().await;
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    assert_eq!(world.receipts().await.last().map(|r| r.trust), Some(Trust::Pinned));
}

#[tokio::test]
async fn after_the_pin_another_id_goes_to_the_inbox_whatever_it_says() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 1).await;
    let made = world.order().await;
    for id in [Some(12345), None] {
        world.send(&phone, &[spoof(&world, &phone, 100, id)]).await;
    }
    assert_eq!(world.find(made.id).await.status, OrderStatus::Pending);
    assert_eq!(world.reasons().await, [Reason::WrongAnnouncer, Reason::WrongAnnouncer]);
    world.wait(secs(5));
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid, "the true one is still believed");
}

#[tokio::test]
async fn one_fen_from_an_impostor_does_not_move_a_pin() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 1).await;
    world.send(&phone, &[spoof(&world, &phone, 1, Some(12345))]).await;
    assert_eq!(world.reasons().await, [Reason::WrongAnnouncer]);
    let pins = world.read(move |tx| tx.pins(phone.device)).await;
    assert_eq!(pins.iter().map(|p| Some(p.notification_id)).collect::<Vec<_>>(), [Announcer::Wechat.id()]);
}

#[tokio::test]
async fn each_announcer_of_a_phone_has_a_pin_of_its_own() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 1).await;
    world.wait(secs(90));
    world.pay(&phone, Announcer::Helper, 1).await;
    assert_eq!(world.read(move |tx| tx.pins(phone.device)).await.len(), 2);
    assert!(world.receipts().await.iter().all(|r| r.state == ReceiptState::Pin));
}

#[tokio::test]
async fn a_pin_that_was_forgotten_is_learned_anew() {
    let (world, phone) = World::shop_with_phone().await;
    world.send(&phone, &[spoof(&world, &phone, 1, Some(5))]).await;
    world.wait(secs(90));
    let patch = Patch { forget_pins: true, ..Patch::default() };
    device::change(&world.app, phone.device, patch, Actor::Console).await.unwrap();
    world.pay(&phone, Announcer::Wechat, 1).await;
    let pins = world.read(move |tx| tx.pins(phone.device)).await;
    assert_eq!(pins.iter().map(|p| Some(p.notification_id)).collect::<Vec<_>>(), [Announcer::Wechat.id()]);
}

#[tokio::test]
async fn one_fen_for_an_order_of_one_fen_pins_and_pays() {
    let (world, phone) = World::shop_with_phone().await;
    world.product("sample", 1).await;
    let made = crate::world::created(world.try_order(crate::world::wish("sample")).await);
    world.pay(&phone, Announcer::Wechat, 1).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    assert_eq!(world.read(move |tx| tx.pins(phone.device)).await.len(), 1);
}

#[tokio::test]
async fn a_notice_below_the_least_trust_goes_to_the_inbox() {
    for (least, id, expected) in [
        (Trust::NoId, None, None),
        (Trust::Unpinned, None, Some(Reason::Untrusted)),
        (Trust::Unpinned, Some(7), None),
        (Trust::Pinned, Some(7), Some(Reason::Untrusted)),
    ] {
        let (world, phone) = World::shop_with_phone().await;
        demand(&world, &phone, least).await;
        let made = world.order().await;
        world.send(&phone, &[spoof(&world, &phone, 100, id)]).await;
        let paid = world.find(made.id).await.status == OrderStatus::Paid;
        assert_eq!(
            (world.reasons().await.first().copied(), paid),
            (expected, expected.is_none()),
            "{least:?} {id:?}"
        );
    }
}

#[tokio::test]
async fn an_alipay_notice_needs_no_id_even_at_the_highest_trust() {
    use matcha::domain::account::Distinguish;
    use matcha::domain::channel::Channel;
    let world = World::empty().await;
    let account = world.account(Channel::Alipay, Distinguish::Amount).await;
    world.open_code(account).await;
    world.product("tea", 100).await;
    let phone = world.phone(&[account]).await;
    demand(&world, &phone, Trust::Pinned).await;
    let made = world.order().await;
    world.pay(&phone, Announcer::Alipay, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_wallet_that_the_phone_does_not_hear_settles_nothing() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.pay(&phone, Announcer::Alipay, 100).await;
    assert_eq!(world.reasons().await, [Reason::NoAccount]);
    assert_eq!(world.find(made.id).await.status, OrderStatus::Pending);
}

#[tokio::test]
async fn an_impostor_is_nobodys_first_voice() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 1).await;
    world.wait(secs(90));
    let made = world.order().await;
    world.send(&phone, &[spoof(&world, &phone, 100, Some(12345))]).await;
    world.wait(secs(5));
    world.pay(&phone, Announcer::Helper, 100).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid, "the helper tells the truth");
    world.send(&phone, &[spoof(&world, &phone, 55, Some(12345))]).await;
    world.wait(secs(5));
    world.pay(&phone, Announcer::Helper, 55).await;
    let bins: Vec<ReceiptState> = world.receipts().await.iter().map(|r| r.state).collect();
    assert_eq!(
        bins.last(),
        Some(&ReceiptState::Inbox),
        "real money is not hidden behind a forged notice: {bins:?}"
    );
}
