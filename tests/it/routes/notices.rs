//! `/api/v1/bridge/notices`: what a phone saw is stored verbatim, once, before the phone is told so.

use matcha::domain::time::Millis;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Ask as _, Order, Phone, TestApp, WECHAT_PAY_ID, text};

async fn shop() -> (TestApp, Phone) {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    (app, phone)
}

/// How many rows a list of the owner has.
async fn count(app: &TestApp, path: &str) -> usize {
    app.owner_get(path).await["items"].as_array().unwrap().len()
}

fn batch(phone: &Phone, notices: &[Value]) -> Vec<u8> {
    json!({ "sent_at": phone.now(), "notices": notices }).to_string().into_bytes()
}

/// Notices that no rule reads, so that only their storing costs time.
fn chatter(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "id": n.to_string(), "package": "a", "key": n.to_string() })).collect()
}

#[tokio::test]
async fn the_phone_is_told_exactly_what_is_durable() {
    let (app, phone) = shop().await;
    let notices = [phone.notice("1.00"), json!({ "id": "字 \"x\"", "package": "com.example" })];
    let body = phone.send(&notices).await.is(200).json();
    assert_eq!(body, json!({ "stored": [notices[0]["id"], "字 \"x\""], "server_time": app.now() }));
    assert_eq!(phone.send(&[]).await.is(200).json()["stored"], json!([]));
}

#[tokio::test]
async fn the_same_message_twice_settles_once_and_is_answered_the_same() {
    let (app, phone) = shop().await;
    let order = app.order().await;
    let body = batch(&phone, &[phone.notice("1.00")]);
    let send =
        async || phone.signed("/notices", "msg_a", phone.now(), body.clone()).ask().await.is(200).json();
    let first = send().await;
    app.pass(1);
    let second = send().await;
    assert_eq!(first["stored"], second["stored"]);
    assert_eq!(app.see(&order).await["status"], "paid");
    assert_eq!((count(&app, "/notices").await, count(&app, "/receipts").await), (1, 1));
    assert_eq!(count(&app, "/inbox").await, 0);
}

#[tokio::test]
async fn the_same_notice_in_another_message_is_one_notice() {
    let (app, phone) = shop().await;
    let order = app.order().await;
    let notice = phone.notice("1.00");
    phone.send(std::slice::from_ref(&notice)).await.is(200);
    // Also under another id of the phone's own: what makes it the same is what the phone saw.
    let mut again = notice.clone();
    again["id"] = json!("another");
    let answer = phone.send(&[notice, again]).await.is(200).json();
    assert_eq!(answer["stored"].as_array().unwrap().len(), 2, "the phone may forget both");
    assert_eq!((count(&app, "/notices").await, count(&app, "/inbox").await), (1, 0));
    assert_eq!(app.see(&order).await["status"], "paid");
}

#[tokio::test]
async fn a_message_id_with_another_body_is_a_conflict_and_stores_nothing() {
    let (app, phone) = shop().await;
    let send = |notice| phone.signed("/notices", "msg_a", phone.now(), batch(&phone, &[notice])).ask();
    send(phone.notice("1.00")).await.is(200);
    send(phone.notice("0.99")).await.problem(409, "message_id_reused");
    assert_eq!(count(&app, "/notices").await, 1);
}

#[tokio::test]
async fn another_phones_message_ids_are_its_own() {
    let (app, phone) = shop().await;
    let other = app.phone().await;
    for (from, amount) in [(&phone, "1.00"), (&other, "0.99")] {
        let body = batch(from, &[from.notice(amount)]);
        from.signed("/notices", "msg_a", from.now(), body).ask().await.is(200);
    }
    assert_eq!(count(&app, "/notices").await, 2);
}

