//! A whole Matcha for one test: the real router on a real socket and a real database, with a clock and a chance that
//! the test owns. No worker runs by itself: what a worker would do, a test does by [`TestApp::work`].

use std::sync::atomic::{AtomicU64, Ordering};

use matcha::app::App;
use matcha::cashier;
use matcha::clock::Clock;
use matcha::domain::account::Remark;
use matcha::domain::adapter::Adapter;
use matcha::domain::log::Actor;
use matcha::domain::money::Fen;
use matcha::domain::notice::Rules;
use matcha::domain::receipt::ReadAs;
use matcha::domain::time::{Millis, Timestamp};
use matcha::flow::catalog::{self, CodeAdded, NewCode};
use matcha::flow::{device, expire, reread};
use matcha::rng::{Ids, Rng};
use matcha::secrets::Secrets;
use matcha::storage::Store;
use matcha::storage::sqlite::Sqlite;
use matcha::web::state::WebConfig;
use matcha::web::{self, Web};
use matcha::webhook;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::gateway::{Gateway, keys};

/// When every test begins: noon in China.
pub(crate) const START: &str = "2026-11-20T04:00:00.000Z";
/// The shop's blog, as browsers name it.
pub(crate) const BLOG: &str = "https://blog.example";
/// The notification id that 微信支付 has on every phone.
pub(crate) const WECHAT_PAY_ID: i64 = -656_511_598;

/// What a test may want to have otherwise.
pub(crate) struct Setup {
    pub(crate) adapters: Vec<Adapter>,
    pub(crate) live_orders_per_address: i64,
    pub(crate) trusted_proxies: Vec<&'static str>,
    pub(crate) transfer_daily_max: Fen,
    pub(crate) seed: u64,
}

/// A running server.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) web: Web,
    pub(crate) clock: Clock,
    pub(crate) base_url: String,
    pub(crate) owner_key: String,
    pub(crate) http: Client,
    pub(crate) dir: TempDir,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

/// Sends a request and reads the whole answer.
pub(crate) trait Ask {
    async fn ask(self) -> Answer;
}

impl Ask for RequestBuilder {
    async fn ask(self) -> Answer {
        let response = self.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("the answer is whole").to_vec();
        Answer { status, headers, bytes }
    }
}

impl Answer {
    /// Checks the status and shows the body where it is another.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible ASCII"))
    }

    /// Checks that this is a problem of that status and code, well formed, and returns its body.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("urn:matcha:problem:{code}"));
        assert_eq!(body["request_id"], self.header("x-request-id"));
        assert!(!body["detail"].as_str().unwrap().is_empty());
        body
    }
}

/// What a reader got for a wish to buy.
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) amount: String,
    pub(crate) body: Value,
}

impl Order {
    pub(crate) fn of(body: Value) -> Order {
        let text = |key: &str| body[key].as_str().unwrap_or_else(|| panic!("{key} in {body}")).to_owned();
        Order { id: text("id"), token: text("token"), amount: text("amount"), body }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/orders/{}{rest}", self.id)
    }
}

