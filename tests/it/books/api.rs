//! The owner's API to the books: who may send money, and what is shown.

use matcha::domain::account::Distinguish;
use matcha::domain::channel::Channel;
use matcha::domain::log::Actor;
use matcha::flow::catalog;
use matcha::storage::verbs::Merchant;
use reqwest::Method;
use serde_json::{Value, json};

use super::write;
use crate::app::{Ask as _, TestApp};

fn request(app: &TestApp, owner_key: &str) -> Value {
    assert!(app.owner_key.starts_with("ok_"));
    json!({
        "owner_key": owner_key, "request_id": "request-1", "payee_kind": "logon_id", "payee": "a@example.com",
        "name": "张三", "amount": "1.00", "remark": "稿费",
    })
}

async fn official(app: &TestApp) -> String {
    let (name, channel) = ("official".to_owned(), Channel::AlipayOfficial);
    let made = catalog::add_account(&app.app, name, channel, Distinguish::Amount, Actor::Console).await;
    let account = made.expect("an account").id;
    let row = Merchant {
        account,
        app_id: "2021000000000000".to_owned(),
        seller_id: None,
        sealed: vec![1],
        updated_at: app.now(),
    };
    write(&app.app, move |tx| Ok(tx.set_merchant(&row)?)).await;
    account.to_string()
}

#[tokio::test]
async fn a_transfer_asks_for_the_owners_key_once_more_and_stores_nothing_without_it() {
    let app = TestApp::start().await;
    official(&app).await;
    let other = app.owner_key.replace("ok_", "ok_x");
    for wrong in ["", "ok_", other.as_str()] {
        let answer = app.owner_post("/transfers", request(&app, wrong)).await;
        answer.problem(403, "reauthentication_failed");
        assert!(!answer.text().contains(&app.owner_key));
    }
    let mut missing = request(&app, "x");
    missing.as_object_mut().unwrap().remove("owner_key");
    app.owner_post("/transfers", missing).await.problem(422, "invalid");
    let anonymous = app.post("/api/v1/owner/transfers").json(&request(&app, &app.owner_key)).ask().await;
    anonymous.problem(401, "unauthorized");
    let off = app.owner_post("/transfers", request(&app, &app.owner_key)).await;
    let problem = off.problem(409, "transfer_daily_max");
    assert!(problem["detail"].as_str().unwrap().contains("transfer_daily_max"), "{problem}");
    assert_eq!(app.owner_get("/transfers").await["items"], json!([]));
}

#[tokio::test]
async fn the_books_are_shown_and_a_watch_is_set_and_ended() {
    let app = TestApp::start().await;
    let official = official(&app).await;
    let personal = app.account("alipay").await;
    let path = format!("/accounts/{personal}/watch");
    let set = app.owner(Method::PUT, &path).json(&json!({ "merchant": official })).ask().await.is(200).json();
    assert_eq!((&set["account"], &set["merchant"]), (&json!(personal), &json!(official)));
    assert_eq!(app.owner_get("/watches").await["items"][0]["device"], set["device"]);
    let devices = app.owner_get("/devices").await;
    assert_eq!(
        (&devices["items"][0]["kind"], &devices["items"][0]["silent"]),
        (&json!("bill"), &json!(false))
    );
    let other = app.account("alipay").await;
    let taken = app.owner(Method::PUT, &format!("/accounts/{other}/watch"));
    taken.json(&json!({ "merchant": official })).ask().await.problem(409, "log_watched");
    let keyless = app.owner(Method::PUT, &format!("/accounts/{other}/watch"));
    keyless.json(&json!({ "merchant": other })).ask().await.problem(404, "account_not_found");
    let ended = app.owner(Method::PUT, &path).json(&json!({})).ask().await.is(200).json();
    assert!(ended["ended_at"].is_string(), "{ended}");
    assert_eq!(app.owner_get("/watches").await["items"], json!([]));
    for list in ["/books/days?book=bill", "/books/days?book=log", "/books/differences"] {
        assert_eq!(app.owner_get(list).await, json!({ "items": [], "next_cursor": null }), "{list}");
    }
    let body = json!({ "kind": "bill", "name": "x" });
    app.owner_post("/devices", body).await.problem(422, "invalid");
}
