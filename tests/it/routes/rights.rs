//! The right to read: seats, codes that are tried, reissued and revoked, and claims that the owner decides.

use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, Order, Phone, TestApp, text};

const CONTENT: &str = "/api/v1/sites/blog/products/tea/content";
const WECHAT_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.49";

/// A reader's browser, known by its capability.
async fn restore(app: &TestApp, code: &str, reader: &str, sign_out: Value) -> Answer {
    let body = json!({ "code": code, "sign_out": sign_out });
    let request = app.post("/api/v1/unlocks/restore").header("matcha-reader", reader);
    request.header("user-agent", WECHAT_ON_IPHONE).json(&body).ask().await
}

async fn token_of(app: &TestApp, code: &str, reader: &str) -> String {
    text(&restore(app, code, reader, json!([])).await.is(200).json()["token"])
}

async fn read(app: &TestApp, token: &str) -> Answer {
    app.get(CONTENT).bearer_auth(token).ask().await
}

async fn bought_by(app: &TestApp, phone: &Phone, reader: &str) -> (String, String, Order) {
    let order = Order::of(app.wish().header("matcha-reader", reader).ask().await.is(201).json());
    phone.receive(&order.amount).await;
    let unlock = app.see(&order).await["unlock"].clone();
    (text(&unlock["token"]), text(&unlock["code"]), order)
}

#[tokio::test]
async fn a_right_is_used_in_a_few_browsers_and_one_that_comes_back_takes_no_second_seat() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (_, code, _) = bought_by(&app, &phone, "the-buyer-0").await;
    for _ in 0..3 {
        read(&app, &token_of(&app, &code, "the-buyer-0").await).await.is(200);
        for n in 1..5 {
            read(&app, &token_of(&app, &code, &format!("browser-{n}")).await).await.is(200);
        }
    }
    let problem = restore(&app, &code, "browser-5", json!([])).await.problem(409, "too_many_seats");
    let seats = problem["seats"].as_array().unwrap();
    assert_eq!((seats.len(), &problem["limit"]), (5, &json!(5)));
    assert_eq!((&seats[0]["id"], &seats[0]["label"]), (&json!("buyer"), &Value::Null));
    assert_eq!(seats[1]["label"], "iPhone · WeChat");
}

#[tokio::test]
async fn a_caller_that_says_nothing_of_itself_takes_one_seat_for_its_address() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (_, code, _) = bought_by(&app, &phone, "the-buyer-0").await;
    for _ in 0..8 {
        app.post("/api/v1/unlocks/restore").json(&json!({ "code": code })).ask().await.is(200);
    }
    let seats = app.post("/api/v1/unlocks/seats").json(&json!({ "code": code })).ask().await.is(200).json();
    assert_eq!(seats["seats"].as_array().unwrap().len(), 2, "the buyer's and this one: {seats}");
}

#[tokio::test]
async fn who_holds_the_code_signs_browsers_out_and_they_read_nothing_new() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (bought, code, order) = bought_by(&app, &phone, "the-buyer-0").await;
    let tokens = [
        token_of(&app, &code, "browser-1").await,
        token_of(&app, &code, "browser-2").await,
        token_of(&app, &code, "browser-3").await,
        token_of(&app, &code, "browser-4").await,
    ];
    let seats =
        restore(&app, &code, "browser-5", json!([])).await.problem(409, "too_many_seats")["seats"].clone();
    // A new browser takes the place of another in one request.
    let sign_out = json!([seats[1]["id"], "buyer", "sea_1", "nonsense"]);
    let fresh = text(&restore(&app, &code, "browser-5", sign_out).await.is(200).json()["token"]);
    read(&app, &fresh).await.is(200);
    read(&app, &tokens[1]).await.is(200);
    for gone in [&tokens[0], &bought] {
        read(&app, gone).await.problem(401, "signed_out");
    }
    assert_eq!(app.see(&order).await.get("unlock"), None, "the order's token is no way around the sign-out");
    let left = app.post("/api/v1/unlocks/seats").json(&json!({ "code": code })).ask().await.is(200).json();
    assert_eq!(left["seats"].as_array().unwrap().len(), 4, "{left}");
    let all: Vec<&Value> = left["seats"].as_array().unwrap().iter().map(|seat| &seat["id"]).collect();
    let out = json!({ "code": code, "seats": all });
    let none = app.post("/api/v1/unlocks/sign-out").json(&out).ask().await.is(200).json();
    assert_eq!(none["seats"], json!([]));
    read(&app, &fresh).await.problem(401, "signed_out");
    // The code itself is good for ever: the buyer comes back with it.
    read(&app, &token_of(&app, &code, "the-buyer-0").await).await.is(200);
}

