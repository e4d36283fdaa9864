//! Memberships that renew themselves, with the simulator of Alipay's gateway: signed on its pages, charged through its rules of
//! days and amounts, with answers that are lost, and always one charge for one period.
//!
//! Both clocks are moved together. What the workers would do is done by `Shop::work`.

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

    /// Signs apart from paying; the subscription's id.
    async fn sign(&self, member: &Member) -> String {
        let started = self.start(member).await.is(201).json();
        assert_eq!(started["while_paying"], false, "{started}");
        let seen = self.gateway.wallet(&text(&started["sign_url"])).await.expect("a page to sign on");
        self.gateway.sign(&text(&seen["external_agreement_no"])).await.expect("it is signed");
        text(&started["subscription"]["id"])
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

#[tokio::test]
async fn paying_signs_and_the_first_charge_comes_a_month_later() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let path = order.path("/subscription");
    shop.app.post(&path).ask().await.problem(401, "unauthorized");
    let started = shop.app.post(&path).bearer_auth(&order.token).ask().await.is(201).json();
    assert_eq!(
        (&started["while_paying"], &started["subscription"]["state"]),
        (&json!(true), &json!("pending"))
    );
    assert_eq!(started["subscription"]["next_due"], "2027-01-10");
    let again = shop.app.post(&path).bearer_auth(&order.token).ask().await.is(201).json();
    assert_eq!(again["subscription"]["id"], started["subscription"]["id"], "asked again, it is the same");
    let seen = shop.gateway.wallet(&text(&again["sign_url"])).await.unwrap();
    assert_eq!((&seen["total_amount"], &seen["way"]), (&json!("10.00"), &json!("page")));
    shop.gateway.pay(&text(&seen["out_trade_no"])).await.unwrap();
    let member = shop.member(&order).await;
    let id = text(&started["subscription"]["id"]);
    let signed = shop.subscription(&id).await;
    assert_eq!((&signed["state"], &signed["ended_at_gateway"]), (&json!("normal"), &json!(false)));
    assert_eq!(
        signed["tries"],
        json!(["2027-01-05T00:00:00.000Z", "2027-01-08T00:00:00.000Z", "2027-01-10T00:00:00.000Z"])
    );
    assert_eq!(shop.due(&id).await, "2027-01-10");
    shop.start(&member).await.problem(409, "renews_already");
    shop.days_until("2027-01-04", "09:00:00").await;
    assert_eq!(shop.charged().await, 0, "not before five days before");
    let until = shop.paid_until(&id).await;
    shop.days_until("2027-01-12", "09:00:00").await;
    assert_eq!((shop.charged().await, shop.asked().await), (1, (1, 1)));
    assert_eq!(shop.paid_until(&id).await, until.plus(Millis::seconds(31 * DAY)));
    assert_eq!(shop.due(&id).await, "2027-02-10");
}

#[tokio::test]
async fn three_months_from_the_end_of_january_are_charged_on_the_third_and_once_each() {
    let shop = Shop::open_at("2027-01-31 12:00:00").await;
    let (member, id) = shop.signed().await;
    let first = shop.paid_until(&id).await;
    assert_eq!(first.china_clock(), "2027-03-03 12:00:00");
    assert_eq!(shop.due(&id).await, "2027-03-03");
    let mut due_days = Vec::new();
    for (charged, last) in [(1, "2027-02-26"), (1, "2027-03-28"), (2, "2027-03-29"), (3, "2027-05-02")] {
        shop.days_until(last, "08:30:00").await;
        assert_eq!(shop.charged().await, charged, "until {last}");
        assert_eq!(shop.reads(&member).await, 200, "the door is never closed between two charges");
        due_days.push(shop.due(&id).await);
    }
    assert_eq!(due_days, ["2027-04-03", "2027-04-03", "2027-05-03", "2027-06-03"]);
    assert_eq!(
        shop.paid_until(&id).await,
        first.plus(Millis::seconds(3 * 31 * DAY)),
        "three periods, no more"
    );
    assert_eq!(shop.asked().await, (3, 3));
    assert!(shop.charges(&id).await.iter().all(|(state, _)| state == "paid"));
}

