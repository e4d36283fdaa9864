//! A client for the real program: it may lose an answer, and says so.

use matcha::clock::Clock;
use reqwest::Method;
use serde_json::Value;

/// Status and body; `None` where the connection broke before the answer was whole.
pub(crate) type Answer = Option<(u16, Value)>;

/// Speaks to one server; cheap to clone.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    base: String,
}

/// A paired phone.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) device: String,
    pub(crate) secret: String,
}

impl Http {
    pub(crate) fn new() -> Http {
        // Nothing here speaks TLS, but the client wants to know that it could. A second one in this process is refused.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Http { client, base: String::new() }
    }

    /// The same client for the server at `base`.
    pub(crate) fn at(&self, base: &str) -> Http {
        Http { client: self.client.clone(), base: base.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str, bearer: &str) -> Answer {
        answer(self.request(Method::GET, path).bearer_auth(bearer)).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, bearer: &str, body: &Value) -> Answer {
        answer(self.request(method, path).bearer_auth(bearer).json(body)).await
    }

    /// Posts as a reader behind the address `from`, which a proxy vouches for.
    pub(crate) async fn post_from(&self, from: &str, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).header("x-forwarded-for", from).json(body)).await
    }

    /// Posts a body that `phone` signs as message `id`.
    pub(crate) async fn signed(&self, phone: &Phone, path: &str, id: &str, body: &str) -> Answer {
        let at = Clock::System.now().millis() / 1000;
        let signature = matcha::webhook::sign(&phone.secret, id, at, body.as_bytes()).expect("a good secret");
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .header("matcha-device", &phone.device)
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signature)
            .body(body.to_owned());
        answer(request).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let body = response.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

/// The answer, which must have come and be one of success.
pub(crate) fn good(answer: Answer) -> Value {
    let (status, body) = answer.expect("an answer");
    assert!((200..300).contains(&status), "{status}: {body}");
    body
}

/// A text member of an answer.
pub(crate) fn word(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
}
