//! Forwarders that post words to an address with a token in it: SmsForwarder, receiptnotice, recipes.

use matcha::domain::adapter::Adapter;
use serde_json::{Value, json};

use super::{Added, add, notices, reasons, shop};
use crate::app::{Answer, Ask as _, TestApp, text};

const PAID: &str = "微信支付收款1.00元(朋友到店)";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

async fn post(app: &TestApp, phone: &Added, kind: &str, body: impl Into<String>) -> Answer {
    app.post(&phone.path).header("content-type", kind).body(body.into()).ask().await
}

/// The template that the owner is given, filled in as SmsForwarder fills it in: an instant with its zone, and one in
/// milliseconds.
async fn smsforwarder(app: &TestApp, phone: &Added, words: &str) -> Answer {
    let connection = app.owner_get(&format!("/devices/{}/connection", phone.id)).await;
    let now = app.now().to_string();
    let zoned = now.replace("04:", "12:").replace('Z', "+08:00");
    let body = text(&connection["template"])
        .replace("[from]", "com.tencent.mm")
        .replace("[title]", "微信支付")
        .replace("[org_content]", words)
        .replace("[receive_time:yyyy-MM-dd'T'HH:mm:ss.SSSXXX]", &zoned)
        .replace("[timestamp]", &app.now().millis().to_string())
        .replace("[device_mark]", "Mi 6");
    post(app, phone, JSON, body).await
}

#[tokio::test]
async fn smsforwarders_template_pays_an_order() {
    let (app, phone) = shop(Adapter::Smsforwarder, "smsforwarder").await;
    let order = app.order().await;
    app.pass(9);
    smsforwarder(&app, &phone, PAID).await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid");
    let notice = &notices(&app).await[0];
    assert_eq!(notice["posted_at"], "2026-11-20T04:00:09.000Z");
    assert_eq!(notice["raw"]["original"]["device"], "Mi 6");
    assert_eq!(app.owner_get("/receipts").await["items"][0]["trust"], "no_id");
}

#[tokio::test]
async fn smsforwarders_default_form_pays_an_order_too_where_its_content_is_the_bare_text() {
    let (app, phone) = shop(Adapter::Smsforwarder, "smsforwarder").await;
    let order = app.order().await;
    let encoded: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("from", "com.tencent.mm")
        .append_pair("title", "微信支付")
        .append_pair("content", PAID)
        .append_pair("timestamp", &app.now().millis().to_string())
        .append_pair("sign", "BkVb1GvsA1GNChXQpcWceK8lUxNjzynBBWRhBGxtBls=")
        .finish();
    post(&app, &phone, FORM, encoded).await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid");
}

#[tokio::test]
async fn the_same_content_of_the_same_time_is_one_notice() {
    let (app, phone) = shop(Adapter::Smsforwarder, "smsforwarder").await;
    app.order().await;
    for _ in 0..3 {
        smsforwarder(&app, &phone, PAID).await.is(200);
    }
    assert_eq!((notices(&app).await.len(), reasons(&app).await.len()), (1, 0));
    // The app's own repetition: sent later, of the same time.
    let again = json!({ "from": "com.tencent.mm", "title": "微信支付", "text": PAID,
        "receive_time": app.now().to_string(), "timestamp": (app.now().millis() + 2500).to_string() });
    post(&app, &phone, JSON, again.to_string()).await.is(200);
    assert_eq!((notices(&app).await.len(), reasons(&app).await.len()), (1, 0));
    // Money of the same amount a moment later is another matter.
    app.pass(2);
    smsforwarder(&app, &phone, PAID).await.is(200);
    assert_eq!((notices(&app).await.len(), reasons(&app).await), (2, vec!["second_receipt".to_owned()]));
}

#[tokio::test]
async fn local_time_without_a_zone_is_not_taken_for_the_time() {
    let (app, phone) = shop(Adapter::Smsforwarder, "smsforwarder").await;
    let order = app.order().await;
    app.pass(7);
    let body = json!({ "from": "com.tencent.mm", "title": "微信支付", "text": PAID,
        "receive_time": "2026-11-19 20:00:07", "timestamp": app.now().millis().to_string() });
    post(&app, &phone, JSON, body.to_string()).await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid");
    assert_eq!(notices(&app).await[0]["posted_at"], "2026-11-20T04:00:07.000Z");
}