#[tokio::test]
async fn the_end_of_a_month_is_moved_to_the_first_days_of_the_next() {
    // 31 days from the 31st of December end on the 31st of January.
    let shop = Shop::open_at("2026-12-31 12:00:00").await;
    let (_, id) = shop.signed().await;
    assert_eq!(shop.due(&id).await, "2027-02-03");
    shop.days_until("2027-01-28", "08:30:00").await;
    assert_eq!(shop.charged().await, 0);
    shop.days_until("2027-01-29", "08:30:00").await;
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (1, "2027-03-03"));
}

#[tokio::test]
async fn a_lost_answer_to_a_charge_never_becomes_a_second_one() {
    let faults = [
        Fault::new(PAY, "lost_answer"),
        Fault::new(PAY, "system_error").with("work", json!(true)),
        Fault::new(PAY, "system_error").with("work", json!(false)),
        Fault::new(PAY, "system_error").with("work", json!(true)).with("code", json!(40004)),
        Fault::new(PAY, "system_error").with("work", json!(false)).with("code", json!(40004)),
        Fault::new(PAY, "http").with("status", json!(502)).with("work", json!(true)),
        Fault::new(PAY, "http").with("status", json!(502)).with("work", json!(false)),
        Fault::new(PAY, "bad_signature"),
        Fault::new(PAY, "other_key"),
        Fault::new(PAY, "unsigned"),
        Fault::new(PAY, "other_method"),
        Fault::new(PAY, "notice_first"),
        Fault::new(PAY, "in_process"),
    ];
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let mut due: Day = shop.due(&id).await.parse().unwrap();
    let first = shop.paid_until(&id).await;
    for (n, fault) in (1_usize..).zip(faults) {
        shop.at(&format!("{} 08:00:00", due.plus(-5))).await;
        let in_process = n == 13;
        shop.gateway.fault(fault).await.unwrap();
        // The notification is lost too: only questions can tell.
        if n != 12 {
            shop.gateway.fault(Fault::new("notify", "lost").times(9)).await.unwrap();
        }
        shop.gateway.fault(Fault::new(QUERY, "system_error").times(3)).await.unwrap();
        shop.work().await;
        if in_process {
            let state = shop.gateway.state().await;
            let open =
                state.orders.iter().find(|o| o.trade_status.as_deref() == Some("WAIT_BUYER_PAY")).unwrap();
            assert_eq!(shop.charged().await, n - 1);
            shop.gateway.pay(&open.out_trade_no).await.unwrap();
        }
        shop.follow(&id).await;
        shop.gateway.mend().await.unwrap();
        assert_eq!(shop.charged().await, n, "after fault {n}");
        assert_eq!(shop.asked().await.1, n, "one number for one period, after fault {n}");
        let until = first.plus(Millis::seconds(31 * DAY * i64::try_from(n).unwrap()));
        assert_eq!(shop.paid_until(&id).await, until, "after fault {n}");
        due = Period::Months(1).after(due);
        assert_eq!(shop.due(&id).await, due.to_string());
    }
    assert_eq!(shop.inbox("paid_twice").await, 0);
}

