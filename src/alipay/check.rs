//! What `matcha alipay check` says: whether keys, app id, seller and gateway fit together, in words that an owner
//! understands.
//!
//! Pure: the answer to one question for a trade that does not exist, and how far the clocks are apart, are arguments. A
//! verified "there is no such trade" proves the app id, the private key, Alipay's key and the clock at once; everything
//! else is a finding.

use super::credentials::{Credentials, Gateway, Warning};
use super::gateway::{Doubt, Error, Refusal};
use super::keyring::Unverified;
use super::keys::KeyForm;
use super::methods::Trade;
use super::response::ResponseError;
use super::sign::SignType;
use crate::domain::time::{Millis, Timestamp};
use crate::limits;

/// What weight a finding has; the heaviest is told first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// Worth knowing.
    Note,
    /// As it should be.
    Good,
    /// It works, and probably not as meant, or not for long.
    Warning,
    /// It does not work.
    Fault,
}

impl Weight {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Weight::Note => "note",
            Weight::Good => "good",
            Weight::Warning => "warning",
            Weight::Fault => "fault",
        }
    }
}

/// One thing that the owner is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// A stable name.
    pub code: &'static str,
    /// What weight it has.
    pub weight: Weight,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

fn finding(weight: Weight, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Finding {
    Finding { code, weight, zh: zh.into(), en: en.into() }
}

/// A certificate is told to end this long before it does.
const RENEW_BEFORE: Millis = Millis::seconds(30 * 24 * 3600);

/// Everything there is to say, what weighs most first.
///
/// `outcome` is what a query for a random `out_trade_no` ended in, `ahead` how far the gateway's clock is ahead of ours if
/// it was heard, `now` our clock.
#[must_use]
pub fn diagnose(
    credentials: &Credentials,
    outcome: &Result<Trade, Error>,
    ahead: Option<Millis>,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = match outcome {
        Ok(trade) => vec![works(trade)],
        Err(error) => failed(error, credentials),
    };
    findings.extend(clock(ahead));
    findings.extend(credentials.warnings().into_iter().map(|warning| mixed_up(warning, outcome.is_ok())));
    findings.extend(settings(credentials, now));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    findings
}

fn works(trade: &Trade) -> Finding {
    match trade {
        Trade::NotYet => finding(
            Weight::Good,
            "works",
            "支付宝网关认识这个应用，双方的签名都验证通过：应用、密钥、网关和时钟互相匹配。",
            "Alipay knows this application and both signatures verify: app, keys, gateway and clock fit together.",
        ),
        Trade::Known(_) => finding(
            Weight::Warning,
            "number_taken",
            "网关返回了一笔已有的交易：随机订单号被占用，请再检查一次。",
            "The gateway answered with an existing trade: the random number was taken; check again.",
        ),
    }
}

fn failed(error: &Error, credentials: &Credentials) -> Vec<Finding> {
    match error {
        Error::Refused(refusal) => refused(refusal, credentials),
        Error::BadSignature(error) => vec![not_verified(error)],
        Error::Unreadable(ResponseError::Encrypted) => vec![finding(
            Weight::Fault,
            "aes_key_missing",
            "支付宝返回了加密内容，但这里没有填写 AES 密钥：填写平台上的“接口内容加密”密钥。",
            "Alipay answers encrypted, and no AES key is set here: paste the key for encryption of contents.",
        )],
        Error::Unreadable(ResponseError::Decrypt(_)) => vec![finding(
            Weight::Fault,
            "aes_key_wrong",
            "用这里的 AES 密钥解不开支付宝的回复：密钥与平台上的不同。",
            "Alipay's answer does not decrypt with the AES key that is set here: it is not the console's.",
        )],
        Error::Unreadable(_) | Error::Unknown(Doubt::Status(_) | Doubt::TooLong) => vec![finding(
            Weight::Fault,
            "not_the_gateway",
            format!("回答的不是支付宝网关（{error}）：检查网关地址，以及中间有没有代理或登录页。"),
            format!(
                "What answered is not Alipay's gateway ({error}): look at the address, and for a proxy or login page between."
            ),
        )],
        Error::Unreachable(_) => vec![finding(
            Weight::Fault,
            "unreachable",
            format!("连不上支付宝网关（{error}）：检查服务器的网络、DNS 和防火墙。"),
            format!(
                "The gateway cannot be reached ({error}): look at the server's network, DNS and firewall."
            ),
        )],
        Error::Unknown(_) | Error::Busy => vec![finding(
            Weight::Fault,
            "no_answer",
            format!("支付宝没有给出结果（{error}）：稍后再检查一次。"),
            format!("Alipay gave no result ({error}): check again later."),
        )],
        Error::Unfit(_) | Error::Sign => vec![finding(
            Weight::Fault,
            "not_sent",
            format!("请求没有发出（{error}）。"),
            format!("Nothing was sent ({error})."),
        )],
    }
}

/// The gateway took our request, and we cannot verify its answer.
fn not_verified(error: &ResponseError) -> Finding {
    match error {
        ResponseError::Unverified(Unverified::UnknownCertificate(sn)) => finding(
            Weight::Fault,
            "alipay_certificate_unknown",
            format!("支付宝用证书 {sn} 签名，取回的证书通不过根证书校验：重新下载支付宝公钥证书和根证书。"),
            format!(
                "Alipay signs with the certificate {sn}, and what was fetched does not lead to the root certificates: download Alipay's certificate and the roots again."
            ),
        ),
        ResponseError::Unverified(Unverified::NotInForce(_)) => finding(
            Weight::Fault,
            "alipay_certificate_over",
            format!("支付宝公钥证书不在有效期内（{error}）：检查服务器时钟，或重新下载证书。"),
            format!(
                "Alipay's certificate is not in force ({error}): look at the server's clock, or download it again."
            ),
        ),
        ResponseError::Unverified(Unverified::BadSignature)
        | ResponseError::Unsigned
        | ResponseError::NotJson
        | ResponseError::Duplicate(_)
        | ResponseError::WrongNode(_)
        | ResponseError::NoNode
        | ResponseError::Another(_)
        | ResponseError::Malformed
        | ResponseError::Encrypted
        | ResponseError::Decrypt(_) => finding(
            Weight::Fault,
            "alipay_key_wrong",
            "支付宝收下了请求，但它的签名用这里的支付宝公钥验不过。最常见的原因：把“应用公钥”当成了“支付宝公钥”，或填了别的应用、沙箱的公钥。到开放平台复制“支付宝公钥”。",
            "Alipay took the request, but its signature does not verify with the key that is set as Alipay's. Most often the application's public key was pasted instead, or the key of another app or of the sandbox. Copy 支付宝公钥 from the console.",
        ),
    }
}

fn refused(refusal: &Refusal, credentials: &Credentials) -> Vec<Finding> {
    let word = refusal.sub_code.rsplit('.').next().unwrap_or_default();
    let code = match word {
        "invalid-signature" => "private_key_wrong",
        "missing-signature-key" => "no_key_uploaded",
        "invalid-app-id" => "app_id_unknown",
        "invalid-timestamp" => "clock_off",
        "invalid-app-cert-sn" => "app_certificate_wrong",
        "invalid-alipay-root-cert-sn" => "root_certificates_wrong",
        "decryption-error-unknown" | "missing-encrypt-key" | "invalid-encrypt" => "encryption_differs",
        "insufficient-isv-permissions" | "ACCESS_FORBIDDEN" => "no_permission",
        _ if refusal.code == "40006" => "no_permission",
        _ => "refused",
    };
    let (advice, sub_code) = (refusal.advice(), &refusal.sub_code);
    let mut findings = vec![finding(
        Weight::Fault,
        code,
        format!("{}（{sub_code}）", advice.zh),
        format!("{} ({sub_code})", advice.en),
    )];
    if code == "private_key_wrong" {
        let key = credentials.application_key();
        let (print, text) = (key.fingerprint(), key.to_text());
        findings.push(finding(
            Weight::Note,
            "application_key",
            format!("与这里的私钥配对的应用公钥（指纹 {print}）：{text}"),
            format!("The application public key that belongs to the private key here (fingerprint {print}): {text}"),
        ));
    }
    findings
}

fn clock(ahead: Option<Millis>) -> Option<Finding> {
    let seconds = ahead?.get() / 1000;
    let off = seconds.saturating_abs().saturating_mul(1000) > limits::ALIPAY_CLOCK_SLACK.get();
    off.then(|| {
        let behind = seconds.unsigned_abs();
        let (zh, en) = if seconds > 0 { ("慢", "behind") } else { ("快", "ahead of") };
        finding(
            Weight::Fault,
            "clock_off",
            format!("服务器时钟比支付宝{zh}了 {behind} 秒：校准时间（NTP），否则请求会被拒绝。"),
            format!("The server's clock is {behind} s {en} Alipay's: set it (NTP), or requests are refused."),
        )
    })
}

fn mixed_up(warning: Warning, works: bool) -> Finding {
    // What works is no fault, whatever its id looks like.
    let weight = if works { Weight::Note } else { Weight::Fault };
    match warning {
        Warning::SandboxAppInProduction => finding(
            weight,
            "sandbox_app_in_production",
            "APPID 看起来是沙箱应用，网关却是正式环境：改用沙箱网关，或换成正式应用的 APPID 和密钥。",
            "The app id looks like the sandbox's, and the gateway is production: use the sandbox gateway, or the id and keys of a real application.",
        ),
        Warning::ProductionAppInSandbox => finding(
            weight,
            "production_app_in_sandbox",
            "APPID 看起来是正式应用，网关却是沙箱：改用正式网关，或换成沙箱应用的 APPID 和密钥。",
            "The app id looks like a real application's, and the gateway is the sandbox: use production, or the id and keys of a sandbox application.",
        ),
    }
}

/// What is worth knowing of the settings themselves.
fn settings(credentials: &Credentials, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match credentials.private_key().form() {
        KeyForm::Pkcs8 => finding(
            Weight::Note,
            "key_form_pkcs8",
            "应用私钥是 PKCS#8（Java）格式。Matcha 两种格式都能读；要求 PKCS#1（非 Java）的程序读不了它。",
            "The private key is PKCS#8 (\"Java\"). Matcha reads both forms; a program that asks for PKCS#1 (\"non-Java\") does not take it.",
        ),
        KeyForm::Pkcs1 => finding(
            Weight::Note,
            "key_form_pkcs1",
            "应用私钥是 PKCS#1（非 Java）格式。Matcha 两种格式都能读；Java 程序要求 PKCS#8。",
            "The private key is PKCS#1 (\"non-Java\"). Matcha reads both forms; a program in Java asks for PKCS#8.",
        ),
    });
    if credentials.sign_type() == SignType::Rsa1 {
        findings.push(finding(
            Weight::Warning,
            "rsa1",
            "应用仍在使用 RSA（SHA-1）签名：在开放平台升级到 RSA2。",
            "The application still signs by RSA (SHA-1): move it to RSA2 in the console.",
        ));
    }
    if credentials.seller_id().is_none() {
        findings.push(finding(
            Weight::Note,
            "no_seller_id",
            "没有填写商户号（PID，2088 开头）：填写后，通知里的收款方会被核对。",
            "No seller id (PID, 2088…) is set: with it, the receiver of each payment is compared.",
        ));
    }
    if *credentials.gateway() != Gateway::Production {
        let name = credentials.gateway().name();
        findings.push(finding(
            Weight::Note,
            "not_production",
            format!("网关是 {name}，不是正式环境：收到的不是真钱。"),
            format!("The gateway is {name}, not production: no real money comes in."),
        ));
    }
    findings.extend(ending(credentials, now));
    findings
}

