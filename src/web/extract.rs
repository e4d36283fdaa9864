//! What a request must bring, parsed before a handler sees it. The other place that chooses status codes.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;

use super::error::{
    Problem, bad_request, internal, invalid, no_credentials, reauthentication_failed, too_large, unauthorized,
};
use super::state::Web;
use crate::domain::id::{DeviceId, KeyId, OrderId};
use crate::domain::log::Actor;
use crate::domain::time::{Millis, Timestamp};
use crate::flow::device::Message;
use crate::limits;
use crate::secrets::{Personal, sha256};
use crate::webhook;

/// Where a connection comes from; put into every request by `serve`.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// A JSON body, at most [`limits::JSON_BODY_BYTES_MAX`].
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Web> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Web) -> Result<Json<T>, Problem> {
        let body = body(request, limits::JSON_BODY_BYTES_MAX).await?;
        parse(&body).map(Json)
    }
}

/// A JSON body that may be left out: nothing says as much as `{}`.
#[derive(Debug)]
pub struct JsonOrNothing<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<Web> for JsonOrNothing<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Web) -> Result<JsonOrNothing<T>, Problem> {
        let body = body(request, limits::JSON_BODY_BYTES_MAX).await?;
        if body.is_empty() { Ok(JsonOrNothing(T::default())) } else { parse(&body).map(JsonOrNothing) }
    }
}

/// A form of a page without script, at most [`limits::FORM_BODY_BYTES_MAX`].
#[derive(Debug)]
pub struct FormOf<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Web> for FormOf<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<FormOf<T>, Problem> {
        let (parts, unread) = request.into_parts();
        let read = body(Request::from_parts(parts.clone(), unread), limits::FORM_BODY_BYTES_MAX).await?;
        match Form::<T>::from_request(Request::from_parts(parts, Body::from(read)), web).await {
            Ok(Form(value)) => Ok(FormOf(value)),
            Err(rejection) => Err(invalid("form", &rejection.body_text())),
        }
    }
}

/// Reads a body up to a bound.
pub(crate) async fn body(request: Request, bytes_max: usize) -> Result<Bytes, Problem> {
    match Limited::new(request.into_body(), bytes_max).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(bytes_max)),
        Err(_) => Err(bad_request(
            "body_incomplete",
            "请求内容没有完整到达; 没有保存任何内容。",
            "The body did not arrive whole; nothing was stored.",
        )),
    }
}

/// Parses JSON, telling apart what is no JSON from what is JSON of another shape.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let at = format!("line {} column {}", error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => invalid("body", &error.to_string()),
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => {
                let zh = format!("请求内容不是有效的 JSON ({at})。");
                let en = format!("The body is not valid JSON ({at}).");
                bad_request("bad_json", &zh, &en)
            }
        }
    })
}

/// Parts of the path.
#[derive(Debug)]
pub struct PathOf<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<PathOf<T>, Problem> {
        match Path::<T>::from_request_parts(parts, web).await {
            Ok(Path(value)) => Ok(PathOf(value)),
            // An id of another shape is an address where nothing is.
            Err(_) => Err(super::error::not_found()),
        }
    }
}

/// Parameters of the query.
#[derive(Debug)]
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Web> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<QueryOf<T>, Problem> {
        match Query::<T>::from_request_parts(parts, web).await {
            Ok(Query(value)) => Ok(QueryOf(value)),
            Err(rejection) => Err(invalid("query", &rejection.body_text())),
        }
    }
}

/// The bearer token of a request.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Checks that a request may see an order.
pub(crate) fn may_see(web: &Web, order: OrderId, token: Option<&str>) -> Result<(), Problem> {
    if token.is_some_and(|token| web.app.secrets().is_order_token(order, token)) {
        Ok(())
    } else {
        Err(no_credentials("order token"))
    }
}

/// The owner, by API key.
#[derive(Clone, Copy, Debug)]
pub struct Owner(pub KeyId);

impl Owner {
    /// Who acts, for the log.
    #[must_use]
    pub const fn actor(self) -> Actor {
        Actor::Owner(self.0)
    }
}

impl FromRequestParts<Web> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Owner, Problem> {
        let key = bearer(&parts.headers).filter(|key| key.starts_with("ok_"));
        let hash = sha256(key.ok_or_else(|| no_credentials("owner key"))?.as_bytes());
        let known = web.app.store.read(move |tx| tx.owner_key(&hash)).await?;
        known.map(Owner).ok_or_else(|| no_credentials("owner key"))
    }
}

/// Checks that a body names the owner key with which its request came, in constant time.
///
/// # Errors
/// 403: nothing was done.
pub(crate) fn same_key(headers: &HeaderMap, again: &str) -> Result<(), Problem> {
    let key = bearer(headers).unwrap_or_default();
    // Hashes have one length, so that how long they compare tells nothing of the key.
    let same = sha256(key.as_bytes()).ct_eq(&sha256(again.as_bytes()));
    if !key.is_empty() && bool::from(same) { Ok(()) } else { Err(reauthentication_failed()) }
}

/// Who asks, as keyed hashes: the capability that a reader's browser made for itself, and the address block.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// Keyed hash of the `matcha-reader` header, where one of 8 to 100 characters was sent.
    pub reader: Option<i64>,
    /// Keyed hash of the address block.
    pub address: i64,
}

impl FromRequestParts<Web> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Asker, Problem> {
        let client = Client::from_request_parts(parts, web).await?;
        let address = web.app.secrets().pseudonym(Personal::AddressBlock(&client.block()));
        Ok(Asker { reader: reader(web, &parts.headers), address })
    }
}