#[tokio::test]
async fn a_refused_charge_is_tried_again_and_its_trade_is_closed_before() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let empty = Fault::new(PAY, "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.BUYER_BALANCE_NOT_ENOUGH"))
        .with("status", json!("WAIT_BUYER_PAY"));
    shop.gateway.fault(empty).await.unwrap();
    shop.at("2027-01-05 08:00:00").await;
    shop.work().await;
    let refused = ("failed".to_owned(), "ACQ.BUYER_BALANCE_NOT_ENOUGH".to_owned());
    let planned = ("planned".to_owned(), String::new());
    assert_eq!(shop.charges(&id).await, [planned, refused.clone()]);
    let left: Vec<Option<String>> = shop
        .gateway
        .state()
        .await
        .orders
        .into_iter()
        .filter(|o| o.out_trade_no.starts_with('s'))
        .map(|o| o.trade_status)
        .collect();
    assert_eq!(left, [Some("TRADE_CLOSED".to_owned())], "or its payer could still complete it");
    let next = &shop.subscription(&id).await["charges"][0];
    assert_eq!(
        (&next["next_at"], &next["attempt"]),
        (&json!("2027-01-08T00:00:00.000Z"), &json!(2)),
        "the owner sees when"
    );
    shop.days_until("2027-01-07", "12:00:00").await;
    assert_eq!(shop.asked().await, (1, 1), "not before its day");
    shop.days_until("2027-01-08", "12:00:00").await;
    assert_eq!((shop.charged().await, shop.asked().await), (1, (2, 2)));
    assert_eq!(shop.charges(&id).await, [("paid".to_owned(), String::new()), refused]);
    let orders = shop.app.owner_get("/orders").await["items"].as_array().unwrap().len();
    assert_eq!(orders, 2, "one order for one period, whatever the try");
    assert_eq!(shop.due(&id).await, "2027-02-10");
}

#[tokio::test]
async fn after_the_last_try_the_renewal_ends_and_the_owner_is_told() {
    let shop = Shop::open().await;
    let (member, id) = shop.signed().await;
    let empty = Fault::new(PAY, "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.BUYER_BALANCE_NOT_ENOUGH"))
        .times(9);
    shop.gateway.fault(empty).await.unwrap();
    shop.days_until("2027-01-09", "08:30:00").await;
    assert_eq!(
        (shop.subscription(&id).await["state"].clone(), shop.inbox("subscription_ended").await),
        (json!("normal"), 0)
    );
    let until = shop.paid_until(&id).await;
    shop.days_until("2027-01-10", "08:30:00").await;
    let ended = shop.subscription(&id).await;
    assert_eq!((&ended["state"], &ended["ending"]), (&json!("ended"), &json!("unpaid")));
    assert_eq!(ended["ended_at_gateway"], true);
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
    assert_eq!((shop.asked().await, shop.charged().await), ((3, 3), 0));
    assert_eq!(shop.inbox("subscription_ended").await, 1);
    assert_eq!(
        (shop.paid_until(&id).await, shop.reads(&member).await),
        (until, 200),
        "what was paid for goes on"
    );
    shop.days_until("2027-02-15", "08:30:00").await;
    assert_eq!((shop.asked().await, shop.reads(&member).await), ((3, 3), 402));
    let cancelled = shop.app.owner_get("/orders?status=cancelled").await;
    assert_eq!(cancelled["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_that_no_other_try_changes_ends_it_at_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let over = Fault::new(PAY, "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.AGREEMENT_INVALID"));
    shop.gateway.fault(over).await.unwrap();
    shop.days_until("2027-01-05", "08:30:00").await;
    let ended = shop.subscription(&id).await;
    assert_eq!((&ended["ending"], shop.asked().await), (&json!("refused"), (1, 1)));
    assert_eq!(shop.inbox("subscription_ended").await, 1);
}

#[tokio::test]
async fn a_paused_agreement_is_not_charged_and_a_missed_period_is_moved_and_charged_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let number = shop.agreement_no(&id).await;
    shop.gateway.turn(&number, "STOP").await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "paused");
    shop.days_until("2027-01-14", "08:30:00").await;
    assert_eq!((shop.asked().await, shop.charged().await), ((0, 0), 0));
    shop.gateway.turn(&number, "NORMAL").await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "normal", "the gateway was asked");
    assert_eq!(shop.due(&id).await, "2027-01-15", "the missed day was moved");
    shop.work().await;
    shop.days_until("2027-01-20", "08:30:00").await;
    assert_eq!((shop.asked().await, shop.charged().await), ((1, 1), 1));
    assert_eq!(shop.due(&id).await, "2027-02-15");
}