fn ending(credentials: &Credentials, now: Timestamp) -> Option<Finding> {
    let until = credentials.alipay_certificate()?.until();
    (until.minus(RENEW_BEFORE) <= now).then(|| {
        finding(
            Weight::Warning,
            "alipay_certificate_ends",
            format!("支付宝公钥证书将于 {} 到期：提前下载新的证书。", until.china_clock()),
            format!("Alipay's certificate ends at {until}: download the new one in time."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alipay::vectors;

    fn refusal(code: &str, sub_code: &str) -> Result<Trade, Error> {
        let (code, sub_code, sub_msg) = (code.to_owned(), sub_code.to_owned(), String::new());
        let refusal = Refusal { code, sub_code, sub_msg, signed: true, after_doubt: false };
        Err(Error::Refused(Box::new(refusal)))
    }

    fn first(
        credentials: &Credentials,
        outcome: &Result<Trade, Error>,
        ahead: Option<Millis>,
    ) -> (Weight, &'static str) {
        let findings = diagnose(credentials, outcome, ahead, Timestamp::from_millis(0));
        let chinese = |text: &str| text.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign));
        assert!(
            findings
                .iter()
                .all(|found| chinese(&found.zh) && found.en.is_ascii() | found.en.contains("支付宝公钥"))
        );
        (findings[0].weight, findings[0].code)
    }

    #[test]
    fn the_usual_mistakes_are_named() {
        let account = vectors::credentials(&["alipay"]);
        let unverified = |error: Unverified| Err(Error::BadSignature(ResponseError::Unverified(error)));
        for (outcome, ahead, expected) in [
            (Ok(Trade::NotYet), Some(Millis::seconds(2)), (Weight::Good, "works")),
            (Ok(Trade::NotYet), Some(Millis::seconds(-301)), (Weight::Fault, "clock_off")),
            (unverified(Unverified::BadSignature), None, (Weight::Fault, "alipay_key_wrong")),
            (
                unverified(Unverified::UnknownCertificate(String::new())),
                None,
                (Weight::Fault, "alipay_certificate_unknown"),
            ),
            (refusal("40002", "isv.invalid-signature"), None, (Weight::Fault, "private_key_wrong")),
            (refusal("40002", "isv.invalid-app-id"), None, (Weight::Fault, "app_id_unknown")),
            (refusal("40002", "isv.invalid-timestamp"), None, (Weight::Fault, "clock_off")),
            (
                refusal("40002", "isv.invalid-alipay-root-cert-sn"),
                None,
                (Weight::Fault, "root_certificates_wrong"),
            ),
            (refusal("40002", "isv.invalid-app-cert-sn"), None, (Weight::Fault, "app_certificate_wrong")),
            (refusal("40001", "isv.missing-signature-key"), None, (Weight::Fault, "no_key_uploaded")),
            (refusal("40006", "isv.insufficient-isv-permissions"), None, (Weight::Fault, "no_permission")),
            (refusal("40004", "ACQ.ACCESS_FORBIDDEN"), None, (Weight::Fault, "no_permission")),
            (Err(Error::Unreadable(ResponseError::Encrypted)), None, (Weight::Fault, "aes_key_missing")),
            (Err(Error::Unknown(Doubt::Status(502))), None, (Weight::Fault, "not_the_gateway")),
            (Err(Error::Unreachable("x".to_owned())), None, (Weight::Fault, "unreachable")),
            (Err(Error::Unknown(Doubt::Timeout)), None, (Weight::Fault, "no_answer")),
        ] {
            assert_eq!(first(&account, &outcome, ahead), expected, "{outcome:?}");
        }
    }

    #[test]
    fn keys_of_the_sandbox_on_production_are_told_even_where_the_gateway_says_only_that_it_does_not_know_them()
     {
        let account = vectors::made(&["alipay"], |it| {
            it.gateway = "production".to_owned();
            it.app_id = "9021000000000000".to_owned();
        });
        let findings =
            diagnose(&account, &refusal("40002", "isv.invalid-app-id"), None, Timestamp::from_millis(0));
        assert!(
            findings
                .iter()
                .any(|found| found.code == "sandbox_app_in_production" && found.weight == Weight::Fault)
        );
    }

    #[test]
    fn a_wrong_private_key_is_told_with_the_public_key_to_upload() {
        let account = vectors::credentials(&["alipay"]);
        let findings =
            diagnose(&account, &refusal("40002", "isv.invalid-signature"), None, Timestamp::from_millis(0));
        let key = account.application_key().to_text();
        assert!(findings.iter().any(|found| found.code == "application_key" && found.en.contains(&key)));
    }

    #[test]
    fn a_certificate_is_told_to_end_a_month_before() {
        let account = vectors::certified();
        let until = account.alipay_certificate().unwrap().until();
        let told = |now| {
            diagnose(&account, &Ok(Trade::NotYet), None, now)
                .iter()
                .any(|f| f.code == "alipay_certificate_ends")
        };
        assert!(!told(until.minus(Millis::seconds(31 * 24 * 3600))));
        assert!(told(until.minus(Millis::seconds(29 * 24 * 3600))));
    }
}
