//! The simulator of the Alipay gateway (`tests/gateway/`) as a process of its own, with hands on its controls.
//!
//! It verifies and signs with Alipay's own SDK, so what Matcha signs is judged by code that is not ours. What the
//! controls mean is told in `tests/gateway/README.md`. The tests here put to it what other people's SDKs have signed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use matcha::domain::money::Fen;
use reqwest::{Client, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A running gateway. One that is dropped is stopped.
pub(crate) struct Gateway {
    child: Child,
    // The gateway ends when its input closes, and must be able to print.
    _pipes: (ChildStdin, BufReader<ChildStdout>),
    http: Client,
    pub(crate) ready: Ready,
}

/// What it says when it listens.
#[derive(Deserialize)]
pub(crate) struct Ready {
    /// `http://127.0.0.1:…`
    pub(crate) listening: String,
    /// The address of the API, with `/gateway.do`.
    pub(crate) gateway: String,
    pub(crate) control: String,
    pub(crate) app_id: String,
    pub(crate) seller_id: String,
    /// Its clock, as Shanghai's show it: `2026-01-02 15:04:05`.
    pub(crate) now: String,
    /// What a merchant pastes as Alipay's public key: base64 of SPKI.
    pub(crate) alipay_public_key: String,
    /// The application's private key, where the configuration named no `app_public_key`: base64 of PKCS#8.
    pub(crate) app_private_key: Option<String>,
}

/// A control that said no.
#[derive(Debug, Deserialize)]
pub(crate) struct Refused {
    #[serde(skip)]
    pub(crate) status: u16,
    pub(crate) error: String,
}

/// An order, and its trade once there is one.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    pub(crate) out_trade_no: String,
    pub(crate) trade_no: Option<String>,
    pub(crate) trade_status: Option<String>,
    pub(crate) total_amount: String,
    /// The sum of what went back.
    pub(crate) refunded: String,
}

/// An agreement, or a wish for one that has no number yet.
#[derive(Debug, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) agreement_no: Option<String>,
    pub(crate) external_agreement_no: String,
    pub(crate) status: Option<String>,
    /// How many charges succeeded.
    pub(crate) charges: u32,
    /// `2026-02-03`
    pub(crate) next_deduct_time: Option<String>,
}

/// A transfer.
#[derive(Debug, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) out_biz_no: String,
    pub(crate) status: String,
    pub(crate) amount: String,
}

/// All that the gateway remembers of orders, agreements and transfers, and the money that moved.
#[derive(Debug, Deserialize)]
pub(crate) struct State {
    pub(crate) orders: Vec<Order>,
    pub(crate) agreements: Vec<Agreement>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) ledger: Vec<Value>,
}

/// A notice and what became of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Notice {
    pub(crate) notify_id: String,
    pub(crate) notify_type: String,
    /// waiting, held, done or given up
    pub(crate) state: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) attempts: Vec<Attempt>,
}

/// One try to deliver a notice.
#[derive(Debug, Deserialize)]
pub(crate) struct Attempt {
    /// The gateway's time in Shanghai.
    pub(crate) at: String,
    pub(crate) status: Option<u16>,
    pub(crate) body: Option<String>,
}

/// A message that a test carries by hand, with the setting `"notices": "hold"`.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) notify_id: String,
    pub(crate) url: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// A call that the gateway received.
#[derive(Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) method: Option<String>,
    /// The application signed it.
    pub(crate) verified: bool,
    /// The text that the gateway built of it.
    pub(crate) signed_text: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) sub_code: Option<String>,
    /// The kind of the fault that it met.
    pub(crate) fault: Option<String>,
}

/// The gateway's clock.
#[derive(Debug, Deserialize)]
pub(crate) struct Time {
    /// `2026-01-02 15:04:05`, in Shanghai.
    pub(crate) now: String,
    /// When the next notice, closing or lapse is due.
    pub(crate) next_due: Option<String>,
}

/// A fault to come, as in `tests/gateway/README.md`.
pub(crate) struct Fault(Value);

impl Fault {
    /// `kind` for the next call of `target`: a method, `*`, `download`, `notify` or `return`.
    pub(crate) fn new(target: &str, kind: &str) -> Fault {
        Fault(json!({ "target": target, "kind": kind }))
    }

