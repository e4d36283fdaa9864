//! The endpoints of the original article: `/v1/Pay/…` and `/PayQRCode/{fen}.jpg`, off until they are switched on.

use matcha::domain::adapter::Adapter;
use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, Phone, TestApp, sample, text};

/// A shop with the endpoints on, whose article costs what it cost in the original.
async fn shop() -> (TestApp, Phone) {
    let app = TestApp::start_with(|setup| setup.adapters = vec![Adapter::Article]).await;
    let account = app.account("wechat").await;
    for amount in ["0.80", "0.01"] {
        app.upload(&account, &sample("wechat", "0.90"), amount, "").await.is(201);
    }
    app.site("blog", &[]).await;
    app.product("blog", "1024", "0.80").await;
    let phone = app.phone().await;
    (app, phone)
}

async fn call(app: &TestApp, name: &str, body: &Value) -> Answer {
    app.post(&format!("/v1/Pay/{name}")).json(body).ask().await
}

async fn add_order(app: &TestApp) -> Value {
    call(app, "AddOrder", &json!({ "articleid": "1024" })).await.is(200).json()
}

/// Posts a body as the original phone does: all it can be told is an address.
async fn notify(app: &TestApp, phone: &Phone, body: &str) -> Answer {
    let secret = phone.secret.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let path = format!("/v1/Pay/PayNotify?device={}&secret={secret}", phone.id);
    app.post(&path).header("content-type", "application/json").body(body.to_owned()).ask().await
}

/// The original phone's own words for ¥0.80, at noon in China.
const PAID: &str = r#"{"title":"微信支付","time":"2020-05-08 23:34:11","money":"0.80","deviceid":"mydevice","content":"[2条]微信支付: 微信支付收款0.80元(朋友到店)"}"#;

fn paid_at(time: &str) -> String {
    PAID.replace("2020-05-08 23:34:11", time)
}

#[tokio::test]
async fn they_are_off_until_they_are_switched_on() {
    let app = TestApp::start().await;
    app.shop().await;
    for name in ["AddOrder", "QueryOrder", "DiscardOrder", "QueryAlreadyBuy", "PayNotify"] {
        call(&app, name, &json!({ "articleid": "tea" })).await.problem(404, "not_found");
    }
    app.get("/PayQRCode/100.jpg").ask().await.problem(404, "not_found");
}

#[tokio::test]
async fn an_order_is_added_paid_by_the_original_phone_and_queried() {
    let (app, phone) = shop().await;
    let order = add_order(&app).await;
    assert_eq!(
        (&order["code"], &order["money"], &order["qrcode"]),
        (&json!(0), &json!("0.80"), &json!("/PayQRCode/80.jpg"))
    );
    assert_eq!((&order["paid"], &order["expires"]), (&json!(false), &json!(120)));
    app.pass(11);
    let answer = notify(&app, &phone, &paid_at("2026-11-20 12:00:11")).await.is(200).json();
    assert_eq!(answer, json!({ "code": 0, "msg": "success" }));
    let asked = json!({ "orderid": order["orderid"], "token": order["token"] });
    let seen = call(&app, "QueryOrder", &asked).await.is(200).json();
    assert_eq!((&seen["paid"], &seen["status"]), (&json!(true), &json!("paid")));
    let content = app.get("/api/v1/sites/blog/products/1024/content").bearer_auth(text(&seen["unlock"]));
    assert_eq!(content.ask().await.is(200).json()["html"], "<p>the paid text of 1024</p>");
}

#[tokio::test]
async fn the_clerks_message_without_a_time_counts_now_and_twice_is_two_payments() {
    let (app, phone) = shop().await;
    app.product("blog", "1", "0.01").await;
    let clerk = r#"{"title":"微信收款助手","money":"null","content":"[店员消息]收款到账0.01元"}"#;
    for _ in 0..2 {
        let order = call(&app, "AddOrder", &json!({ "articleid": "1" })).await.is(200).json();
        app.pass(5);
        notify(&app, &phone, clerk).await.is(200);
        let asked = json!({ "orderid": order["orderid"], "token": order["token"] });
        assert_eq!(call(&app, "QueryOrder", &asked).await.is(200).json()["paid"], true);
        app.pass(300);
        app.work().await;
        phone.heartbeat().await.is(200);
    }
}

#[tokio::test]
async fn the_phones_own_guess_of_the_amount_is_not_believed() {
    let (app, phone) = shop().await;
    let order = add_order(&app).await;
    let body = json!({ "title": "微信支付", "time": "2026-11-20 12:00:00", "money": "0.80", "content": "微信支付收款99.00元" });
    notify(&app, &phone, &body.to_string()).await.is(200);
    let asked = json!({ "orderid": order["orderid"], "token": order["token"] });
    assert_eq!(call(&app, "QueryOrder", &asked).await.is(200).json()["paid"], false);
    assert_eq!(app.owner_get("/receipts").await["items"][0]["amount"], "99.00");
}

#[tokio::test]
async fn the_original_body_is_kept_and_the_same_one_twice_is_one_notice() {
    let (app, phone) = shop().await;
    add_order(&app).await;
    for _ in 0..2 {
        notify(&app, &phone, &paid_at("2026-11-20 12:00:00")).await.is(200);
    }
    let notices = app.owner_get("/notices").await["items"].clone();
    assert_eq!(notices.as_array().unwrap().len(), 1);
    assert_eq!(notices[0]["posted_at"], "2026-11-20T04:00:00.000Z", "the original phone writes China's time");
    assert_eq!(notices[0]["raw"]["original"]["deviceid"], "mydevice");
    assert_eq!(app.owner_get("/inbox").await["items"], json!([]));
}

