//! The client against a real server on this machine, which plays the gateway: what is sent, what is believed, what is
//! repeated. Nobody sleeps: times are injected, and short where they must pass.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method as HttpMethod, Response, Uri};
use serde_json::json;
use tokio::sync::Notify;

use super::*;
use crate::alipay::credentials::{Pasted, PastedTrust};
use crate::alipay::keys::PrivateKey;
use crate::alipay::methods::{
    AgreementNo, AgreementPay, AgreementQuery, AgreementRef, AppPay, BillPeriod, BillType, BillUrl,
    BillWhere, OutRequestNo, PagePay, Precreate, Precreated, Refund, RefundQuery, Subject, TradeNo,
};
use crate::alipay::vectors::{self, text};
use crate::domain::money::Fen;
use crate::domain::time::Day;

/// What the server does with one request.
#[derive(Clone)]
enum Act {
    /// Answers with this node of the method that was asked for, signed by this key.
    Sign(&'static str, Value),
    /// The same, naming this certificate.
    SignAs(&'static str, String, Value),
    /// Answers with these bytes, and these headers.
    Raw(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Never answers.
    Hang,
    /// Waits until it is let go, then answers as the next.
    Wait(Arc<Notify>, Box<Act>),
}

/// What the server was asked.
#[derive(Clone, Debug)]
struct Asked {
    method: HttpMethod,
    query: Params,
    body: Params,
}

impl Asked {
    /// All parameters, from wherever they stood.
    fn all(&self) -> Params {
        self.query.clone().into_iter().chain(self.body.clone()).collect()
    }
}

#[derive(Default)]
struct Fake {
    acts: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<Asked>>,
    busy: AtomicUsize,
    busiest: AtomicUsize,
    arrived: Notify,
}

impl Fake {
    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn fields(encoded: &[u8]) -> Params {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn body(asked: &Asked, key: &str, sn: Option<String>, node: &Value) -> Vec<u8> {
    let node_name = format!("{}_response", asked.query["method"].replace('.', "_"));
    let node = node.to_string().replace('/', "\\/");
    let signature = vectors::private(key)
        .sign(crate::alipay::sign::SignType::Rsa2, node.as_bytes(), &Rng::seeded(1))
        .unwrap();
    let sn = sn.map(|sn| format!(r#""alipay_cert_sn":"{sn}","#)).unwrap_or_default();
    format!(r#"{{"{node_name}":{node},{sn}"sign":"{signature}"}}"#).into_bytes()
}

async fn answer(State(fake): State<Arc<Fake>>, method: HttpMethod, uri: Uri, sent: Bytes) -> Response<Body> {
    let query = fields(uri.query().unwrap_or_default().as_bytes());
    let asked = Asked { method, query, body: fields(&sent) };
    fake.asked.lock().unwrap().push(asked.clone());
    let busy = fake.busy.fetch_add(1, Ordering::SeqCst) + 1;
    fake.busiest.fetch_max(busy, Ordering::SeqCst);
    fake.arrived.notify_one();
    let act = {
        let mut acts = fake.acts.lock().unwrap();
        // The last one stays.
        if acts.len() > 1 { acts.pop_front() } else { acts.front().cloned() }
    };
    let mut act = act.expect("an act");
    if let Act::Wait(go, then) = act {
        go.notified().await;
        act = *then;
    }
    let response = match act {
        Act::Sign(key, node) => Response::new(Body::from(body(&asked, key, None, &node))),
        Act::SignAs(key, sn, node) => Response::new(Body::from(body(&asked, key, Some(sn), &node))),
        Act::Raw(status, headers, bytes) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(bytes)).unwrap()
        }
        Act::Hang | Act::Wait(..) => std::future::pending().await,
    };
    fake.busy.fetch_sub(1, Ordering::SeqCst);
    response
}

fn quick() -> Settings {
    Settings {
        read_timeout: Millis::seconds(5),
        ask_pause: Millis::ZERO,
        repeat_pause: Millis::ZERO,
        ..Settings::default()
    }
}

/// A server that does `acts`, and a client of an account whose gateway it is.
async fn start(
    acts: Vec<Act>,
    settings: Settings,
    change: impl FnOnce(&mut Pasted),
) -> (Arc<Fake>, Arc<Client>) {
    let fake = Arc::new(Fake { acts: Mutex::new(acts.into()), ..Fake::default() });
    let router = Router::new().fallback(answer).with_state(Arc::clone(&fake));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let credentials = vectors::made(&["alipay"], |pasted| {
        pasted.gateway = format!("http://{address}/gateway.do");
        pasted.aes_key = None;
        change(pasted);
    });
    let client = Client::new(Line::direct(settings).unwrap(), Arc::new(credentials), Rng::seeded(1));
    (fake, Arc::new(client))
}

fn now() -> Timestamp {
    "2026-01-02T07:04:05Z".parse().unwrap()
}

fn number() -> OutTradeNo {
    OutTradeNo::new("P2026010201").unwrap()
}

fn query() -> TradeQuery {
    TradeQuery { trade: TradeRef::Ours(number()) }
}

fn precreate() -> Precreate {
    Precreate {
        out_trade_no: number(),
        total_amount: Fen::new(1000).unwrap(),
        subject: Subject::new("会员 1个月").unwrap(),
        body: None,
        expires_at: None,
        notify_url: Some(CallbackUrl::new("https://pay.example.com/notify?tenant=7&x=1").unwrap()),
    }
}

fn charge() -> AgreementPay {
    AgreementPay {
        out_trade_no: number(),
        total_amount: Fen::new(990).unwrap(),
        subject: Subject::new("x").unwrap(),
        agreement_no: AgreementNo::new("2026").unwrap(),
        notify_url: None,
    }
}

fn refund() -> Refund {
    Refund {
        trade: TradeRef::Ours(number()),
        amount: Fen::ONE,
        out_request_no: OutRequestNo::new("r1").unwrap(),
        reason: None,
    }
}

fn paid() -> Value {
    json!({ "code": "10000", "msg": "Success", "trade_status": "TRADE_SUCCESS", "total_amount": "10.00",
        "out_trade_no": "P2026010201" })
}

fn made() -> Value {
    json!({ "code": "10000", "out_trade_no": "P2026010201", "qr_code": "https://qr.alipay.com/x" })
}

#[tokio::test]
async fn public_parameters_stand_in_the_address_the_content_in_the_body_and_all_are_signed() {
    let (fake, client) = start(vec![Act::Sign("alipay", made())], quick(), |_| ()).await;
    let (out_trade_no, qr_code) = ("P2026010201".to_owned(), "https://qr.alipay.com/x".to_owned());
    assert_eq!(client.call(&precreate(), now()).await, Ok(Precreated::Code { out_trade_no, qr_code }));

    let [asked] = fake.asked().try_into().unwrap();
    assert_eq!(asked.method, HttpMethod::POST);
    assert_eq!(asked.body.keys().collect::<Vec<_>>(), ["biz_content"]);
    let content: Value = serde_json::from_str(&asked.body["biz_content"]).unwrap();
    assert_eq!(
        content,
        json!({ "out_trade_no": "P2026010201", "total_amount": "10.00", "subject": "会员 1个月" })
    );
    for (name, value) in [
        ("charset", "utf-8"),
        ("method", "alipay.trade.precreate"),
        ("format", "JSON"),
        ("sign_type", "RSA2"),
        ("version", "1.0"),
        ("timestamp", "2026-01-02 15:04:05"),
        ("notify_url", "https://pay.example.com/notify?tenant=7&x=1"),
    ] {
        assert_eq!(asked.query[name], value);
    }
    let text = canonical::of_request(&asked.all());
    let key = client.credentials().application_key();
    assert!(key.verifies(client.credentials().sign_type(), text.as_bytes(), &asked.query["sign"]));
}

#[tokio::test]
async fn a_call_that_nobody_answers_has_an_unknown_end_and_is_repeated_only_where_that_is_safe() {
    let settings = Settings { read_timeout: Millis::new(40), ..quick() };
    let (fake, client) = start(vec![Act::Hang], settings, |_| ()).await;
    let lost = Error::Unknown(Doubt::Timeout);
    assert!(lost.may_have_happened());
    assert_eq!(client.call(&charge(), now()).await, Err(lost.clone()));
    assert_eq!(fake.asked().len(), 1, "a charge is never sent twice by itself");
    assert_eq!(client.call(&query(), now()).await, Err(lost.clone()));
    assert_eq!(fake.asked().len(), 1 + limits::ALIPAY_ASK_TRIES as usize);
    let before = fake.asked().len();
    assert_eq!(client.call(&refund(), now()).await, Err(lost));
    let repeats = fake.asked().split_off(before);
    assert_eq!(repeats.len(), limits::ALIPAY_REPEAT_TRIES as usize);
    // The very same request: the same number, the same amount, the same signature.
    assert!(repeats.iter().all(|asked| asked.all() == repeats[0].all()));
}

#[tokio::test]
async fn all_repeats_together_stay_within_the_budget() {
    let settings = Settings { read_timeout: Millis::seconds(60), call_budget: Millis::new(40), ..quick() };
    let (fake, client) = start(vec![Act::Hang], settings, |_| ()).await;
    assert_eq!(client.call(&query(), now()).await, Err(Error::Unknown(Doubt::Timeout)));
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn what_the_gateway_does_not_know_is_asked_again_but_no_charge_is_repeated() {
    let busy = json!({ "code": "20000", "sub_code": "isp.unknow-error" });
    let acts = vec![
        Act::Sign("alipay", busy.clone()),
        Act::Raw(502, vec![], b"<html>".to_vec()),
        Act::Sign("alipay", paid()),
    ];
    let (fake, client) = start(acts, quick(), |_| ()).await;
    let Ok(Trade::Known(facts)) = client.call(&query(), now()).await else { panic!("known") };
    assert_eq!(facts.paid(), Fen::new(1000));
    assert_eq!(fake.asked().len(), 3);

    let (fake, client) =
        start(vec![Act::Sign("alipay", busy), Act::Sign("alipay", paid())], quick(), |_| ()).await;
    let unknown = client.call(&charge(), now()).await.unwrap_err();
    assert!(matches!(unknown, Error::Unknown(Doubt::Gateway { .. })) && unknown.may_have_happened());
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_on_the_way_is_no_failure() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hung_up = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&hung_up);
    tokio::spawn(async move {
        loop {
            use tokio::io::AsyncReadExt as _;
            let (mut socket, _) = listener.accept().await.unwrap();
            // Takes the request in, and hangs up.
            let mut heard = [0; 1024];
            assert!(socket.read(&mut heard).await.unwrap() > 0);
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let credentials = vectors::made(&["alipay"], |it| it.gateway = format!("http://{address}/gateway.do"));
    let client = Client::new(Line::direct(quick()).unwrap(), Arc::new(credentials), Rng::seeded(1));
    let error = client.call(&charge(), now()).await.unwrap_err();
    assert!(matches!(error, Error::Unknown(Doubt::Broken(_))), "{error:?}");
    assert!(!error.to_string().contains("sign="), "no request is told: {error}");
    assert_eq!(hung_up.load(Ordering::SeqCst), 1);
}

/// A server that takes in one request, hangs up, and is gone.
async fn gone_after_one() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::AsyncReadExt as _;
        let (mut socket, _) = listener.accept().await.unwrap();
        drop(listener);
        assert!(socket.read(&mut [0; 1024]).await.unwrap() > 0);
    });
    address
}

#[tokio::test]
async fn a_call_in_doubt_stays_in_doubt_when_its_repeat_cannot_be_sent() {
    let address = gone_after_one().await;
    let credentials = vectors::made(&["alipay"], |it| it.gateway = format!("http://{address}/gateway.do"));
    let client = Client::new(Line::direct(quick()).unwrap(), Arc::new(credentials), Rng::seeded(1));
    let error = client.call(&refund(), now()).await.unwrap_err();
    assert!(matches!(error, Error::Unknown(Doubt::Broken(_))) && error.may_have_happened(), "{error:?}");
}

#[tokio::test]
async fn a_no_to_the_repeat_of_a_call_in_doubt_is_no_proof_that_nothing_happened() {
    let no = Act::Sign("alipay", json!({ "code": "40004", "sub_code": "ACQ.TRADE_NOT_ALLOW_REFUND" }));
    for (acts, doubt) in [(vec![no.clone()], false), (vec![Act::Raw(502, vec![], vec![]), no], true)] {
        let (fake, client) = start(acts, quick(), |_| ()).await;
        let error = client.call(&refund(), now()).await.unwrap_err();
        assert_eq!(error.sub_code(), Some("ACQ.TRADE_NOT_ALLOW_REFUND"));
        assert_eq!((error.may_have_happened(), fake.asked().len()), (doubt, 1 + usize::from(doubt)));
    }
    let no = Act::Sign("alipay", json!({ "code": "40004", "sub_code": "ACQ.INVALID_PARAMETER" }));
    let (_, client) = start(vec![Act::Raw(502, vec![], vec![]), no], quick(), |_| ()).await;
    assert!(!client.call(&query(), now()).await.unwrap_err().may_have_happened(), "a question does nothing");
}

#[tokio::test]
async fn what_was_never_sent_did_not_happen() {
    // A port that was free a moment ago.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let credentials = vectors::made(&["alipay"], |it| it.gateway = format!("http://{address}/gateway.do"));
    let client = Client::new(Line::direct(quick()).unwrap(), Arc::new(credentials), Rng::seeded(1));
    let error = client.call(&charge(), now()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)) && !error.may_have_happened(), "{error:?}");

    let (fake, client) = start(vec![Act::Hang], quick(), |_| ()).await;
    let nothing = Precreate { total_amount: Fen::ZERO, ..precreate() };
    assert_eq!(client.call(&nothing, now()).await, Err(Error::Unfit(Unfit::Amount("total_amount"))));
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_no_comes_with_its_code_and_what_to_do() {
    let no = json!({ "code": "40004", "msg": "Business Failed", "sub_code": "ACQ.ACCESS_FORBIDDEN", "sub_msg": "无权限" });
    let (fake, client) = start(vec![Act::Sign("alipay", no)], quick(), |_| ()).await;
    let Err(Error::Refused(refusal)) = client.call(&precreate(), now()).await else { panic!("refused") };
    assert!(refusal.signed);
    assert_eq!(refusal.sub_msg, "无权限");
    assert!(refusal.advice().en.contains("contract") && refusal.advice().zh.contains("签约"));
    assert_eq!(fake.asked().len(), 1, "a no is not asked for twice");
}

#[tokio::test]
async fn a_trade_that_nobody_scanned_is_a_value_if_the_answer_is_signed() {
    let none = json!({ "code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST" });
    let unsigned = format!(r#"{{"alipay_trade_query_response":{none}}}"#);
    let acts = vec![Act::Sign("alipay", none), Act::Raw(200, vec![], unsigned.into_bytes())];
    let (_, client) = start(acts, quick(), |_| ()).await;
    assert_eq!(client.call(&query(), now()).await, Ok(Trade::NotYet));
    let Err(Error::Refused(refusal)) = client.call(&query(), now()).await else { panic!("refused") };
    assert!(!refusal.signed);
}

#[tokio::test]
async fn whatever_is_not_alipays_signature_is_not_believed() {
    let node = paid().to_string();
    let unsigned = format!(r#"{{"alipay_trade_query_response":{node}}}"#);
    let gbk =
        encoding_rs::GBK.encode(r#"{"error_response":{"code":"40002","sub_msg":"无效"}}"#).0.into_owned();
    for (act, bad) in [
        (Act::Sign("other", paid()), true),
        (Act::Sign("app", paid()), true),
        (Act::Raw(200, vec![], unsigned.into_bytes()), true),
        (Act::Raw(200, vec![("content-type", "text/html;charset=GBK".to_owned())], gbk), false),
    ] {
        let (fake, client) = start(vec![act], quick(), |_| ()).await;
        let error = client.call(&query(), now()).await.unwrap_err();
        assert_eq!(matches!(error, Error::BadSignature(_)), bad, "{error:?}");
        assert!(error.may_have_happened());
        assert_eq!(fake.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_genuine_answer_about_another_number_is_not_believed() {
    let refund_query = RefundQuery {
        trade: TradeRef::Alipays(TradeNo::new("2026").unwrap()),
        out_request_no: OutRequestNo::new("r1").unwrap(),
    };
    let agreement = AgreementQuery { agreement: AgreementRef::Alipays(AgreementNo::new("2026").unwrap()) };
    let node = |name: &str, value: &str| {
        let mut node = json!({ "code": "10000", "trade_status": "TRADE_SUCCESS", "total_amount": "9.90",
            "qr_code": "https://qr.alipay.com/x", "refund_status": "REFUND_SUCCESS", "status": "NORMAL" });
        node[name] = Value::from(value);
        node
    };
    for (name, ours) in [
        ("out_trade_no", "P2026010201"),
        ("trade_no", "2026"),
        ("out_request_no", "r1"),
        ("agreement_no", "2026"),
    ] {
        for value in [ours, "P2026010202"] {
            let (_, client) = start(vec![Act::Sign("alipay", node(name, value))], quick(), |_| ()).await;
            let errors = match name {
                "out_trade_no" => vec![
                    client.call(&query(), now()).await.err(),
                    client.call(&precreate(), now()).await.err(),
                    client.call(&charge(), now()).await.err(),
                    client.call(&refund(), now()).await.err(),
                    client.probe(&number(), now()).await.outcome.err(),
                ],
                "agreement_no" => vec![client.call(&agreement, now()).await.err()],
                _ => vec![client.call(&refund_query, now()).await.err()],
            };
            for error in errors {
                let expected = (value != ours).then_some(Error::Unreadable(ResponseError::Another(name)));
                assert!(expected.as_ref().is_none_or(Error::may_have_happened));
                assert_eq!(error, expected, "{name} {value}");
            }
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed_and_answers_have_a_bound() {
    let elsewhere = vec![("location", "https://example.com/".to_owned())];
    let (fake, client) = start(vec![Act::Raw(302, elsewhere, vec![])], quick(), |_| ()).await;
    assert_eq!(client.call(&charge(), now()).await, Err(Error::Unknown(Doubt::Status(302))));
    assert_eq!(fake.asked().len(), 1);

    let settings = Settings { answer_bytes_max: 1000, ..quick() };
    let (_, client) = start(vec![Act::Raw(200, vec![], vec![b' '; 1001])], settings, |_| ()).await;
    assert_eq!(client.call(&query(), now()).await, Err(Error::Unknown(Doubt::TooLong)));
}

#[tokio::test]
async fn only_so_many_calls_are_in_flight_and_who_waits_too_long_is_sent_away_unsent() {
    let go = Arc::new(Notify::new());
    let waits = Act::Wait(Arc::clone(&go), Box::new(Act::Sign("alipay", paid())));
    let settings = Settings { calls_max: 2, turn_wait: Millis::new(40), ..quick() };
    let (fake, client) = start(vec![waits], settings, |_| ()).await;
    let call = || {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.call(&query(), now()).await })
    };
    let (one, two) = (call(), call());
    while fake.asked().len() < 2 {
        fake.arrived.notified().await;
    }
    let busy = client.call(&query(), now()).await;
    assert_eq!(busy, Err(Error::Busy));
    go.notify_one();
    go.notify_one();
    assert!(one.await.unwrap().is_ok() && two.await.unwrap().is_ok());
    assert_eq!((fake.busiest.load(Ordering::SeqCst), fake.asked().len()), (2, 2));
}

#[tokio::test]
async fn contents_are_encrypted_where_the_account_has_a_key_and_pages_never_are() {
    let aes = text(&vectors::file("keys.json"), "aes_key").to_owned();
    let key = crate::alipay::aes::AesKey::paste(&aes).unwrap();
    let secret = Value::from(key.encrypt(&made().to_string()));
    let (fake, client) =
        start(vec![Act::Sign("alipay", secret)], quick(), |it| it.aes_key = Some(aes.into())).await;
    // The node is a text; the slashes in its base64 are escaped on the wire, and signed so.
    assert!(client.call(&precreate(), now()).await.is_ok());
    let [asked] = fake.asked().try_into().unwrap();
    assert_eq!(asked.query["encrypt_type"], "AES");
    assert!(key.decrypt(&asked.body["biz_content"]).unwrap().contains("P2026010201"));
    let text = canonical::of_request(&asked.all());
    let own = client.credentials().application_key();
    assert!(own.verifies(client.credentials().sign_type(), text.as_bytes(), &asked.query["sign"]));

    let page = page_pay();
    let signed = client.page(&page, now()).unwrap();
    assert!(!signed.params().contains_key("encrypt_type") && signed.params()["biz_content"].starts_with('{'));
}

fn page_pay() -> PagePay {
    let url = |text| Some(CallbackUrl::new(text).unwrap());
    PagePay {
        out_trade_no: number(),
        total_amount: Fen::new(1000).unwrap(),
        subject: Subject::tidy("A&B <\"x\">", "x"),
        body: None,
        expires_at: Some(now()),
        agreement: None,
        notify_url: url("https://pay.example.com/n"),
        return_url: url("https://pay.example.com/r?order=1&lang=zh-CN"),
    }
}

#[tokio::test]
async fn pages_are_signed_with_where_to_come_back_and_without_a_server() {
    let (fake, client) = start(vec![Act::Hang], quick(), |_| ()).await;
    let signed = client.page(&page_pay(), now()).unwrap();
    assert_eq!(signed.params()["return_url"], "https://pay.example.com/r?order=1&lang=zh-CN");
    let link = signed.link(client.credentials().gateway().url()).unwrap();
    assert!(link.starts_with("http://127.0.0.1") && link.contains("charset=utf-8"));
    let order = AppPay {
        out_trade_no: number(),
        total_amount: Fen::ONE,
        subject: Subject::new("x").unwrap(),
        body: None,
        expires_at: None,
        agreement: None,
        notify_url: None,
    };
    let order = client.page(&order, now()).unwrap().order_string();
    assert!(order.contains("method=alipay.trade.app.pay") && !order.contains("return_url"));
    assert!(fake.asked().is_empty());
}

/// What is downloaded as a certificate.
fn downloaded(pem: &str) -> Value {
    json!({ "code": "10000", "alipay_cert_content": STANDARD.encode(pem) })
}

struct Certificates {
    next: String,
    forged: String,
    known: String,
    next_sn: String,
    known_sn: String,
}

fn certificates() -> Certificates {
    let certs = vectors::file("certs.json");
    let chain = |key| text(&certs["chain"], key).to_owned();
    let roots = Roots::paste(&chain("root_bundle_pem")).unwrap();
    let (next, known) = (chain("good_next_alipay_cert_chain_pem"), chain("good_alipay_cert_chain_pem"));
    let sn = |pem: &str| roots.trust(pem, &[]).unwrap().sn().to_owned();
    let (next_sn, known_sn) = (sn(&next), sn(&known));
    Certificates { forged: chain("forged_alipay_cert_chain_pem"), next, known, next_sn, known_sn }
}

fn certified(pasted: &mut Pasted) {
    let certs = vectors::file("certs.json");
    let pem = |key| text(&certs["certificates"], key).to_owned();
    pasted.trust = PastedTrust::Certificates {
        app: pem("app_cert_pem"),
        alipay: pem("alipay_cert_pem"),
        roots: pem("root_bundle_pem"),
    };
}

#[tokio::test]
async fn in_certificate_mode_requests_name_the_certificates_and_answers_are_checked_by_the_one_they_name() {
    let certs = certificates();
    let acts = vec![
        Act::SignAs("alipay", certs.known_sn.clone(), paid()),
        Act::SignAs("alipay_next", certs.known_sn.clone(), paid()),
    ];
    let (fake, client) = start(acts, quick(), certified).await;
    let now = vectors::certificates_in_force();
    assert!(client.call(&query(), now).await.is_ok());
    let asked = fake.asked().remove(0);
    assert_eq!(
        Some(asked.query["app_cert_sn"].as_str()),
        client.credentials().app_certificate().map(AppCert::sn)
    );
    assert_eq!(
        Some(asked.query["alipay_root_cert_sn"].as_str()),
        client.credentials().roots().map(Roots::sn)
    );
    // Another of Alipay's keys, under the name of the known certificate.
    assert!(matches!(client.call(&query(), now).await, Err(Error::BadSignature(_))));
}

#[tokio::test]
async fn a_new_certificate_is_fetched_once_checked_and_then_known() {
    let certs = certificates();
    for signer in ["alipay", "alipay_next"] {
        let sn = if signer == "alipay" { &certs.known_sn } else { &certs.next_sn };
        let acts = vec![
            Act::SignAs("alipay_next", certs.next_sn.clone(), paid()),
            Act::SignAs(signer, sn.clone(), downloaded(&certs.next)),
            Act::SignAs("alipay_next", certs.next_sn.clone(), paid()),
        ];
        let (fake, client) = start(acts, quick(), certified).await;
        let now = vectors::certificates_in_force();
        assert!(client.call(&query(), now).await.is_ok());
        assert!(client.call(&query(), now).await.is_ok());
        let methods: Vec<_> = fake.asked().into_iter().map(|asked| asked.query["method"].clone()).collect();
        assert_eq!(methods, ["alipay.trade.query", CERT_DOWNLOAD, "alipay.trade.query"]);
        let asked: Value = serde_json::from_str(&fake.asked()[1].body["biz_content"]).unwrap();
        assert_eq!(asked, json!({ "alipay_cert_sn": certs.next_sn }));
        assert_eq!(client.keyring().certificates().len(), 2, "notices are checked with it too");
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_trusted_leaves_the_answer_unbelieved() {
    let certs = certificates();
    let question = Act::SignAs("alipay_next", certs.next_sn.clone(), paid());
    let download = |node| Act::SignAs("alipay_next", certs.next_sn.clone(), node);
    let none = json!({ "code": "40004", "sub_code": "isv.cert-not-found" });
    for (what, act, now) in [
        ("a failure", Act::Raw(500, vec![], vec![]), None),
        ("no answer", Act::Raw(200, vec![], b"{}".to_vec()), None),
        ("a no", download(none), None),
        ("a forged one", download(downloaded(&certs.forged)), None),
        ("another one", download(downloaded(&certs.known)), None),
        ("rubbish", download(downloaded("rubbish")), None),
        (
            "a download that nobody signed",
            Act::SignAs("other", certs.next_sn.clone(), downloaded(&certs.next)),
            None,
        ),
        ("one that is over", download(downloaded(&certs.next)), Some(Timestamp::MAX)),
    ] {
        let (fake, client) = start(vec![question.clone(), act], quick(), certified).await;
        let now = now.unwrap_or_else(vectors::certificates_in_force);
        let outcome = client.call(&query(), now).await;
        assert!(matches!(outcome, Err(Error::BadSignature(_))), "{what}: {outcome:?}");
        assert_eq!((fake.asked().len(), client.keyring().certificates().len()), (2, 1), "{what}");
    }
}

#[tokio::test]
async fn a_merchants_certificate_is_not_alipays_although_it_leads_to_the_same_roots() {
    let (certs, now) = (vectors::file("certs.json"), vectors::certificates_in_force());
    let chain = text(&certs["chain"], "good_alipay_cert_chain_pem");
    let issuer = &chain[chain.rfind("-----BEGIN").unwrap()..];
    let merchants = format!("{}\n{issuer}", text(&certs["certificates"], "app_cert_pem"));
    let roots = Roots::paste(text(&certs["chain"], "root_bundle_pem")).unwrap();
    let sn = roots.trust_at(&merchants, &[], now).unwrap().sn().to_owned();
    // Who holds its key can sign both answers.
    let acts = vec![Act::SignAs("app", sn.clone(), paid()), Act::SignAs("app", sn, downloaded(&merchants))];
    let (fake, client) = start(acts, quick(), certified).await;
    assert!(matches!(client.call(&query(), now).await, Err(Error::BadSignature(_))));
    assert_eq!((fake.asked().len(), client.keyring().certificates().len()), (2, 1));
}

#[tokio::test]
async fn nothing_is_fetched_for_what_is_no_number_of_a_certificate() {
    for sn in ["x", "../../etc", "0123456789abcdef0123456789abcde", "g123456789abcdef0123456789abcdef"] {
        let (fake, client) =
            start(vec![Act::SignAs("other", sn.to_owned(), paid())], quick(), certified).await;
        let asked = client.call(&query(), vectors::certificates_in_force()).await;
        assert!(matches!(asked, Err(Error::BadSignature(_))));
        assert_eq!(fake.asked().len(), 1, "{sn}");
    }
}

#[tokio::test]
async fn a_probe_tells_what_was_answered_and_how_far_the_clocks_are_apart() {
    let none = json!({ "code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST" });
    let asked = Asked {
        method: HttpMethod::POST,
        query: [("method".to_owned(), TradeQuery::NAME.to_owned())].into(),
        body: Params::new(),
    };
    let raw = body(&asked, "alipay", None, &none);
    let date = vec![("date", "Fri, 02 Jan 2026 07:14:05 GMT".to_owned())];
    let (_, client) = start(vec![Act::Raw(200, date, raw)], quick(), |_| ()).await;
    let probe = client.probe(&number(), now()).await;
    assert_eq!(probe, Probe { outcome: Ok(Trade::NotYet), ahead: Some(Millis::seconds(600)) });
}

#[tokio::test]
async fn a_bill_is_fetched_from_alipay_alone() {
    let (fake, client) = start(vec![Act::Raw(200, vec![], b"PK".to_vec())], quick(), |_| ()).await;
    let at = client.credentials().gateway().url().replace("gateway.do", "bill.zip?x=1");
    assert_eq!(client.fetch_bill(&at).await.as_deref(), Ok(b"PK".as_slice()));
    for address in ["https://example.com/bill", "file:///etc/passwd", "https://127.0.0.2/", "x"] {
        assert!(matches!(client.fetch_bill(address).await, Err(Error::Unfit(_))), "{address}");
    }
    assert_eq!(fake.asked().len(), 1);
    let real = Client::new(
        Line::direct(quick()).unwrap(),
        Arc::new(vectors::made(&["alipay"], |it| it.gateway = "production".to_owned())),
        Rng::seeded(1),
    );
    for (address, good) in [
        ("https://dwbillcenter.alipay.com/downloadBillFile.resource?x=1", true),
        ("http://dwbillcenter.alipay.com/x", true),
        ("https://alipay.com.example.com/x", false),
        ("https://evilalipay.com/x", false),
        ("https://dwbillcenter.alipay.com@example.com/x", false),
    ] {
        assert_eq!(real.is_alipays(address), good, "{address}");
    }
}

#[tokio::test]
async fn where_a_bill_is_may_be_asked_again() {
    let at = json!({ "code": "10000", "bill_download_url": "https://dwbillcenter.alipay.com/x" });
    let acts = vec![Act::Raw(503, vec![], vec![]), Act::Sign("alipay", at)];
    let (fake, client) = start(acts, quick(), |_| ()).await;
    let day: Day = "2026-01-01".parse().unwrap();
    let asked = client.call(&BillUrl { kind: BillType::Trade, period: BillPeriod::Day(day) }, now()).await;
    assert_eq!(asked, Ok(BillWhere::At("https://dwbillcenter.alipay.com/x".to_owned())));
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn an_old_account_signs_the_old_way_and_is_answered_the_old_way() {
    use crate::alipay::sign::SignType;
    let keys = vectors::file("keys.json");
    let old = text(&keys["app_rsa1024"]["private"], "pkcs8_bare").to_owned();
    let node = r#"{"code":"10000","trade_status":"WAIT_BUYER_PAY"}"#;
    let sign = |by| vectors::private("alipay").sign(by, node.as_bytes(), &Rng::seeded(1)).unwrap();
    for (by, good) in [(SignType::Rsa1, true), (SignType::Rsa2, false)] {
        let raw =
            format!(r#"{{"alipay_trade_query_response":{node},"sign":"{}","sign_type":"RSA2"}}"#, sign(by));
        let old = old.clone();
        let (fake, client) = start(vec![Act::Raw(200, vec![], raw.into_bytes())], quick(), |it| {
            it.sign_type = SignType::Rsa1;
            it.private_key = old.into();
        })
        .await;
        assert_eq!(client.call(&query(), now()).await.is_ok(), good);
        let asked = fake.asked().remove(0);
        assert_eq!(asked.query["sign_type"], "RSA");
        let key = PrivateKey::paste(text(&keys["app_rsa1024"]["private"], "pkcs1_pem")).unwrap().public();
        assert!(key.verifies(
            SignType::Rsa1,
            canonical::of_request(&asked.all()).as_bytes(),
            &asked.query["sign"]
        ));
    }
}
