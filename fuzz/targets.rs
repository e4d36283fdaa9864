//! What each fuzz target does with its bytes. Used by `cargo fuzz` and, on stable Rust, by `tests/it/fuzz.rs`.

use matcha::domain::channel::Channel;
use matcha::domain::money::Fen;
use matcha::domain::notice::{Rules, Seen};
use matcha::domain::unlock::RecoveryCode;
use matcha::flow::intake::PhoneNotice;

/// Amounts and recovery codes: what is read prints as something that reads the same.
pub(crate) fn amount(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(fen) = Fen::parse(text) {
        assert!(fen <= Fen::MAX);
        assert_eq!(Fen::parse(&fen.to_string()), Ok(fen));
    }
    if let Ok(code) = text.parse::<RecoveryCode>() {
        assert_eq!(code.to_string().parse::<RecoveryCode>().as_ref(), Ok(&code));
    }
}

/// The rules: no text makes them panic, and no amount is read whose digits are not in it.
pub(crate) fn rules(rules: &Rules, data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.splitn(3, '\u{1}');
    let title = parts.next().unwrap_or("");
    let body = parts.next().unwrap_or("");
    let package = parts.next().unwrap_or("com.tencent.mm");
    let seen = Seen { package, title, text: body, ..Seen::default() };
    if let Some(receipt) = rules.read(&seen).receipt() {
        let digits = receipt.amount.to_string();
        let whole = digits.split('.').next().unwrap_or("");
        let plain: String = format!("{title}{body}").chars().filter(|c| *c != ',').collect();
        assert!(plain.contains(whole), "{digits} was read from {title:?} {body:?}");
    }
}

/// The bridge's body: whatever is sent as a notice either has an id or is refused.
pub(crate) fn bridge_body(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(notice) = PhoneNotice::parse(text) {
        assert!(!notice.id.is_empty());
    }
    drop(serde_json::from_slice::<matcha::web::dto::NoticesRequest>(data));
}

/// Uploaded pictures: what comes out is a PNG of ours, or a refusal.
pub(crate) fn image(data: &[u8]) {
    if let Ok(intake) = matcha::qr::intake(data, Channel::Wechat) {
        assert!(intake.png.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(intake.verified, intake.warnings.is_empty());
    }
}