#[tokio::test]
async fn without_the_phones_secret_nothing_is_stored() {
    let (app, phone) = shop().await;
    let other = app.phone().await;
    let body = paid_at("2026-11-20 12:00:00");
    for query in [
        String::new(),
        format!("?device={}", phone.id),
        format!("?secret={}", phone.secret),
        format!("?device={}&secret=whsec_AAAA", phone.id),
        format!("?device={}&secret={}", phone.id, other.secret),
        format!("?device=mydevice&secret={}", phone.secret),
    ] {
        let request = app.post(&format!("/v1/Pay/PayNotify{query}")).body(body.clone());
        request.ask().await.problem(401, "unauthorized");
    }
    assert_eq!(app.owner_get("/notices").await["items"], json!([]));
    let in_headers =
        app.post("/v1/Pay/PayNotify").header("matcha-device", &phone.id).bearer_auth(&phone.secret);
    in_headers.body(body.clone()).ask().await.is(200);
    app.owner(reqwest::Method::DELETE, &format!("/devices/{}", phone.id)).ask().await.is(204);
    notify(&app, &phone, &body).await.problem(401, "revoked_device");
}

#[tokio::test]
async fn a_discarded_order_is_cancelled() {
    let (app, _) = shop().await;
    let order = add_order(&app).await;
    let asked = json!({ "OrderId": order["orderid"], "token": order["token"] });
    assert_eq!(call(&app, "DiscardOrder", &asked).await.is(200).json()["status"], "cancelled");
    call(&app, "DiscardOrder", &asked).await.problem(409, "order_not_pending");
}

#[tokio::test]
async fn an_order_is_nobody_elses_to_query_or_discard() {
    let (app, _) = shop().await;
    let order = add_order(&app).await;
    for name in ["QueryOrder", "DiscardOrder"] {
        for body in
            [json!({ "orderid": order["orderid"] }), json!({ "orderid": order["orderid"], "token": "ot_x" })]
        {
            call(&app, name, &body).await.problem(401, "unauthorized");
        }
        call(&app, name, &json!({ "orderid": "1" })).await.problem(404, "order_not_found");
    }
}

#[tokio::test]
async fn nobody_owns_anything_by_address_unless_the_site_wants_it_so() {
    let (app, phone) = shop().await;
    let asked = json!({ "articleid": "1024" });
    let from = |address: &str, name: &str| {
        app.post(&format!("/v1/Pay/{name}")).header("x-forwarded-for", address).json(&asked).ask()
    };
    from("203.0.113.7", "AddOrder").await.is(200);
    phone.receive("0.80").await;
    let nothing = json!({ "code": 0, "bought": false });
    assert_eq!(from("203.0.113.7", "QueryAlreadyBuy").await.is(200).json(), nothing);
    app.owner_patch("/sites/blog", json!({ "ip_ownership": true })).await.is(200);
    assert_eq!(
        from("203.0.113.7", "QueryAlreadyBuy").await.is(200).json(),
        nothing,
        "bought before it was wanted"
    );
    app.pass(200);
    from("203.0.113.7", "AddOrder").await.is(200);
    phone.receive("0.80").await;
    let bought = from("203.0.113.7", "QueryAlreadyBuy").await.is(200).json();
    assert_eq!((&bought["bought"], &bought["html"]), (&json!(true), &json!("<p>the paid text of 1024</p>")));
    assert_eq!(from("203.0.113.8", "QueryAlreadyBuy").await.is(200).json(), nothing);
}

#[tokio::test]
async fn the_picture_is_where_the_original_page_looks_for_it() {
    let (app, _) = shop().await;
    let picture = app.get("/PayQRCode/80.jpg").ask().await.is(200);
    assert_eq!(picture.header("content-type"), "image/png");
    assert_eq!(picture.bytes, sample("wechat", "0.90"));
    app.get("/PayQRCode/81.jpg").ask().await.problem(404, "code_not_found");
    for name in ["80.png", "0.80.jpg", "-1.jpg", "99999999999999999999.jpg", "..%2f80.jpg"] {
        app.get(&format!("/PayQRCode/{name}")).ask().await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn with_two_sites_the_site_must_be_named() {
    let (app, _) = shop().await;
    app.site("other", &[]).await;
    let asked = json!({ "articleid": "1024" });
    assert_eq!(call(&app, "AddOrder", &asked).await.problem(422, "invalid")["field"], "site");
    call(&app, "AddOrder", &json!({ "site": "blog", "articleid": "1024" })).await.is(200);
    call(&app, "AddOrder", &json!({ "site": "other", "articleid": "1024" }))
        .await
        .problem(404, "product_not_found");
}

#[tokio::test]
async fn an_order_that_is_not_there_looks_like_one_of_somebody_else() {
    let (app, _) = shop().await;
    let unknown = json!({ "orderid": "ord_7263544117862400", "token": "ot_nonsense" });
    for name in ["QueryOrder", "DiscardOrder"] {
        call(&app, name, &unknown).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_page_of_the_blog_may_call_them_and_another_may_not() {
    let app = TestApp::start_with(|setup| setup.adapters = vec![Adapter::Article]).await;
    app.account("wechat").await;
    app.site("blog", &["https://blog.example"]).await;
    app.product("blog", "1024", "0.80").await;
    let preflight = async |origin: &'static str| {
        let asked = app.options("/v1/Pay/AddOrder").header("origin", origin);
        asked.header("access-control-request-method", "POST").ask().await
    };
    let answer = preflight("https://blog.example").await.is(204);
    assert_eq!(answer.header("access-control-allow-origin"), "https://blog.example");
    assert_eq!(preflight("https://evil.example").await.header("access-control-allow-origin"), "");
}
