//! The endpoints of the original article: `POST /v1/Pay/…` and `/PayQRCode/{fen}.jpg`.
//!
//! Off by default (`article_adapter`). A page that was made for them goes on working; `PayNotify` takes the original
//! phone's body, but only with a paired device's id and secret. Ownership by address (`QueryAlreadyBuy`) answers only
//! for sites that switched it on, because everybody behind one address then owns what one of them bought.

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::channel::Channel;
use crate::domain::id::{DeviceId, OrderId};
use crate::domain::money::Fen;
use crate::domain::order::OrderStatus;
use crate::flow::checkout::{self, Outcome};
use crate::flow::device::Message;
use crate::flow::order::{self, View};
use crate::flow::unlock::{self, Access, Content};
use crate::flow::{Error, Thing, find};
use crate::limits;
use crate::secrets::Personal;
use crate::secrets::sha256;
use crate::web::Web;
use crate::web::adapters::forward::{Answer, china_time, store};
use crate::web::bridge::no_device_secret;
use crate::web::dto::OrderRequest;
use crate::web::error::{Problem, invalid, no_credentials};
use crate::web::extract::{Client, Json, PathOf, bearer, body, may_see, parse};
use crate::web::reader::orders::{png_response, refusal, wish};

/// The routes, to be merged where the adapter is on.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/v1/Pay/AddOrder", post(add_order))
        .route("/v1/Pay/QueryOrder", post(query_order))
        .route("/v1/Pay/DiscardOrder", post(discard_order))
        .route("/v1/Pay/QueryAlreadyBuy", post(query_already_buy))
        .route("/v1/Pay/PayNotify", post(pay_notify))
        .route("/PayQRCode/{file}", get(qr_code))
}

/// Which article; the site may be left out where there is only one.
#[derive(Debug, Deserialize)]
struct Article {
    site: Option<String>,
    #[serde(
        alias = "articleid",
        alias = "articleId",
        alias = "ArticleId",
        alias = "productid",
        alias = "productId"
    )]
    product: String,
    #[serde(alias = "clientOrderId")]
    client_order_id: Option<String>,
}

/// Which order.
#[derive(Debug, Deserialize)]
struct OrderRef {
    #[serde(alias = "orderid", alias = "orderId", alias = "OrderId", alias = "id")]
    order: String,
    token: Option<String>,
}

async fn site_of(web: &Web, named: Option<String>) -> Result<String, Problem> {
    if let Some(site) = named {
        return Ok(site);
    }
    let sites = web.app.store.read(|tx| tx.sites()).await?;
    match sites.as_slice() {
        [only] => Ok(only.slug.as_str().to_owned()),
        _ => Err(invalid("site", "name the site: there is not exactly one")),
    }
}

fn order_body(web: &Web, view: &View) -> Value {
    let now = web.app.now();
    let order = &view.order;
    json!({
        "code": 0,
        "orderid": order.id,
        "token": web.app.order_token(order.id),
        "money": order.amount,
        "price": order.price,
        "qrcode": format!("/PayQRCode/{}.jpg", order.amount.get()),
        "image": format!("{}/api/v1/orders/{}/code.png", web.config.base_url, order.id),
        "status": order.status_at(now),
        "paid": order.status == OrderStatus::Paid,
        "expires": (order.expires_in(now).get() + 999) / 1000,
    })
}

async fn add_order(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    Json(article): Json<Article>,
) -> Result<axum::Json<Value>, Problem> {
    let site = site_of(&web, article.site).await?;
    let request = OrderRequest {
        site,
        product: article.product,
        channel: Some(Channel::Wechat),
        client_order_id: article.client_order_id,
        coupon: None,
        renew: None,
    };
    let wish = wish(&web, client, &headers, request);
    match checkout::create(&web.app, wish.clone()).await? {
        Outcome::Created(view) | Outcome::Existing(view) => Ok(axum::Json(order_body(&web, &view))),
        refused @ (Outcome::NoFreeAmount { .. }
        | Outcome::NoLiveAccount
        | Outcome::NotForSale
        | Outcome::TooManyOrders { .. }
        | Outcome::TooManyFromAddress { .. }
        | Outcome::ProofOfWork
        | Outcome::OriginRefused
        | Outcome::Coupon(_)
        | Outcome::Gateway(_)
        | Outcome::TooManyTries { .. }) => Err(refusal(&web, &wish, &refused)),
    }
}

