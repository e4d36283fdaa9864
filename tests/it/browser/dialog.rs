//! The dialog itself: it survives a reload, can be used without a mouse, and gives more time.

use fantoccini::key::Key;

use super::demo::Demo;
use super::people::Reader;

/// What has the focus, in the lock or on the page: its text, or its tag where it has none.
const FOCUS: &str = "let at = document.activeElement; at = at.shadowRoot?.activeElement ?? at; \
                     return at.innerText || at.getAttribute('aria-label') || at.tagName";

impl Reader {
    /// Presses Tab until the focus is on something that says this, as a reader without a mouse does.
    async fn tabs_to(&self, label: &str) {
        for _ in 0..12 {
            if self.run(FOCUS).await.as_str().unwrap().starts_with(label) {
                return;
            }
            self.key(Key::Tab.into()).await;
        }
        panic!("no way to {label} by keyboard; the focus is on {}", self.run(FOCUS).await);
    }
}

#[tokio::test]
async fn a_reload_shows_the_same_order() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    let amount = reader.orders("微信").await;
    reader.client.refresh().await.unwrap();
    assert_eq!(reader.sees_code().await, amount);
    assert_eq!(demo.state().await["orders"].as_array().unwrap().len(), 1, "no second order");
    let view = "document.querySelector('matcha-lock').shadowRoot.querySelector('.view')";
    reader.wait("the other wallet", &format!("{view}.innerText.includes('改用支付宝')")).await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.article_opens().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_keyboard_is_enough() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.tabs_to("展开阅读全文").await;
    reader.key(Key::Enter.into()).await;
    reader.sees("choice").await;
    reader.tabs_to("微信").await;
    reader.key(Key::Enter.into()).await;
    let amount = reader.sees_code().await;
    reader.tabs_to("延长时间").await;
    reader.key(' ').await;
    reader
        .wait(
            "one extension less",
            "document.querySelector('matcha-lock').shadowRoot.querySelector('.view').textContent.includes('还可 9 次')",
        )
        .await;
    reader.tabs_to("延长时间（还可 9 次）").await;
    reader.key(Key::Escape.into()).await;
    reader
        .wait(
            "the dialog to close",
            "!document.querySelector('matcha-lock').shadowRoot.querySelector('dialog').open",
        )
        .await;
    assert!(reader.run(FOCUS).await.as_str().unwrap().contains("继续付款"), "the focus is back where it was");
    reader.key(Key::Enter.into()).await;
    assert_eq!(reader.sees_code().await, amount);
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    let focus = reader.run(FOCUS).await;
    assert!(focus.as_str().unwrap().contains("已解锁"), "the focus is on the news, not on {focus}");
    reader.tabs_to("我已保存").await;
    reader.key(Key::Enter.into()).await;
    reader.wait("the focus on the article", "document.activeElement.matches('.matcha-content')").await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn the_extension_button_gives_one_more_window() {
    let demo = Demo::with_windows(60_000, 60_000).await;
    let reader = Reader::of_the_blog(&demo).await;
    let amount = reader.orders("微信").await;
    reader.choose_button("延长时间（还可 10 次）").await;
    reader.choose_button("延长时间（还可 9 次）").await;
    reader
        .wait(
            "the third window",
            "document.querySelector('matcha-lock').shadowRoot.querySelector('.view').textContent.includes('还可 8 次')",
        )
        .await;
    let timer = reader.reads("[part=timer]").await;
    assert!(timer.starts_with("剩余 2:") || timer == "剩余 3:00", "{timer}");
    let left = demo.state().await["orders"][0]["expires_in_ms"].as_i64().unwrap();
    assert!((120_000..=180_000).contains(&left), "{left} ms");
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_cancelled_order_makes_room_for_the_other_wallet() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.orders("微信").await;
    reader.choose_button("取消").await;
    reader
        .wait(
            "the dialog to close",
            "!document.querySelector('matcha-lock').shadowRoot.querySelector('dialog').open",
        )
        .await;
    let amount = reader.orders("支付宝").await;
    assert_eq!(amount, "1.00", "another account has its own amounts");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn what_the_console_complains_about_is_heard() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    let script = "const inline = document.createElement('script'); inline.textContent = '1'; document.body.append(inline); \
                  setTimeout(() => { throw new Error('on purpose'); })";
    reader.run(script).await;
    let mut heard = Vec::new();
    reader
        .until("two complaints", async || {
            heard.extend(reader.complaints(&[]).await);
            (heard.len() >= 2).then_some(())
        })
        .await;
    assert!(heard.iter().any(|text| text.contains("Content Security Policy")), "{heard:?}");
    assert!(heard.iter().any(|text| text.contains("on purpose")), "{heard:?}");
}
