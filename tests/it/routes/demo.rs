//! The demo's pages, which only `matcha demo` serves: a blog, and a phone that posts like any other phone.

use matcha::domain::adapter::Adapters;
use matcha::web::state::{Demo, WebConfig};
use matcha::web::{self, Web};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::app::{Answer, Ask as _, Phone, TestApp, WECHAT_PAY_ID};

/// A second server on the same shop, as the demo starts it.
async fn demo_of(app: &TestApp, phone: &Phone) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let shown = Demo {
        device: phone.id.parse().unwrap(),
        site: "blog".to_owned(),
        product: "tea".to_owned(),
        wallet: None,
    };
    let config = WebConfig {
        base_url: base_url.clone(),
        trusted_proxies: Vec::new(),
        adapters: Adapters::default(),
        demo: Some(shown),
    };
    let stopping = app.web.stopping.clone();
    let router = web::router(Web::new(app.app.clone(), config, stopping.clone()));
    tokio::spawn(web::serve::serve(listener, router, stopping));
    base_url
}

async fn post(app: &TestApp, base: &str, amount: &str, more: Value) -> Answer {
    let mut body = json!({ "title": "微信支付", "text": format!("微信支付收款{amount}元(朋友到店)"),
        "package": "com.tencent.mm", "notification_id": WECHAT_PAY_ID });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.http.post(format!("{base}/demo/phone/notices")).json(&body).ask().await
}

#[tokio::test]
async fn the_demo_shows_a_blog_and_a_phone() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let base = demo_of(&app, &phone).await;
    let get = |path: &str| app.http.get(format!("{base}{path}")).ask();
    assert_eq!(get("/").await.is(307).header("location"), "/demo/blog");
    let blog = get("/demo/blog").await.is(200).text();
    assert!(blog.contains("site=\"blog\"") && blog.contains("product=\"tea\""), "{blog}");
    assert!(get("/demo/phone").await.is(200).text().contains("/assets/demo-phone."));
}

#[tokio::test]
async fn the_demos_phone_tells_what_became_of_each_notice() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let base = demo_of(&app, &phone).await;
    let (first, second) = (app.order().await, app.order().await);
    let outcome = async |amount: &str, more: Value| {
        post(&app, &base, amount, more).await.is(200).json()["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome(&first.amount, json!({})).await, "settled");
    assert_eq!(outcome("0.50", json!({})).await, "inbox");
    assert_eq!(outcome("0.50", json!({ "title": "张三" })).await, "stored");
    assert_eq!(outcome("0.50", json!({ "text": "微信支付凭证" })).await, "ignored");
    app.pass(150);
    assert_eq!(outcome(&second.amount, json!({ "ago_ms": 1000 })).await, "late");
    let state = app.http.get(format!("{base}/demo/phone/state")).ask().await.is(200).json();
    let listed = |key: &str| state[key].as_array().unwrap().len();
    assert_eq!((listed("orders"), listed("recent")), (2, 5));
    assert_eq!(state["recent"][0]["outcome"], "late");
    for more in [json!({ "delay_ms": 600_001 }), json!({ "ago_ms": -1 })] {
        post(&app, &base, "1.00", more).await.problem(422, "invalid");
    }
}
