//! What the gateway sends by itself, true and false.

use super::*;
use crate::gateway::Message;

/// A notice about this payment that was not delivered.
async fn held(shop: &Shop, order: &Order) -> Message {
    shop.gateway.pay(&shop.number(order).await).await.expect("a payment");
    shop.gateway.take().await.pop().expect("a notice")
}

async fn post(shop: &Shop, body: String) -> Answer {
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    shop.test.post("/alipay/notify").header("content-type", form).body(body).ask().await
}

#[tokio::test]
async fn a_notice_that_was_changed_anywhere_is_failure_and_changes_nothing() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let message = held(&shop, &order).await;
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(message.body.as_bytes()).into_owned().collect();
    let encode = |fields: &[(String, String)]| {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    };
    assert!(fields.len() > 10);
    for index in 0..fields.len() {
        if fields[index].0 == "sign_type" {
            continue;
        }
        let mut changed = fields.clone();
        changed[index].1.push('1');
        assert_eq!(post(&shop, encode(&changed)).await.text(), "failure", "{:?}", changed[index]);
        let mut missing = fields.clone();
        missing.remove(index);
        assert_eq!(post(&shop, encode(&missing)).await.text(), "failure", "{:?}", fields[index]);
        let mut twice = fields.clone();
        twice.push(fields[index].clone());
        assert_eq!(post(&shop, encode(&twice)).await.text(), "failure", "{:?} twice", fields[index]);
    }
    for body in ["", "a=b", "app_id=", "sign=&sign_type=RSA2", "%zz=1", "app_id=x&app_id=y"] {
        assert_eq!(post(&shop, body.to_owned()).await.text(), "failure", "{body}");
    }
    assert_eq!(shop.status(&order).await, "pending");
    let answer = post(&shop, message.body).await.is(200);
    assert_eq!((answer.text().as_str(), answer.bytes.len()), ("success", 7));
    assert_eq!(shop.status(&order).await, "paid");
}

#[tokio::test]
async fn what_is_signed_for_another_order_amount_or_seller_settles_nothing() {
    let shop = Shop::open().await;
    let order = shop.test.order().await;
    let rewrite = |fields: Value| Fault::new("notify", "rewrite").with("fields", fields);
    shop.gateway.fault(rewrite(json!({ "total_amount": "0.01" }))).await.expect("a fault");
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    assert_eq!(shop.status(&order).await, "pending");
    assert_eq!(shop.reasons().await, ["other_amount"]);

    let order = shop.test.order().await;
    shop.gateway.fault(rewrite(json!({ "seller_id": "2088000000000001" })).times(9)).await.expect("a fault");
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    assert_eq!(shop.status(&order).await, "pending");

    shop.gateway.mend().await.expect("no more faults");
    let order = shop.test.order().await;
    shop.gateway.fault(rewrite(json!({ "out_trade_no": "m1c1" })).times(9)).await.expect("a fault");
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    assert_eq!(shop.status(&order).await, "pending");
    shop.gateway.mend().await.expect("no more faults");
    shop.pass(6).await;
    assert_eq!(shop.status(&order).await, "paid", "the question found it");
}

#[tokio::test]
async fn notices_that_are_lost_doubled_or_reordered_are_repeated_until_they_are_taken() {
    for kind in ["lost", "lost_answer", "duplicate", "reorder", "bad_signature", "other_key"] {
        let shop = Shop::open().await;
        let order = shop.test.order().await;
        shop.fault("notify", kind, 1).await;
        shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
        // Time passes at the gateway alone, so that no question of ours settles it.
        shop.gateway.advance(25 * 3600).await.expect("time passes");
        assert_eq!(shop.status(&order).await, "paid", "{kind}");
        let owned = shop.owned(&order).await;
        let paid = owned["log"].as_array().unwrap().iter().filter(|line| line["act"] == "order.paid").count();
        assert_eq!(paid, 1, "{kind}");
    }
}

#[tokio::test]
async fn a_notice_about_a_trade_that_was_closed_is_believed_only_after_a_question() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let message = held(&shop, &order).await;
    shop.close(&order).await;
    let asked = shop.calls("alipay.trade.query").await;
    assert_eq!(post(&shop, message.body).await.text(), "success");
    assert_eq!(shop.calls("alipay.trade.query").await, asked + 1);
    assert_eq!(shop.status(&order).await, "paid");
}

#[tokio::test]
async fn the_question_about_a_closed_trade_that_was_paid_is_asked_until_it_has_an_answer() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let message = held(&shop, &order).await;
    shop.close(&order).await;
    shop.fault("alipay.trade.query", "system_error", 9).await;
    assert_eq!(post(&shop, message.body).await.text(), "success");
    shop.pass(60).await;
    assert_eq!(shop.status(&order).await, "pending", "nothing is opened by a notice that contradicts");
    shop.gateway.mend().await.expect("it works again");
    shop.pass(60).await;
    assert_eq!(shop.status(&order).await, "paid");
    let asked = shop.calls("alipay.trade.query").await;
    shop.pass(600).await;
    assert_eq!(shop.calls("alipay.trade.query").await, asked);
}

#[tokio::test]
async fn a_closed_trade_that_the_gateway_calls_closed_is_not_asked_about_any_more() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let number = shop.number(&order).await;
    shop.gateway.scan(&number).await.expect("a scan");
    shop.gateway.close(&number).await.expect("it is closed");
    shop.close(&order).await;
    let write = move |tx: &mut dyn WriteTx| {
        let trade = tx.trade(&number)?.expect("a trade");
        tx.update_trade(&Trade { ask_at: Some(trade.created_at), ..trade })
    };
    shop.test.app.store.write(write).await.expect("a database");
    shop.pass(60).await;
    let asked = shop.calls("alipay.trade.query").await;
    shop.pass(600).await;
    assert_eq!(shop.calls("alipay.trade.query").await, asked);
}
