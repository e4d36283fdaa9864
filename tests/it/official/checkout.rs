//! From the wish to the open article.

use matcha::domain::time::{Millis, Timestamp};

use super::*;

#[tokio::test]
async fn a_code_of_its_own_is_paid_and_the_article_opens_by_the_notice() {
    let shop = Shop::open().await;
    let order = shop.test.order().await;
    assert_eq!((&order.body["channel"], &order.body["amount"]), (&json!("alipay_official"), &json!("1.00")));
    let says = text(&order.body["code"]["payload"]);
    assert!(says.starts_with("https://qr.alipay.com/"), "{says}");
    let png = shop.test.get(&order.path("/code.png")).ask().await.is(200);
    assert_eq!(png.header("content-type"), "image/png");
    let image = image::load_from_memory(&png.bytes).expect("a picture").to_luma8();
    let read = rqrr::PreparedImage::prepare(image).detect_grids()[0].decode().expect("a code").1;
    assert_eq!(read, says, "what we draw is what the gateway said");

    shop.gateway.pay_code(&says).await.expect("a payment");
    let body = shop.test.see(&order).await;
    assert_eq!((&body["status"], &body["late"]), (&json!("paid"), &json!(false)));
    let token = text(&body["unlock"]["token"]);
    let content =
        shop.test.get("/api/v1/sites/blog/products/tea/content").bearer_auth(token).ask().await.is(200);
    assert!(content.text().contains("the paid text of tea"));
    let owned = shop.owned(&order).await;
    assert!(owned["trade_no"].is_string() && owned["receipt"].is_null(), "{owned}");
    assert_eq!(shop.gateway.notices().await[0].state, "done", "it was answered with success");
}

#[tokio::test]
async fn every_order_has_the_exact_price_and_needs_no_free_amount() {
    let shop = Shop::open().await;
    for _ in 0..15 {
        assert_eq!(shop.test.order().await.amount, "1.00");
    }
}

#[tokio::test]
async fn a_question_settles_where_no_notice_comes() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    shop.pass(4).await;
    assert_eq!(shop.status(&order).await, "pending", "a trade that does not exist is one that waits");
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    shop.pass(6).await;
    assert_eq!(shop.status(&order).await, "paid");
    let asked = shop.calls("alipay.trade.query").await;
    shop.pass(600).await;
    assert_eq!(shop.calls("alipay.trade.query").await, asked, "who is paid is not asked about any more");
}

#[tokio::test]
async fn notice_and_answer_in_any_order_and_number_are_one_settlement() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    let held = shop.gateway.take().await;
    let carry = async |message: &crate::gateway::Message| {
        let path = message.url.strip_prefix(&shop.test.base_url).expect("an address of ours").to_owned();
        let post =
            shop.test.post(&path).header("content-type", &message.content_type).body(message.body.clone());
        post.ask().await.is(200).text()
    };
    for message in &held {
        assert_eq!(carry(message).await, "success");
    }
    shop.pass(6).await;
    for message in held.iter().rev() {
        assert_eq!(carry(message).await, "success");
    }
    let owned = shop.owned(&order).await;
    let paid = owned["log"].as_array().unwrap().iter().filter(|line| line["act"] == "order.paid").count();
    assert_eq!(paid, 1, "{owned}");
    assert!(shop.reasons().await.is_empty());
}

#[tokio::test]
async fn what_is_not_paid_in_its_window_is_closed_at_the_gateway() {
    let shop = Shop::open().await;
    let order = shop.test.order().await;
    let number = shop.number(&order).await;
    shop.gateway.scan(&number).await.expect("a scan");
    for _ in 0..12 {
        shop.pass(60).await;
    }
    assert_eq!(shop.status(&order).await, "expired");
    let refused = shop.gateway.pay(&number).await.expect_err("the trade is closed");
    assert!(refused.error.contains("TRADE_CLOSED") || refused.status == 409, "{refused:?}");
}

#[tokio::test]
async fn a_code_that_nobody_scanned_is_asked_about_for_as_long_as_it_may_be_paid() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let id = order.id.parse().expect("an order's id");
    let trades = shop.test.app.store.read(move |tx| tx.trades_of(id)).await.expect("a database");
    // By Alipay's clock, which may be five minutes behind ours.
    let void = trades[0].ends_at.plus(Millis::seconds(300));
    let state = async || text(&shop.owned(&order).await["trades"][0]["state"]);
    while shop.test.now().plus(Millis::seconds(30)) < void {
        shop.pass(30).await;
        assert_eq!(state().await, "open", "a scan may still come");
    }
    assert_eq!(shop.status(&order).await, "expired");
    shop.pass(90).await;
    assert_eq!(state().await, "closed");
    let asked = shop.calls("alipay.trade.query").await + shop.calls("alipay.trade.close").await;
    shop.pass(900).await;
    let after = shop.calls("alipay.trade.query").await + shop.calls("alipay.trade.close").await;
    assert_eq!(after, asked, "and nobody asks any more");
}

