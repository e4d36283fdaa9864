//! What the log never holds: tokens, secrets, codes, and the words of a notice.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use matcha::domain::adapter::Adapter;
use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::app::{Ask as _, TestApp, text};

/// All that this process logs from the first call on, also what other tests do at the same time.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Captured;

    fn make_writer(&'a self) -> Captured {
        self.clone()
    }
}

fn capture() -> Captured {
    static CAPTURED: OnceLock<Captured> = OnceLock::new();
    let start = || {
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("trace,hyper=info,reqwest=info,hyper_util=info"))
            .with_ansi(false)
            .with_writer(captured.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else captures the log");
        captured
    };
    CAPTURED.get_or_init(start).clone()
}

#[tokio::test]
async fn no_token_secret_or_notice_ever_stands_in_the_log() {
    let captured = capture();
    // A seed of its own, so that no other test has the same secrets.
    let app = TestApp::start_with(|setup| {
        setup.seed = 11;
        setup.adapters = vec![Adapter::Article, Adapter::Vmq, Adapter::Text];
    })
    .await;
    let phone = app.shop().await;
    let order = app.bought(&phone).await;
    let unlock = text(&order.body["unlock"]["token"]);
    let code = text(&order.body["unlock"]["code"]);
    let nickname = "只在通知里出现的昵称";
    let mut hostile = phone.notice("0.50");
    hostile["text"] = json!(format!("{nickname}通过扫码向你付款0.50元"));
    phone.send(&[hostile.clone(), json!({ "id": "x", "text": nickname })]).await.is(200);
    phone.send(&[json!({ "text": nickname })]).await.is(422);
    phone.signed("/notices", "msg_x", app.now(), format!("{{{nickname}").into_bytes()).ask().await.is(400);
    let pairing = app.owner_post("/devices/pairing", json!({})).await.is(201).json();
    let pairing = text(&pairing["pairing_code"]);
    let body = json!({ "pairing_code": pairing, "name": "zweites" });
    for status in [200, 401] {
        app.post("/api/v1/bridge/pair").json(&body).ask().await.is(status);
    }
    app.get(&order.path(&format!("/events?token={}", order.token))).ask().await.is(200);
    app.get(&order.path(&format!("/events?token={}x", order.token))).ask().await.is(401);
    app.get(&order.path("")).bearer_auth(format!("{}x", order.token)).ask().await.is(401);
    app.get(&format!("/a/blog/tea?order={}&token={}", order.id, order.token)).ask().await.is(200);
    app.get("/api/v1/sites/blog/products/tea/content").bearer_auth(&unlock).ask().await.is(200);
    app.get("/api/v1/sites/blog/products/tea/content").bearer_auth(format!("{unlock}x")).ask().await.is(401);
    for code in [code.as_str(), &code[1..]] {
        app.post("/api/v1/unlocks/restore").json(&json!({ "code": code })).ask().await;
    }
    let query = format!("?device={}&secret={}", phone.id, phone.secret);
    app.post(&format!("/v1/Pay/PayNotify{query}")).body("{}").ask().await;
    let recipe = app.owner_post("/devices", json!({ "kind": "text", "name": "tasker" })).await.is(201).json();
    let recipe = text(&recipe["connection"]["url"]);
    let token = recipe.rsplit('/').next().unwrap().to_owned();
    let post = |path: String| app.post(&path).body(nickname).ask();
    post(format!("/in/text/{token}")).await.is(200);
    post(format!("/in/text/{token}x")).await.is(401);
    let vmq = app.owner_post("/devices", json!({ "kind": "vmq", "name": "old" })).await.is(201).json();
    let vmq = text(&vmq["connection"]["key"]);
    app.get("/appPush?t=1&type=1&price=98765.43&sign=0123").ask().await.is(200);
    let key = format!("{}x", app.owner_key);
    let url = format!("{}/api/v1/owner/orders", app.base_url);
    app.http.get(url).bearer_auth(key).ask().await.is(401);
    app.pass(3600);
    app.work().await;
    let last = app.get("/nothing").ask().await.is(404);

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains(last.header("x-request-id")) && log.contains("a notice came in"),
        "the log was captured"
    );
    for (what, secret) in [
        ("order token", order.token.as_str()),
        ("unlock token", &unlock),
        ("recovery code", &code),
        ("recovery code without hyphens", &code.replace('-', "")),
        ("recovery code in part", &code[1..]),
        ("phone's secret", phone.secret.strip_prefix("whsec_").unwrap()),
        ("pairing code", &pairing),
        ("owner's key", &app.owner_key),
        ("token in an address", &token),
        ("V免签 key", &vmq),
        ("amount of a refused push", "98765.43"),
        ("words of a notice", nickname),
        ("address of a request", "/events?"),
    ] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "the {what} is in the log");
    }
}
