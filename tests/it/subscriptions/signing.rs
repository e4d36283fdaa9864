//! Signing, pausing and ending, told by whoever does it.

use super::*;
use crate::gateway::State;

#[tokio::test]
async fn a_paused_agreement_is_not_charged_and_a_missed_period_is_moved_and_charged_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let number = shop.agreement_no(&id).await;
    shop.gateway.turn(&number, "STOP").await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "paused");
    shop.days_until("2027-01-14", "08:30:00").await;
    assert_eq!((shop.asked().await, shop.charged().await), ((0, 0), 0));
    shop.gateway.turn(&number, "NORMAL").await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "normal", "the gateway was asked");
    assert_eq!(shop.due(&id).await, "2027-01-15", "the missed day was moved");
    shop.work().await;
    shop.days_until("2027-01-20", "08:30:00").await;
    assert_eq!((shop.asked().await, shop.charged().await), ((1, 1), 1));
    assert_eq!(shop.due(&id).await, "2027-02-15");
}

#[tokio::test]
async fn an_agreement_that_is_paused_between_two_tries_is_left_alone() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let number = shop.agreement_no(&id).await;
    let empty = Fault::new(PAY, "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.BUYER_BALANCE_NOT_ENOUGH"));
    shop.gateway.fault(empty).await.unwrap();
    shop.days_until("2027-01-05", "08:30:00").await;
    shop.gateway.turn(&number, "STOP").await.unwrap();
    shop.days_until("2027-01-11", "08:30:00").await;
    assert_eq!(shop.asked().await, (1, 1));
    assert_eq!(shop.subscription(&id).await["state"], "paused", "no try was refused for good");
}

#[tokio::test]
async fn what_is_signed_and_not_in_force_yet_is_not_charged() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    let (id, page) = shop.page(&member).await;
    shop.gateway.sign_as(&page, "TEMP").await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "pending");
    shop.days_until("2027-01-09", "08:30:00").await;
    assert_eq!(
        (shop.asked().await, shop.subscription(&id).await["state"].clone()),
        ((0, 0), json!("pending"))
    );
    shop.gateway.sign(&page).await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    shop.days_until("2027-01-10", "08:30:00").await;
    assert_eq!(shop.charged().await, 1);
}

#[tokio::test]
async fn an_unsign_in_the_wallet_comes_to_the_application_gateway_and_leaves_the_paid_time() {
    let shop = Shop::open().await;
    shop.gateway.settings(&json!({ "sign_type_kept": ["agreement"] })).await.unwrap();
    let (member, id) = shop.signed().await;
    shop.gateway.unsign(&shop.agreement_no(&id).await).await.unwrap();
    let told = shop.gateway.notices().await;
    let last = told.last().unwrap();
    assert_eq!((last.notify_type.as_str(), last.state.as_str()), ("dut_user_unsign", "done"));
    let ended = shop.subscription(&id).await;
    assert_eq!((&ended["state"], &ended["ending"]), (&json!("ended"), &json!("wallet")));
    assert_eq!(ended["ended_at_gateway"], true, "nobody needs to tell it");
    assert_eq!(shop.reads(&member).await, 200);
    shop.days_until("2027-01-12", "08:30:00").await;
    assert_eq!((shop.asked().await, shop.reads(&member).await), ((0, 0), 402));
    // He may sign again.
    let again = shop.buy().await;
    assert_ne!(shop.sign(&again).await, id);
}

#[tokio::test]
async fn a_message_that_alipay_did_not_sign_changes_nothing() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.gateway.fault(Fault::new("notify", "other_key").times(9)).await.unwrap();
    shop.gateway.unsign(&shop.agreement_no(&id).await).await.unwrap();
    assert_eq!(shop.gateway.notices().await.last().unwrap().attempts[0].body.as_deref(), Some("failure"));
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    shop.gateway.mend().await.unwrap();
    shop.pass(240).await;
    assert_eq!(shop.subscription(&id).await["ending"], "wallet", "the true one was believed");
}

#[tokio::test]
async fn an_agreement_of_nobody_here_is_stored_and_answered() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let fields =
        json!({ "external_agreement_no": "somebodyelses0001", "agreement_no": "20260000000000000001" });
    shop.gateway.fault(Fault::new("notify", "rewrite").with("fields", fields)).await.unwrap();
    shop.gateway.unsign(&shop.agreement_no(&id).await).await.unwrap();
    assert_eq!(shop.gateway.notices().await.last().unwrap().state, "done", "it need not be repeated");
    assert_eq!(shop.subscription(&id).await["state"], "normal");
}

