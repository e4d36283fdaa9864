//! The plain page, in a browser that runs no script at all.

use fantoccini::Locator;

use super::chrome::{Chrome, Profile};
use super::demo::{Demo, SALE};

const NO_SCRIPTS: Profile = Profile { language: "zh-CN", scripts: false };

impl Chrome {
    /// Opens the sale page and chooses WeChat.
    async fn chooses_wechat(&self, demo: &Demo) {
        self.goto(&format!("{}{SALE}", demo.url)).await;
        assert_eq!(
            self.run("return customElements.get('matcha-lock') === undefined").await,
            true,
            "no script ran"
        );
        self.click("button[value=wechat]").await;
    }

    /// Orders in WeChat: the amount in yuan, as the page says it.
    async fn orders_by_form(&self, demo: &Demo) -> String {
        self.chooses_wechat(demo).await;
        let amount = self.text(".amount").await;
        let yuan = amount.strip_prefix('¥').expect("an amount in yuan").to_owned();
        assert_eq!(self.text(".must").await, format!("请务必支付 {yuan} 元, 多付少付都不能自动解锁"));
        yuan
    }

    /// Waits until the frame in the page offers the article, and goes there.
    pub(super) async fn follows_the_frame(&self) {
        self.until("the frame to offer the article", async || {
            self.client.enter_parent_frame().await.ok()?;
            self.client.enter_frame(0).await.ok()?;
            self.client.find(Locator::Css("a.go")).await.ok()?.click().await.ok()
        })
        .await;
        self.client.enter_parent_frame().await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_without_scripts_pays_through_forms() {
    let demo = Demo::start().await;
    let chrome = Chrome::with(NO_SCRIPTS).await;
    let amount = chrome.orders_by_form(&demo).await;
    chrome.wait("the picture of the code", "document.querySelector('.panel img').naturalWidth > 0").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    chrome.follows_the_frame().await;
    assert!(chrome.text(".prose").await.contains("剥一碗豆的时间"));
    assert_eq!(chrome.text(".receipt code").await.replace('-', "").len(), 25);
    assert_eq!(chrome.complaints(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_late_payment_opens_the_article_without_scripts_too() {
    let demo = Demo::with_windows(3_000, 120_000).await;
    let chrome = Chrome::with(NO_SCRIPTS).await;
    chrome.chooses_wechat(&demo).await;
    chrome
        .until("the page to say that the code has expired", async || {
            let heading = chrome.client.find(Locator::Css(".panel h2")).await.ok()?.text().await.ok()?;
            (heading == "付款码已过期").then_some(())
        })
        .await;
    assert_eq!(chrome.text(".must").await, "若已付款请勿重复支付");
    assert_eq!(demo.receive("1.00").await, "late");
    chrome.follows_the_frame().await;
    assert!(chrome.text(".prose").await.contains("剥一碗豆的时间"));
    assert_eq!(chrome.complaints(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_page_extends_cancels_and_restores_by_forms() {
    let demo = Demo::start().await;
    let chrome = Chrome::with(NO_SCRIPTS).await;
    let amount = chrome.orders_by_form(&demo).await;
    chrome.click("button[value=extend]").await;
    chrome
        .until("one extension less", async || {
            let button = chrome.client.find(Locator::Css("button[value=extend]")).await.ok()?;
            (button.text().await.ok()? == "延长时间（还可 9 次）").then_some(())
        })
        .await;
    assert_eq!(demo.receive(&amount).await, "settled");
    chrome.follows_the_frame().await;
    let code = chrome.text(".receipt code").await;

    let elsewhere = Chrome::with(NO_SCRIPTS).await;
    elsewhere.orders_by_form(&demo).await;
    elsewhere.click("button[value=cancel]").await;
    elsewhere.click(".restore summary").await;
    elsewhere.client.find(Locator::Css("input[name=code]")).await.unwrap().send_keys(&code).await.unwrap();
    elsewhere.click(".restore button").await;
    assert!(elsewhere.text(".prose").await.contains("剥一碗豆的时间"));
    assert_eq!(elsewhere.complaints(&[]).await, Vec::<String>::new());
}
