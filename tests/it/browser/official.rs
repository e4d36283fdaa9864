//! Sales through the official gateway, as readers see them: the simulated Alipay of `matcha demo --alipay`.

use fantoccini::Locator;
use serde_json::json;

use super::chrome::{Chrome, Profile};
use super::demo::{Demo, SALE};
use super::people::Reader;
use super::wallets::PHONE;

async fn demo() -> Demo {
    Demo::with(&["--alipay"]).await
}

impl Reader {
    /// Waits for the gateway's code as a picture that is really there: the amount in yuan.
    async fn sees_gateway_code(&self) -> String {
        self.sees("order").await;
        let picture = "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=qr]')";
        self.wait("the picture of the code", &format!("{picture}.complete && {picture}.naturalWidth > 0"))
            .await;
        // The second part of the script takes away what is said of amounts that a payer types.
        let must =
            "document.querySelector('matcha-lock').shadowRoot.querySelector('.view > .must:not([role])')";
        self.wait("nothing to mind about the amount", &format!("!{must}")).await;
        self.reads("[part=amount]").await.strip_prefix('¥').expect("an amount in yuan").to_owned()
    }

    /// Clicks the link within the lock that leads to the gateway, and waits for its page.
    async fn goes_to_the_cashier(&self, label: &str) {
        self.press(label, async || {
            let lock = self.client.find(Locator::Css("matcha-lock")).await?;
            let link = lock.shadow_root().await?.find(Locator::Css("a[part=app]")).await?;
            assert_eq!(link.text().await?, label);
            Ok(link)
        })
        .await;
        self.at_the_cashier().await;
    }
}

impl Chrome {
    /// Waits for the gateway's page.
    async fn at_the_cashier(&self) {
        self.wait("the gateway's page", "location.pathname.startsWith('/cashier/')").await;
    }

    /// The wallet, in a window beside: scans and pays the one code that is open.
    async fn pays_in_the_wallet(&self, demo: &Demo) {
        let reader = self.client.window().await.unwrap();
        self.open_window().await;
        self.goto(demo.wallet.as_deref().expect("a wallet")).await;
        self.click("button").await;
        self.wait("a wallet without open codes", "!document.querySelector('button')").await;
        self.client.switch_to_window(reader).await.unwrap();
    }
}

#[tokio::test]
async fn a_code_that_is_paid_at_the_gateway_opens_the_article() {
    let demo = demo().await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.wants_to_read().await;
    reader.choose_button("支付宝").await;
    assert_eq!(reader.sees_gateway_code().await, "1.00", "the price, to the cent");
    reader.pays_in_the_wallet(&demo).await;
    reader.reads_the_article().await;
    assert_eq!(reader.recovery_code().await.replace('-', "").len(), 25);
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_phone_is_led_to_the_wallet_and_back_to_the_blog() {
    let demo = demo().await;
    let blog = format!("{}/demo/blog", demo.url);
    let reader = Reader::with_agent(&blog, PHONE, true).await;
    reader.wants_to_read().await;
    reader.choose_button("支付宝").await;
    reader.sees_gateway_code().await;
    reader.goes_to_the_cashier("打开支付宝付款").await;
    reader.click("button").await;
    reader.wait("the blog", &format!("location.href === '{blog}'")).await;
    reader.article_opens().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_site_that_asks_for_it_leads_computers_to_the_gateways_page() {
    let demo = demo().await;
    let said = demo.matcha(&["site", "set", "tea", "--page-pay", "on"]);
    assert!(said.contains("tea"), "{said}");
    assert_eq!(demo.owner("PATCH", "sites/tea", json!({})).await["page_pay"], true);
    let reader = Reader::of_the_blog(&demo).await;
    reader.wants_to_read().await;
    reader.choose_button("支付宝").await;
    reader.sees_gateway_code().await;
    reader.goes_to_the_cashier("到支付宝网页付款").await;
    reader.click("button").await;
    reader.article_opens().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_membership_is_signed_while_it_is_paid_and_ended_where_it_is_read() {
    let demo = demo().await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.wants_to_read().await;
    reader.choose("input[value=friends]").await;
    reader.choose_button("支付宝").await;
    assert_eq!(reader.sees_gateway_code().await, "10.00");
    reader.choose_button("付款并开通自动续费").await;
    reader.at_the_cashier().await;
    reader.click("button").await;
    reader.article_opens().await;
    reader.card_says("自动续费：每月 ¥10.00").await;
    reader.choose_button("关闭自动续费").await;
    assert_eq!(demo.subscriptions().await, ["normal"], "one click ends nothing");
    reader.choose_button("确定关闭？已付的时间不受影响").await;
    // What is over can begin again.
    reader.card_says("开通自动续费").await;
    assert_eq!(demo.subscriptions().await, ["ended"]);
    reader.choose_button("开通自动续费").await;
    reader.at_the_cashier().await;
    reader.click("button").await;
    reader.article_opens().await;
    reader.card_says("自动续费：每月 ¥10.00").await;
    reader.leaves(&[]).await;
}

impl Demo {
    /// The states of all subscriptions, as the owner sees them.
    async fn subscriptions(&self) -> Vec<String> {
        let list = self.owner("GET", "subscriptions", json!(null)).await;
        let items = list["items"].as_array().expect("a list").iter();
        items.map(|item| item["state"].as_str().expect("a state").to_owned()).collect()
    }
}

#[tokio::test]
async fn without_scripts_a_membership_is_paid_signed_and_ended_by_forms() {
    let demo = demo().await;
    demo.owner("PATCH", "sites/tea", json!({ "page_pay": true })).await;
    let chrome = Chrome::with(Profile { language: "zh-CN", scripts: false }).await;
    chrome.goto(&format!("{}{}", demo.url, SALE.replace("eighty-degrees", "friends"))).await;
    chrome.click("button[value=alipay_official]").await;
    assert_eq!(chrome.text(".amount").await, "¥10.00");
    chrome.wait("the picture of the code", "document.querySelector('.panel img').naturalWidth > 0").await;
    assert_eq!(chrome.text(".panel a.on-computer").await, "到支付宝网页付款");
    assert!(chrome.client.find(Locator::Css(".must")).await.is_err(), "nobody types an amount");
    chrome.click("button[value=renew]").await;
    assert_eq!(chrome.text("h1").await, "到支付宝付款并签约");
    chrome.click(".message a.button").await;
    chrome.at_the_cashier().await;
    chrome.click("button").await;
    assert!(chrome.text(".panel .dim").await.contains("已解锁"));
    chrome
        .until("the renewal", async || {
            let button = chrome.client.find(Locator::Css("button[value=unsign]")).await;
            if button.is_err() {
                chrome.client.refresh().await.ok()?;
            }
            button.ok()
        })
        .await;
    chrome.click("button[value=unsign]").await;
    assert_eq!(chrome.text("button[value=renew]").await, "开通自动续费");
    assert_eq!(demo.subscriptions().await, ["ended"]);
    chrome.click("button[value=renew]").await;
    assert_eq!(chrome.text("h1").await, "到支付宝签约");
    assert_eq!(chrome.complaints(&[]).await, Vec::<String>::new());
}
