//! Windows that are extended, run out or are given up, and the rest that follows (DESIGN section 3, M8).

use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::Reason;
use matcha::flow::checkout::Outcome;
use matcha::flow::{Conflict, Error, expire, order};
use matcha::limits;

use crate::world::{Announcer, World, fen, ms, secs, wish};

#[tokio::test]
async fn an_order_is_extended_ten_times_and_no_more() {
    let (world, _) = World::shop().await;
    let made = world.order().await;
    for left in (0..limits::EXTENSIONS_MAX).rev() {
        let view = order::extend(&world.app, made.id).await.unwrap();
        assert_eq!(view.order.extensions_left, left);
        world.wait(limits::PAY_WINDOW_DEFAULT);
    }
    let view = order::get(&world.app, made.id).await.unwrap();
    assert_eq!(view.order.expires_at, made.expires_at.plus(limits::PAY_WINDOW_DEFAULT.times(10)));
    let again = order::extend(&world.app, made.id).await;
    assert!(matches!(again, Err(Error::Conflict(Conflict::NoExtensionsLeft))));
    let hold = world.read(move |tx| tx.hold(made.id)).await.unwrap();
    assert_eq!(hold.window_ends_at, view.order.expires_at);
    assert_eq!(hold.release_at, hold.window_ends_at.plus(limits::COOL_DOWN_DEFAULT));
}

#[tokio::test]
async fn a_payment_in_an_extended_window_is_in_time() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    order::extend(&world.app, made.id).await.unwrap();
    world.wait(secs(239));
    world.pay(&phone, Announcer::Wechat, 100).await;
    let paid = world.find(made.id).await;
    assert_eq!((paid.status, paid.late), (OrderStatus::Paid, false));
}

#[tokio::test]
async fn a_closed_window_is_neither_extended_nor_cancelled() {
    let (world, _) = World::shop().await;
    let made = world.order().await;
    world.wait(limits::PAY_WINDOW_DEFAULT);
    let extended = order::extend(&world.app, made.id).await;
    assert!(matches!(extended, Err(Error::Conflict(Conflict::OrderNotPending))), "before the worker came by");
    expire::run_once(&world.app, world.now()).await.unwrap();
    assert_eq!(world.find(made.id).await.status, OrderStatus::Expired);
    let cancelled = order::cancel(&world.app, made.id).await;
    assert!(matches!(cancelled, Err(Error::Conflict(Conflict::OrderNotPending))));
}

#[tokio::test]
async fn a_payment_during_cool_down_settles_as_late() {
    for written in [false, true] {
        let (world, phone) = World::shop_with_phone().await;
        let made = world.order().await;
        world.wait(limits::PAY_WINDOW_DEFAULT.times(2));
        if written {
            expire::run_once(&world.app, world.now()).await.unwrap();
        }
        world.pay(&phone, Announcer::Wechat, 100).await;
        let paid = world.find(made.id).await;
        assert_eq!((paid.status, paid.late), (OrderStatus::Paid, true), "expiry written: {written}");
    }
}

#[tokio::test]
async fn a_payment_during_the_cool_down_of_a_cancelled_order_settles_as_late() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(secs(20));
    order::cancel(&world.app, made.id).await.unwrap();
    world.wait(secs(20));
    world.pay(&phone, Announcer::Wechat, 100).await;
    let paid = world.find(made.id).await;
    assert_eq!((paid.status, paid.late), (OrderStatus::Paid, true));
}

#[tokio::test]
async fn money_that_came_in_before_the_reader_cancelled_is_not_late() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(secs(20));
    let notice = world.notice(&phone, Announcer::Wechat, 100);
    world.wait(secs(5));
    order::cancel(&world.app, made.id).await.unwrap();
    world.wait(secs(30));
    world.send(&phone, &[notice]).await;
    let paid = world.find(made.id).await;
    assert_eq!((paid.status, paid.late), (OrderStatus::Paid, false));
}

#[tokio::test]
async fn a_payment_after_the_cool_down_goes_to_the_inbox() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(limits::PAY_WINDOW_DEFAULT);
    world.wait(limits::COOL_DOWN_DEFAULT);
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_eq!(world.reasons().await, [Reason::NoCandidate]);
    assert_ne!(world.find(made.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn an_amount_rests_after_its_window_its_cancellation_and_its_payment() {
    let (world, phone) = World::shop_with_phone().await;
    let [expired, cancelled, paid] = [world.order().await, world.order().await, world.order().await];
    world.wait(secs(30));
    order::cancel(&world.app, cancelled.id).await.unwrap();
    world.pay(&phone, Announcer::Wechat, paid.amount.get()).await;
    assert_eq!(world.find(paid.id).await.status, OrderStatus::Paid);
    let rest = limits::COOL_DOWN_DEFAULT;
    world.wait(ms(rest.get() - 1));
    expire::run_once(&world.app, world.now()).await.unwrap();
    assert_eq!(world.order().await.amount, fen(97), "all three rest");
    world.wait(ms(1));
    assert_eq!(world.order().await.amount, cancelled.amount);
    assert_eq!(world.order().await.amount, paid.amount);
    assert_eq!(world.order().await.amount, fen(96), "the expired one still rests");
    world.wait(expired.expires_at.plus(rest).since(world.now()));
    assert_eq!(world.order().await.amount, expired.amount);
}

#[tokio::test]
async fn closing_a_window_early_never_shortens_the_rest_and_never_lengthens_the_hold() {
    let (world, _) = World::shop().await;
    let made = world.order().await;
    let before = world.read(move |tx| tx.hold(made.id)).await.unwrap();
    world.wait(secs(119));
    order::cancel(&world.app, made.id).await.unwrap();
    let after = world.read(move |tx| tx.hold(made.id)).await.unwrap();
    assert_eq!(after.release_at, world.now().plus(limits::COOL_DOWN_DEFAULT));
    assert!(after.release_at <= before.release_at);
}

#[tokio::test]
async fn the_worker_expires_each_order_once_and_then_sleeps() {
    let (world, _) = World::shop().await;
    let made = world.order().await;
    world.order().await;
    world.wait(limits::PAY_WINDOW_DEFAULT);
    let commits = |world: &World| world.app.store.writer_stats().commits;
    let done = expire::run_once(&world.app, world.now()).await.unwrap();
    assert_eq!((done.orders, done.amounts), (2, 0));
    world.wait(limits::COOL_DOWN_DEFAULT);
    let done = expire::run_once(&world.app, world.now()).await.unwrap();
    assert_eq!((done.orders, done.amounts), (0, 2));
    let acts: Vec<String> = world.log_of(made.id.raw()).await.into_iter().map(|line| line.act).collect();
    assert_eq!(acts, ["order.created", "order.expired"]);
    world.order().await;
    let before = commits(&world);
    let done = expire::run_once(&world.app, world.now()).await.unwrap();
    assert_eq!(done, expire::Expired::default());
    assert!(commits(&world) <= before + 1, "nothing is due: at most the order's own commit is counted since");
    assert!(matches!(world.try_order(wish("tea")).await, Outcome::Created(_)));
}
