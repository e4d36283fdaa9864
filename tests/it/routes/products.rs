//! `/api/v1/sites/{site}/products/{slug}`, its content, and `/api/v1/unlocks/restore`.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, Order, TestApp, sample, shape, text};

const TEA: &str = "/api/v1/sites/blog/products/tea";
const CONTENT: &str = "/api/v1/sites/blog/products/tea/content";

async fn read(app: &TestApp, path: &str, token: &str) -> Answer {
    app.get(path).bearer_auth(token).ask().await
}

async fn restore(app: &TestApp, code: &str) -> Answer {
    app.post("/api/v1/unlocks/restore").json(&json!({ "code": code })).ask().await
}

fn unlock(order: &Order, key: &str) -> String {
    text(&order.body["unlock"][key])
}

#[tokio::test]
async fn anybody_may_know_what_a_product_costs_and_how_it_can_be_paid() {
    let app = TestApp::start().await;
    app.shop().await;
    let alipay = app.account("alipay").await;
    app.upload(&alipay, &sample("alipay", "0.90"), "", "").await.is(201);
    assert_json_snapshot!("product_facts", shape(&app, &app.get(TEA).ask().await.is(200).json()));
}

#[tokio::test]
async fn the_facts_say_when_nothing_can_be_sold() {
    let app = TestApp::start().await;
    app.site("blog", &[]).await;
    app.product("blog", "tea", "1.00").await;
    let state = async || text(&app.get(TEA).ask().await.is(200).json()["state"]);
    assert_eq!(state().await, "not_for_sale");
    let wechat = app.account("wechat").await;
    assert_eq!(state().await, "not_for_sale", "a wallet without a code takes no money");
    app.upload(&wechat, &sample("wechat", "0.90"), "0.80", "").await.is(201);
    assert_eq!(state().await, "not_for_sale", "nor does a code far from the price");
    app.upload(&wechat, &sample("wechat", "0.91"), "0.91", "").await.is(201);
    assert_eq!(state().await, "on_sale", "without a phone the owner confirms by hand");
    let phone = app.phone().await;
    app.pass(15 * 60 + 1);
    assert_eq!(state().await, "no_live_account");
    phone.heartbeat().await.is(200);
    assert_eq!(state().await, "on_sale");
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let app = TestApp::start().await;
    app.shop().await;
    for suffix in ["", "/content"] {
        let path = |site, slug| format!("/api/v1/sites/{site}/products/{slug}{suffix}");
        app.get(&path("nowhere", "tea")).ask().await.problem(404, "site_not_found");
        app.get(&path("blog", "nothing")).ask().await.problem(404, "product_not_found");
        app.get(&path("%E8%8C%B6", "tea")).ask().await.problem(404, "site_not_found");
        app.get(&path("%FF", "tea")).ask().await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn without_paying_there_is_a_price_and_no_text() {
    let app = TestApp::start().await;
    app.shop().await;
    let answer = app.get(CONTENT).header("accept-language", "en").ask().await;
    assert_json_snapshot!("payment_required", shape(&app, &answer.problem(402, "payment_required")));
    for token in ["", "mu1.x.y", "ot_x", &app.owner_key] {
        let refused = read(&app, CONTENT, token).await;
        let (status, code) = if token.is_empty() { (402, "payment_required") } else { (401, "bad_token") };
        refused.problem(status, code);
        assert!(!refused.text().contains("the paid text"));
    }
}

#[tokio::test]
async fn the_unlock_token_opens_its_product_and_no_other() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.product("blog", "water", "1.00").await;
    app.site("other", &[]).await;
    app.product("other", "tea", "1.00").await;
    let token = unlock(&app.bought(&phone).await, "token");
    assert_eq!(
        read(&app, CONTENT, &token).await.is(200).json(),
        json!({ "html": "<p>the paid text of tea</p>" })
    );
    for path in ["/api/v1/sites/blog/products/water/content", "/api/v1/sites/other/products/tea/content"] {
        read(&app, path, &token).await.problem(402, "payment_required");
    }
}

#[tokio::test]
async fn a_token_that_another_server_signed_opens_nothing() {
    let (app, other) = (TestApp::start().await, TestApp::start_with(|setup| setup.seed = 7).await);
    let (phone, other_phone) = (app.shop().await, other.shop().await);
    // Both have sold the same product under the same ids; only their keys differ.
    let (ours, theirs) = (app.bought(&phone).await, other.bought(&other_phone).await);
    assert_eq!(ours.id, theirs.id);
    read(&app, CONTENT, &unlock(&ours, "token")).await.is(200);
    read(&app, CONTENT, &unlock(&theirs, "token")).await.problem(401, "bad_token");
}

#[tokio::test]
async fn a_refund_ends_the_right_to_read_by_token_and_by_code() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.bought(&phone).await;
    let (token, code) = (unlock(&order, "token"), unlock(&order, "code"));
    let refund = format!("/orders/{}/refund", order.id);
    app.owner_post(&refund, json!({ "note": "他要求退款" })).await.is(200);
    read(&app, CONTENT, &token).await.problem(402, "unlock_revoked");
    restore(&app, &code).await.problem(404, "unlock_not_found");
    let seen = app.see(&order).await;
    assert_eq!((seen["status"].as_str(), seen.get("unlock")), (Some("refunded"), None));
}

#[tokio::test]
async fn a_sealed_product_gives_out_its_key_and_a_hidden_one_says_reveal() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let product = text(&app.owner_get("/products?site=blog").await["items"][0]["id"]);
    let mut key = Value::Null;
    for (lock, expected) in [("sealed", None), ("reveal", Some(json!({ "reveal": true })))] {
        let change = app.owner(Method::PATCH, &format!("/products/{product}")).json(&json!({ "lock": lock }));
        change.ask().await.is(200);
        let token = unlock(&app.bought(&phone).await, "token");
        let body = read(&app, CONTENT, &token).await.is(200).json();
        match expected {
            Some(expected) => assert_eq!(body, expected),
            None => key = body,
        }
    }
    assert_eq!(text(&key["key"]).len(), 43, "256 bits in base64url: {key}");
    assert!(key.get("html").is_none(), "the text of a sealed product is on the blog: {key}");
}

#[tokio::test]
async fn a_recovery_code_brings_the_right_to_read_back_however_it_is_typed() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let code = unlock(&app.bought(&phone).await, "code");
    for typed in
        [code.clone(), code.to_lowercase(), code.replace('-', ""), format!(" {} ", code.replace('-', " "))]
    {
        let body = restore(&app, &typed).await.is(200).json();
        assert_eq!((body["site"].as_str(), body["product"].as_str()), (Some("blog"), Some("tea")));
        read(&app, CONTENT, &text(&body["token"])).await.is(200);
    }
}

#[tokio::test]
async fn a_mistyped_recovery_code_is_told_apart_from_an_unknown_one() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let code = unlock(&app.bought(&phone).await, "code");
    let first = &code[..1];
    let mistyped = format!("{}{}", if first == "7" { "8" } else { "7" }, &code[1..]);
    for typed in ["", "x", &mistyped, &code[1..], &format!("{code}7"), "这不是恢复码"] {
        let problem = restore(&app, typed).await.problem(422, "invalid");
        assert_eq!(problem["field"], "code", "{typed}");
    }
    let unknown = matcha::domain::unlock::RecoveryCode::from_bits(7).to_string();
    restore(&app, &unknown).await.problem(404, "unlock_not_found");
}
