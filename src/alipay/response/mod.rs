//! The gateway's answers: which bytes were signed, and whether they were.
//!
//! Knows one answer's JSON. The signed text is the node's value as it came, byte for byte, so it is cut out by a JSON
//! reader and never written anew. Refuses what two readers could read differently: a name twice, the node of another
//! method, two nodes. Without a signature only an error is taken, and it is marked.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8};
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::aes::{AesKey, DecryptError};
use super::canonical::{CERT_SN, SIGN};
use super::keyring::{Keyring, Unverified};
use super::lenient::Text;
use super::shown;
use crate::domain::time::Timestamp;

/// The node of errors that are no method's.
const ERROR_NODE: &str = "error_response";

/// An answer that may be used: signed by Alipay, or an error without a signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The gateway's code, such as `10000`.
    pub code: String,
    /// The gateway's word for it.
    pub msg: String,
    /// The business code, such as `ACQ.TRADE_NOT_EXIST`; empty where there is none.
    pub sub_code: String,
    /// For people, in Chinese; it may change at any time.
    pub sub_msg: String,
    /// Alipay's signature was verified. False only for errors: they may be shown, and must change no money's state.
    pub signed: bool,
    node: String,
}

/// Why an answer may not be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ResponseError {
    /// No JSON object; perhaps a page of a proxy.
    #[error("the answer is no JSON object")]
    NotJson,
    /// A name stands twice: readers differ on which one counts.
    #[error("the answer holds {0} twice")]
    Duplicate(String),
    /// It answers another method, or two at once.
    #[error("the answer holds {0}, which was not asked for")]
    WrongNode(String),
    /// It holds no answer at all.
    #[error("the answer holds no node of the method")]
    NoNode,
    /// It answers a question about something else: this number is not the one that was asked for.
    #[error("the answer is about another {0}")]
    Another(&'static str),
    /// The node is neither an object with a code nor, with encryption, a text.
    #[error("the answer's node is not of its form")]
    Malformed,
    /// A success without a signature.
    #[error("the answer is no error and is not signed")]
    Unsigned,
    /// The signature counts for nothing.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// It is encrypted and the account has no AES key.
    #[error("the answer is encrypted and the account has no AES key")]
    Encrypted,
    /// It is encrypted with another key.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
}

impl ResponseError {
    /// A stable name for the caller.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            ResponseError::NotJson => "not_json",
            ResponseError::Duplicate(_) => "duplicate_node",
            ResponseError::WrongNode(_) => "wrong_node",
            ResponseError::NoNode => "no_node",
            ResponseError::Another(_) => "another_number",
            ResponseError::Malformed => "malformed",
            ResponseError::Unsigned => "sign_missing",
            ResponseError::Unverified(Unverified::BadSignature) => "signature",
            ResponseError::Unverified(Unverified::UnknownCertificate(_)) => "unknown_certificate",
            ResponseError::Unverified(Unverified::NotInForce(_)) => "certificate_not_in_force",
            ResponseError::Encrypted => "encrypted",
            ResponseError::Decrypt(_) => "decryption",
        }
    }
}

impl Answer {
    /// True where the call worked: `10000`. What it means depends on the method.
    #[must_use]
    pub fn worked(&self) -> bool {
        self.code == "10000"
    }

    /// The node's members, as a method reads them.
    ///
    /// # Errors
    /// [`ResponseError::Malformed`].
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ResponseError> {
        serde_json::from_str(&self.node).map_err(|_| ResponseError::Malformed)
    }

    /// Refuses the answer to another question. Nothing in a signature says which one it answers, so a number that both
    /// name has to be the same.
    pub(super) fn must_answer(&self, asked: &Value) -> Result<(), ResponseError> {
        let Numbers {
            out_trade_no,
            trade_no,
            out_request_no,
            out_biz_no,
            agreement_no,
            external_agreement_no,
        } = self.parse()?;
        for (name, told) in [
            ("out_trade_no", out_trade_no),
            ("trade_no", trade_no),
            ("out_request_no", out_request_no),
            ("out_biz_no", out_biz_no),
            ("agreement_no", agreement_no),
            ("external_agreement_no", external_agreement_no),
        ] {
            let asked = asked.get(name).and_then(Value::as_str);
            if asked.is_some_and(|asked| told.some().is_some_and(|told| told != asked)) {
                return Err(ResponseError::Another(name));
            }
        }
        Ok(())
    }

    /// The node's JSON, decrypted.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    #[cfg(test)]
    pub(super) fn refusing(code: &str, sub_code: &str, signed: bool) -> Answer {
        let node = serde_json::json!({ "code": code, "sub_code": sub_code }).to_string();
        Answer::read(node, signed).expect("an answer")
    }

    fn read(node: String, signed: bool) -> Result<Answer, ResponseError> {
        let head: Head = serde_json::from_str(&node).map_err(|_| ResponseError::Malformed)?;
        let Head { code, msg, sub_code, sub_msg } = head;
        let [code, msg, sub_code, sub_msg] = [code, msg, sub_code, sub_msg].map(Text::into_string);
        if code.is_empty() {
            return Err(ResponseError::Malformed);
        }
        Ok(Answer { code, msg, sub_code, sub_msg, signed, node })
    }
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    code: Text,
    #[serde(default)]
    msg: Text,
    #[serde(default)]
    sub_code: Text,
    #[serde(default)]
    sub_msg: Text,
}

/// What questions and their answers are about. Not all of them have all numbers.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Numbers {
    out_trade_no: Text,
    trade_no: Text,
    out_request_no: Text,
    out_biz_no: Text,
    agreement_no: Text,
    external_agreement_no: Text,
}

