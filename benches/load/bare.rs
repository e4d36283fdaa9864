//! What is compared with: axum alone, which parses the same JSON and answers JSON of the same size.
//!
//! It stores nothing, checks nothing and has no middleware: the price of HTTP itself on this machine.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Path as PathOf, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use matcha::web::dto::{NoticesRequest, OrderRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Answers that the real server gave to each kind of request.
#[derive(Clone, Serialize, Deserialize)]
pub struct Samples {
    pub order: Arc<Value>,
    pub look: Arc<Value>,
    pub notices: Arc<Value>,
}

/// Serves until killed.
pub async fn serve(samples: &Path) {
    let samples = std::fs::read(samples).expect("the samples");
    let samples: Samples = serde_json::from_slice(&samples).expect("the samples are ours");
    let router = Router::new()
        .route("/api/v1/orders", post(order))
        .route("/api/v1/orders/{id}", get(look))
        .route("/api/v1/bridge/notices", post(notices))
        .with_state(samples);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    writeln!(std::io::stdout(), "bare handlers on http://{address}").expect("somebody listens");
    let listener = axum::serve::ListenerExt::tap_io(listener, |socket| drop(socket.set_nodelay(true)));
    axum::serve(listener, router).await.expect("it serves");
}

async fn order(
    State(samples): State<Samples>,
    Json(request): Json<OrderRequest>,
) -> (StatusCode, Json<Arc<Value>>) {
    std::hint::black_box(request);
    (StatusCode::CREATED, Json(samples.order))
}

async fn look(State(samples): State<Samples>, PathOf(id): PathOf<String>) -> Json<Arc<Value>> {
    std::hint::black_box(id);
    Json(samples.look)
}

async fn notices(State(samples): State<Samples>, Json(request): Json<NoticesRequest>) -> Json<Arc<Value>> {
    std::hint::black_box(request);
    Json(samples.notices)
}
