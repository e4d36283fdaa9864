//! Sites, products and phones.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Ask as _, TestApp, shape, text};

#[tokio::test]
async fn a_site_is_made_once_and_listed() {
    let app = TestApp::start().await;
    let body = json!({ "slug": "blog", "name": "山中茶事", "origins": ["https://Blog.Example:443/"] });
    let made = app.owner_post("/sites", body.clone()).await.is(201).json();
    assert_json_snapshot!("site", shape(&app, &made));
    app.owner_post("/sites", body).await.problem(409, "site_exists");
    assert_eq!(app.owner_get("/sites").await, json!({ "items": [made], "next_cursor": null }));
}

#[tokio::test]
async fn a_site_that_cannot_be_is_refused_by_the_field_that_is_wrong() {
    let app = TestApp::start().await;
    let site =
        |slug: &str, name: &str, origins: Value| json!({ "slug": slug, "name": name, "origins": origins });
    let many: Vec<String> = (0..51).map(|n| format!("https://{n}.example")).collect();
    for (body, field) in [
        (site("茶", "x", json!([])), "slug"),
        (site("", "x", json!([])), "slug"),
        (site("a/b", "x", json!([])), "slug"),
        (site("blog", " ", json!([])), "name"),
        (site("blog", "x", json!(["blog.example"])), "origins"),
        (site("blog", "x", json!(["https://blog.example/path"])), "origins"),
        (site("blog", "x", json!(["*"])), "origins"),
        (site("blog", "x", json!(many)), "origins"),
        (site("blog", "x", json!("https://blog.example")), "body"),
    ] {
        assert_eq!(app.owner_post("/sites", body).await.problem(422, "invalid")["field"], field);
    }
}

#[tokio::test]
async fn what_is_changed_of_a_site_counts_for_the_next_order() {
    let app = TestApp::start().await;
    app.shop().await;
    let open = app.order().await;
    let patch =
        json!({ "pay_window_ms": 60_000, "cool_down_ms": 1_000, "max_discount": "0.01", "name": "茶" });
    let changed = app.owner_patch("/sites/blog", patch).await.is(200).json();
    assert_eq!((changed["max_discount"].as_str(), changed["name"].as_str()), (Some("0.01"), Some("茶")));
    assert_eq!(app.see(&open).await["expires_in_ms"], 120_000, "an open order keeps its window");
    assert_eq!(app.order().await.body["expires_in_ms"], 60_000);
    app.wish().ask().await.problem(503, "no_free_amount");
}

#[tokio::test]
async fn a_site_takes_no_windows_that_would_break_the_rules_of_money() {
    let app = TestApp::start().await;
    app.shop().await;
    for (patch, field) in [
        (json!({ "pay_window_ms": 0 }), "pay_window_ms"),
        (json!({ "pay_window_ms": 3_600_001 }), "pay_window_ms"),
        (json!({ "cool_down_ms": 0 }), "cool_down_ms"),
        (json!({ "cool_down_ms": -1 }), "cool_down_ms"),
        (json!({ "max_discount": "100.01" }), "max_discount"),
        (json!({ "max_surcharge": "100.01" }), "max_surcharge"),
        (json!({ "max_discount": "-0.01" }), "body"),
        (json!({ "max_discount": 0.01 }), "body"),
        (json!({ "pay_windw_ms": 60_000 }), "body"),
        (json!({ "origins": ["ftp://x"] }), "origins"),
        (json!({ "name": "" }), "name"),
    ] {
        let problem = app.owner_patch("/sites/blog", patch.clone()).await.problem(422, "invalid");
        assert_eq!(problem["field"], field, "{patch}");
    }
    app.owner_patch("/sites/nowhere", json!({})).await.problem(404, "site_not_found");
    app.owner_patch("/sites/blog", json!({ "accounts": ["acc_1"] })).await.problem(404, "account_not_found");
    let unchanged = app.owner_patch("/sites/blog", json!({})).await.is(200).json();
    assert_eq!((&unchanged["pay_window_ms"], &unchanged["max_discount"]), (&json!(120_000), &json!("0.10")));
}

#[tokio::test]
async fn a_site_uses_the_accounts_it_names_and_all_where_it_names_none() {
    let app = TestApp::start().await;
    app.shop().await;
    let second = app.account("wechat").await;
    app.codes(&second, "wechat", &["1.00"]).await;
    app.owner_patch("/sites/blog", json!({ "accounts": [second] })).await.is(200);
    assert_eq!(app.order().await.amount, "1.00");
    app.wish().ask().await.problem(503, "no_free_amount");
    let open = app.owner_patch("/sites/blog", json!({ "accounts": [] })).await.is(200).json();
    assert_eq!(open["accounts"], json!([]));
    assert_eq!(app.order().await.amount, "1.00", "of the other account");
}

#[tokio::test]
async fn a_product_is_made_once_changed_and_listed() {
    let app = TestApp::start().await;
    app.shop().await;
    let body = json!({ "site": "blog", "slug": "water", "title": "水", "price": "0.99", "lock": "reveal" });
    let made = app.owner_post("/products", body.clone()).await.is(201).json();
    assert_json_snapshot!("product", shape(&app, &made));
    app.owner_post("/products", body).await.problem(409, "product_exists");
    let path = format!("/products/{}", text(&made["id"]));
    let patch = json!({ "price": "1.00", "title": "热水", "lock": "hosted", "html": "<p>x</p>" });
    let changed = app.owner_patch(&path, patch).await.is(200).json();
    assert_eq!(app.owner_get("/products?site=blog").await["items"][0], changed);
    app.owner_patch("/products/prd_1", json!({})).await.problem(404, "product_not_found");
    app.owner(Method::GET, "/products?site=nowhere").ask().await.problem(404, "site_not_found");
}

