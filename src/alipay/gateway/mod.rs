//! The client of Alipay's gateway: signs, sends, verifies, and says what is known afterwards.
//!
//! Knows HTTP and one account's keys. Refuses to know orders, and to repeat what could then happen twice. Time is an
//! argument: it is signed as the request's timestamp.

mod advice;
mod error;
mod http;

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

pub use advice::{Advice, of as advice};
pub use error::{Doubt, Error, Refusal};
pub use http::{Line, LineError, Settings};

use super::canonical::{self, Params, SIGN, SIGN_TYPE};
use super::certs::{AlipayCert, AppCert, CertError, Roots};
use super::credentials::{Credentials, Gateway};
use super::forms::Signed;
use super::keyring::{Keyring, Unverified};
use super::methods::{
    CallbackUrl, Method, OutTradeNo, Page, Repeat, Trade, TradeQuery, TradeRef, Unfit, without_nulls,
};
use super::response::{self, Answer, ResponseError};
use crate::domain::time::{Millis, Timestamp};
use crate::limits;
use crate::rng::Rng;
use http::{Reply, duration};

/// The method that hands out certificates of Alipay's by their numbers.
const CERT_DOWNLOAD: &str = "alipay.open.app.alipaycert.download";

/// One account at the gateway.
pub struct Client {
    line: Line,
    credentials: Arc<Credentials>,
    /// What the account trusts, and the certificates that were fetched since.
    keyring: RwLock<Arc<Keyring>>,
    rng: Rng,
}

/// What a question for a trade that does not exist tells of an account, for [`super::check`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// How it ended. [`Trade::NotYet`] is the good end.
    pub outcome: Result<Trade, Error>,
    /// How far the gateway's clock is ahead of ours, to the second.
    pub ahead: Option<Millis>,
}

/// What a call was answered in the end.
struct Answered {
    answer: Answer,
    /// A try before it was sent and nobody knows what became of it.
    after_doubt: bool,
}

impl Client {
    /// The client of one account, on a line that it shares with others.
    #[must_use]
    pub fn new(line: Line, credentials: Arc<Credentials>, rng: Rng) -> Client {
        let keyring = RwLock::new(Arc::new(credentials.keyring()));
        Client { line, credentials, keyring, rng }
    }

    /// The account.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What is trusted at the moment, for notices.
    #[must_use]
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs a page for the buyer's browser or wallet: [`Signed`] writes it as a link, a form or an order string, with the
    /// address of [`Gateway::url`]. It is not encrypted, whatever the account's settings. Signing takes some milliseconds of
    /// a core.
    ///
    /// # Errors
    /// [`Error::Unfit`], [`Error::Sign`].
    pub fn page<P: Page>(&self, page: &P, now: Timestamp) -> Result<Signed, Error> {
        page.check()?;
        let urls = (page.notify_url(), page.return_url());
        let content = without_nulls(page.content()).to_string();
        sign(&self.credentials, self.params(P::NAME, &content, urls, false, now), &self.rng)
    }

    /// Makes a call. Repeats it only where [`Method::REPEAT`] allows, or where nothing was sent.
    ///
    /// # Errors
    /// [`Error`]; ask [`Error::may_have_happened`] before anything follows.
    pub async fn call<M: Method>(&self, request: &M, now: Timestamp) -> Result<M::Answer, Error> {
        request.check()?;
        let content = without_nulls(request.content());
        let signed = self.signed(M::NAME, &content.to_string(), request.notify_url(), now).await?;
        let budget = duration(self.line.settings().call_budget);
        let answered = timeout(budget, self.repeat(M::NAME, M::REPEAT, &signed, now)).await;
        let Answered { answer, after_doubt } = answered.unwrap_or(Err(Error::Unknown(Doubt::Timeout)))?;
        answer.must_answer(&content)?;
        let outcome = outcome::<M>(&answer);
        // What only asks changes nothing, however often it was sent.
        if after_doubt && M::REPEAT != Repeat::Asks { outcome.map_err(Error::after_doubt) } else { outcome }
    }

    /// Asks once for a trade that does not exist. A verified "there is none" proves app id, keys and clock at once.
    pub async fn probe(&self, number: &OutTradeNo, now: Timestamp) -> Probe {
        let query = TradeQuery { trade: TradeRef::Ours(number.clone()) };
        let content = query.content();
        let (answer, date) = match self.signed(TradeQuery::NAME, &content.to_string(), None, now).await {
            Ok(signed) => self.once(TradeQuery::NAME, &signed, now).await,
            Err(error) => (Err(error), None),
        };
        let outcome = answer.and_then(|answer| {
            answer.must_answer(&content)?;
            outcome::<TradeQuery>(&answer)
        });
        Probe { outcome, ahead: date.map(|date| date.since(now)) }
    }