/// Reads and verifies the answer to `method`.
///
/// `charset` is what the HTTP header says; errors have been seen in GBK where UTF-8 was asked for.
///
/// # Errors
/// [`ResponseError`]: nothing of the answer may be used.
pub fn read(
    raw: &[u8],
    charset: Option<&str>,
    method: &str,
    keyring: &Keyring,
    aes: Option<&AesKey>,
    now: Timestamp,
) -> Result<Answer, ResponseError> {
    let (text, encoding) = decoded(raw, charset)?;
    let members = Members::read(&text)?;
    let node = members.node(method)?;
    let signature = members.text(SIGN)?.filter(|signature| !signature.is_empty());
    let Some(signature) = signature else {
        return unsigned(node);
    };
    let sn = members.text(CERT_SN)?.filter(|sn| !sn.is_empty());
    verify(node, encoding, &signature, sn.as_deref(), keyring, now)?;
    Answer::read(plain(node, aes)?, true)
}

/// The node of an answer whose signature nobody checked yet, decrypted: only for the certificate that is needed to check
/// it. What is in it proves itself or counts for nothing.
pub(super) fn unverified_node(
    raw: &[u8],
    charset: Option<&str>,
    method: &str,
    aes: Option<&AesKey>,
) -> Result<String, ResponseError> {
    let (text, _) = decoded(raw, charset)?;
    plain(Members::read(&text)?.node(method)?, aes)
}

/// An error without a signature. Gateways answer so when they do not know whose key would be asked for.
fn unsigned(node: &str) -> Result<Answer, ResponseError> {
    let answer = Answer::read(node.to_owned(), false).map_err(|_| ResponseError::Unsigned)?;
    // 1xxxx are successes: 10000, and 10003 for a payment under way.
    if answer.code.starts_with('1') { Err(ResponseError::Unsigned) } else { Ok(answer) }
}

fn verify(
    node: &str,
    encoding: &'static Encoding,
    signature: &str,
    sn: Option<&str>,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<(), Unverified> {
    let check = |text: &str| match encoding.encode(text) {
        (bytes, _, false) => keyring.check(&bytes, signature, sn, now),
        // What the charset does not have would be written as something else.
        (_, _, true) => Err(Unverified::BadSignature),
    };
    match check(node) {
        // As the official programs in Java and PHP do: once more with the slashes not escaped. The text still has to be
        // one that Alipay signed.
        Err(Unverified::BadSignature) if node.contains("\\/") => check(&without_escaped_slashes(node)),
        checked => checked,
    }
}

/// `\/` as `/`; in `\\/` the backslash itself is escaped, and it stays.
fn without_escaped_slashes(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    let mut signs = json.chars();
    while let Some(sign) = signs.next() {
        match if sign == '\\' { signs.next() } else { None } {
            Some('/') => plain.push('/'),
            Some(escaped) => plain.extend([sign, escaped]),
            None => plain.push(sign),
        }
    }
    plain
}

/// The node's object: as it is, or decrypted.
fn plain(node: &str, aes: Option<&AesKey>) -> Result<String, ResponseError> {
    if !node.starts_with('"') {
        return Ok(node.to_owned());
    }
    let secret: String = serde_json::from_str(node).map_err(|_| ResponseError::Malformed)?;
    Ok(aes.ok_or(ResponseError::Encrypted)?.decrypt(&secret)?)
}

/// The answer as text: UTF-8 if it is, else in the charset that the header says if Alipay uses it, else GBK.
///
/// The header is not signed, and in another charset the same bytes could be another object. For the same reason nothing
/// is replaced that is no text: the bytes that are checked are made from this text again.
fn decoded<'a>(
    raw: &'a [u8],
    charset: Option<&str>,
) -> Result<(Cow<'a, str>, &'static Encoding), ResponseError> {
    if let Ok(text) = std::str::from_utf8(raw) {
        return Ok((Cow::Borrowed(text), UTF_8));
    }
    let named = charset.and_then(|name| Encoding::for_label(name.as_bytes()));
    let encoding = named.filter(|encoding| *encoding == GB18030).unwrap_or(GBK);
    let text = encoding.decode_without_bom_handling_and_without_replacement(raw);
    Ok((text.ok_or(ResponseError::NotJson)?, encoding))
}

/// The top level of an answer: names, and the text of each value as it came.
struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Result<Members<'a>, ResponseError> {
        let members: Members<'a> = serde_json::from_str(text).map_err(|_| ResponseError::NotJson)?;
        let mut names: Vec<&str> = members.0.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair.first() == pair.last());
        match twice.and_then(|pair| pair.first()) {
            Some(name) => Err(ResponseError::Duplicate(shown(name))),
            None => Ok(members),
        }
    }

    /// The value of the method's own node, or of the node of errors.
    fn node(&self, method: &str) -> Result<&'a str, ResponseError> {
        let own = format!("{}_response", method.replace('.', "_"));
        let mut found = None;
        for (name, value) in &self.0 {
            let expected = *name == own || name == ERROR_NODE;
            if expected && found.is_none() {
                found = Some(*value);
            } else if expected || name.ends_with("_response") {
                return Err(ResponseError::WrongNode(shown(name)));
            }
        }
        found.ok_or(ResponseError::NoNode)
    }

    fn text(&self, wanted: &str) -> Result<Option<String>, ResponseError> {
        let value = self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
        value.map(|value| serde_json::from_str(value).map_err(|_| ResponseError::Malformed)).transpose()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'a>, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    members.push((name, value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// A member's name, with its escapes read.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests;
