//! Money that goes back.

use matcha::alipay::methods::{OutRequestNo, OutTradeNo, Refund, TradeRef};
use matcha::domain::money::Fen;

use super::*;

const REFUND: &str = "alipay.trade.refund";
const REFUND_QUERY: &str = "alipay.trade.fastpay.refund.query";

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
    shop.refund(&order, json!({ "amount": "0.71", "request_id": "b" })).await.problem(409, "refund_too_much");
    shop.refund(&order, json!({ "amount": "0.00", "request_id": "b" })).await.problem(409, "refund_too_much");
    let owned = shop
        .refund(&order, json!({ "amount": "0.20", "request_id": "b", "revoke": true }))
        .await
        .is(200)
        .json();
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
        let fault = Fault::new(REFUND, kind).times(8);
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
async fn a_no_to_the_repeat_of_a_lost_call_does_not_free_the_money() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    shop.fault(REFUND, "lost_answer", 1).await;
    shop.refuse(REFUND, "40004", "ACQ.REASON_TRADE_REFUND_FEE_ERR").await;
    let body = json!({ "amount": "0.40", "request_id": "once" });
    let owned = shop.refund(&order, body).await.is(200).json();
    assert_eq!(states(&owned), [("0.40".into(), "gateway".into(), "open".into())]);
    assert_eq!(refunded(&shop, &order).await, "0.40", "the first try moved it");
    shop.pass(60).await;
    assert_eq!(states(&shop.owned(&order).await), [("0.40".into(), "gateway".into(), "done".into())]);
    assert_eq!(refunded(&shop, &order).await, "0.40");
    assert!(shop.reasons().await.is_empty());
}

#[tokio::test]
async fn a_question_that_is_refused_says_nothing_about_the_refund() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    shop.fault(REFUND, "lost_answer", 8).await;
    let body = json!({ "amount": "0.40", "request_id": "once" });
    shop.refund(&order, body).await.is(200);
    shop.gateway.mend().await.expect("it works again");
    for (code, sub_code) in [
        ("40006", "isv.insufficient-isv-permissions"),
        ("40005", "isv.app-call-limited"),
        ("40002", "isv.invalid-timestamp"),
    ] {
        shop.refuse(REFUND_QUERY, code, sub_code).await;
        shop.pass(60).await;
        assert_eq!(
            states(&shop.owned(&order).await),
            [("0.40".into(), "gateway".into(), "open".into())],
            "{sub_code}"
        );
    }
    shop.pass(60).await;
    assert_eq!(states(&shop.owned(&order).await), [("0.40".into(), "gateway".into(), "done".into())]);
    assert_eq!(refunded(&shop, &order).await, "0.40");
}

#[tokio::test]
async fn a_repeat_that_is_refused_has_failed_when_a_later_question_says_so() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    shop.fault(REFUND, "system_error", 8).await;
    let body = json!({ "amount": "0.40", "request_id": "once" });
    shop.refund(&order, body).await.is(200);
    shop.gateway.mend().await.expect("it works again");
    shop.refuse(REFUND, "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH").await;
    shop.pass(60).await;
    let owned = shop.owned(&order).await;
    assert_eq!(states(&owned), [("0.40".into(), "gateway".into(), "open".into())]);
    assert_eq!(owned["refunds"][0]["problem"], "ACQ.SELLER_BALANCE_NOT_ENOUGH");
    shop.pass(60).await;
    let early = states(&shop.owned(&order).await);
    assert_eq!(
        early,
        [("0.40".into(), "gateway".into(), "open".into())],
        "the first may still be on its way"
    );
    shop.pass(600).await;
    let owned = shop.owned(&order).await;
    assert_eq!(states(&owned), [("0.40".into(), "gateway".into(), "failed".into())]);
    assert_eq!(shop.reasons().await, ["gateway_refused"]);
    assert_eq!(shop.refund(&order, json!({})).await.is(200).json()["status"], "refunded");
    assert_eq!(refunded(&shop, &order).await, "1.00");
}

#[tokio::test]
async fn a_refund_that_the_gateway_refuses_is_told_and_may_be_tried_anew() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    shop.refuse(REFUND, "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH").await;
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

