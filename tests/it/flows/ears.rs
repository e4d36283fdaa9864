//! Two phones, one account: a second ear, or a clerk's. Their echoes are one receipt, and when one sleeps the other
//! carries on and the owner is told.

use matcha::domain::account::Distinguish;
use matcha::domain::channel::Channel;
use matcha::domain::device::{DeviceKind, Rhythm};
use matcha::domain::id::DeviceId;
use matcha::domain::log::Actor;
use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::{InboxState, Matter, Reason, ReceiptState};
use matcha::flow::checkout::Outcome;
use matcha::flow::device::{self, NewDevice};
use matcha::storage::verbs::Page;

use crate::world::{Announcer, Phone, World, secs, wish};

async fn two_ears() -> (World, Phone, Phone) {
    let (world, account) = World::shop().await;
    let (one, two) = (world.phone(&[account]).await, world.phone(&[account]).await);
    (world, one, two)
}

async fn find_silent(world: &World) -> Vec<DeviceId> {
    device::find_silent(&world.app, world.now()).await.unwrap()
}

async fn bins(world: &World) -> Vec<ReceiptState> {
    world.receipts().await.iter().map(|r| r.state).collect()
}

#[tokio::test]
async fn both_phones_tell_of_one_payment_and_it_is_one_receipt() {
    let announcers = [
        (Announcer::Wechat, Announcer::Wechat),
        (Announcer::Wechat, Announcer::Helper),
        (Announcer::Wechat, Announcer::Clerk),
        (Announcer::Clerk, Announcer::Wechat),
    ];
    for (first, second) in announcers {
        let (world, one, two) = two_ears().await;
        let order = world.order().await;
        world.pay(&one, first, 100).await;
        world.wait(secs(3));
        world.pay(&two, second, 100).await;
        assert_eq!(world.find(order.id).await.status, OrderStatus::Paid);
        assert_eq!(bins(&world).await, [ReceiptState::Settled, ReceiptState::Echo], "{first:?} {second:?}");
        assert_eq!(world.reasons().await, []);
    }
}

#[tokio::test]
async fn the_second_phones_echo_does_not_pay_the_next_order_of_that_amount() {
    let (world, one, two) = two_ears().await;
    let first = world.order().await;
    world.pay(&one, Announcer::Wechat, 100).await;
    let heard_then = world.notice(&two, Announcer::Wechat, 100);
    // The second phone was offline; the amount has been given out again when it comes back.
    world.wait(secs(400));
    matcha::flow::expire::run_once(&world.app, world.now()).await.unwrap();
    world.beat(&one).await;
    let second = world.order().await;
    assert_eq!(second.amount, first.amount);
    world.send(&two, &[heard_then]).await;
    assert_eq!(world.find(second.id).await.status, OrderStatus::Pending);
    assert_eq!(bins(&world).await, [ReceiptState::Settled, ReceiptState::Echo]);
}

#[tokio::test]
async fn when_one_sleeps_the_other_carries_on_and_the_owner_is_told() {
    let (world, one, two) = two_ears().await;
    world.wait(Rhythm::PATIENCE_DEFAULT);
    world.beat(&two).await;
    world.wait(secs(1));
    assert_eq!(find_silent(&world).await, [one.device]);
    assert_eq!(find_silent(&world).await, [], "told once");
    let items = world.inbox().await;
    assert_eq!(
        items.iter().map(|i| (i.reason, i.matter)).collect::<Vec<_>>(),
        [(Reason::DeviceSilent, Matter::Device(one.device))]
    );
    let order = world.order().await;
    world.pay(&two, Announcer::Clerk, 100).await;
    assert_eq!(world.find(order.id).await.status, OrderStatus::Paid);
    let missed = world.notice(&one, Announcer::Wechat, 100);
    world.wait(secs(3600));
    world.send(&one, &[missed]).await;
    assert_eq!(
        bins(&world).await,
        [ReceiptState::Settled, ReceiptState::Echo],
        "it wakes and tells the same"
    );
    assert_eq!(world.inbox().await, [], "and nothing is left to do");
    let closed = world.read(|tx| tx.inbox(None, Page { before: None, limit: 9 })).await;
    assert_eq!(
        closed.iter().map(|i| (i.state, i.note.as_deref())).collect::<Vec<_>>(),
        [(InboxState::Dismissed, Some("heard again"))]
    );
}

#[tokio::test]
async fn when_both_sleep_the_account_is_not_offered() {
    let (world, one, two) = two_ears().await;
    world.wait(Rhythm::PATIENCE_DEFAULT.times(2));
    assert_eq!(find_silent(&world).await, [one.device, two.device]);
    assert_eq!(world.reasons().await, [Reason::DeviceSilent, Reason::DeviceSilent]);
    assert!(matches!(world.try_order(wish("tea")).await, Outcome::NoLiveAccount));
    world.beat(&two).await;
    world.order().await;
    assert_eq!(
        world.inbox().await.iter().map(|i| i.matter).collect::<Vec<_>>(),
        [Matter::Device(one.device)]
    );
    device::revoke(&world.app, one.device, Actor::Console).await.unwrap();
    assert_eq!(world.inbox().await, [], "a phone that is not welcome any more need not wake");
}

#[tokio::test]
async fn an_item_about_a_phone_has_no_amount_to_settle_an_order_with() {
    let (world, one) = World::shop_with_phone().await;
    world.wait(Rhythm::PATIENCE_DEFAULT.times(2));
    find_silent(&world).await;
    world.beat(&one).await;
    let order = world.order().await;
    world.wait(Rhythm::PATIENCE_MAX.times(2));
    find_silent(&world).await;
    let item = world.only_item().await;
    let refused = matcha::flow::inbox::settle_item(&world.app, item, order.id, Actor::Console).await;
    assert!(refused.is_err());
    let note = "it is in repair".to_owned();
    matcha::flow::inbox::dismiss(&world.app, item, note, Actor::Console).await.unwrap();
    world.wait(secs(3600));
    assert_eq!(find_silent(&world).await, [], "once for each silence, also after it was dismissed");
    matcha::flow::inbox::undo(&world.app, item, Actor::Console).await.unwrap();
    assert_eq!(world.only_item().await, item);
}

#[tokio::test]
async fn a_phone_with_a_forwarder_beside_it_is_one_receipt_too() {
    let world = World::empty().await;
    let account = world.account(Channel::Wechat, Distinguish::Amount).await;
    world.open_code(account).await;
    world.product("tea", 100).await;
    let one = world.phone(&[account]).await;
    let new = NewDevice { kind: DeviceKind::Text, name: "tasker".to_owned(), accounts: vec![account] };
    let added = device::add(&world.app, new, Actor::Console).await.unwrap();
    let two = Phone { device: added.id, ahead: secs(0) };
    let order = world.order().await;
    world.pay(&two, Announcer::Wechat, 100).await;
    world.wait(secs(1));
    world.pay(&one, Announcer::Wechat, 100).await;
    assert_eq!(world.find(order.id).await.status, OrderStatus::Paid);
    assert_eq!(bins(&world).await, [ReceiptState::Settled, ReceiptState::Echo]);
}