impl TestApp {
    pub(crate) async fn start() -> TestApp {
        TestApp::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Setup)) -> TestApp {
        let mut setup = Setup {
            adapters: Vec::new(),
            live_orders_per_address: 20,
            trusted_proxies: vec!["127.0.0.0/8", "::1/128"],
            transfer_daily_max: Fen::ZERO,
            seed: 20_261_120,
        };
        change(&mut setup);
        let dir = tempfile::tempdir().expect("a temporary folder");
        let clock = Clock::manual(START.parse().expect("a time"));
        let rng = Rng::seeded(setup.seed);
        let store = Store::new(Sqlite::open(&dir.path().join("matcha.db"), clock.now()).expect("a database"));
        let secrets = Secrets::open(&dir.path().join("master.key"), rng.bytes()).expect("a master key");
        let mut app = App::new(store, clock.clone(), rng, Ids::new(0), secrets, Rules::embedded())
            .with_rules_file(dir.path().join("rules.toml"));
        app.live_orders_per_address = setup.live_orders_per_address;
        app.transfer_daily_max = setup.transfer_daily_max;
        let owner_key =
            catalog::add_owner_key(&app, "tests".to_owned(), Actor::Console).await.expect("an owner key");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let rng = app.rng.clone();
        let app = app.with_cashiers(cashier::cashiers(crate::alipay::line(), &base_url, rng));
        let http = client();
        let (stop, stopping) = watch::channel(false);
        let config = WebConfig {
            base_url: base_url.clone(),
            trusted_proxies: setup
                .trusted_proxies
                .iter()
                .map(|net| net.parse().expect("a network"))
                .collect(),
            adapters: setup.adapters.into_iter().collect(),
            demo: None,
        };
        let web = Web::new(app.clone(), config, stopping.clone());
        let server = tokio::spawn(web::serve::serve(listener, web::router(web.clone()), stopping));
        TestApp { app, web, clock, base_url, owner_key, http, dir, stop, server: Some(server) }
    }

    /// Tells the server to stop and waits until it has.
    pub(crate) async fn stop(&mut self) {
        self.stop.send_replace(true);
        let server = self.server.take().expect("it is stopped once");
        server.await.expect("the server ends without a panic");
    }

    /// Tells the server to stop, and does not wait.
    pub(crate) fn begin_to_stop(&self) {
        self.stop.send_replace(true);
    }

    // ---- time ----

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(Millis::seconds(seconds));
    }

    /// What the workers would do at this instant.
    pub(crate) async fn work(&self) {
        let now = self.now();
        expire::run_once(&self.app, now).await.expect("orders expire");
        device::find_silent(&self.app, now).await.expect("phones are looked at");
        reread::all(&self.app, ReadAs::Pending, now).await.expect("notices are read");
    }

    // ---- requests ----

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base_url))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    pub(crate) fn options(&self, path: &str) -> RequestBuilder {
        self.request(Method::OPTIONS, path)
    }

    /// A request of the owner, to a path under `/api/v1/owner`.
    pub(crate) fn owner(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("/api/v1/owner{path}")).bearer_auth(&self.owner_key)
    }

    pub(crate) async fn owner_get(&self, path: &str) -> Value {
        self.owner(Method::GET, path).ask().await.is(200).json()
    }

    pub(crate) async fn owner_post(&self, path: &str, body: Value) -> Answer {
        self.owner(Method::POST, path).json(&body).ask().await
    }

    pub(crate) async fn owner_patch(&self, path: &str, body: Value) -> Answer {
        self.owner(Method::PATCH, path).json(&body).ask().await
    }

    // ---- a shop ----

    /// Makes an account and returns its id.
    pub(crate) async fn account(&self, channel: &str) -> String {
        let answer =
            self.owner_post("/accounts", json!({ "name": channel, "channel": channel })).await.is(201);
        text(&answer.json()["id"])
    }

    /// Makes an account at this gateway and returns its id.
    pub(crate) async fn official(&self, gateway: &Gateway) -> String {
        let body = json!({ "name": "official", "channel": "alipay_official", "keys": keys(gateway) });
        text(&self.owner_post("/accounts", body).await.is(201).json()["id"])
    }

    /// Uploads a picture as a code of that amount; an open code for no amount.
    pub(crate) async fn upload(&self, account: &str, picture: &[u8], amount: &str, remark: &str) -> Answer {
        let (kind, body) =
            multipart(&[("amount", amount.as_bytes()), ("remark", remark.as_bytes()), ("file", picture)]);
        let path = format!("/accounts/{account}/codes");
        self.owner(Method::POST, &path).header("content-type", kind).body(body).ask().await
    }

    /// Puts the sample codes of these amounts into use, as `matcha code import` does: an upload takes a quarter of a
    /// second to be looked at, which is spent where uploads are tested.
    pub(crate) async fn codes(&self, account: &str, channel: &str, amounts: &[&str]) {
        for amount in amounts {
            let cents = amount.replace('.', "");
            let payload = match channel {
                "wechat" => format!("wxp://f2f0MATCHA-SAMPLE-{cents:0>4}-DO-NOT-PAY"),
                _ => format!("https://qr.alipay.com/fkxMATCHASAMPLE{cents:0>4}"),
            };
            let new = NewCode {
                account: account.parse().expect("an account's id"),
                amount: Some(amount.parse().expect("an amount")),
                remark: Remark::none(),
                payload: Some(payload),
                verified: true,
                png: sample(channel, amount),
            };
            let added = catalog::add_code(&self.app, new, Actor::Console).await.expect("a code");
            assert!(matches!(added, CodeAdded::Yes { .. }), "{added:?}");
        }
    }

    pub(crate) async fn site(&self, slug: &str, origins: &[&str]) {
        let body = json!({ "slug": slug, "name": "山中茶事", "origins": origins });
        self.owner_post("/sites", body).await.is(201);
    }

    /// Makes a product with a text of its own and returns its id.
    pub(crate) async fn product(&self, site: &str, slug: &str, price: &str) -> String {
        let body = json!({ "site": site, "slug": slug, "title": "八十度的水", "price": price, "lock": "hosted",
            "html": format!("<p>the paid text of {slug}</p>") });
        text(&self.owner_post("/products", body).await.is(201).json()["id"])
    }

    /// Pairs a phone that hears all accounts.
    pub(crate) async fn phone(&self) -> Phone {
        let code = self.owner_post("/devices/pairing", json!({})).await.is(201).json();
        let body = json!({ "pairing_code": code["pairing_code"], "name": "柜台", "model": "test", "app_version": "1" });
        let paired = self.post("/api/v1/bridge/pair").json(&body).ask().await.is(200).json();
        Phone {
            id: text(&paired["device_id"]),
            secret: text(&paired["secret"]),
            base_url: self.base_url.clone(),
            http: self.http.clone(),
            clock: self.clock.clone(),
            off_by: Millis::ZERO,
            sent: AtomicU64::new(0),
        }
    }

    /// A WeChat account with codes for 1.00, 0.99 and 0.98, the site `blog` with the product `tea` for 1.00, a phone.
    pub(crate) async fn shop(&self) -> Phone {
        let account = self.account("wechat").await;
        self.codes(&account, "wechat", &["1.00", "0.99", "0.98"]).await;
        self.site("blog", &[BLOG]).await;
        self.product("blog", "tea", "1.00").await;
        self.phone().await
    }

    // ---- a reader ----

    /// A wish to buy the shop's product, to be sent with more headers.
    pub(crate) fn wish(&self) -> RequestBuilder {
        self.post("/api/v1/orders").json(&json!({ "site": "blog", "product": "tea" }))
    }

    pub(crate) async fn order(&self) -> Order {
        Order::of(self.wish().ask().await.is(201).json())
    }

    pub(crate) async fn see(&self, order: &Order) -> Value {
        self.get(&order.path("")).bearer_auth(&order.token).ask().await.is(200).json()
    }

    /// Orders, pays, and returns the order as it is then.
    pub(crate) async fn bought(&self, phone: &Phone) -> Order {
        let order = self.order().await;
        phone.receive(&order.amount).await;
        let mut body = self.see(&order).await;
        assert_eq!(body["status"], "paid", "{body}");
        body["token"] = json!(order.token);
        Order::of(body)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// A paired phone, whose clock may be wrong.
pub(crate) struct Phone {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) off_by: Millis,
    base_url: String,
    http: Client,
    clock: Clock,
    sent: AtomicU64,
}

