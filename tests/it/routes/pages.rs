//! The pages for people: `/a/{site}/{slug}`, which sells without any script, and the files they need.

use serde_json::json;

use crate::app::{Answer, Ask as _, TestApp, text};

const TEA: &str = "/a/blog/tea";

async fn submit(app: &TestApp, form: &str) -> Answer {
    let request = app.post(TEA).header("content-type", "application/x-www-form-urlencoded");
    request.body(form.to_owned()).ask().await
}

async fn page(app: &TestApp, path: &str) -> String {
    let answer = app.get(path).ask().await.is(200);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    answer.text()
}

/// Orders by the form and returns the address of the order's page.
async fn ordered(app: &TestApp) -> String {
    let answer = submit(app, "act=order&channel=wechat&client_order_id=a-long-random-id").await.is(303);
    answer.header("location").to_owned()
}

/// The value of a form field in a page.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let start = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the field").1;
    start.split_once('"').unwrap().0
}

#[tokio::test]
async fn the_page_offers_the_article_for_its_price() {
    let app = TestApp::start().await;
    app.shop().await;
    let answer = app.get(TEA).ask().await.is(200);
    let html = answer.text();
    for part in ["八十度的水", "1.00", "name=\"channel\" value=\"wechat\"", "name=\"code\"", "lang=\"zh-CN\""]
    {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!html.contains("the paid text"));
    assert_eq!(field(&html, "client_order_id").len(), 32);
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(answer.header("vary"), "accept-language");
    let english = app.get(TEA).header("accept-language", "en").ask().await.is(200);
    assert!(english.text().contains("lang=\"en\"") && english.header("content-language") == "en");
}

#[tokio::test]
async fn the_order_form_leads_to_the_code_and_after_the_payment_to_the_article() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = ordered(&app).await;
    assert!(order.starts_with("/a/blog/tea?order=ord_") && order.contains("&token=ot_"), "{order}");
    let waiting = page(&app, &order).await;
    // The page itself changes only when the window has ended.
    let refresh = "http-equiv=\"refresh\" content=\"121; url=/a/blog/tea?order=";
    for part in [refresh, "1.00", "<iframe", "value=\"extend\"", "value=\"cancel\"", "noindex"] {
        assert!(waiting.contains(part), "{part} in {waiting}");
    }
    let image = waiting.split_once("<img src=\"").unwrap().1.split_once('"').unwrap().0;
    assert_eq!(app.get(image).ask().await.is(200).header("content-type"), "image/png");
    phone.receive("1.00").await;
    let open = page(&app, &order).await;
    assert!(
        open.contains("<p>the paid text of tea</p>") && !open.contains("http-equiv=\"refresh\""),
        "{open}"
    );
    let code = open.split_once("<code>").unwrap().1.split_once("</code>").unwrap().0;
    assert_eq!(code.len(), 29);
    // The recovery code opens it on another device.
    let restored = submit(&app, &format!("act=restore&code={}", code.to_lowercase())).await.is(200);
    assert!(restored.text().contains("<p>the paid text of tea</p>"));
}