    /// For the next `n` of them.
    pub(crate) fn times(self, n: u32) -> Fault {
        self.with("times", json!(n))
    }

    /// With an option of its kind, or `where`.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Fault {
        self.0[name] = value;
        self
    }
}

impl Gateway {
    /// Starts one with this configuration, and returns as soon as it listens.
    pub(crate) fn start(config: &Value) -> Gateway {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateway");
        assert!(folder.join("node_modules").is_dir(), "run ./test, or npm ci in tests/gateway");
        let mut child = Command::new("node")
            .arg(folder.join("main.js"))
            .args(["--config", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        writeln!(stdin, "{config}").expect("it reads its configuration");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its output is text");
        assert!(!line.is_empty(), "the gateway ended instead of speaking");
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        // Nothing here speaks TLS, but the client wants to know that it could. A second one is refused.
        drop(rustls::crypto::ring::default_provider().install_default());
        // Node closes what is idle for some seconds: no connection is kept that a slow test would find closed.
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client");
        Gateway { child, _pipes: (stdin, stdout), http, ready }
    }

    /// Posts a form as a browser would; the page that it leads to, or `None` where no answer came.
    pub(crate) async fn post_form(&self, address: &str, body: String) -> Option<String> {
        let form = "application/x-www-form-urlencoded;charset=UTF-8";
        let request = self.http.post(address).header("content-type", form).body(body);
        request.send().await.ok()?.text().await.ok()
    }

    /// The buyer scans a code or logs in: the trade comes into being.
    pub(crate) async fn scan(&self, out_trade_no: &str) -> Result<Order, Refused> {
        self.post("/scan", &json!({ "out_trade_no": out_trade_no })).await
    }

    /// The buyer pays; the notice was tried when this returns.
    pub(crate) async fn pay(&self, out_trade_no: &str) -> Result<Order, Refused> {
        self.post("/pay", &json!({ "out_trade_no": out_trade_no })).await
    }

    /// The buyer pays what a QR code says.
    pub(crate) async fn pay_code(&self, qr_code: &str) -> Result<Order, Refused> {
        self.post("/pay", &json!({ "qr_code": qr_code })).await
    }

    /// An unpaid trade is closed by time.
    pub(crate) async fn close(&self, out_trade_no: &str) -> Result<Order, Refused> {
        self.post("/close", &json!({ "out_trade_no": out_trade_no })).await
    }

    /// The wallet opens a code, an order string, a GET address or a deep link: an order or an agreement, and `page`.
    pub(crate) async fn wallet(&self, link: &str) -> Result<Value, Refused> {
        self.post("/wallet", &json!({ "link": link })).await
    }

    /// The user agrees to what the page showed.
    pub(crate) async fn sign(&self, external_agreement_no: &str) -> Result<Agreement, Refused> {
        self.post("/agreement/sign", &json!({ "external_agreement_no": external_agreement_no })).await
    }

    /// The user agrees, and it is as yet in another state than NORMAL: TEMP.
    pub(crate) async fn sign_as(
        &self,
        external_agreement_no: &str,
        status: &str,
    ) -> Result<Agreement, Refused> {
        let said = json!({ "external_agreement_no": external_agreement_no, "status": status });
        self.post("/agreement/sign", &said).await
    }

    /// The user ends the agreement in the wallet.
    pub(crate) async fn unsign(&self, agreement_no: &str) -> Result<Agreement, Refused> {
        self.post("/agreement/unsign", &json!({ "agreement_no": agreement_no })).await
    }

    /// Alipay pauses (`STOP`) or resumes (`NORMAL`) the agreement and tells the application gateway.
    pub(crate) async fn turn(&self, agreement_no: &str, status: &str) -> Result<Agreement, Refused> {
        let said = json!({ "agreement_no": agreement_no, "status": status, "tell": true });
        self.post("/agreement/status", &said).await
    }

    /// A transfer that is dealt with ends: SUCCESS, FAIL, REFUND or CLOSED.
    pub(crate) async fn end_transfer(&self, out_biz_no: &str, status: &str) -> Result<Transfer, Refused> {
        self.post("/transfer", &json!({ "out_biz_no": out_biz_no, "status": status })).await
    }

    /// Money came in by a receive code or a plain transfer: the row of the account's book.
    pub(crate) async fn receipt(&self, amount: &str, memo: &str) -> Result<Value, Refused> {
        self.post("/receipt", &json!({ "amount": amount, "memo": memo })).await
    }

    /// Moves the clock, delivering on the way what is due.
    pub(crate) async fn advance(&self, seconds: u64) -> Result<Time, Refused> {
        self.post("/advance", &json!({ "seconds": seconds })).await
    }

    /// Moves the clock to a time of Shanghai, `2026-01-02 15:04:05`.
    pub(crate) async fn advance_to(&self, time: &str) -> Result<Time, Refused> {
        self.post("/advance", &json!({ "to": time })).await
    }

    /// Waits until no call is under way and every notice that is due was tried.
    pub(crate) async fn idle(&self) -> Result<Time, Refused> {
        self.post("/idle", &json!({})).await
    }

    /// Forgets everything but configuration and keys; the clock stands at this time of Shanghai.
    pub(crate) async fn reset(&self, clock_start: &str) -> Result<Time, Refused> {
        self.post("/reset", &json!({ "clock_start": clock_start })).await
    }

    pub(crate) async fn fault(&self, fault: Fault) -> Result<Value, Refused> {
        self.post("/faults", &fault.0).await
    }

    /// No fault is to come any more.
    pub(crate) async fn mend(&self) -> Result<Value, Refused> {
        self.ask(Method::DELETE, "/faults", None).await
    }

    pub(crate) async fn settings(&self, settings: &Value) -> Result<Value, Refused> {
        self.post("/settings", settings).await
    }

    /// Signs with the next key from now on; the new public key.
    pub(crate) async fn rotate(&self) -> Result<Value, Refused> {
        self.post("/rotate", &json!({})).await
    }

    pub(crate) async fn notices(&self) -> Vec<Notice> {
        self.ask(Method::GET, "/notifications", None).await.expect("a list")
    }

    /// The messages that are due, to be carried by hand.
    pub(crate) async fn take(&self) -> Vec<Message> {
        self.post("/notifications/take", &json!({})).await.expect("a list")
    }

    /// What was said to a message that was carried by hand.
    pub(crate) async fn answered(&self, notify_id: &str, status: u16, body: &str) -> Result<Notice, Refused> {
        let said = json!({ "notify_id": notify_id, "status": status, "body": body });
        self.post("/notifications/answer", &said).await
    }

    /// The calls received, oldest first.
    pub(crate) async fn calls(&self) -> Vec<Call> {
        self.ask(Method::GET, "/calls", None).await.expect("a list")
    }

    pub(crate) async fn state(&self) -> State {
        self.ask(Method::GET, "/state", None).await.expect("the state")
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, said: &Value) -> Result<T, Refused> {
        self.ask(Method::POST, path, Some(said)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        said: Option<&Value>,
    ) -> Result<T, Refused> {
        let request = self.http.request(method, format!("{}{path}", self.ready.control));
        let request = match said {
            Some(said) => request.json(said),
            None => request,
        };
        let response = request.send().await.expect("the gateway answers");
        let status = response.status();
        let text = response.text().await.expect("a whole answer");
        if status.is_success() {
            return Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}")));
        }
        let refused: Refused =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"));
        Err(Refused { status: status.as_u16(), ..refused })
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // That it is dead already is what we want.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

// ---- what other people's SDKs have signed ---------------------------------------------------------------------------

/// The keys of the application that the gateway made, as the owner's API takes them.
pub(crate) fn keys(gateway: &Gateway) -> Value {
    let ready = &gateway.ready;
    json!({
        "app_id": ready.app_id,
        "private_key": ready.app_private_key,
        "alipay_public_key": ready.alipay_public_key,
        "gateway": ready.gateway,
        "seller_id": ready.seller_id,
    })
}

/// A file of the vectors.
pub(crate) fn vectors(name: &str) -> Value {
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/alipay"));
    let path = std::env::var_os("MATCHA_ALIPAY_VECTORS").map_or_else(own, PathBuf::from).join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// A request as Alipay's SDK for Node signed it.
struct Signed {
    /// The part of its address after `?`.
    query: String,
    body: String,
    /// What it asks for.
    biz: Value,
    params: Value,
}

/// The requests of a method in the vectors, of those that Node's SDK sent or would send over HTTP and not encrypted.
fn requests(method: &str, certified: bool) -> Vec<Signed> {
    let all = vectors("requests.json");
    let fit = |request: &&Value| {
        request["method"] == method && request["cert_mode"] == certified && request["encrypted"] != true
    };
    let by_node = |request: &Value| {
        let node = |entry: &&Value| text(&entry["made_with"]).starts_with("alipay-sdk 4");
        let entry = request["signed_by"].as_array().expect("a list").iter().find(node)?;
        let (_, query) = entry["http"]["url"].as_str().or(entry["url"].as_str())?.split_once('?')?;
        Some(Signed {
            query: query.to_owned(),
            body: entry["http"]["body"].as_str().unwrap_or_default().to_owned(),
            biz: request["biz_content_object"].clone(),
            params: entry["params"].clone(),
        })
    };
    all["vectors"].as_array().expect("a list").iter().filter(fit).filter_map(by_node).collect()
}

/// The request of a method; where it is about a trade, about the one that a refund of the vectors is about.
fn signed(method: &str, certified: bool) -> Signed {
    let refunded = requests("alipay.trade.refund", false).remove(0).biz["out_trade_no"].clone();
    let of_no_trade = |biz: &Value| biz["out_trade_no"].is_null() && biz["trade_no"].is_null();
    let fits = |request: &Signed| request.biz["out_trade_no"] == refunded || of_no_trade(&request.biz);
    requests(method, certified).into_iter().find(fits).unwrap_or_else(|| panic!("a request of {method}"))
}

const PRECREATE: &str = "alipay.trade.precreate";
const QUERY: &str = "alipay.trade.query";
const REFUND: &str = "alipay.trade.refund";
const TRANSFER: &str = "alipay.fund.trans.uni.transfer";

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text"))
}

/// An amount, however it is written.
#[track_caller]
fn fen(yuan: &str) -> Fen {
    Fen::parse(yuan).unwrap_or_else(|error| panic!("{yuan}: {error}"))
}

/// A gateway whose merchant is that of the vectors, at the time at which its requests were signed.
pub(crate) fn of_vectors(certified: bool) -> Gateway {
    let keys = vectors("keys.json");
    let mut config = json!({
        "app_id": keys["app_id"],
        "seller_id": keys["seller_id"],
        "app_public_key": keys["app"]["public"]["spki_bare"],
        "private_key": keys["alipay"]["private"]["pkcs1_pem"],
        "next_private_key": keys["alipay_next"]["private"]["pkcs8_bare"],
        "aes_key": keys["aes_key"],
        "clock_start": signed(PRECREATE, false).params["timestamp"],
        // The addresses in the vectors are other people's: nothing is posted.
        "settings": { "notices": "hold" },
    });
    if certified {
        let certs = &vectors("certs.json")["certificates"];
        config["certificates"] = json!({
            "root": certs["root_bundle_pem"],
            "app": certs["app_cert_pem"],
            "alipay": certs["alipay_cert_pem"],
            "next": certs["alipay_cert_next_pem"],
        });
    }
    Gateway::start(&config)
}

impl Gateway {
    /// Sends that request; the answer's text, or `None` where none came.
    async fn replay(&self, request: &Signed) -> Option<String> {
        let Signed { query, body, .. } = request;
        self.post_form(&format!("{}?{query}", self.ready.gateway), body.clone()).await
    }

    /// The node of the answer to that request.
    async fn node(&self, request: &Signed) -> Value {
        let answer = self.replay(request).await.expect("an answer");
        let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        assert!(answer["sign"].is_string(), "{answer}");
        let mut nodes = answer.as_object().expect("an object").iter();
        nodes.find(|(name, _)| name.ends_with("_response")).expect("a node").1.clone()
    }
}

#[tokio::test]
async fn the_gateway_starts_and_answers_what_alipays_own_sdk_signed() {
    let gateway = of_vectors(false);
    let node = gateway.node(&signed(QUERY, false)).await;
    assert_eq!((&node["code"], &node["sub_code"]), (&json!("40004"), &json!("ACQ.TRADE_NOT_EXIST")));
    let calls = gateway.calls().await;
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(call.method.as_deref(), Some(QUERY));
    assert!(
        call.verified
            && call.signed_text.as_ref().is_some_and(|text| text.contains("&method=alipay.trade.query&"))
    );
    assert_eq!(
        (call.code.as_deref(), call.sub_code.as_deref()),
        (Some("40004"), Some("ACQ.TRADE_NOT_EXIST"))
    );
    assert!(call.fault.is_none());
    let keys = vectors("keys.json");
    assert_eq!(gateway.ready.alipay_public_key, text(&keys["alipay"]["public"]["spki_bare"]));
    assert_eq!(json!(gateway.ready.now), signed(PRECREATE, false).params["timestamp"]);
    assert_eq!(json!(gateway.ready.app_id), keys["app_id"]);
    assert_eq!(json!(gateway.ready.seller_id), keys["seller_id"]);
    assert!(gateway.ready.app_private_key.is_none(), "ours was given");
    assert!(gateway.ready.gateway.starts_with(&gateway.ready.listening));
    let next = gateway.rotate().await.unwrap();
    assert_eq!(next["alipay_public_key"], keys["alipay_next"]["public"]["spki_bare"]);
}

#[tokio::test]
async fn an_order_is_made_paid_told_and_partly_given_back() {
    let gateway = of_vectors(false);
    let (asked, refund) = (signed(PRECREATE, false), signed(REFUND, false));
    let made = gateway.node(&signed(PRECREATE, false)).await;
    let number = text(&made["out_trade_no"]);
    assert_eq!(gateway.scan(number).await.unwrap().trade_status.as_deref(), Some("WAIT_BUYER_PAY"));
    let paid = gateway.pay_code(text(&made["qr_code"])).await.unwrap();
    assert_eq!(paid.trade_status.as_deref(), Some("TRADE_SUCCESS"));
    assert_eq!(fen(&paid.total_amount), fen(text(&asked.biz["total_amount"])));
    let twice = gateway.pay(number).await.unwrap_err();
    assert_eq!((twice.status, twice.error.as_str()), (409, "the trade is TRADE_SUCCESS"));

    let taken = gateway.take().await;
    let [message] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!(message.url, text(&asked.params["notify_url"]));
    assert!(message.content_type.starts_with("application/x-www-form-urlencoded"));
    assert!(message.body.contains("trade_status=TRADE_SUCCESS"));
    let told = gateway.answered(&message.notify_id, 200, "success").await.unwrap();
    assert_eq!((told.state.as_str(), told.notify_type.as_str()), ("done", "trade_status_sync"));
    assert_eq!(Some(&told.fields["trade_no"]), paid.trade_no.as_ref());

    let given = gateway.node(&signed(REFUND, false)).await;
    assert_eq!(given["fund_change"], json!("Y"));
    assert_eq!(fen(text(&given["refund_fee"])), fen(text(&refund.biz["refund_amount"])));
    let begun = gateway.idle().await.unwrap();
    let unanswered = gateway.take().await;
    assert_eq!(unanswered.len(), 1, "the refund's");
    let later = gateway.advance(240).await.unwrap();
    assert!(later.next_due.is_some());
    let again = gateway.take().await;
    assert_eq!(again[0].notify_id, unanswered[0].notify_id);
    gateway.answered(&again[0].notify_id, 500, "").await.unwrap();
    let notices = gateway.notices().await;
    assert_eq!(notices[1].notify_id, again[0].notify_id);
    let attempts = notices[1].attempts.iter().map(|one| (one.at.as_str(), one.status, one.body.as_deref()));
    let expected = [(begun.now.as_str(), None, None), (later.now.as_str(), Some(500), Some(""))];
    assert_eq!(attempts.collect::<Vec<_>>(), expected);

    let state = gateway.state().await;
    assert_eq!(state.orders[0].out_trade_no, number);
    assert_eq!(fen(&state.orders[0].refunded), fen(text(&refund.biz["refund_amount"])));
    assert_eq!(state.ledger.len(), 2);
}

#[tokio::test]
async fn an_answer_is_lost_after_the_work_and_the_fault_is_over() {
    let gateway = of_vectors(false);
    gateway.node(&signed(PRECREATE, false)).await;
    let number = gateway.state().await.orders[0].out_trade_no.clone();
    gateway.pay(&number).await.unwrap();
    gateway.fault(Fault::new(REFUND, "lost_answer")).await.unwrap();
    assert!(gateway.replay(&signed(REFUND, false)).await.is_none());
    gateway.idle().await.unwrap();
    assert_eq!(gateway.calls().await.last().unwrap().fault.as_deref(), Some("lost_answer"));
    assert_eq!(gateway.node(&signed(REFUND, false)).await["fund_change"], json!("N"), "the same refund");
    let unknown = Fault::new("*", "system_error").times(9).with("work", json!(true));
    gateway.fault(unknown).await.unwrap();
    assert_eq!(gateway.node(&signed(QUERY, false)).await["code"], json!("20000"));
    gateway.mend().await.unwrap();
    assert_eq!(gateway.node(&signed(QUERY, false)).await["code"], json!("10000"));
    let wrong = gateway.fault(Fault::new("notify", "never")).await.unwrap_err();
    assert!(wrong.status == 400 && wrong.error.contains("duplicate"), "{wrong:?}");
}

#[tokio::test]
async fn time_closes_what_waits_and_receipts_come_without_a_trade() {
    let gateway = of_vectors(false);
    gateway.node(&signed(PRECREATE, false)).await;
    let number = gateway.state().await.orders[0].out_trade_no.clone();
    assert_eq!(gateway.close(&number).await.unwrap_err().status, 409, "there is no trade yet");
    gateway.scan(&number).await.unwrap();
    gateway.close(&number).await.unwrap();
    assert_eq!(gateway.state().await.orders[0].trade_status.as_deref(), Some("TRADE_CLOSED"));
    let row = gateway.receipt("0.98", "朋友到店").await.unwrap();
    assert_eq!((&row["trans_amount"], &row["direction"]), (&json!("0.98"), &json!("收入")));
    let settings = gateway.settings(&json!({ "buyer_ids": "both" })).await.unwrap();
    assert_eq!(settings["buyer_ids"], json!("both"));
    assert_eq!(gateway.advance_to("2099-01-01 00:00:00").await.unwrap().now, "2099-01-01 00:00:00");
    assert_eq!(gateway.reset("2026-06-01 08:00:00").await.unwrap().now, "2026-06-01 08:00:00");
    assert!(gateway.state().await.orders.is_empty());
}

#[tokio::test]
async fn an_agreement_is_signed_paused_and_ended_by_its_user() {
    let gateway = of_vectors(false);
    let link =
        format!("{}?{}", gateway.ready.gateway, signed("alipay.user.agreement.page.sign", false).query);
    let seen = gateway.wallet(&link).await.unwrap();
    let name = text(&seen["external_agreement_no"]);
    let agreement = gateway.sign(name).await.unwrap();
    assert_eq!((agreement.external_agreement_no.as_str(), agreement.charges), (name, 0));
    assert!(agreement.next_deduct_time.is_some());
    let number = agreement.agreement_no.unwrap();
    assert_eq!(gateway.turn(&number, "STOP").await.unwrap().status.as_deref(), Some("STOP"));
    assert_eq!(gateway.unsign(&number).await.unwrap().status.as_deref(), Some("UNSIGN"));
    assert_eq!(gateway.state().await.agreements.len(), 1);
    let told: Vec<String> = gateway.notices().await.into_iter().map(|notice| notice.notify_type).collect();
    assert_eq!(told, ["dut_user_sign"], "no application gateway is set, so the end reaches nobody");
}

#[tokio::test]
async fn in_certificate_mode_a_transfer_is_dealt_with_until_it_ends() {
    let gateway = of_vectors(true);
    gateway.fault(Fault::new(TRANSFER, "in_process")).await.unwrap();
    let sent = gateway.node(&signed(TRANSFER, true)).await;
    assert_eq!(sent["status"], json!("DEALING"));
    let asked = signed(TRANSFER, true).biz;
    let ended = gateway.end_transfer(text(&asked["out_biz_no"]), "SUCCESS").await.unwrap();
    assert_eq!(ended.status, "SUCCESS");
    assert_eq!(json!(ended.out_biz_no), asked["out_biz_no"]);
    assert_eq!(fen(&ended.amount), fen(text(&asked["trans_amount"])));
    assert_eq!(gateway.state().await.transfers.len(), 1);
}
