//! Matcha's client of Alipay at the simulator of its gateway: every method once, and what a broken line makes of it.
//!
//! Alipay's own SDK verifies what the client signs and signs what it must believe. Time is the gateway's.

use std::sync::Arc;

use html5gum::{Token, Tokenizer};
use matcha::alipay::bill::{self, TradeKind};
use matcha::alipay::certs::{CertError, Roots};
use matcha::alipay::credentials::{Credentials, Pasted, PastedTrust};
use matcha::alipay::gateway::{Client, Error, Line, Settings};
use matcha::alipay::methods::{
    AccountLog, AgreementPage, AgreementPay, AgreementQuery, AgreementRef, AgreementState, AgreementTerms,
    BillPeriod, BillType, BillUrl, BillWhere, Cancel, CancelAction, Channel, Checked, Close, Closed, Kind,
    PagePay, Paid, Payee, Period, PeriodRule, PlanModify, Precreate, Precreated, Refund, RefundQuery,
    RefundState, Trade, TradeQuery, TradeRef, Transfer, TransferQuery, TransferState, TransferStatus, Unsign,
    Unsigned, WapPay,
};
use matcha::alipay::notice::{AgreementStatus, Event, Form, Happened, Receiver};
use matcha::alipay::sign::SignType;
use matcha::domain::money::Fen;
use matcha::domain::time::{Day, Millis, Timestamp};
use matcha::rng::Rng;
use serde_json::{Value, json};

use crate::gateway::{self, Fault, Gateway, text, vectors};

const NOTIFY: &str = "https://pay.example/alipay/notify";
const REFUND: &str = "alipay.trade.refund";

/// A merchant's client and the gateway that it speaks to. Notices are carried by hand.
struct Shop {
    gateway: Gateway,
    client: Client,
    now: Timestamp,
}

fn word<K: Kind>(text: &str) -> Checked<K> {
    Checked::new(text).expect("a text of its kind")
}

