//! The right to read, brought back by its recovery code.

use axum::extract::State;

use crate::domain::unlock::RecoveryCode;
use crate::flow::unlock;
use crate::web::Web;
use crate::web::dto::{ProblemBody, RestoreBody, RestoreRequest};
use crate::web::error::{Problem, invalid};
use crate::web::extract::Json;

/// A fresh unlock token for a recovery code. 120 random bits cannot be guessed; a mistyped code is told apart from an
/// unknown one by its check character.
#[utoipa::path(post, path = "/api/v1/unlocks/restore", tag = "reader", request_body = RestoreRequest, responses(
    (status = 200, description = "A fresh token", body = RestoreBody),
    (status = 404, description = "unlock_not_found", body = ProblemBody),
    (status = 422, description = "invalid: mistyped", body = ProblemBody),
))]
pub async fn restore(
    State(web): State<Web>,
    Json(request): Json<RestoreRequest>,
) -> Result<axum::Json<RestoreBody>, Problem> {
    let code: RecoveryCode = request.code.parse().map_err(|_| {
        invalid("code", "恢复码为 25 位字母和数字, 请检查是否输错 / 25 letters and digits: one was mistyped or is missing")
    })?;
    let restored = unlock::restore(&web.app, code).await?;
    Ok(axum::Json(RestoreBody { token: restored.token, site: restored.site, product: restored.slug }))
}
