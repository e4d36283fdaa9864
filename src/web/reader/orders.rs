//! Orders: make, look, extend, cancel, show the code.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::work;
use crate::domain::id::OrderId;
use crate::flow::checkout::{Outcome, Wish};
use crate::flow::gateway;
use crate::flow::order::{self, View};
use crate::flow::pressure::Effort;
use crate::flow::{Error, Thing};
use crate::limits;
use crate::qr;
use crate::secrets::Personal;
use crate::web::Web;
use crate::web::cors::foreign_origin;
use crate::web::dto::{OrderBody, OrderRequest, ProblemBody};
use crate::web::error::{
    Problem, coupon_refused, gateway_trouble, internal, no_free_amount, origin_not_allowed, too_many,
    too_many_tries, unavailable,
};
use crate::web::extract::{Client, Json, PathOf, bearer, created, may_see, reader};

/// Orders a product: an amount nobody else is paying is held for this reader.
#[utoipa::path(post, path = "/api/v1/orders", tag = "reader", request_body = OrderRequest, responses(
    (status = 201, description = "A new order", body = OrderBody),
    (status = 200, description = "The order this client_order_id stands for", body = OrderBody),
    (status = 404, description = "site_not_found, product_not_found, coupon_not_found", body = ProblemBody),
    (status = 409, description = "client_order_id_reused, coupon_expired, coupon_used_up", body = ProblemBody),
    (status = 429, description = "too_many_orders, too_many_from_address, proof_of_work, too_many_tries", body = ProblemBody),
    (status = 503, description = "no_free_amount, no_live_account, not_for_sale, storage_unavailable", body = ProblemBody),
))]
pub async fn create(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    Json(request): Json<OrderRequest>,
) -> Result<Response, Problem> {
    let wish = wish(&web, client, &headers, request);
    let outcome = gateway::order(&web.app, wish.clone()).await?;
    web.metrics.checkout(&outcome);
    match outcome {
        Outcome::Created(view) => Ok(created(true, axum::Json(with_token(&web, *view)))),
        Outcome::Existing(view) => Ok(created(false, axum::Json(with_token(&web, *view)))),
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

pub(crate) fn wish(web: &Web, client: Client, headers: &HeaderMap, request: OrderRequest) -> Wish {
    let secrets = web.app.secrets();
    let block = client.block();
    Wish {
        site: request.site,
        product: request.product,
        channel: request.channel,
        client_order_id: request.client_order_id,
        coupon: request.coupon.filter(|typed| !typed.trim().is_empty()),
        renew: request.renew,
        reader: reader(web, headers),
        address: secrets.pseudonym(Personal::AddressBlock(&block)),
        exact_address: secrets.pseudonym(Personal::Address(client.0)),
        origin: foreign_origin(headers, &web.config.base_url),
        effort: match client.is_near() {
            true => Effort::NotAsked,
            false if work::is_proved(web, headers, &block) => Effort::Proved,
            false => Effort::None,
        },
        chance: u32::from_be_bytes(web.app.rng.bytes()),
    }
}

/// Why there is no order.
pub(crate) fn refusal(web: &Web, wish: &Wish, outcome: &Outcome) -> Problem {
    match outcome {
        Outcome::NoFreeAmount { next_free_at } => no_free_amount(*next_free_at, web.app.now()),
        Outcome::NoLiveAccount => unavailable(
            "no_live_account",
            "收款手机暂时离线, 现在付款无法自动解锁, 请勿付款, 稍后再来。",
            "The phone that hears payments is offline: a payment could not open the article. Please do not pay now.",
        )
        .retry_after(limits::RETRY_AFTER_MAX),
        Outcome::NotForSale => unavailable(
            "not_for_sale",
            "站长还没有为这个价格准备收款码。",
            "The owner has no payment code for this price yet.",
        ),
        Outcome::TooManyOrders { limit } => too_many(
            "too_many_orders",
            &format!("你已有 {limit} 个未付款的订单, 请先付款或取消。"),
            &format!("You have {limit} open orders; pay or cancel one first."),
        )
        .with("limit", *limit),
        Outcome::TooManyFromAddress { limit } => too_many(
            "too_many_from_address",
            "同一网络下未付款的订单太多, 请稍后再试。",
            "Too many open orders from your network; please try again shortly.",
        )
        .with("limit", *limit)
        .retry_after(limits::RETRY_AFTER_MAX),
        Outcome::ProofOfWork => work::demand(web, wish),
        Outcome::OriginRefused => origin_not_allowed(),
        Outcome::Coupon(offer) => coupon_refused(offer),
        Outcome::Gateway(trouble) => gateway_trouble(trouble),
        Outcome::TooManyTries { wait } => too_many_tries(*wait),
        Outcome::Created(_) | Outcome::Existing(_) => internal(),
    }
}

fn with_token(web: &Web, view: View) -> OrderBody {
    OrderBody::new(web, view, web.app.now()).with_token(web)
}

async fn body(web: &Web, id: OrderId) -> Result<OrderBody, Problem> {
    let view = order::get(&web.app, id).await?;
    Ok(OrderBody::new(web, view, web.app.now()))
}

/// The order, for who has its token.
#[utoipa::path(get, path = "/api/v1/orders/{id}", tag = "reader", params(("id" = String, Path)),
    security(("order_token" = [])), responses(
    (status = 200, description = "The order; when paid with the right to read", body = OrderBody),
    (status = 401, description = "unauthorized", body = ProblemBody),
    (status = 404, description = "order_not_found", body = ProblemBody),
))]
pub async fn get(
    State(web): State<Web>,
    PathOf(id): PathOf<OrderId>,
    headers: HeaderMap,
) -> Result<axum::Json<OrderBody>, Problem> {
    may_see(&web, id, bearer(&headers))?;
    body(&web, id).await.map(axum::Json)
}

