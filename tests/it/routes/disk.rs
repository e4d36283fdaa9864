//! A disk that takes no more: no order is taken, what is paid can be read, and nobody is told that something is stored
//! that is not. The server is a process of its own, whose files the system does not let grow.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::app::{Ask as _, TestApp, client, text};

/// A server of its own on the data folder of a test; ends with the test.
struct Server {
    child: Child,
    base_url: String,
}

impl Server {
    /// Starts a server none of whose files may grow beyond two or four MiB (the shells count in different blocks).
    fn start(data: &std::path::Path) -> Server {
        let script = "trap '' XFSZ; ulimit -f 4096; exec \"$0\" serve --data \"$1\" --listen 127.0.0.1:0";
        let mut child = Command::new("/bin/sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_matcha")])
            .arg(data)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = output.lines().map(|line| line.expect("UTF-8"));
        let address = lines.find_map(|line| {
            let at = line.find("http://")?;
            line[at..].split([',', ' ']).next().map(str::to_owned)
        });
        Server { child, base_url: address.expect("it says where it listens") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test]
async fn a_disk_that_takes_no_more_stops_the_sale_and_not_the_reading() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.bought(&phone).await;
    let server = Server::start(app.dir.path());
    let (http, base) = (client(), &server.base_url);
    let get = |path: &str| http.get(format!("{base}{path}"));
    get("/readyz").ask().await.is(200);
    // Each look at readiness is a real, small write: the first that fails leaves no room for anything larger.
    let mut looks = 0;
    let refused = loop {
        let answer = get("/readyz").ask().await;
        if answer.status != 200 {
            break answer;
        }
        looks += 1;
        assert!(looks < 2000, "the files do not grow beyond their bound");
    };
    assert_eq!(refused.is(503).json(), json!({ "status": "not_ready", "reason": "disk_error" }));
    let wish = http.post(format!("{base}/api/v1/orders")).json(&json!({ "site": "blog", "product": "tea" }));
    let answer = wish.ask().await;
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(answer.problem(503, "storage_unavailable")["reason"], "disk_error");
    let restore = http.post(format!("{base}/api/v1/unlocks/restore"));
    let restored = restore.json(&json!({ "code": order.body["unlock"]["code"] })).ask().await.is(200).json();
    for token in [text(&order.body["unlock"]["token"]), text(&restored["token"])] {
        let content = get("/api/v1/sites/blog/products/tea/content").bearer_auth(token).ask().await.is(200);
        assert_eq!(content.json()["html"], "<p>the paid text of tea</p>");
    }
    get("/healthz").ask().await.is(200);
    let body = json!({ "pairing_code": "x", "name": "x" });
    let pair = http.post(format!("{base}/api/v1/bridge/pair")).json(&body).ask().await;
    pair.problem(503, "storage_unavailable");
}