#[tokio::test]
async fn ten_thousand_notices_are_stored_in_one_call_and_one_more_is_refused() {
    let (app, phone) = shop().await;
    let answer = phone.send(&chatter(10_001)).await;
    assert_eq!(answer.problem(413, "too_many_notices")["limit"], 10_000);
    assert_eq!(count(&app, "/notices").await, 0);
    let stored = phone.send(&chatter(10_000)).await.is(200).json()["stored"].as_array().unwrap().len();
    assert_eq!(stored, 10_000);
    let kept = app.app.store.read(|tx| Ok::<_, matcha::storage::Error>(tx.census()?.counts)).await.unwrap();
    assert!(kept.contains(&("notices_unread".to_owned(), 10_000)), "{kept:?}");
}

#[tokio::test]
async fn a_body_of_eight_mebibytes_is_read_and_one_byte_more_is_refused() {
    let (app, phone) = shop().await;
    const MOST: usize = 8 * 1024 * 1024;
    let body = String::from_utf8(batch(&phone, &[phone.notice("1.00")])).unwrap();
    let padded = |bytes: usize| format!("{body}{}", " ".repeat(bytes - body.len())).into_bytes();
    let answer = phone.signed("/notices", "msg_a", phone.now(), padded(MOST + 1)).ask().await;
    assert_eq!(answer.problem(413, "body_too_large")["bytes_max"], MOST);
    assert_eq!(count(&app, "/notices").await, 0);
    phone.signed("/notices", "msg_b", phone.now(), padded(MOST)).ask().await.is(200);
    assert_eq!(count(&app, "/notices").await, 1);
}

#[tokio::test]
async fn a_text_of_a_mebibyte_is_stored_verbatim() {
    let (app, phone) = shop().await;
    let long = "微信支付收款1.00元 ".repeat(1024 * 1024 / 25 + 1);
    assert!(long.len() > 1024 * 1024);
    let notice = json!({ "id": "long", "package": "com.tencent.mm", "title": "微信支付", "text": long });
    phone.send(std::slice::from_ref(&notice)).await.is(200);
    assert_eq!(app.owner_get("/notices").await["items"][0]["raw"], notice);
    assert_eq!(count(&app, "/receipts").await, 0, "what is too long is kept, and not read");
}