#[tokio::test]
async fn a_product_that_cannot_be_is_refused_by_the_field_that_is_wrong() {
    let app = TestApp::start().await;
    app.site("blog", &[]).await;
    let good = json!({ "site": "blog", "slug": "tea", "title": "茶", "price": "1.00", "lock": "hosted", "html": "x" });
    for (key, value, field) in [
        ("slug", json!("a b"), "slug"),
        ("title", json!("\u{7}"), "title"),
        ("price", json!("0.00"), "price"),
        ("price", json!("1.001"), "body"),
        ("price", json!(1), "body"),
        ("lock", json!("open"), "body"),
        ("html", json!(" "), "html"),
        ("html", Value::Null, "html"),
        ("html", json!("x".repeat(512 * 1024 + 1)), "html"),
    ] {
        let mut body = good.clone();
        body[key] = value;
        assert_eq!(app.owner_post("/products", body).await.problem(422, "invalid")["field"], field, "{key}");
    }
    let mut elsewhere = good.clone();
    elsewhere["site"] = json!("nowhere");
    app.owner_post("/products", elsewhere).await.problem(404, "site_not_found");
    let id = text(&app.owner_post("/products", good).await.is(201).json()["id"]);
    let patch = json!({ "html": "", "lock": "hosted" });
    app.owner_patch(&format!("/products/{id}"), patch).await.problem(422, "invalid");
}

#[tokio::test]
async fn an_open_order_keeps_its_price_when_the_product_gets_another() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.order().await;
    let id = text(&app.owner_get("/products").await["items"][0]["id"]);
    app.owner_patch(&format!("/products/{id}"), json!({ "price": "0.99" })).await.is(200);
    assert_eq!(app.see(&order).await["price"], "1.00");
    phone.receive("1.00").await;
    assert_eq!(app.see(&order).await["status"], "paid");
    assert_eq!(app.order().await.amount, "0.99");
}

#[tokio::test]
async fn a_phone_is_listed_with_what_it_hears_and_how_it_is() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.pass(60);
    phone.heartbeat().await.is(200);
    phone.receive("0.01").await;
    let listed = app.owner_get("/devices").await;
    assert_json_snapshot!("device", shape(&app, &listed["items"][0]));
    app.pass(5 * 60);
    assert_eq!(app.owner_get("/devices").await["items"][0]["silent"], false);
    app.pass(60);
    assert_eq!(app.owner_get("/devices").await["items"][0]["silent"], true);
}

#[tokio::test]
async fn a_phone_is_renamed_demands_more_trust_and_forgets_its_pins() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    phone.receive("0.01").await;
    let path = format!("/devices/{}", phone.id);
    let patch = json!({ "name": "新手机", "trust_min": "pinned", "forget_pins": true });
    let changed = app.owner_patch(&path, patch).await.is(200).json();
    assert_eq!(
        (&changed["name"], &changed["trust_min"], &changed["pins"]),
        (&json!("新手机"), &json!("pinned"), &json!([]))
    );
    let order = app.order().await;
    phone.receive(&order.amount).await;
    assert_eq!(app.see(&order).await["status"], "pending");
    assert_eq!(app.owner_get("/inbox").await["items"][0]["reason"], "untrusted");
    for bad in [json!({ "name": "" }), json!({ "trust_min": "blind" }), json!({ "silent": false })] {
        app.owner_patch(&path, bad).await.problem(422, "invalid");
    }
    app.owner_patch("/devices/dev_1", json!({})).await.problem(404, "device_not_found");
}

#[tokio::test]
async fn a_revoked_phone_stays_in_the_list_and_is_not_waited_for() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let path = format!("/devices/{}", phone.id);
    app.owner(Method::DELETE, &path).ask().await.is(204);
    app.owner(Method::DELETE, &path).ask().await.is(204);
    app.pass(3600);
    let device = &app.owner_get("/devices").await["items"][0];
    assert_eq!(
        (&device["revoked_at"], &device["silent"]),
        (&json!("2026-11-20T04:00:00.000Z"), &json!(false))
    );
    app.owner(Method::DELETE, "/devices/dev_1").ask().await.problem(404, "device_not_found");
}

#[tokio::test]
async fn a_pairing_names_its_accounts_and_they_must_be_there() {
    let app = TestApp::start().await;
    let (first, _) = (app.account("wechat").await, app.account("alipay").await);
    let invited = app.owner_post("/devices/pairing", json!({ "accounts": [first] })).await.is(201).json();
    let body = json!({ "pairing_code": invited["pairing_code"], "name": "x" });
    app.post("/api/v1/bridge/pair").json(&body).ask().await.is(200);
    assert_eq!(app.owner_get("/devices").await["items"][0]["accounts"], json!([first]));
    app.owner_post("/devices/pairing", json!({ "accounts": ["acc_1"] }))
        .await
        .problem(404, "account_not_found");
    app.owner_post("/devices/pairing", json!({ "accounts": ["dev_1"] })).await.problem(422, "invalid");
}
