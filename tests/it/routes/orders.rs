//! `/api/v1/orders` and what is below it.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, Order, TestApp, sample, shape};

async fn act(app: &TestApp, order: &Order, act: &str) -> Answer {
    app.post(&order.path(act)).bearer_auth(&order.token).ask().await
}

#[tokio::test]
async fn a_new_order_holds_an_amount_and_says_all_that_a_page_needs() {
    let app = TestApp::start().await;
    app.shop().await;
    let answer = app.wish().ask().await.is(201);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_json_snapshot!("order_pending", shape(&app, &answer.json()));
}

#[tokio::test]
async fn the_next_reader_gets_the_next_lower_amount() {
    let app = TestApp::start().await;
    app.shop().await;
    for expected in ["1.00", "0.99", "0.98"] {
        assert_eq!(app.order().await.amount, expected);
    }
}

#[tokio::test]
async fn the_same_client_order_id_is_the_same_order() {
    let app = TestApp::start().await;
    app.shop().await;
    let wish = json!({ "site": "blog", "product": "tea", "client_order_id": "a-long-random-id" });
    let first = app.post("/api/v1/orders").json(&wish).ask().await.is(201).json();
    let second = app.post("/api/v1/orders").json(&wish).ask().await.is(200).json();
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_client_order_id_of_another_product_is_a_conflict() {
    let app = TestApp::start().await;
    app.shop().await;
    app.product("blog", "water", "1.00").await;
    let wish = |product| json!({ "site": "blog", "product": product, "client_order_id": "a-long-random-id" });
    app.post("/api/v1/orders").json(&wish("tea")).ask().await.is(201);
    let answer = app.post("/api/v1/orders").json(&wish("water")).ask().await;
    answer.problem(409, "client_order_id_reused");
}

#[tokio::test]
async fn a_client_order_id_that_could_be_guessed_is_refused() {
    let app = TestApp::start().await;
    app.shop().await;
    for id in ["short", "with blank in it", "字字字字字字字字", &"x".repeat(101)] {
        let wish = json!({ "site": "blog", "product": "tea", "client_order_id": id });
        let problem = app.post("/api/v1/orders").json(&wish).ask().await.problem(422, "invalid");
        assert_eq!(problem["field"], "client_order_id", "{id}");
    }
}

#[tokio::test]
async fn a_wallet_can_be_chosen() {
    let app = TestApp::start().await;
    app.shop().await;
    let alipay = app.account("alipay").await;
    app.codes(&alipay, "alipay", &["1.00"]).await;
    let wish = json!({ "site": "blog", "product": "tea", "channel": "alipay" });
    let order = Order::of(app.post("/api/v1/orders").json(&wish).ask().await.is(201).json());
    assert_eq!((order.body["channel"].as_str(), order.amount.as_str()), (Some("alipay"), "1.00"));
}

#[tokio::test]
async fn with_an_open_code_the_payer_types_the_amount() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    app.upload(&account, &sample("wechat", "0.90"), "", "").await.is(201);
    app.site("blog", &[]).await;
    app.product("blog", "tea", "7.77").await;
    let order = app.order().await;
    assert_eq!((order.amount.as_str(), order.body["code"]["kind"].as_str()), ("7.77", Some("open")));
}

#[tokio::test]
async fn an_order_is_extended_ten_times_and_no_more() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    for left in (0..10).rev() {
        let body = act(&app, &order, "/extend").await.is(200).json();
        assert_eq!(body["extensions_left"], left);
        assert_eq!(body["expires_in_ms"], 120_000 * (11 - left));
    }
    act(&app, &order, "/extend").await.problem(409, "no_extensions_left");
}

#[tokio::test]
async fn a_cancelled_order_is_over_and_its_amount_rests() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    let body = act(&app, &order, "/cancel").await.is(200).json();
    assert_eq!((body["status"].as_str(), body["expires_in_ms"].as_i64()), (Some("cancelled"), Some(0)));
    for verb in ["/cancel", "/extend"] {
        act(&app, &order, verb).await.problem(409, "order_not_pending");
    }
    assert_eq!(app.order().await.amount, "0.99", "1.00 rests: money may be on its way");
    app.pass(181);
    assert_eq!(app.order().await.amount, "1.00");
}

#[tokio::test]
async fn a_window_that_ended_is_expired_before_any_worker_says_so() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    app.pass(119);
    assert_eq!(app.see(&order).await["status"], "pending");
    app.pass(1);
    let seen = app.see(&order).await;
    assert_eq!((seen["status"].as_str(), seen["expires_in_ms"].as_i64()), (Some("expired"), Some(0)));
    act(&app, &order, "/extend").await.problem(409, "order_not_pending");
    app.work().await;
    assert_eq!(app.see(&order).await, seen);
}

