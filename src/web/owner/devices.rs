//! Phones.

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::accounts::whole;
use crate::domain::adapter::Adapter;
use crate::domain::device::Device;
use crate::domain::id::DeviceId;
use crate::flow::device::{self, NewDevice, Patch};
use crate::flow::{Error, Thing, catalog};
use crate::qr;
use crate::web::Web;
use crate::web::adapters::connection::Connection;
use crate::web::dto::{
    AddedDeviceBody, DeviceBody, DevicePatchRequest, NewDeviceRequest, PageBody, PairingBody, PairingRequest,
    PinBody, ProblemBody,
};
use crate::web::error::{Problem, adapter_off, internal, invalid};
use crate::web::extract::{Json, JsonOrNothing, Owner, PathOf, created, no_content};

/// A code with which a phone pairs: it works once and for ten minutes.
#[utoipa::path(post, path = "/api/v1/owner/devices/pairing", tag = "owner", request_body = PairingRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The code", body = PairingBody),
    (status = 404, description = "account_not_found", body = ProblemBody),
    (status = 422, description = "invalid: the pin", body = ProblemBody),
))]
pub async fn pairing(
    State(web): State<Web>,
    _: Owner,
    JsonOrNothing(request): JsonOrNothing<PairingRequest>,
) -> Result<Response, Problem> {
    let pin = request.pin.map(|pin| pin.parse::<TlsPin>()).transpose();
    let pin = pin.map_err(|error| invalid("pin", &error.to_string()))?;
    let invitation = device::invite(&web.app, request.accounts).await?;
    let pairing_url = pairing_url(&web.config.base_url, &invitation.code, pin.as_ref());
    let pairing_qr = qr::draw(&pairing_url).map_err(|_| internal())?;
    let body = PairingBody {
        pairing_code: invitation.code,
        pairing_url,
        pairing_qr: format!("data:image/png;base64,{}", STANDARD.encode(pairing_qr)),
        expires_at: invitation.expires_at,
    };
    Ok(created(true, axum::Json(body)))
}

/// The one key with which the server may speak: `sha256/` and the SHA-256 of its public key (SPKI) in base64, as RFC 7469
/// and curl write it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsPin(String);

/// It is no pin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not sha256/ and 44 characters of base64")]
pub struct PinError;

impl std::str::FromStr for TlsPin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<TlsPin, PinError> {
        let hash =
            text.strip_prefix("sha256/").and_then(|hash| STANDARD.decode(hash).ok()).ok_or(PinError)?;
        if hash.len() == 32 { Ok(TlsPin(text.to_owned())) } else { Err(PinError) }
    }
}

/// What the phone's app opens: server and code in one, and the pin if there is one.
#[must_use]
pub fn pairing_url(base_url: &str, code: &str, pin: Option<&TlsPin>) -> String {
    let encoded = |text: &str| -> String {
        text.bytes()
            .map(|b| match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(b).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let pin = pin.map_or_else(String::new, |TlsPin(pin)| format!("&pin={}", encoded(pin)));
    format!("matcha://pair?server={}&code={code}{pin}", encoded(base_url))
}

/// Adds a device that speaks through an adapter, and tells how its app is set up.
#[utoipa::path(post, path = "/api/v1/owner/devices", tag = "owner", request_body = NewDeviceRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The device, and what to type into its app", body = AddedDeviceBody),
    (status = 404, description = "account_not_found", body = ProblemBody),
    (status = 409, description = "adapter_off: the adapter for this kind is not switched on", body = ProblemBody),
    (status = 422, description = "invalid: the companion app pairs instead", body = ProblemBody),
))]
pub async fn add(
    State(web): State<Web>,
    owner: Owner,
    Json(request): Json<NewDeviceRequest>,
) -> Result<Response, Problem> {
    let adapter = Adapter::of(request.kind);
    if let Some(off) = adapter.filter(|adapter| !web.config.adapters.has(*adapter)) {
        return Err(adapter_off(off.setting()));
    }
    let new = NewDevice {
        kind: request.kind,
        name: catalog::name("name", &request.name)?,
        accounts: request.accounts,
    };
    let device = device::add(&web.app, new, owner.actor()).await?;
    let connection = connected(&web, &device)?;
    let body = AddedDeviceBody { device: DeviceBody::new(device, Vec::new(), web.app.now()), connection };
    Ok(created(true, axum::Json(body)))
}

fn connected(web: &Web, device: &Device) -> Result<Connection, Problem> {
    Connection::of(device, web.app.secrets(), &web.config.base_url)
        .ok_or_else(|| Error::NotFound(Thing::Device).into())
}

/// How the app of a device is set up that speaks through an adapter.
#[utoipa::path(get, path = "/api/v1/owner/devices/{id}/connection", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "What to type into its app", body = Connection),
    (status = 404, description = "device_not_found: also for the companion app, which pairs", body = ProblemBody),
))]
pub async fn connection(
    State(web): State<Web>,
    _: Owner,
    PathOf(id): PathOf<DeviceId>,
) -> Result<axum::Json<Connection>, Problem> {
    let device = web.app.store.read(move |tx| tx.device(id)).await?;
    let device = device.ok_or(Error::NotFound(Thing::Device))?;
    Ok(axum::Json(connected(&web, &device)?))
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
    body.map(axum::Json).ok_or_else(|| Error::NotFound(Thing::Device).into())
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
