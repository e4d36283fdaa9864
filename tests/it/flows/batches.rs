//! Notices are durable before the phone is told, once each, and verbatim (M3, M9).

use matcha::domain::log::Actor;
use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::{ReadAs, Reason};
use matcha::flow::intake::Outcome;
use matcha::flow::{Error, Thing, device};
use matcha::storage::verbs::Page;
use serde_json::json;

use crate::world::{Announcer, World, fen, ms, secs};

const ALL: Page = Page { before: None, limit: 1_000_000 };

async fn raws(world: &World) -> Vec<String> {
    let notices = world.read(|tx| tx.notices(None, None, ALL)).await;
    notices.into_iter().rev().map(|notice| notice.raw).collect()
}

#[tokio::test]
async fn ten_thousand_notices_in_one_batch_are_all_stored_once_and_the_right_one_pays() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(secs(20));
    let mut notices: Vec<String> = (0..9_999)
        .map(|n| {
            let posted = Some(world.now().minus(ms(n)));
            Announcer::Wechat.notice(&format!("n{n}"), posted, fen(10_000 + n)).to_string()
        })
        .collect();
    notices.insert(5_000, world.notice(&phone, Announcer::Wechat, 100));
    let stored = world.send(&phone, &notices).await;
    assert_eq!(stored.len(), 10_000);
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    assert_eq!(raws(&world).await, notices, "verbatim and in order");
    let stored = world.send(&phone, &notices).await;
    assert_eq!(stored.len(), 10_000, "a batch sent again is acknowledged again");
    assert_eq!(raws(&world).await.len(), 10_000);
    assert_eq!(world.receipts().await.len(), 10_000);
}

#[tokio::test]
async fn the_same_message_twice_is_answered_twice_and_works_once() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    world.wait(secs(5));
    let notices = [world.notice(&phone, Announcer::Wechat, 100), world.notice(&phone, Announcer::Wechat, 55)];
    let sent_at = world.now();
    for _ in 0..3 {
        let batch = crate::world::batch(phone.device, "msg_1", sent_at, &notices);
        let outcome = matcha::flow::intake::receive(&world.app, batch).await.unwrap();
        assert!(matches!(outcome, Outcome::Stored(ids) if ids.len() == 2));
        world.wait(secs(2));
    }
    assert_eq!(world.find(made.id).await.status, OrderStatus::Paid);
    assert_eq!((raws(&world).await.len(), world.receipts().await.len()), (2, 2));
    assert_eq!(world.reasons().await, [Reason::NoCandidate]);
}

#[tokio::test]
async fn overlapping_batches_store_each_notice_once() {
    let (world, phone) = World::shop_with_phone().await;
    let notices: Vec<String> = (0..30_i64)
        .map(|n| {
            world.wait(secs(1));
            world.notice(&phone, Announcer::Wechat, 200 + n)
        })
        .collect();
    for range in [0..10, 5..20, 0..3, 15..30] {
        let stored = world.send(&phone, &notices[range.clone()]).await;
        assert_eq!(stored.len(), range.len());
    }
    let mut kept = raws(&world).await;
    kept.sort();
    let mut sent = notices;
    sent.sort();
    assert_eq!(kept, sent);
}

#[tokio::test]
async fn a_notice_seen_again_under_another_id_is_the_same_notice() {
    let (world, phone) = World::shop_with_phone().await;
    let posted = Some(world.now());
    let again = |id: &str, recovered: bool| {
        let mut notice = Announcer::Wechat.notice(id, posted, fen(55));
        notice["recovered"] = json!(recovered);
        notice.to_string()
    };
    world.send(&phone, &[again("n1", false)]).await;
    assert_eq!(world.send(&phone, &[again("n2", true)]).await, ["n2"], "it is acknowledged by its new id");
    assert_eq!(raws(&world).await, [again("n1", false)], "and kept as it came first");
}

#[tokio::test]
async fn the_same_words_posted_anew_are_another_notice() {
    let (world, phone) = World::shop_with_phone().await;
    world.pay(&phone, Announcer::Wechat, 55).await;
    world.wait(ms(1));
    world.pay(&phone, Announcer::Wechat, 55).await;
    assert_eq!(world.receipts().await.len(), 2);
}