impl Phone {
    /// The time that this phone shows.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().plus(self.off_by)
    }

    /// A number that no other message or notice of this phone has.
    pub(crate) fn fresh(&self) -> u64 {
        self.sent.fetch_add(1, Ordering::Relaxed)
    }

    /// A signed message.
    pub(crate) fn signed(&self, path: &str, id: &str, at: Timestamp, body: Vec<u8>) -> RequestBuilder {
        let seconds = at.millis() / 1000;
        let signature = webhook::sign(&self.secret, id, seconds, &body).expect("a secret that signs");
        self.http
            .post(format!("{}/api/v1/bridge{path}", self.base_url))
            .header("content-type", "application/json")
            .header("matcha-device", &self.id)
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature)
            .body(body)
    }

    /// Sends notices in a message of its own.
    pub(crate) async fn send(&self, notices: &[Value]) -> Answer {
        let body = json!({ "sent_at": self.now(), "notices": notices });
        let id = format!("msg_{}", self.fresh());
        self.signed("/notices", &id, self.now(), body.to_string().into_bytes()).ask().await
    }

    pub(crate) async fn heartbeat(&self) -> Answer {
        let body = json!({ "sent_at": self.now(), "app_version": "1.2", "listener_connected": true, "outbox_depth": 0 });
        let id = format!("beat_{}", self.fresh());
        self.signed("/heartbeat", &id, self.now(), body.to_string().into_bytes()).ask().await
    }

    /// What the phone shows when money comes in now.
    pub(crate) fn notice(&self, amount: &str) -> Value {
        self.notice_at(amount, self.now())
    }

    /// What the phone shows when money came in at `posted_at` by its clock.
    pub(crate) fn notice_at(&self, amount: &str, posted_at: Timestamp) -> Value {
        let n = self.fresh();
        json!({
            "id": format!("n{n}"), "package": "com.tencent.mm", "title": "微信支付",
            "text": format!("微信支付收款{amount}元(朋友到店)"), "posted_at": posted_at,
            "notification_id": WECHAT_PAY_ID, "key": format!("0|com.tencent.mm|{WECHAT_PAY_ID}|null|{n}"),
        })
    }

    /// Money of that amount comes in, and the server is told.
    pub(crate) async fn receive(&self, amount: &str) {
        self.send(&[self.notice(amount)]).await.is(200);
    }
}

