//! Memberships that renew themselves, with the simulator of Alipay's gateway: signed on its pages, charged through its rules of
//! days and amounts, with answers that are lost, and always one charge for one period.
//!
//! Both clocks are moved together. What the workers would do is done by `Shop::work`.

mod charging;
mod double;
mod doubt;
mod signing;

use matcha::alipay::credentials::{Credentials, Pasted, PastedTrust};
use matcha::alipay::sign::SignType;
use matcha::app::App;
use matcha::domain::id::AccountId;
use matcha::domain::subscription::Period;
use matcha::domain::time::{Day, Millis, Timestamp};
use matcha::flow::gateway::{subscription, trade};
use matcha::storage::Store;
use matcha::storage::sqlite::Sqlite;
use matcha::storage::verbs::Merchant;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, BLOG, Order, TestApp, text};
use crate::gateway::{Fault, Gateway};

const PAY: &str = "alipay.trade.pay";
const QUERY: &str = "alipay.trade.query";
const DAY: i64 = 24 * 3600;

/// A shop with a membership for ¥10 a month, and the gateway at which it is charged.
pub(crate) struct Shop {
    pub(crate) app: TestApp,
    pub(crate) gateway: Gateway,
    account: AccountId,
}

/// A reader who bought the membership.
pub(crate) struct Member {
    unlock: String,
}

/// Puts an account's keys in force; `gateway` is where its calls go.
async fn set_keys(app: &App, gateway: &Gateway, account: AccountId, address: &str) {
    let ready = &gateway.ready;
    let pasted = Pasted {
        app_id: ready.app_id.clone(),
        private_key: ready.app_private_key.clone().expect("a key that it made").into(),
        sign_type: SignType::Rsa2,
        trust: PastedTrust::Keys(vec![ready.alipay_public_key.clone()]),
        aes_key: None,
        gateway: address.to_owned(),
        seller_id: Some(ready.seller_id.clone()),
    };
    let secret = Credentials::from_pasted(&pasted).expect("good keys").to_secret_json();
    let merchant = Merchant {
        account,
        app_id: ready.app_id.clone(),
        seller_id: Some(ready.seller_id.clone()),
        sealed: app.secrets().seal_merchant(account, secret.as_bytes(), app.rng.bytes()),
        updated_at: app.now(),
    };
    app.store.write(move |tx| tx.set_merchant(&merchant)).await.expect("keys are stored");
}

fn china(at: &str) -> Timestamp {
    Timestamp::from_china_clock(at).expect("a time")
}

fn membership(slug: &str, price: &str) -> Value {
    json!({ "site": "blog", "slug": slug, "title": "会员", "price": price, "lock": "hosted", "kind": "membership",
        "validity_ms": 31 * DAY * 1000, "renews": { "every": "1m" } })
}

impl Shop {
    /// Opens at a time of China's clock.
    pub(crate) async fn open_at(time: &str) -> Shop {
        let app = TestApp::start().await;
        app.clock.advance(china(time).since(app.now()));
        let gateway = Gateway::start(&json!({
            "clock_start": time, "app_gateway_url": format!("{}/alipay/gateway", app.base_url),
        }));
        let account = app.official(&gateway).await.parse().expect("an account's id");
        app.site("blog", &[BLOG]).await;
        app.owner_post("/products", membership("vip", "10.00")).await.is(201);
        Shop { app, gateway, account }
    }

    async fn open() -> Shop {
        Shop::open_at("2026-12-10 12:00:00").await
    }

    /// What the workers would do at this instant.
    pub(crate) async fn work(&self) {
        self.app.work().await;
        trade::run_once(&self.app.app, self.app.now()).await.expect("trades are asked about");
        subscription::run_once(&self.app.app, self.app.now()).await.expect("subscriptions are carried on");
    }

    /// Moves both clocks to a time of China's clock. Notifications that are due on the way come.
    async fn at(&self, time: &str) {
        self.app.clock.advance(china(time).since(self.app.now()));
        self.gateway.advance_to(time).await.expect("a time to come");
    }

    pub(crate) async fn pass(&self, seconds: i64) {
        self.at(&self.app.now().plus(Millis::seconds(seconds)).china_clock()).await;
    }

    /// Each day until `last`, at an hour of its own, the workers come round.
    pub(crate) async fn days_until(&self, last: &str, clock: &str) {
        let last: Day = last.parse().expect("a day");
        let mut day = Day::in_china(self.app.now()).plus(1);
        while day <= last {
            self.at(&format!("{day} {clock}")).await;
            self.work().await;
            day = day.plus(1);
        }
    }

    async fn order(&self) -> Order {
        let wish = json!({ "site": "blog", "product": "vip", "channel": "alipay_official" });
        Order::of(self.app.post("/api/v1/orders").json(&wish).ask().await.is(201).json())
    }

    /// Scans the code of an order and pays it.
    pub(crate) async fn buy(&self) -> Member {
        let order = self.order().await;
        self.gateway.pay_code(&text(&order.body["code"]["payload"])).await.expect("it is paid");
        self.member(&order).await
    }

    async fn member(&self, order: &Order) -> Member {
        let paid = self.app.see(order).await;
        assert_eq!(paid["status"], "paid", "{paid}");
        Member { unlock: text(&paid["unlock"]["token"]) }
    }