/// One more window, at most ten times.
#[utoipa::path(post, path = "/api/v1/orders/{id}/extend", tag = "reader", params(("id" = String, Path)),
    security(("order_token" = [])), responses(
    (status = 200, description = "The order", body = OrderBody),
    (status = 409, description = "order_not_pending, no_extensions_left", body = ProblemBody),
))]
pub async fn extend(
    State(web): State<Web>,
    PathOf(id): PathOf<OrderId>,
    headers: HeaderMap,
) -> Result<axum::Json<OrderBody>, Problem> {
    may_see(&web, id, bearer(&headers))?;
    let view = order::extend(&web.app, id).await?;
    Ok(axum::Json(OrderBody::new(&web, view, web.app.now())))
}

/// Gives the order up. Its amount rests before somebody else gets it; a payment on its way still counts.
#[utoipa::path(post, path = "/api/v1/orders/{id}/cancel", tag = "reader", params(("id" = String, Path)),
    security(("order_token" = [])), responses(
    (status = 200, description = "The order", body = OrderBody),
    (status = 409, description = "order_not_pending", body = ProblemBody),
))]
pub async fn cancel(
    State(web): State<Web>,
    PathOf(id): PathOf<OrderId>,
    headers: HeaderMap,
) -> Result<axum::Json<OrderBody>, Problem> {
    may_see(&web, id, bearer(&headers))?;
    let view = order::cancel(&web.app, id).await?;
    Ok(axum::Json(OrderBody::new(&web, view, web.app.now())))
}

/// Where the picture of a code comes from.
enum Picture {
    /// It was prepared.
    Png(Vec<u8>),
    /// It is drawn from what the gateway said.
    Says(String),
}

/// The picture of the code to scan. Public: it says nothing that the owner does not show to every payer.
#[utoipa::path(get, path = "/api/v1/orders/{id}/code.png", tag = "reader", params(("id" = String, Path)), responses(
    (status = 200, description = "A PNG", content_type = "image/png"),
    (status = 404, description = "order_not_found", body = ProblemBody),
))]
pub async fn code_png(State(web): State<Web>, PathOf(id): PathOf<OrderId>) -> Result<Response, Problem> {
    let picture = web
        .app
        .store
        .read(move |tx| {
            let order = tx.order(id)?.ok_or(Error::NotFound(Thing::Order))?;
            match order.code {
                Some(code) => Ok(Picture::Png(tx.code_png(code)?.ok_or(Error::NotFound(Thing::Code))?)),
                None => {
                    let says = tx.trades_of(id)?.into_iter().find_map(|trade| trade.qr_code);
                    says.map(Picture::Says).ok_or(Error::NotFound(Thing::Code))
                }
            }
        })
        .await?;
    match picture {
        Picture::Png(png) => Ok(png_response(png)),
        Picture::Says(text) => qr::draw(&text).map(png_response).map_err(|_| internal()),
    }
}

pub(crate) fn png_response(png: Vec<u8>) -> Response {
    let mut response = png.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    // The picture of an order never changes.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}
