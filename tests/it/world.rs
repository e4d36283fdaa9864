//! A small Matcha on a real database file, with hands on its clock, and the people around it: an owner, readers and
//! phones. Shared by the flow tests, the model and the simulation.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use matcha::app::App;
use matcha::clock::Clock;
use matcha::domain::account::{Distinguish, Remark};
use matcha::domain::channel::Channel;
use matcha::domain::id::{AccountId, CodeId, DeviceId, InboxId, OrderId};
use matcha::domain::log::Actor;
use matcha::domain::money::Fen;
use matcha::domain::notice::Rules;
use matcha::domain::order::Order;
use matcha::domain::product::{Lock, Terms};
use matcha::domain::receipt::{InboxItem, InboxState, Reason, Receipt};
use matcha::domain::time::{Millis, Timestamp};
use matcha::flow::pressure::Effort;
use matcha::flow::pressure::Pressure;
use matcha::flow::{catalog, checkout, device, intake, products};
use matcha::rng::{Ids, Rng};
use matcha::secrets::{Secrets, sha256};
use matcha::storage::sqlite::Sqlite;
use matcha::storage::verbs::{self, LogLine, Page, ReadTx};
use matcha::storage::{self, Store};
use serde_json::json;
use serde_json::value::RawValue;

/// 2026-06-01T00:00:00Z: where every test begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_780_272_000_000);

pub(crate) fn fen(n: i64) -> Fen {
    Fen::new(n).expect("a test's amount is in range")
}

pub(crate) const fn ms(n: i64) -> Millis {
    Millis::new(n)
}

pub(crate) const fn secs(n: i64) -> Millis {
    Millis::seconds(n)
}

pub(crate) fn remark(text: &str) -> Remark {
    text.parse().expect("a test's remark is short")
}

/// A folder for one test; in memory where the system has such a place, because every commit syncs.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder for the test")
}

/// Opens the database at `path` as a server that starts there would. The compiled rules are made once and shared.
pub(crate) async fn open(path: &Path, clock: &Clock, seed: u64) -> App {
    static TEMPLATE: OnceLock<(App, tempfile::TempDir)> = OnceLock::new();
    let store = |path: &Path| Store::new(Sqlite::open(path, clock.now()).expect("the database opens"));
    let (template, _) = TEMPLATE.get_or_init(|| {
        let dir = folder();
        let (rng, ids) = (Rng::seeded(0), Ids::new(0));
        let secrets = Secrets::from_master([7; 32]);
        let store = store(&dir.path().join("template.db"));
        (App::new(store, clock.clone(), rng, ids, secrets, Rules::embedded()), dir)
    });
    let mut app = template.clone();
    app.store = store(path);
    app.clock = clock.clone();
    app.rng = Rng::seeded(seed);
    app.makers.ids = Ids::new(0);
    app.pressure = Pressure::default();
    let largest = app.store.read(|tx| tx.largest_id()).await.expect("the largest id");
    app.makers.ids.continue_after(largest);
    app
}

/// A Matcha with one site `blog`, and what a test adds.
pub(crate) struct World {
    pub(crate) app: App,
    dir: tempfile::TempDir,
}

impl World {
    /// One site without accounts, products or phones.
    pub(crate) async fn empty() -> World {
        let dir = folder();
        let clock = Clock::manual(START);
        let app = open(&dir.path().join("matcha.db"), &clock, 1).await;
        let new = catalog::NewSite { slug: slug("blog"), name: "Blog".to_owned(), origins: Vec::new() };
        catalog::add_site(&app, new, Actor::Console).await.expect("a site");
        World { app, dir }
    }

    /// One WeChat account with an open code and the product `tea` for ¥1.00.
    pub(crate) async fn shop() -> (World, AccountId) {
        let world = World::empty().await;
        let account = world.account(Channel::Wechat, Distinguish::Amount).await;
        world.open_code(account).await;
        world.product("tea", 100).await;
        (world, account)
    }

    /// A shop whose account is heard by a phone that has just said that it is there.
    pub(crate) async fn shop_with_phone() -> (World, Phone) {
        let (world, account) = World::shop().await;
        let phone = world.phone(&[account]).await;
        (world, phone)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("matcha.db")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.now()
    }

