//! What two sides know differently: orders settled by hand, ends while a charge is under way, refusals that are not the
//! payer's, charges of which nobody knows.

use super::double::Double;
use super::*;
use matcha::domain::money::Fen;

const MODIFY: &str = "alipay.user.agreement.executionplan.modify";

fn refuses(code: &str, sub_code: &str) -> Fault {
    Fault::new(PAY, "answer").with("code", json!(code)).with("sub_code", json!(sub_code))
}

fn empty_wallet() -> Fault {
    refuses("40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH")
}

impl Shop {
    /// The owner settles the order of the newest charge by hand.
    async fn settle_by_hand(&self, id: &str) {
        let order = text(&self.subscription(id).await["charges"][0]["order"]);
        self.app.owner_post(&format!("/orders/{order}/settle"), json!({ "note": "cash" })).await.is(200);
    }

    /// How the charges stand in the gateway's books, and the number of the newest.
    async fn trades(&self) -> (Vec<String>, String) {
        let state = self.gateway.state().await;
        let charges: Vec<_> = state.orders.iter().filter(|o| o.out_trade_no.starts_with('s')).collect();
        let number = charges.last().map(|order| order.out_trade_no.clone()).expect("a charge");
        (charges.iter().filter_map(|order| order.trade_status.clone()).collect(), number)
    }

    /// A charge that was made and of which nothing comes back, until the gateway is mended.
    async fn goes_silent(&self) {
        self.gateway.fault(Fault::new(PAY, "lost_answer").times(99)).await.unwrap();
        self.gateway.fault(Fault::new(QUERY, "system_error").times(999)).await.unwrap();
        self.gateway.fault(Fault::new("notify", "lost").times(999)).await.unwrap();
    }
}

#[tokio::test]
async fn a_period_that_the_owner_settled_by_hand_is_not_charged() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.gateway.fault(empty_wallet()).await.unwrap();
    shop.days_until("2027-01-05", "08:30:00").await;
    shop.settle_by_hand(&id).await;
    shop.days_until("2027-01-12", "08:30:00").await;
    assert_eq!((shop.charged().await, shop.asked().await), (0, (1, 1)));
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    assert_eq!(shop.due(&id).await, "2027-02-10");
    assert_eq!(shop.charges(&id).await[0], ("failed".to_owned(), "settled".to_owned()));
    shop.days_until("2027-02-05", "08:30:00").await;
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (1, "2027-03-10"));
    assert_eq!(shop.inbox("paid_twice").await, 0);
}

#[tokio::test]
async fn tries_that_fail_for_a_period_that_was_settled_by_hand_end_nothing() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.gateway.fault(empty_wallet().times(9)).await.unwrap();
    shop.days_until("2027-01-09", "08:30:00").await;
    // The last try is refused, and what became of it is not known when the owner settles its order.
    shop.gateway.fault(Fault::new(QUERY, "system_error").times(9)).await.unwrap();
    shop.at("2027-01-10 08:30:00").await;
    shop.work().await;
    assert_eq!(shop.charges(&id).await[0].0, "unknown");
    shop.settle_by_hand(&id).await;
    shop.gateway.mend().await.unwrap();
    shop.pass(1200).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (0, "2027-02-10"));
    assert_eq!(shop.inbox("subscription_ended").await, 0);
}

#[tokio::test]
async fn a_charge_under_way_is_closed_when_its_order_is_settled_by_hand() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.gateway.fault(Fault::new(PAY, "in_process")).await.unwrap();
    shop.days_until("2027-01-05", "08:30:00").await;
    assert_eq!(shop.trades().await.0, ["WAIT_BUYER_PAY"]);
    shop.settle_by_hand(&id).await;
    shop.pass(60).await;
    shop.work().await;
    let (states, number) = shop.trades().await;
    assert_eq!(states, ["TRADE_CLOSED"]);
    assert_eq!(shop.gateway.pay(&number).await.unwrap_err().status, 409);
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (0, "2027-02-10"));
}

