//! The inbox: what must not be guessed.

use axum::extract::State;
use serde::Deserialize;

use super::{PageQuery, page_of};
use crate::domain::id::InboxId;
use crate::domain::receipt::InboxState;
use crate::flow::{catalog, inbox};
use crate::web::Web;
use crate::web::dto::{DismissRequest, InboxBody, PageBody, ProblemBody, SettleRequest};
use crate::web::error::Problem;
use crate::web::extract::{Json, Owner, PathOf, QueryOf};

/// Which items.
#[derive(Debug, Deserialize)]
pub struct InboxQuery {
    state: Option<InboxState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Inbox items, newest first, each with the orders it may have been meant for.
#[utoipa::path(get, path = "/api/v1/owner/inbox", tag = "owner",
    params(("state" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The items", body = PageBody<InboxBody>),
))]
pub async fn list(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<InboxQuery>,
) -> Result<axum::Json<PageBody<InboxBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let items = inbox::list(&web.app, query.state, page).await?;
    Ok(axum::Json(page_of(items, page, |view| view.item.id.raw(), InboxBody::from)))
}

/// Names the order that the item's receipt paid.
#[utoipa::path(post, path = "/api/v1/owner/inbox/{id}/settle", tag = "owner", params(("id" = String, Path)),
    request_body = SettleRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The item", body = InboxBody),
    (status = 409, description = "item_resolved, no_receipt, order_paid, receipt_settled", body = ProblemBody),
))]
pub async fn settle(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<InboxId>,
    Json(request): Json<SettleRequest>,
) -> Result<axum::Json<InboxBody>, Problem> {
    Ok(axum::Json(inbox::settle_item(&web.app, id, request.order, owner.actor()).await?.into()))
}

/// Lets an item be.
#[utoipa::path(post, path = "/api/v1/owner/inbox/{id}/dismiss", tag = "owner", params(("id" = String, Path)),
    request_body = DismissRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The item", body = InboxBody),
    (status = 409, description = "item_resolved", body = ProblemBody),
))]
pub async fn dismiss(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<InboxId>,
    Json(request): Json<DismissRequest>,
) -> Result<axum::Json<InboxBody>, Problem> {
    let reason = catalog::name("reason", &request.reason)?;
    Ok(axum::Json(inbox::dismiss(&web.app, id, reason, owner.actor()).await?.into()))
}

/// Takes back what the owner did: the item is open again, an order it settled is unpaid again.
#[utoipa::path(post, path = "/api/v1/owner/inbox/{id}/undo", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The item", body = InboxBody),
    (status = 409, description = "item_open, order_not_paid", body = ProblemBody),
))]
pub async fn undo(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<InboxId>,
) -> Result<axum::Json<InboxBody>, Problem> {
    Ok(axum::Json(inbox::undo(&web.app, id, owner.actor()).await?.into()))
}