    pub(crate) fn wait(&self, span: Millis) {
        self.app.clock.advance(span);
    }

    /// Rules with an owner's file; this world's alone.
    pub(crate) fn lay_over(&mut self, overrides: &str) {
        let rules = Rules::with_overrides(overrides).expect("a good rule file");
        let (store, clock) = (self.app.store.clone(), self.app.clock.clone());
        let secrets = Secrets::from_master([7; 32]);
        let ids = self.app.makers.ids.clone();
        self.app = App::new(store, clock, self.app.rng.clone(), ids, secrets, rules);
    }

    pub(crate) async fn read<T, F>(&self, look: F) -> T
    where
        F: FnOnce(&dyn ReadTx) -> verbs::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.app.store.read::<T, storage::Error, F>(look).await.expect("a read")
    }

    // ---- the owner ---------------------------------------------------------------------------------------------

    pub(crate) async fn account(&self, channel: Channel, distinguish: Distinguish) -> AccountId {
        let account =
            catalog::add_account(&self.app, "mine".to_owned(), channel, distinguish, Actor::Console);
        account.await.expect("an account").id
    }

    pub(crate) async fn open_code(&self, account: AccountId) -> CodeId {
        self.code(account, None, Remark::none()).await
    }

    pub(crate) async fn code(&self, account: AccountId, amount: Option<i64>, remark: Remark) -> CodeId {
        let amount = amount.map(fen);
        let new = catalog::NewCode {
            account,
            amount,
            remark,
            payload: None,
            verified: false,
            png: b"png".to_vec(),
        };
        match catalog::add_code(&self.app, new, Actor::Console).await.expect("a code") {
            catalog::CodeAdded::Yes { code, .. } => code.id,
            catalog::CodeAdded::Taken(code) => panic!("{code:?} is in use"),
        }
    }

    pub(crate) async fn product(&self, name: &str, price: i64) {
        let new = products::NewProduct {
            site: "blog".to_owned(),
            slug: slug(name),
            title: name.to_owned(),
            price: fen(price),
            lock: Lock::Hosted,
            terms: Terms::default(),
            opens: Vec::new(),
            html: Some("<p>the paid text</p>".to_owned()),
        };
        products::add_product(&self.app, new, Actor::Console).await.expect("a product");
    }

    pub(crate) async fn change_site(&self, patch: catalog::SitePatch) {
        catalog::change_site(&self.app, "blog".to_owned(), patch, Actor::Console)
            .await
            .expect("a changed site");
    }

    /// The items of the inbox that wait, newest first.
    pub(crate) async fn inbox(&self) -> Vec<InboxItem> {
        self.read(|tx| tx.inbox(Some(InboxState::Open), Page { before: None, limit: 200 })).await
    }

    /// Why items wait in the inbox, oldest first.
    pub(crate) async fn reasons(&self) -> Vec<Reason> {
        self.inbox().await.iter().rev().map(|item| item.reason).collect()
    }

    /// The one item that waits in the inbox.
    pub(crate) async fn only_item(&self) -> InboxId {
        match self.inbox().await.as_slice() {
            [item] => item.id,
            other => panic!("expected one open item, found {other:?}"),
        }
    }

    /// All receipts, oldest first.
    pub(crate) async fn receipts(&self) -> Vec<Receipt> {
        let mut receipts = self.read(|tx| tx.receipts(None, Page { before: None, limit: 100_000 })).await;
        receipts.reverse();
        receipts
    }

    pub(crate) async fn log_of(&self, subject: i64) -> Vec<LogLine> {
        self.read(move |tx| tx.log_of(subject, 1000)).await
    }

    // ---- readers -----------------------------------------------------------------------------------------------

    pub(crate) async fn try_order(&self, wish: checkout::Wish) -> checkout::Outcome {
        checkout::create(&self.app, wish).await.expect("an answer to a wish")
    }

    /// An order of `tea` by a reader nobody knows.
    pub(crate) async fn order(&self) -> Order {
        created(self.try_order(wish("tea")).await)
    }

    pub(crate) async fn find(&self, order: OrderId) -> Order {
        self.read(move |tx| tx.order(order)).await.expect("the order is there")
    }

    // ---- phones ------------------------------------------------------------------------------------------------

    /// Pairs a phone whose clock is right and that has sent its first heartbeat.
    pub(crate) async fn phone(&self, accounts: &[AccountId]) -> Phone {
        self.phone_ahead(accounts, Millis::ZERO).await
    }

    /// Pairs a phone whose clock is `ahead` of the server's.
    pub(crate) async fn phone_ahead(&self, accounts: &[AccountId], ahead: Millis) -> Phone {
        let device = pair(&self.app, accounts).await;
        let phone = Phone { device, ahead };
        self.beat(&phone).await;
        phone
    }

    pub(crate) async fn beat(&self, phone: &Phone) {
        let message = unique(&self.app, "msg");
        beat(&self.app, phone.device, &message, self.now().plus(phone.ahead)).await.expect("a heartbeat");
    }

    /// Sends notices in a message of their own.
    pub(crate) async fn send(&self, phone: &Phone, notices: &[String]) -> Vec<String> {
        let message = unique(&self.app, "msg");
        match self.send_as(phone, &message, notices).await.expect("the notices are taken in") {
            intake::Outcome::Stored(ids) => ids,
            intake::Outcome::MessageIdReused => panic!("the message id is new"),
        }
    }

    /// Sends notices in a message of that id.
    pub(crate) async fn send_as(
        &self,
        phone: &Phone,
        message: &str,
        notices: &[String],
    ) -> Result<intake::Outcome, matcha::flow::Error> {
        let sent_at = self.now().plus(phone.ahead);
        intake::receive(&self.app, batch(phone.device, message, sent_at, notices)).await
    }

    /// `announcer` tells of money that comes in now, and the phone passes it on at once.
    pub(crate) async fn pay(&self, phone: &Phone, announcer: Announcer, amount: i64) {
        let notice = self.notice(phone, announcer, amount);
        self.send(phone, &[notice]).await;
    }

    /// What the phone will say of money that comes in now.
    pub(crate) fn notice(&self, phone: &Phone, announcer: Announcer, amount: i64) -> String {
        let posted = Some(self.now().plus(phone.ahead));
        announcer.notice(&unique(&self.app, "n"), posted, fen(amount)).to_string()
    }
}

