//! `/healthz`, `/readyz`, `/metrics`.

use tower::ServiceExt as _;

use crate::app::{Ask as _, TestApp};

#[tokio::test]
async fn a_server_that_takes_orders_says_so() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/healthz").ask().await.is(200).text(), "ok");
    assert_eq!(app.get("/readyz").ask().await.is(200).text(), r#"{"status":"ready"}"#);
}

#[tokio::test]
async fn a_server_that_stops_takes_no_orders_any_more() {
    let app = TestApp::start().await;
    app.begin_to_stop();
    // The listener is closed by now; a proxy asks over a connection that it has.
    let request = axum::http::Request::get("/readyz").body(axum::body::Body::empty()).unwrap();
    let response = matcha::web::router(app.web.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 503);
    let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
    assert_eq!(body, r#"{"status":"not_ready","reason":"stopping"}"#);
}

/// The value of a metric, or of one of its labelled members.
fn value(text: &str, name: &str) -> Option<i64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[tokio::test]
async fn the_machine_itself_may_read_the_counters() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.bought(&phone).await;
    app.order().await;
    phone.receive("0.50").await;
    let answer = app.get("/metrics").ask().await.is(200);
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = answer.text();
    assert!(text.ends_with("# EOF\n"), "{text}");
    for (name, expected) in [
        ("matcha_state{of=\"orders_paid\"}", 1),
        ("matcha_state{of=\"orders_pending\"}", 1),
        ("matcha_state{of=\"inbox_open\"}", 1),
        ("matcha_checkouts_total{of=\"created\"}", 2),
        ("matcha_notices_total", 2),
        ("matcha_http_requests_total{method=\"POST\",route=\"/api/v1/orders\",status=\"201\"}", 2),
    ] {
        assert_eq!(value(&text, name), Some(expected), "{name} in {text}");
    }
    app.pass(3600);
    app.work().await;
    let later = app.get("/metrics").ask().await.is(200).text();
    for (name, expected) in
        [("orders_pending", 0), ("orders_expired", 1), ("holds_live", 0), ("devices_silent", 1)]
    {
        let name = format!("matcha_state{{of=\"{name}\"}}");
        assert_eq!(value(&later, &name), Some(expected), "{name} in {later}");
    }
}

#[tokio::test]
async fn strangers_do_not_learn_that_there_are_counters() {
    let app = TestApp::start().await;
    for from in ["203.0.113.7", "2001:db8::1"] {
        app.get("/metrics").header("x-forwarded-for", from).ask().await.problem(404, "not_found");
    }
    for from in ["10.1.2.3", "192.168.0.9", "fd00::1", "::1"] {
        app.get("/metrics").header("x-forwarded-for", from).ask().await.is(200);
    }
}

#[tokio::test]
async fn counters_name_routes_and_never_what_stood_in_an_address() {
    let app = TestApp::start().await;
    app.shop().await;
    let order = app.order().await;
    app.get(&order.path("")).bearer_auth(&order.token).ask().await.is(200);
    app.get(&order.path(&format!("/events?token={}x", order.token))).ask().await.is(401);
    app.get("/wp-admin/secret-path").ask().await.is(404);
    let text = app.get("/metrics").ask().await.is(200).text();
    assert!(
        text.contains("route=\"/api/v1/orders/{id}\"") && text.contains("route=\"-\",status=\"404\""),
        "{text}"
    );
    for secret in [order.id.as_str(), &order.token, "secret-path"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