#[tokio::test]
async fn an_agreement_that_is_paused_between_two_tries_is_left_alone() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let number = shop.agreement_no(&id).await;
    let empty = Fault::new(PAY, "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("ACQ.BUYER_BALANCE_NOT_ENOUGH"));
    shop.gateway.fault(empty).await.unwrap();
    shop.days_until("2027-01-05", "08:30:00").await;
    shop.gateway.turn(&number, "STOP").await.unwrap();
    shop.days_until("2027-01-11", "08:30:00").await;
    assert_eq!(shop.asked().await, (1, 1));
    assert_eq!(shop.subscription(&id).await["state"], "paused", "no try was refused for good");
}

#[tokio::test]
async fn what_is_signed_and_not_in_force_yet_is_not_charged() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    let started = shop.start(&member).await.is(201).json();
    let id = text(&started["subscription"]["id"]);
    let seen = shop.gateway.wallet(&text(&started["sign_url"])).await.unwrap();
    shop.gateway.sign_as(&text(&seen["external_agreement_no"]), "TEMP").await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "pending");
    shop.days_until("2027-01-09", "08:30:00").await;
    assert_eq!(
        (shop.asked().await, shop.subscription(&id).await["state"].clone()),
        ((0, 0), json!("pending"))
    );
    shop.gateway.sign(&text(&seen["external_agreement_no"])).await.unwrap();
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    shop.days_until("2027-01-10", "08:30:00").await;
    assert_eq!(shop.charged().await, 1);
}

#[tokio::test]
async fn an_unsign_in_the_wallet_comes_to_the_application_gateway_and_leaves_the_paid_time() {
    let shop = Shop::open().await;
    shop.gateway.settings(&json!({ "sign_type_kept": ["agreement"] })).await.unwrap();
    let (member, id) = shop.signed().await;
    shop.gateway.unsign(&shop.agreement_no(&id).await).await.unwrap();
    let told = shop.gateway.notices().await;
    let last = told.last().unwrap();
    assert_eq!((last.notify_type.as_str(), last.state.as_str()), ("dut_user_unsign", "done"));
    let ended = shop.subscription(&id).await;
    assert_eq!((&ended["state"], &ended["ending"]), (&json!("ended"), &json!("wallet")));
    assert_eq!(ended["ended_at_gateway"], true, "nobody needs to tell it");
    assert_eq!(shop.reads(&member).await, 200);
    shop.days_until("2027-01-12", "08:30:00").await;
    assert_eq!((shop.asked().await, shop.reads(&member).await), ((0, 0), 402));
    // He may sign again.
    let again = shop.buy().await;
    assert_ne!(shop.sign(&again).await, id);
}

#[tokio::test]
async fn a_message_that_alipay_did_not_sign_changes_nothing() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.gateway.fault(Fault::new("notify", "other_key").times(9)).await.unwrap();
    shop.gateway.unsign(&shop.agreement_no(&id).await).await.unwrap();
    assert_eq!(shop.gateway.notices().await.last().unwrap().attempts[0].body.as_deref(), Some("failure"));
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    shop.gateway.mend().await.unwrap();
    shop.pass(240).await;
    assert_eq!(shop.subscription(&id).await["ending"], "wallet", "the true one was believed");
}

#[tokio::test]
async fn an_agreement_of_nobody_here_is_stored_and_answered() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let fields =
        json!({ "external_agreement_no": "somebodyelses0001", "agreement_no": "20260000000000000001" });
    shop.gateway.fault(Fault::new("notify", "rewrite").with("fields", fields)).await.unwrap();
    shop.gateway.unsign(&shop.agreement_no(&id).await).await.unwrap();
    assert_eq!(shop.gateway.notices().await.last().unwrap().state, "done", "it need not be repeated");
    assert_eq!(shop.subscription(&id).await["state"], "normal");
}