#[tokio::test]
async fn who_ends_his_renewal_is_not_charged_by_what_was_under_way_and_who_signs_anew_is_charged_once() {
    let shop = Shop::open().await;
    let (member, id) = shop.signed().await;
    shop.gateway.fault(Fault::new(PAY, "in_process")).await.unwrap();
    shop.days_until("2027-01-06", "08:30:00").await;
    let unsign = format!("/api/v1/subscriptions/{id}/unsign");
    shop.app.post(&unsign).bearer_auth(&member.unlock).ask().await.is(200);
    shop.start(&member).await.problem(409, "charge_under_way");
    shop.work().await;
    let (states, number) = shop.trades().await;
    assert_eq!(states, ["TRADE_CLOSED"]);
    assert_eq!(shop.gateway.pay(&number).await.unwrap_err().status, 409);
    assert_eq!(shop.charges(&id).await[0], ("failed".to_owned(), "ended".to_owned()));
    let again = shop.sign(&member).await;
    shop.work().await;
    assert_eq!((shop.charged().await, shop.charges(&again).await.len()), (1, 1));
    shop.days_until("2027-01-14", "08:30:00").await;
    assert_eq!((shop.charged().await, shop.inbox("paid_twice").await), (1, 0));
}

#[tokio::test]
async fn an_answer_that_a_signing_overtook_ends_nothing() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    let started = shop.start(&member).await.is(201).json();
    let id = text(&started["subscription"]["id"]);
    let control = shop.gateway.ready.control.clone();
    let seen = shop.gateway.wallet(&text(&started["sign_url"])).await.unwrap();
    assert!(seen["external_agreement_no"].is_string());
    let double = Double::SignsMeanwhile { http: shop.app.http.clone(), control };
    shop.pass(40).await;
    subscription::look::run_once(&double.of(&shop.app.app), shop.app.now()).await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["state"], "normal", "it is asked again at once");
    shop.days_until("2027-01-05", "08:30:00").await;
    assert_eq!(shop.charged().await, 1);
}

#[tokio::test]
async fn a_refusal_that_is_ours_to_mend_uses_up_no_try_and_ends_nothing() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let ours = |fault: Fault| {
        fault.with("code", json!("40006")).with("sub_code", json!("isv.insufficient-isv-permissions"))
    };
    shop.gateway.fault(ours(Fault::new(PAY, "answer")).times(999)).await.unwrap();
    shop.gateway.fault(ours(Fault::new(MODIFY, "answer"))).await.unwrap();
    shop.days_until("2027-01-10", "08:30:00").await;
    assert_eq!(shop.asked().await.1, 1, "one number");
    assert_eq!(shop.charges(&id).await, [("unknown".to_owned(), String::new())]);
    assert_eq!(shop.inbox("charges_refused").await, 1, "while there is time to mend it");
    shop.days_until("2027-01-11", "08:30:00").await;
    assert_eq!(shop.charges(&id).await, [("failed".to_owned(), "missed".to_owned())]);
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    shop.gateway.mend().await.unwrap();
    shop.pass(3700).await;
    shop.work().await;
    shop.work().await;
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (1, "2027-02-12"), "moved, and charged");
    shop.days_until("2027-01-20", "08:30:00").await;
    assert_eq!((shop.charged().await, shop.inbox("subscription_ended").await), (1, 0));
}

#[tokio::test]
async fn a_charge_that_was_sent_again_just_before_the_end_is_not_given_up_at_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let app = Double::Loses.of(&shop.app.app);
    for time in ["2027-01-10 19:30:00", "2027-01-10 19:31:00", "2027-01-10 19:59:00", "2027-01-10 20:00:30"] {
        shop.at(time).await;
        subscription::run_once(&app, shop.app.now()).await.unwrap();
        let asked = format!("/subscriptions/{id}");
        assert_eq!(shop.app.owner_get(&asked).await["charges"][0]["state"], "unknown", "at {time}");
    }
    shop.at("2027-01-10 21:00:00").await;
    subscription::run_once(&app, shop.app.now()).await.unwrap();
    assert_eq!(shop.charges(&id).await, [("failed".to_owned(), "missed".to_owned())]);
}

#[tokio::test]
async fn a_charge_of_which_nothing_is_known_when_its_day_is_over_is_told_once_and_asking_ends_it() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.goes_silent().await;
    shop.days_until("2027-01-10", "08:30:00").await;
    assert_eq!((shop.charges(&id).await[0].0.as_str(), shop.inbox("charge_doubtful").await), ("unknown", 0));
    shop.days_until("2027-01-14", "08:30:00").await;
    assert_eq!((shop.charges(&id).await[0].0.as_str(), shop.inbox("charge_doubtful").await), ("unknown", 1));
    shop.gateway.mend().await.unwrap();
    let asked = shop.app.owner_post(&format!("/subscriptions/{id}/ask"), json!({})).await.is(200).json();
    assert_eq!((&asked["charges"][0]["state"], &asked["state"]), (&json!("paid"), &json!("normal")));
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (1, "2027-02-10"));
}

