//! The books: Matcha's flows and the simulator of the gateway, each with the other's time. Bills of a day, the log of an
//! account, transfers.

mod accounts;
mod api;
mod bills;
mod cli;
mod double;
mod refunds;
mod transfers;
mod watching;

use std::path::PathBuf;
use std::sync::Arc;

use matcha::alipay::credentials::{Credentials, Pasted, PastedTrust};
use matcha::alipay::gateway::{Line, Settings};
use matcha::alipay::sign::SignType;
use matcha::app::App;
use matcha::cashier;
use matcha::domain::account::Distinguish;
use matcha::domain::books::{Book, BookDay, Difference, DifferenceKind};
use matcha::domain::channel::Channel;
use matcha::domain::gateway::Trade;
use matcha::domain::id::{AccountId, OrderId};
use matcha::domain::order::Order;
use matcha::domain::time::{Day, Millis};
use matcha::flow::gateway::cashier::{Bill, Cashier, Cashiers};
use matcha::flow::gateway::{self as official, reconcile, trade};
use matcha::flow::{self, checkout};
use matcha::rng::Rng;
use matcha::storage::verbs::{Merchant, Page, WriteTx};
use serde_json::json;

use crate::gateway::Gateway;
use crate::world::{self, START, World, created, wish};

/// Until an answer counts as lost: long enough for a busy machine.
const PATIENCE: Millis = Millis::seconds(15);

const ALL: Page = Page { before: None, limit: 1000 };

/// A shop with an official account at a gateway of its own.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) gateway: Gateway,
    pub(crate) merchant: AccountId,
    stored: Merchant,
}

fn cashiers(read_timeout: Millis) -> Cashiers {
    // Nobody waits: what is asked again is asked at once.
    let settings =
        Settings { ask_pause: Millis::ZERO, repeat_pause: Millis::ZERO, read_timeout, ..Settings::default() };
    let line = Line::direct(settings).expect("a line");
    cashier::cashiers(line, "https://pay.example", Rng::seeded(3))
}

impl Shop {
    pub(crate) async fn open() -> Shop {
        Shop::open_with(json!({})).await
    }

    /// With settings of the gateway.
    pub(crate) async fn open_with(mut settings: serde_json::Value) -> Shop {
        settings["notices"] = json!("hold");
        let config = json!({ "clock_start": START.china_clock(), "settings": settings });
        let gateway = Gateway::start(&config);
        let mut world = World::empty().await;
        world.app = world.app.with_cashiers(cashiers(PATIENCE));
        world.product("tea", 100).await;
        let merchant = world.account(Channel::AlipayOfficial, Distinguish::Amount).await;
        let ready = &gateway.ready;
        let pasted = Pasted {
            app_id: ready.app_id.clone(),
            private_key: ready.app_private_key.clone().expect("a key that it made").into(),
            sign_type: SignType::Rsa2,
            trust: PastedTrust::Keys(vec![ready.alipay_public_key.clone()]),
            aes_key: None,
            gateway: ready.gateway.clone(),
            seller_id: Some(ready.seller_id.clone()),
        };
        let keys = Credentials::from_pasted(&pasted).expect("good keys").to_secret_json();
        let stored = Merchant {
            account: merchant,
            app_id: ready.app_id.clone(),
            seller_id: Some(ready.seller_id.clone()),
            sealed: world.app.secrets().seal_merchant(merchant, keys.as_bytes(), [1; 12]),
            updated_at: START,
        };
        let row = stored.clone();
        write(&world.app, move |tx| Ok(tx.set_merchant(&row)?)).await;
        Shop { world, gateway, merchant, stored }
    }

    pub(crate) fn app(&self) -> &App {
        &self.world.app
    }

    /// The folder of its database, for commands.
    pub(crate) fn data(&self) -> PathBuf {
        self.world.path().parent().expect("a folder").to_owned()
    }

    /// The account's cashier, for what others do with the same keys.
    pub(crate) fn cashier(&self) -> Arc<dyn Cashier> {
        self.app().cashiers.of(&self.stored, self.app().secrets()).expect("keys that open")
    }