#[tokio::test]
async fn the_words_decide_as_for_any_phone() {
    let (app, phone) = shop(Adapter::Smsforwarder, "smsforwarder").await;
    let order = app.order().await;
    for words in ["已支付¥1.00", "[转账] 请收款1.00元", "张三: 微信支付收款1.00元"] {
        smsforwarder(&app, &phone, words).await.is(200);
    }
    assert_eq!(app.see(&order).await["status"], "pending");
    assert_eq!(app.owner_get("/receipts").await["items"], json!([]));
}

#[tokio::test]
async fn what_a_forwarder_says_of_ids_and_channels_buys_it_no_trust() {
    let (app, phone) = shop(Adapter::Text, "text").await;
    app.order().await;
    let body = json!({ "package": "com.tencent.mm", "title": "微信支付", "text": PAID, "notification_id": -656_511_598,
        "channel_id": "x", "key": "k", "hidden": "garbled", "id": "chosen" });
    post(&app, &phone, JSON, body.to_string()).await.is(200);
    assert_eq!(app.owner_get("/receipts").await["items"][0]["trust"], "no_id");
    assert_eq!(app.owner_get("/devices").await["items"][0]["pins"], json!([]));
}

#[tokio::test]
async fn receiptnotices_push_pays_an_order_and_its_guess_of_the_amount_is_not_believed() {
    let (app, phone) = shop(Adapter::Receiptnotice, "receiptnotice").await;
    let order = app.order().await;
    let push = |money: &str, words: &str| {
        format!(
            r#"{{"type":"wechat","time":"2026-11-20 12:00:00","title":"微信支付","money":"{money}","content":"{words}","deviceid":"d","encrypt":"0"}}"#
        )
    };
    post(&app, &phone, JSON, push("1.00", "微信支付收款88.00元")).await.is(200);
    assert_eq!(app.see(&order).await["status"], "pending");
    post(&app, &phone, JSON, push("88.00", PAID)).await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid");
}

#[tokio::test]
async fn a_nickname_that_breaks_receiptnotices_json_settles_nothing_and_is_told() {
    let (app, phone) = shop(Adapter::Receiptnotice, "receiptnotice").await;
    let order = app.order().await;
    let forged = r#"{"type":"wechat","title":"张三","money":"1","content":"x","title":"微信支付","content":"微信支付收款1.00元","encrypt":"0"}"#;
    let broken = r#"{"type":"wechat","title":"微信支付","money":"1","content":"a"b","encrypt":"0"}"#;
    for body in [forged, broken] {
        post(&app, &phone, JSON, body).await.is(200);
    }
    assert_eq!(app.see(&order).await["status"], "pending");
    assert_eq!(reasons(&app).await, ["amount_missing", "amount_missing"]);
    let kept = notices(&app).await;
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0]["raw"]["original"], broken, "what cannot be parsed is kept as it came");
}

#[tokio::test]
async fn a_receiptnotice_time_of_another_zone_is_left_to_the_owner() {
    let (app, phone) = shop(Adapter::Receiptnotice, "receiptnotice").await;
    let order = app.order().await;
    let body =
        json!({ "type": "wechat", "time": "2026-11-20 04:00:00", "title": "微信支付", "content": PAID });
    post(&app, &phone, JSON, body.to_string()).await.is(200);
    assert_eq!(app.see(&order).await["status"], "pending");
    assert_eq!(reasons(&app).await, ["no_time"]);
}