#[tokio::test]
async fn without_script_one_browser_is_chosen_to_be_signed_out() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (_, code, _) = bought_by(&app, &phone, "the-buyer-0").await;
    let mut tokens = Vec::new();
    for n in 1..5 {
        tokens.push(token_of(&app, &code, &format!("browser-{n}")).await);
    }
    let submit = async |form: &str| {
        let request = app.post("/a/blog/tea").header("content-type", "application/x-www-form-urlencoded");
        request.body(format!("act=restore&code={code}{form}")).ask().await
    };
    let crowded = submit("").await.is(409).text();
    assert!(crowded.contains("购买时的设备") && crowded.contains("iPhone · WeChat"), "{crowded}");
    let seat = crowded.split("value=\"sea_").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    for _ in 0..3 {
        assert!(submit(&format!("&out=sea_{seat}")).await.is(200).text().contains("the paid text of tea"));
    }
    read(&app, &tokens[0]).await.problem(401, "signed_out");
    read(&app, &tokens[1]).await.is(200);
}

#[tokio::test]
async fn a_seat_of_somebody_else_cannot_be_signed_out() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (_, theirs, _) = bought_by(&app, &phone, "somebody-00").await;
    let token = token_of(&app, &theirs, "their-phone").await;
    let listed =
        app.post("/api/v1/unlocks/seats").json(&json!({ "code": theirs })).ask().await.is(200).json();
    let (_, ours, _) = bought_by(&app, &phone, "the-buyer-0").await;
    let body = json!({ "code": ours, "seats": [listed["seats"][1]["id"]] });
    app.post("/api/v1/unlocks/sign-out").json(&body).ask().await.is(200);
    read(&app, &token).await.is(200);
}

#[tokio::test]
async fn a_seat_says_when_it_was_last_used() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (_, code, _) = bought_by(&app, &phone, "the-buyer-0").await;
    let token = token_of(&app, &code, "browser-1").await;
    app.pass(3 * 24 * 3600);
    read(&app, &token).await.is(200);
    let seats = app.post("/api/v1/unlocks/seats").json(&json!({ "code": code })).ask().await.is(200).json();
    assert_eq!(seats["seats"][1]["last_seen_at"], json!(app.now()));
}

#[tokio::test]
async fn unknown_codes_are_tried_a_bounded_number_of_times_and_typing_errors_are_not_counted() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (_, code, _) = bought_by(&app, &phone, "the-buyer-0").await;
    for _ in 0..30 {
        restore(&app, &code[1..], "a-stranger", json!([])).await.problem(422, "invalid");
    }
    for n in 1..=20 {
        let unknown = matcha::domain::unlock::RecoveryCode::from_bits(n).to_string();
        restore(&app, &unknown, "a-stranger", json!([])).await.problem(404, "unlock_not_found");
    }
    let refused = restore(&app, &code, "a-stranger", json!([])).await;
    assert_eq!(refused.header("retry-after"), "3600");
    refused.problem(429, "too_many_tries");
    app.post("/api/v1/unlocks/seats")
        .json(&json!({ "code": code }))
        .ask()
        .await
        .problem(429, "too_many_tries");
    app.pass(3600);
    restore(&app, &code, "a-stranger", json!([])).await.is(200);
}

