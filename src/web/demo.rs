//! The demo's pages: a blog, and a phone that signs a notice and posts it over HTTP, like any other phone.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Web;
use super::assets::Assets;
use super::error::{Problem, internal, invalid, not_found};
use super::extract::Json;
use super::reader::page::{found, message};
use super::reader::products::facts_of;
use crate::domain::receipt::{Notice, ReadAs, ReceiptState};
use crate::domain::time::{Millis, Timestamp};
use crate::storage;
use crate::storage::verbs::{OrderFilter, Page};
use crate::webhook::phone::Phone;

#[derive(Template)]
#[template(path = "demo_blog.html")]
struct DemoBlog<'a> {
    lang: &'static str,
    zh: bool,
    site_name: &'a str,
    assets: &'a Assets,
    site: &'a str,
    product: &'a str,
    price: String,
    phone_url: &'a str,
    wallet_url: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "demo_phone.html")]
struct DemoPhone<'a> {
    lang: &'static str,
    site_name: &'a str,
    assets: &'a Assets,
    blog_url: &'a str,
}

/// The demo's pages: mounted by `matcha demo` only.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/demo/blog", get(demo_blog))
        .route("/demo/phone", get(demo_phone))
        .route("/demo/phone/state", get(demo_state))
        .route("/demo/phone/notices", post(demo_notice))
}

async fn demo_blog(State(web): State<Web>) -> Response {
    let Some(shown) = &web.config.demo else { return not_found().into_response() };
    let facts = match facts_of(&web, shown.site.clone(), shown.product.clone(), None, None).await {
        Ok(facts) => facts,
        Err(problem) => return message(&web, &problem, false),
    };
    let template = DemoBlog {
        lang: "zh-CN",
        zh: true,
        site_name: "山中茶事",
        assets: &web.assets,
        site: &shown.site,
        product: &shown.product,
        price: facts.price.to_string(),
        phone_url: "/demo/phone",
        wallet_url: shown.wallet.as_deref(),
    };
    found(&template, false)
}

async fn demo_phone(State(web): State<Web>) -> Response {
    let template =
        DemoPhone { lang: "zh-CN", site_name: "Matcha", assets: &web.assets, blog_url: "/demo/blog" };
    found(&template, false)
}

/// What the demo's phone page lists: open orders, and what the phone saw last.
async fn demo_state(State(web): State<Web>) -> Result<axum::Json<Value>, Problem> {
    let now = web.app.now();
    let (orders, notices) = web
        .app
        .store
        .read(|tx| {
            let page = Page { before: None, limit: 20 };
            let mut orders = Vec::new();
            for order in tx.orders(&OrderFilter::default(), page)? {
                let title = tx.product(order.product)?.map_or_else(String::new, |p| p.title);
                orders.push((order, title));
            }
            Ok::<_, storage::Error>((orders, tx.notices(None, None, page)?))
        })
        .await?;
    let orders: Vec<_> = orders
        .into_iter()
        .map(|(order, title)| {
            json!({
                "id": order.id, "amount": order.amount, "channel": order.channel, "product": title,
                "status": order.status_at(now), "expires_in_ms": order.expires_in(now),
            })
        })
        .collect();
    let mut recent = Vec::new();
    for notice in notices {
        let outcome = outcome(&web, &notice).await?;
        let seen: Value = serde_json::from_str(&notice.raw).unwrap_or_default();
        recent.push(json!({
            "id": notice.id, "package": seen["package"], "title": seen["title"], "text": seen["text"], "outcome": outcome,
        }));
    }
    Ok(axum::Json(json!({ "orders": orders, "recent": recent })))
}

/// Posts a notice as the demo's phone: signed, over HTTP, like any other phone.
async fn demo_notice(
    State(web): State<Web>,
    Json(request): Json<DemoNotice>,
) -> Result<axum::Json<Value>, Problem> {
    send_notice(&web, request).await.map(axum::Json)
}

/// What the demo's page asks the phone to show and forward.
#[derive(Debug, Deserialize)]
struct DemoNotice {
    title: String,
    text: String,
    package: String,
    notification_id: Option<i64>,
    /// How long ago the phone saw it.
    #[serde(default)]
    ago_ms: i64,
    /// How long the phone waits before it tells the server.
    #[serde(default)]
    delay_ms: u64,
}

