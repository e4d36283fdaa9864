//! Files that are part of the binary: served under names that hold their hash, for ever, and `embed.js` also under a
//! stable name, because blogs paste it.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::not_found;
use super::state::Web;
use crate::secrets::sha256;

/// One embedded file.
#[derive(Clone, Debug)]
struct Asset {
    path: String,
    kind: &'static str,
    content: &'static str,
    etag: String,
}

/// The embedded files by their hashed paths, as templates name them.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The blog's script.
    pub embed_js: String,
    /// The style of our pages.
    pub page_css: String,
    /// The script of the demo's phone.
    pub demo_phone_js: String,
    /// The style of the demo's phone.
    pub demo_phone_css: String,
    all: Vec<Asset>,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

fn asset(stem: &str, ending: &str, kind: &'static str, content: &'static str) -> Asset {
    let hash: String = sha256(content.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
    Asset { path: format!("/assets/{stem}.{hash}.{ending}"), kind, content, etag: format!("\"{hash}\"") }
}

impl Assets {
    /// The files of this build.
    #[must_use]
    pub fn embedded() -> Assets {
        let embed = asset("embed", "js", SCRIPT, include_str!("../../static/embed.js"));
        let page = asset("page", "css", STYLE, include_str!("../../static/page.css"));
        let phone_js = asset("demo-phone", "js", SCRIPT, include_str!("../../static/demo-phone.js"));
        let phone_css = asset("demo-phone", "css", STYLE, include_str!("../../static/demo-phone.css"));
        Assets {
            embed_js: embed.path.clone(),
            page_css: page.path.clone(),
            demo_phone_js: phone_js.path.clone(),
            demo_phone_css: phone_css.path.clone(),
            all: vec![embed, page, phone_js, phone_css],
        }
    }
}

fn file(asset: &Asset, cache: &'static str, headers: &HeaderMap) -> Response {
    let known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == asset.etag.as_bytes());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { asset.content.into_response() };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(etag) = HeaderValue::from_str(&asset.etag) {
        out.insert(header::ETAG, etag);
    }
    // Blogs load it from their own origin, some with an integrity check, which needs this.
    out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    out.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

/// A file under its hashed name.
pub async fn hashed(State(web): State<Web>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("/assets/{name}");
    match web.assets.all.iter().find(|asset| asset.path == path) {
        Some(asset) => file(asset, "public, max-age=31536000, immutable", &headers),
        None => not_found().into_response(),
    }
}

/// The blog's script under its stable name.
pub async fn embed(State(web): State<Web>, headers: HeaderMap) -> Response {
    match web.assets.all.iter().find(|asset| asset.path == web.assets.embed_js) {
        Some(asset) => file(asset, "public, max-age=300", &headers),
        None => not_found().into_response(),
    }
}
