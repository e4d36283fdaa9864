//! A blog at an origin of its own, as blogs are: with the snippet and the policy of `docs/embed.md`, and nothing else.

use super::blog::Blog;
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

/// The blog of the document: its snippet under its policy, and nothing else.
fn blog(demo: &Demo) -> Blog {
    let policy = format!("default-src 'none'; {}", block("text", demo).replace('\n', " "));
    Blog::page(&block("html", demo)).under(&policy)
}

#[tokio::test]
async fn a_blog_elsewhere_sells_with_the_snippet_and_the_policy_of_the_document() {
    let demo = Demo::start().await;
    let reader = Reader::of(&blog(&demo).open(&demo).await).await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.choose_button("保存图片").await;
    let picture = "document.querySelector('matcha-lock').shadowRoot.querySelector('.picture')";
    reader.wait("the picture of the code", &format!("{picture}?.naturalWidth > 0")).await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_blog_that_the_owner_did_not_allow_cannot_sell() {
    let demo = Demo::start().await;
    let reader = Reader::visits(&blog(&demo).serve().await).await;
    reader.choose("[part=button]").await;
    reader.sees("failed").await;
    assert_eq!(demo.state().await["orders"].as_array().unwrap().len(), 0);
    reader.leaves(&["CORS", "net::ERR_FAILED", "403"]).await;
}