#[tokio::test]
async fn a_recipe_posts_json_a_form_or_bare_text() {
    let (app, phone) = shop(Adapter::Text, "text").await;
    let order = app.order().await;
    for (kind, body) in [
        ("text/plain", "【招商银行】您尾号1234的账户入账人民币1.00元".to_owned()),
        ("text/plain", "【招商银行】您尾号1234的账户入账人民币1.00元".to_owned()),
        (FORM, "msg=hello+world&from=955555".to_owned()),
        (JSON, json!({ "message": "x", "time": 1_763_611_200 }).to_string()),
        (JSON, "{broken".to_owned()),
        (JSON, String::new()),
    ] {
        post(&app, &phone, kind, body).await.is(200);
        app.pass(1);
    }
    let kept = notices(&app).await;
    assert_eq!(kept.len(), 6, "without a time each post is a notice of its own");
    assert!(kept.iter().all(|n| n["read_as"] == "unread"), "no rule of ours knows a bank's message");
    assert_eq!(
        (&kept[3]["raw"]["text"], &kept[3]["raw"]["package"]),
        (&json!("hello world"), &json!("955555"))
    );
    assert_eq!(app.see(&order).await["status"], "pending");
}

#[tokio::test]
async fn an_owners_rule_reads_what_a_recipe_posts() {
    let (app, phone) = shop(Adapter::Text, "text").await;
    let rule = r#"
        version = "mine"
        [[rule]]
        name = "cmb"
        kind = "receipt"
        channel = "alipay"
        package = "95555"
        title = '.*'
        announcer = "招商银行"
        text = '【招商银行】您尾号[0-9]{4}的账户入账人民币{amount}元'
        accept = [{ text = "【招商银行】您尾号1234的账户入账人民币1.00元", amount = "1.00" }]
        reject = [{ text = "【招商银行】您尾号1234的账户支出人民币1.00元" }]
    "#;
    std::fs::write(app.dir.path().join("rules.toml"), rule).unwrap();
    app.owner_post("/rules/reload", json!({})).await.is(200);
    let wish = json!({ "site": "blog", "product": "tea", "channel": "alipay" });
    let order = crate::app::Order::of(app.post("/api/v1/orders").json(&wish).ask().await.is(201).json());
    let body = json!({ "from": "95555", "text": "【招商银行】您尾号1234的账户入账人民币1.00元" });
    post(&app, &phone, JSON, body.to_string()).await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid");
}

#[tokio::test]
async fn the_token_opens_its_own_address_only() {
    let app = TestApp::start_with(|setup| {
        setup.adapters = vec![Adapter::Smsforwarder, Adapter::Receiptnotice, Adapter::Text];
    })
    .await;
    let phone = add(&app, "text").await;
    let token = phone.path.rsplit('/').next().unwrap();
    let mut other = token.to_owned().into_bytes();
    other[10] = if other[10] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(other).unwrap();
    for path in [
        format!("/in/smsforwarder/{token}"),
        format!("/in/receiptnotice/{token}"),
        format!("/in/text/{other}"),
        format!("/in/text/{token}A"),
        "/in/text/x".to_owned(),
    ] {
        app.post(&path).body("x").ask().await.problem(401, "unauthorized");
    }
    app.get(&phone.path).ask().await.problem(405, "method_not_allowed");
    assert_eq!(notices(&app).await, [] as [Value; 0]);
    app.post(&phone.path).body("x".repeat(2 * 1024 * 1024)).ask().await.problem(413, "body_too_large");
    app.owner(reqwest::Method::DELETE, &format!("/devices/{}", phone.id)).ask().await.is(204);
    app.post(&phone.path).body("x").ask().await.problem(401, "revoked_device");
}

#[tokio::test]
async fn they_are_off_until_they_are_switched_on() {
    let app = TestApp::start().await;
    for name in ["smsforwarder", "receiptnotice", "text"] {
        app.post(&format!("/in/{name}/x")).body("x").ask().await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_forwarder_that_does_not_beat_is_never_called_silent() {
    let (app, phone) = shop(Adapter::Smsforwarder, "smsforwarder").await;
    app.pass(2 * 24 * 3600);
    app.work().await;
    assert_eq!(reasons(&app).await, [] as [&str; 0]);
    let device = &app.owner_get("/devices").await["items"][0];
    assert_eq!((&device["silent"], &device["beats"]), (&json!(false), &json!(false)));
    app.order().await;
    assert_eq!(device["id"], phone.id);
}
