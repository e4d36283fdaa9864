//! A membership that renews itself, as its reader starts, sees and ends it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::pay::{gateway_return, is_on_site};
use crate::domain::id::{AgreementId, OrderId};
use crate::domain::log::Actor;
use crate::domain::subscription::Ending;
use crate::flow::gateway::cashier::Ways;
use crate::flow::gateway::subscription::sign::Started;
use crate::flow::gateway::subscription::{self, sign};
use crate::flow::{Error, Thing, order};
use crate::web::Web;
use crate::web::dto::{PageBody, ProblemBody, SubscribeBody, SubscribeRequest, SubscriptionBody};
use crate::web::error::{Problem, gateway_trouble, no_credentials, token_refused};
use crate::web::extract::{JsonOrNothing, PathOf, bearer, created, may_see};

/// Opens the page on which the reader of an order signs for its renewal: the payment's own while the order is open at
/// Alipay's gateway, so that paying and signing are one act, else one of its own when it is paid. `back` is the page of the
/// site that he comes back to.
#[utoipa::path(post, path = "/api/v1/orders/{id}/subscription", tag = "reader", params(("id" = String, Path)),
    request_body = SubscribeRequest, security(("order_token" = [])), responses(
    (status = 201, description = "Where he signs", body = SubscribeBody),
    (status = 404, description = "order_not_found, account_not_found", body = ProblemBody),
    (status = 409, description = "not_renewing, renews_already, charge_under_way, order_not_paid", body = ProblemBody),
    (status = 503, description = "gateway_refused", body = ProblemBody),
))]
pub async fn start_with_order(
    State(web): State<Web>,
    headers: HeaderMap,
    PathOf(id): PathOf<OrderId>,
    JsonOrNothing(request): JsonOrNothing<SubscribeRequest>,
) -> Result<Response, Problem> {
    may_see(&web, id, bearer(&headers))?;
    start(&web, id, request).await
}

/// Opens the page on which a reader signs for the renewal of the membership that his unlock token opens.
#[utoipa::path(post, path = "/api/v1/subscriptions", tag = "reader", request_body = SubscribeRequest,
    security(("unlock_token" = [])), responses(
    (status = 201, description = "Where he signs", body = SubscribeBody),
    (status = 401, description = "bad_token, signed_out", body = ProblemBody),
    (status = 409, description = "not_renewing, renews_already, charge_under_way, order_not_paid", body = ProblemBody),
    (status = 503, description = "gateway_refused", body = ProblemBody),
))]
pub async fn start_with_unlock(
    State(web): State<Web>,
    headers: HeaderMap,
    JsonOrNothing(request): JsonOrNothing<SubscribeRequest>,
) -> Result<Response, Problem> {
    let held = held(&web, &headers).await?;
    start(&web, held.order, request).await
}

async fn start(web: &Web, id: OrderId, request: SubscribeRequest) -> Result<Response, Problem> {
    let started = begin(web, id, request.back).await?;
    let body = SubscribeBody {
        subscription: SubscriptionBody::from(&started.view),
        while_paying: started.while_paying,
        sign_url: started.page,
        wallet_url: started.wallet,
    };
    Ok(created(true, axum::Json(body)))
}

/// Where the reader of an order signs. He comes back to `back` where that is a page of the site, else to the article's page
/// here.
pub(super) async fn begin(web: &Web, id: OrderId, back: Option<String>) -> Result<Started, Problem> {
    let view = order::get(&web.app, id).await?;
    let page = format!("/a/{}/{}", view.site.slug, view.product.slug);
    let back = back.filter(|back| is_on_site(web, &view.site, back));
    let ways = Ways { quit: page.clone(), done: gateway_return(back.as_deref()) };
    let back = back.unwrap_or_else(|| format!("{}{page}", web.config.base_url));
    let started = sign::start(&web.app, id, &back, &ways).await?;
    started.map_err(|trouble| gateway_trouble(&trouble))
}

async fn held(web: &Web, headers: &HeaderMap) -> Result<subscription::Held, Problem> {
    let token = bearer(headers).ok_or_else(|| no_credentials("unlock token"))?.to_owned();
    subscription::held(&web.app, token).await?.map_err(token_refused)
}

/// Checks that a request comes from who holds the membership: by its unlock token, or by the token of its first order.
async fn mine(web: &Web, headers: &HeaderMap, id: AgreementId) -> Result<subscription::View, Problem> {
    let token = bearer(headers).ok_or_else(|| no_credentials("unlock token"))?;
    let view = subscription::get(&web.app, id).await?;
    if web.app.secrets().is_order_token(view.agreement.order, token) {
        return Ok(view);
    }
    if held(web, headers).await?.first == view.agreement.order {
        Ok(view)
    } else {
        Err(Error::NotFound(Thing::Subscription).into())
    }
}

/// The subscriptions of the membership that an unlock token opens, newest first; at most one has not ended.
#[utoipa::path(get, path = "/api/v1/subscriptions", tag = "reader", security(("unlock_token" = [])), responses(
    (status = 200, description = "The subscriptions", body = PageBody<SubscriptionBody>),
    (status = 401, description = "bad_token, signed_out", body = ProblemBody),
))]
pub async fn list(
    State(web): State<Web>,
    headers: HeaderMap,
) -> Result<axum::Json<PageBody<SubscriptionBody>>, Problem> {
    let held = held(&web, &headers).await?;
    let views = subscription::of_order(&web.app, held.first).await?;
    let items = views.iter().map(SubscriptionBody::from).collect();
    Ok(axum::Json(PageBody { items, next_cursor: None }))
}

/// One subscription, for who holds the membership.
#[utoipa::path(get, path = "/api/v1/subscriptions/{id}", tag = "reader", params(("id" = String, Path)),
    security(("unlock_token" = []), ("order_token" = [])), responses(
    (status = 200, description = "The subscription", body = SubscriptionBody),
    (status = 401, description = "bad_token, signed_out", body = ProblemBody),
    (status = 404, description = "subscription_not_found", body = ProblemBody),
))]
pub async fn get(
    State(web): State<Web>,
    headers: HeaderMap,
    PathOf(id): PathOf<AgreementId>,
) -> Result<axum::Json<SubscriptionBody>, Problem> {
    Ok(axum::Json(SubscriptionBody::from(&mine(&web, &headers, id).await?)))
}

/// Ends a subscription: nothing is charged any more, and the time that was paid for goes on. Asked again, nothing changes.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/unsign", tag = "reader", params(("id" = String, Path)),
    security(("unlock_token" = []), ("order_token" = [])), responses(
    (status = 200, description = "The subscription", body = SubscriptionBody),
    (status = 401, description = "bad_token, signed_out", body = ProblemBody),
    (status = 404, description = "subscription_not_found", body = ProblemBody),
))]
pub async fn unsign(
    State(web): State<Web>,
    headers: HeaderMap,
    PathOf(id): PathOf<AgreementId>,
) -> Result<axum::Json<SubscriptionBody>, Problem> {
    mine(&web, &headers, id).await?;
    let ended = subscription::unsign(&web.app, id, Ending::Reader, Actor::Reader).await?;
    Ok(axum::Json(SubscriptionBody::from(&ended)))
}