/// The order, for who has its token, or comes from its address where the site opted in.
async fn owned(web: &Web, client: Client, headers: &HeaderMap, asked: OrderRef) -> Result<View, Problem> {
    let id: OrderId = asked.order.parse().map_err(|_| Problem::from(Error::NotFound(Thing::Order)))?;
    let has_token = may_see(web, id, asked.token.as_deref().or(bearer(headers))).is_ok();
    let address = exact_address(web, client);
    match order::get(&web.app, id).await {
        Ok(view) if has_token || view.order.owner_address == Some(address) => Ok(view),
        Ok(_) => Err(no_credentials("order token")),
        // Which orders there are is nobody's business.
        Err(Error::NotFound(_)) if !has_token => Err(no_credentials("order token")),
        Err(error) => Err(error.into()),
    }
}

fn exact_address(web: &Web, client: Client) -> i64 {
    web.app.secrets().pseudonym(Personal::Address(client.0))
}

async fn query_order(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    Json(asked): Json<OrderRef>,
) -> Result<axum::Json<Value>, Problem> {
    let view = owned(&web, client, &headers, asked).await?;
    let mut body = order_body(&web, &view);
    if let Some(unlock) = &view.unlock {
        body["unlock"] = json!(unlock::token(&web.app, unlock));
    }
    Ok(axum::Json(body))
}

async fn discard_order(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    Json(asked): Json<OrderRef>,
) -> Result<axum::Json<Value>, Problem> {
    let view = owned(&web, client, &headers, asked).await?;
    let view = order::cancel(&web.app, view.order.id).await?;
    Ok(axum::Json(order_body(&web, &view)))
}

async fn query_already_buy(
    State(web): State<Web>,
    client: Client,
    Json(article): Json<Article>,
) -> Result<axum::Json<Value>, Problem> {
    let site = site_of(&web, article.site).await?;
    let address = exact_address(&web, client);
    let (slug, product) = (site.clone(), article.product.clone());
    let unlock = web
        .app
        .store
        .read(move |tx| {
            let site = find::site(tx, &slug)?;
            let product = find::product(tx, site.id, &product)?;
            if !site.ip_ownership {
                return Ok(None);
            }
            let order = tx.paid_by_address(product.id, address)?;
            Ok::<_, Error>(order.map(|o| tx.unlock_of(o.id)).transpose()?.flatten())
        })
        .await?;
    let Some(unlock) = unlock else { return Ok(axum::Json(json!({ "code": 0, "bought": false }))) };
    let token = unlock::token(&web.app, &unlock);
    let html = match unlock::content(&web.app, site, article.product, Some(token.clone()), None).await? {
        Access::Open { content: Content::Html(html), .. } => Some(html),
        Access::Open { content: Content::Key { .. } | Content::Reveal, .. }
        | Access::Locked(_)
        | Access::Refused(_)
        | Access::NoSuchKey { .. } => None,
    };
    Ok(axum::Json(json!({ "code": 0, "bought": true, "unlock": token, "html": html })))
}

/// What the original phone posts. `money` is its own guess; the rules read the text.
#[derive(Debug, Deserialize)]
struct PayNotify {
    title: String,
    /// Some versions leave it out.
    time: Option<String>,
    content: Option<String>,
}

/// The app that posts notifications of such a title.
fn package_of(title: &str) -> &'static str {
    if title.starts_with("微信") || title.starts_with("Weixin") {
        "com.tencent.mm"
    } else {
        "com.eg.android.AlipayGphone"
    }
}

