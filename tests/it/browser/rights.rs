//! The right to read: offers and coupons before payment, the code after it, seats, and "I have paid".

use serde_json::{Value, json};

use super::blog::Blog;
use super::demo::Demo;
use super::people::Reader;

impl Reader {
    /// Types into a field of the dialog.
    async fn types(&self, css: &str, text: &str) {
        let field = self.until(css, async || self.within(css).await.ok()).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks what says this within the dialog's labels.
    async fn picks(&self, words: &str) {
        let label = format!(
            "[...document.querySelector('matcha-lock').shadowRoot.querySelectorAll('label')].find(label => label.innerText.includes('{words}'))"
        );
        self.wait(words, &label).await;
        self.run(&format!("({label}).click()")).await;
    }
}

/// A blog with two articles, which a bundle of ¥5.00 and a membership open too.
async fn shop(demo: &Demo) -> String {
    demo.sells("steep", "泡法", "hosted").await;
    let bundle = json!({
        "site": "tea", "slug": "all-tea", "title": "合集《茶事》", "price": "1.00", "lock": "reveal", "kind": "bundle",
        "opens": ["eighty-degrees", "steep"],
    });
    demo.owner("POST", "products", bundle).await;
    let member = json!({
        "site": "tea", "slug": "member", "title": "会员", "price": "1.00", "lock": "reveal", "kind": "membership",
        "validity_ms": 30_i64 * 86_400_000,
    });
    demo.owner("POST", "products", member).await;
    Blog::page(&format!("{}{}", demo.script(), demo.lock("eighty-degrees", "")))
        .and("/steep", &format!("{}{}", demo.script(), demo.lock("steep", "")))
        .open(demo)
        .await
}

#[tokio::test]
async fn a_bundle_is_offered_beside_the_article_and_opens_the_others_too() {
    let demo = Demo::start().await;
    let blog = shop(&demo).await;
    let reader = Reader::of(&blog).await;
    reader.wants_to_read().await;
    let offers = reader.reads(".picks").await;
    for words in ["本文", "合集《茶事》", "会员", "30 天"] {
        assert!(offers.contains(words), "{offers}");
    }
    reader.picks("合集").await;
    reader.choose_button("微信").await;
    let amount = reader.sees_code().await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.goto(&format!("{blog}/steep")).await;
    reader.reads_on("泡法的正文").await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_coupon_shapes_the_price() {
    let demo = Demo::start().await;
    demo.owner("POST", "coupons", json!({ "site": "tea", "code": "SPRING", "amount": "0.05" })).await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.wants_to_read().await;
    reader.choose_button("使用优惠码").await;
    reader.sees("coupon").await;
    reader.types("input", "WINTER").await;
    reader.choose("form .go").await;
    reader
        .wait(
            "the refusal",
            "document.querySelector('matcha-lock').shadowRoot.querySelector('[role=alert]').textContent",
        )
        .await;
    reader.types("input", "spring").await;
    reader.choose("form .go").await;
    reader.sees("choice").await;
    assert_eq!(reader.reads(".amount").await, "¥0.95");
    reader.choose_button("微信").await;
    assert_eq!(reader.sees_code().await, "0.95");
    assert_eq!(demo.receive("0.95").await, "settled");
    reader.reads_the_article().await;
    reader.leaves(&["404"]).await;
}

#[tokio::test]
async fn what_was_bought_can_be_kept_as_code_link_and_picture() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.run("navigator.clipboard.writeText = async text => { window.copied = text }").await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    let code = reader.recovery_code().await;
    reader.choose_button("复制解锁链接").await;
    reader.wait("the link", "window.copied").await;
    let link = reader.run("return copied").await.as_str().unwrap().to_owned();
    assert_eq!(link, format!("{}/demo/blog#unlock={code}", demo.url));
    reader.choose_button("保存图片").await;
    let picture = "document.querySelector('matcha-lock').shadowRoot.querySelector('.picture')";
    reader.wait("the picture", &format!("{picture}?.naturalWidth >= 600")).await;
    reader.choose_button("我已保存").await;
    reader
        .wait(
            "the card to go",
            "!document.querySelector('matcha-lock').shadowRoot.querySelector('[part=code]')",
        )
        .await;
    reader.client.refresh().await.unwrap();
    reader.article_opens().await;
    reader.choose_button("恢复码 ›").await;
    assert_eq!(reader.recovery_code().await, code, "it stays within reach");
    reader.leaves(&[]).await;

    let elsewhere = Reader::visits(&link).await;
    elsewhere.article_opens().await;
    assert_eq!(elsewhere.run("return location.hash").await, "", "the code does not stay in the address");
    elsewhere.client.refresh().await.unwrap();
    elsewhere.article_opens().await;
    elsewhere.leaves(&[]).await;
}

#[tokio::test]
async fn a_link_with_a_code_that_is_wrong_says_so() {
    let demo = Demo::start().await;
    let reader =
        Reader::visits(&format!("{}/demo/blog#unlock=00000-00000-00000-00000-00000", demo.url)).await;
    reader.sees("restore").await;
    assert!(!reader.reads("[role=alert]").await.is_empty());
    assert_eq!(reader.run("return location.hash").await, "");
    reader.leaves(&["404", "422"]).await;
}

#[tokio::test]
async fn a_code_in_too_many_browsers_lists_them_and_makes_room() {
    let demo = Demo::start().await;
    demo.owner("PATCH", "sites/tea", json!({ "seats_max": 1 })).await;
    let first = Reader::of_the_blog(&demo).await;
    let amount = first.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    let code = first.recovery_code().await;

    let second = Reader::of_the_blog(&demo).await;
    second.choose_button("已购买？输入恢复码").await;
    second.types("input", &code).await;
    second.choose("form .go").await;
    second.sees("too_many_seats").await;
    let seat = second.reads(".pick").await;
    assert!(seat.contains("付款时的浏览器"), "{seat}");
    second.picks("付款时的浏览器").await;
    second.choose("form .go").await;
    second.reads_the_article().await;
    second.leaves(&["409"]).await;

    first.client.refresh().await.unwrap();
    first.wait_for_lock().await;
    first.wait("the locked card", "!document.querySelector('.matcha-content')").await;
    first.leaves(&["401"]).await;
}

/// The reader pays an amount that nobody asked for, and says so; the claim in the owner's inbox.
async fn claims(reader: &Reader, demo: &Demo) -> Value {
    reader.choose_button("已购买？输入恢复码").await;
    reader.sees("restore").await;
    reader.choose_button("已付款但没有打开？").await;
    reader.sees("claim").await;
    reader.types("[name=amount]", "0.97").await;
    reader.types("[name=digits]", "123456").await;
    reader.choose("form .go").await;
    reader.sees("claimed").await;
    let inbox = demo.owner("GET", "inbox", Value::Null).await;
    inbox["items"][0].clone()
}

#[tokio::test]
async fn a_claim_is_told_to_the_owner_and_opens_when_he_grants_it() {
    let demo = Demo::start().await;
    // An order that ended: what the owner names as paid.
    let reader = Reader::of_the_blog(&demo).await;
    reader.orders("微信").await;
    reader.choose_button("取消").await;
    let order = demo.state().await["orders"][0]["id"].clone();
    reader
        .wait(
            "the dialog to close",
            "!document.querySelector('matcha-lock').shadowRoot.querySelector('dialog').open",
        )
        .await;
    let item = claims(&reader, &demo).await;
    let path = format!("inbox/{}/settle", item["id"].as_str().unwrap());
    demo.owner("POST", &path, json!({ "order": order })).await;
    reader.client.refresh().await.unwrap();
    reader.article_opens().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_claim_that_is_refused_shows_the_owners_answer() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    let item = claims(&reader, &demo).await;
    let path = format!("inbox/{}/dismiss", item["id"].as_str().unwrap());
    demo.owner("POST", &path, json!({ "reason": "账单里没有这一笔" })).await;
    reader.client.refresh().await.unwrap();
    reader.card_says("账单里没有这一笔").await;
    reader.leaves(&[]).await;
}
