//! V免签's phone app: `appHeart` and `appPush`, as that app and its descendants call them.

use matcha::domain::adapter::Adapter;
use matcha::domain::time::{Millis, Timestamp};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use super::{Added, add, notices, reasons, shop};
use crate::app::{Answer, Ask as _, TestApp};

fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

async fn heart(app: &TestApp, key: &str, at: Timestamp) -> Value {
    let t = at.millis();
    let path = format!("/appHeart?t={t}&sign={}", md5(&format!("{t}{key}")));
    app.get(&path).ask().await.is(200).json()
}

fn push_path(key: &str, kind: &str, price: &str, t: &str) -> String {
    let sign = md5(&format!("{kind}{price}{t}{key}"));
    format!("/appPush?t={t}&type={kind}&price={price}&sign={sign}")
}

async fn push(app: &TestApp, key: &str, kind: &str, price: &str, at: Timestamp) -> Value {
    app.get(&push_path(key, kind, price, &at.millis().to_string())).ask().await.is(200).json()
}

async fn phone() -> (TestApp, Added) {
    let (app, phone) = shop(Adapter::Vmq, "vmq").await;
    assert_eq!(heart(&app, &phone.key, app.now()).await["code"], 1);
    (app, phone)
}

#[track_caller]
fn is_done(answer: &Value) {
    assert_eq!(*answer, json!({ "code": 1, "msg": "成功", "data": null }));
}

#[track_caller]
fn is_refused(answer: &Value, words: &str) {
    assert_eq!((&answer["code"], &answer["data"]), (&json!(-1), &Value::Null), "{answer}");
    assert!(answer["msg"].as_str().unwrap().starts_with(words), "{answer}");
}

#[tokio::test]
async fn an_order_is_paid_by_a_push() {
    let (app, phone) = phone().await;
    let order = app.order().await;
    app.pass(20);
    is_done(&push(&app, &phone.key, "1", "1.0", app.now()).await);
    assert_eq!(app.see(&order).await["status"], "paid");
    let receipt = &app.owner_get("/receipts").await["items"][0];
    assert_eq!((&receipt["amount"], &receipt["channel"]), (&json!("1.00"), &json!("wechat")));
    assert_eq!((&receipt["trust"], &receipt["rule"]), (&json!("amount_only"), &json!("vmq-wechat")));
    let kept = &notices(&app).await[0]["raw"];
    assert_eq!(kept["original"], json!({ "type": "1", "price": "1.0", "t": app.now().millis().to_string() }));
}