fn fen(n: i64) -> Fen {
    Fen::new(n).expect("a test's amount is in range")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn ours(number: &str) -> TradeRef {
    TradeRef::Ours(word(number))
}

/// A client with these keys, of which nobody waits: what is asked again is asked at once.
fn client(gateway: &Gateway, key: String, trust: PastedTrust, aes_key: Option<String>) -> Client {
    let ready = &gateway.ready;
    let pasted = Pasted {
        app_id: ready.app_id.clone(),
        private_key: key.into(),
        sign_type: SignType::Rsa2,
        trust,
        aes_key: aes_key.map(Into::into),
        gateway: ready.gateway.clone(),
        seller_id: Some(ready.seller_id.clone()),
    };
    let credentials = Arc::new(Credentials::from_pasted(&pasted).expect("good keys"));
    Client::new(line(), credentials, Rng::seeded(1))
}

/// A line past any proxy, on which nobody waits.
pub(crate) fn line() -> Line {
    let settings = Settings { ask_pause: Millis::ZERO, repeat_pause: Millis::ZERO, ..Settings::default() };
    Line::direct(settings).expect("a line")
}

/// A client with the keys that the gateway made.
pub(crate) fn client_of(gateway: &Gateway) -> Client {
    let key = gateway.ready.app_private_key.clone().expect("a key that it made");
    client(gateway, key, PastedTrust::Keys(vec![gateway.ready.alipay_public_key.clone()]), None)
}

/// A day after the newer of Alipay's certificates in the vectors began.
fn certificates_in_force() -> Timestamp {
    let certs = &vectors("certs.json")["certificates"];
    let roots = Roots::paste(text(&certs["root_bundle_pem"])).expect("roots");
    let begins = |name: &str| {
        let cert = roots.trust(text(&certs[name]), &[]).expect("a certificate");
        match cert.key_at(Timestamp::from_millis(0)) {
            Err(CertError::NotYet(from)) => from,
            other => panic!("it begins after 1970: {other:?}"),
        }
    };
    begins("alipay_cert_pem").max(begins("alipay_cert_next_pem")).plus(Millis::seconds(24 * 3600))
}

impl Shop {
    /// With keys that the gateway made.
    fn open() -> Shop {
        let config = json!({ "clock_start": "2026-01-02 15:04:05", "settings": { "notices": "hold" } });
        let gateway = Gateway::start(&config);
        let key = gateway.ready.app_private_key.clone().expect("a key that it made");
        let trust = PastedTrust::Keys(vec![gateway.ready.alipay_public_key.clone()]);
        Shop::of(gateway, key, trust, None)
    }

    /// With the keys of the vectors, encrypted; and with their certificates if `certified`.
    fn of_vectors(certified: bool) -> Shop {
        let gateway = gateway::of_vectors(certified);
        let keys = vectors("keys.json");
        let certs = &vectors("certs.json")["certificates"];
        let pem = |name: &str| text(&certs[name]).to_owned();
        let trust = if certified {
            let (app, alipay, roots) = (pem("app_cert_pem"), pem("alipay_cert_pem"), pem("root_bundle_pem"));
            PastedTrust::Certificates { app, alipay, roots }
        } else {
            PastedTrust::Keys(vec![gateway.ready.alipay_public_key.clone()])
        };
        let key = text(&keys["app"]["private"]["pkcs1_bare"]).to_owned();
        Shop::of(gateway, key, trust, Some(text(&keys["aes_key"]).to_owned()))
    }

    fn of(gateway: Gateway, key: String, trust: PastedTrust, aes_key: Option<String>) -> Shop {
        let client = client(&gateway, key, trust, aes_key);
        let now = Timestamp::from_china_clock(&gateway.ready.now).expect("a time");
        Shop { gateway, client, now }
    }

    async fn at(&mut self, time: &str) {
        let time = self.gateway.advance_to(time).await.expect("a time to come");
        self.now = Timestamp::from_china_clock(&time.now).expect("a time");
    }

    /// A code of ¥10.00 under this number.
    async fn precreated(&self, number: &str) -> Precreated {
        let asked = Precreate {
            out_trade_no: word(number),
            total_amount: fen(1000),
            subject: word("会员 1个月"),
            body: None,
            expires_at: None,
            notify_url: Some(word(NOTIFY)),
        };
        self.client.call(&asked, self.now).await.expect("an answer")
    }

    /// What the code says.
    async fn code(&self, number: &str) -> String {
        match self.precreated(number).await {
            Precreated::Code { qr_code, .. } => qr_code,
            Precreated::PaidBefore => panic!("{number} was paid before"),
        }
    }

    async fn trade(&self, number: &str) -> Trade {
        self.client.call(&TradeQuery { trade: ours(number) }, self.now).await.expect("an answer")
    }

    async fn paid(&self, number: &str) -> Option<Fen> {
        match self.trade(number).await {
            Trade::Known(facts) => facts.paid(),
            Trade::NotYet => None,
        }
    }

    fn refund(number: &str, amount: i64) -> Refund {
        Refund {
            trade: ours(number),
            amount: fen(amount),
            out_request_no: word(&format!("{number}R{amount}")),
            reason: Some(word("不想要了")),
        }
    }

    /// What the notices that are due tell, each believed and answered.
    async fn told(&self) -> Vec<Event> {
        let keyring = self.client.keyring();
        let ready = &self.gateway.ready;
        let receiver =
            Receiver { app_id: &ready.app_id, seller_id: Some(&ready.seller_id), keyring: &keyring };
        let mut events = Vec::new();
        for message in self.gateway.take().await {
            let form = Form::parse(message.body.as_bytes()).expect("a form");
            let notice = form.verify(&receiver, self.now).expect("Alipay's signature");
            events.push(notice.event().expect("an event"));
            self.gateway.answered(&message.notify_id, 200, "success").await.expect("its notice");
        }
        events
    }

    fn terms(number: &str) -> AgreementTerms {
        AgreementTerms {
            external_agreement_no: word(number),
            external_logon_id: Some(word("reader42")),
            sign_scene: word("INDUSTRY|DIGITAL_MEDIA"),
            channel: Channel::Code,
            rule: PeriodRule {
                period: Period::Months(1),
                first_charge: day("2026-02-03"),
                single_amount: fen(2800),
                total_amount: None,
                total_payments: None,
            },
        }
    }

    async fn charge(&self, agreement: &str, number: &str) -> Result<Paid, Error> {
        let asked = AgreementPay {
            out_trade_no: word(number),
            total_amount: fen(2800),
            subject: word("会员续费"),
            agreement_no: word(agreement),
            notify_url: Some(word(NOTIFY)),
        };
        self.client.call(&asked, self.now).await
    }

    /// Sends a form as a browser would, and follows where it leads; the page.
    async fn submit(&self, html: &str) -> String {
        let (mut action, mut fields) = (String::new(), form_urlencoded::Serializer::new(String::new()));
        for token in Tokenizer::new(html) {
            let Ok(Token::StartTag(tag)) = token else { continue };
            let of = |name: &str| {
                let value = tag.attributes.get(name.as_bytes()).expect("the attribute");
                String::from_utf8(value.to_vec()).expect("UTF-8")
            };
            match tag.name.as_slice() {
                b"form" => action = of("action"),
                b"input" => {
                    fields.append_pair(&of("name"), &of("value"));
                }
                _ => {}
            }
        }
        self.gateway.post_form(&action, fields.finish()).await.expect("a page")
    }

    /// The money that moved, as the gateway's book has it.
    async fn moved(&self) -> Vec<Value> {
        self.gateway.state().await.ledger.iter().map(|row| row["amount"].clone()).collect()
    }
}

#[tokio::test]
async fn a_code_is_sold_told_and_paid_back() {
    let shop = Shop::open();
    assert_eq!(shop.trade("P1").await, Trade::NotYet);
    let code = shop.code("P1").await;
    assert_eq!(shop.trade("P1").await, Trade::NotYet, "nobody has scanned it");
    shop.gateway.pay_code(&code).await.unwrap();
    assert_eq!(shop.paid("P1").await, Some(fen(1000)));
    let told = shop.told().await;
    let [Event::Trade(trade)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((trade.out_trade_no.as_str(), &trade.happened), ("P1", &Happened::Paid));
    assert_eq!(shop.precreated("P1").await, Precreated::PaidBefore);

    let refund = Shop::refund("P1", 350);
    let done = shop.client.call(&refund, shop.now).await.unwrap();
    assert_eq!((done.done, done.total), (true, Some(fen(350))));
    let asked = RefundQuery { trade: ours("P1"), out_request_no: refund.out_request_no.clone() };
    let state = shop.client.call(&asked, shop.now).await.unwrap();
    assert_eq!(state, RefundState::Done { amount: Some(fen(350)), at: Some(shop.now) });
    shop.client.call(&Shop::refund("P1", 650), shop.now).await.unwrap();
    shop.gateway.idle().await.unwrap();
    let told = shop.told().await;
    let happened = told.iter().map(|event| {
        let Event::Trade(trade) = event else { panic!("{event:?}") };
        &trade.happened
    });
    let expected = [Happened::RefundedPart(fen(350)), Happened::RefundedWhole(fen(1000))];
    assert_eq!(happened.collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_given_up_is_cancelled_or_closed() {
    let shop = Shop::open();
    shop.code("P1").await;
    let cancel = |number: &str| Cancel { trade: ours(number) };
    let close = |number: &str| Close { trade: ours(number), notify_url: None };
    assert_eq!(shop.client.call(&close("P1"), shop.now).await.unwrap(), Closed::NotYet);
    assert_eq!(shop.client.call(&cancel("P1"), shop.now).await.unwrap().action, CancelAction::Nothing);
    shop.gateway.scan("P1").await.unwrap();
    assert_eq!(shop.client.call(&cancel("P1"), shop.now).await.unwrap().action, CancelAction::Closed);
    assert_eq!(shop.client.call(&close("P1"), shop.now).await.unwrap(), Closed::TooLate);
    shop.code("P2").await;
    shop.gateway.pay("P2").await.unwrap();
    assert_eq!(shop.client.call(&cancel("P2"), shop.now).await.unwrap().action, CancelAction::Refunded);
    assert_eq!(shop.moved().await, ["10.00", "-10.00"]);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_one_refund() {
    let shop = Shop::open();
    shop.code("P1").await;
    shop.gateway.pay("P1").await.unwrap();
    for kind in ["lost_answer", "bad_signature", "other_key", "unsigned", "other_method"] {
        shop.gateway.fault(Fault::new(REFUND, kind)).await.unwrap();
        let answer = shop.client.call(&Shop::refund("P1", 100), shop.now).await;
        // Repeated by the client itself, or told to be in doubt: never a second refund, never a no.
        assert!(answer.as_ref().map_or_else(Error::may_have_happened, |_| true), "{kind}: {answer:?}");
        shop.gateway.mend().await.unwrap();
    }
    for work in [false, true] {
        for kind in ["system_error", "http"] {
            let fault = Fault::new(REFUND, kind).times(9).with("work", json!(work));
            shop.gateway.fault(fault).await.unwrap();
            let answer = shop.client.call(&Shop::refund("P1", 200), shop.now).await;
            assert!(answer.as_ref().is_err_and(Error::may_have_happened), "{kind}: {answer:?}");
            shop.gateway.mend().await.unwrap();
        }
    }
    let answer = shop.client.call(&Shop::refund("P1", 200), shop.now).await.unwrap();
    assert_eq!(answer.total, Some(fen(300)));
    assert_eq!(shop.moved().await, ["10.00", "-1.00", "-2.00"]);
}

#[tokio::test]
async fn a_buyer_is_led_to_pages_that_say_what_was_signed() {
    let shop = Shop::open();
    let page = PagePay {
        out_trade_no: word("P1"),
        total_amount: fen(1000),
        subject: word("<b> 茶 + 'x' \"y\" 100%"),
        body: None,
        expires_at: None,
        agreement: None,
        notify_url: Some(word(NOTIFY)),
        return_url: Some(word("https://blog.example/back?a=1&b=2")),
    };
    let signed = shop.client.page(&page, shop.now).unwrap();
    let opened = shop.gateway.wallet(&signed.link(&shop.gateway.ready.gateway).unwrap()).await.unwrap();
    assert_eq!((&opened["subject"], &opened["way"]), (&json!(page.subject.as_str()), &json!("page")));
    let form = signed.form(&shop.gateway.ready.gateway, "nonce", "付款");
    assert!(shop.submit(&form).await.contains("收银台"), "the form says what was signed");
    let wap = WapPay {
        out_trade_no: word("P2"),
        total_amount: fen(1000),
        subject: word("茶"),
        body: None,
        expires_at: None,
        quit_url: word("https://blog.example/"),
        notify_url: Some(word(NOTIFY)),
        return_url: None,
    };
    let link = shop.client.page(&wap, shop.now).unwrap().link(&shop.gateway.ready.gateway).unwrap();
    assert_eq!(shop.gateway.wallet(&link).await.unwrap()["way"], json!("wap"));
    shop.gateway.pay("P2").await.unwrap();
    assert_eq!(shop.paid("P2").await, Some(fen(1000)));
}

#[tokio::test]
async fn an_agreement_is_signed_charged_once_a_period_and_ended() {
    let mut shop = Shop::open();
    let page = AgreementPage { terms: Shop::terms("sub1"), notify_url: Some(word(NOTIFY)), return_url: None };
    let link = shop.client.page(&page, shop.now).unwrap().link(&shop.gateway.ready.gateway).unwrap();
    shop.gateway.wallet(&link).await.unwrap();
    let number = shop.gateway.sign("sub1").await.unwrap().agreement_no.unwrap();
    let told = shop.told().await;
    assert!(
        matches!(told.as_slice(), [Event::Agreement(told)] if told.status == AgreementStatus::Normal),
        "{told:?}"
    );

    let early = shop.charge(&number, "S1").await.unwrap_err();
    assert_eq!(early.sub_code(), Some("ACQ.CYCLE_PAY_DATE_NOT_MATCH"));
    shop.at("2026-01-29 09:00:00").await;
    shop.gateway.fault(Fault::new("alipay.trade.pay", "lost_answer")).await.unwrap();
    let doubt = shop.charge(&number, "S1").await.unwrap_err();
    assert!(doubt.may_have_happened(), "{doubt:?}");
    assert_eq!(shop.paid("S1").await, Some(fen(2800)), "it has happened");
    assert_eq!(shop.charge(&number, "S1").await, Ok(Paid::Before));
    assert_eq!(shop.moved().await, ["28.00"]);

    let named = AgreementRef::Ours {
        external_agreement_no: word("sub1"),
        sign_scene: word("INDUSTRY|DIGITAL_MEDIA"),
    };
    let query = AgreementQuery { agreement: named };
    let state = shop.client.call(&query, shop.now).await.unwrap();
    let AgreementState::Known(facts) = state else { panic!("{state:?}") };
    assert_eq!((facts.next_charge, facts.last_charge), (Some(day("2026-03-03")), Some(day("2026-01-29"))));
    let later = PlanModify { agreement_no: word(&number), to: day("2026-03-05"), memo: word("later") };
    assert_eq!(shop.client.call(&later, shop.now).await.unwrap().to, Some(day("2026-03-05")));
    shop.at("2026-03-05 09:00:00").await;
    assert!(matches!(shop.charge(&number, "S2").await, Ok(Paid::Now(_))));
    shop.gateway.fault(Fault::new("alipay.trade.pay", "in_process")).await.unwrap();
    shop.at("2026-04-05 09:00:00").await;
    assert_eq!(shop.charge(&number, "S3").await, Ok(Paid::UnderWay));
    let unsign = Unsign { agreement: AgreementRef::Alipays(word(&number)), notify_url: Some(word(NOTIFY)) };
    assert_eq!(shop.client.call(&unsign, shop.now).await.unwrap(), Unsigned::Now);
    assert_eq!(shop.client.call(&unsign, shop.now).await.unwrap(), Unsigned::Before);
    let query = AgreementQuery { agreement: AgreementRef::Alipays(word(&number)) };
    assert_eq!(shop.client.call(&query, shop.now).await.unwrap(), AgreementState::Unsigned);
}

#[tokio::test]
async fn the_books_say_what_moved() {
    let mut shop = Shop::open();
    shop.code("P1").await;
    shop.gateway.pay("P1").await.unwrap();
    shop.client.call(&Shop::refund("P1", 400), shop.now).await.unwrap();
    shop.gateway.receipt("0.98", "朋友到店").await.unwrap();
    let transfer = Transfer {
        out_biz_no: word("T1"),
        amount: fen(10),
        payee: Payee::LogonId(word("payee@sandbox.com"), word("沙箱用户")),
        title: word("退还"),
        remark: None,
        scene: None,
    };
    shop.gateway.fault(Fault::new("alipay.fund.trans.uni.transfer", "lost_answer")).await.unwrap();
    assert!(shop.client.call(&transfer, shop.now).await.unwrap_err().may_have_happened());
    let sent = shop.client.call(&TransferQuery { out_biz_no: word("T1") }, shop.now).await.unwrap();
    assert!(matches!(sent, TransferState::Known(facts) if facts.status == TransferStatus::Success));
    assert_eq!(shop.moved().await, ["10.00", "-4.00", "0.98", "-0.10"]);

    let (from, to) = (shop.now, shop.now.plus(Millis::seconds(1)));
    let log = shop.client.call(&AccountLog { from, to, page: 1, page_size: 1000 }, shop.now).await.unwrap();
    assert_eq!((log.rows.len(), log.total, log.unread), (4, 4, 0));
    assert_eq!(log.rows[2].memo.as_deref(), Some("朋友到店"));

    let url = BillUrl { kind: BillType::Trade, period: BillPeriod::Day(day("2026-01-02")) };
    assert_eq!(shop.client.call(&url, shop.now).await.unwrap(), BillWhere::NotThere);
    shop.at("2026-01-03 09:00:00").await;
    let place = shop.client.call(&url, shop.now).await.unwrap();
    let BillWhere::At(address) = place else { panic!("{place:?}") };
    let bill = bill::read(&shop.client.fetch_bill(&address).await.unwrap()).unwrap();
    let rows = bill.trades.iter().map(|row| (row.kind, row.out_trade_no.as_str(), row.amount));
    let expected = [(TradeKind::Payment, "P1", fen(1000)), (TradeKind::Refund, "P1", fen(400))];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    assert!(bill.unread.is_empty(), "{:?}", bill.unread);
    let url = BillUrl { kind: BillType::Account, ..url };
    let place = shop.client.call(&url, shop.now).await.unwrap();
    let BillWhere::At(address) = place else { panic!("{place:?}") };
    let bill = bill::read(&shop.client.fetch_bill(&address).await.unwrap()).unwrap();
    assert_eq!((bill.movements.len(), bill.unread.len()), (4, 0));
}

#[tokio::test]
async fn encrypted_calls_are_read_and_encrypted_answers_believed() {
    let shop = Shop::of_vectors(false);
    let code = shop.code("P1").await;
    shop.gateway.pay_code(&code).await.unwrap();
    assert_eq!(shop.paid("P1").await, Some(fen(1000)));
}

#[tokio::test]
async fn a_new_certificate_of_alipays_is_fetched_and_believed() {
    let mut shop = Shop::of_vectors(true);
    // The certificates were made after the requests.
    shop.at(&certificates_in_force().max(shop.now).china_clock()).await;
    let code = shop.code("P1").await;
    shop.gateway.rotate().await.unwrap();
    shop.gateway.pay_code(&code).await.unwrap();
    assert_eq!(shop.paid("P1").await, Some(fen(1000)));
    assert_eq!(shop.told().await.len(), 1, "and so are the notices that it signs");
    let asked: Vec<String> = shop.gateway.calls().await.into_iter().filter_map(|call| call.method).collect();
    assert_eq!(
        asked.iter().filter(|method| method.as_str() == "alipay.open.app.alipaycert.download").count(),
        1
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_from_keys_that_are_wrong() {
    let mut shop = Shop::open();
    assert_eq!(shop.client.probe(&word("none"), shop.now).await.outcome, Ok(Trade::NotYet));
    // Eight hours: a machine that takes its own zone for China's.
    shop.now = shop.now.minus(Millis::seconds(8 * 3600));
    let probe = shop.client.probe(&word("none"), shop.now).await;
    assert_eq!(probe.outcome.unwrap_err().sub_code(), Some("isv.invalid-timestamp"));
    assert_eq!(probe.ahead, Some(Millis::seconds(8 * 3600)));
}
