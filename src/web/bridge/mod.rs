//! What a phone calls: pair, notices, heartbeat. Every call but the first is signed.

use axum::extract::State;

use crate::flow::device::{self, Health, Introduction, Paired};
use crate::flow::intake::{self, Batch, Outcome};
use crate::flow::{Error, catalog};
use crate::limits;
use crate::storage::verbs::SeenBefore;
use crate::web::Web;
use crate::web::dto::{
    HeartbeatBody, HeartbeatRequest, NoticesBody, NoticesRequest, PairBody, PairRequest, ProblemBody,
};
use crate::web::error::{Problem, conflict, no_credentials, too_many_notices, unauthorized};
use crate::web::extract::{Json, Signed, parse, why_not_heard};

/// Pairs a phone: the code works once and for ten minutes.
#[utoipa::path(post, path = "/api/v1/bridge/pair", tag = "bridge", request_body = PairRequest, responses(
    (status = 200, description = "The phone's id and secret, told once", body = PairBody),
    (status = 401, description = "bad_pairing_code: unknown, used or too old", body = ProblemBody),
))]
pub async fn pair(
    State(web): State<Web>,
    Json(request): Json<PairRequest>,
) -> Result<axum::Json<PairBody>, Problem> {
    let short = |text: String| text.chars().take(limits::NAME_CHARS_MAX).collect::<String>();
    let phone = Introduction {
        code: request.pairing_code,
        name: catalog::name("name", &request.name)?,
        model: short(request.model),
        app_version: short(request.app_version),
    };
    match device::pair(&web.app, phone).await? {
        Paired::Yes { device, secret } => {
            Ok(axum::Json(PairBody { device_id: device, secret, server_time: web.app.now() }))
        }
        Paired::NoSuchCode => Err(unauthorized(
            "bad_pairing_code",
            "配对码不正确、已用过或已过期 (10 分钟); 请在后台重新生成。",
            "The pairing code is unknown, used, or older than ten minutes; make a new one.",
        )),
    }
}

/// Stores notices: what is named in the answer is durable, and the phone forgets exactly that.
#[utoipa::path(post, path = "/api/v1/bridge/notices", tag = "bridge", request_body = NoticesRequest,
    security(("device_signature" = [])), responses(
    (status = 200, description = "What is durable now", body = NoticesBody),
    (status = 401, description = "bad_signature, unknown_device, revoked_device, stale_timestamp (with server_time)", body = ProblemBody),
    (status = 409, description = "message_id_reused", body = ProblemBody),
    (status = 413, description = "body_too_large, too_many_notices", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn notices(State(web): State<Web>, signed: Signed) -> Result<axum::Json<NoticesBody>, Problem> {
    let request: NoticesRequest = parse(&signed.body)?;
    if request.notices.len() > limits::NOTICES_PER_BATCH_MAX {
        return Err(too_many_notices());
    }
    let count = request.notices.len();
    let batch = Batch {
        device: signed.device,
        message: signed.message(Some(request.sent_at)),
        notices: request.notices,
    };
    match intake::receive(&web.app, batch).await {
        Ok(Outcome::Stored(stored)) => {
            web.metrics.notices(count);
            Ok(axum::Json(NoticesBody { stored, server_time: web.app.now() }))
        }
        Ok(Outcome::MessageIdReused) => Err(message_id_reused()),
        Err(Error::NotFound(_)) => Err(why_not_heard(&web, signed.device).await),
        Err(error) => Err(error.into()),
    }
}

/// Tells that the phone is awake, and how it is.
#[utoipa::path(post, path = "/api/v1/bridge/heartbeat", tag = "bridge", request_body = HeartbeatRequest,
    security(("device_signature" = [])), responses(
    (status = 200, description = "The server's time", body = HeartbeatBody),
    (status = 401, description = "bad_signature, unknown_device, revoked_device, stale_timestamp (with server_time)", body = ProblemBody),
))]
pub async fn heartbeat(State(web): State<Web>, signed: Signed) -> Result<axum::Json<HeartbeatBody>, Problem> {
    let request: HeartbeatRequest = parse(&signed.body)?;
    let raw = String::from_utf8_lossy(&signed.body).chars().take(limits::NOTICE_TEXT_CHARS_MAX).collect();
    let health = Health { app_version: request.app_version, raw };
    let message = signed.message(Some(request.sent_at));
    match device::heartbeat(&web.app, signed.device, message, Some(health)).await {
        Ok(SeenBefore::No | SeenBefore::SameBody) => {
            Ok(axum::Json(HeartbeatBody { server_time: web.app.now() }))
        }
        Ok(SeenBefore::OtherBody) => Err(message_id_reused()),
        Err(Error::NotFound(_)) => Err(why_not_heard(&web, signed.device).await),
        Err(error) => Err(error.into()),
    }
}

fn message_id_reused() -> Problem {
    let (zh, en) = (
        "这个 webhook-id 已用于另一份内容; 没有保存, 请换一个 id 重发。",
        "This webhook-id was used for another body; nothing was stored, send it again with an id of its own.",
    );
    conflict("message_id_reused", zh, en)
}

/// The secret of an adapter's phone is missing or wrong.
#[must_use]
pub(crate) fn no_device_secret() -> Problem {
    no_credentials("device secret")
}