/// What an address may carry.
#[derive(Debug, Default, Deserialize)]
struct Credentials {
    device: Option<String>,
    secret: Option<String>,
}

/// The device and its secret: in headers, or in the query, because the original phone can only be told an address.
fn credentials(headers: &HeaderMap, uri: &Uri) -> Option<(DeviceId, String)> {
    let Query(query) = Query::<Credentials>::try_from_uri(uri).unwrap_or_default();
    let device = headers.get("matcha-device").and_then(|h| h.to_str().ok()).map(str::to_owned);
    let device = device.or(query.device)?.parse().ok()?;
    // A secret is base64 without blanks: a blank is a plus sign that somebody did not escape.
    let secret = bearer(headers).map(str::to_owned).or(query.secret)?.replace(' ', "+");
    Some((device, secret))
}

async fn pay_notify(
    State(web): State<Web>,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Answer, Problem> {
    let body = body(request, limits::JSON_BODY_BYTES_MAX).await?;
    let (device, secret) = credentials(&headers, &uri).ok_or_else(no_device_secret)?;
    let expected = web.app.secrets().device_secret(device);
    if !bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), secret.as_bytes())) {
        return Err(no_device_secret());
    }
    let notice: PayNotify = parse(&body)?;
    let now = web.app.now();
    let hash = sha256(&body);
    let id: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    let translated = json!({
        "id": id,
        "package": package_of(&notice.title),
        "title": notice.title,
        "text": notice.content,
        // Without a time it is now: two payments of one amount would otherwise look like one notice.
        "posted_at": notice.time.as_deref().and_then(china_time).unwrap_or(now),
        "original": serde_json::from_slice::<Value>(&body).unwrap_or_default(),
    });
    // Only whole seconds of the phone's clock are told, and only of the notification: nothing to measure it by.
    let message = Message { id: format!("article_{id}"), body_hash: hash, sent_at: None };
    store(&web, device, message, &translated).await
}

/// The picture of the code for so many fen: the original page builds this address itself.
async fn qr_code(State(web): State<Web>, PathOf(file): PathOf<String>) -> Result<Response, Problem> {
    let fen = file.strip_suffix(".jpg").and_then(|n| n.parse::<i64>().ok()).and_then(Fen::new);
    let fen = fen.ok_or_else(crate::web::error::not_found)?;
    let png = web
        .app
        .store
        .read(move |tx| {
            for account in tx.accounts()?.iter().filter(|a| a.channel == Channel::Wechat) {
                let fixed = tx.fixed_codes(account.id, fen, fen)?.first().map(|(_, _, code)| *code);
                if let Some(code) = fixed.or(tx.open_code(account.id)?) {
                    return tx.code_png(code);
                }
            }
            Ok(None)
        })
        .await?;
    png.map(png_response).ok_or_else(|| Error::NotFound(Thing::Code).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_come_from_headers_or_from_the_address() {
        let expected = Some((DeviceId::from_raw(12), "whsec_a+b/c=".to_owned()));
        for query in [
            "device=dev_12&secret=whsec_a%2Bb%2Fc%3D",
            "secret=whsec_a%2bb%2fc%3d&device=dev_12",
            "device=dev_12&secret=whsec_a+b/c=",
        ] {
            let uri: Uri = format!("/v1/Pay/PayNotify?{query}").parse().unwrap();
            assert_eq!(credentials(&HeaderMap::new(), &uri), expected, "{query}");
        }
        let bare = Uri::from_static("/v1/Pay/PayNotify");
        let mut headers = HeaderMap::new();
        headers.insert("matcha-device", "dev_12".parse().unwrap());
        headers.insert("authorization", "Bearer whsec_a+b/c=".parse().unwrap());
        assert_eq!(credentials(&headers, &bare), expected);
        let half = Uri::from_static("/v1/Pay/PayNotify?device=dev_12");
        assert_eq!(credentials(&HeaderMap::new(), &half), None);
    }
}