#[tokio::test]
async fn the_same_notice_on_two_phones_is_two_notices() {
    let (world, account) = World::shop().await;
    let (first, second) = (world.phone(&[account]).await, world.phone(&[account]).await);
    let notice = world.notice(&first, Announcer::Wechat, 55);
    world.send(&first, std::slice::from_ref(&notice)).await;
    world.send(&second, &[notice]).await;
    assert_eq!(raws(&world).await.len(), 2);
}

#[tokio::test]
async fn a_message_id_that_comes_back_with_another_body_is_refused_and_nothing_is_stored() {
    let (world, phone) = World::shop_with_phone().await;
    let (first, second) =
        (world.notice(&phone, Announcer::Wechat, 55), world.notice(&phone, Announcer::Wechat, 66));
    world.send_as(&phone, "msg_1", std::slice::from_ref(&first)).await.unwrap();
    let outcome = world.send_as(&phone, "msg_1", &[second]).await.unwrap();
    assert_eq!(outcome, Outcome::MessageIdReused);
    assert_eq!(raws(&world).await, [first]);
}

#[tokio::test]
async fn a_revoked_phone_is_not_heard_any_more() {
    let (world, phone) = World::shop_with_phone().await;
    let made = world.order().await;
    device::revoke(&world.app, phone.device, Actor::Console).await.unwrap();
    let notice = world.notice(&phone, Announcer::Wechat, 100);
    let refused = world.send_as(&phone, "msg_1", &[notice]).await;
    assert!(matches!(refused, Err(Error::NotFound(Thing::Device))));
    assert!(crate::world::beat(&world.app, phone.device, "msg_2", world.now()).await.is_err());
    assert_eq!(world.find(made.id).await.status, OrderStatus::Pending);
    assert_eq!(raws(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_no_rule_reads_is_kept_all_the_same_and_verbatim() {
    let (world, phone) = World::shop_with_phone().await;
    let odd = [
        r#"{ "id":"n1",  "package":"com.example", "title":"hi", "text":"你好 \u4f60", "extra": {"a": [1, 2.50]} }"#,
        r#"{"id":"n2","package":17,"title":null,"text":["x"],"posted_at":"yesterday"}"#,
        r#"{"id":"n3"}"#,
    ];
    let sent: Vec<String> = odd.iter().map(|raw| (*raw).to_owned()).collect();
    assert_eq!(world.send(&phone, &sent).await, ["n1", "n2", "n3"]);
    assert_eq!(raws(&world).await, sent);
    let unread = world.read(|tx| tx.notices(Some(ReadAs::Unread), None, ALL)).await;
    assert_eq!(unread.len(), 3);
}

#[tokio::test]
async fn a_notice_that_could_not_be_acknowledged_refuses_its_batch() {
    let (world, phone) = World::shop_with_phone().await;
    let good = world.notice(&phone, Announcer::Wechat, 55);
    for bad in [r#"{"package":"x"}"#, r#"{"id":""}"#, "[]", "7"] {
        let refused = world.send_as(&phone, "msg_1", &[good.clone(), bad.to_owned()]).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "notices", .. })), "{bad}");
    }
    assert_eq!(raws(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_empty_batch_is_a_heartbeat() {
    let (world, phone) = World::shop_with_phone().await;
    world.wait(secs(60));
    assert_eq!(world.send(&phone, &[]).await, Vec::<String>::new());
    let device = world.read(move |tx| tx.device(phone.device)).await.unwrap();
    assert_eq!(device.last_seen_at, world.now());
}

#[tokio::test]
async fn a_phone_that_hides_its_texts_is_reported_once_until_the_owner_looked() {
    let (world, phone) = World::shop_with_phone().await;
    let hidden = |n: i64| {
        let posted = world.now().plus(ms(n)).to_string();
        json!({"id": format!("n{n}"), "package": "com.tencent.mm", "title": "微信", "text": "你收到了一条消息", "posted_at": posted})
            .to_string()
    };
    world.send(&phone, &[hidden(1), hidden(2), hidden(3)]).await;
    assert_eq!(world.reasons().await, [Reason::TextHidden]);
    let item = world.only_item().await;
    matcha::flow::inbox::dismiss(&world.app, item, "set".to_owned(), Actor::Console).await.unwrap();
    world.send(&phone, &[hidden(4)]).await;
    assert_eq!(world.reasons().await, [Reason::TextHidden]);
}
