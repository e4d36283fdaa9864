//! Orders paid through Alipay's gateway, end to end: the real server and the simulator of the gateway, which verifies and
//! signs with Alipay's own SDK. Both live by the same clock.

mod checkout;
mod keys;
mod notices;
mod refunds;
mod transfers;

use matcha::domain::gateway::{Trade, TradeState};
use matcha::flow::gateway::{refund, trade};
use matcha::storage::verbs::WriteTx;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Ask as _, BLOG, Order, TestApp, text};
use crate::gateway::{Fault, Gateway, keys, vectors};

/// A shop with an account at the gateway, the site `blog` and the product `tea` for ¥1.00.
struct Shop {
    test: TestApp,
    gateway: Gateway,
    account: String,
}

impl Shop {
    /// The gateway delivers its notices by itself.
    async fn open() -> Shop {
        Shop::with("push").await
    }

    /// Nothing is delivered: only questions tell what happened.
    async fn without_notices() -> Shop {
        Shop::with("hold").await
    }

    async fn with(notices: &str) -> Shop {
        Shop::of(TestApp::start().await, notices).await
    }

    async fn of(test: TestApp, notices: &str) -> Shop {
        let clock = test.now().china_clock();
        let next = text(&vectors("keys.json")["alipay_next"]["private"]["pkcs8_bare"]);
        let gateway = Gateway::start(&json!({
            "clock_start": clock, "next_private_key": next, "settings": { "notices": notices },
        }));
        let account = test.official(&gateway).await;
        test.site("blog", &[BLOG]).await;
        test.product("blog", "tea", "1.00").await;
        Shop { test, gateway, account }
    }

    /// Lets time pass here and at the gateway, and what workers do afterwards.
    async fn pass(&self, seconds: u32) {
        self.gateway.advance(u64::from(seconds)).await.expect("time passes");
        self.test.pass(i64::from(seconds));
        self.work().await;
    }

    /// What the workers would do at this instant.
    async fn work(&self) {
        self.test.work().await;
        let now = self.test.now();
        trade::run_once(&self.test.app, now).await.expect("trades are asked about");
        refund::run_once(&self.test.app, now).await.expect("refunds are carried on");
    }

    async fn wish(&self, more: Value) -> Answer {
        let mut body = json!({ "site": "blog", "product": "tea" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        self.test.post("/api/v1/orders").json(&body).ask().await
    }

    async fn status(&self, order: &Order) -> String {
        text(&self.test.see(order).await["status"])
    }

    /// Our number of an order's trade by its code.
    async fn number(&self, order: &Order) -> String {
        let id = order.id.parse().expect("an order's id");
        let trades = self.test.app.store.read(move |tx| tx.trades_of(id)).await.expect("a database");
        trades.first().expect("a trade").number.clone()
    }

    /// An order that was paid by its code, and has heard of it.
    async fn bought(&self) -> Order {
        let order = self.test.order().await;
        self.gateway.pay(&self.number(&order).await).await.expect("a payment");
        assert_eq!(self.status(&order).await, "paid");
        order
    }

    /// An order that was paid by its code, and then by the button on the phone.
    async fn bought_twice(&self) -> Order {
        let order = self.test.order().await;
        let to = self.test.http.get(text(&order.body["pay_url"])).ask().await.is(303);
        let page = self.page(to.header("location")).await;
        self.gateway.pay(&self.number(&order).await).await.expect("a payment");
        self.pay_page(&page).await;
        order
    }

    /// The order as the owner sees it.
    async fn owned(&self, order: &Order) -> Value {
        self.test.owner_get(&format!("/orders/{}", order.id)).await
    }

    async fn refund(&self, order: &Order, body: Value) -> Answer {
        self.test.owner_post(&format!("/orders/{}/refund", order.id), body).await
    }

    /// Why the owner is asked, newest first.
    async fn reasons(&self) -> Vec<String> {
        let inbox = self.test.owner_get("/inbox?state=open").await;
        inbox["items"].as_array().expect("items").iter().map(|item| text(&item["reason"])).collect()
    }

    /// The buyer opens the address of a page at the gateway: what is on it.
    async fn page(&self, address: &str) -> Value {
        self.gateway.wallet(address).await.expect("a page of the gateway")
    }

    /// The buyer pays on a page; where his browser goes then.
    async fn pay_page(&self, page: &Value) -> String {
        let button = format!("{}{}/pay", self.gateway.ready.listening, text(&page["page"]));
        let to = self.test.http.post(button).ask().await.is(303).header("location").to_owned();
        self.gateway.idle().await.expect("its notices are delivered");
        to
    }

    /// How many of this method the gateway has answered to.
    async fn calls(&self, method: &str) -> usize {
        self.gateway.calls().await.iter().filter(|call| call.method.as_deref() == Some(method)).count()
    }

    async fn fault(&self, target: &str, kind: &str, times: u32) {
        self.gateway.fault(Fault::new(target, kind).times(times)).await.expect("a fault");
    }

    /// The next call of this method is refused.
    async fn refuse(&self, method: &str, code: &str, sub_code: &str) {
        let fault = Fault::new(method, "answer").with("code", json!(code)).with("sub_code", json!(sub_code));
        self.gateway.fault(fault).await.expect("a fault");
    }

    /// As if the gateway had told us that the order's trade is closed.
    async fn close(&self, order: &Order) {
        let number = self.number(order).await;
        let write = move |tx: &mut dyn WriteTx| {
            let trade = tx.trade(&number)?.expect("a trade");
            tx.update_trade(&Trade { state: TradeState::Closed, ask_at: None, ..trade })
        };
        self.test.app.store.write(write).await.expect("a database");
    }

    async fn put_keys(&self, keys: Value) -> Answer {
        self.test.owner(Method::PUT, &format!("/accounts/{}/keys", self.account)).json(&keys).ask().await
    }
}