#[tokio::test]
async fn a_reissued_right_has_a_new_code_and_the_old_one_opens_nothing() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (token, code, order) = bought_by(&app, &phone, "the-buyer-0").await;
    let listed = app.owner_get("/unlocks?site=blog&product=tea").await;
    let id = text(&listed["items"][0]["id"]);
    assert_eq!((&listed["items"][0]["order"], listed["items"][0].get("code")), (&json!(order.id), None));
    let fresh = app.owner_post(&format!("/unlocks/{id}/reissue"), json!({})).await.is(200).json();
    read(&app, &token).await.problem(402, "unlock_revoked");
    restore(&app, &code, "browser-1", json!([])).await.problem(404, "unlock_not_found");
    read(&app, &token_of(&app, &text(&fresh["code"]), "browser-1").await).await.is(200);
    assert_eq!(
        app.see(&order).await["unlock"]["code"],
        fresh["code"],
        "the buyer's own browser learns of it"
    );
    app.owner_post(&format!("/unlocks/{id}/reissue"), json!({})).await.problem(409, "unlock_revoked");
}

#[tokio::test]
async fn a_revoked_right_opens_nothing_and_the_order_stays_paid() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (token, code, order) = bought_by(&app, &phone, "the-buyer-0").await;
    let id = text(&app.owner_get("/unlocks").await["items"][0]["id"]);
    let revoked = app.owner_post(&format!("/unlocks/{id}/revoke"), json!({ "reason": "公开了恢复码" })).await;
    assert_eq!(revoked.is(200).json()["revoked_at"], json!(app.now()));
    read(&app, &token).await.problem(402, "unlock_revoked");
    restore(&app, &code, "browser-1", json!([])).await.problem(404, "unlock_not_found");
    let seen = app.see(&order).await;
    assert_eq!((&seen["status"], seen.get("unlock")), (&json!("paid"), None));
    app.owner_post(&format!("/unlocks/{id}/revoke"), json!({ "reason": "x" }))
        .await
        .problem(409, "unlock_revoked");
    let half = app.owner(reqwest::Method::GET, "/unlocks?site=blog").ask().await;
    half.problem(422, "invalid");
}

// ---- claims ----

fn claim(app: &TestApp, order: Option<&Order>) -> Value {
    json!({
        "site": "blog", "product": "tea", "amount": "0.98", "paid_at": app.now(), "receipt_digits": "482913",
        "note": "付了两分钟还没打开", "order": order.map(|o| &o.id), "order_token": order.map(|o| &o.token),
    })
}

async fn see_claim(app: &TestApp, made: &Value) -> Value {
    let path = format!("/api/v1/claims/{}", text(&made["id"]));
    app.get(&path).bearer_auth(text(&made["token"])).ask().await.is(200).json()
}

#[tokio::test]
async fn a_claim_is_a_request_in_the_inbox_and_granting_it_opens_the_article() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    app.pass(130);
    app.work().await;
    let made = app.post("/api/v1/claims").json(&claim(&app, Some(&order))).ask().await.is(201).json();
    assert_eq!(see_claim(&app, &made).await, json!({ "id": made["id"], "status": "open" }));
    let item = app.owner_get("/inbox?state=open").await["items"][0].clone();
    assert_eq!((&item["reason"], &item["claim"]["receipt_digits"]), (&json!("claim"), &json!("482913")));
    assert_eq!(item["suggestions"][0]["order"], json!(order.id));
    assert_eq!(app.see(&order).await["status"], "expired", "nothing opens by a claim alone");
    let settle = format!("/inbox/{}/settle", text(&item["id"]));
    app.owner_post(&settle, json!({ "order": order.id })).await.is(200);
    let granted = see_claim(&app, &made).await;
    assert_eq!(granted["status"], "granted");
    read(&app, &text(&granted["unlock"]["token"])).await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid");
    // The owner was wrong, and takes it back.
    app.owner_post(&format!("/inbox/{}/undo", text(&item["id"])), json!({})).await.is(200);
    assert_eq!(see_claim(&app, &made).await["status"], "open");
    read(&app, &text(&granted["unlock"]["token"])).await.problem(402, "unlock_revoked");
    assert_eq!(app.see(&order).await["status"], "expired");
}

