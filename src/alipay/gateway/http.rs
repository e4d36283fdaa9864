//! The line to the gateway: one pool of connections, a bounded number of calls at once, bounded answers, no redirects.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE};
use tokio::sync::Semaphore;

use super::error::{Doubt, Error};
use crate::domain::time::{Millis, Timestamp};
use crate::limits;

/// How long and how often. The defaults are [`limits`]; tests shorten them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Until a socket stands.
    pub connect_timeout: Millis,
    /// Until the whole answer is here.
    pub read_timeout: Millis,
    /// Until a call is given up, with all its repeats.
    pub call_budget: Millis,
    /// Until a bill is here.
    pub bill_timeout: Millis,
    /// Calls in flight at once.
    pub calls_max: usize,
    /// How long a call waits for its turn.
    pub turn_wait: Millis,
    /// Bytes of an answer.
    pub answer_bytes_max: usize,
    /// What is waited before a question is asked again.
    pub ask_pause: Millis,
    /// What is waited before a call is repeated under the same number.
    pub repeat_pause: Millis,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            connect_timeout: limits::ALIPAY_CONNECT_TIMEOUT,
            read_timeout: limits::ALIPAY_READ_TIMEOUT,
            call_budget: limits::ALIPAY_CALL_BUDGET,
            bill_timeout: limits::ALIPAY_BILL_TIMEOUT,
            calls_max: limits::ALIPAY_CALLS_MAX,
            turn_wait: limits::ALIPAY_TURN_WAIT,
            answer_bytes_max: limits::ALIPAY_ANSWER_BYTES_MAX,
            ask_pause: limits::ALIPAY_ASK_PAUSE,
            repeat_pause: limits::ALIPAY_REPEAT_PAUSE,
        }
    }
}

pub(super) fn duration(span: Millis) -> Duration {
    Duration::from_millis(u64::try_from(span.get()).unwrap_or(0))
}

/// One line for all accounts: they share its connections and its bound.
#[derive(Clone, Debug)]
pub struct Line {
    client: reqwest::Client,
    turns: Arc<Semaphore>,
    settings: Settings,
}

/// The machine's TLS could not be set up.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no line to Alipay's gateway can be made: {0}")]
pub struct LineError(String);

/// What came back, before anybody looked at it.
pub(super) struct Reply {
    pub(super) body: Vec<u8>,
    /// The charset of `Content-Type`.
    pub(super) charset: Option<String>,
    /// The gateway's clock.
    pub(super) date: Option<Timestamp>,
    /// What Alipay's support asks for.
    pub(super) trace_id: Option<String>,
}

impl Line {
    /// A line. A proxy is used where the environment names one, as everywhere on such a machine.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn new(settings: Settings) -> Result<Line, LineError> {
        Line::built(settings, reqwest::Client::builder())
    }

    /// A line past any proxy: to a gateway on this machine.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn direct(settings: Settings) -> Result<Line, LineError> {
        Line::built(settings, reqwest::Client::builder().no_proxy())
    }

    fn built(settings: Settings, builder: reqwest::ClientBuilder) -> Result<Line, LineError> {
        // The process's TLS provider, unless it was chosen before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = builder
            .connect_timeout(duration(settings.connect_timeout))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("matcha/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| LineError(error.to_string()))?;
        Ok(Line { client, turns: Arc::new(Semaphore::new(settings.calls_max)), settings })
    }

    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Posts a form whose parameters stand in the address, but for the content.
    pub(super) async fn post(&self, address: &str, content: &str) -> Result<Reply, Error> {
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("biz_content", content).finish();
        let request = self
            .client
            .post(address)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded;charset=utf-8")
            .timeout(duration(self.settings.read_timeout))
            .body(body);
        self.exchange(request, self.settings.answer_bytes_max).await
    }

    /// Fetches a file.
    pub(super) async fn get(&self, address: &str, bytes_max: usize) -> Result<Reply, Error> {
        let request = self.client.get(address).timeout(duration(self.settings.bill_timeout));
        self.exchange(request, bytes_max).await
    }

    async fn exchange(&self, request: reqwest::RequestBuilder, bytes_max: usize) -> Result<Reply, Error> {
        let turn = tokio::time::timeout(duration(self.settings.turn_wait), self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(Error::Busy) };
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(Error::Unknown(Doubt::Status(status)));
        }
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned)
        };
        let (content_type, date, trace_id) =
            (header(CONTENT_TYPE.as_str()), header(DATE.as_str()), header("trace_id"));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > bytes_max {
                return Err(Error::Unknown(Doubt::TooLong));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            body,
            charset: content_type.as_deref().and_then(charset),
            date: date.as_deref().and_then(Timestamp::from_http_date),
            trace_id,
        })
    }
}

/// A failure of the line, without the address: it holds the whole signed request.
fn failed(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if error.is_connect() {
        Error::Unreachable(chain(&error))
    } else if error.is_timeout() {
        Error::Unknown(Doubt::Timeout)
    } else if error.is_builder() {
        Error::Unreachable(chain(&error))
    } else {
        Error::Unknown(Doubt::Broken(chain(&error)))
    }
}

/// An error and its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// The charset of a `Content-Type`.
fn charset(content_type: &str) -> Option<String> {
    let mut parameters = content_type.split(';').skip(1).filter_map(|part| part.split_once('='));
    let (_, charset) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(charset.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charset_is_found_however_the_header_is_written() {
        for (header, expected) in [
            ("text/html;charset=GBK", Some("GBK")),
            ("text/html; boundary=x; Charset = \"utf-8\"", Some("utf-8")),
            ("application/json", None),
            ("text/html;charset", None),
        ] {
            assert_eq!(charset(header).as_deref(), expected, "{header}");
        }
    }
}
