//! The wallet at hand: what the page does inside WeChat, inside Alipay, and on a phone.

use fantoccini::Locator;
use serde_json::{Value, json};

use super::demo::Demo;
use super::people::Reader;

pub(super) const WECHAT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
    Mobile/15E148 MicroMessenger/8.0.49 NetType/WIFI Language/zh_CN";
const ALIPAY: &str = "Mozilla/5.0 (Linux; Android 14; V2324A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 \
    Mobile Safari/537.36 AlipayClient/10.5.88";
pub(super) const PHONE: &str = "Mozilla/5.0 (Linux; Android 14; V2324A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36";

fn blog(demo: &Demo) -> String {
    format!("{}/demo/blog", demo.url)
}

impl Reader {
    /// What the view of the dialog says.
    async fn view(&self) -> String {
        let text = self
            .run("return document.querySelector('matcha-lock').shadowRoot.querySelector('.view').innerText")
            .await;
        text.as_str().unwrap().to_owned()
    }

    async fn pictures(&self) -> Value {
        self.run(
            "return document.querySelector('matcha-lock').shadowRoot.querySelectorAll('.view img').length",
        )
        .await
    }
}

#[tokio::test]
async fn inside_wechat_its_code_is_shown_at_once_and_can_be_long_pressed() {
    let demo = Demo::start().await;
    let reader = Reader::with_agent(&blog(&demo), WECHAT, true).await;
    reader.run("window.stillHere = true").await;
    reader.choose("[part=button]").await;
    let amount = reader.sees_code().await;
    assert!(reader.view().await.contains("长按图片即可识别"));
    assert_eq!(reader.pictures().await, json!(1), "WeChat reads only one code on a screen");
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn inside_wechat_an_alipay_order_goes_on_in_another_browser() {
    let demo = Demo::start().await;
    let reader = Reader::with_agent(&blog(&demo), WECHAT, true).await;
    reader.choose("[part=button]").await;
    reader.sees_code().await;
    reader.choose_button("改用支付宝").await;
    reader.wait("the other wallet", "document.querySelector('matcha-lock').shadowRoot.querySelector('h2').textContent.includes('支付宝')").await;
    let amount = reader.sees_code().await;
    assert!(reader.view().await.contains("在浏览器打开"));
    let address = reader.run("return location.hash").await;
    assert!(
        address.as_str().unwrap().starts_with("#matcha-order="),
        "WeChat's menu opens the page's address"
    );
    // A browser without a screen has no clipboard to look into.
    reader.run("navigator.clipboard.writeText = async text => { window.copied = text }").await;
    reader.choose_button("复制链接").await;
    reader.wait("the link", "window.copied").await;
    let link = reader.run("return copied").await.as_str().unwrap().to_owned();
    assert!(link.contains("#matcha-order="), "{link}");
    reader.client.refresh().await.unwrap();
    assert_eq!(reader.sees_code().await, amount, "it is still the same order here");
    reader.run("document.querySelector('matcha-lock').close()").await;
    reader.wait("the address as it was", "location.hash === ''").await;
    reader.leaves(&[]).await;

    let outer = Reader::with_agent(&link, PHONE, true).await;
    outer.run("window.stillHere = true").await;
    assert_eq!(outer.sees_code().await, amount);
    assert_eq!(outer.run("return location.hash").await, "", "the address keeps no secret");
    let open =
        demo.state().await["orders"].as_array().unwrap().iter().filter(|o| o["status"] == "pending").count();
    assert_eq!(open, 1, "no second order");
    let notice = json!({
        "package": "com.eg.android.AlipayGphone", "title": format!("你已成功收款{amount}元"), "text": "已转入余额 立即查看余额>>", "channel_id": "alipay_default",
    });
    assert_eq!(demo.sees(notice).await, "settled");
    outer.reads_the_article().await;
    outer.leaves(&[]).await;
}

#[tokio::test]
async fn inside_alipay_its_code_is_shown_at_once() {
    let demo = Demo::start().await;
    let reader = Reader::with_agent(&blog(&demo), ALIPAY, true).await;
    reader.choose("[part=button]").await;
    assert_eq!(reader.sees_code().await, "1.00");
    assert_eq!(reader.reads("h2").await, "用支付宝扫码付款");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn on_a_phone_a_button_opens_the_alipay_app_and_the_code_stays() {
    let demo = Demo::start().await;
    let reader = Reader::with_agent(&blog(&demo), PHONE, true).await;
    reader.orders("支付宝").await;
    let app = reader.within("[part=app]").await.unwrap();
    let link = app.attr("href").await.unwrap().unwrap();
    let payload = "https%3A%2F%2Fqr.alipay.com%2FfkxMATCHASAMPLE0100";
    assert_eq!(link, format!("alipays://platformapi/startapp?saId=10000007&qrcode={payload}"));
    assert!(reader.view().await.contains("从相册选取"));
    let fits = "const { right, left } = document.querySelector('matcha-lock').shadowRoot.querySelector('dialog').getBoundingClientRect(); \
        return left >= 0 && right <= innerWidth && document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(reader.run(fits).await, json!(true), "the dialog fits a phone");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_desk_has_no_button_for_an_app_and_remembers_the_wallet() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.orders("支付宝").await;
    assert!(reader.within("[part=app]").await.is_err());
    let saved = reader.client.find(Locator::Css("matcha-lock")).await.unwrap();
    let saved = saved.shadow_root().await.unwrap().find(Locator::Css("a[download]")).await.unwrap();
    assert!(saved.attr("href").await.unwrap().unwrap().ends_with("/code.png"));
    reader.choose_button("取消").await;
    reader.wants_to_read().await;
    let first = "document.querySelector('matcha-lock').shadowRoot.querySelector('.view .go').textContent";
    assert_eq!(reader.run(&format!("return {first}")).await, "支付宝");
    reader.leaves(&[]).await;
}