#[tokio::test]
async fn what_ran_out_is_found_by_the_daily_question() {
    let shop = Shop::open().await;
    let (member, id) = shop.signed().await;
    let gone = Fault::new("alipay.user.agreement.query", "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("USER_AGREEMENT_NOT_EXIST"));
    shop.gateway.fault(gone).await.unwrap();
    shop.pass(3600).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["state"], "normal", "it is asked daily");
    shop.pass(DAY).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ending"], "lapsed");
    assert_eq!((shop.reads(&member).await, shop.inbox("subscription_ended").await), (200, 0));
}

#[tokio::test]
async fn an_end_or_a_signing_of_which_no_notification_came_is_found_by_asking() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    shop.gateway.fault(Fault::new("notify", "lost").times(99)).await.unwrap();
    let id = shop.sign(&member).await;
    assert_eq!(shop.subscription(&id).await["state"], "pending");
    shop.pass(40).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    shop.gateway.unsign(&shop.agreement_no(&id).await).await.unwrap();
    shop.pass(DAY).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ending"], "wallet");
}

#[tokio::test]
async fn a_reader_ends_his_renewal_and_keeps_what_he_paid_for() {
    let shop = Shop::open().await;
    let (member, id) = shop.signed().await;
    let path = format!("/api/v1/subscriptions/{id}");
    let unsign = format!("{path}/unsign");
    let stranger = shop.buy().await;
    shop.app.get(&path).bearer_auth(&stranger.unlock).ask().await.problem(404, "subscription_not_found");
    shop.app.post(&unsign).bearer_auth(&stranger.unlock).ask().await.problem(404, "subscription_not_found");
    shop.app.post(&unsign).bearer_auth("mu1.nonsense").ask().await.problem(401, "bad_token");
    let listed = shop.app.get("/api/v1/subscriptions").bearer_auth(&member.unlock).ask().await.is(200).json();
    assert_eq!((&listed["items"][0]["id"], listed["items"].as_array().unwrap().len()), (&json!(id), 1));
    for _ in 0..2 {
        let ended = shop.app.post(&unsign).bearer_auth(&member.unlock).ask().await.is(200).json();
        assert_eq!((&ended["state"], &ended["ending"]), (&json!("ended"), &json!("reader")));
    }
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
    assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
    assert_eq!(shop.reads(&member).await, 200);
    shop.days_until("2027-01-12", "09:00:00").await;
    assert_eq!(shop.asked().await, (0, 0));
}

#[tokio::test]
async fn an_end_that_the_gateway_did_not_hear_is_told_until_it_does() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let deaf = Fault::new("*", "http").with("status", json!(503)).times(99);
    shop.gateway.fault(deaf).await.unwrap();
    let path = format!("/subscriptions/{id}/unsign");
    let ended = shop.app.owner_post(&path, json!({})).await.is(200).json();
    assert_eq!((&ended["ending"], &ended["ended_at_gateway"]), (&json!("owner"), &json!(false)));
    assert_eq!(ended["tries"], json!([]));
    shop.pass(3600).await;
    shop.gateway.mend().await.unwrap();
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
}

#[tokio::test]
async fn an_end_that_is_refused_for_a_reason_of_ours_is_in_the_inbox_and_told_again_within_the_hour() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let refused = Fault::new("alipay.user.agreement.unsign", "answer")
        .with("code", json!("40006"))
        .with("sub_code", json!("isv.insufficient-isv-permissions"));
    shop.gateway.fault(refused).await.unwrap();
    let ended = shop.app.owner_post(&format!("/subscriptions/{id}/unsign"), json!({})).await.is(200).json();
    assert_eq!((&ended["ended_at_gateway"], shop.inbox("gateway_refused").await), (&json!(false), 1));
    shop.pass(3600).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
}

#[tokio::test]
async fn a_page_that_nobody_signs_is_given_up_and_who_signs_later_is_ended_there() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    let (id, page) = shop.page(&member).await;
    shop.pass(26 * 3600).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ending"], "unsigned");
    shop.gateway.sign(&page).await.unwrap();
    shop.work().await;
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
    assert_eq!(shop.subscription(&id).await["state"], "ended");
}