#[tokio::test]
async fn a_notice_is_kept_byte_for_byte() {
    let (app, phone) = shop().await;
    let odd =
        r#"{ "id":"a","text":"\u5fae 1.00", "n": 1.50e1,"z":null,   "extra":{"b":[1,2]} , "text2":"é" }"#;
    let body = format!(r#"{{"sent_at":"{}","notices":[{odd}]}}"#, phone.now());
    phone.signed("/notices", "msg_a", phone.now(), body.into_bytes()).ask().await.is(200);
    let listed = app.owner(Method::GET, "/notices").ask().await.is(200).text();
    assert!(listed.contains(odd), "{listed}");
}

#[tokio::test]
async fn a_notice_without_an_id_is_refused_with_its_whole_batch() {
    let (app, phone) = shop().await;
    for bad in
        [json!({}), json!({ "id": "" }), json!({ "id": 7 }), json!({ "id": null }), json!("x"), json!([])]
    {
        let problem = phone.send(&[phone.notice("1.00"), bad]).await.problem(422, "invalid");
        assert_eq!(problem["field"], "notices");
    }
    assert_eq!(count(&app, "/notices").await, 0);
}

#[tokio::test]
async fn fields_of_another_type_do_not_cost_the_notice() {
    let (app, phone) = shop().await;
    let odd = json!({
        "id": "odd", "package": 7, "title": ["微信支付"], "text": { "a": 1 }, "big_text": 1, "posted_at": "gestern",
        "notification_id": "x", "key": 9, "tag": false, "channel_id": 1, "user": "me", "ongoing": "yes",
        "group_summary": 0, "recovered": "?", "nested": { "deep": [[[]]] },
    });
    let answer = phone.send(&[odd, phone.notice("1.00")]).await.is(200).json();
    assert_eq!(answer["stored"].as_array().unwrap().len(), 2);
    assert_eq!(count(&app, "/notices").await, 2);
    assert_eq!(count(&app, "/notices?read_as=unread").await, 1);
}

#[tokio::test]
async fn news_an_hour_late_settle_the_orders_that_held_the_amounts_then() {
    let (app, phone) = shop().await;
    let (mut orders, mut notices) = (Vec::new(), Vec::new());
    for _ in 0..6 {
        let order = app.order().await;
        app.pass(20);
        notices.push(phone.notice(&order.amount));
        orders.push(order);
        // Each of the three amounts is given out twice: the second reader of it must not get the first one's money.
        app.pass(90);
        app.work().await;
    }
    app.pass(3600);
    app.work().await;
    // The phone finds its network again and empties its memory in no order at all.
    notices.swap(0, 5);
    notices.swap(1, 3);
    phone.send(&notices).await.is(200);
    for order in &orders {
        let body = app.see(order).await;
        assert_eq!(
            (body["status"].as_str(), body["late"].as_bool()),
            (Some("paid"), Some(false)),
            "{}",
            order.id
        );
    }
    assert_eq!(count(&app, "/inbox?state=open").await, 0);
}

#[tokio::test]
async fn each_of_two_readers_gets_what_was_paid_while_the_amount_was_theirs() {
    let (app, phone) = shop().await;
    let first = app.order().await;
    app.pass(301);
    app.work().await;
    let second = app.order().await;
    assert_eq!(first.amount, second.amount);
    app.pass(30);
    phone.receive(&second.amount).await;
    let settled: Vec<Value> = vec![app.see(&first).await, app.see(&second).await];
    assert_eq!(
        (settled[0]["status"].as_str(), settled[1]["status"].as_str()),
        (Some("expired"), Some("paid"))
    );
}

#[tokio::test]
async fn a_second_announcer_of_one_payment_is_an_echo() {
    let (app, phone) = shop().await;
    let order = app.order().await;
    phone.receive(&order.amount).await;
    app.pass(2);
    let mut helper = phone.notice(&order.amount);
    helper["title"] = json!("微信收款助手");
    helper["notification_id"] = json!(-124_356_843);
    phone.send(&[helper]).await.is(200);
    assert_eq!(count(&app, "/receipts?state=echo").await, 1);
    assert_eq!(count(&app, "/inbox").await, 0);
}

#[tokio::test]
async fn a_friend_who_calls_himself_wechat_pay_settles_nothing_once_the_announcer_is_pinned() {
    let (app, phone) = shop().await;
    phone.receive("0.01").await;
    let pins = app.owner_get("/devices").await["items"][0]["pins"].clone();
    assert_eq!(pins[0]["notification_id"], WECHAT_PAY_ID);
    let order = app.order().await;
    let mut forged = phone.notice(&order.amount);
    forged["notification_id"] = json!(4711);
    phone.send(&[forged]).await.is(200);
    assert_eq!(app.see(&order).await["status"], "pending");
    assert_eq!(app.owner_get("/inbox").await["items"][0]["reason"], "wrong_announcer");
    phone.receive(&order.amount).await;
    assert_eq!(app.see(&order).await["status"], "paid");
}

#[tokio::test]
async fn money_that_no_order_held_waits_for_the_owner() {
    let (app, phone) = shop().await;
    let order: Order = app.order().await;
    phone.receive("0.97").await;
    assert_eq!(app.see(&order).await["status"], "pending");
    let item = app.owner_get("/inbox").await["items"][0].clone();
    assert_eq!(
        (text(&item["reason"]), text(&item["receipt"]["amount"])),
        ("no_candidate".into(), "0.97".into())
    );
    assert_eq!(item["suggestions"][0]["order"], order.id.as_str());
}

#[tokio::test]
async fn a_phone_that_gives_whole_seconds_settles_an_order_of_the_same_second() {
    let (app, phone) = shop().await;
    app.clock.advance(Millis::new(700));
    let order = app.order().await;
    app.clock.advance(Millis::new(250));
    let mut notice = phone.notice(&order.amount);
    notice["posted_at"] = json!("2026-11-20T04:00:00Z");
    phone.send(&[notice]).await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid");
}
