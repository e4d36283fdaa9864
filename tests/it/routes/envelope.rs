//! What every answer carries, whatever it answers: a request id, careful headers; and what becomes of a bug of ours.

use axum::Router;
use axum::routing::get;
use matcha::web::Web;
use matcha::web::router::wrapped;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tokio::net::TcpListener;

use crate::app::{Answer, Ask as _, TestApp, client};

async fn everything(app: &TestApp) -> Vec<Answer> {
    let order = app.order().await;
    let mut answers = Vec::new();
    for path in
        ["/", "/a/blog/tea", "/healthz", "/readyz", "/metrics", "/v1/embed.js", "/nothing", "/a/blog/nothing"]
    {
        answers.push(app.get(path).ask().await);
    }
    answers.push(app.get(&order.path("")).ask().await);
    answers.push(app.get(&order.path("/code.png")).ask().await);
    answers.push(app.get(&order.path("")).bearer_auth(&order.token).ask().await);
    answers.push(app.post("/api/v1/orders").body("{").ask().await);
    answers.push(app.options("/api/v1/orders").header("origin", "https://evil.example").ask().await);
    answers.push(app.options("/api/v1/orders").header("origin", "https://blog.example").ask().await);
    answers
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_careful_headers() {
    let app = TestApp::start().await;
    app.shop().await;
    let mut ids = Vec::new();
    for answer in everything(&app).await {
        let id = answer.header("x-request-id").to_owned();
        assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        ids.push(id);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "strict-origin-when-cross-origin");
        let cache = answer.header("cache-control");
        assert!(cache == "no-store" || answer.status == 200, "{} {cache}", answer.status);
        assert_eq!(answer.header("server"), "");
        assert_eq!(answer.header("set-cookie"), "");
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[tokio::test]
async fn a_request_id_that_a_stranger_made_up_is_not_taken() {
    let app = TestApp::start().await;
    let answer = app.get("/healthz").header("x-request-id", "mine").ask().await;
    assert_ne!(answer.header("x-request-id"), "mine");
}

#[tokio::test]
async fn what_must_not_be_shared_is_not_stored_by_any_cache() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.bought(&phone).await;
    let token = order.body["unlock"]["token"].as_str().unwrap();
    for answer in [
        app.get(&order.path("")).bearer_auth(&order.token).ask().await.is(200),
        app.get("/api/v1/sites/blog/products/tea/content").bearer_auth(token).ask().await.is(200),
        app.get(&format!("/a/blog/tea?order={}&token={}", order.id, order.token)).ask().await.is(200),
    ] {
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

async fn panic_with_a_secret() -> &'static str {
    panic!("the token is ot_verysecret")
}

/// A server of one route that panics, wrapped as all our routes are.
async fn with_a_bug(web: Web) -> String {
    let routes = Router::new().route("/bug/{id}", get(panic_with_a_secret));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stopping = web.stopping.clone();
    tokio::spawn(matcha::web::serve::serve(listener, wrapped(routes, web), stopping));
    format!("http://{address}/bug/7")
}

#[tokio::test]
async fn a_panic_is_a_500_that_tells_nothing_but_its_request_id() {
    let app = TestApp::start().await;
    let url = with_a_bug(app.web.clone()).await;
    let http = client();
    for (language, begins) in [("zh", "服务器内部出错"), ("en", "Something went wrong")] {
        let answer = http.get(&url).header("accept-language", language).ask().await;
        let problem = answer.problem(500, "internal");
        assert!(problem["detail"].as_str().unwrap().starts_with(begins));
        assert!(!answer.text().contains("verysecret"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let counted = app.get("/metrics").ask().await.text();
    assert!(counted.contains("route=\"/bug/{id}\",status=\"500\"} 2"), "{counted}");
    app.get("/healthz").ask().await.is(200);
}

#[tokio::test]
async fn a_unit_of_work_that_fails_an_assertion_is_a_500_and_leaves_nothing_behind() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    // A row that no code of ours can have written: the right to read of an order that is not paid.
    let path = app.dir.path().join("matcha.db");
    let other = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let rows = other.execute(
        "INSERT INTO unlocks SELECT 1, id, site_id, product_id, 0, NULL, NULL, NULL FROM orders",
        [],
    );
    assert_eq!(rows.unwrap(), 1);
    let settle = format!("/orders/{}/settle", order.id);
    let answer = app.owner_post(&settle, json!({})).await;
    answer.problem(500, "internal");
    assert!(!answer.text().contains("unlock"), "{}", answer.text());
    assert_eq!(app.see(&order).await["status"], "pending");
    other.execute("DELETE FROM unlocks", []).unwrap();
    app.owner_post(&settle, json!({})).await.is(200);
}

#[tokio::test]
async fn languages_that_nobody_speaks_are_answered_in_chinese() {
    let app = TestApp::start().await;
    for odd in [
        "en;q=2147483647",
        "en;q=99999999999999999999",
        "en;q=-1",
        "en;q=",
        ";;;,,,=",
        "en;q=0.0000000000001",
    ] {
        let answer = app.get("/nothing").header("accept-language", odd).ask().await;
        answer.problem(404, "not_found");
        assert_eq!(answer.header("content-language"), "zh-CN", "{odd}");
    }
}
