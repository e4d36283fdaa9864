//! Money is matched by when it came in, not by when the news came in (M6).

use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::Reason;
use matcha::domain::time::{Millis, Timestamp};
use matcha::flow::catalog::SitePatch;
use matcha::limits;

use crate::world::{Announcer, Phone, World, batch, fen, ms, secs, unique};

/// A shop that has the one amount ¥1.00, so that orders follow each other on it.
async fn narrow() -> (World, Phone) {
    let (world, phone) = World::shop_with_phone().await;
    world.change_site(SitePatch { max_discount: Some(fen(0)), ..SitePatch::default() }).await;
    (world, phone)
}

/// From the order to the moment at which its amount comes free.
fn hold() -> Millis {
    ms(limits::PAY_WINDOW_DEFAULT.get() + limits::COOL_DOWN_DEFAULT.get())
}

async fn send_as_sent_at(world: &World, phone: &Phone, sent_at: Timestamp, notice: &str) {
    let message = unique(&world.app, "msg");
    let batch = batch(phone.device, &message, sent_at, &[notice.to_owned()]);
    matcha::flow::intake::receive(&world.app, batch).await.unwrap();
}

#[tokio::test]
async fn a_phone_offline_for_an_hour_settles_the_order_that_held_the_amount_then() {
    let (world, phone) = narrow().await;
    let first = world.order().await;
    world.wait(secs(30));
    let notice = world.notice(&phone, Announcer::Wechat, 100);
    world.wait(hold());
    let second = world.order().await;
    world.wait(secs(3600));
    world.beat(&phone).await;
    let third = world.order().await;
    world.send(&phone, &[notice]).await;
    let statuses = [world.find(first.id).await, world.find(second.id).await, world.find(third.id).await];
    assert_eq!(statuses.each_ref().map(|o| o.status == OrderStatus::Paid), [true, false, false]);
    assert!(!statuses[0].late, "it was paid in time, only the news was late");
}

#[tokio::test]
async fn a_phone_whose_clock_is_ten_minutes_off_settles_the_right_order() {
    for minutes in [10, -10] {
        let (world, account) = World::shop().await;
        world.change_site(SitePatch { max_discount: Some(fen(0)), ..SitePatch::default() }).await;
        let phone = world.phone_ahead(&[account], secs(minutes * 60)).await;
        let first = world.order().await;
        world.wait(secs(30));
        let notice = world.notice(&phone, Announcer::Wechat, 100);
        world.wait(hold());
        let second = world.order().await;
        world.wait(secs(40));
        world.send(&phone, &[notice]).await;
        assert_eq!(world.find(first.id).await.status, OrderStatus::Paid, "{minutes} minutes ahead");
        assert_eq!(world.find(second.id).await.status, OrderStatus::Pending, "{minutes} minutes ahead");
    }
}

#[tokio::test]
async fn a_clock_that_was_set_is_believed_from_its_next_message_on() {
    let (world, mut phone) = narrow().await;
    for ahead in [secs(600), secs(-300), secs(0), secs(3600)] {
        world.beat(&phone).await;
        phone.ahead = ahead;
        let made = world.order().await;
        world.wait(secs(60));
        world.pay(&phone, Announcer::Wechat, 100).await;
        let paid = world.find(made.id).await;
        assert_eq!((paid.status, paid.late), (OrderStatus::Paid, false), "{ahead:?} ahead");
        world.wait(hold());
    }
}

#[tokio::test]
async fn a_notice_from_before_the_clock_was_set_settles_no_other_order() {
    for step in [-400, -330, 20, 330, 400] {
        let (world, mut phone) = narrow().await;
        world.beat(&phone).await;
        world.beat(&phone).await;
        let first = world.order().await;
        world.wait(secs(30));
        let notice = world.notice(&phone, Announcer::Wechat, 100);
        world.wait(hold());
        let second = world.order().await;
        world.wait(secs(100));
        phone.ahead = secs(step);
        world.send(&phone, &[notice]).await;
        let statuses = [world.find(first.id).await.status, world.find(second.id).await.status];
        assert_ne!(statuses[1], OrderStatus::Paid, "a step of {step} s pays another reader's order");
        if step > 0 {
            assert_eq!(statuses[0], OrderStatus::Paid, "a step of {step} s leaves no doubt");
        }
    }
}

#[tokio::test]
async fn a_message_that_was_long_under_way_does_not_move_the_arrival() {
    let (world, phone) = narrow().await;
    let first = world.order().await;
    world.wait(secs(290));
    let (notice, sent_at) = (world.notice(&phone, Announcer::Wechat, 100), world.now());
    world.wait(secs(10));
    let second = world.order().await;
    world.wait(secs(50));
    send_as_sent_at(&world, &phone, sent_at, &notice).await;
    assert_ne!(world.find(second.id).await.status, OrderStatus::Paid, "paid by the first reader");
    assert_ne!(world.find(first.id).await.status, OrderStatus::Paid, "nor is that sure");
    assert_eq!(world.reasons().await, [Reason::TwoCandidates]);
}

