//! What other phones and pages already speak, through addresses that are off until they are switched on.

mod article;
mod devices;
mod forwarders;
mod vmq;

use matcha::domain::adapter::Adapter;
use serde_json::{Value, json};

use crate::app::{TestApp, text};

/// A device of that kind, as the owner adds it.
pub(super) struct Added {
    pub(super) id: String,
    /// The path it posts to.
    pub(super) path: String,
    pub(super) key: String,
}

/// A shop with an adapter switched on and a device that speaks through it; no phone with the companion app.
pub(super) async fn shop(adapter: Adapter, kind: &str) -> (TestApp, Added) {
    let app = TestApp::start_with(|setup| setup.adapters = vec![adapter]).await;
    for channel in ["wechat", "alipay"] {
        let account = app.account(channel).await;
        app.codes(&account, channel, &["1.00", "0.99"]).await;
    }
    app.site("blog", &[]).await;
    app.product("blog", "tea", "1.00").await;
    let added = add(&app, kind).await;
    (app, added)
}

pub(super) async fn add(app: &TestApp, kind: &str) -> Added {
    let body = json!({ "kind": kind, "name": "旧手机" });
    let added = app.owner_post("/devices", body).await.is(201).json();
    let connection = &added["connection"];
    Added {
        id: text(&added["id"]),
        path: text(&connection["url"]).strip_prefix(&app.base_url).expect("our address").to_owned(),
        key: connection["key"].as_str().unwrap_or("").to_owned(),
    }
}

pub(super) async fn notices(app: &TestApp) -> Vec<Value> {
    app.owner_get("/notices").await["items"].as_array().expect("a list").clone()
}

pub(super) async fn reasons(app: &TestApp) -> Vec<String> {
    let items = app.owner_get("/inbox?state=open").await["items"].as_array().expect("a list").clone();
    items.iter().map(|item| text(&item["reason"])).collect()
}
