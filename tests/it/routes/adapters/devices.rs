//! How the owner adds a device that speaks through an adapter.

use matcha::domain::adapter::Adapter;
use serde_json::json;

use super::shop;
use crate::app::{Ask as _, TestApp, text};

#[tokio::test]
async fn what_is_typed_into_the_app_is_told_when_it_is_added_and_again() {
    let all = [
        (Adapter::Vmq, "vmq", "amount_only", true),
        (Adapter::Smsforwarder, "smsforwarder", "no_id", false),
        (Adapter::Receiptnotice, "receiptnotice", "no_id", false),
        (Adapter::Text, "text", "no_id", false),
    ];
    for (adapter, kind, trust, beats) in all {
        let (app, phone) = shop(adapter, kind).await;
        let devices = app.owner_get("/devices").await["items"].clone();
        let device = &devices[0];
        assert_eq!((&device["id"], &device["kind"]), (&json!(phone.id), &json!(kind)));
        assert_eq!((&device["trust_max"], &device["trust_min"]), (&json!(trust), &json!(trust)));
        assert_eq!((&device["beats"], &device["silent"]), (&json!(beats), &json!(false)));
        assert_eq!(device["accounts"].as_array().map(Vec::len), Some(2), "it hears all accounts");
        let connection = app.owner_get(&format!("/devices/{}/connection", phone.id)).await;
        if kind == "vmq" {
            assert_eq!(connection["url"], app.base_url);
            let host = app.base_url.strip_prefix("http://").unwrap();
            assert_eq!(connection["qr_text"], format!("{host}/{}", phone.key));
            assert!(phone.key.len() == 32 && phone.key.bytes().all(|b| b.is_ascii_hexdigit()));
        } else {
            let url = text(&connection["url"]);
            assert!(url.starts_with(&format!("{}/in/{kind}/", app.base_url)), "{url}");
            assert_eq!((&connection["key"], &connection["qr_text"]), (&json!(null), &json!(null)));
        }
    }
}

#[tokio::test]
async fn a_device_whose_adapter_is_off_is_not_added() {
    let app = TestApp::start().await;
    for kind in ["vmq", "smsforwarder", "receiptnotice", "text"] {
        let answer = app.owner_post("/devices", json!({ "kind": kind, "name": "x" })).await;
        let problem = answer.problem(409, "adapter_off");
        assert_eq!(problem["setting"], format!("{kind}_adapter"));
    }
    assert_eq!(app.owner_get("/devices").await["items"], json!([]));
}

#[tokio::test]
async fn the_companion_app_pairs_and_an_unknown_kind_or_account_is_refused() {
    let app = TestApp::start_with(|setup| setup.adapters = vec![Adapter::Text]).await;
    let add = |body: serde_json::Value| app.owner_post("/devices", body);
    add(json!({ "kind": "bridge", "name": "x" })).await.problem(422, "invalid");
    add(json!({ "kind": "fax", "name": "x" })).await.problem(422, "invalid");
    add(json!({ "kind": "text", "name": " " })).await.problem(422, "invalid");
    add(json!({ "kind": "text", "name": "x", "accounts": ["acc_1"] }))
        .await
        .problem(404, "account_not_found");
    let phone = app.phone().await;
    let path = format!("/devices/{}/connection", phone.id);
    app.owner(reqwest::Method::GET, &path).ask().await.problem(404, "device_not_found");
    app.owner(reqwest::Method::GET, "/devices/dev_1/connection").ask().await.problem(404, "device_not_found");
}