#[tokio::test]
async fn a_paid_order_carries_the_right_to_read() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.order().await;
    app.pass(7);
    phone.receive("1.00").await;
    assert_json_snapshot!("order_paid", shape(&app, &app.see(&order).await));
}

#[tokio::test]
async fn a_payment_during_cool_down_settles_as_late() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.order().await;
    app.pass(121);
    app.work().await;
    phone.receive("1.00").await;
    let body = app.see(&order).await;
    assert_eq!((body["status"].as_str(), body["late"].as_bool()), (Some("paid"), Some(true)));
}

#[tokio::test]
async fn an_order_is_shown_to_who_has_its_token_and_to_nobody_else() {
    let app = TestApp::start().await;
    app.shop().await;
    let (mine, other) = (app.order().await, app.order().await);
    let path = mine.path("");
    let refused = app.get(&path).ask().await;
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    assert_json_snapshot!("order_unauthorized", shape(&app, &refused.problem(401, "unauthorized")));
    for token in ["", "ot_x", &other.token, &app.owner_key] {
        app.get(&path).bearer_auth(token).ask().await.problem(401, "unauthorized");
        for verb in ["/extend", "/cancel"] {
            app.post(&mine.path(verb)).bearer_auth(token).ask().await.problem(401, "unauthorized");
        }
    }
    let basic = app.get(&path).header("authorization", format!("Basic {}", mine.token)).ask().await;
    basic.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_problem_is_told_in_chinese_unless_english_is_preferred() {
    let app = TestApp::start().await;
    app.shop().await;
    let path = app.order().await.path("");
    for (wanted, language, begins) in
        [("", "zh-CN", "缺少"), ("fr", "zh-CN", "缺少"), ("en-GB,en;q=0.9", "en", "The credentials")]
    {
        let answer = app.get(&path).header("accept-language", wanted).ask().await;
        let detail = answer.problem(401, "unauthorized")["detail"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("content-language"), language);
        assert!(detail.starts_with(begins), "{wanted}: {detail}");
    }
}

#[tokio::test]
async fn the_code_is_a_picture_that_says_what_the_uploaded_one_said() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    let answer = app.get(&order.path("/code.png")).ask().await.is(200);
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
    let picture = image::load_from_memory_with_format(&answer.bytes, image::ImageFormat::Png).unwrap();
    let mut grey = rqrr::PreparedImage::prepare(picture.to_luma8());
    let payloads: Vec<String> = grey.detect_grids().iter().map(|g| g.decode().unwrap().1).collect();
    assert_eq!(payloads, [order.body["code"]["payload"].as_str().unwrap()]);
}

#[tokio::test]
async fn an_unknown_order_is_not_told_apart_from_somebody_elses() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    for verb in ["", "/events"] {
        let unknown = app.get(&format!("/api/v1/orders/ord_1{verb}")).bearer_auth(&order.token).ask().await;
        unknown.problem(401, "unauthorized");
    }
    app.get("/api/v1/orders/ord_1/code.png").ask().await.problem(404, "order_not_found");
    for id in ["1", "ord_", "ord_x", "dev_1", "ord_99999999999999999999", "%00"] {
        for verb in ["", "/events", "/code.png"] {
            let answer = app.get(&format!("/api/v1/orders/{id}{verb}")).bearer_auth(&order.token).ask().await;
            answer.problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn an_order_whose_row_is_gone_is_not_found_even_with_its_token() {
    let app = TestApp::start().await;
    app.shop().await;
    let id = "ord_77".parse().unwrap();
    let token = app.app.order_token(id);
    app.get("/api/v1/orders/ord_77").bearer_auth(&token).ask().await.problem(404, "order_not_found");
    for verb in ["extend", "cancel"] {
        let answer = app.post(&format!("/api/v1/orders/ord_77/{verb}")).bearer_auth(&token).ask().await;
        answer.problem(404, "order_not_found");
    }
    app.get(&format!("/api/v1/orders/ord_77/events?token={token}"))
        .ask()
        .await
        .problem(404, "order_not_found");
}

#[tokio::test]
async fn what_is_not_sold_is_not_found() {
    let app = TestApp::start().await;
    app.shop().await;
    for (site, product, code) in [("blog", "x", "product_not_found"), ("x", "tea", "site_not_found")] {
        let wish: Value = json!({ "site": site, "product": product });
        app.post("/api/v1/orders").json(&wish).ask().await.problem(404, code);
    }
}

#[tokio::test]
async fn an_address_without_anything_and_a_method_that_is_not_there_are_problems_too() {
    let app = TestApp::start().await;
    app.get("/api/v1/nothing").ask().await.problem(404, "not_found");
    let refused = app.get("/api/v1/orders").ask().await;
    refused.problem(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), "POST");
    app.post("/healthz").ask().await.problem(405, "method_not_allowed");
}