#[tokio::test]
async fn a_page_that_other_terms_replaced_is_ended_at_the_gateway_when_somebody_signs_it() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    let (old, old_page) = shop.page(&member).await;
    let product = text(&shop.app.owner_get("/products").await["items"][0]["id"]);
    shop.app.owner_patch(&format!("/products/{product}"), json!({ "price": "12.00" })).await.is(200);
    let (new, new_page) = shop.page(&member).await;
    assert_eq!(shop.subscription(&old).await["ending"], "replaced");
    shop.work().await;
    assert_eq!(shop.subscription(&old).await["ended_at_gateway"], false, "its page can still be signed");

    // The tab of the old page is still open, and the news of what happens in it is lost.
    shop.gateway.fault(Fault::new("notify", "lost").times(99)).await.unwrap();
    shop.gateway.sign(&old_page).await.unwrap();
    shop.gateway.mend().await.unwrap();
    shop.gateway.sign(&new_page).await.unwrap();
    shop.pass(3600).await;
    shop.work().await;
    let status = |number: &str, state: &State| {
        let found = state.agreements.iter().find(|agreement| agreement.external_agreement_no == number);
        found.and_then(|agreement| agreement.status.clone())
    };
    let state = shop.gateway.state().await;
    assert_eq!(status(&old_page, &state).as_deref(), Some("UNSIGN"));
    assert_eq!(status(&new_page, &state).as_deref(), Some("NORMAL"));
    assert_eq!(shop.subscription(&old).await["ended_at_gateway"], true);
    assert_eq!(shop.subscription(&new).await["state"], "normal");
}

#[tokio::test]
async fn a_page_that_its_owner_ended_is_watched_until_nobody_can_sign_it() {
    for hours in [20, 30] {
        let shop = Shop::open().await;
        let (id, page) = shop.page(&shop.buy().await).await;
        shop.app.owner_post(&format!("/subscriptions/{id}/unsign"), json!({})).await.is(200);
        shop.pass(hours * 3600).await;
        shop.work().await;
        let over = shop.subscription(&id).await["ended_at_gateway"].clone();
        assert_eq!(over, hours > 25, "after {hours} h");
        if hours < 25 {
            shop.gateway.fault(Fault::new("notify", "lost").times(99)).await.unwrap();
            shop.gateway.sign(&page).await.unwrap();
            shop.pass(3600).await;
            shop.work().await;
            assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
            assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
        }
    }
}

#[tokio::test]
async fn a_membership_that_was_taken_back_is_not_charged_any_more() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let unlocks = shop.app.owner_get("/unlocks").await;
    let unlock = text(&unlocks["items"][0]["id"]);
    let revoked = shop.app.owner(Method::POST, &format!("/unlocks/{unlock}/revoke"));
    revoked.json(&json!({ "reason": "test" })).ask().await.is(200);
    shop.days_until("2027-01-06", "09:00:00").await;
    assert_eq!((&shop.subscription(&id).await["ending"], shop.asked().await), (&json!("revoked"), (0, 0)));
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
}

#[tokio::test]
async fn only_a_membership_that_opens_the_whole_period_may_renew_itself() {
    let shop = Shop::open().await;
    let with = |change: Value| {
        let mut wish = membership("more", "10.00");
        for (name, value) in change.as_object().unwrap() {
            wish[name] = value.clone();
        }
        wish
    };
    for (change, field) in [
        (json!({ "kind": "article", "html": "<p>text</p>" }), "renews"),
        (json!({ "validity_ms": 30 * DAY * 1000 }), "validity_ms"),
        (json!({ "validity_ms": null }), "validity_ms"),
        (json!({ "price": "100.01" }), "price"),
        (json!({ "renews": { "every": "1m", "scene": "DEFAULT|DEFAULT" } }), "renews.scene"),
        (json!({ "renews": { "every": "6d" } }), "body"),
    ] {
        let problem = shop.app.owner_post("/products", with(change.clone())).await.problem(422, "invalid");
        assert_eq!(problem["field"], field, "{change}");
    }
    let dear = with(json!({ "price": "198.00", "renews": { "every": "1m", "most": "200.00" } }));
    let made = shop.app.owner_post("/products", dear).await.is(201).json();
    assert_eq!(made["renews"], json!({ "every": "1m", "most": "200.00" }));
    let facts = shop.app.get("/api/v1/sites/blog/products/more").ask().await.is(200).json();
    assert_eq!(facts["renews"], "1m");
    let path = format!("/products/{}", text(&made["id"]));
    let changed = shop.app.owner_patch(&path, json!({ "renews": null })).await.is(200).json();
    assert!(changed.get("renews").is_none(), "{changed}");
}

#[tokio::test]
async fn what_does_not_renew_itself_cannot_be_signed_for() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    let product = text(&shop.app.owner_get("/products").await["items"][0]["id"]);
    shop.app.owner_patch(&format!("/products/{product}"), json!({ "renews": null })).await.is(200);
    shop.start(&member).await.problem(409, "not_renewing");
    shop.app.post("/api/v1/subscriptions").ask().await.problem(401, "unauthorized");
}