#[tokio::test]
async fn a_part_needs_an_id_and_while_one_is_open_there_is_no_other() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    let problem = shop.refund(&order, json!({ "amount": "0.30" })).await.problem(422, "invalid");
    assert_eq!(problem["field"], "request_id");
    shop.fault(REFUND, "lost_answer", 8).await;
    let body = json!({ "amount": "0.30", "request_id": "a" });
    // Its answer does not reach the caller, who asks again.
    for _ in 0..2 {
        let owned = shop.refund(&order, body.clone()).await.is(200).json();
        assert_eq!(states(&owned), [("0.30".into(), "gateway".into(), "open".into())]);
    }
    for other in [
        json!({ "amount": "0.30", "request_id": "b" }),
        json!({}),
        json!({ "amount": "0.30", "request_id": "c", "way": "by_hand" }),
    ] {
        shop.refund(&order, other).await.problem(409, "refund_open");
    }
    shop.gateway.mend().await.expect("it works again");
    shop.pass(60).await;
    assert_eq!(states(&shop.refund(&order, body).await.is(200).json()).len(), 1);
    assert_eq!(refunded(&shop, &order).await, "0.30");
}

#[tokio::test]
async fn the_whole_without_an_id_is_one_refund_while_it_is_open() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    shop.fault(REFUND, "lost_answer", 2).await;
    for _ in 0..2 {
        let owned = shop.refund(&order, json!({})).await.is(200).json();
        assert_eq!(states(&owned), [("1.00".into(), "gateway".into(), "open".into())]);
    }
    shop.pass(60).await;
    assert_eq!(shop.owned(&order).await["status"], "refunded");
}

#[tokio::test]
async fn what_the_gateway_never_tells_is_put_before_the_owner_once_and_asked_when_he_says_so() {
    let shop = Shop::open().await;
    let order = shop.bought().await;
    shop.fault(REFUND, "lost_answer", 8).await;
    let body = json!({ "amount": "0.40", "request_id": "once" });
    shop.refund(&order, body.clone()).await.is(200);
    shop.gateway.mend().await.expect("it works again");
    let id = order.id.parse().expect("an order's id");
    let write = move |tx: &mut dyn WriteTx| {
        let refund = tx.refunds_of(id)?.pop().expect("a refund");
        let asked = matcha::limits::GATEWAY_QUESTIONS_MAX - 1;
        tx.update_refund(&matcha::domain::gateway::Refund { asked, ..refund })
    };
    shop.test.app.store.write(write).await.expect("a database");
    shop.fault(REFUND_QUERY, "system_error", 99).await;
    for _ in 0..3 {
        shop.pass(600).await;
        assert_eq!(states(&shop.owned(&order).await), [("0.40".into(), "gateway".into(), "open".into())]);
        assert_eq!(shop.reasons().await, ["refund_doubtful"]);
    }
    let asked = shop.calls(REFUND_QUERY).await;
    shop.refund(&order, body.clone()).await.is(200);
    assert!(shop.calls(REFUND_QUERY).await > asked, "the owner's repeat asks");
    assert_eq!(shop.reasons().await, ["refund_doubtful"]);
    shop.gateway.mend().await.expect("it works again");
    let owned = shop.refund(&order, body).await.is(200).json();
    assert_eq!(states(&owned), [("0.40".into(), "gateway".into(), "done".into())]);
    assert_eq!(refunded(&shop, &order).await, "0.40");
}

// ---- which payment -------------------------------------------------------------------------------------------------

#[tokio::test]
async fn an_order_settled_by_hand_names_its_payment_when_that_is_found() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    let settle = format!("/orders/{}/settle", order.id);
    shop.test.owner_post(&settle, json!({ "note": "he sent a picture" })).await.is(200);
    shop.refund(&order, json!({})).await.problem(409, "no_trade_to_refund");
    shop.pass(6).await;
    assert!(shop.reasons().await.is_empty(), "one payment is not two");
    let owned = shop.owned(&order).await;
    assert_eq!((&owned["status"], &owned["trade_no"]), (&json!("paid"), &owned["trades"][0]["trade_no"]));
    assert!(owned["trade_no"].is_string());
    let owned = shop.refund(&order, json!({})).await.is(200).json();
    assert_eq!(owned["status"], "refunded");
    assert_eq!(states(&owned), [("1.00".into(), "gateway".into(), "done".into())]);
    assert_eq!(refunded(&shop, &order).await, "1.00");
}

