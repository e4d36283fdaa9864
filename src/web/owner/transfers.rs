//! Transfers to a person. The one act that sends the owner's money away, so it asks for the owner's key once more.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::{PageQuery, page_of};
use crate::domain::transfer::Content;
use crate::flow::gateway::transfer::{self, Wish};
use crate::web::Web;
use crate::web::dto::{PageBody, ProblemBody, TransferBody, TransferRequest};
use crate::web::error::Problem;
use crate::web::extract::{Json, Owner, QueryOf, created, same_key};

/// Sends money to a person, once for each `request_id`. An answer with `state: open` says that Alipay has not told the end
/// yet: it is asked for, and the same request returns the same transfer.
#[utoipa::path(post, path = "/api/v1/owner/transfers", tag = "owner", request_body = TransferRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The transfer as far as it is known", body = TransferBody),
    (status = 403, description = "reauthentication_failed: owner_key is not the key of this request", body = ProblemBody),
    (status = 404, description = "account_not_found", body = ProblemBody),
    (status = 409, description = "transfer_daily_max, transfer_request_reused, keys_lost", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn make(
    State(web): State<Web>,
    owner: Owner,
    headers: HeaderMap,
    Json(request): Json<TransferRequest>,
) -> Result<Response, Problem> {
    same_key(&headers, &request.owner_key)?;
    let wish = Wish {
        account: request.account,
        request_id: request.request_id,
        content: Content {
            payee_kind: request.payee_kind,
            payee: request.payee,
            name: request.name,
            amount: request.amount,
            remark: request.remark,
        },
    };
    let made = transfer::make(&web.app, wish, owner.actor()).await?;
    Ok(created(true, axum::Json(TransferBody::from(made))))
}

/// Transfers, newest first.
#[utoipa::path(get, path = "/api/v1/owner/transfers", tag = "owner",
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The transfers", body = PageBody<TransferBody>),
))]
pub async fn list(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<axum::Json<PageBody<TransferBody>>, Problem> {
    let page = query.page()?;
    let transfers = web.app.store.read(move |tx| tx.transfers(page)).await?;
    Ok(axum::Json(page_of(transfers, page, |transfer| transfer.id.raw(), TransferBody::from)))
}