    /// Both clocks go on.
    pub(crate) async fn pass(&self, seconds: i64) {
        self.world.wait(Millis::seconds(seconds));
        self.gateway.advance(u64::try_from(seconds).expect("forward")).await.expect("a time to come");
    }

    /// Both clocks go on to a time of China.
    pub(crate) async fn at(&self, time: &str) {
        let then = matcha::domain::time::Timestamp::from_china_clock(time).expect("a time");
        self.pass(then.since(self.world.now()).get() / 1000).await;
    }

    /// The same database, opened as after a restart.
    pub(crate) async fn restart(&mut self) {
        let app = world::open(&self.world.path(), &self.world.app.clock, 9).await;
        self.world.app = app.with_cashiers(cashiers(PATIENCE));
    }

    /// Does not wait long for answers that do not come; a restart brings the patience back.
    pub(crate) fn lose_patience(&mut self) {
        self.world.app.cashiers = cashiers(Millis::new(500));
    }

    /// An order that is paid through the gateway, and its trade.
    pub(crate) async fn official_order(&self) -> (Order, Trade) {
        let wish = checkout::Wish { channel: Some(Channel::AlipayOfficial), ..wish("tea") };
        let order = created(official::order(self.app(), wish).await.expect("an order"));
        (order.clone(), self.trade(order.id).await)
    }

    pub(crate) async fn trade(&self, order: OrderId) -> Trade {
        self.world.read(move |tx| tx.trades_of(order)).await.pop().expect("a trade")
    }

    /// An order that was paid, and that we asked about.
    pub(crate) async fn sold(&self) -> (Order, Trade) {
        let (order, trade) = self.official_order().await;
        self.gateway.pay(&trade.number).await.expect("a trade to pay");
        trade::ask(self.app(), trade.number).await.expect("an answer");
        (order.clone(), self.trade(order.id).await)
    }

    /// A trade of this number that somebody paid, made with the account's keys and not by this Matcha.
    pub(crate) async fn sold_elsewhere(&self, number: &str, fen: i64) {
        let bill = Bill {
            number: number.to_owned(),
            amount: world::fen(fen),
            subject: "x".to_owned(),
            ends_at: self.world.now().plus(Millis::seconds(3600)),
        };
        self.cashier().make_code(&bill, self.world.now()).await.expect("a code");
        self.gateway.pay(number).await.expect("a trade to pay");
    }

    pub(crate) async fn reconcile(&self) -> usize {
        reconcile::run_once(self.app(), self.world.now()).await.expect("a run")
    }

    /// Days of a book, oldest first.
    pub(crate) async fn days(&self, book: Book) -> Vec<BookDay> {
        let mut days = self.world.read(move |tx| tx.book_days(book, None, ALL)).await;
        days.reverse();
        days
    }

    pub(crate) async fn day(&self, book: Book, day: &str) -> BookDay {
        let day: Day = day.parse().expect("a day");
        let days = self.days(book).await;
        days.into_iter().find(|d| d.day == day).unwrap_or_else(|| panic!("{day} was not begun"))
    }

    /// All differences, oldest first.
    pub(crate) async fn differences(&self) -> Vec<Difference> {
        let mut found = self.world.read(|tx| tx.differences(None, ALL)).await;
        found.reverse();
        found
    }

    /// Kinds and numbers of all differences, in order of their kinds.
    pub(crate) async fn kinds(&self) -> Vec<(DifferenceKind, String)> {
        let mut kinds: Vec<_> = self.differences().await.into_iter().map(|d| (d.kind, d.number)).collect();
        kinds.sort();
        kinds
    }

    /// How often a method was called.
    pub(crate) async fn calls(&self, method: &str) -> usize {
        self.gateway.calls().await.iter().filter(|call| call.method.as_deref() == Some(method)).count()
    }
}

/// Runs a unit of work that must succeed.
pub(crate) async fn write<T, F>(app: &App, unit: F) -> T
where
    F: FnMut(&mut dyn WriteTx) -> Result<T, flow::Error> + Send + 'static,
    T: Send + 'static,
{
    app.store.write::<T, flow::Error, F>(unit).await.expect("the unit commits")
}
