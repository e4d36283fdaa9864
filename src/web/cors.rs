//! Which browser origins may call the reader API: those that a site lists, exactly, and our own pages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::origin_not_allowed;
use super::state::Web;
use crate::domain::time::{Millis, Timestamp};

/// How long an answer about an origin is believed; another process may change a site.
const BELIEVED: Millis = Millis::seconds(5);
/// Origins remembered at once.
const KEPT: usize = 1000;

/// Answers about origins, for a short while.
#[derive(Clone, Default)]
pub struct Origins(Arc<Mutex<HashMap<String, (bool, Timestamp)>>>);

impl Origins {
    fn known(&self, origin: &str, now: Timestamp) -> Option<bool> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(origin).filter(|(_, at)| now.since(*at) < BELIEVED).map(|(known, _)| *known)
    }

    fn learn(&self, origin: String, known: bool, now: Timestamp) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= KEPT {
            answers.clear();
        }
        answers.insert(origin, (known, now));
    }

    /// Forgets all answers, because a site was changed.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The `Origin` of a request that comes from another origin than ours.
#[must_use]
pub fn foreign_origin(headers: &HeaderMap, base_url: &str) -> Option<String> {
    let origin = headers.get(header::ORIGIN)?.to_str().unwrap_or("null");
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    let own = origin == base_url || origin.split_once("://").is_some_and(|(_, rest)| rest == host);
    (!own).then(|| origin.to_owned())
}

/// Answers preflights, and lets a known origin read answers and problems alike. That a site's product is ordered from
/// that site's own origins is checked where the site is known.
pub async fn layer(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(origin) = foreign_origin(request.headers(), &web.config.base_url) else {
        return next.run(request).await;
    };
    let now = web.app.now();
    let known = match web.origins.known(&origin, now) {
        Some(known) => known,
        None => {
            let asked = origin.clone();
            // A database that cannot be read right now lets nobody in, and is asked again next time.
            match web.app.store.read(move |tx| tx.origin_is_known(&asked)).await {
                Ok(known) => {
                    web.origins.learn(origin.clone(), known, now);
                    known
                }
                Err(_) => false,
            }
        }
    };
    if !known {
        return origin_not_allowed().into_response();
    }
    let preflight = request.method() == Method::OPTIONS;
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    if let Ok(origin) = HeaderValue::from_str(&origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let fixed = if preflight {
        [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, last-event-id, idempotency-key, matcha-reader, matcha-pow",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "7200"),
        ]
        .as_slice()
    } else {
        [(header::ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after, x-request-id")].as_slice()
    };
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
