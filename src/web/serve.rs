//! Accepts connections until told to stop, then lets the open ones end.

use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::TryFutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::error::{internal, unavailable};
use super::extract::Peer;
use crate::app::told_to_stop;
use crate::domain::time::Millis;
use crate::limits;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

fn duration(span: Millis) -> Duration {
    Duration::from_millis(u64::try_from(span.get()).unwrap_or(0))
}

/// Answers in time, or says that it could not. Work that was handed to the writer is done all the same.
pub async fn timeout(request: Request, next: Next) -> Response {
    match tokio::time::timeout(duration(limits::REQUEST_TIMEOUT), next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            unavailable("timeout", "服务器处理超时, 请重试。", "The server took too long; please try again.")
                .retry_after(limits::RETRY_AFTER_MIN)
                .into_response()
        }
    }
}

/// A handler that panicked: a bug of ours, and a 500, which `envelope` writes out like any other problem.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over by value")]
pub fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("unknown"), "a handler panicked");
    internal().into_response()
}

/// Serves until `stopping` turns true, then waits for open requests, at most [`limits::SHUTDOWN_GRACE`].
pub async fn serve(listener: TcpListener, router: Router, mut stopping: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(64 * 1024);
    let http = Arc::new(http);
    loop {
        let (socket, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(connection) => connection,
                Err(error) => {
                    // Usually too many open files: others must end before more can begin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = told_to_stop(&mut stopping) => break,
        };
        // An answer is small and whole: waiting for more to fill a packet only delays it.
        drop(socket.set_nodelay(true));
        let router = router.clone();
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            // In a box, so that a connection whose stream stays open for an hour keeps only what the stream needs.
            let answer = Box::pin(answer(router.clone(), request));
            async move { Ok::<Response, Infallible>(answer.await) }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(socket), service));
        // Not an async block: it would keep room for the connection twice, before and while it is awaited.
        tokio::spawn(connection.inspect_err(|error| tracing::debug!(%error, "a connection ended")));
    }
    drop(listener);
    if tokio::time::timeout(duration(limits::SHUTDOWN_GRACE), graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

async fn answer(router: Router, request: hyper::Request<Incoming>) -> Response {
    match router.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
