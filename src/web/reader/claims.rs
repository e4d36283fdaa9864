//! "I have already paid": a claim goes to the owner's inbox, and its answer comes back here.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::domain::claim::ClaimState;
use crate::domain::id::ClaimId;
use crate::flow::claim::{self, Made, NewClaim};
use crate::web::Web;
use crate::web::cors::foreign_origin;
use crate::web::dto::{ClaimBody, ClaimRequest, ProblemBody, UnlockBody};
use crate::web::error::{Problem, mistyped, no_credentials, origin_not_allowed, too_many_claims};
use crate::web::extract::{Asker, Json, PathOf, bearer, created, may_see};

/// Tells the owner that it was paid. Nothing opens by this alone; the owner compares and decides.
#[utoipa::path(post, path = "/api/v1/claims", tag = "reader", request_body = ClaimRequest, responses(
    (status = 201, description = "It is in the owner's inbox", body = ClaimBody),
    (status = 401, description = "unauthorized: the order's token is missing or not good", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
    (status = 429, description = "too_many_claims", body = ProblemBody),
))]
pub async fn make(
    State(web): State<Web>,
    asker: Asker,
    headers: HeaderMap,
    Json(request): Json<ClaimRequest>,
) -> Result<Response, Problem> {
    if let Some(order) = request.order {
        may_see(&web, order, request.order_token.as_deref())?;
    }
    let digits = request.receipt_digits.parse().map_err(|_| {
        mistyped(
            "receipt_digits",
            "请填钱包账单里交易单号的最后 4 到 8 位数字。",
            "Enter the last 4 to 8 digits of the receipt number in the wallet.",
        )
    })?;
    let new = NewClaim {
        site: request.site,
        product: request.product,
        order: request.order,
        amount: request.amount,
        paid_at: request.paid_at,
        digits,
        note: request.note,
        address: asker.address,
        origin: foreign_origin(&headers, &web.config.base_url),
    };
    match claim::make(&web.app, new).await? {
        Made::Yes(id) => {
            let token = Some(web.app.secrets().claim_token(id));
            let status = ClaimState::Open.as_str();
            Ok(created(true, axum::Json(ClaimBody { id, token, status, answer: None, unlock: None })))
        }
        Made::TooMany { wait } => Err(too_many_claims(wait)),
        Made::OriginRefused => Err(origin_not_allowed()),
    }
}

/// What became of a claim, for who has its token; once granted with the right to read.
#[utoipa::path(get, path = "/api/v1/claims/{id}", tag = "reader", params(("id" = String, Path)),
    security(("claim_token" = [])), responses(
    (status = 200, description = "The claim", body = ClaimBody),
    (status = 401, description = "unauthorized", body = ProblemBody),
))]
pub async fn get(
    State(web): State<Web>,
    PathOf(id): PathOf<ClaimId>,
    headers: HeaderMap,
) -> Result<axum::Json<ClaimBody>, Problem> {
    if !bearer(&headers).is_some_and(|token| web.app.secrets().is_claim_token(id, token)) {
        return Err(no_credentials("claim token"));
    }
    let view = claim::get(&web.app, id).await?;
    let unlock = view.unlock.map(|unlock| UnlockBody::new(&web, &unlock));
    Ok(axum::Json(ClaimBody { id, token: None, status: view.state.as_str(), answer: view.answer, unlock }))
}
