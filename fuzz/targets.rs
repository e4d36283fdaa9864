//! What each fuzz target does with its bytes. Used by `cargo fuzz` and, on stable Rust, by `tests/it/fuzz.rs`.

use matcha::alipay::keyring::Keyring;
use matcha::alipay::notice::Form;
use matcha::alipay::sign::SignType;
use matcha::alipay::{bill, certs, keys, response};
use matcha::domain::channel::Channel;
use matcha::domain::money::Fen;
use matcha::domain::notice::{Rules, Seen};
use matcha::domain::time::Timestamp;
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

/// A form that says it comes from Alipay: whatever it holds, what is read is bounded, and nothing is verified without a
/// key.
pub(crate) fn alipay_notice(data: &[u8]) {
    let Ok(form) = Form::parse(data) else { return };
    let app_id = form.app_id().unwrap_or_default().to_owned();
    let keyring = Keyring::of_keys(SignType::Rsa2, Vec::new());
    let receiver = matcha::alipay::notice::Receiver { app_id: &app_id, seller_id: None, keyring: &keyring };
    assert!(form.verify(&receiver, Timestamp::MAX).is_err());
}

/// An answer of the gateway: without a key only an error is taken, and it is marked as unsigned.
pub(crate) fn alipay_response(data: &[u8]) {
    let keyring = Keyring::of_keys(SignType::Rsa2, Vec::new());
    let answer = response::read(data, None, "alipay.trade.query", &keyring, None, Timestamp::MAX);
    if let Ok(answer) = answer {
        assert!(!answer.signed && !answer.worked());
    }
}

/// What owners paste and what a bill's address gives: read or refused.
pub(crate) fn alipay_paste(data: &[u8]) {
    drop(bill::read(data));
    let Ok(text) = std::str::from_utf8(data) else { return };
    drop(keys::PrivateKey::paste(text));
    drop(keys::PublicKey::paste(text));
    drop(certs::AppCert::paste(text));
    drop(certs::Roots::paste(text));
}