#[tokio::test]
async fn a_reader_who_lost_everything_gets_the_right_of_the_order_he_paid() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let (_, code, order) = bought_by(&app, &phone, "the-buyer-0").await;
    let made = app.post("/api/v1/claims").json(&claim(&app, None)).ask().await.is(201).json();
    let item = app.owner_get("/inbox?state=open").await["items"][0].clone();
    assert_eq!(item["suggestions"][0]["order"], json!(order.id), "orders that are paid are suggested too");
    let settle = format!("/inbox/{}/settle", text(&item["id"]));
    app.owner_post(&settle, json!({ "order": order.id })).await.is(200);
    assert_eq!(see_claim(&app, &made).await["unlock"]["code"], json!(code));
    app.owner_post(&format!("/inbox/{}/undo", text(&item["id"])), json!({})).await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid", "it was paid before and stays so");
}

#[tokio::test]
async fn a_claim_is_not_granted_with_an_order_of_another_product() {
    let app = TestApp::start().await;
    app.shop().await;
    app.product("blog", "water", "1.00").await;
    let other = app.post("/api/v1/orders").json(&json!({ "site": "blog", "product": "water" }));
    let other = Order::of(other.ask().await.is(201).json());
    app.post("/api/v1/claims").json(&claim(&app, None)).ask().await.is(201);
    let item = text(&app.owner_get("/inbox?state=open").await["items"][0]["id"]);
    let granted = app.owner_post(&format!("/inbox/{item}/settle"), json!({ "order": other.id })).await;
    granted.problem(409, "other_product");
    assert_eq!(app.see(&other).await["status"], "pending");
}

#[tokio::test]
async fn a_refused_claim_tells_the_owners_answer() {
    let app = TestApp::start().await;
    app.shop().await;
    let made = app.post("/api/v1/claims").json(&claim(&app, None)).ask().await.is(201).json();
    let item = text(&app.owner_get("/inbox").await["items"][0]["id"]);
    app.owner_post(&format!("/inbox/{item}/dismiss"), json!({ "reason": "账单里没有这一笔" })).await.is(200);
    let told = see_claim(&app, &made).await;
    assert_eq!((&told["status"], &told["answer"]), (&json!("refused"), &json!("账单里没有这一笔")));
}

#[tokio::test]
async fn a_claim_that_says_too_little_or_too_often_is_refused() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    for (field, value, problem) in [
        ("receipt_digits", json!("12"), "invalid"),
        ("receipt_digits", json!("abcdef"), "invalid"),
        ("amount", json!("0.00"), "invalid"),
        ("paid_at", json!("2020-01-01T00:00:00Z"), "invalid"),
        ("note", json!("字".repeat(301)), "invalid"),
    ] {
        let mut body = claim(&app, None);
        body[field] = value;
        let refused = app.post("/api/v1/claims").json(&body).ask().await.problem(422, problem);
        assert_eq!(refused["field"], field);
    }
    let mut forged = claim(&app, Some(&order));
    forged["order_token"] = json!("ot_x");
    app.post("/api/v1/claims").json(&forged).ask().await.problem(401, "unauthorized");
    let unknown = json!({ "product": "nothing" });
    let mut body = claim(&app, None);
    body["product"] = unknown["product"].clone();
    app.post("/api/v1/claims").json(&body).ask().await.problem(404, "product_not_found");
    let mut last = Value::Null;
    for _ in 0..10 {
        last = app.post("/api/v1/claims").json(&claim(&app, None)).ask().await.is(201).json();
    }
    app.post("/api/v1/claims").json(&claim(&app, None)).ask().await.problem(429, "too_many_claims");
    let path = format!("/api/v1/claims/{}", text(&last["id"]));
    app.get(&path).bearer_auth("ct_x").ask().await.problem(401, "unauthorized");
}