/// A paired phone.
#[derive(Clone, Copy)]
pub(crate) struct Phone {
    pub(crate) device: DeviceId,
    pub(crate) ahead: Millis,
}

/// Somebody new with a recovery code.
pub(crate) fn holder(code: matcha::domain::unlock::RecoveryCode) -> matcha::flow::rights::Holder {
    matcha::flow::rights::Holder { code, address: 1, reader: None, label: "iPhone · WeChat".to_owned() }
}

pub(crate) fn slug(text: &str) -> matcha::domain::site::Slug {
    text.parse().expect("a test's slug is plain")
}

/// A name that no other has, from the seeded generator.
pub(crate) fn unique(app: &App, prefix: &str) -> String {
    let number = u64::from_be_bytes(app.rng.bytes::<8>());
    format!("{prefix}_{number:016x}")
}

pub(crate) fn wish(product: &str) -> checkout::Wish {
    checkout::Wish {
        site: "blog".to_owned(),
        product: product.to_owned(),
        channel: None,
        client_order_id: None,
        coupon: None,
        renew: None,
        reader: None,
        address: 1,
        exact_address: 1,
        origin: None,
        effort: Effort::NotAsked,
        chance: 7,
    }
}

pub(crate) fn created(outcome: checkout::Outcome) -> Order {
    let told = format!("{outcome:?}");
    let checkout::Outcome::Created(view) = outcome else { panic!("expected an order, got {told}") };
    view.order
}

pub(crate) async fn pair(app: &App, accounts: &[AccountId]) -> DeviceId {
    let invitation = device::invite(app, accounts.to_vec()).await.expect("a pairing code");
    let phone = device::Introduction {
        code: invitation.code,
        name: "phone".to_owned(),
        model: "model".to_owned(),
        app_version: "1.0".to_owned(),
    };
    match device::pair(app, phone).await.expect("an answer to the pairing") {
        device::Paired::Yes { device, .. } => device,
        device::Paired::NoSuchCode => panic!("the pairing code is good"),
    }
}