#[tokio::test]
async fn a_charge_that_stays_unknown_holds_up_nothing_once_its_order_is_settled_by_hand() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.goes_silent().await;
    shop.days_until("2027-01-12", "08:30:00").await;
    shop.settle_by_hand(&id).await;
    shop.pass(3600).await;
    shop.work().await;
    assert_eq!(
        (shop.charges(&id).await[0].0.as_str(), shop.due(&id).await.as_str()),
        ("unknown", "2027-02-10")
    );
    shop.gateway.mend().await.unwrap();
    shop.pass(3600).await;
    shop.work().await;
    assert_eq!(shop.charges(&id).await[0].0, "paid");
    assert_eq!((shop.due(&id).await.as_str(), shop.inbox("paid_twice").await), ("2027-02-10", 1));
}

#[tokio::test]
async fn a_charge_of_another_amount_is_the_owners_and_his_settling_ends_its_period() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let app = Double::Paid(Fen::new(900).unwrap()).of(&shop.app.app);
    shop.at("2027-01-05 08:30:00").await;
    subscription::run_once(&app, shop.app.now()).await.unwrap();
    assert_eq!((shop.charges(&id).await[0].0.as_str(), shop.inbox("other_amount").await), ("unknown", 1));
    shop.at("2027-01-11 08:30:00").await;
    subscription::run_once(&app, shop.app.now()).await.unwrap();
    assert_eq!(shop.subscription(&id).await["next_due"], "2027-01-10");
    shop.settle_by_hand(&id).await;
    let id_of = id.parse().unwrap();
    subscription::ask_soon(&app, id_of, matcha::domain::log::Actor::Console).await.unwrap();
    subscription::run_once(&app, shop.app.now()).await.unwrap();
    assert_eq!(shop.subscription(&id).await["next_due"], "2027-02-10");
    assert_eq!(shop.inbox("other_amount").await, 1);
}

#[tokio::test]
async fn a_refund_or_a_revocation_of_the_membership_ends_the_subscription_at_once() {
    for by_refund in [true, false] {
        let shop = Shop::open().await;
        let (_, id) = shop.signed().await;
        if by_refund {
            let order = text(&shop.app.owner_get("/orders").await["items"][0]["id"]);
            let path = format!("/orders/{order}/refund");
            shop.app.owner_post(&path, json!({ "reason": "wish", "revoke": true })).await.is(200);
        } else {
            let unlock = text(&shop.app.owner_get("/unlocks").await["items"][0]["id"]);
            let revoked = shop.app.owner(Method::POST, &format!("/unlocks/{unlock}/revoke"));
            revoked.json(&json!({ "reason": "test" })).ask().await.is(200);
        }
        let ended = shop.subscription(&id).await;
        assert_eq!((&ended["state"], &ended["ending"]), (&json!("ended"), &json!("revoked")), "{by_refund}");
        shop.work().await;
        assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
        assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
    }
}

#[tokio::test]
async fn who_signed_for_a_month_reads_for_a_month_whatever_the_product_became() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let product = text(&shop.app.owner_get("/products").await["items"][0]["id"]);
    let path = format!("/products/{product}");
    shop.app.owner_patch(&path, json!({ "renews": null })).await.is(200);
    shop.app.owner_patch(&path, json!({ "validity_ms": DAY * 1000 })).await.is(200);
    let until = shop.paid_until(&id).await;
    shop.days_until("2027-01-05", "08:30:00").await;
    assert_eq!(shop.charged().await, 1);
    assert_eq!(shop.paid_until(&id).await, until.plus(Millis::seconds(31 * DAY)));
}

#[tokio::test]
async fn a_grant_that_is_taken_back_ends_the_renewal_only_where_nobody_paid() {
    for paid in [true, false] {
        let shop = Shop::open().await;
        let order = shop.order().await;
        let claim = json!({
            "site": "blog", "product": "vip", "amount": "10.00", "paid_at": shop.app.now(), "receipt_digits": "482913",
            "order": order.id, "order_token": order.token,
        });
        shop.app.post("/api/v1/claims").json(&claim).ask().await.is(201);
        let item = text(&shop.app.owner_get("/inbox?state=open").await["items"][0]["id"]);
        shop.app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": order.id })).await.is(200);
        let id = shop.sign(&shop.member(&order).await).await;
        if paid {
            shop.gateway.pay_code(&text(&order.body["code"]["payload"])).await.expect("it is paid");
        }
        assert_eq!(shop.subscription(&id).await["state"], "normal");
        shop.app.owner_post(&format!("/inbox/{item}/undo"), json!({})).await.is(200);
        let state = if paid { "normal" } else { "ended" };
        assert_eq!(shop.subscription(&id).await["state"], state, "paid: {paid}");
    }
}
