//! From the locked article to the open one, by script: what the issue asks to be shown.

use super::demo::Demo;
use super::people::{PhonePage, Reader};

const WECHAT: &str = "微信支付 · 朋友到店";
const ALIPAY: &str = "支付宝 · 你已成功收款";
const SETTLED: &str = "已认出，订单已付";
const LATE: &str = "已认出，迟到的付款";

#[tokio::test]
async fn a_reader_pays_and_reads_without_loading_the_page_again() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    let amount = reader.orders("微信").await;
    assert_eq!(amount, "1.00", "the first reader pays the full price");
    PhonePage::beside(&reader, &demo).await.receives(&amount, WECHAT, SETTLED).await;
    reader.reads_the_article().await;
    assert_eq!(reader.recovery_code().await.replace('-', "").len(), 25);
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_payment_after_the_window_opens_the_article_all_the_same() {
    let demo = Demo::with_windows(3_000, 120_000).await;
    let reader = Reader::of_the_blog(&demo).await;
    let phone = PhonePage::beside(&reader, &demo).await;
    reader.wants_to_read().await;
    reader.choose_button("微信").await;
    reader.sees("expired").await;
    assert_eq!(reader.reads(".must").await, "若已付款请勿重复支付");
    phone.receives("1.00", WECHAT, LATE).await;
    reader.reads_the_article().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn an_order_outlives_a_server_that_is_killed() {
    let mut demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    let amount = reader.orders("微信").await;
    demo.kill();
    demo.start_again().await;
    PhonePage::beside(&reader, &demo).await.receives(&amount, WECHAT, SETTLED).await;
    reader.reads_the_article().await;
    reader.leaves(&["net::ERR_"]).await;
}

#[tokio::test]
async fn alipays_notification_settles_an_order_in_alipay() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    let amount = reader.orders("支付宝").await;
    PhonePage::beside(&reader, &demo).await.receives(&amount, ALIPAY, SETTLED).await;
    reader.reads_the_article().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn two_readers_pay_different_amounts_and_each_opens_his_own_article() {
    let demo = Demo::start().await;
    let (first, second) = (Reader::of_the_blog(&demo).await, Reader::of_the_blog(&demo).await);
    let (dear, cheap) = (first.orders("微信").await, second.orders("微信").await);
    assert_eq!((dear.as_str(), cheap.as_str()), ("1.00", "0.99"));
    assert_eq!(demo.receive(&cheap).await, "settled");
    second.reads_the_article().await;
    assert_eq!(first.sees_code().await, dear, "the first reader still has to pay");
    assert_eq!(demo.receive(&dear).await, "settled");
    first.reads_the_article().await;
    first.leaves(&[]).await;
    second.leaves(&[]).await;
}

#[tokio::test]
async fn a_reader_who_finds_every_amount_held_is_given_the_next_free_one() {
    let demo = Demo::with_windows(10_000, 1_000).await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.wants_to_read().await;
    for other in 1..=11 {
        demo.order_from(&format!("198.51.100.{other}")).await;
    }
    reader.choose_button("微信").await;
    reader.sees("no_free_amount").await;
    assert!(reader.reads("[role=timer]").await.ends_with("秒后自动重试"));
    let amount = reader.sees_code().await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.leaves(&["503"]).await;
}

#[tokio::test]
async fn a_recovery_code_opens_the_article_in_another_browser() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    let code = reader.recovery_code().await;
    reader.leaves(&[]).await;

    let elsewhere = Reader::of_the_blog(&demo).await;
    elsewhere.choose_button("已购买？输入恢复码").await;
    elsewhere.sees("restore").await;
    elsewhere.within("input").await.unwrap().send_keys(&code).await.unwrap();
    elsewhere.choose("form .go").await;
    elsewhere.reads_the_article().await;
    elsewhere.client.refresh().await.unwrap();
    elsewhere.article_opens().await;
    elsewhere.leaves(&[]).await;
}

#[tokio::test]
async fn a_reader_who_comes_back_from_his_wallet_finds_the_article() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    // On a phone the page is hidden while its reader pays; a browser without a screen has to be told so.
    reader.run("Object.defineProperty(document, 'hidden', { get: () => window.away })").await;
    let amount = reader.orders("微信").await;
    reader
        .run("window.away = true; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
        .await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader
        .run("window.away = false; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
        .await;
    reader.reads_the_article().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_reader_behind_a_proxy_that_holds_streams_back_reads_all_the_same() {
    let demo = Demo::start().await;
    let reader = Reader::of_the_blog(&demo).await;
    reader.run("window.EventSource = class extends EventTarget { close() {} }").await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.leaves(&[]).await;
}