#[tokio::test]
async fn an_order_that_its_reader_gave_up_is_closed_soon() {
    let shop = Shop::open().await;
    let order = shop.test.order().await;
    let number = shop.number(&order).await;
    shop.gateway.scan(&number).await.expect("a scan");
    shop.test.post(&order.path("/cancel")).bearer_auth(&order.token).ask().await.is(200);
    shop.pass(60).await;
    shop.gateway.pay(&number).await.expect_err("the trade is closed");
}

#[tokio::test]
async fn a_payment_that_is_faster_than_the_end_of_the_window_is_late_and_opens_the_article() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let number = shop.number(&order).await;
    shop.gateway.scan(&number).await.expect("a scan");
    // The window ends here; the gateway hears of it only at the next question, and the reader pays before that.
    let ends_at: Timestamp = text(&order.body["expires_at"]).parse().expect("a time");
    let over = ends_at.since(shop.test.now()).get() / 1000 + 1;
    shop.gateway.advance(u64::try_from(over).expect("a span")).await.expect("time passes");
    shop.test.pass(over);
    shop.gateway.pay(&number).await.expect("it is not closed yet");
    shop.work().await;
    let body = shop.test.see(&order).await;
    assert_eq!((&body["status"], &body["late"]), (&json!("paid"), &json!(true)));
}

#[tokio::test]
async fn a_gateway_that_gives_no_code_is_told_and_leaves_nothing_behind() {
    let shop = Shop::open().await;
    shop.fault("alipay.trade.precreate", "lost_answer", 9).await;
    let answer = shop.wish(json!({})).await;
    answer.problem(503, "gateway_unavailable");
    shop.gateway.mend().await.expect("it works again");
    shop.gateway
        .fault(
            Fault::new("alipay.trade.precreate", "answer")
                .with("code", json!("40004"))
                .with("sub_code", json!("ACQ.ACCESS_FORBIDDEN")),
        )
        .await
        .expect("a fault");
    let problem = shop.wish(json!({})).await.problem(503, "gateway_refused");
    assert_eq!(problem["gateway_code"], "ACQ.ACCESS_FORBIDDEN");
    assert_eq!(shop.status(&shop.test.order().await).await, "pending", "the next one is served");
}

#[tokio::test]
async fn a_lost_answer_to_the_code_is_asked_for_again_under_the_same_number() {
    let shop = Shop::open().await;
    shop.fault("alipay.trade.precreate", "lost_answer", 1).await;
    let order = shop.test.order().await;
    assert_eq!(shop.gateway.state().await.orders.len(), 1);
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    assert_eq!(shop.status(&order).await, "paid");
}

#[tokio::test]
async fn the_button_on_a_phone_leads_to_the_gateways_page_and_back_to_the_article() {
    let shop = Shop::open().await;
    let order = shop.test.order().await;
    let pay_url = text(&order.body["pay_url"]);
    assert!(pay_url.starts_with(&shop.test.base_url), "{pay_url}");
    let back = "https://blog.example/tea?from=phone";
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("back", back).finish();
    let to = shop.test.http.get(format!("{pay_url}&{query}")).ask().await.is(303);
    let page = shop.page(to.header("location")).await;
    let paid = shop.pay_page(&page).await;
    assert_eq!(shop.status(&order).await, "paid");
    let returned = shop.test.http.get(paid).ask().await.is(303);
    assert_eq!(returned.header("location"), back);

    let order = shop.test.order().await;
    let foreign =
        form_urlencoded::Serializer::new(String::new()).append_pair("back", "https://evil.example/").finish();
    let pay_url = text(&order.body["pay_url"]);
    let to = shop.test.http.get(format!("{pay_url}&{foreign}")).ask().await.is(303);
    let page = shop.page(to.header("location")).await;
    let paid = shop.pay_page(&page).await;
    let returned = shop.test.http.get(paid).ask().await.is(303);
    let here = format!("{}/a/blog/tea?order={}", shop.test.base_url, order.id);
    assert!(returned.header("location").starts_with(&here), "{}", returned.header("location"));
}

