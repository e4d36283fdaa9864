//! Phones.

use axum::extract::State;
use axum::response::Response;

use super::accounts::whole;
use crate::domain::id::DeviceId;
use crate::flow::device::{self, Patch};
use crate::flow::{Error, catalog};
use crate::web::Web;
use crate::web::dto::{
    DeviceBody, DevicePatchRequest, PageBody, PairingBody, PairingRequest, PinBody, ProblemBody,
};
use crate::web::error::Problem;
use crate::web::extract::{Json, JsonOrNothing, Owner, PathOf, created, no_content};

/// A code with which a phone pairs: it works once and for ten minutes.
#[utoipa::path(post, path = "/api/v1/owner/devices/pairing", tag = "owner", request_body = PairingRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The code", body = PairingBody),
    (status = 404, description = "account_not_found", body = ProblemBody),
))]
pub async fn pairing(
    State(web): State<Web>,
    _: Owner,
    JsonOrNothing(request): JsonOrNothing<PairingRequest>,
) -> Result<Response, Problem> {
    let invitation = device::invite(&web.app, request.accounts).await?;
    let pairing_url = pairing_url(&web.config.base_url, &invitation.code);
    let body = PairingBody { pairing_code: invitation.code, pairing_url, expires_at: invitation.expires_at };
    Ok(created(true, axum::Json(body)))
}

/// What the phone's app opens: server and code in one.
#[must_use]
pub fn pairing_url(base_url: &str, code: &str) -> String {
    let encoded: String = base_url
        .bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("matcha://pair?server={encoded}&code={code}")
}

async fn bodies(web: &Web) -> Result<Vec<DeviceBody>, Problem> {
    let now = web.app.now();
    let devices = web
        .app
        .store
        .read(|tx| {
            let mut all = Vec::new();
            for device in tx.devices()? {
                let pins = tx.pins(device.id)?;
                all.push((device, pins));
            }
            Ok::<_, Error>(all)
        })
        .await?;
    let body = |(device, pins): (_, Vec<crate::storage::verbs::Pin>)| {
        let pins = pins.into_iter().map(|pin| PinBody {
            package: pin.key.package,
            announcer: pin.key.announcer,
            notification_id: pin.notification_id,
        });
        DeviceBody::new(device, pins.collect(), now)
    };
    Ok(devices.into_iter().map(body).collect())
}

/// All phones, also revoked ones.
#[utoipa::path(get, path = "/api/v1/owner/devices", tag = "owner", security(("owner_key" = [])), responses(
    (status = 200, description = "The phones", body = PageBody<DeviceBody>),
))]
pub async fn list(State(web): State<Web>, _: Owner) -> Result<axum::Json<PageBody<DeviceBody>>, Problem> {
    Ok(axum::Json(whole(bodies(&web).await?, |body| body)))
}

/// Changes a phone: its name, the trust it needs, or forget its pins.
#[utoipa::path(patch, path = "/api/v1/owner/devices/{id}", tag = "owner", params(("id" = String, Path)),
    request_body = DevicePatchRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The phone", body = DeviceBody),
    (status = 404, description = "device_not_found", body = ProblemBody),
))]
pub async fn change(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<DeviceId>,
    Json(request): Json<DevicePatchRequest>,
) -> Result<axum::Json<DeviceBody>, Problem> {
    let name = request.name.map(|n| catalog::name("name", &n)).transpose()?;
    let patch = Patch { name, trust_min: request.trust_min, forget_pins: request.forget_pins };
    device::change(&web.app, id, patch, owner.actor()).await?;
    let body = bodies(&web).await?.into_iter().find(|d| d.id == id);
    body.map(axum::Json).ok_or_else(|| Error::NotFound(crate::flow::Thing::Device).into())
}

/// Revokes a phone: its notices are refused from now on. What it sent stays.
#[utoipa::path(delete, path = "/api/v1/owner/devices/{id}", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 204, description = "It is revoked"),
    (status = 404, description = "device_not_found", body = ProblemBody),
))]
pub async fn revoke(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<DeviceId>,
) -> Result<Response, Problem> {
    device::revoke(&web.app, id, owner.actor()).await?;
    Ok(no_content())
}