#[tokio::test]
async fn the_frame_in_the_page_looks_again_until_it_offers_the_article() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = ordered(&app).await;
    let frame = format!("{order}&watch=1");
    let answer = app.get(&frame).ask().await.is(200);
    assert_eq!(answer.header("x-frame-options"), "SAMEORIGIN");
    assert!(answer.header("content-security-policy").ends_with("frame-ancestors 'self'"));
    let waiting = answer.text();
    assert!(
        waiting.contains("2:00") && waiting.contains("http-equiv=\"refresh\" content=\"3\""),
        "{waiting}"
    );
    app.pass(121);
    let ended = page(&app, &frame).await;
    assert!(ended.contains("http-equiv=\"refresh\" content=\"10\"") && !ended.contains("剩余"), "{ended}");
    assert!(page(&app, &order).await.contains("<iframe"), "an expired order is watched too");
    phone.receive("1.00").await;
    let settled = page(&app, &frame).await;
    assert!(settled.contains("target=\"_top\"") && !settled.contains("http-equiv=\"refresh\""), "{settled}");
    assert!(!settled.contains("the paid text"), "the frame holds no more than the news");
    // A stranger's token shows the sale, which must not be framed.
    let stranger = app.get(&format!("{TEA}?order=ord_1&token=ot_x&watch=1")).ask().await.is(200);
    assert_eq!(stranger.header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_order() {
    let app = TestApp::start().await;
    app.shop().await;
    assert_eq!(ordered(&app).await, ordered(&app).await);
}

#[tokio::test]
async fn a_reader_without_script_extends_and_cancels_by_form() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = ordered(&app).await;
    let carried = order.split_once('?').unwrap().1.to_owned();
    assert_eq!(submit(&app, &format!("act=extend&{carried}")).await.is(303).header("location"), order);
    assert!(page(&app, &order).await.contains("content=\"241; url="));
    assert!(page(&app, &format!("{order}&watch=1")).await.contains("4:00"));
    assert_eq!(submit(&app, &format!("act=cancel&{carried}")).await.is(303).header("location"), TEA);
    let over = page(&app, &order).await;
    assert!(over.contains("付款码已过期") && over.contains("若已付款请勿重复支付"), "{over}");
    let again = submit(&app, &format!("act=extend&{carried}")).await.is(200);
    assert!(again.text().contains("付款码已过期"));
}

#[tokio::test]
async fn without_the_orders_token_the_page_shows_the_sale() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = ordered(&app).await;
    phone.receive("1.00").await;
    let id = order.split_once("order=").unwrap().1.split_once('&').unwrap().0;
    for query in [format!("?order={id}"), format!("?order={id}&token=ot_x"), "?order=x&token=y".to_owned()] {
        let html = page(&app, &format!("{TEA}{query}")).await;
        assert!(html.contains("name=\"channel\"") && !html.contains("the paid text"), "{query}");
    }
    submit(&app, &format!("act=cancel&order={id}&token=ot_x")).await.is(401);
}

#[tokio::test]
async fn a_refunded_order_shows_no_article() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = ordered(&app).await;
    phone.receive("1.00").await;
    let id = order.split_once("order=").unwrap().1.split_once('&').unwrap().0;
    app.owner_post(&format!("/orders/{id}/refund"), json!({})).await.is(200);
    let html = page(&app, &order).await;
    assert!(html.contains("这一单已退款") && !html.contains("the paid text"), "{html}");
}

#[tokio::test]
async fn what_cannot_be_sold_now_is_said_on_the_page() {
    let app = TestApp::start().await;
    app.shop().await;
    for _ in 0..3 {
        app.order().await;
    }
    let full = submit(&app, "act=order&channel=wechat").await.is(503);
    assert!(full.text().contains("此刻所有金额都有人在付款") && full.text().contains("name=\"channel\""));
    app.pass(15 * 60 + 1);
    let silent = page(&app, TEA).await;
    assert!(silent.contains("收款手机暂时不在线") && !silent.contains("name=\"channel\""), "{silent}");
}

#[tokio::test]
async fn a_wrong_recovery_code_is_told_on_the_page() {
    let app = TestApp::start().await;
    app.shop().await;
    let unknown = matcha::domain::unlock::RecoveryCode::from_bits(7);
    for (code, status, told) in
        [("", 422, "25 位"), ("x", 422, "25 位"), (&unknown.to_string(), 404, "恢复码不正确或已被撤销")]
    {
        let answer = submit(&app, &format!("act=restore&code={code}")).await.is(status);
        assert!(answer.text().contains(told) && answer.text().contains("name=\"code\""), "{code}");
    }
}

#[tokio::test]
async fn a_code_of_another_article_leads_to_that_article() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.product("blog", "water", "1.00").await;
    let code = text(&app.bought(&phone).await.body["unlock"]["code"]);
    let request = app.post("/a/blog/water").header("content-type", "application/x-www-form-urlencoded");
    let answer = request.body(format!("act=restore&code={code}")).ask().await.is(303);
    assert_eq!(answer.header("location"), TEA);
}