#[tokio::test]
async fn a_clock_that_was_set_back_a_little_is_not_averaged_away() {
    let (world, mut phone) = narrow().await;
    for _ in 0..5 {
        world.wait(secs(30));
        world.beat(&phone).await;
    }
    let first = world.order().await;
    phone.ahead = secs(-20);
    world.wait(hold());
    world.beat(&phone).await;
    let second = world.order().await;
    world.wait(secs(12));
    world.pay(&phone, Announcer::Wechat, 100).await;
    assert_ne!(world.find(first.id).await.status, OrderStatus::Paid, "the first reader never paid");
    assert_eq!(world.reasons().await.is_empty(), world.find(second.id).await.status == OrderStatus::Paid);
}

#[tokio::test]
async fn a_notice_without_a_post_time_settles_nothing_whatever_the_phones_clock_says() {
    for minutes in [-10, 0, 10] {
        let (world, account) = World::shop().await;
        world.change_site(SitePatch { max_discount: Some(fen(0)), ..SitePatch::default() }).await;
        let phone = world.phone_ahead(&[account], secs(minutes * 60)).await;
        let first = world.order().await;
        world.wait(hold());
        let second = world.order().await;
        world.wait(secs(60));
        let notice = Announcer::Wechat.notice("n1", None, fen(100)).to_string();
        world.send(&phone, &[notice]).await;
        for order in [first, second] {
            let status = world.find(order.id).await.status;
            assert_ne!(status, OrderStatus::Paid, "{minutes} minutes ahead");
        }
        assert_eq!(world.reasons().await, [Reason::NoTime]);
        let arrival = world.receipts().await[0].arrival;
        assert_eq!(
            (arrival.from, arrival.to),
            (world.now(), world.now()),
            "it is shown at the time of the news"
        );
    }
}

#[tokio::test]
async fn two_payments_without_a_post_time_are_two_and_one_sent_twice_is_one() {
    let (world, phone) = narrow().await;
    let notice = |id: &str| Announcer::Wechat.notice(id, None, fen(100)).to_string();
    world.send(&phone, &[notice("n1")]).await;
    world.send(&phone, &[notice("n1")]).await;
    assert_eq!(world.receipts().await.len(), 1, "the same notice again");
    world.wait(hold());
    world.send(&phone, &[notice("n2")]).await;
    assert_eq!(
        world.reasons().await,
        [Reason::NoTime, Reason::NoTime],
        "the next reader's money is not lost"
    );
}

#[tokio::test]
async fn a_post_time_in_milliseconds_is_as_good_as_one_in_words() {
    let (world, phone) = narrow().await;
    let made = world.order().await;
    world.wait(secs(10));
    let mut notice = Announcer::Wechat.notice("n1", None, fen(100));
    notice["posted_at"] = serde_json::json!(world.now().millis());
    world.wait(hold());
    world.order().await;
    world.send(&phone, &[notice.to_string()]).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_post_time_in_whole_seconds_still_finds_an_order_of_the_same_second() {
    let (world, phone) = World::shop_with_phone().await;
    world.wait(ms(700));
    let made = world.order().await;
    world.wait(ms(100));
    let whole = Timestamp::from_millis(world.now().millis() / 1000 * 1000);
    let notice = Announcer::Wechat.notice("n1", Some(whole), fen(100)).to_string();
    world.send(&phone, &[notice]).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_post_time_in_the_future_or_the_far_past_settles_nothing_that_it_does_not_touch() {
    let (world, phone) = narrow().await;
    let made = world.order().await;
    world.wait(secs(10));
    let past = Some(world.now().minus(secs(86_400)));
    let notice = Announcer::Wechat.notice("n1", past, fen(100)).to_string();
    world.send(&phone, &[notice]).await;
    assert_eq!(world.find(made.id).await.status, OrderStatus::Pending);
    assert_eq!(world.reasons().await, [Reason::NoCandidate]);
    let future = Some(world.now().plus(secs(86_400)));
    let notice = Announcer::Wechat.notice("n2", future, fen(100)).to_string();
    world.send(&phone, &[notice]).await;
    assert_eq!(
        world.find(made.id).await.status,
        OrderStatus::Paid,
        "money cannot come in after the news of it"
    );
}

#[tokio::test]
async fn news_out_of_order_settles_each_order_with_its_own_money() {
    let (world, phone) = narrow().await;
    let mut made = Vec::new();
    let mut notices = Vec::new();
    for _ in 0..5 {
        world.beat(&phone).await;
        made.push(world.order().await);
        world.wait(secs(20));
        notices.push(world.notice(&phone, Announcer::Wechat, 100));
        world.wait(hold());
    }
    notices.reverse();
    for notice in &notices {
        world.send(&phone, std::slice::from_ref(notice)).await;
    }
    for order in made {
        let paid = world.find(order.id).await;
        assert_eq!((paid.status, paid.late), (OrderStatus::Paid, false));
    }
}
