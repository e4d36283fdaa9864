//! Standard Webhooks 1.0.0: one signature scheme for both ways.
//!
//! Knows signatures over `id.timestamp.body`. Refuses to know what the messages say.

pub mod phone;

use base64::Engine as _;
use subtle::ConstantTimeEq as _;

/// Signs a message: `v1,<base64 of HMAC-SHA256>`; `None` where the secret is no `whsec_…` or the body is no text.
#[must_use]
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    standardwebhooks::Webhook::new(secret).ok()?.sign(id, timestamp, body).ok()
}

/// The time in seconds at which a message was signed, if one of its signatures is good; else `None`.
///
/// Whether the time is near enough is the caller's to judge: the library would ask the system's clock.
#[must_use]
pub fn verify(secret: &str, id: &str, timestamp: &str, body: &[u8], signatures: &str) -> Option<i64> {
    let at: i64 = timestamp.parse().ok()?;
    let expected = sign(secret, id, at, body)?;
    let expected = base64::engine::general_purpose::STANDARD.decode(expected.strip_prefix("v1,")?).ok()?;
    signatures
        .split(' ')
        .take(10)
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|given| base64::engine::general_purpose::STANDARD.decode(given).ok())
        .any(|given| given.ct_eq(&expected).into())
        .then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_published_vector_of_the_specification_is_reproduced() {
        // https://github.com/standard-webhooks/standard-webhooks, the test vector of its libraries.
        let body = br#"{"test": 2432232314}"#;
        let signature = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let at = verify(
            SECRET,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            body,
            &format!("v1a,xx {signature}"),
        );
        assert_eq!(at, Some(1_614_265_330));
    }

    #[test]
    fn whatever_is_changed_the_signature_is_bad() {
        let good = sign(SECRET, "m", 1000, b"{}").unwrap();
        assert!(verify(SECRET, "m", "1000", b"{}", &good).is_some());
        for (secret, id, at, body, signature) in [
            ("whsec_AAAA", "m", "1000", "{}", good.as_str()),
            (SECRET, "n", "1000", "{}", &good),
            (SECRET, "m", "1001", "{}", &good),
            (SECRET, "m", "1000.0", "{}", &good),
            (SECRET, "m", "1000", "{ }", &good),
            (SECRET, "m", "1000", "{}", ""),
            (SECRET, "m", "1000", "{}", "v1,"),
            (SECRET, "m", "1000", "{}", &good.replace("v1,", "v2,")),
        ] {
            assert_eq!(
                verify(secret, id, at, body.as_bytes(), signature),
                None,
                "{id} {at} {body} {signature}"
            );
        }
    }
}