#[tokio::test]
async fn what_an_owner_writes_cannot_become_markup_where_it_is_only_text() {
    let app = TestApp::start().await;
    app.shop().await;
    let body = json!({ "site": "blog", "slug": "x", "title": "<script>alert(1)</script>\"'", "price": "1.00", "lock": "reveal" });
    app.owner_post("/products", body).await.is(201);
    let html = page(&app, "/a/blog/x").await;
    assert!(!html.contains("<script>alert") && html.contains("&#60;script&#62;"), "{html}");
}

#[tokio::test]
async fn a_form_that_no_page_of_ours_sends_is_a_page_that_says_so() {
    let app = TestApp::start().await;
    app.shop().await;
    submit(&app, "").await.is(400);
    submit(&app, "act=steal").await.is(400);
    for (form, status) in
        [("act=order&channel=bitcoin", 422), (&"x".repeat(16 * 1024 + 1), 413), (&"x".repeat(1 << 22), 413)]
    {
        let answer = submit(&app, form).await.is(status);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
    let not_a_form = app.post(TEA).body("act=order").ask().await.is(422);
    assert_eq!(not_a_form.header("content-type"), "text/html; charset=utf-8");
    let elsewhere = app.post(TEA).header("origin", "https://evil.example");
    let elsewhere = elsewhere.header("content-type", "application/x-www-form-urlencoded").body("act=order");
    elsewhere.ask().await.is(403);
}

#[tokio::test]
async fn a_page_that_is_not_there_is_a_page_too() {
    let app = TestApp::start().await;
    app.shop().await;
    for path in ["/a/blog/nothing", "/a/nowhere/tea", "/a/%3Cb%3E/x"] {
        let answer = app.get(path).ask().await.is(404);
        assert!(answer.text().contains("这里没有内容") && !answer.text().contains("<b>"), "{path}");
    }
    app.get("/demo/blog").ask().await.problem(404, "not_found");
    app.get("/demo/phone").ask().await.problem(404, "not_found");
}

#[tokio::test]
async fn the_front_door_says_what_this_is_and_not_whose() {
    let app = TestApp::start().await;
    app.shop().await;
    let html = page(&app, "/").await;
    assert!(html.contains("Matcha") && !html.contains("山中茶事"));
}

#[tokio::test]
async fn the_blogs_script_is_served_under_a_stable_and_under_a_hashed_name() {
    let app = TestApp::start().await;
    app.shop().await;
    let stable = app.get("/v1/embed.js").ask().await.is(200);
    assert_eq!(stable.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(stable.header("cache-control"), "public, max-age=300");
    assert_eq!(stable.header("access-control-allow-origin"), "*");
    assert_eq!(stable.header("cross-origin-resource-policy"), "cross-origin");
    let etag = stable.header("etag").to_owned();
    let known = app.get("/v1/embed.js").header("if-none-match", &etag).ask().await.is(304);
    assert!(known.bytes.is_empty());
    // The first part looks for the second beside itself, under either of its names.
    let keep = stable.text().split(['"', '`']).find(|name| name.starts_with("keep.")).unwrap().to_owned();
    for folder in ["/v1", "/assets"] {
        let beside = app.get(&format!("{folder}/{keep}")).ask().await.is(200);
        assert_eq!(beside.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(beside.header("access-control-allow-origin"), "*", "or its integrity cannot be checked");
    }
    let html = page(&app, TEA).await;
    let paths = html.split('"').filter(|p| p.starts_with("/assets/"));
    let mut found = 0;
    for path in paths {
        let file = app.get(path).ask().await.is(200);
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        found += 1;
    }
    assert!(found >= 2, "{html}");
    for path in ["/assets/embed.js", "/assets/..%2f..%2fCargo.toml", "/assets/embed.0000000000000000.js"] {
        app.get(path).ask().await.problem(404, "not_found");
    }
}