/// Keyed hash of the capability that a reader's browser made for itself.
pub(crate) fn reader(web: &Web, headers: &HeaderMap) -> Option<i64> {
    let told = headers.get("matcha-reader")?.to_str().ok()?;
    (8..=100).contains(&told.len()).then(|| web.app.secrets().pseudonym(Personal::Reader(told)))
}

/// Where a request really comes from: the connection's peer, or what a trusted proxy says.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub IpAddr);

impl FromRequestParts<Web> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Client, Problem> {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |p| p.0.ip());
        Ok(Client(client_address(peer, &parts.headers, web)))
    }
}

/// Walks `X-Forwarded-For` from its end for as long as the speaker is trusted: what a stranger wrote in front of it
/// counts for nothing.
fn client_address(peer: IpAddr, headers: &HeaderMap, web: &Web) -> IpAddr {
    let trusted = |ip: &IpAddr| web.config.trusted_proxies.iter().any(|net| net.contains(&ip.to_canonical()));
    let mut said: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|h| h.to_str().ok())
        .flat_map(|h| h.split(','))
        .map(str::trim)
        .collect();
    let mut client = peer.to_canonical();
    while trusted(&client) {
        match said.pop().and_then(|text| text.parse::<IpAddr>().ok()) {
            Some(address) => client = address.to_canonical(),
            None => break,
        }
    }
    client
}

impl Client {
    /// The block that counts as one neighbour: an IPv4 address, or an IPv6 /64, which is one household.
    #[must_use]
    pub fn block(self) -> String {
        match self.0 {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }

    /// True for addresses that cannot be strangers from the internet: the machine itself and private networks.
    #[must_use]
    pub fn is_near(self) -> bool {
        match self.0 {
            IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        }
    }
}

/// A message that a paired phone signed (Standard Webhooks), with its body. That the phone is still paired is checked
/// in the unit of work that acts on it.
#[derive(Debug)]
pub struct Signed {
    /// The phone.
    pub device: DeviceId,
    /// The message's id.
    pub message_id: String,
    /// The body.
    pub body: Bytes,
}

impl Signed {
    /// What the message says of itself.
    #[must_use]
    pub fn message(&self, sent_at: Option<Timestamp>) -> Message {
        Message { id: self.message_id.clone(), body_hash: sha256(&self.body), sent_at }
    }
}

impl FromRequest<Web> for Signed {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Signed, Problem> {
        let headers = request.headers().clone();
        let body = body(request, limits::BRIDGE_BODY_BYTES_MAX).await?;
        verify(web, &headers, body).await
    }
}

async fn verify(web: &Web, headers: &HeaderMap, body: Bytes) -> Result<Signed, Problem> {
    let text = |name: &str| headers.get(name).and_then(|h| h.to_str().ok()).unwrap_or("");
    let device: DeviceId = text("matcha-device").parse().map_err(|_| unknown_device())?;
    let secret = web.app.secrets().device_secret(device);
    let (id, timestamp, signature) =
        (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
    let good = webhook::verify(&secret, id, timestamp, &body, signature);
    if good.is_none() || id.is_empty() || id.len() > 255 {
        // Only a caller without a good signature pays for this look: is the phone unknown, or the signature bad?
        let found = web.app.store.read(move |tx| tx.device(device)).await?;
        return Err(found.map_or_else(unknown_device, |d| {
            if d.revoked_at.is_some() { revoked_device() } else { bad_signature() }
        }));
    }
    let now = web.app.now();
    let sent = good
        .map_or(Timestamp::from_millis(0), |seconds| Timestamp::from_millis(seconds.saturating_mul(1000)));
    if now.since(sent).get().abs() > limits::SIGNATURE_TOLERANCE.get() + Millis::seconds(1).get() {
        return Err(unauthorized(
            "stale_timestamp",
            "签名时间与服务器相差超过 5 分钟; 请用 server_time 校正后重发, 消息不会丢失。",
            "The signature's time is more than five minutes off; correct it by server_time and send again.",
        )
        .with("server_time", now.to_string()));
    }
    Ok(Signed { device, message_id: id.to_owned(), body })
}

fn unknown_device() -> Problem {
    let (zh, en) = ("这台手机没有配对。", "This device is not paired.");
    unauthorized("unknown_device", zh, en)
}

/// The phone was revoked.
#[must_use]
pub fn revoked_device() -> Problem {
    let (zh, en) = ("这台手机已被停用, 请重新配对。", "This device was revoked; pair it again.");
    unauthorized("revoked_device", zh, en)
}

fn bad_signature() -> Problem {
    let (zh, en) = ("签名不正确; 没有保存任何内容。", "The signature is not good; nothing was stored.");
    unauthorized("bad_signature", zh, en)
}

/// A phone that signs well but is not there (any more): revoked, or the database was replaced.
pub(crate) async fn why_not_heard(web: &Web, device: DeviceId) -> Problem {
    match web.app.store.read(move |tx| tx.device(device)).await {
        Ok(Some(_)) => revoked_device(),
        Ok(None) => unknown_device(),
        Err(error) => Problem::from(error),
    }
}

/// `201 Created`, or `200 OK` for what was there.
pub(crate) fn created(new: bool, body: impl IntoResponse) -> Response {
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    (status, body).into_response()
}

/// `204 No Content`: it is done, and there is nothing to say about it.
pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Leads a browser elsewhere, by a `GET`.
///
/// # Errors
/// Where the address cannot stand in a header.
pub fn see_other(address: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(address).map_err(|_| internal())?;
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location), no_store]).into_response())
}