/// The longest delay, so that a forgotten page leaves nothing behind.
const DELAY_MS_MAX: u64 = 600_000;
/// The longest time ago.
const AGO_MS_MAX: i64 = 24 * 3600 * 1000;

/// Posts the notice, now or after its delay.
async fn send_notice(web: &Web, request: DemoNotice) -> Result<Value, Problem> {
    let demo = web.config.demo.clone().ok_or_else(not_found)?;
    if request.delay_ms > DELAY_MS_MAX {
        return Err(invalid("delay_ms", &format!("0 to {DELAY_MS_MAX}")));
    }
    if !(0..=AGO_MS_MAX).contains(&request.ago_ms) {
        return Err(invalid("ago_ms", &format!("0 to {AGO_MS_MAX}")));
    }
    let id = format!("demo-{:016x}", u64::from_be_bytes(web.app.rng.bytes()));
    let posted_at = web.app.now().minus(Millis::new(request.ago_ms));
    let delay = Duration::from_millis(request.delay_ms);
    let phone = Phone::new(&web.config.base_url, demo.device, web.app.secrets().device_secret(demo.device));
    let notice = json!({
        "id": id, "package": request.package, "title": request.title, "text": request.text,
        "posted_at": posted_at, "notification_id": request.notification_id, "key": format!("demo|{id}"),
        "channel_id": if request.package.contains("Alipay") { Some("alipay_default") } else { None },
    });
    if !delay.is_zero() {
        let web = web.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            if let Err(error) = send(&web, &phone, &id, &notice, web.app.now()).await {
                tracing::warn!(%error, "the demo's phone could not post its notice");
            }
        });
        return Ok(json!({ "outcome": "scheduled" }));
    }
    send(web, &phone, &id, &notice, web.app.now()).await.map_err(|error| {
        tracing::warn!(%error, "the demo's phone could not post its notice");
        internal()
    })?;
    let newest =
        web.app.store.read(move |tx| tx.notices(None, None, Page { before: None, limit: 50 })).await?;
    let mine = newest.iter().find(|notice| notice.raw.contains(&id));
    let outcome = match mine {
        Some(notice) => outcome(web, notice).await?,
        None => "stored",
    };
    Ok(json!({ "outcome": outcome }))
}

async fn send(
    web: &Web,
    phone: &Phone,
    id: &str,
    notice: &Value,
    now: Timestamp,
) -> Result<(), reqwest::Error> {
    let body = json!({ "sent_at": now, "notices": [notice] });
    let message = format!("msg_{id}_{:08x}", u32::from_be_bytes(web.app.rng.bytes()));
    phone.post("/api/v1/bridge/notices", &message, now, &body).await?.error_for_status().map(drop)
}

/// What became of a notice, in one word.
async fn outcome(web: &Web, notice: &Notice) -> Result<&'static str, Problem> {
    if notice.read_as != ReadAs::Receipt {
        return Ok(if notice.read_as == ReadAs::Unread { "stored" } else { "ignored" });
    }
    let id = notice.id;
    let found = web
        .app
        .store
        .read(move |tx| {
            let receipts = tx.receipts(None, Page { before: None, limit: 200 })?;
            let receipt = receipts.into_iter().find(|r| r.notice == id);
            let order = match &receipt {
                Some(r) if r.state == ReceiptState::Settled => tx.order_of_receipt(r.id)?,
                Some(_) | None => None,
            };
            let late = match order {
                Some(order) => tx.order(order)?.is_some_and(|o| o.late),
                None => false,
            };
            Ok::<_, storage::Error>((receipt.map(|r| r.state), late))
        })
        .await?;
    Ok(match found {
        (Some(ReceiptState::Settled), true) => "late",
        (Some(ReceiptState::Settled), false) => "settled",
        (Some(ReceiptState::Echo), _) => "echo",
        (Some(ReceiptState::Inbox | ReceiptState::Dismissed), _) => "inbox",
        (Some(ReceiptState::Pin), _) | (None, _) => "stored",
    })
}
