//! The inbox, and orders that are settled or refunded by hand.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Ask as _, Order, Phone, TestApp, shape, text};

/// A shop where a reader paid a fen too little for the order that is returned; the money is in the inbox.
async fn underpaid() -> (TestApp, Phone, Order, String) {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.order().await;
    app.pass(10);
    phone.receive("0.97").await;
    let item = text(&app.owner_get("/inbox").await["items"][0]["id"]);
    (app, phone, order, item)
}

async fn order(app: &TestApp, id: &str) -> Value {
    app.owner_get(&format!("/orders/{id}")).await
}

fn acts(order: &Value) -> Vec<&str> {
    order["log"].as_array().unwrap().iter().map(|line| line["act"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_inbox_item_says_why_with_its_notice_and_its_suggestions() {
    let (app, ..) = underpaid().await;
    let listed = app.owner_get("/inbox").await;
    assert_json_snapshot!("inbox_item", shape(&app, &listed["items"][0]));
}

#[tokio::test]
async fn the_owner_names_the_order_that_an_item_paid() {
    let (app, _, wanted, item) = underpaid().await;
    let settled =
        app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": wanted.id })).await.is(200).json();
    assert_eq!((&settled["state"], &settled["order"]), (&json!("settled"), &json!(wanted.id)));
    assert_eq!((&settled["receipt"]["state"], &settled["suggestions"]), (&json!("settled"), &json!([])));
    let seen = app.see(&wanted).await;
    assert!(seen["status"] == "paid" && seen["unlock"]["token"].is_string(), "{seen}");
    let owned = order(&app, &wanted.id).await;
    assert_eq!(acts(&owned), ["order.created", "order.paid"]);
    assert!(text(&owned["log"][1]["actor"]).starts_with("owner"), "{owned}");
    let again = app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": wanted.id })).await;
    again.problem(409, "item_resolved");
}

#[tokio::test]
async fn an_undone_settlement_leaves_the_order_unpaid_and_the_item_open() {
    let (app, _, wanted, item) = underpaid().await;
    app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": wanted.id })).await.is(200);
    let token = text(&app.see(&wanted).await["unlock"]["token"]);
    let undone = app.owner_post(&format!("/inbox/{item}/undo"), json!({})).await.is(200).json();
    assert_eq!(
        (&undone["state"], &undone["order"], &undone["resolved_at"]),
        (&json!("open"), &Value::Null, &Value::Null)
    );
    assert_eq!(app.see(&wanted).await["status"], "expired");
    let content = app.get("/api/v1/sites/blog/products/tea/content").bearer_auth(&token).ask().await;
    content.problem(402, "unlock_revoked");
    app.owner_post(&format!("/inbox/{item}/undo"), json!({})).await.problem(409, "item_open");
    // What was undone can be done again, and gives a new right to read.
    app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": wanted.id })).await.is(200);
    assert_eq!(app.see(&wanted).await["status"], "paid");
}

#[tokio::test]
async fn a_dismissed_item_says_why_and_can_be_brought_back() {
    let (app, _, _, item) = underpaid().await;
    for bad in [json!({}), json!({ "reason": "" }), json!({ "reason": 1 })] {
        app.owner_post(&format!("/inbox/{item}/dismiss"), bad).await.problem(422, "invalid");
    }
    let reason = json!({ "reason": "朋友还的饭钱" });
    let done = app.owner_post(&format!("/inbox/{item}/dismiss"), reason.clone()).await.is(200).json();
    assert_eq!((&done["state"], &done["note"]), (&json!("dismissed"), &reason["reason"]));
    assert_eq!(done["receipt"]["state"], "dismissed");
    app.owner_post(&format!("/inbox/{item}/dismiss"), reason).await.problem(409, "item_resolved");
    let states = async || {
        let of = async |state: &str| {
            app.owner_get(&format!("/inbox?state={state}")).await["items"].as_array().unwrap().len()
        };
        (of("open").await, of("dismissed").await)
    };
    assert_eq!(states().await, (0, 1));
    app.owner_post(&format!("/inbox/{item}/undo"), json!({})).await.is(200);
    assert_eq!(states().await, (1, 0));
}

#[tokio::test]
async fn an_order_that_is_paid_already_takes_no_second_receipt() {
    let (app, phone, wanted, item) = underpaid().await;
    phone.receive(&wanted.amount).await;
    let settle = app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": wanted.id })).await;
    settle.problem(409, "order_paid");
    let open = app.owner_get("/inbox?state=open").await["items"].as_array().unwrap().len();
    assert_eq!(open, 1, "the item is still there");
}

#[tokio::test]
async fn an_item_without_an_amount_settles_nothing() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let wanted = app.order().await;
    let mut notice = phone.notice("1.00");
    notice["text"] = json!("收款到账通知");
    phone.send(&[notice]).await.is(200);
    let item = app.owner_get("/inbox").await["items"][0].clone();
    assert_eq!((&item["reason"], &item["receipt"]), (&json!("amount_missing"), &Value::Null));
    let path = format!("/inbox/{}/settle", text(&item["id"]));
    app.owner_post(&path, json!({ "order": wanted.id })).await.problem(409, "no_receipt");
}

#[tokio::test]
async fn a_second_payment_of_a_paid_order_is_the_owners_to_give_back() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let wanted = app.bought(&phone).await;
    app.pass(5);
    phone.receive(&wanted.amount).await;
    assert_eq!(app.owner_get("/inbox").await["items"][0]["reason"], "second_receipt");
}

#[tokio::test]
async fn the_owner_settles_an_order_by_hand_with_a_note() {
    let app = TestApp::start().await;
    app.shop().await;
    let wanted = app.order().await;
    let path = format!("/orders/{}/settle", wanted.id);
    let settled = app.owner_post(&path, json!({ "note": "他发了截图" })).await.is(200).json();
    assert_json_snapshot!("owner_order", shape(&app, &settled));
    assert!(app.see(&wanted).await["unlock"]["token"].is_string());
    app.owner_post(&path, json!({})).await.problem(409, "order_paid");
}

#[tokio::test]
async fn a_refund_is_noted_once_and_only_for_what_was_paid() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let pending = app.order().await;
    let refund = |id: &str| format!("/orders/{id}/refund");
    app.owner_post(&refund(&pending.id), json!({})).await.problem(409, "order_not_paid");
    phone.receive(&pending.amount).await;
    let done = app.owner_post(&refund(&pending.id), json!({ "note": "退" })).await.is(200).json();
    assert_eq!(done["status"], "refunded");
    assert_eq!(*acts(&done).last().unwrap(), "order.refunded");
    app.owner_post(&refund(&pending.id), json!({})).await.problem(409, "order_not_paid");
    app.owner_post(&refund(&pending.id), json!({ "note": "a\u{0}b" })).await.problem(422, "invalid");
    app.owner_post(&format!("/orders/{}/settle", pending.id), json!({})).await.problem(409, "order_paid");
}

