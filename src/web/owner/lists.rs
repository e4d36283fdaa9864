//! Receipts and notices, and the rules that read them.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, page_of};
use crate::domain::id::DeviceId;
use crate::domain::receipt::{ReadAs, ReceiptState};
use crate::flow::reread;
use crate::web::Web;
use crate::web::dto::{NoticeBody, PageBody, ProblemBody, ReceiptBody};
use crate::web::error::{Problem, bad_rules};
use crate::web::extract::{Owner, QueryOf};

/// Which receipts.
#[derive(Debug, Deserialize)]
pub struct ReceiptsQuery {
    state: Option<ReceiptState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Receipts, newest first.
#[utoipa::path(get, path = "/api/v1/owner/receipts", tag = "owner",
    params(("state" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The receipts", body = PageBody<ReceiptBody>),
))]
pub async fn receipts(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<ReceiptsQuery>,
) -> Result<axum::Json<PageBody<ReceiptBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let rows = web.app.store.read(move |tx| tx.receipts(query.state, page)).await?;
    Ok(axum::Json(page_of(rows, page, |r| r.id.raw(), ReceiptBody::from)))
}

/// Which notices.
#[derive(Debug, Deserialize)]
pub struct NoticesQuery {
    read_as: Option<ReadAs>,
    device: Option<DeviceId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Notices, newest first, verbatim.
#[utoipa::path(get, path = "/api/v1/owner/notices", tag = "owner",
    params(("read_as" = Option<String>, Query), ("device" = Option<String>, Query), ("cursor" = Option<String>, Query),
           ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The notices", body = PageBody<NoticeBody>),
))]
pub async fn notices(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<NoticesQuery>,
) -> Result<axum::Json<PageBody<NoticeBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let rows = web.app.store.read(move |tx| tx.notices(query.read_as, query.device, page)).await?;
    Ok(axum::Json(page_of(rows, page, |n| n.id.raw(), NoticeBody::from)))
}

/// What reading again did.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesBody {
    /// The rules in force.
    pub version: String,
    /// Unread notices that were looked at again.
    pub looked_at: usize,
    /// How many of them are read now.
    pub read: usize,
    /// How many orders they settled.
    pub settled: usize,
}

/// An error with its causes: the owner wrote the file and must learn which line of it is wrong, and why.
fn whole_story(error: &dyn std::error::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |e| e.source()) {
        let text = cause.to_string();
        if told.last() != Some(&text) {
            told.push(text);
        }
    }
    told.join(": ")
}

/// Loads the owner's rules again and reads what no rule had read.
#[utoipa::path(post, path = "/api/v1/owner/rules/reload", tag = "owner", security(("owner_key" = [])), responses(
    (status = 200, description = "The rules in force and what they read", body = RulesBody),
    (status = 422, description = "bad_rules: the old ones stay in force", body = ProblemBody),
))]
pub async fn reload_rules(State(web): State<Web>, _: Owner) -> Result<axum::Json<RulesBody>, Problem> {
    web.app.reload_rules().map_err(|error| bad_rules(&whole_story(&error)))?;
    let done = reread::all(&web.app, ReadAs::Unread, web.app.now()).await?;
    let version = web.app.rules().version().to_owned();
    Ok(axum::Json(RulesBody { version, looked_at: done.looked_at, read: done.read, settled: done.settled }))
}
