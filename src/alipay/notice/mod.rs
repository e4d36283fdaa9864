//! What Alipay sends by itself: notifications (`notify_url`, the application's gateway) and what a browser brings back
//! (`return_url`).
//!
//! Knows the raw form and whose signature is on it. Refuses to know orders: [`Notice::event`] says what happened, a flow
//! compares it with the order. The form is decoded once, from its bytes, because frameworks that decode, trim or merge
//! it break the signature.

mod event;
mod form;

use std::collections::BTreeMap;

pub use event::{Agreement, AgreementStatus, Event, EventError, Happened, Mismatch, Returned, Trade};
pub use form::Form;

use super::canonical::{self, CERT_SN, SIGN_TYPE};
use super::keyring::{Keyring, Unverified};
use super::shown;
use crate::domain::time::Timestamp;

/// Why a notice is not processed. Answer `failure`, and change nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Above [`crate::limits::ALIPAY_NOTICE_BYTES_MAX`] or [`crate::limits::ALIPAY_NOTICE_FIELDS_MAX`].
    #[error("the form is too long")]
    TooLong,
    /// A `%` without two hex digits, or bytes that are no text in the form's charset.
    #[error("the form is not well formed")]
    Malformed,
    /// A charset that Alipay does not use.
    #[error("the charset {0} is not known")]
    Charset(String),
    /// A name stands twice. Alipay never does that, and the signature alone does not tell which value counts.
    #[error("{0} stands twice")]
    Duplicate(String),
    /// No signature.
    #[error("the form is not signed")]
    SignMissing,
    /// Another algorithm than the account's.
    #[error("the form says that it is signed by {0}, which is not what the account uses")]
    SignType(String),
    /// The signature counts for nothing.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// The text that was signed could be split into fields in another way. What happened is asked for by a query.
    #[error("{0} could be a part of the value before it, or hide another field")]
    Ambiguous(String),
    /// It is for another application.
    #[error("the notice is for the application {0}")]
    AppId(String),
    /// The money went to somebody else.
    #[error("the notice is for the seller {0}")]
    SellerId(String),
}

impl Refusal {
    /// A stable name for logs and tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::TooLong => "too_long",
            Refusal::Malformed => "malformed",
            Refusal::Charset(_) => "charset",
            Refusal::Duplicate(_) => "duplicate_param",
            Refusal::SignMissing => "sign_missing",
            Refusal::SignType(_) => "sign_type_not_allowed",
            Refusal::Unverified(_) => "signature",
            Refusal::Ambiguous(_) => "ambiguous",
            Refusal::AppId(_) => "app_id_mismatch",
            Refusal::SellerId(_) => "seller_id_mismatch",
        }
    }
}

/// For whom a notice must be.
#[derive(Clone, Copy, Debug)]
pub struct Receiver<'a> {
    /// The application.
    pub app_id: &'a str,
    /// The merchant (PID), where the owner told it.
    pub seller_id: Option<&'a str>,
    /// What is trusted.
    pub keyring: &'a Keyring,
}

/// A notice that Alipay signed for the receiver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    fields: BTreeMap<String, String>,
}

impl Notice {
    /// A field; an empty one counts as missing.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The notice's number, the same over all its repeats. What a browser brings back has none.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.get("notify_id")
    }

    /// All fields, for the owner's inbox.
    #[must_use]
    pub const fn fields(&self) -> &BTreeMap<String, String> {
        &self.fields
    }

    /// What happened.
    ///
    /// # Errors
    /// [`EventError`]: a field that decides is missing or cannot be read.
    pub fn event(&self) -> Result<Event, EventError> {
        event::of(self)
    }
}

impl Form {
    /// Verifies the form.
    ///
    /// First without `sign_type`, as trade notices are signed, then once with it, as messages of the application's gateway
    /// are. A second text cannot help a forger: it too has to be one that Alipay signed.
    ///
    /// # Errors
    /// [`Refusal`]: nothing of the form may be used.
    pub fn verify(self, receiver: &Receiver<'_>, now: Timestamp) -> Result<Notice, Refusal> {
        let signature = self.text(canonical::SIGN).filter(|signature| !signature.is_empty());
        let signature = signature.ok_or(Refusal::SignMissing)?;
        let configured = receiver.keyring.sign_type().as_str();
        if let Some(other) = self.text(SIGN_TYPE).filter(|told| !told.is_empty() && *told != configured) {
            return Err(Refusal::SignType(shown(other)));
        }
        // What a browser brings back in certificate mode names the certificate beside the signature.
        for without in [&[SIGN_TYPE, CERT_SN][..], &[CERT_SN]] {
            let text = canonical::of_notice(self.raw_fields(), without);
            match receiver.keyring.check(&text, signature, None, now) {
                Ok(()) => return self.accept(receiver),
                Err(Unverified::BadSignature) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Unverified::BadSignature.into())
    }

    /// What is left to ask once the signature is good.
    fn accept(self, receiver: &Receiver<'_>) -> Result<Notice, Refusal> {
        if let Some(name) = self.ambiguous() {
            return Err(Refusal::Ambiguous(shown(name)));
        }
        let other = |name: &str, ours: &str| self.text(name).filter(|told| *told != ours).map(shown);
        if let Some(app_id) =
            other("app_id", receiver.app_id).or(self.text("app_id").is_none().then(String::new))
        {
            return Err(Refusal::AppId(app_id));
        }
        if let Some(seller_id) = receiver.seller_id.and_then(|ours| other("seller_id", ours)) {
            return Err(Refusal::SellerId(seller_id));
        }
        Ok(Notice { fields: self.into_texts() })
    }
}

#[cfg(test)]
mod tests;