/// A client that follows nothing and asks nobody on the way.
pub(crate) fn client() -> Client {
    // Whoever comes first chooses the process's TLS provider; all choose the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

/// A JSON string.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A sample code of the folder `qrcodes`.
pub(crate) fn sample(channel: &str, amount: &str) -> Vec<u8> {
    let path = format!("{}/qrcodes/{channel}/{amount}.png", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A form with files, and its content type.
pub(crate) fn multipart(fields: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, content) in fields {
        let file = if *name == "file" { "; filename=\"code.png\"" } else { "" };
        let head = format!("--matcha\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--matcha--\r\n");
    ("multipart/form-data; boundary=matcha".to_owned(), body)
}

/// A body with its ids, tokens and addresses blotted out, for snapshots.
pub(crate) fn shape(app: &TestApp, value: &Value) -> Value {
    match value {
        Value::String(text) => json!(blot(app, text)),
        Value::Array(items) => items.iter().map(|item| shape(app, item)).collect(),
        Value::Object(members) => {
            let blotted = members.iter().map(|(key, member)| {
                let secret = matches!(
                    key.as_str(),
                    "request_id" | "secret" | "pairing_code" | "pairing_url" | "pairing_qr" | "challenge"
                );
                (key.clone(), if secret { json!("[…]") } else { shape(app, member) })
            });
            Value::Object(blotted.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn blot(app: &TestApp, text: &str) -> String {
    let mut text = text.replace(&app.base_url, "http://matcha");
    for prefix in
        ["ord_", "ot_", "prd_", "acc_", "cod_", "dev_", "ntc_", "rcp_", "inb_", "unl_", "key_", "mu1."]
    {
        let mut from = 0;
        while let Some(at) = text[from..].find(prefix).map(|at| from + at) {
            let start = at + prefix.len();
            if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                from = start;
                continue;
            }
            let more = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let end = text[start..].find(|c| !more(c)).map_or(text.len(), |len| start + len);
            text.replace_range(start..end, "…");
            from = start;
        }
    }
    let groups: Vec<&str> = text.split('-').collect();
    if groups.len() == 5 && groups.iter().all(|g| g.len() == 5) { "[recovery code]".to_owned() } else { text }
}