    pub(crate) async fn start(&self, member: &Member) -> Answer {
        self.app.post("/api/v1/subscriptions").bearer_auth(&member.unlock).ask().await
    }

    /// Opens the page on which a reader signs apart from paying; the subscription's id and the page's number.
    async fn page(&self, member: &Member) -> (String, String) {
        let started = self.start(member).await.is(201).json();
        assert_eq!(started["while_paying"], false, "{started}");
        let seen = self.gateway.wallet(&text(&started["sign_url"])).await.expect("a page to sign on");
        (text(&started["subscription"]["id"]), text(&seen["external_agreement_no"]))
    }

    /// Signs apart from paying; the subscription's id.
    async fn sign(&self, member: &Member) -> String {
        let (id, page) = self.page(member).await;
        self.gateway.sign(&page).await.expect("it is signed");
        id
    }

    /// A reader who bought and signed; him and the subscription's id.
    pub(crate) async fn signed(&self) -> (Member, String) {
        let member = self.buy().await;
        let id = self.sign(&member).await;
        assert_eq!(self.subscription(&id).await["state"], "normal");
        (member, id)
    }

    /// A subscription as the owner sees it.
    pub(crate) async fn subscription(&self, id: &str) -> Value {
        self.app.owner_get(&format!("/subscriptions/{id}")).await
    }

    /// Checks that ours and the gateway's idea of the next due day are one.
    async fn due(&self, id: &str) -> String {
        let ours = text(&self.subscription(id).await["next_due"]);
        let state = self.gateway.state().await;
        let theirs = state.agreements.iter().find_map(|agreement| agreement.next_deduct_time.clone());
        assert_eq!(Some(&ours), theirs.as_ref());
        ours
    }

    pub(crate) async fn agreement_no(&self, id: &str) -> String {
        text(&self.subscription(id).await["gateway_number"])
    }

    pub(crate) async fn reads(&self, member: &Member) -> u16 {
        let content = "/api/v1/sites/blog/products/vip/content";
        self.app.get(content).bearer_auth(&member.unlock).ask().await.status
    }

    /// How many charges took money, by the gateway's own books: the reader's purchases are told apart by their numbers.
    async fn charged(&self) -> usize {
        let state = self.gateway.state().await;
        // After its time for refunds a trade is finished.
        let took_money = |status: &str| matches!(status, "TRADE_SUCCESS" | "TRADE_FINISHED");
        let paid = state.orders.iter().filter(|order| {
            order.out_trade_no.starts_with('s') && order.trade_status.as_deref().is_some_and(took_money)
        });
        let paid = paid.count();
        let booked = state
            .ledger
            .iter()
            .filter(|row| row["merchant_order_no"].as_str().is_some_and(|number| number.starts_with('s')));
        assert_eq!(booked.count(), paid, "each charge moved money once");
        let counted: u32 = state.agreements.iter().map(|agreement| agreement.charges).sum();
        assert_eq!(usize::try_from(counted).expect("a small number"), paid, "each used up a period");
        paid
    }

    /// How often the gateway was asked for a charge, and under how many numbers.
    async fn asked(&self) -> (usize, usize) {
        let calls = self.gateway.calls().await;
        let pays = calls.iter().filter(|call| call.method.as_deref() == Some(PAY));
        let texts: Vec<&str> = pays.filter_map(|call| call.signed_text.as_deref()).collect();
        let number =
            |text: &&str| text.split("\"out_trade_no\":\"").nth(1)?.split('"').next().map(str::to_owned);
        let mut numbers: Vec<String> = texts.iter().filter_map(number).collect();
        numbers.sort();
        numbers.dedup();
        (texts.len(), numbers.len())
    }

    /// The states of the charges of a subscription, newest first.
    async fn charges(&self, id: &str) -> Vec<(String, String)> {
        let subscription = self.subscription(id).await;
        let charges = subscription["charges"].as_array().expect("a list").clone();
        let problem = |charge: &Value| charge["problem"].as_str().unwrap_or("").to_owned();
        charges.iter().map(|charge| (text(&charge["state"]), problem(charge))).collect()
    }

    async fn paid_until(&self, id: &str) -> Timestamp {
        text(&self.subscription(id).await["paid_until"]).parse().expect("a time")
    }

    async fn inbox(&self, reason: &str) -> usize {
        let items = self.app.owner_get("/inbox").await["items"].as_array().expect("a list").clone();
        items.iter().filter(|item| item["reason"] == reason).count()
    }

    /// Another process on the same database: what is not in it is forgotten.
    fn restarted(&self) -> App {
        let path = self.app.dir.path().join("matcha.db");
        let store = Store::new(Sqlite::open(&path, self.app.now()).expect("the database"));
        let mut app = self.app.app.clone();
        app.store = store;
        app
    }

    /// From the first try of the period on, until nothing is left to be asked.
    async fn follow(&self, id: &str) {
        for _ in 0..12 {
            self.work().await;
            if self.charges(id).await.first().is_some_and(|(state, _)| state == "paid") {
                return;
            }
            self.pass(700).await;
        }
    }
}
