//! `/api/v1/bridge/…`: pairing, signatures, heartbeats.

use insta::assert_json_snapshot;
use matcha::domain::time::Millis;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, Phone, TestApp, shape, text};

async fn pair(app: &TestApp, code: &str) -> Answer {
    let body = json!({ "pairing_code": code, "name": "柜台", "model": "Mi 6", "app_version": "1.0" });
    app.post("/api/v1/bridge/pair").json(&body).ask().await
}

async fn invitation(app: &TestApp) -> Value {
    app.owner_post("/devices/pairing", json!({})).await.is(201).json()
}

/// An empty batch, which is a good message.
fn empty(phone: &Phone) -> Vec<u8> {
    json!({ "sent_at": phone.now(), "notices": [] }).to_string().into_bytes()
}

#[tokio::test]
async fn a_pairing_code_works_once() {
    let app = TestApp::start().await;
    let invited = invitation(&app).await;
    assert_eq!(invited["expires_at"], "2026-11-20T04:10:00.000Z");
    let code = text(&invited["pairing_code"]);
    assert!(text(&invited["pairing_url"]).ends_with(&format!("&code={code}")));
    let paired = pair(&app, &code).await.is(200).json();
    assert!(text(&paired["device_id"]).starts_with("dev_") && text(&paired["secret"]).starts_with("whsec_"));
    assert_eq!(paired["server_time"], "2026-11-20T04:00:00.000Z");
    assert_json_snapshot!(
        "bad_pairing_code",
        shape(&app, &pair(&app, &code).await.problem(401, "bad_pairing_code"))
    );
}

#[tokio::test]
async fn a_pairing_code_is_typed_as_people_type_and_works_for_ten_minutes() {
    let app = TestApp::start().await;
    let sloppy = text(&invitation(&app).await["pairing_code"]).to_lowercase().replace('-', " ");
    app.pass(599);
    pair(&app, &sloppy).await.is(200);
    let late = text(&invitation(&app).await["pairing_code"]);
    app.pass(600);
    pair(&app, &late).await.problem(401, "bad_pairing_code");
    pair(&app, "22222-22222").await.problem(401, "bad_pairing_code");
}

#[tokio::test]
async fn a_pairing_request_without_a_name_leaves_the_code_usable() {
    let app = TestApp::start().await;
    let code = text(&invitation(&app).await["pairing_code"]);
    for body in [json!({ "pairing_code": code }), json!({ "pairing_code": code, "name": "  " })] {
        app.post("/api/v1/bridge/pair").json(&body).ask().await.problem(422, "invalid");
    }
    pair(&app, &code).await.is(200);
}

#[tokio::test]
async fn whatever_was_changed_on_the_way_is_a_bad_signature() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let other = app.phone().await;
    let at = phone.now();
    let good = || phone.signed("/notices", "msg_a", at, empty(&phone));
    let forged = [
        phone.signed("/notices", "msg_a", at, empty(&phone)).body("{}"),
        replaced(good(), "webhook-id", "msg_b"),
        replaced(good(), "webhook-id", ""),
        replaced(good(), "webhook-timestamp", "1"),
        replaced(good(), "webhook-timestamp", "soon"),
        replaced(good(), "webhook-signature", ""),
        replaced(good(), "webhook-signature", "v1,AAAA"),
        replaced(good(), "matcha-device", &other.id),
    ];
    for request in forged {
        let problem = request.ask().await.problem(401, "bad_signature");
        assert!(problem.get("server_time").is_none(), "a stranger is not told: {problem}");
    }
    good().ask().await.is(200);
}

/// The request with one of its headers set to another value.
fn replaced(request: reqwest::RequestBuilder, name: &'static str, value: &str) -> reqwest::RequestBuilder {
    let (client, request) = request.build_split();
    let mut request = request.unwrap();
    request.headers_mut().insert(name, value.parse().unwrap());
    reqwest::RequestBuilder::from_parts(client, request)
}

#[tokio::test]
async fn one_good_signature_among_several_is_enough() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let at = phone.now();
    let body = empty(&phone);
    let good = matcha::webhook::sign(&phone.secret, "msg_a", at.millis() / 1000, &body).unwrap();
    let request = phone.signed("/notices", "msg_a", at, body);
    replaced(request, "webhook-signature", &format!("v1a,xx v1,AAAA {good}")).ask().await.is(200);
}

#[tokio::test]
async fn a_phone_that_never_paired_is_unknown() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    for id in ["dev_1", "dev_", "", "ord_1"] {
        let request = phone.signed("/heartbeat", "msg_a", phone.now(), b"{}".to_vec());
        replaced(request, "matcha-device", id).ask().await.problem(401, "unknown_device");
    }
}