    /// Fetches a bill from the address that [`super::methods::BillUrl`] was answered: a ZIP for [`super::bill::read`].
    ///
    /// # Errors
    /// [`Error`]. The address is good for 30 s, so ask for a new one rather than again.
    pub async fn fetch_bill(&self, address: &str) -> Result<Vec<u8>, Error> {
        if !self.is_alipays(address) {
            return Err(Error::Unfit(Unfit::Sign("bill_download_url")));
        }
        Ok(self.line.get(address, limits::ALIPAY_BILL_ZIP_BYTES_MAX).await?.body)
    }

    /// True for an address of Alipay's, or of the gateway that stands for it.
    fn is_alipays(&self, address: &str) -> bool {
        let Ok(url) = reqwest::Url::parse(address) else { return false };
        let (Some(host), true) = (url.host_str(), matches!(url.scheme(), "https" | "http")) else {
            return false;
        };
        match self.credentials.gateway() {
            Gateway::Production | Gateway::Sandbox => {
                ["alipay.com", "alipaydev.com"].iter().any(|domain| host.ends_with(&format!(".{domain}")))
            }
            Gateway::Own(own) => own.host_str() == Some(host),
        }
    }

    /// A request, signed on a thread that may be busy for some milliseconds.
    async fn signed(
        &self,
        method: &str,
        content: &str,
        notify_url: Option<&CallbackUrl>,
        now: Timestamp,
    ) -> Result<Signed, Error> {
        let encrypted = self.credentials.aes_key().is_some();
        let params = self.params(method, content, (notify_url, None), encrypted, now);
        let (account, rng) = (Arc::clone(&self.credentials), self.rng.clone());
        spawn_blocking(move || sign(&account, params, &rng)).await.unwrap_or(Err(Error::Sign))
    }

