//! Problems (RFC 9457): what a caller is told when something cannot be done. One of two places that choose status codes.
//!
//! A problem has a stable `code` and a `detail` in the caller's language; it is written out by `envelope`, which knows
//! the language and the request's id. What went wrong inside goes to the log, never into the body.

mod flows;

use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::domain::product::KeyState;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::unlock::Refusal;
use crate::flow::coupon::Offer;
use crate::flow::gateway::cashier::Trouble;
use crate::limits;
use crate::qr::IntakeError;

/// A text in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bilingual {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What a caller is told.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code.
    pub code: &'static str,
    /// What happened and what to do next.
    pub detail: Bilingual,
    /// Further members.
    pub extra: Map<String, Value>,
    /// After how long trying again makes sense.
    pub retry_after: Option<Millis>,
}

/// Shorthand for a problem.
#[must_use]
pub fn problem(status: StatusCode, code: &'static str, zh: &str, en: &str) -> Problem {
    let detail = Bilingual { zh: zh.to_owned(), en: en.to_owned() };
    Problem { status, code, detail, extra: Map::new(), retry_after: None }
}

impl Problem {
    /// Adds a member.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Problem {
        self.extra.insert(key.to_owned(), value.into());
        self
    }

    /// Says when to try again, in a member and a header.
    #[must_use]
    pub fn retry_after(mut self, span: Millis) -> Problem {
        let span = span.clamp(limits::RETRY_AFTER_MIN, limits::RETRY_AFTER_MAX);
        self.retry_after = Some(span);
        self.with("retry_after_ms", span.get())
    }

    /// Says when to try again, however long that is.
    #[must_use]
    pub fn retry_after_all_of(mut self, span: Millis) -> Problem {
        self.retry_after = Some(span);
        self.with("retry_after_ms", span.get())
    }

    /// The body in one language.
    #[must_use]
    pub fn body(&self, english: bool, request_id: &str) -> Value {
        let detail = if english { &self.detail.en } else { &self.detail.zh };
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut body = json!({
            "type": format!("urn:matcha:problem:{}", self.code),
            "title": title,
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": detail,
            "request_id": request_id,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(self.extra.clone());
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// No such path.
#[must_use]
pub fn not_found() -> Problem {
    problem(StatusCode::NOT_FOUND, "not_found", "没有这个地址。", "There is nothing at this address.")
}

/// The path is there, the method is not.
#[must_use]
pub fn method_not_allowed() -> Problem {
    let (zh, en) = ("这个地址不支持该方法。", "This address does not take that method.");
    problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", zh, en)
}

/// A bug of ours.
#[must_use]
pub fn internal() -> Problem {
    let (zh, en) = (
        "服务器内部出错, 已记录。没有保存到一半的数据; 请稍后重试。",
        "Something went wrong in the server and was logged. Nothing was half done; please try again later.",
    );
    problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", zh, en)
}

/// A request that could not be read.
#[must_use]
pub fn bad_request(code: &'static str, zh: &str, en: &str) -> Problem {
    problem(StatusCode::BAD_REQUEST, code, zh, en)
}

/// A value that is not acceptable.
#[must_use]
pub fn invalid(field: &str, why: &str) -> Problem {
    let (zh, en) = (format!("{field} 不合要求: {why}"), format!("{field} is not acceptable: {why}"));
    problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", &zh, &en).with("field", field)
}

/// A thing that is not there.
fn missing(code: &'static str, zh: &str, en: &str) -> Problem {
    problem(StatusCode::NOT_FOUND, code, zh, en)
}

/// What was sent is understood and cannot be used.
fn unusable(code: &'static str, zh: &str, en: &str) -> Problem {
    problem(StatusCode::UNPROCESSABLE_ENTITY, code, zh, en)
}

/// A value that a reader typed and that is not acceptable, in words for him.
#[must_use]
pub fn mistyped(field: &str, zh: &str, en: &str) -> Problem {
    problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", zh, en).with("field", field)
}

/// A body above its bound.
#[must_use]
pub fn too_large(bytes_max: usize) -> Problem {
    let zh = format!("请求内容太大, 最多 {bytes_max} 字节; 没有保存任何内容。");
    let en = format!("The body is too large: at most {bytes_max} bytes. Nothing was stored.");
    problem(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", &zh, &en).with("bytes_max", bytes_max)
}

/// More notices at once than are taken.
#[must_use]
pub fn too_many_notices() -> Problem {
    let most = limits::NOTICES_PER_BATCH_MAX;
    let zh = format!("一次最多 {most} 条通知; 没有保存, 请分批发送。");
    let en = format!("At most {most} notices at once; nothing was stored, send them in parts.");
    problem(StatusCode::PAYLOAD_TOO_LARGE, "too_many_notices", &zh, &en).with("limit", most)
}

/// An upload that is no form, or has no file.
#[must_use]
pub fn bad_multipart() -> Problem {
    bad_request(
        "bad_multipart",
        "请以 multipart/form-data 上传, 图片放在 file 字段。",
        "Upload as multipart/form-data with the picture in the field `file`.",
    )
}

/// An upload that ended before its end: it is too large, or no form of the boundary it names.
#[must_use]
pub fn broken_upload(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(limits::UPLOAD_BODY_BYTES_MAX),
        _ => bad_multipart(),
    }
}

/// A picture that is not taken in.
#[must_use]
pub fn refused_image(error: IntakeError) -> Problem {
    let status = match error {
        IntakeError::TooLarge | IntakeError::Dimensions => StatusCode::PAYLOAD_TOO_LARGE,
        IntakeError::Format => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        IntakeError::Broken => StatusCode::UNPROCESSABLE_ENTITY,
    };
    problem(status, error.code(), error.zh(), &error.to_string())
}

/// Rules of the owner's that were not put in force; `why` is the error with its causes.
#[must_use]
pub fn bad_rules(why: &str) -> Problem {
    let zh = format!("规则文件有误, 仍使用原来的规则: {why}");
    let en = format!("The rules file is not good; the old rules stay in force: {why}");
    problem(StatusCode::UNPROCESSABLE_ENTITY, "bad_rules", &zh, &en)
}

/// Credentials that are missing or not good.
#[must_use]
pub fn unauthorized(code: &'static str, zh: &str, en: &str) -> Problem {
    problem(StatusCode::UNAUTHORIZED, code, zh, en)
}

/// A token or key that the caller must have and has not.
#[must_use]
pub fn no_credentials(what: &'static str) -> Problem {
    let zh = format!("缺少或无效的凭证 ({what})。");
    let en = format!("The credentials ({what}) are missing or not good.");
    unauthorized("unauthorized", &zh, &en)
}

/// A browser origin that the site does not list.
#[must_use]
pub fn origin_not_allowed() -> Problem {
    let (zh, en) = (
        "该网站没有允许来自这个来源的请求; 站长可在站点的 origins 中加入它。",
        "The site does not allow requests from this origin; its owner can add it to the site's origins.",
    );
    problem(StatusCode::FORBIDDEN, "origin_not_allowed", zh, en)
}

/// The owner's key was not given again as it is.
#[must_use]
pub fn reauthentication_failed() -> Problem {
    let (zh, en) = (
        "owner_key 与本次请求的密钥不符; 没有转账。",
        "owner_key is not the key of this request; nothing was sent.",
    );
    problem(StatusCode::FORBIDDEN, "reauthentication_failed", zh, en)
}

/// Too many of something; `code` says of what.
#[must_use]
pub fn too_many(code: &'static str, zh: &str, en: &str) -> Problem {
    problem(StatusCode::TOO_MANY_REQUESTS, code, zh, en)
}

/// The content is there for who has paid.
#[must_use]
pub fn payment_required(price: &str) -> Problem {
    let zh = format!("这部分内容需付费 {price} 元阅读; 已购买请用恢复码取回。");
    let en = format!("This part costs ¥{price}; if you have paid, restore it with your recovery code.");
    problem(StatusCode::PAYMENT_REQUIRED, "payment_required", &zh, &en).with("price", price)
}

/// A token that opens nothing, or nothing any more.
#[must_use]
pub fn token_refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Bad => unauthorized(
            "bad_token",
            "阅读凭证无效, 请用恢复码重新取回。",
            "The unlock token is not good; restore it with your recovery code.",
        ),
        Refusal::Revoked => problem(
            StatusCode::PAYMENT_REQUIRED,
            "unlock_revoked",
            "这份阅读权已被撤销; 如有疑问请联系站长。",
            "This right to read was taken back; ask the site's owner if that is a mistake.",
        ),
        Refusal::SignedOut => unauthorized(
            "signed_out",
            "这台设备已被退出, 请用恢复码重新登入。",
            "This browser was signed out; sign in again with your recovery code.",
        ),
        Refusal::Expired { since } => problem(
            StatusCode::PAYMENT_REQUIRED,
            "unlock_expired",
            "阅读权已到期, 续费后可继续阅读。",
            "The time of this right to read is over; renew it to read on.",
        )
        .with("expired_at", since.to_string()),
    }
}

/// A key of a sealed text that is not given out; `current` is the version that is.
#[must_use]
pub fn no_such_key(state: KeyState, current: u32) -> Problem {
    let (code, zh, en) = match state {
        KeyState::Retired => (
            "key_version_retired",
            "这个页面是用已停用的旧密钥加密的; 请刷新页面, 若仍打不开请联系站长重新发布。",
            "This page was sealed with a key that is retired; load it again, or ask the owner to publish it anew.",
        ),
        KeyState::Unknown | KeyState::Released => (
            "key_version_unknown",
            "服务器没有这个页面的密钥版本; 站长可能恢复过旧备份, 或用了别的密钥。",
            "The server has no key of the version of this page: was it sealed with another site's secret?",
        ),
    };
    conflict(code, zh, en).with("key_version", current)
}

/// A right that is used in as many browsers as it may be.
#[must_use]
pub fn too_many_seats(limit: u32) -> Problem {
    let zh = format!("最多可在 {limit} 台设备上阅读; 请先退出其中一台。");
    let en = format!("This right is used in {limit} browsers already; sign one of them out first.");
    conflict("too_many_seats", &zh, &en).with("limit", limit)
}

/// A network that named too many codes that do not exist.
#[must_use]
pub fn too_many_tries(wait: Millis) -> Problem {
    let (zh, en) = (
        "尝试次数太多, 请稍后再试。",
        "Too many codes were tried from your network; please try again later.",
    );
    too_many("too_many_tries", zh, en).retry_after_all_of(wait)
}

/// A network that claimed too often.
#[must_use]
pub fn too_many_claims(wait: Millis) -> Problem {
    let (zh, en) = (
        "申请太多, 请稍后再试; 之前的申请站长会看到。",
        "Too many claims from your network; the earlier ones are kept.",
    );
    too_many("too_many_claims", zh, en).retry_after_all_of(wait)
}

/// A coupon that is not good.
#[must_use]
pub fn coupon_refused(offer: &Offer) -> Problem {
    match offer {
        Offer::Expired => conflict("coupon_expired", "优惠码已过期。", "The coupon has expired."),
        Offer::UsedUp => {
            conflict("coupon_used_up", "优惠码已用完。", "The coupon was used as often as it may be.")
        }
        Offer::Unknown | Offer::Good(_) => problem(
            StatusCode::NOT_FOUND,
            "coupon_not_found",
            "没有这个优惠码, 或不适用于这篇内容。",
            "There is no such coupon for this product.",
        ),
    }
}

/// All amounts of the band are held.
#[must_use]
pub fn no_free_amount(next_free_at: Timestamp, now: Timestamp) -> Problem {
    let (zh, en) = (
        "此刻所有金额都有人在付款, 稍候会自动重试。",
        "Every amount is being paid by somebody right now; the next one comes free shortly.",
    );
    problem(StatusCode::SERVICE_UNAVAILABLE, "no_free_amount", zh, en)
        .with("next_free_at", next_free_at.to_string())
        .retry_after(next_free_at.since(now))
}

/// Something that is temporarily not to be had.
#[must_use]
pub fn unavailable(code: &'static str, zh: &str, en: &str) -> Problem {
    problem(StatusCode::SERVICE_UNAVAILABLE, code, zh, en)
}

/// Two things that do not go together.
#[must_use]
pub fn conflict(code: &'static str, zh: &str, en: &str) -> Problem {
    problem(StatusCode::CONFLICT, code, zh, en)
}

/// The official gateway could not, or would not.
#[must_use]
pub fn gateway_trouble(trouble: &Trouble) -> Problem {
    match trouble {
        Trouble::Unknown { .. } => unavailable(
            "gateway_unavailable",
            "支付宝暂时没有回应; 没有扣款, 请稍后重试或换一种付款方式。",
            "Alipay does not answer at the moment; nothing was charged. Please try again or pay another way.",
        )
        .retry_after(limits::RETRY_AFTER_MIN),
        Trouble::Refused { code, .. } => unavailable(
            "gateway_refused",
            "支付宝拒绝了这个订单 (站长需要检查设置); 没有扣款, 请换一种付款方式。",
            "Alipay refused this order (the owner has to look at the settings); nothing was charged. Please pay another way.",
        )
        .with("gateway_code", code.as_str()),
    }
}

/// A device was asked for whose adapter is off.
#[must_use]
pub fn adapter_off(setting: &str) -> Problem {
    let zh = format!("对应的接口没有开启; 请在 matcha.toml 中设置 {setting} = true 并重启, 再添加设备。");
    let en = format!(
        "The adapter for this kind of device is off; set {setting} = true in matcha.toml, start the server again, \
         then add the device."
    );
    conflict("adapter_off", &zh, &en).with("setting", setting)
}
