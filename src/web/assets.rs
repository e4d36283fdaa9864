//! Files that are part of the binary: served under names that hold their hash, for ever, and `embed.js` also under a
//! stable name, because blogs paste it. Its second part, `keep.js`, is served beside it wherever it is.
//!
//! Knows what is embedded and how long it may be kept. Refuses to know how the script is built (`static/embed/`).

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
    /// Its second part, which the first loads from beside itself; the name is built into the first.
    pub keep_js: String,
    /// The style of our pages.
    pub page_css: String,
    /// The script of the demo's phone.
    pub demo_phone_js: String,
    /// The style of the demo's phone.
    pub demo_phone_css: String,
    all: Vec<Asset>,
}

/// The blog's script and its second part, as built from `static/embed/`; `matcha embed --copy` writes them out.
pub const EMBED_JS: &str = include_str!("../../static/dist/embed.js");
/// See [`EMBED_JS`].
pub const KEEP_JS: &str = include_str!("../../static/dist/keep.js");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The name of a file with its hash in it: 16 hex digits of SHA-256, as `static/embed/build.mjs` computes it too.
#[must_use]
pub fn hashed_name(stem: &str, ending: &str, content: &str) -> String {
    let hash: String = sha256(content.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("{stem}.{hash}.{ending}")
}

fn asset(stem: &str, ending: &str, kind: &'static str, content: &'static str) -> Asset {
    let name = hashed_name(stem, ending, content);
    Asset { path: format!("/assets/{name}"), kind, content, etag: format!("\"{name}\"") }
}

impl Assets {
    /// The files of this build.
    #[must_use]
    pub fn embedded() -> Assets {
        let embed = asset("embed", "js", SCRIPT, EMBED_JS);
        let keep = asset("keep", "js", SCRIPT, KEEP_JS);
        let page = asset("page", "css", STYLE, include_str!("../../static/page.css"));
        let phone_js = asset("demo-phone", "js", SCRIPT, include_str!("../../static/demo-phone.js"));
        let phone_css = asset("demo-phone", "css", STYLE, include_str!("../../static/demo-phone.css"));
        Assets {
            embed_js: embed.path.clone(),
            keep_js: keep.path.clone(),
            page_css: page.path.clone(),
            demo_phone_js: phone_js.path.clone(),
            demo_phone_css: phone_css.path.clone(),
            all: vec![embed, keep, page, phone_js, phone_css],
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// What `docs/embed.md` promises to every page that sells: both languages and all three locks in so few bytes.
    const FIRST_PART_GZIPPED_MAX: usize = 6144;
    const SECOND_PART_GZIPPED_MAX: usize = 9216;

    fn gzipped(text: &str) -> usize {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap().len()
    }

    #[test]
    fn the_first_part_is_small_and_speaks_both_languages() {
        let (first, second) = (gzipped(EMBED_JS), gzipped(KEEP_JS));
        assert!(first <= FIRST_PART_GZIPPED_MAX, "embed.js has {first} bytes gzipped");
        assert!(second <= SECOND_PART_GZIPPED_MAX, "keep.js has {second} bytes gzipped");
        for words in [
            "请务必支付 $ 元, 多付少付都不能自动解锁",
            "Pay exactly ¥$",
            "输入恢复码",
            "Enter the recovery code",
        ] {
            assert!(EMBED_JS.contains(words), "{words}");
        }
    }

    #[test]
    fn the_first_part_names_and_pins_the_second() {
        use base64::Engine as _;
        let hash = base64::engine::general_purpose::STANDARD.encode(sha256(KEEP_JS.as_bytes()));
        assert!(EMBED_JS.contains(&hashed_name("keep", "js", KEEP_JS)), "another name: npm run build");
        assert!(EMBED_JS.contains(&format!("sha256-{hash}")), "another hash: npm run build");
    }

    #[test]
    fn nothing_in_the_script_needs_what_a_strict_policy_forbids() {
        for part in [EMBED_JS, KEEP_JS] {
            for forbidden in
                ["eval(", "new Function", "setAttribute(\"style\"", ".cssText", "document.write", "http://"]
            {
                assert!(!part.contains(forbidden), "{forbidden}");
            }
        }
    }
}
