//! A static host: gives out the files of a folder as they are, and knows nothing of what is in them.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// Serves `folder` for as long as the test runs; its origin.
pub(super) async fn host(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(file).with_state(Arc::new(folder.to_owned()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

async fn file(State(root): State<Arc<PathBuf>>, uri: Uri) -> Response {
    // Browsers ask for it on their own, and complain where there is none.
    if uri.path() == "/favicon.ico" {
        return StatusCode::NO_CONTENT.into_response();
    }
    // The names of the examples' files are ASCII, so there is nothing to decode.
    let path = Path::new(uri.path().trim_start_matches('/'));
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let place = root.join(path);
    let place = if place.is_dir() { place.join("index.html") } else { place };
    match std::fs::read(&place) {
        Ok(bytes) if inside => ([(CONTENT_TYPE, kind(&place))], bytes).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn kind(place: &Path) -> &'static str {
    match place.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "xml" => "application/xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