#[tokio::test]
async fn the_return_is_verified_and_only_asks() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let to = shop.test.http.get(text(&order.body["pay_url"])).ask().await.is(303);
    let page = shop.page(to.header("location")).await;
    let paid = shop.pay_page(&page).await;
    let changed = paid.replace("total_amount=1.00", "total_amount=9.00");
    assert_ne!(changed, paid);
    shop.test.http.get(changed).ask().await.problem(400, "bad_return");
    assert_eq!(shop.status(&order).await, "pending", "a wrong return asks nothing");
    let asked = shop.calls("alipay.trade.query").await;
    shop.test.http.get(paid).ask().await.is(303);
    assert_eq!(shop.calls("alipay.trade.query").await, asked + 1);
    assert_eq!(shop.status(&order).await, "paid", "by the answer, not by the address");
}

#[tokio::test]
async fn a_way_back_that_is_opened_again_asks_nothing_and_an_old_one_gives_no_token() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let to = shop.test.http.get(text(&order.body["pay_url"])).ask().await.is(303);
    let paid = shop.pay_page(&shop.page(to.header("location")).await).await;
    let before = shop.calls("alipay.trade.query").await;
    let back = async || {
        let answer = shop.test.http.get(&paid).ask().await.is(303);
        (shop.calls("alipay.trade.query").await - before, answer.header("location").to_owned())
    };
    shop.fault("alipay.trade.query", "system_error", 99).await;
    let (asked, _) = back().await;
    assert!(asked > 0);
    assert_eq!(back().await.0, asked, "it was asked just now");
    shop.gateway.mend().await.expect("it works again");
    shop.test.pass(5);
    let (asked, location) = back().await;
    assert_eq!(shop.status(&order).await, "paid");
    assert!(location.contains(&order.id) && location.contains("token="), "{location}");
    shop.test.pass(60);
    assert_eq!(back().await, (asked, location), "nothing can change any more");
    shop.test.pass(24 * 3600);
    let (still, location) = back().await;
    assert_eq!((still, location), (asked, format!("{}/a/blog/tea", shop.test.base_url)));
}

#[tokio::test]
async fn a_trade_that_the_gateway_would_not_close_may_still_be_paid() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let number = shop.number(&order).await;
    shop.gateway.settings(&json!({ "timestamp_tolerance_s": 9999 })).await.expect("settings");
    shop.gateway.scan(&number).await.expect("a scan");
    let fault = Fault::new("alipay.trade.close", "answer").times(99);
    let fault = fault.with("code", json!("40004")).with("sub_code", json!("ACQ.TRADE_STATUS_ERROR"));
    shop.gateway.fault(fault).await.expect("a fault");
    // By our clock its end has come, by the gateway's it has not.
    for _ in 0..2 {
        shop.test.pass(20 * 60);
        shop.work().await;
    }
    assert_eq!(shop.status(&order).await, "expired");
    shop.gateway.pay(&number).await.expect("it is not closed");
    shop.test.pass(60);
    shop.work().await;
    assert_eq!(shop.status(&order).await, "paid");
}

#[tokio::test]
async fn only_a_way_that_has_a_page_is_opened_and_no_other_leaves_a_trade() {
    let shop = Shop::open().await;
    let order = shop.test.order().await;
    let link = text(&order.body["pay_url"]);
    for way in ["code", "charge"] {
        let other = link.replace("way=wap", &format!("way={way}"));
        assert_eq!(shop.test.http.get(other).ask().await.problem(422, "invalid")["field"], "way");
    }
    assert_eq!(shop.owned(&order).await["trades"].as_array().expect("trades").len(), 1, "that of the code");
}

#[tokio::test]
async fn code_and_button_paid_both_settle_once_and_the_second_goes_to_the_owner() {
    let shop = Shop::open().await;
    let order = shop.bought_twice().await;
    assert_eq!(shop.status(&order).await, "paid");
    assert_eq!(shop.reasons().await, ["paid_twice"]);
}

#[tokio::test]
async fn readers_of_a_personal_account_that_nobody_hears_are_sent_to_the_official_one() {
    let shop = Shop::open().await;
    let personal = shop.test.account("alipay").await;
    shop.test.codes(&personal, "alipay", &["1.00", "0.99"]).await;
    let phone = shop.test.phone().await;
    phone.heartbeat().await.is(200);
    assert_eq!(shop.wish(json!({ "channel": "alipay" })).await.is(201).json()["channel"], "alipay");
    shop.pass(3600).await;
    let sent = shop.wish(json!({ "channel": "alipay" })).await.is(201).json();
    assert_eq!(sent["channel"], "alipay_official", "nobody would hear the money");
}
