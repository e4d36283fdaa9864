//! Is it alive, can it take orders, how is it doing. None of these tells a stranger anything of use.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::ProblemBody;
use super::error::Problem;
use super::extract::Client;
use super::state::Web;

/// Whether orders are taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyBody {
    /// `ready` or `not_ready`.
    pub status: &'static str,
    /// `disk_full`, `disk_error`, `database_corrupt`, `busy` or `stopping`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "alive")))]
pub async fn healthz() -> &'static str {
    "ok"
}

/// The database takes writes, so orders are taken. While it does not, what is paid can still be read.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, description = "Orders are taken", body = ReadyBody),
    (status = 503, description = "No orders are taken, with the reason", body = ReadyBody),
))]
pub async fn readyz(State(web): State<Web>) -> Response {
    let reason = if *web.stopping.borrow() {
        Some("stopping")
    } else if let Some(trouble) = web.app.store.trouble() {
        Some(trouble.as_str())
    } else {
        // A real write: a disk that is full is found before a reader finds it.
        match web.app.store.probe().await {
            Ok(()) => None,
            Err(error) => Some(error.trouble().map_or("busy", crate::storage::Trouble::as_str)),
        }
    };
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = ReadyBody { status: if reason.is_none() { "ready" } else { "not_ready" }, reason };
    (status, axum::Json(body)).into_response()
}

/// Counters for Prometheus; for the machine itself and private networks only.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, description = "OpenMetrics text", content_type = "text/plain"),
    (status = 404, description = "not_found, for callers from outside", body = ProblemBody),
))]
pub async fn metrics(State(web): State<Web>, client: Client) -> Result<Response, Problem> {
    if !client.is_near() {
        return Err(super::error::not_found());
    }
    let census = web.app.store.read(|tx| tx.census()).await?;
    let store = &web.app.store;
    let text = web.metrics.text(&census, (store.writer_stats(), store.reads()), web.app.now());
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