    /// The parameters of a request, without their signature.
    fn params(
        &self,
        method: &str,
        content: &str,
        (notify_url, return_url): (Option<&CallbackUrl>, Option<&CallbackUrl>),
        encrypted: bool,
        now: Timestamp,
    ) -> Params {
        let account = &self.credentials;
        let mut params: Params = [
            ("app_id", account.app_id()),
            ("method", method),
            ("format", "JSON"),
            ("charset", "utf-8"),
            (SIGN_TYPE, account.sign_type().as_str()),
            ("version", "1.0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let mut set = |name: &str, value: Option<&str>| {
            params.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        };
        set("timestamp", Some(&now.china_clock()));
        set("notify_url", notify_url.map(CallbackUrl::as_str));
        set("return_url", return_url.map(CallbackUrl::as_str));
        set("app_cert_sn", account.app_certificate().map(AppCert::sn));
        set("alipay_root_cert_sn", account.roots().map(Roots::sn));
        match account.aes_key().filter(|_| encrypted) {
            Some(key) => {
                set("encrypt_type", Some("AES"));
                set("biz_content", Some(&key.encrypt(content)));
            }
            None => set("biz_content", Some(content)),
        }
        params
    }

    /// Sends a request until it is answered, as often as that is safe.
    async fn repeat(
        &self,
        method: &str,
        repeat: Repeat,
        signed: &Signed,
        now: Timestamp,
    ) -> Result<Answered, Error> {
        let settings = self.line.settings();
        let (tries, pause) = match repeat {
            Repeat::Asks => (limits::ALIPAY_ASK_TRIES, settings.ask_pause),
            Repeat::SameNumber => (limits::ALIPAY_REPEAT_TRIES, settings.repeat_pause),
            Repeat::Never => (limits::ALIPAY_REPEAT_TRIES, settings.ask_pause),
        };
        let (mut made, mut doubt) = (1, None);
        loop {
            let (answer, _) = self.once(method, signed, now).await;
            let error = match answer {
                Ok(answer) if answer.doubtful() => Error::of_answer(answer),
                Ok(answer) => return Ok(Answered { answer, after_doubt: doubt.is_some() }),
                Err(error) => error,
            };
            let again = match &error {
                // Nothing was sent.
                Error::Unreachable(_) => true,
                Error::Unknown(Doubt::TooLong) => false,
                Error::Unknown(_) => repeat != Repeat::Never,
                Error::Unfit(_)
                | Error::Sign
                | Error::Busy
                | Error::Refused(_)
                | Error::BadSignature(_)
                | Error::Unreadable(_) => false,
            };
            // That this try was not sent says nothing about those before it.
            let error = if error.may_have_happened() { error } else { doubt.unwrap_or(error) };
            if !again || made >= tries {
                return Err(error);
            }
            doubt = Some(error).filter(Error::may_have_happened);
            sleep(duration(pause)).await;
            made += 1;
        }
    }

    /// Sends a request once and verifies the answer. Also the gateway's clock, if it was heard.
    async fn once(
        &self,
        method: &str,
        signed: &Signed,
        now: Timestamp,
    ) -> (Result<Answer, Error>, Option<Timestamp>) {
        let reply = match self.post(signed).await {
            Ok(reply) => reply,
            Err(error) => return (Err(error), None),
        };
        let answer = match self.read(method, &reply, &self.keyring(), now) {
            Err(ResponseError::Unverified(Unverified::UnknownCertificate(sn))) => {
                match self.fetch_certificate(&sn, now).await {
                    Some(keyring) => self.read(method, &reply, &keyring, now),
                    None => Err(Unverified::UnknownCertificate(sn).into()),
                }
            }
            answer => answer,
        };
        let (code, sub_code) = answer.as_ref().map_or(("", ""), |answer| (&answer.code, &answer.sub_code));
        tracing::debug!(method, code, sub_code, trace_id = reply.trace_id, "Alipay answered");
        (answer.map_err(Error::from), reply.date)
    }

    async fn post(&self, signed: &Signed) -> Result<Reply, Error> {
        let address = format!("{}?{}", self.credentials.gateway().url(), signed.query());
        self.line.post(&address, signed.content()).await
    }

    fn read(
        &self,
        method: &str,
        reply: &Reply,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Result<Answer, ResponseError> {
        let aes = self.credentials.aes_key();
        response::read(&reply.body, reply.charset.as_deref(), method, keyring, aes, now)
    }

    /// Fetches a certificate of Alipay's that an answer names, and trusts it only if it is that one, our roots stand
    /// behind it, its holder is the one of the certificate that the owner gave, it is in force, and the answer that
    /// brought it is signed by it or by one that was trusted before. Whatever fails, nothing is trusted.
    async fn fetch_certificate(&self, sn: &str, now: Timestamp) -> Option<Arc<Keyring>> {
        // What names it is not signed. All numbers are an MD5.
        if sn.len() != 32 || !sn.bytes().all(|sign| sign.is_ascii_hexdigit()) {
            return None;
        }
        let content = json!({ "alipay_cert_sn": sn }).to_string();
        let signed = self.signed(CERT_DOWNLOAD, &content, None, now).await.ok()?;
        let reply = self.post(&signed).await.ok()?;
        let (charset, aes) = (reply.charset.as_deref(), self.credentials.aes_key());
        let node = response::unverified_node(&reply.body, charset, CERT_DOWNLOAD, aes).ok()?;
        let certificate = match self.trusted(&node, sn, now) {
            Ok(certificate) => certificate,
            Err(error) => {
                tracing::warn!(sn, %error, "Alipay's new certificate is not trusted");
                return None;
            }
        };
        let tried = self.keyring().with(certificate.clone());
        if !self.read(CERT_DOWNLOAD, &reply, &tried, now).ok()?.worked() {
            return None;
        }
        // Another call may have added one in the meantime.
        let mut held = self.keyring.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(held.with(certificate));
        Some(Arc::clone(&held))
    }

    /// The certificate in the node of a download, if it is the one that was asked for and trusted.
    fn trusted(&self, node: &str, sn: &str, now: Timestamp) -> Result<AlipayCert, CertError> {
        let node: Value = serde_json::from_str(node).map_err(|_| CertError::NotACertificate)?;
        let content = node["alipay_cert_content"].as_str().ok_or(CertError::Empty)?;
        let pem = STANDARD.decode(content).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pem = pem.ok_or(CertError::NotACertificate)?;
        let account = &self.credentials;
        let (roots, known) = account.roots().zip(account.alipay_certificate()).ok_or(CertError::Untrusted)?;
        let between: Vec<&str> =
            [known.text()].into_iter().chain(account.app_certificate().map(AppCert::text)).collect();
        let certificate = roots.trust_next(&pem, &between, known, now)?;
        if certificate.sn() != sn {
            return Err(CertError::Another { asked: sn.to_owned(), found: certificate.sn().to_owned() });
        }
        Ok(certificate)
    }
}

/// Adds the signature to the parameters of a request.
fn sign(account: &Credentials, mut params: Params, rng: &Rng) -> Result<Signed, Error> {
    let text = canonical::of_request(&params);
    let signature = account.private_key().sign(account.sign_type(), text.as_bytes(), rng);
    params.insert(SIGN.to_owned(), signature.map_err(|_| Error::Sign)?);
    Ok(Signed::new(params))
}

/// What an answer means for a method.
pub(super) fn outcome<M: Method>(answer: &Answer) -> Result<M::Answer, Error> {
    if answer.worked() {
        return Ok(M::read(answer)?);
    }
    match M::otherwise(answer).filter(|_| answer.signed) {
        Some(outcome) => Ok(outcome),
        None => Err(Error::of_answer(answer.clone())),
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({:?})", self.credentials)
    }
}

#[cfg(test)]
mod tests;
