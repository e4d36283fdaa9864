//! Acts as a paired phone: signs a body and posts it. For the demo, the command line and tests.

use std::time::Duration;

use serde::Serialize;

use crate::domain::id::DeviceId;
use crate::domain::time::Timestamp;

/// A paired phone that speaks to one server.
#[derive(Clone)]
pub struct Phone {
    base_url: String,
    device: DeviceId,
    secret: String,
    client: reqwest::Client,
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Phone({} at {})", self.device, self.base_url)
    }
}

impl Phone {
    /// A phone that was paired as `device` and signs with `secret`.
    #[must_use]
    pub fn new(base_url: &str, device: DeviceId, secret: String) -> Phone {
        // The process's TLS provider, unless it was chosen before: ring, which builds without anything but a C compiler.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .build()
            .unwrap_or_default();
        Phone { base_url: base_url.trim_end_matches('/').to_owned(), device, secret, client }
    }

    /// Posts `body` to `path`, signed at `now` as message `id`.
    ///
    /// # Errors
    /// Where the server cannot be reached. A refusal is a response.
    pub async fn post(
        &self,
        path: &str,
        id: &str,
        now: Timestamp,
        body: &impl Serialize,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let body = serde_json::to_vec(body).unwrap_or_default();
        let seconds = now.millis() / 1000;
        let signature = super::sign(&self.secret, id, seconds, &body).unwrap_or_default();
        self.client
            .post(format!("{}{path}", self.base_url))
            .header("content-type", "application/json")
            .header("matcha-device", self.device.to_string())
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await
    }
}