#[tokio::test]
async fn what_ran_out_is_found_by_the_daily_question() {
    let shop = Shop::open().await;
    let (member, id) = shop.signed().await;
    let gone = Fault::new("alipay.user.agreement.query", "answer")
        .with("code", json!("40004"))
        .with("sub_code", json!("USER_AGREEMENT_NOT_EXIST"));
    shop.gateway.fault(gone).await.unwrap();
    shop.pass(3600).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["state"], "normal", "it is asked daily");
    shop.pass(DAY).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ending"], "lapsed");
    assert_eq!((shop.reads(&member).await, shop.inbox("subscription_ended").await), (200, 0));
}

#[tokio::test]
async fn an_end_or_a_signing_of_which_no_notification_came_is_found_by_asking() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    shop.gateway.fault(Fault::new("notify", "lost").times(99)).await.unwrap();
    let id = shop.sign(&member).await;
    assert_eq!(shop.subscription(&id).await["state"], "pending");
    shop.pass(40).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["state"], "normal");
    shop.gateway.unsign(&shop.agreement_no(&id).await).await.unwrap();
    shop.pass(DAY).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ending"], "wallet");
}

#[tokio::test]
async fn the_same_notification_many_times_is_one() {
    let shop = Shop::open().await;
    shop.gateway.fault(Fault::new("notify", "duplicate").times(99)).await.unwrap();
    let (_, id) = shop.signed().await;
    shop.gateway.mend().await.unwrap();
    shop.gateway.fault(Fault::new("notify", "lost_answer").times(4)).await.unwrap();
    shop.at("2027-01-05 08:00:00").await;
    let until = shop.paid_until(&id).await;
    shop.work().await;
    for _ in 0..4 {
        shop.pass(3600).await;
        shop.work().await;
    }
    let tries = shop.gateway.notices().await.last().unwrap().attempts.len();
    assert_eq!((tries, shop.charged().await), (5, 1));
    assert_eq!(shop.paid_until(&id).await, until.plus(Millis::seconds(31 * DAY)));
    assert_eq!((shop.inbox("paid_twice").await, shop.inbox("went_back").await), (0, 0));
}

#[tokio::test]
async fn a_restart_between_planned_and_asked_charges_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.at("2027-01-05 08:00:00").await;
    let now = shop.app.now();
    assert_eq!(subscription::charge::plan_due(&shop.app.app, now).await.unwrap(), 1);
    assert_eq!((shop.charges(&id).await[0].0.as_str(), shop.asked().await), ("planned", (0, 0)));
    let after = shop.restarted();
    assert_eq!(subscription::charge::plan_due(&after, now).await.unwrap(), 0, "it is planned already");
    subscription::run_once(&after, now).await.unwrap();
    subscription::run_once(&shop.restarted(), now).await.unwrap();
    assert_eq!((shop.charged().await, shop.asked().await), (1, (1, 1)));
}

#[tokio::test]
async fn a_restart_between_asked_and_sent_charges_once_under_the_same_number() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.at("2027-01-05 08:00:00").await;
    // A line that leads nowhere: the charge is noted as asked for, and nothing arrives.
    set_keys(&shop.app.app, &shop.gateway, shop.account, "http://127.0.0.1:9/gateway.do").await;
    shop.work().await;
    assert_eq!((shop.charges(&id).await[0].0.as_str(), shop.asked().await), ("unknown", (0, 0)));
    let number = shop.subscription(&id).await["charges"][0]["number"].clone();
    shop.pass(60).await;
    let after = shop.restarted();
    set_keys(&after, &shop.gateway, shop.account, &shop.gateway.ready.gateway).await;
    for _ in 0..4 {
        subscription::run_once(&after, shop.app.now()).await.unwrap();
        shop.pass(700).await;
    }
    assert_eq!((shop.charged().await, shop.asked().await), (1, (1, 1)));
    let charges = shop.subscription(&id).await["charges"].clone();
    assert_eq!((&charges[0]["number"], charges.as_array().unwrap().len()), (&number, 1));
}

