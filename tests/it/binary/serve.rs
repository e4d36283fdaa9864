//! `matcha serve` from outside: how it greets, whom it refuses, how it ends.

use std::path::Path;

use matcha::domain::id::OrderId;
use reqwest::{Method, Response};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::http::{Http, good, word};
use super::shop::{Shop, furnish};
use super::{Server, matcha, run_badly};

#[test]
fn a_server_without_anything_configured_starts_and_says_what_to_do_next() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut command = matcha();
    command.current_dir(dir.path()).args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::spawn(command, &dir.path().join("log"));
    assert!(server.greeting.contains("listens on http://127.0.0.1:"), "{}", server.greeting);
    assert!(dir.path().join("data/matcha.db").exists(), "the data folder is made in the current one");
    server.terminate();
    let (status, rest) = server.wait();
    assert_eq!(status.code(), Some(0), "SIGTERM is a good end");
    for step in [
        "next:",
        "matcha account add",
        "matcha site add",
        "matcha product add",
        "matcha device pair",
        "key create",
    ] {
        assert!(rest.contains(step), "{step} is missing in: {rest}");
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = Server::start(dir.path(), &dir.path().join("log"));
    let said = run_badly(dir.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("another matcha serves"), "{said}");
    let (status, _) = Http::new().at(&first.base).get("/healthz", "").await.expect("an answer");
    assert_eq!(status, 200, "the first one is not disturbed");
}

#[tokio::test]
async fn an_address_in_use_is_explained() {
    let dir = tempfile::tempdir().expect("a folder");
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = run_badly(dir.path(), &["serve", "--listen", &address]);
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_told_to_stop_ends_its_streams_and_finishes_its_answers() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    let server = Server::start(&data, &dir.path().join("log"));
    let http = Http::new().at(&server.base);
    furnish(&data, &http).await;
    let mut streams = Vec::new();
    for n in 0..3 {
        streams.push(open_stream(&http, n).await);
    }
    let busy: Vec<_> = (10..14).map(|n| tokio::spawn(order_until_it_is_gone(http.clone(), n))).collect();
    let mut half_sent = HalfSent::begin(server.address()).await;

    server.terminate();
    for stream in streams {
        ends_well(stream).await;
    }
    // The server is stopping now, and still waits for this one.
    let answer = half_sent.finish().await;
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    let body: Value =
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("all of it");
    let mut acknowledged = vec![word(&body, "id")];
    for client in busy {
        acknowledged.extend(client.await.expect("a client"));
    }
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0), "a stop that was asked for is no failure");
    all_are_stored(&data, &acknowledged);
}

#[tokio::test]
async fn what_was_paid_before_a_restart_is_open_after_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    let server = Server::start(&data, &log);
    let http = Http::new();
    let shop = furnish(&data, &http.at(&server.base)).await;
    let order = order(&http.at(&server.base), 1).await;
    let amount = word(&order, "amount");
    let said = send_notice(&data, &server.base, &shop, &amount);
    assert!(said.contains("\"stored\""), "{said}");
    server.terminate();
    assert!(server.wait().0.success());

    let server = Server::start(&data, &log);
    let path = format!("/api/v1/orders/{}", word(&order, "id"));
    let found = good(http.at(&server.base).get(&path, &word(&order, "token")).await);
    assert_eq!((found["status"].as_str(), found["unlock"].is_object()), (Some("paid"), true), "{found}");
    let receipts = good(http.at(&server.base).get("/api/v1/owner/receipts", &shop.key).await);
    assert_eq!(
        (&receipts["items"][0]["state"], &receipts["items"][0]["amount"]),
        (&json!("settled"), &json!(amount))
    );
}

/// `matcha notice send` as the shop's phone.
fn send_notice(data: &Path, base: &str, shop: &Shop, amount: &str) -> String {
    let text = format!("微信支付收款{amount}元(朋友到店)");
    let (device, secret) = (shop.phone.device.as_str(), shop.phone.secret.as_str());
    super::run(data, &["notice", "send", "--server", base, "--device", device, "--secret", secret, &text])
}

fn wish(n: usize) -> Value {
    json!({ "site": "slow", "product": "puer", "channel": "wechat", "client_order_id": format!("client-{n:04}") })
}

async fn order(http: &Http, n: usize) -> Value {
    good(http.post_from(&format!("10.0.{}.{}", n / 250, n % 250), "/api/v1/orders", &wish(n)).await)
}

/// An order's stream, read up to its first event.
async fn open_stream(http: &Http, n: usize) -> Response {
    let order = order(http, n).await;
    let url = word(&order, "events_url");
    let path = url.find("/api/").and_then(|at| url.get(at..)).expect("a path");
    let mut stream = http.request(Method::GET, path).send().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let mut heard = String::new();
    while !heard.contains("event: order") {
        let chunk = stream.chunk().await.expect("it is open").expect("it goes on");
        heard.push_str(&super::text(&chunk));
    }
    stream
}

/// The stream ends with its last chunk, not with a broken connection.
async fn ends_well(mut stream: Response) {
    while stream.chunk().await.expect("a stream ends, it does not break").is_some() {}
}

/// Orders one thing after the other; the ids that were acknowledged. An answer that began must come whole.
async fn order_until_it_is_gone(http: Http, client: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let from = format!("10.{client}.{}.{}", n / 250, n % 250);
        let mut wish = wish(0);
        wish["client_order_id"] = json!(format!("client-{client}-{n:04}"));
        let request =
            http.request(Method::POST, "/api/v1/orders").header("x-forwarded-for", from).json(&wish);
        let Ok(response) = request.send().await else { break };
        let status = response.status().as_u16();
        let body = response.bytes().await.expect("an answer that began comes whole");
        let body: Value = serde_json::from_slice(&body).expect("an answer that began comes whole");
        match status {
            201 => acknowledged.push(word(&body, "id")),
            503 => assert_eq!(body["code"], "no_free_amount", "{body}"),
            _ => panic!("{status}: {body}"),
        }
    }
    acknowledged
}

/// A request of which the server has the head, but not the body.
struct HalfSent {
    socket: TcpStream,
    body: String,
}

impl HalfSent {
    async fn begin(address: &str) -> HalfSent {
        let mut socket = TcpStream::connect(address).await.expect("a connection");
        let body = wish(9999).to_string();
        let head = format!(
            "POST /api/v1/orders HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\nx-forwarded-for: 10.9.9.9\r\n\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).await.expect("it is sent");
        // The server says this when the handler asks for the body: now the request is under way.
        let mut said = [0; 25];
        socket.read_exact(&mut said).await.expect("an answer");
        assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
        HalfSent { socket, body }
    }

    async fn finish(&mut self) -> String {
        self.socket.write_all(self.body.as_bytes()).await.expect("it is sent");
        let mut answer = Vec::new();
        self.socket.read_to_end(&mut answer).await.expect("the server closes after its answer");
        super::text(&answer)
    }
}

fn all_are_stored(data: &Path, orders: &[String]) {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let conn = Connection::open_with_flags(data.join("matcha.db"), flags).expect("the database opens");
    for id in orders {
        let raw = id.parse::<OrderId>().expect("an id").raw();
        let found: i64 = conn
            .query_row("SELECT count(*) FROM orders WHERE id = ?", [raw], |row| row.get(0))
            .expect("an answer");
        assert_eq!(found, 1, "{id} was acknowledged");
    }
}
