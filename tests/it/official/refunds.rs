//! Money that goes back.

use matcha::alipay::methods::{OutRequestNo, OutTradeNo, Refund, TradeRef};
use matcha::domain::money::Fen;

use super::*;

fn states(owned: &Value) -> Vec<(String, String, String)> {
    let refunds = owned["refunds"].as_array().expect("refunds").iter();
    refunds.map(|r| (text(&r["amount"]), text(&r["way"]), text(&r["state"]))).collect()
}

/// What went back at the gateway.
async fn refunded(shop: &Shop, order: &Order) -> String {
    let number = shop.number(order).await;
    let orders = shop.gateway.state().await.orders;
    orders.into_iter().find(|known| known.out_trade_no == number).expect("an order").refunded
}

#[tokio::test]
async fn all_of_it_goes_back_and_the_right_to_read_ends() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    let token = text(&shop.test.see(&order).await["unlock"]["token"]);
    let body = json!({ "note": "not what was promised", "request_id": "r-1" });
    let owned = shop.refund(&order, body.clone()).await.is(200).json();
    assert_eq!(owned["status"], "refunded");
    assert_eq!(states(&owned), [("1.00".into(), "gateway".into(), "done".into())]);
    assert_eq!(refunded(&shop, &order).await, "1.00");
    let content = shop.test.get("/api/v1/sites/blog/products/tea/content").bearer_auth(token).ask().await;
    assert_ne!(content.status, 200);
    // The same request again, and another one.
    assert_eq!(states(&shop.refund(&order, body).await.is(200).json()).len(), 1);
    shop.refund(&order, json!({})).await.problem(409, "order_not_paid");
    assert_eq!(refunded(&shop, &order).await, "1.00");
    assert!(shop.reasons().await.is_empty(), "our own refund's notice surprises nobody");
}

#[tokio::test]
async fn parts_go_back_until_nothing_is_left() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    let owned = shop.refund(&order, json!({ "amount": "0.30", "request_id": "a" })).await.is(200).json();
    assert_eq!(owned["status"], "paid", "a part does not end the right to read");
    assert!(shop.test.see(&order).await["unlock"].is_object());
    let problem = shop.refund(&order, json!({ "amount": "0.40", "request_id": "a" })).await;
    problem.problem(409, "refund_request_reused");
    shop.refund(&order, json!({ "amount": "0.71" })).await.problem(409, "refund_too_much");
    shop.refund(&order, json!({ "amount": "0.00" })).await.problem(409, "refund_too_much");
    let owned = shop.refund(&order, json!({ "amount": "0.20", "revoke": true })).await.is(200).json();
    assert_eq!(owned["status"], "paid");
    assert!(shop.test.see(&order).await["unlock"].is_null(), "the owner said so");
    let owned = shop.refund(&order, json!({})).await.is(200).json();
    assert_eq!(owned["status"], "refunded");
    let parts: Vec<String> = states(&owned).into_iter().map(|(amount, ..)| amount).collect();
    assert_eq!(parts, ["0.30", "0.20", "0.50"]);
    assert_eq!(refunded(&shop, &order).await, "1.00");
}

#[tokio::test]
async fn a_lost_answer_never_becomes_a_second_refund() {
    for kind in ["lost_answer", "http", "system_error", "bad_signature", "unsigned"] {
        let shop = Shop::open().await;
        let order = shop.bought().await;
        let fault = Fault::new("alipay.trade.refund", kind).times(8);
        let fault = match kind {
            "http" => fault.with("work", json!(true)).with("status", json!(502)),
            "system_error" => fault.with("work", json!(true)),
            _ => fault,
        };
        shop.gateway.fault(fault).await.expect("a fault");
        let body = json!({ "amount": "0.40", "request_id": "once" });
        let owned = shop.refund(&order, body.clone()).await.is(200).json();
        assert_eq!(states(&owned), [("0.40".into(), "gateway".into(), "open".into())], "{kind}");
        shop.refund(&order, body.clone()).await.is(200);
        shop.gateway.mend().await.expect("it works again");
        for _ in 0..4 {
            shop.pass(60).await;
        }
        assert_eq!(
            states(&shop.owned(&order).await),
            [("0.40".into(), "gateway".into(), "done".into())],
            "{kind}"
        );
        assert_eq!(refunded(&shop, &order).await, "0.40", "{kind}");
        assert!(shop.reasons().await.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn a_refund_that_the_gateway_refuses_is_told_and_may_be_tried_anew() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    let fault = Fault::new("alipay.trade.refund", "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.SELLER_BALANCE_NOT_ENOUGH"));
    shop.gateway.fault(fault).await.expect("a fault");
    let owned = shop.refund(&order, json!({})).await.is(200).json();
    assert_eq!(owned["status"], "paid", "the money is still here");
    assert_eq!(owned["refunds"][0]["problem"], "ACQ.SELLER_BALANCE_NOT_ENOUGH");
    assert_eq!(shop.reasons().await, ["gateway_refused"]);
    assert!(shop.test.see(&order).await["unlock"].is_object());
    assert_eq!(shop.refund(&order, json!({})).await.is(200).json()["status"], "refunded");
}

#[tokio::test]
async fn money_that_went_back_without_us_is_told_to_the_owner() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    let number = shop.number(&order).await;
    // The owner pays back in Alipay's own console: another program with the same keys.
    let client = crate::alipay::client_of(&shop.gateway);
    let request = Refund {
        trade: TradeRef::Ours(OutTradeNo::new(&number).expect("a number")),
        amount: Fen::new(40).expect("an amount"),
        out_request_no: OutRequestNo::new("byhand1").expect("a number"),
        reason: None,
    };
    client.call(&request, shop.test.now()).await.expect("a refund");
    shop.gateway.idle().await.expect("its notice is delivered");
    assert_eq!(shop.reasons().await, ["went_back"]);
    assert_eq!(shop.status(&order).await, "paid", "the owner decides");
}

#[tokio::test]
async fn for_a_personal_code_it_is_written_down_who_when_how_much_and_by_what() {
    let test = TestApp::start().await;
    let phone = test.shop().await;
    let order = test.bought(&phone).await;
    let path = format!("/orders/{}/refund", order.id);
    let body = json!({ "amount": "0.40", "note": "half of it", "proof": "2026112022001", "request_id": "x" });
    let owned = test.owner_post(&path, body).await.is(200).json();
    let refund = &owned["refunds"][0];
    assert_eq!((&refund["way"], &refund["state"]), (&json!("by_hand"), &json!("done")));
    assert_eq!((&refund["proof"], &refund["note"]), (&json!("2026112022001"), &json!("half of it")));
    assert!(text(&refund["actor"]).starts_with("owner:key_"), "{refund}");
    assert_eq!(refund["finished_at"], refund["requested_at"]);
    assert_eq!(owned["status"], "paid");
    let owned = test.owner_post(&path, json!({ "note": "the rest" })).await.is(200).json();
    assert_eq!(owned["status"], "refunded");
}