#[tokio::test]
async fn a_settlement_whose_order_was_refunded_cannot_be_undone() {
    let (app, _, wanted, item) = underpaid().await;
    app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": wanted.id })).await.is(200);
    app.owner_post(&format!("/orders/{}/refund", wanted.id), json!({})).await.is(200);
    app.owner_post(&format!("/inbox/{item}/undo"), json!({})).await.problem(409, "order_not_paid");
    assert_eq!(app.owner_get("/inbox").await["items"][0]["state"], "settled");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (app, _, wanted, item) = underpaid().await;
    for path in ["/orders/ord_1/settle", "/orders/ord_1/refund"] {
        app.owner_post(path, json!({})).await.problem(404, "order_not_found");
    }
    app.owner(Method::GET, "/orders/ord_1").ask().await.problem(404, "order_not_found");
    for (act, body) in [
        ("settle", json!({ "order": wanted.id })),
        ("dismiss", json!({ "reason": "x" })),
        ("undo", json!({})),
    ] {
        app.owner_post(&format!("/inbox/inb_1/{act}"), body).await.problem(404, "inbox_item_not_found");
    }
    app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": "ord_1" }))
        .await
        .problem(404, "order_not_found");
    app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": "inb_1" }))
        .await
        .problem(422, "invalid");
}