#[tokio::test]
async fn a_revoked_phone_is_told_so_and_nothing_of_it_is_stored() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.owner(Method::DELETE, &format!("/devices/{}", phone.id)).ask().await.is(204);
    phone.send(&[phone.notice("1.00")]).await.problem(401, "revoked_device");
    phone.heartbeat().await.problem(401, "revoked_device");
    assert_eq!(app.owner_get("/notices").await["items"], json!([]));
}

#[tokio::test]
async fn a_message_that_is_too_old_is_told_the_servers_time_and_can_be_sent_again() {
    let app = TestApp::start().await;
    let mut phone = app.shop().await;
    let order = app.order().await;
    for off_by in [-302, 302, -1_000_000_000] {
        phone.off_by = Millis::seconds(off_by);
        let problem = phone.send(&[phone.notice("1.00")]).await.problem(401, "stale_timestamp");
        assert_eq!(problem["server_time"], "2026-11-20T04:00:00.000Z", "{off_by}");
    }
    // Five minutes are within the tolerance.
    for off_by in [-300, 300] {
        phone.off_by = Millis::seconds(off_by);
        phone.heartbeat().await.is(200);
    }
    assert_eq!(app.see(&order).await["status"], "pending");
    assert_json_snapshot!("stale_timestamp", {
        phone.off_by = Millis::seconds(-302);
        shape(&app, &phone.heartbeat().await.problem(401, "stale_timestamp"))
    });
}

#[tokio::test]
async fn a_phone_with_a_wrong_clock_signs_with_the_servers_time_and_its_notices_are_read_by_sent_at() {
    let app = TestApp::start().await;
    let mut phone = app.shop().await;
    let order = app.order().await;
    app.pass(60);
    // This phone thinks that it is an hour later, and signs with the corrected time.
    phone.off_by = Millis::seconds(3600);
    let notice = phone.notice("1.00");
    let body = json!({ "sent_at": phone.now(), "notices": [notice] });
    phone.signed("/notices", "msg_a", app.now(), body.to_string().into_bytes()).ask().await.is(200);
    assert_eq!(app.see(&order).await["status"], "paid");
    let receipt = &app.owner_get("/receipts").await["items"][0];
    assert_eq!(receipt["arrived_at"], "2026-11-20T04:01:00.000Z", "by the server's clock");
    let device = &app.owner_get("/devices").await["items"][0];
    assert_eq!(device["clock_offset_ms"], -3_600_000);
}

#[tokio::test]
async fn a_heartbeat_is_answered_with_the_time_and_kept_for_the_owner() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.pass(60);
    let body = json!({ "sent_at": phone.now(), "app_version": "2.0", "battery": 0.8, "outbox_depth": 3 });
    let answer = phone.signed("/heartbeat", "beat_a", phone.now(), body.to_string().into_bytes()).ask().await;
    assert_eq!(answer.is(200).json(), json!({ "server_time": "2026-11-20T04:01:00.000Z" }));
    let device = &app.owner_get("/devices").await["items"][0];
    assert_eq!((&device["health"], device["app_version"].as_str()), (&body, Some("2.0")));
    assert_eq!(device["last_seen_at"], "2026-11-20T04:01:00.000Z");
}

#[tokio::test]
async fn a_replayed_heartbeat_does_not_make_a_dead_phone_look_alive() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let body = json!({ "sent_at": phone.now() }).to_string().into_bytes();
    let replay = || phone.signed("/heartbeat", "beat_a", app.now(), body.clone());
    replay().ask().await.is(200);
    app.pass(16 * 60);
    replay().ask().await.is(200);
    assert_eq!(app.owner_get("/devices").await["items"][0]["silent"], true);
    let other = json!({ "sent_at": phone.now() }).to_string().into_bytes();
    phone.signed("/heartbeat", "beat_a", app.now(), other).ask().await.problem(409, "message_id_reused");
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_read_is_told_apart_from_one_of_another_shape() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let send = async |path: &str, body: &str| {
        phone
            .signed(path, &format!("msg_{}", phone.fresh()), phone.now(), body.as_bytes().to_vec())
            .ask()
            .await
    };
    for path in ["/notices", "/heartbeat"] {
        for body in ["", "{", "not json"] {
            send(path, body).await.problem(400, "bad_json");
        }
        for body in ["[]", "{}", r#"{"sent_at":"yesterday","notices":[]}"#, r#"{"sent_at":1,"notices":[]}"#] {
            send(path, body).await.problem(422, "invalid");
        }
    }
}
