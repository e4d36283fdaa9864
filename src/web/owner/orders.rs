//! Orders as the owner sees them, and the acts on them.

use axum::extract::State;
use serde::Deserialize;

use super::{PageQuery, page_of};
use crate::domain::gateway::{Refund, Trade};
use crate::domain::id::OrderId;
use crate::domain::order::{Order, OrderStatus};
use crate::flow::gateway::refund;
use crate::flow::{Error, Thing, catalog, find, inbox};
use crate::limits;
use crate::storage::verbs::{LogLine, OrderFilter, ReadTx, Settlement};
use crate::web::Web;
use crate::web::dto::{
    LogBody, NoteRequest, OwnerOrderBody, PageBody, ProblemBody, RefundBody, RefundRequest, TradeBody,
};
use crate::web::error::Problem;
use crate::web::extract::{JsonOrNothing, Owner, PathOf, QueryOf};

type Row = (Order, Paid, Vec<LogLine>);
type Paid = (Option<Settlement>, Vec<Trade>, Vec<Refund>);

/// What paid an order, and what went back.
fn paid<T: ReadTx + ?Sized>(tx: &T, id: OrderId) -> Result<Paid, Error> {
    Ok((tx.settlement_of(id)?, tx.trades_of(id)?, tx.refunds_of(id)?))
}

fn body(
    (order, (settlement, trades, refunds), log): Row,
    now: crate::domain::time::Timestamp,
) -> OwnerOrderBody {
    OwnerOrderBody {
        id: order.id,
        status: order.status_at(now),
        product: order.product,
        price: order.price,
        amount: order.amount,
        channel: order.channel,
        account: order.account,
        created_at: order.created_at,
        expires_at: order.expires_at,
        late: order.late,
        paid_at: order.paid_at,
        receipt: settlement.as_ref().and_then(|s| s.receipt),
        trade_no: settlement.and_then(|s| s.gateway_ref),
        trades: trades.into_iter().map(TradeBody::from).collect(),
        refunds: refunds.into_iter().map(RefundBody::from).collect(),
        log: log
            .into_iter()
            .map(|l| LogBody { at: l.at, act: l.act, actor: l.actor, cause: l.cause })
            .collect(),
    }
}

/// Which orders.
#[derive(Debug, Deserialize)]
pub struct OrdersQuery {
    site: Option<String>,
    status: Option<OrderStatus>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Orders, newest first.
#[utoipa::path(get, path = "/api/v1/owner/orders", tag = "owner",
    params(("site" = Option<String>, Query), ("status" = Option<String>, Query), ("cursor" = Option<String>, Query),
           ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The orders", body = PageBody<OwnerOrderBody>),
))]
pub async fn list(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<OrdersQuery>,
) -> Result<axum::Json<PageBody<OwnerOrderBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let rows: Vec<Row> = web
        .app
        .store
        .read(move |tx| {
            let site = find::site_id(tx, query.site.as_deref())?;
            let filter = OrderFilter { site, status: query.status };
            let with_paid = |order: Order| {
                let paid = paid(tx, order.id)?;
                Ok((order, paid, Vec::new()))
            };
            tx.orders(&filter, page)?.into_iter().map(with_paid).collect::<Result<_, Error>>()
        })
        .await?;
    let now = web.app.now();
    Ok(axum::Json(page_of(rows, page, |row| row.0.id.raw(), |row| body(row, now))))
}

async fn one(web: &Web, id: OrderId) -> Result<axum::Json<OwnerOrderBody>, Problem> {
    let row: Row = web
        .app
        .store
        .read(move |tx| {
            let order = tx.order(id)?.ok_or(Error::NotFound(Thing::Order))?;
            Ok::<_, Error>((order, paid(tx, id)?, tx.log_of(id.raw(), limits::PAGE_MAX)?))
        })
        .await?;
    Ok(axum::Json(body(row, web.app.now())))
}

/// One order with its history.
#[utoipa::path(get, path = "/api/v1/owner/orders/{id}", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The order and its log", body = OwnerOrderBody),
    (status = 404, description = "order_not_found", body = ProblemBody),
))]
pub async fn get(
    State(web): State<Web>,
    _: Owner,
    PathOf(id): PathOf<OrderId>,
) -> Result<axum::Json<OwnerOrderBody>, Problem> {
    one(&web, id).await
}

fn note(text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() { Ok(String::new()) } else { Ok(catalog::name("note", text)?) }
}

/// Settles an order without a receipt, because the owner saw the money elsewhere.
#[utoipa::path(post, path = "/api/v1/owner/orders/{id}/settle", tag = "owner", params(("id" = String, Path)),
    request_body = NoteRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The order", body = OwnerOrderBody),
    (status = 409, description = "order_paid", body = ProblemBody),
))]
pub async fn settle(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<OrderId>,
    JsonOrNothing(request): JsonOrNothing<NoteRequest>,
) -> Result<axum::Json<OwnerOrderBody>, Problem> {
    inbox::settle_order(&web.app, id, note(&request.note)?, owner.actor()).await?;
    one(&web, id).await
}

/// Pays back, whole or in parts: through the gateway where the order was paid there, else it writes down what the owner
/// paid back by hand. The right to read ends when nothing is left, or as `revoke` says. Repeated, it asks how the refund stands.
#[utoipa::path(post, path = "/api/v1/owner/orders/{id}/refund", tag = "owner", params(("id" = String, Path)),
    request_body = RefundRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The order with its refunds", body = OwnerOrderBody),
    (status = 409, description = "order_not_paid, refund_too_much, refund_open, refund_request_reused, no_trade_to_refund, keys_lost", body = ProblemBody),
    (status = 422, description = "invalid: request_id, way or trade_no", body = ProblemBody),
))]
pub async fn refund(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<OrderId>,
    JsonOrNothing(request): JsonOrNothing<RefundRequest>,
) -> Result<axum::Json<OwnerOrderBody>, Problem> {
    let named = |field, text: Option<String>| text.map(|text| catalog::name(field, &text)).transpose();
    let wish = refund::Wish {
        amount: request.amount,
        reason: note(&request.note)?,
        proof: named("proof", request.proof)?,
        request_id: named("request_id", request.request_id)?,
        revoke: request.revoke,
        way: request.way,
        trade_no: named("trade_no", request.trade_no)?,
    };
    refund::refund(&web.app, id, wish, owner.actor()).await?;
    one(&web, id).await
}
