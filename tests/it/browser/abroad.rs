//! A blog at an origin of its own, as blogs are: with the snippet and the policy of `docs/embed.md`, and nothing else.

use axum::Router;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

use super::demo::Demo;
use super::people::Reader;

const DOC: &str = include_str!("../../../docs/embed.md");

/// The first block of that kind in the document, with the demo in the place of the example.
fn block(kind: &str, demo: &Demo) -> String {
    let rest = DOC.split_once(&format!("```{kind}\n")).expect("the block").1;
    let block = rest.split_once("\n```").expect("its end").0;
    block
        .replace("https://pay.blog.example", &demo.url)
        .replace("\"blog\"", "\"tea\"")
        .replace("\"first-article\"", "\"eighty-degrees\"")
}

/// Serves the blog for as long as the test runs; its origin.
async fn blog(demo: &Demo) -> String {
    let policy = format!("default-src 'none'; {}", block("text", demo).replace('\n', " "));
    let page = format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>blog</title><p>免费的部分</p>{}",
        block("html", demo)
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router =
        Router::new().route("/", get(async move || ([(CONTENT_SECURITY_POLICY, policy)], Html(page))));
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

#[tokio::test]
async fn a_blog_elsewhere_sells_with_the_snippet_and_the_policy_of_the_document() {
    let demo = Demo::start().await;
    let origin = blog(&demo).await;
    demo.allow(&origin).await;
    let reader = Reader::of(&origin).await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_blog_that_the_owner_did_not_allow_cannot_sell() {
    let demo = Demo::start().await;
    let reader = Reader::visits(&blog(&demo).await).await;
    reader.choose("[part=button]").await;
    reader.sees("failed").await;
    assert_eq!(demo.state().await["orders"].as_array().unwrap().len(), 0);
    reader.leaves(&["CORS", "net::ERR_FAILED", "403"]).await;
}
