//! Wishes that `POST /api/v1/orders` refuses: what cannot be read, what is too much, what cannot be sold now.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::{Answer, Ask as _, Order, TestApp, sample, shape};

/// A wish that comes from `address`, as the proxy in front of the server says.
async fn wish_from(app: &TestApp, address: &str) -> Answer {
    app.wish().header("x-forwarded-for", address).ask().await
}

#[tokio::test]
async fn what_is_no_json_is_400_and_json_of_another_shape_is_422() {
    let app = TestApp::start().await;
    app.shop().await;
    for body in ["", "{", "{\"site\":", "nonsense", "{\"site\":\"blog\",\"product\":\"tea\"} x", "\u{feff}{}"]
    {
        app.post("/api/v1/orders").body(body).ask().await.problem(400, "bad_json");
    }
    for body in [
        json!([]),
        json!("tea"),
        json!({}),
        json!({ "site": "blog" }),
        json!({ "site": 1, "product": "tea" }),
        json!({ "site": "blog", "product": null }),
        json!({ "site": "blog", "product": "tea", "channel": "bitcoin" }),
        json!({ "site": "blog", "product": "tea", "client_order_id": 12_345_678 }),
    ] {
        let problem = app.post("/api/v1/orders").json(&body).ask().await.problem(422, "invalid");
        assert_eq!(problem["field"], "body", "{body}");
    }
}

#[tokio::test]
async fn a_body_above_its_bound_is_413_and_one_at_its_bound_is_read() {
    let app = TestApp::start().await;
    app.shop().await;
    let wish = json!({ "site": "blog", "product": "tea" }).to_string();
    let padded = |bytes: usize| format!("{wish}{}", " ".repeat(bytes - wish.len()));
    app.post("/api/v1/orders").body(padded(1024 * 1024)).ask().await.is(201);
    let problem =
        app.post("/api/v1/orders").body(padded(1024 * 1024 + 1)).ask().await.problem(413, "body_too_large");
    assert_eq!(problem["bytes_max"], 1024 * 1024);
}

#[tokio::test]
async fn who_sends_far_too_much_is_told_so_before_the_connection_ends() {
    let app = TestApp::start().await;
    for _ in 0..5 {
        let answer = app.post("/api/v1/orders").body(vec![b' '; 32 * 1024 * 1024]).ask().await;
        answer.problem(413, "body_too_large");
    }
}

#[tokio::test]
async fn a_reader_has_two_open_orders_at_most() {
    let app = TestApp::start().await;
    app.shop().await;
    let wish = |reader: &'static str| app.wish().header("matcha-reader", reader).ask();
    let first = Order::of(wish("reader-one").await.is(201).json());
    wish("reader-one").await.is(201);
    let problem = wish("reader-one").await.problem(429, "too_many_orders");
    assert_json_snapshot!("too_many_orders", shape(&app, &problem));
    wish("reader-two").await.is(201);
    app.post(&first.path("/cancel")).bearer_auth(&first.token).ask().await.is(200);
    app.pass(181);
    wish("reader-one").await.is(201);
}

#[tokio::test]
async fn an_address_behind_the_trusted_proxy_has_so_many_open_orders_at_most() {
    let app = TestApp::start_with(|setup| setup.live_orders_per_address = 2).await;
    app.shop().await;
    for _ in 0..2 {
        wish_from(&app, "203.0.113.7").await.is(201);
    }
    let refused = wish_from(&app, "203.0.113.7").await;
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(refused.problem(429, "too_many_from_address")["retry_after_ms"], 60_000);
    wish_from(&app, "203.0.113.8").await.is(201);
}

#[tokio::test]
async fn what_a_stranger_wrote_in_front_of_the_proxys_word_counts_for_nothing() {
    let app = TestApp::start_with(|setup| setup.live_orders_per_address = 1).await;
    app.shop().await;
    wish_from(&app, "198.51.100.1, 203.0.113.7").await.is(201);
    wish_from(&app, "198.51.100.2, 203.0.113.7").await.problem(429, "too_many_from_address");
    // A second header is the continuation of the first.
    let two = app.wish().header("x-forwarded-for", "198.51.100.3").header("x-forwarded-for", "203.0.113.7");
    two.ask().await.problem(429, "too_many_from_address");
}

#[tokio::test]
async fn nobody_is_believed_where_no_proxy_is_trusted() {
    let app = TestApp::start_with(|setup| {
        setup.live_orders_per_address = 1;
        setup.trusted_proxies = vec![];
    })
    .await;
    app.shop().await;
    wish_from(&app, "203.0.113.7").await.is(201);
    wish_from(&app, "203.0.113.8").await.problem(429, "too_many_from_address");
}