#[tokio::test]
async fn what_is_settled_by_hand_is_looked_for_at_the_gateway_once_more() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    shop.close(&order).await;
    shop.pass(600).await;
    assert_eq!(shop.status(&order).await, "expired", "nobody asks about what is closed");
    // The bill says that it was paid.
    shop.test.owner_post(&format!("/orders/{}/settle", order.id), json!({})).await.is(200);
    shop.pass(1).await;
    assert!(shop.owned(&order).await["trade_no"].is_string());
    assert!(shop.reasons().await.is_empty());
    assert_eq!(shop.refund(&order, json!({})).await.is(200).json()["status"], "refunded");
    assert_eq!(refunded(&shop, &order).await, "1.00");
}

#[tokio::test]
async fn what_the_gateway_does_not_know_is_noted_only_where_the_owner_says_so() {
    let shop = Shop::open().await;
    let order = shop.test.order().await;
    shop.test.owner_post(&format!("/orders/{}/settle", order.id), json!({})).await.is(200);
    shop.refund(&order, json!({})).await.problem(409, "no_trade_to_refund");
    shop.refund(&order, json!({ "way": "gateway" })).await.problem(409, "no_trade_to_refund");
    let owned = shop.refund(&order, json!({ "way": "by_hand" })).await.is(200).json();
    assert_eq!(states(&owned), [("1.00".into(), "by_hand".into(), "done".into())]);
    assert_eq!((&owned["status"], shop.calls(REFUND).await), (&json!("refunded"), 0));
}

#[tokio::test]
async fn a_grant_that_is_taken_back_leaves_an_order_that_was_paid_meanwhile_paid() {
    let shop = Shop::without_notices().await;
    let order = shop.test.order().await;
    let claim = json!({
        "site": "blog", "product": "tea", "amount": "1.00", "paid_at": shop.test.now(), "receipt_digits": "482913",
        "order": order.id, "order_token": order.token,
    });
    shop.test.post("/api/v1/claims").json(&claim).ask().await.is(201);
    let item = text(&shop.test.owner_get("/inbox?state=open").await["items"][0]["id"]);
    shop.test.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": order.id })).await.is(200);
    let granted = text(&shop.test.see(&order).await["unlock"]["token"]);
    shop.gateway.pay(&shop.number(&order).await).await.expect("a payment");
    shop.pass(6).await;
    shop.test.owner_post(&format!("/inbox/{item}/undo"), json!({})).await.is(200);
    let seen = shop.test.see(&order).await;
    assert_eq!((&seen["status"], &seen["late"]), (&json!("paid"), &json!(false)));
    assert_ne!(text(&seen["unlock"]["token"]), granted, "what was granted is taken back");
    let owned = shop.owned(&order).await;
    assert_eq!(owned["trade_no"], owned["trades"][0]["trade_no"]);
    let acts: Vec<String> = owned["log"].as_array().unwrap().iter().map(|line| text(&line["act"])).collect();
    assert!(acts.ends_with(&["order.unpaid".to_owned(), "order.paid".to_owned()]), "{acts:?}");
}

#[tokio::test]
async fn the_second_payment_of_an_order_is_paid_back_by_its_own_number() {
    let shop = Shop::open().await;
    let order = shop.bought_twice().await;
    assert_eq!(shop.reasons().await, ["paid_twice"]);
    let owned = shop.owned(&order).await;
    let paid = owned["trades"].as_array().expect("trades").iter().filter(|t| t["state"] == "paid");
    let second: Vec<String> =
        paid.filter(|t| t["trade_no"] != owned["trade_no"]).map(|t| text(&t["trade_no"])).collect();
    let [second] = second.as_slice() else { panic!("{owned}") };
    let problem = shop.refund(&order, json!({ "trade_no": "1" })).await.problem(422, "invalid");
    assert_eq!(problem["field"], "trade_no");
    let owned = shop.refund(&order, json!({ "trade_no": second, "note": "paid twice" })).await.is(200).json();
    assert_eq!(states(&owned), [("1.00".into(), "gateway".into(), "done".into())]);
    assert_eq!(owned["status"], "paid");
    assert!(shop.test.see(&order).await["unlock"].is_object());
    assert_eq!(refunded(&shop, &order).await, "0.00", "the first payment stays");
    shop.refund(&order, json!({ "trade_no": second })).await.problem(409, "refund_too_much");
    assert_eq!(shop.reasons().await, ["paid_twice"], "our own refund surprises nobody");
    assert_eq!(shop.refund(&order, json!({})).await.is(200).json()["status"], "refunded");
    assert_eq!(refunded(&shop, &order).await, "1.00");
}