pub(crate) async fn beat(
    app: &App,
    device: DeviceId,
    message: &str,
    sent_at: Timestamp,
) -> Result<verbs::SeenBefore, matcha::flow::Error> {
    let health = device::Health { app_version: "1.0".to_owned(), raw: "{}".to_owned() };
    let body_hash = sha256(format!("heartbeat {sent_at}").as_bytes());
    let message = device::Message { id: message.to_owned(), body_hash, sent_at: Some(sent_at) };
    device::heartbeat(app, device, message, Some(health)).await
}

/// A message of notices, as the web takes it from a phone's signed body.
pub(crate) fn batch(
    device: DeviceId,
    message: &str,
    sent_at: Timestamp,
    notices: &[String],
) -> intake::Batch {
    let body_hash = sha256(format!("{sent_at} {}", notices.join("\n")).as_bytes());
    let raw = |text: &String| RawValue::from_string(text.clone()).expect("a notice is JSON");
    let notices = notices.iter().map(raw).collect();
    let message = device::Message { id: message.to_owned(), body_hash, sent_at: Some(sent_at) };
    intake::Batch { device, message, notices }
}

/// Who tells of a payment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Announcer {
    /// 微信支付, the owner's own conversation.
    Wechat,
    /// 微信收款助手, which speaks of the same payments.
    Helper,
    /// 微信收款助手 on a clerk's phone.
    Clerk,
    /// The wallet Alipay, with the amount in the title.
    Alipay,
    /// 店员通 of Alipay.
    AlipayClerk,
}

impl Announcer {
    /// The notification id by which it is known; Alipay's changes with every notification.
    pub(crate) fn id(self) -> Option<i64> {
        match self {
            Announcer::Wechat => Some(-656_511_598),
            Announcer::Helper | Announcer::Clerk => Some(-124_356_843),
            Announcer::Alipay | Announcer::AlipayClerk => None,
        }
    }

    /// What the receipt names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Announcer::Wechat => "微信支付",
            Announcer::Helper | Announcer::Clerk => "微信收款助手",
            Announcer::Alipay => "支付宝",
            Announcer::AlipayClerk => "店员通",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Announcer::Wechat | Announcer::Helper | Announcer::Clerk => "com.tencent.mm",
            Announcer::Alipay | Announcer::AlipayClerk => "com.eg.android.AlipayGphone",
        }
    }

    fn title(self, amount: Fen) -> String {
        match self {
            Announcer::Alipay => format!("你已成功收款{amount}元（老顾客消费）"),
            Announcer::Wechat | Announcer::Helper | Announcer::Clerk | Announcer::AlipayClerk => {
                self.name().to_owned()
            }
        }
    }

    fn text(self, amount: Fen) -> String {
        match self {
            Announcer::Wechat => format!("微信支付收款{amount}元(朋友到店)"),
            Announcer::Helper => format!("微信支付收款{amount}元"),
            Announcer::Clerk => format!("[店员消息]收款到账{amount}元"),
            Announcer::Alipay => "已转入余额 免费领600万元健康保障>>".to_owned(),
            Announcer::AlipayClerk => format!("支付宝成功收款{amount}元，点击查看。"),
        }
    }

    /// A notice object. `posted_at` is the phone's time.
    pub(crate) fn notice(self, id: &str, posted_at: Option<Timestamp>, amount: Fen) -> serde_json::Value {
        let mut notice = json!({
            "id": id,
            "package": self.package(),
            "title": self.title(amount),
            "text": self.text(amount),
            "user": 0,
        });
        if let Some(posted_at) = posted_at {
            notice["posted_at"] = json!(posted_at.to_string());
        }
        if let Some(number) = self.id() {
            notice["notification_id"] = json!(number);
            notice["key"] = json!(format!("0|{}|{number}|null|10123", self.package()));
        } else {
            notice["channel_id"] = json!("alipay_default");
        }
        notice
    }
}