#[tokio::test]
async fn each_way_to_call_and_each_way_to_write_a_price_is_understood() {
    let (app, phone) = phone().await;
    let (now, key) = (app.now().millis(), &phone.key);
    let sign = |price: &str, t: i64| md5(&format!("2{price}{t}{key}"));
    let form = format!("t={now}&type=2&price=1.00&sign={}", sign("1.00", now));
    let posted = app.post("/appPush").header("content-type", "application/x-www-form-urlencoded").body(form);
    is_done(&posted.ask().await.is(200).json());
    let t = now + 1;
    let body = json!({ "t": t.to_string(), "type": "2", "price": "2", "sign": sign("2", t).to_uppercase() });
    is_done(&app.post("/appPush").json(&body).ask().await.is(200).json());
    let amounts: Vec<Value> = app.owner_get("/receipts").await["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["amount"].clone())
        .collect();
    assert_eq!(amounts, [json!("2.00"), json!("1.00")]);
}

#[tokio::test]
async fn the_same_push_again_is_done_and_counts_once() {
    let (app, phone) = phone().await;
    let order = app.order().await;
    let at = app.now();
    for seconds in [0, 1, 3600] {
        app.pass(seconds);
        let path = push_path(&phone.key, "1", "1.0", &at.millis().to_string());
        is_done(&app.get(&path).ask().await.is(200).json());
        is_done(&app.get(&format!("{path}&force_push=true")).ask().await.is(200).json());
    }
    assert_eq!(app.see(&order).await["status"], "paid");
    assert_eq!((notices(&app).await.len(), reasons(&app).await.len()), (1, 0));
}

#[tokio::test]
async fn a_push_that_waited_on_the_phone_pays_the_order_that_held_the_amount_then() {
    let (app, phone) = phone().await;
    let order = app.order().await;
    app.pass(30);
    let at = app.now();
    app.pass(3600);
    app.work().await;
    heart(&app, &phone.key, app.now()).await;
    let later = app.order().await;
    assert_eq!(later.amount, order.amount, "the amount was given out again");
    is_done(&push(&app, &phone.key, "1", "1.00", at).await);
    assert_eq!(app.see(&order).await["status"], "paid");
    assert_eq!(app.see(&later).await["status"], "pending");
}

#[tokio::test]
async fn a_heartbeats_signature_cannot_be_cut_into_a_push() {
    let (app, phone) = phone().await;
    let order = app.order().await;
    // The published hole: md5(t + key) of a heartbeat is the signature of type 1, price 7 and a t of eleven digits.
    let t = app.now().millis().to_string();
    let sign = md5(&format!("{t}{}", phone.key));
    for cut in [2, 3, 4] {
        let (price, rest) = t[1..].split_at(cut - 1);
        let path = format!("/appPush?t={rest}&type={}&price={price}&sign={sign}", &t[..1]);
        is_refused(&app.get(&path).ask().await.is(200).json(), "客户端时间错误");
    }
    assert_eq!(app.see(&order).await["status"], "pending");
    assert_eq!(notices(&app).await, [] as [Value; 0]);
}

#[tokio::test]
async fn what_is_not_signed_with_its_key_is_refused_and_stores_nothing() {
    let (app, phone) = phone().await;
    let other = add(&app, "vmq").await;
    assert_ne!(phone.key, other.key);
    let t = app.now().millis().to_string();
    let good = push_path(&phone.key, "1", "1.00", &t);
    for bad in [
        push_path("0123456789abcdef0123456789abcdef", "1", "1.00", &t),
        push_path("", "1", "1.00", &t),
        good.replace("price=1.00", "price=0.99"),
        good.replace("type=1", "type=2"),
        good.replace(&format!("t={t}"), &format!("t={}", app.now().millis() + 1)),
        good.split("&sign=").next().unwrap().to_owned(),
        "/appPush".to_owned(),
    ] {
        is_refused(&app.get(&bad).ask().await.is(200).json(), "签名校验错误");
    }
    assert_eq!(notices(&app).await, [] as [Value; 0]);
    app.owner(reqwest::Method::DELETE, &format!("/devices/{}", phone.id)).ask().await.is(204);
    app.get(&good).ask().await.problem(401, "revoked_device");
}

#[tokio::test]
async fn a_time_outside_of_its_window_is_refused() {
    let (app, phone) = phone().await;
    let minutes = |n: i64| app.now().plus(Millis::seconds(n * 60));
    for at in [minutes(16), minutes(-48 * 60 - 1)] {
        is_refused(&push(&app, &phone.key, "1", "1.00", at).await, "客户端时间错误");
    }
    for at in [minutes(16), minutes(-16)] {
        is_refused(&heart(&app, &phone.key, at).await, "客户端时间错误");
    }
    assert_eq!(notices(&app).await, [] as [Value; 0]);
    for at in [minutes(-47 * 60), minutes(14)] {
        is_done(&push(&app, &phone.key, "1", "1.00", at).await);
    }
}

#[tokio::test]
async fn a_price_that_is_no_plain_number_is_kept_and_told_to_the_owner() {
    let (app, phone) = phone().await;
    let order = app.order().await;
    for (n, price) in ["1.0E7", "1.000", "-1.00", "1,00", "01.00", ""].into_iter().enumerate() {
        let at = app.now().plus(Millis::new(i64::try_from(n).unwrap()));
        is_done(&push(&app, &phone.key, "1", price, at).await);
    }
    is_refused(&push(&app, &phone.key, "3", "1.00", app.now()).await, "支付方式错误");
    assert_eq!(reasons(&app).await, ["amount_missing"; 6]);
    assert_eq!(app.see(&order).await["status"], "pending");
}

#[tokio::test]
async fn the_phones_clock_is_measured_by_its_heartbeats() {
    let (app, phone) = shop(Adapter::Vmq, "vmq").await;
    let behind = |at: Timestamp| at.minus(Millis::seconds(600));
    for _ in 0..3 {
        assert_eq!(heart(&app, &phone.key, behind(app.now())).await["code"], 1);
        app.pass(30);
    }
    let order = app.order().await;
    app.pass(20);
    is_done(&push(&app, &phone.key, "1", "1.00", behind(app.now())).await);
    assert_eq!(app.see(&order).await["status"], "paid");
    assert_eq!(app.owner_get("/devices").await["items"][0]["clock_offset_ms"], 600_000);
}

#[tokio::test]
async fn a_phone_that_stops_beating_is_silent_and_a_replayed_beat_does_not_wake_it() {
    let (app, phone) = phone().await;
    let last = app.now();
    app.pass(901);
    app.work().await;
    assert_eq!(reasons(&app).await, ["device_silent"]);
    app.wish().ask().await.problem(503, "no_live_account");
    is_refused(&heart(&app, &phone.key, last).await, "客户端时间错误");
    assert_eq!(reasons(&app).await, ["device_silent"]);
    is_done(&heart(&app, &phone.key, app.now()).await);
    assert_eq!(reasons(&app).await, [] as [&str; 0]);
    app.wish().ask().await.is(201);
}

#[tokio::test]
async fn an_owner_may_refuse_amounts_whose_words_nobody_saw() {
    let (app, phone) = phone().await;
    app.owner_patch(&format!("/devices/{}", phone.id), json!({ "trust_min": "no_id" })).await.is(200);
    let order = app.order().await;
    is_done(&push(&app, &phone.key, "1", "1.00", app.now()).await);
    assert_eq!(app.see(&order).await["status"], "pending");
    assert_eq!(reasons(&app).await, ["untrusted"]);
}

#[tokio::test]
async fn it_is_off_until_it_is_switched_on() {
    let app = TestApp::start().await;
    for path in ["/appHeart?t=1&sign=x", "/appPush?t=1&sign=x"] {
        let answer: Answer = app.get(path).ask().await;
        answer.problem(404, "not_found");
    }
}
