//! Bundles, memberships and coupons, and the keys of sealed products.

use matcha::seal::format::{Binding, SiteSecret, open_text, seal_text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, Order, Phone, TestApp, text};

fn content(product: &str) -> String {
    format!("/api/v1/sites/blog/products/{product}/content")
}

async fn read(app: &TestApp, product: &str, token: &str) -> Answer {
    app.get(&content(product)).bearer_auth(token).ask().await
}

/// The shop with three articles, a bundle of two of them, and a membership of thirty days, all for ¥1.00.
async fn shop(app: &TestApp) -> Phone {
    let phone = app.shop().await;
    app.product("blog", "water", "1.00").await;
    app.product("blog", "cup", "1.00").await;
    for more in [
        json!({ "slug": "both", "title": "茶与水", "kind": "bundle", "opens": ["tea", "water"] }),
        json!({ "slug": "vip", "title": "会员", "kind": "membership", "validity_ms": 30 * 86_400_000_i64 }),
    ] {
        let mut body = json!({ "site": "blog", "price": "1.00", "lock": "hosted" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app.owner_post("/products", body).await.is(201);
    }
    phone
}

async fn order(app: &TestApp, body: Value) -> Answer {
    let mut wish = json!({ "site": "blog" });
    wish.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    app.post("/api/v1/orders").json(&wish).ask().await
}

async fn buy(app: &TestApp, phone: &Phone, body: Value) -> Value {
    let order = Order::of(order(app, body).await.is(201).json());
    phone.receive(&order.amount).await;
    app.see(&order).await["unlock"].clone()
}

#[tokio::test]
async fn a_bundle_opens_what_it_names_and_nothing_else() {
    let app = TestApp::start().await;
    let phone = shop(&app).await;
    let unlock = buy(&app, &phone, json!({ "product": "both" })).await;
    let token = text(&unlock["token"]);
    for product in ["tea", "water", "both"] {
        read(&app, product, &token).await.is(200);
    }
    for product in ["cup", "vip"] {
        read(&app, product, &token).await.problem(402, "payment_required");
    }
    let restored = app.post("/api/v1/unlocks/restore").json(&json!({ "code": unlock["code"] })).ask().await;
    let restored = restored.is(200).json();
    assert_eq!(restored["product"], "both");
    read(&app, "tea", &text(&restored["token"])).await.is(200);
    // What an article's own buyer has does not open the bundle.
    let tea = buy(&app, &phone, json!({ "product": "tea" })).await;
    read(&app, "both", &text(&tea["token"])).await.problem(402, "payment_required");
}

#[tokio::test]
async fn a_membership_opens_the_whole_site_until_its_end_and_what_comes_later_too() {
    let app = TestApp::start().await;
    let phone = shop(&app).await;
    let unlock = buy(&app, &phone, json!({ "product": "vip" })).await;
    let token = text(&unlock["token"]);
    app.product("blog", "later", "1.00").await;
    for product in ["tea", "cup", "both", "later"] {
        assert_eq!(read(&app, product, &token).await.is(200).json()["expires_at"], unlock["expires_at"]);
    }
    app.site("other", &[]).await;
    app.product("other", "tea", "1.00").await;
    let elsewhere = app.get("/api/v1/sites/other/products/tea/content").bearer_auth(&token).ask().await;
    elsewhere.problem(402, "payment_required");
    app.pass(30 * 86_400 - 1);
    read(&app, "tea", &token).await.is(200);
    app.pass(1);
    let over = read(&app, "tea", &token).await.problem(402, "unlock_expired");
    assert_eq!(over["expired_at"], unlock["expires_at"]);
}

#[tokio::test]
async fn a_renewal_adds_to_what_is_left_and_the_old_code_reads_on() {
    let app = TestApp::start().await;
    let phone = shop(&app).await;
    let first = buy(&app, &phone, json!({ "product": "vip" })).await;
    app.pass(10 * 86_400);
    phone.heartbeat().await.is(200);
    let second = buy(&app, &phone, json!({ "product": "vip", "renew": first["token"] })).await;
    phone.heartbeat().await.is(200);
    let third = buy(&app, &phone, json!({ "product": "vip", "renew": first["token"] })).await;
    let days = |unlock: &Value| {
        let end: matcha::domain::time::Timestamp = text(&unlock["expires_at"]).parse().unwrap();
        (end.since(app.now()).get() + 500) / 86_400_000
    };
    assert_eq!((days(&second), days(&third)), (50, 80), "two renewals of one right do not overlap");
    app.pass(75 * 86_400);
    read(&app, "tea", &text(&first["token"])).await.is(200);
    let restored = app.post("/api/v1/unlocks/restore").json(&json!({ "code": first["code"] })).ask().await;
    assert_eq!(restored.is(200).json()["expires_at"], third["expires_at"]);
    app.pass(6 * 86_400);
    read(&app, "tea", &text(&third["token"])).await.problem(402, "unlock_expired");
}

#[tokio::test]
async fn without_script_a_membership_is_renewed_by_its_code() {
    let app = TestApp::start().await;
    let phone = shop(&app).await;
    let first = buy(&app, &phone, json!({ "product": "vip" })).await;
    app.pass(86_400);
    phone.heartbeat().await.is(200);
    let page = app.get("/a/blog/vip?renew=1").ask().await.is(200).text();
    assert!(page.contains("name=\"renew\"") && !page.contains("<script"), "{page}");
    assert!(
        !app.get("/a/blog/tea").ask().await.text().contains("name=\"renew\""),
        "what has no end needs no renewal"
    );
    let code = text(&first["code"]).to_lowercase();
    let form = format!("act=order&channel=wechat&client_order_id=renewal-0001&renew={code}");
    let request = app.post("/a/blog/vip").header("content-type", "application/x-www-form-urlencoded");
    let placed = request.body(form).ask().await.is(303);
    let path = placed.header("location").to_owned();
    let id = path.split("order=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    let token = path.split("token=").nth(1).unwrap();
    let see = async || app.get(&format!("/api/v1/orders/{id}")).bearer_auth(token).ask().await.is(200).json();
    phone.receive(&text(&see().await["amount"])).await;
    let end: matcha::domain::time::Timestamp = text(&see().await["unlock"]["expires_at"]).parse().unwrap();
    let old: matcha::domain::time::Timestamp = text(&first["expires_at"]).parse().unwrap();
    assert_eq!(end.since(old).get(), 30 * 86_400_000);
}

#[tokio::test]
async fn a_token_that_is_not_good_prolongs_nothing_and_takes_no_money_for_nothing() {
    let app = TestApp::start().await;
    let phone = shop(&app).await;
    let tea = buy(&app, &phone, json!({ "product": "tea" })).await;
    for renew in [json!("mu1.x.y"), tea["token"].clone()] {
        let unlock = buy(&app, &phone, json!({ "product": "vip", "renew": renew })).await;
        read(&app, "cup", &text(&unlock["token"])).await.is(200);
        app.pass(181);
        app.work().await;
        phone.heartbeat().await.is(200);
    }
}

#[tokio::test]
async fn the_facts_offer_what_else_opens_an_article() {
    let app = TestApp::start().await;
    shop(&app).await;
    let slugs = async |product: &str| {
        let facts = app.get(&format!("/api/v1/sites/blog/products/{product}")).ask().await.is(200).json();
        let offers = facts["offers"].as_array().unwrap().clone();
        offers.iter().map(|offer| text(&offer["product"])).collect::<Vec<_>>()
    };
    assert_eq!(slugs("tea").await, ["both", "vip"]);
    assert_eq!(slugs("cup").await, ["vip"]);
    assert_eq!(slugs("both").await, ["vip"]);
    assert_eq!(slugs("vip").await, [] as [&str; 0]);
    let page = app.get("/a/blog/tea").ask().await.is(200).text();
    assert!(page.contains("/a/blog/both") && page.contains("<span>会员</span> <span>¥1.00</span>"), "{page}");
}

#[tokio::test]
async fn terms_that_make_no_sense_are_refused() {
    let app = TestApp::start().await;
    shop(&app).await;
    for (more, status, field) in [
        (json!({ "kind": "bundle" }), 422, "opens"),
        (json!({ "kind": "bundle", "opens": ["vip"] }), 422, "opens"),
        (json!({ "kind": "article", "opens": ["tea"], "html": "x" }), 422, "opens"),
        (json!({ "kind": "membership", "validity_ms": 0 }), 422, "validity_ms"),
        (json!({ "kind": "membership", "url": "javascript:alert(1)" }), 422, "url"),
        (json!({ "kind": "bundle", "opens": ["nothing"] }), 404, ""),
    ] {
        let mut body =
            json!({ "site": "blog", "slug": "new", "title": "新", "price": "1.00", "lock": "hosted" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = app.owner_post("/products", body).await.is(status).json();
        assert!(field.is_empty() || answer["field"] == field, "{answer}");
    }
}

// ---- coupons ----

async fn coupon(app: &TestApp, more: Value) -> Answer {
    let mut body = json!({ "site": "blog", "code": "spring" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.owner_post("/coupons", body).await
}

#[tokio::test]
async fn a_coupon_shapes_the_price_before_the_amount_is_chosen() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.product("blog", "dear", "1.25").await;
    coupon(&app, json!({ "percent": 20 })).await.is(201);
    let facts = app.get("/api/v1/sites/blog/products/dear?coupon=Spring").ask().await.is(200).json();
    assert_eq!((&facts["price"], &facts["coupon"]["price"]), (&json!("1.25"), &json!("1.00")));
    let made = Order::of(order(&app, json!({ "product": "dear", "coupon": "SPRING " })).await.is(201).json());
    assert_eq!(
        (&made.body["list_price"], &made.body["price"], &made.amount[..]),
        (&json!("1.25"), &json!("1.00"), "1.00")
    );
    phone.receive("1.00").await;
    read(&app, "dear", &text(&app.see(&made).await["unlock"]["token"])).await.is(200);
}

#[tokio::test]
async fn a_coupon_is_used_as_often_as_it_says_and_an_order_given_up_gives_it_back() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let made = coupon(&app, json!({ "amount": "0.01", "uses_max": 1 })).await.is(201).json();
    let wish = json!({ "product": "tea", "coupon": "spring" });
    let first = Order::of(order(&app, wish.clone()).await.is(201).json());
    order(&app, wish.clone()).await.problem(409, "coupon_used_up");
    app.get("/api/v1/sites/blog/products/tea?coupon=spring").ask().await.problem(409, "coupon_used_up");
    app.post(&first.path("/cancel")).bearer_auth(&first.token).ask().await.is(200);
    let second = Order::of(order(&app, wish.clone()).await.is(201).json());
    phone.receive(&second.amount).await;
    order(&app, wish).await.problem(409, "coupon_used_up");
    // The money of the first one comes late: it is settled all the same.
    phone.receive(&first.amount).await;
    assert_eq!(app.see(&first).await["status"], "paid");
    let listed = app.owner_get("/coupons?site=blog").await;
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["used"]), (&made["id"], &json!(2)));
}

#[tokio::test]
async fn a_coupon_ends_and_belongs_to_its_product_and_can_be_taken_back() {
    let app = TestApp::start().await;
    app.shop().await;
    app.product("blog", "water", "1.00").await;
    let until = app.now().plus(matcha::domain::time::Millis::seconds(60));
    let made =
        coupon(&app, json!({ "percent": 1, "product": "tea", "expires_at": until })).await.is(201).json();
    order(&app, json!({ "product": "water", "coupon": "spring" })).await.problem(404, "coupon_not_found");
    order(&app, json!({ "product": "tea", "coupon": "spring" })).await.is(201);
    app.pass(60);
    order(&app, json!({ "product": "tea", "coupon": "spring" })).await.problem(409, "coupon_expired");
    coupon(&app, json!({ "percent": 1 })).await.problem(409, "coupon_exists");
    let path = format!("/coupons/{}", text(&made["id"]));
    app.owner(Method::DELETE, &path).ask().await.is(204);
    app.owner(Method::DELETE, &path).ask().await.problem(404, "coupon_not_found");
    coupon(&app, json!({ "percent": 1 })).await.is(201);
    for more in [
        json!({}),
        json!({ "percent": 1, "amount": "0.01" }),
        json!({ "percent": 0 }),
        json!({ "percent": 100 }),
        json!({ "amount": "0.00" }),
        json!({ "percent": 1, "code": "x" }),
        json!({ "percent": 1, "uses_max": 0 }),
    ] {
        coupon(&app, more).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn coupons_are_guessed_a_bounded_number_of_times() {
    let app = TestApp::start().await;
    app.shop().await;
    coupon(&app, json!({ "percent": 1 })).await.is(201);
    for n in 0..10 {
        order(&app, json!({ "product": "tea", "coupon": format!("guess-{n}") }))
            .await
            .problem(404, "coupon_not_found");
        let asked = app.get(&format!("/api/v1/sites/blog/products/tea?coupon=guess-{n}")).ask().await;
        asked.problem(404, "coupon_not_found");
    }
    order(&app, json!({ "product": "tea", "coupon": "spring" })).await.problem(429, "too_many_tries");
    order(&app, json!({ "product": "tea" })).await.is(201);
}

// ---- keys ----

async fn sealed(app: &TestApp) -> (Phone, String) {
    let phone = app.shop().await;
    let id = text(&app.owner_get("/products?site=blog").await["items"][0]["id"]);
    app.owner(Method::PATCH, &format!("/products/{id}"))
        .json(&json!({ "lock": "sealed" }))
        .ask()
        .await
        .is(200);
    (phone, id)
}

async fn secret(app: &TestApp) -> SiteSecret {
    text(&app.owner_get("/sites/blog/sealing-secret").await["secret"]).parse().unwrap()
}

fn bind(version: u32) -> Binding<'static> {
    Binding { site: "blog", product: "tea", version }
}

/// The key of a version, as a reader's browser gets it.
async fn key_of(app: &TestApp, token: &str, version: u32) -> Answer {
    app.get(&format!("{}?key_version={version}", content("tea"))).bearer_auth(token).ask().await
}

fn bytes(key: &Value) -> [u8; 32] {
    use base64::Engine as _;
    let key = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text(key)).unwrap();
    key.try_into().unwrap()
}

#[tokio::test]
async fn what_was_sealed_with_the_sites_secret_opens_with_the_key_that_a_reader_gets() {
    let app = TestApp::start().await;
    let (phone, _) = sealed(&app).await;
    let secret = secret(&app).await;
    let page =
        seal_text(&secret.product_key("blog", "tea", 1), bind(1), [7; 12], "<p>八十度的水</p>").unwrap();
    let token = text(&app.bought(&phone).await.body["unlock"]["token"]);
    let body = key_of(&app, &token, 1).await.is(200).json();
    assert_eq!(body["key_version"], 1);
    assert_eq!(open_text(&bytes(&body["key"]), bind(1), &page).unwrap(), "<p>八十度的水</p>");
    app.get(&format!("{}?key_version=1", content("tea"))).ask().await.problem(402, "payment_required");
}

#[tokio::test]
async fn a_rotated_key_opens_old_pages_until_it_is_retired_and_nobody_loses_a_right() {
    let app = TestApp::start().await;
    let (phone, id) = sealed(&app).await;
    let token = text(&app.bought(&phone).await.body["unlock"]["token"]);
    let first = key_of(&app, &token, 1).await.is(200).json();
    assert_eq!(key_of(&app, &token, 2).await.problem(409, "key_version_unknown")["key_version"], 1);
    let rotate = format!("/products/{id}/rotate-key");
    let keys = app.owner_post(&rotate, json!({})).await.is(200).json();
    assert_eq!((&keys["key_version"], &keys["key_version_min"]), (&json!(2), &json!(1)));
    let second = key_of(&app, &token, 2).await.is(200).json();
    assert_ne!(first["key"], second["key"]);
    assert_eq!(key_of(&app, &token, 1).await.is(200).json(), first);
    assert_eq!(
        read(&app, "tea", &token).await.is(200).json(),
        second,
        "the one in force, where none is asked for"
    );
    app.owner_post(&rotate, json!({ "rotate": false, "retire": true })).await.is(200);
    assert_eq!(key_of(&app, &token, 1).await.problem(409, "key_version_retired")["key_version"], 2);
    key_of(&app, &token, 2).await.is(200);
    key_of(&app, &token, 0).await.problem(409, "key_version_unknown");
    app.owner_post(&rotate, json!({ "rotate": false })).await.problem(422, "invalid");
}

#[tokio::test]
async fn a_replaced_secret_retires_every_key_that_followed_from_the_old_one() {
    let app = TestApp::start().await;
    let (phone, _) = sealed(&app).await;
    let token = text(&app.bought(&phone).await.body["unlock"]["token"]);
    let old = secret(&app).await;
    let answer = app.owner_post("/sites/blog/sealing-secret/replace", json!({})).await.is(200).json();
    let new = secret(&app).await;
    assert_eq!(text(&answer["secret"]), new.to_string());
    assert_ne!(old.product_key("blog", "tea", 2), new.product_key("blog", "tea", 2));
    key_of(&app, &token, 1).await.problem(409, "key_version_retired");
    assert_eq!(
        bytes(&key_of(&app, &token, 2).await.is(200).json()["key"]),
        new.product_key("blog", "tea", 2)
    );
}

#[tokio::test]
async fn without_script_a_sealed_article_says_where_it_opens_and_leads_there_after_payment() {
    let app = TestApp::start().await;
    let (phone, id) = sealed(&app).await;
    app.owner(Method::PATCH, &format!("/products/{id}"))
        .json(&json!({ "url": "https://blog.example/tea/", "html": "" }))
        .ask()
        .await
        .is(200);
    let before = app.get("/a/blog/tea").ask().await.is(200).text();
    assert!(before.contains("全文在博客的文章页"), "{before}");
    let order = app.order().await;
    phone.receive(&order.amount).await;
    let after = app.get(&format!("/a/blog/tea?order={}&token={}", order.id, order.token)).ask().await;
    let code = text(&app.see(&order).await["unlock"]["code"]);
    assert!(after.text().contains(&format!("https://blog.example/tea/#unlock={code}")), "{}", after.text());
}

#[tokio::test]
async fn without_script_a_bundle_leads_to_what_it_opens() {
    let app = TestApp::start().await;
    let phone = shop(&app).await;
    let order = Order::of(order(&app, json!({ "product": "both" })).await.is(201).json());
    phone.receive(&order.amount).await;
    let query = format!("?order={}&token={}", order.id, order.token);
    let page = app.get(&format!("/a/blog/both{query}")).ask().await.is(200).text();
    assert!(page.contains("/a/blog/tea?order=") && page.contains("/a/blog/water?order="), "{page}");
    let tea = app.get(&format!("/a/blog/tea{query}")).ask().await.is(200).text();
    assert!(tea.contains("the paid text of tea"), "{tea}");
    let cup = app.get(&format!("/a/blog/cup{query}")).ask().await.is(402).text();
    assert!(!cup.contains("the paid text of cup"));
}