#[tokio::test]
async fn a_server_that_slept_through_a_period_moves_it_and_charges_it_once() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    shop.at("2027-01-20 09:00:00").await;
    shop.work().await;
    assert_eq!(shop.due(&id).await, "2027-01-21");
    shop.work().await;
    assert_eq!((shop.charged().await, shop.due(&id).await.as_str()), (1, "2027-02-21"));
    shop.days_until("2027-02-10", "09:00:00").await;
    assert_eq!(shop.asked().await, (1, 1));
}

#[tokio::test]
async fn nothing_is_charged_at_night() {
    let shop = Shop::open().await;
    shop.signed().await;
    shop.at("2027-01-05 07:59:59").await;
    shop.work().await;
    shop.at("2027-01-05 20:00:00").await;
    shop.work().await;
    assert_eq!(shop.asked().await, (0, 0));
    shop.at("2027-01-06 08:00:00").await;
    shop.work().await;
    assert_eq!(shop.charged().await, 1);
}

#[tokio::test]
async fn a_reader_ends_his_renewal_and_keeps_what_he_paid_for() {
    let shop = Shop::open().await;
    let (member, id) = shop.signed().await;
    let path = format!("/api/v1/subscriptions/{id}");
    let unsign = format!("{path}/unsign");
    let stranger = shop.buy().await;
    shop.app.get(&path).bearer_auth(&stranger.unlock).ask().await.problem(404, "subscription_not_found");
    shop.app.post(&unsign).bearer_auth(&stranger.unlock).ask().await.problem(404, "subscription_not_found");
    shop.app.post(&unsign).bearer_auth("mu1.nonsense").ask().await.problem(401, "bad_token");
    let listed = shop.app.get("/api/v1/subscriptions").bearer_auth(&member.unlock).ask().await.is(200).json();
    assert_eq!((&listed["items"][0]["id"], listed["items"].as_array().unwrap().len()), (&json!(id), 1));
    for _ in 0..2 {
        let ended = shop.app.post(&unsign).bearer_auth(&member.unlock).ask().await.is(200).json();
        assert_eq!((&ended["state"], &ended["ending"]), (&json!("ended"), &json!("reader")));
    }
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
    assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
    assert_eq!(shop.reads(&member).await, 200);
    shop.days_until("2027-01-12", "09:00:00").await;
    assert_eq!(shop.asked().await, (0, 0));
}

#[tokio::test]
async fn an_end_that_the_gateway_did_not_hear_is_told_until_it_does() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let deaf = Fault::new("*", "http").with("status", json!(503)).times(99);
    shop.gateway.fault(deaf).await.unwrap();
    let path = format!("/subscriptions/{id}/unsign");
    let ended = shop.app.owner_post(&path, json!({})).await.is(200).json();
    assert_eq!((&ended["ending"], &ended["ended_at_gateway"]), (&json!("owner"), &json!(false)));
    assert_eq!(ended["tries"], json!([]));
    shop.pass(3600).await;
    shop.gateway.mend().await.unwrap();
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
}

#[tokio::test]
async fn a_page_that_nobody_signs_is_given_up_and_who_signs_later_is_ended_there() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    let started = shop.start(&member).await.is(201).json();
    let id = text(&started["subscription"]["id"]);
    let seen = shop.gateway.wallet(&text(&started["sign_url"])).await.unwrap();
    shop.pass(26 * 3600).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ending"], "unsigned");
    shop.gateway.sign(&text(&seen["external_agreement_no"])).await.unwrap();
    shop.work().await;
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
    assert_eq!(shop.subscription(&id).await["state"], "ended");
}

