//! What the forwarders share: a device's token in the address, a form or JSON in the body, a notice out of it.
//!
//! Whoever knows the address can post anything, so its receipts never have more than the trust of a text without an id.
//! Nothing that bears a good token is refused for its content: what cannot be understood is stored as it came.

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value, json};

use crate::domain::device::DeviceKind;
use crate::domain::id::DeviceId;
use crate::domain::time::{Millis, Timestamp};
use crate::flow::Error;
use crate::flow::device::Message;
use crate::flow::intake::{self, Batch};
use crate::limits;
use crate::secrets::sha256;
use crate::web::Web;
use crate::web::error::{Problem, no_credentials};
use crate::web::extract::{body, why_not_heard};

/// A post of a forwarder that bears a good token.
pub(super) struct Post {
    pub(super) device: DeviceId,
    pub(super) body: Bytes,
    is_form: bool,
}

/// What a forwarder says of one notification.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) package: String,
    pub(super) title: String,
    pub(super) text: String,
    /// When it was posted; `None` where that is not told in a way that can be trusted.
    pub(super) posted_at: Option<Timestamp>,
    /// When the forwarder sent this, by the phone's clock.
    pub(super) sent_at: Option<Timestamp>,
    /// The words came in a form in which they cannot be read.
    pub(super) garbled: bool,
}

impl Post {
    /// Checks the token, then reads the body.
    pub(super) async fn of(
        web: &Web,
        kind: DeviceKind,
        token: &str,
        request: Request,
    ) -> Result<Post, Problem> {
        let device = web.app.secrets().device_of_token(token, kind);
        let device = device.ok_or_else(|| no_credentials("device token"))?;
        let is_form = is_form(request.headers());
        Ok(Post { device, body: body(request, limits::JSON_BODY_BYTES_MAX).await?, is_form })
    }

    /// The body's fields: a JSON object's, or a form's. `None` for anything else.
    pub(super) fn fields(&self) -> Option<Map<String, Value>> {
        if let Ok(object) = serde_json::from_slice(&self.body) {
            return Some(object);
        }
        let is_json = self.body.trim_ascii_start().starts_with(b"{");
        (self.is_form && !is_json).then(|| {
            let pairs = form_urlencoded::parse(&self.body);
            pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
        })
    }

    /// Stores what was said as a notice, and settles what can be settled.
    pub(super) async fn take_in(self, web: &Web, kind: DeviceKind, said: Said) -> Result<Answer, Problem> {
        let body_hash = sha256(&self.body);
        let id: String = body_hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
        let original = serde_json::from_slice::<Value>(&self.body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&self.body).into_owned()));
        let mut notice = json!({
            "id": id, "package": said.package, "title": said.title, "text": said.text, "original": original,
        });
        if let Some(posted_at) = said.posted_at {
            notice["posted_at"] = json!(posted_at);
        }
        if said.garbled {
            notice["hidden"] = json!("garbled");
        }
        let message = Message { id: format!("{}_{id}", kind.as_str()), body_hash, sent_at: said.sent_at };
        store(web, self.device, message, &notice).await
    }
}

/// Stores one translated notice of a device.
pub(super) async fn store(
    web: &Web,
    device: DeviceId,
    message: Message,
    notice: &Value,
) -> Result<Answer, Problem> {
    let raw = serde_json::value::to_raw_value(notice).map_err(|_| crate::web::error::internal())?;
    match intake::receive(&web.app, Batch { device, message, notices: vec![raw] }).await {
        Ok(_) => {
            web.metrics.notices(1);
            Ok(axum::Json(json!({ "code": 0, "msg": "success" })))
        }
        Err(Error::NotFound(_)) => Err(why_not_heard(web, device).await),
        Err(error) => Err(error.into()),
    }
}

/// What a forwarder is told: it is stored.
pub(super) type Answer = axum::Json<Value>;

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|h| h.to_str().ok()).unwrap_or("");
    kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
}

/// The first of these fields that is a text with something in it, or a number as text.
pub(super) fn first(fields: &Map<String, Value>, names: &[&str]) -> String {
    let text = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    names.iter().find_map(|name| fields.get(*name).and_then(text)).unwrap_or_default()
}

/// A time that says which instant it is: RFC 3339 with its zone, or seconds or milliseconds since 1970. Local time without
/// a zone is not: read in the wrong zone it would point at the hold of somebody else.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        10 => Some(Timestamp::from_millis(number.checked_mul(1000)?)),
        13 => Some(Timestamp::from_millis(number)),
        _ => None,
    }
}

/// `2020-05-08 23:34:11` in China, which has had no other zone since 1991.
pub(super) fn china_time(text: &str) -> Option<Timestamp> {
    const CHINA_OFFSET: Millis = Millis::seconds(8 * 3600);
    let text = text.trim();
    // Without seconds it could be any time of that minute.
    if text.len() != "2020-05-08 23:34:11".len() {
        return None;
    }
    let utc: Timestamp = format!("{}Z", text.replacen(' ', "T", 1)).parse().ok()?;
    Some(utc.minus(CHINA_OFFSET))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_time_that_names_an_instant_is_one() {
        let at = Timestamp::from_millis(1_767_225_600_000);
        for text in ["1767225600", "1767225600000", "2026-01-01T08:00:00+08:00", " 2026-01-01T00:00:00.000Z "]
        {
            assert_eq!(instant(text), Some(at), "{text}");
        }
        for text in ["", "2026-01-01 08:00:00", "2026-01-01T08:00:00", "17672256000", "now", "-1767225600"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn local_time_of_the_original_phones_is_chinas() {
        assert_eq!(china_time("2020-05-08 23:34:11").unwrap().to_string(), "2020-05-08T15:34:11.000Z");
        for text in ["", "2020-05-08", "null", "2020-13-08 23:34:11", "2020-05-08 23:34"] {
            assert_eq!(china_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_field_with_something_in_it_counts() {
        let fields = json!({ "a": "", "b": 12, "c": "x", "d": null }).as_object().unwrap().clone();
        assert_eq!(first(&fields, &["a", "d", "c"]), "x");
        assert_eq!(first(&fields, &["b", "c"]), "12");
        assert_eq!(first(&fields, &["a", "e"]), "");
    }
}
