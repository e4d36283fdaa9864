//! A blog at an origin of its own: static files, and a policy if it has one.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use matcha::seal::format::{Binding, seal_file, seal_text};
use tokio::net::TcpListener;

use super::demo::Demo;

/// What stands at the paths of a blog, and the policy of all its pages.
#[derive(Clone, Default)]
pub(super) struct Blog {
    files: HashMap<String, Vec<u8>>,
    policy: Option<String>,
}

impl Blog {
    /// A blog with one page.
    pub(super) fn page(body: &str) -> Blog {
        Blog::default().and("/", body)
    }

    /// With another page.
    pub(super) fn and(self, path: &str, body: &str) -> Blog {
        let html = format!(
            "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>blog</title>\
             <main><h1>博客</h1><p>免费的部分</p>{body}</main>"
        );
        self.file(path, html.as_bytes())
    }

    /// With a file that is served as it is.
    pub(super) fn file(mut self, path: &str, bytes: &[u8]) -> Blog {
        self.files.insert(path.to_owned(), bytes.to_vec());
        self
    }

    /// Under a policy.
    pub(super) fn under(mut self, policy: &str) -> Blog {
        self.policy = Some(policy.to_owned());
        self
    }

    /// Serves it for as long as the test runs, and lets it sell; its origin.
    pub(super) async fn open(self, demo: &Demo) -> String {
        let origin = self.serve().await;
        demo.allow(&origin).await;
        origin
    }

    /// Serves it for as long as the test runs; its origin.
    pub(super) async fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::new(self));
        tokio::spawn(async move { axum::serve(listener, router).await });
        origin
    }
}

async fn answer(State(blog): State<Arc<Blog>>, uri: Uri) -> Response {
    let Some(bytes) = blog.files.get(uri.path()) else {
        let icon = uri.path() == "/favicon.ico"; // browsers ask for it on their own
        return if icon { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }.into_response();
    };
    let kind = match uri.path().rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript",
        Some("png") => "image/png",
        Some("sealed") => "application/octet-stream",
        _ => "text/html; charset=utf-8",
    };
    let mut response = ([(CONTENT_TYPE, kind)], bytes.clone()).into_response();
    if let Some(policy) = &blog.policy {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy.parse().unwrap());
    }
    response
}

impl Demo {
    /// The script, as a blog loads it.
    pub(super) fn script(&self) -> String {
        format!("<script async src=\"{}/v1/embed.js\"></script>", self.url)
    }

    /// A lock as it stands in a page.
    pub(super) fn lock(&self, product: &str, attributes: &str) -> String {
        let url = &self.url;
        format!(
            "<matcha-lock site=\"tea\" product=\"{product}\" {attributes}>\
             <a href=\"{url}/a/tea/{product}\">展开阅读全文 · ¥1.00</a></matcha-lock>"
        )
    }

    /// The script, and a lock on a text that is sealed for that product.
    pub(super) async fn sealed_lock(&self, product: &str, html: &str) -> String {
        let sealed = self.sealed(product, html).await;
        format!("{}{}", self.script(), self.lock(product, &format!("sealed=\"{sealed}\"")))
    }

    /// A text as `matcha seal` would leave it in a page.
    pub(super) async fn sealed(&self, product: &str, html: &str) -> String {
        let key = self.sealing_key(product).await;
        seal_text(&key, Binding { site: "tea", product, version: 1 }, [7; 12], html).unwrap()
    }

    /// A file as `matcha seal` would leave it beside the pages.
    pub(super) async fn sealed_file(&self, product: &str, path: &str, bytes: &[u8]) -> Vec<u8> {
        let key = self.sealing_key(product).await;
        seal_file(&key, Binding { site: "tea", product, version: 1 }, path, [8; 12], bytes).unwrap()
    }
}