#[tokio::test]
async fn a_membership_that_was_taken_back_is_not_charged_any_more() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let unlocks = shop.app.owner_get("/unlocks").await;
    let unlock = text(&unlocks["items"][0]["id"]);
    let revoked = shop.app.owner(Method::POST, &format!("/unlocks/{unlock}/revoke"));
    revoked.json(&json!({ "reason": "test" })).ask().await.is(200);
    shop.days_until("2027-01-06", "09:00:00").await;
    assert_eq!((&shop.subscription(&id).await["ending"], shop.asked().await), (&json!("revoked"), (0, 0)));
    assert_eq!(shop.gateway.state().await.agreements[0].status.as_deref(), Some("UNSIGN"));
}

#[tokio::test]
async fn a_price_that_rose_is_not_charged_and_one_that_fell_is() {
    let shop = Shop::open().await;
    let (_, id) = shop.signed().await;
    let product = text(&shop.app.owner_get("/products").await["items"][0]["id"]);
    let path = format!("/products/{product}");
    shop.app.owner_patch(&path, json!({ "price": "20.00" })).await.is(200);
    shop.days_until("2027-01-05", "09:00:00").await;
    shop.app.owner_patch(&path, json!({ "price": "8.00" })).await.is(200);
    shop.days_until("2027-02-05", "09:00:00").await;
    let charges = shop.subscription(&id).await["charges"].clone();
    assert_eq!((&charges[1]["amount"], &charges[0]["amount"]), (&json!("10.00"), &json!("8.00")));
    assert_eq!(shop.charged().await, 2);
}

#[tokio::test]
async fn only_a_membership_that_opens_the_whole_period_may_renew_itself() {
    let shop = Shop::open().await;
    let with = |change: Value| {
        let mut wish = membership("more", "10.00");
        for (name, value) in change.as_object().unwrap() {
            wish[name] = value.clone();
        }
        wish
    };
    for (change, field) in [
        (json!({ "kind": "article", "html": "<p>text</p>" }), "renews"),
        (json!({ "validity_ms": 30 * DAY * 1000 }), "validity_ms"),
        (json!({ "validity_ms": null }), "validity_ms"),
        (json!({ "price": "100.01" }), "price"),
        (json!({ "renews": { "every": "1m", "scene": "DEFAULT|DEFAULT" } }), "renews.scene"),
        (json!({ "renews": { "every": "6d" } }), "body"),
    ] {
        let problem = shop.app.owner_post("/products", with(change.clone())).await.problem(422, "invalid");
        assert_eq!(problem["field"], field, "{change}");
    }
    let dear = with(json!({ "price": "198.00", "renews": { "every": "1m", "most": "200.00" } }));
    let made = shop.app.owner_post("/products", dear).await.is(201).json();
    assert_eq!(made["renews"], json!({ "every": "1m", "most": "200.00" }));
    let facts = shop.app.get("/api/v1/sites/blog/products/more").ask().await.is(200).json();
    assert_eq!(facts["renews"], "1m");
    let path = format!("/products/{}", text(&made["id"]));
    let changed = shop.app.owner_patch(&path, json!({ "renews": null })).await.is(200).json();
    assert!(changed.get("renews").is_none(), "{changed}");
}

#[tokio::test]
async fn what_does_not_renew_itself_cannot_be_signed_for() {
    let shop = Shop::open().await;
    let member = shop.buy().await;
    let product = text(&shop.app.owner_get("/products").await["items"][0]["id"]);
    shop.app.owner_patch(&format!("/products/{product}"), json!({ "renews": null })).await.is(200);
    shop.start(&member).await.problem(409, "not_renewing");
    shop.app.post("/api/v1/subscriptions").ask().await.problem(401, "unauthorized");
}
