//! What every answer gets: a request id, a line in the log, a place in the metrics, its problem in the caller's
//! language, and headers that keep browsers careful.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::error::Problem;
use super::state::Web;
use crate::clock::Stopwatch;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// True where the caller prefers English to Chinese. Chinese is the default.
#[must_use]
pub fn prefers_english(headers: &HeaderMap) -> bool {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok()).unwrap_or("");
    let mut ranked: Vec<(i32, &str)> = wanted
        .split(',')
        .take(20)
        .filter_map(|part| {
            let mut pieces = part.split(';').map(str::trim);
            let tag = pieces.next()?;
            let weight = pieces.find_map(|p| p.strip_prefix("q=")).map_or(Some(1000), thousandths)?;
            Some((weight, tag))
        })
        .filter(|(weight, _)| *weight > 0)
        .collect();
    ranked.sort_by_key(|(weight, _)| -weight);
    let language = |tag: &str| tag.split('-').next().unwrap_or("").to_ascii_lowercase();
    ranked
        .iter()
        .map(|(_, tag)| language(tag))
        .find(|l| matches!(l.as_str(), "zh" | "en"))
        .is_some_and(|l| l == "en")
}

/// A quality of HTTP (`0`, `1`, `0.xyz`) in thousandths.
fn thousandths(quality: &str) -> Option<i32> {
    let (whole, decimals) = quality.split_once('.').unwrap_or((quality, ""));
    // A quality above one is nobody's preference, and a huge one must not overflow.
    let whole: i32 = whole.parse().ok().filter(|whole| (0..=1).contains(whole))?;
    let padded = format!("{decimals:0<3}");
    let decimals: i32 = padded.get(..3)?.parse().ok()?;
    Some(whole * 1000 + decimals)
}

/// Wraps a request; the outermost layer.
pub async fn layer(
    State(web): State<Web>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let watch = Stopwatch::start();
    let id = format!("{:016x}", u64::from_be_bytes(web.app.rng.bytes()));
    let english = prefers_english(request.headers());
    // The matched path, not the real one: a token in a query or an id in a path does not belong in a log.
    let path = matched.as_ref().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path);
    let method = request.method().clone();
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        write_problem(&mut response, &problem, english, &id);
        let _entered = span.enter();
        tracing::debug!(code = problem.code, status = problem.status.as_u16(), "refused");
    }
    web.metrics.request(method.as_str(), path, response.status().as_u16(), watch.elapsed());
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn write_problem(response: &mut Response, problem: &Problem, english: bool, id: &str) {
    *response.body_mut() = Body::from(problem.body(english, id).to_string());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(if english { "en" } else { "zh-CN" }));
    if let Some(span) = problem.retry_after {
        // Whole seconds, rounded up: coming back too early would be refused again.
        headers.insert(header::RETRY_AFTER, HeaderValue::from((span.get() + 999) / 1000));
    }
    if problem.status == axum::http::StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_the_default_and_english_must_be_preferred() {
        for (wanted, english) in [
            ("", false),
            ("en", true),
            ("en-US,en;q=0.9,zh;q=0.8", true),
            ("zh-CN,zh;q=0.9,en;q=0.8", false),
            ("en;q=0.5, zh-TW", false),
            ("fr, en;q=0.3", true),
            ("fr", false),
            ("en;q=0", false),
            ("en;q=2147483647", false),
            ("en;q=-1, zh;q=0.1", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(wanted).unwrap());
            assert_eq!(prefers_english(&headers), english, "{wanted}");
        }
    }
}
