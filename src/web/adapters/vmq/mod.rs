//! V免签's phone app and its descendants: `appHeart` and `appPush`, by GET or POST.
//!
//! The app reads the notification itself and sends a wallet and an amount, signed with MD5 over texts without any
//! separator between them. What keeps that from being played with:
//! - one key a device, which signs nothing else: what shops and buyers see is never signed with it;
//! - the signature is checked over the texts as they came, before anything is parsed;
//! - `t` has exactly 13 digits and `type` exactly one, so that a text can be cut in one way only: a heartbeat's can never
//!   be taken for a push;
//! - the price is a plain number of yuan;
//! - the same push twice is one notice: `t` is its time, and what lies further back than ids are remembered is refused.
//!
//! The words never arrive, so its receipts have the least trust there is. Answers are `{code, msg, data}` with HTTP 200, as
//! those apps expect; some repeat a push until they read `code` 1.

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::get;
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;

use super::forward::{self, first};
use crate::domain::device::{Device, DeviceKind};
use crate::domain::money::Fen;
use crate::domain::time::{Millis, Timestamp};
use crate::flow::Error;
use crate::flow::device::{self, Message};
use crate::limits;
use crate::secrets::{Secrets, sha256};
use crate::web::Web;
use crate::web::error::Problem;
use crate::web::extract::{body, why_not_heard};

/// The routes. The addresses are built into those apps.
pub fn routes() -> Router<Web> {
    Router::new().route("/appHeart", get(heart).post(heart)).route("/appPush", get(push).post(push))
}

/// What such an app is told.
type Reply = axum::Json<Value>;

fn done() -> Reply {
    axum::Json(json!({ "code": 1, "msg": "成功", "data": null }))
}

fn refused(msg: &str) -> Reply {
    axum::Json(json!({ "code": -1, "msg": msg, "data": null }))
}

const BAD_SIGN: &str = "签名校验错误 (bad signature)";
const BAD_TIME: &str = "客户端时间错误 (the phone's clock is off, or the push is too old)";
const BAD_TYPE: &str = "支付方式错误=>1|微信 2|支付宝 (type must be 1 or 2)";

/// Lower-case hexadecimal MD5.
fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

/// The fields of a call: of its query, then of its body.
async fn fields(request: Request) -> Result<Map<String, Value>, Problem> {
    let query = request.uri().query().unwrap_or("").to_owned();
    let body = body(request, limits::FORM_BODY_BYTES_MAX).await?;
    let pairs = |text: &[u8]| -> Map<String, Value> {
        form_urlencoded::parse(text).map(|(k, v)| (k.into_owned(), Value::String(v.into_owned()))).collect()
    };
    let mut all: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_else(|_| pairs(&body));
    all.extend(pairs(query.as_bytes()));
    Ok(all)
}

/// The device whose key signed `text`; also a revoked one, which is then told so.
async fn signer(web: &Web, text: String, sign: String) -> Result<Option<Device>, Problem> {
    let devices = web.app.store.read(|tx| tx.devices()).await?;
    let secrets = web.app.secrets();
    let mut ours = devices.into_iter().filter(|d| d.kind == DeviceKind::Vmq);
    Ok(ours.find(|device| is_signed(secrets, device, &text, &sign)))
}

fn is_signed(secrets: &Secrets, device: &Device, text: &str, sign: &str) -> bool {
    let expected = md5(&format!("{text}{}", secrets.adapter_key(device.id, DeviceKind::Vmq)));
    expected.as_bytes().ct_eq(sign.to_ascii_lowercase().as_bytes()).into()
}

/// Milliseconds since 1970, exactly 13 digits.
fn time(t: &str) -> Option<Timestamp> {
    let plain = t.len() == 13 && !t.starts_with('0') && t.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| t.parse().ok().map(Timestamp::from_millis)).flatten()
}

fn is_about_now(at: Timestamp, age_max: Millis, now: Timestamp) -> bool {
    now.since(at) <= age_max && at.since(now) <= limits::VMQ_CLOCK_TOLERANCE
}

async fn heart(State(web): State<Web>, request: Request) -> Result<Reply, Problem> {
    let fields = fields(request).await?;
    let (t, sign) = (first(&fields, &["t"]), first(&fields, &["sign"]));
    let Some(device) = signer(&web, t.clone(), sign.clone()).await? else { return Ok(refused(BAD_SIGN)) };
    let now = web.app.now();
    let Some(sent_at) = time(&t).filter(|at| is_about_now(*at, limits::VMQ_CLOCK_TOLERANCE, now)) else {
        return Ok(refused(BAD_TIME));
    };
    let message =
        Message { id: format!("heart_{t}"), body_hash: sha256(sign.as_bytes()), sent_at: Some(sent_at) };
    match device::heartbeat(&web.app, device.id, message, None).await {
        Ok(_) => Ok(done()),
        Err(Error::NotFound(_)) => Err(why_not_heard(&web, device.id).await),
        Err(error) => Err(error.into()),
    }
}

async fn push(State(web): State<Web>, request: Request) -> Result<Reply, Problem> {
    let fields = fields(request).await?;
    let [t, kind, price, sign] = ["t", "type", "price", "sign"].map(|name| first(&fields, &[name]));
    let Some(device) = signer(&web, format!("{kind}{price}{t}"), sign).await? else {
        return Ok(refused(BAD_SIGN));
    };
    let Some(wallet) = wallet(&kind) else { return Ok(refused(BAD_TYPE)) };
    let now = web.app.now();
    let Some(posted_at) = time(&t).filter(|at| is_about_now(*at, limits::VMQ_PUSH_AGE_MAX, now)) else {
        return Ok(refused(BAD_TIME));
    };
    let body_hash = sha256(format!("{kind} {price} {t}").as_bytes());
    let id: String = body_hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    let mut notice = json!({
        "id": id, "package": "vmq", "title": wallet, "posted_at": posted_at,
        "original": { "type": kind, "price": price, "t": t },
    });
    match Fen::parse(&price) {
        Ok(amount) => notice["text"] = json!(amount.to_string()),
        // Signed all the same: money came in, and the owner is told that its amount could not be read.
        Err(_) => notice["hidden"] = json!("garbled"),
    }
    // It tells when it pushed first, not when it pushed this: nothing to measure the phone's clock by.
    let message = Message { id: format!("push_{id}"), body_hash, sent_at: None };
    forward::store(&web, device.id, message, &notice).await.map(|_| done())
}

/// How the rules name what such an app announces.
fn wallet(kind: &str) -> Option<&'static str> {
    match kind {
        "1" => Some("V免签 微信"),
        "2" => Some("V免签 支付宝"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn texts_are_signed_as_those_apps_sign_them() {
        for (text, sign) in [
            ("1767225600000", "4ed7e9264b5b89d9fa1b1fe7820cc79f"),
            ("110.011767225600000", "34e453400027e1c98302d025f95bfd17"),
            ("110.01767225600000", "3ff5481b240df7dc54fe72654b410710"),
        ] {
            assert_eq!(md5(&format!("{text}{KEY}")), sign, "{text}");
        }
    }

    #[test]
    fn a_time_has_thirteen_digits() {
        assert_eq!(time("1767225600000"), Some(Timestamp::from_millis(1_767_225_600_000)));
        for t in [
            "",
            "67225600000",
            "176722560000",
            "17672256000000",
            "0767225600000",
            "176722560000x",
            "1767225600.00",
        ] {
            assert_eq!(time(t), None, "{t}");
        }
    }
}
