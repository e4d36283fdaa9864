//! The stream of an order's changes (Server-Sent Events).
//!
//! A hint wakes the stream, which reads the row and sends it: the row is the truth. The event's id is the order's
//! version, so a browser that comes back with `Last-Event-ID` misses nothing and hears nothing twice. The stream ends
//! when nothing can happen any more, when the server stops, or after an hour; the browser comes back by itself.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;

use crate::app::told_to_stop;
use crate::domain::id::OrderId;
use crate::domain::order::OrderStatus;
use crate::domain::time::{Millis, Timestamp};
use crate::flow::order::{self, View};
use crate::limits;
use crate::storage::Watch;
use crate::web::Web;
use crate::web::dto::{OrderBody, ProblemBody};
use crate::web::error::{Problem, unavailable};
use crate::web::extract::{PathOf, QueryOf, bearer, may_see};
use crate::web::metrics::StreamGuard;

/// The token, because `EventSource` cannot send headers.
#[derive(Debug, Deserialize)]
pub struct EventsQuery {
    token: Option<String>,
}

/// The changes of an order, as they happen.
#[utoipa::path(get, path = "/api/v1/orders/{id}/events", tag = "reader",
    params(("id" = String, Path), ("token" = Option<String>, Query, description = "The order token")), responses(
    (status = 200, description = "Events `order` whose data is the order", content_type = "text/event-stream"),
    (status = 401, description = "unauthorized", body = ProblemBody),
    (status = 404, description = "order_not_found", body = ProblemBody),
))]
pub async fn events(
    State(web): State<Web>,
    PathOf(id): PathOf<OrderId>,
    QueryOf(query): QueryOf<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    may_see(&web, id, query.token.as_deref().or(bearer(&headers)))?;
    let Some(open) = web.metrics.open_stream() else {
        return Err(unavailable(
            "too_many_streams",
            "实时连接过多, 页面会改用轮询。",
            "Too many open streams; poll instead.",
        )
        .retry_after(limits::RETRY_AFTER_MIN));
    };
    // Watch first, read then: a change in between is a hint that waits.
    let watch = web.app.store.changes().watch(id);
    order::get(&web.app, id).await?;
    let last_seen = headers.get("last-event-id").and_then(|h| h.to_str().ok()).and_then(|v| v.parse().ok());
    let stream = Stream {
        started_at: web.app.now(),
        stopping: web.stopping.clone(),
        web,
        id,
        watch,
        sent: last_seen.unwrap_or(0),
        step: Step::Greet,
        _open: open,
    };
    let mut response = Sse::new(stream::unfold(stream, Stream::next)).into_response();
    let headers = response.headers_mut();
    // Proxies must pass each event on at once.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    Ok(response)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Greet,
    Look,
    Wait,
    End,
}

struct Stream {
    web: Web,
    id: OrderId,
    watch: Watch,
    stopping: tokio::sync::watch::Receiver<bool>,
    started_at: Timestamp,
    sent: i64,
    step: Step,
    _open: StreamGuard,
}

fn duration(span: Millis) -> Duration {
    Duration::from_millis(u64::try_from(span.get()).unwrap_or(0))
}

impl Stream {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Stream)> {
        loop {
            match self.step {
                Step::End => return None,
                Step::Greet => {
                    self.step = Step::Look;
                    // The first byte at once: proxies and browsers then know that the stream is open.
                    let hello = Event::default().retry(duration(limits::SSE_RETRY)).comment("ok");
                    return Some((Ok(hello), self));
                }
                // In a box: a stream that waits should not keep room for looking.
                Step::Look => match Box::pin(self.look()).await {
                    Some(event) => return Some((Ok(event), self)),
                    None => continue,
                },
                Step::Wait => {
                    if let Some(event) = self.wait().await {
                        return Some((Ok(event), self));
                    }
                }
            }
        }
    }

    /// Reads the order and tells of it, if it is news.
    async fn look(&mut self) -> Option<Event> {
        self.step = Step::Wait;
        // A database that cannot be read now is asked again with the next heartbeat.
        let view = order::get(&self.web.app, self.id).await.ok()?;
        let now = self.web.app.now();
        if is_over(&view, now) {
            self.step = Step::End;
        }
        let version = shown_version(&view, now);
        if version <= self.sent {
            return None;
        }
        self.sent = version;
        let body = OrderBody::new(&self.web, view, now);
        Event::default().event("order").id(version.to_string()).json_data(&body).ok()
    }

    /// Waits for a hint, the end, or the next heartbeat.
    async fn wait(&mut self) -> Option<Event> {
        let lived = self.web.app.now().since(self.started_at);
        if lived >= limits::SSE_LIFETIME || *self.stopping.borrow() {
            self.step = Step::End;
            return None;
        }
        tokio::select! {
            () = self.watch.changed() => { self.step = Step::Look; None }
            () = told_to_stop(&mut self.stopping) => { self.step = Step::End; None }
            () = tokio::time::sleep(duration(limits::SSE_HEARTBEAT)) => {
                // Also look: an expiry that no worker has written yet is news all the same.
                self.step = Step::Look;
                Some(Event::default().comment("beat"))
            }
        }
    }
}

/// Twice the stored version, and one more for an expiry that is due but not written yet, so that the number grows with
/// what is shown.
fn shown_version(view: &View, now: Timestamp) -> i64 {
    let ahead = i64::from(view.order.status_at(now) != view.order.status);
    view.order.version * 2 + ahead
}

/// Nothing can happen any more: it is settled, or its amount is free for others.
fn is_over(view: &View, now: Timestamp) -> bool {
    match view.order.status_at(now) {
        OrderStatus::Paid | OrderStatus::Refunded => true,
        OrderStatus::Pending => false,
        OrderStatus::Expired | OrderStatus::Cancelled => now >= view.release_at,
    }
}
