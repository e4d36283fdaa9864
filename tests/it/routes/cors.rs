//! Which pages' scripts may call the reader API: those of the origins that a site lists, and our own.

use reqwest::RequestBuilder;
use serde_json::json;

use crate::app::{Answer, Ask as _, BLOG, TestApp};

const OTHER: &str = "https://other.example";
const STRANGER: &str = "https://evil.example";

/// The shop, and a second site with a product of the same name for another blog.
async fn two_sites() -> TestApp {
    let app = TestApp::start().await;
    app.shop().await;
    app.site("other", &[OTHER]).await;
    app.product("other", "tea", "1.00").await;
    app
}

fn preflight(app: &TestApp, origin: &str, path: &str) -> RequestBuilder {
    app.options(path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,matcha-reader")
}

/// Checks that a page of that origin may read the answer, and that a cache must not give it to another page.
#[track_caller]
fn is_readable_by(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), origin);
    let vary: Vec<_> =
        answer.headers.get_all("vary").iter().map(|v| v.to_str().unwrap().to_lowercase()).collect();
    assert!(vary.iter().any(|v| v.contains("origin")), "{vary:?}");
    assert_eq!(answer.header("access-control-allow-credentials"), "", "no cookie is ever asked for");
}

#[tokio::test]
async fn a_known_origin_may_ask_for_everything_the_blogs_script_sends() {
    let app = two_sites().await;
    let answer = preflight(&app, BLOG, "/api/v1/orders").ask().await.is(204);
    is_readable_by(&answer, BLOG);
    assert_eq!(answer.header("access-control-allow-methods"), "GET, POST");
    assert_eq!(answer.header("access-control-max-age"), "7200");
    let allowed: Vec<&str> = answer.header("access-control-allow-headers").split(", ").collect();
    for header in ["authorization", "content-type", "last-event-id", "matcha-reader", "matcha-pow"] {
        assert!(allowed.contains(&header), "{header}");
    }
}

#[tokio::test]
async fn every_address_of_the_reader_api_answers_preflights() {
    let app = two_sites().await;
    let order = app.order().await;
    for path in [
        "/api/v1/orders".to_owned(),
        order.path(""),
        order.path("/extend"),
        order.path("/cancel"),
        order.path("/events"),
        "/api/v1/sites/blog/products/tea".to_owned(),
        "/api/v1/sites/blog/products/tea/content".to_owned(),
        "/api/v1/unlocks/restore".to_owned(),
    ] {
        is_readable_by(&preflight(&app, BLOG, &path).ask().await.is(204), BLOG);
    }
}

#[tokio::test]
async fn an_unknown_origin_is_refused_and_cannot_read_why() {
    let app = two_sites().await;
    for origin in [
        STRANGER,
        "null",
        "https://blog.example.evil.example",
        "http://blog.example",
        "https://blog.example:8443",
    ] {
        let answers = [
            preflight(&app, origin, "/api/v1/orders").ask().await,
            app.wish().header("origin", origin).ask().await,
            app.get("/api/v1/sites/blog/products/tea").header("origin", origin).ask().await,
        ];
        for answer in answers {
            answer.problem(403, "origin_not_allowed");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        }
    }
}

#[tokio::test]
async fn what_belongs_to_a_site_is_not_sold_on_another_ones_pages() {
    let app = two_sites().await;
    let answer = app.wish().header("origin", OTHER).ask().await;
    answer.problem(403, "origin_not_allowed");
    let facts = app.get("/api/v1/sites/blog/products/tea").header("origin", OTHER).ask().await;
    facts.problem(403, "origin_not_allowed");
    // The origin is known, so that its script can read why.
    is_readable_by(&answer, OTHER);
    let own = app.post("/api/v1/orders").json(&json!({ "site": "other", "product": "tea" }));
    own.header("origin", OTHER).ask().await.is(201);
}

#[tokio::test]
async fn answers_and_problems_alike_can_be_read_by_a_known_origin() {
    let app = two_sites().await;
    let made = app.wish().header("origin", BLOG).ask().await.is(201);
    is_readable_by(&made, BLOG);
    assert_eq!(made.header("access-control-expose-headers"), "retry-after, x-request-id");
    let body = made.json();
    let path = format!("/api/v1/orders/{}", body["id"].as_str().unwrap());
    let problems = [
        app.get(&path).header("origin", BLOG).ask().await.is(401),
        app.post("/api/v1/orders").header("origin", BLOG).body("{").ask().await.is(400),
        app.get("/api/v1/sites/blog/products/tea/content").header("origin", BLOG).ask().await.is(402),
        app.get("/api/v1/orders").header("origin", BLOG).ask().await.is(405),
    ];
    for answer in &problems {
        is_readable_by(answer, BLOG);
    }
}

#[tokio::test]
async fn our_own_pages_and_callers_without_an_origin_need_no_permission() {
    let app = two_sites().await;
    let own = app.wish().header("origin", &app.base_url).ask().await.is(201);
    assert_eq!(own.header("access-control-allow-origin"), "");
    app.wish().ask().await.is(201);
}

#[tokio::test]
async fn a_site_that_lists_an_origin_is_heard_at_once() {
    let app = two_sites().await;
    app.wish().header("origin", STRANGER).ask().await.problem(403, "origin_not_allowed");
    app.owner_patch("/sites/blog", json!({ "origins": [BLOG, STRANGER] })).await.is(200);
    app.wish().header("origin", STRANGER).ask().await.is(201);
    app.owner_patch("/sites/blog", json!({ "origins": [BLOG] })).await.is(200);
    app.wish().header("origin", STRANGER).ask().await.problem(403, "origin_not_allowed");
}

#[tokio::test]
async fn a_browser_gets_no_permission_for_the_owners_and_the_phones_api() {
    let app = two_sites().await;
    for path in
        ["/api/v1/owner/orders", "/api/v1/owner/inbox", "/api/v1/bridge/notices", "/api/v1/bridge/pair"]
    {
        let answer = preflight(&app, BLOG, path).ask().await;
        answer.problem(405, "method_not_allowed");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}