#[tokio::test]
async fn an_ipv6_household_counts_as_one_and_its_neighbour_as_another() {
    let app = TestApp::start_with(|setup| setup.live_orders_per_address = 1).await;
    app.shop().await;
    wish_from(&app, "2001:db8:1:2::1").await.is(201);
    wish_from(&app, "2001:db8:1:2:ffff:ffff:ffff:ffff").await.problem(429, "too_many_from_address");
    wish_from(&app, "2001:db8:1:3::1").await.is(201);
    // An IPv4 address in IPv6 clothes is the IPv4 address.
    wish_from(&app, "203.0.113.7").await.is(201);
    wish_from(&app, "::ffff:203.0.113.7").await.problem(429, "too_many_from_address");
}

#[tokio::test]
async fn when_every_amount_is_held_the_reader_is_told_when_the_next_comes_free() {
    let app = TestApp::start().await;
    app.shop().await;
    for _ in 0..3 {
        app.order().await;
        app.pass(5);
    }
    app.pass(235);
    let refused = app.wish().ask().await;
    // 120 s of window and 180 s of rest after the first order; 250 s have passed.
    assert_eq!(refused.header("retry-after"), "50");
    assert_json_snapshot!("no_free_amount", shape(&app, &refused.problem(503, "no_free_amount")));
    app.pass(49);
    app.wish().ask().await.problem(503, "no_free_amount");
    app.pass(1);
    assert_eq!(app.order().await.amount, "1.00");
}

#[tokio::test]
async fn while_every_phone_is_silent_nothing_is_sold() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.pass(15 * 60 + 1);
    let refused = app.wish().ask().await;
    assert_eq!(refused.header("retry-after"), "60");
    assert_json_snapshot!("no_live_account", shape(&app, &refused.problem(503, "no_live_account")));
    phone.heartbeat().await.is(200);
    app.wish().ask().await.is(201);
}

#[tokio::test]
async fn without_an_account_or_a_code_for_the_price_nothing_is_sold() {
    let app = TestApp::start().await;
    app.site("blog", &[]).await;
    app.product("blog", "tea", "1.00").await;
    let problem = app.wish().ask().await.problem(503, "not_for_sale");
    assert!(problem.get("retry_after_ms").is_none(), "waiting does not help: {problem}");
    let account = app.account("wechat").await;
    app.wish().ask().await.problem(503, "not_for_sale");
    // Eleven fen below the price is outside of the band.
    app.upload(&account, &sample("wechat", "0.90"), "0.89", "").await.is(201);
    app.wish().ask().await.problem(503, "not_for_sale");
    app.upload(&account, &sample("wechat", "0.90"), "0.90", "").await.is(201);
    assert_eq!(app.order().await.amount, "0.90");
}

#[tokio::test]
async fn a_wallet_that_the_site_does_not_take_is_not_for_sale() {
    let app = TestApp::start().await;
    app.shop().await;
    for channel in ["alipay", "alipay_official"] {
        let wish = json!({ "site": "blog", "product": "tea", "channel": channel });
        app.post("/api/v1/orders").json(&wish).ask().await.problem(503, "not_for_sale");
    }
}

/// The answer to a challenge: the first nonce whose hash begins with enough zero bits.
fn solve(problem: &Value) -> String {
    let challenge = problem["challenge"].as_str().unwrap();
    let bits = problem["difficulty_bits"].as_u64().unwrap();
    assert_eq!(bits, 16, "two zero bytes are compared below");
    (0_u64..)
        .map(|nonce| format!("{challenge}.{nonce}"))
        .find(|proof| Sha256::digest(proof.as_bytes())[..2] == [0, 0])
        .unwrap()
}

#[tokio::test]
async fn who_leaves_many_orders_unpaid_has_to_work_for_the_next() {
    let app = TestApp::start().await;
    let account = app.account("wechat").await;
    app.upload(&account, &sample("wechat", "0.90"), "", "").await.is(201);
    app.site("blog", &[]).await;
    // Two hundred amounts, so that what rests is less than half of them.
    app.owner_patch("/sites/blog", json!({ "max_discount": "2.00" })).await.is(200);
    app.product("blog", "tea", "5.00").await;
    let from = "203.0.113.7";
    for _ in 0..61 {
        let order = Order::of(wish_from(&app, from).await.is(201).json());
        app.post(&order.path("/cancel")).bearer_auth(&order.token).ask().await.is(200);
    }
    let problem = wish_from(&app, from).await.problem(429, "proof_of_work");
    assert_json_snapshot!("proof_of_work", shape(&app, &problem));
    wish_from(&app, "203.0.113.8").await.is(201);
    let proof = solve(&problem);
    let with = |from: &'static str, proof: &str| {
        app.wish().header("x-forwarded-for", from).header("matcha-pow", proof).ask()
    };
    with("203.0.113.7", "nonsense").await.problem(429, "proof_of_work");
    with("203.0.113.7", &format!("{proof}x")).await.problem(429, "proof_of_work");
    with("203.0.113.7", &proof).await.is(201);
    with("203.0.113.7", &proof).await.problem(429, "proof_of_work");
}
