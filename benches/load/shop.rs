//! A shop for the measurement: one wallet with an open code, one site, many articles, one phone.
//!
//! The articles' bands lie side by side, so that each can hold [`BAND`] amounts at once and no amount belongs to two.

use std::fmt::Write as _;
use std::path::Path;

use matcha::app::App;
use matcha::clock::Clock;
use matcha::domain::account::{Distinguish, Remark};
use matcha::domain::channel::Channel;
use matcha::domain::device::DeviceClock;
use matcha::domain::id::{AccountId, CodeId, DeviceId, ProductId, SiteId};
use matcha::domain::log::Actor;
use matcha::domain::money::Fen;
use matcha::domain::notice::Rules;
use matcha::domain::product::{Lock, Terms};
use matcha::domain::site::Slug;
use matcha::domain::time::Millis;
use matcha::flow::catalog::{self, CodeAdded, NewCode, NewSite, SitePatch};
use matcha::flow::device::{self, Introduction, Paired};
use matcha::flow::products::{self, NewProduct};
use matcha::rng::{Ids, Rng};
use matcha::secrets::Secrets;
use matcha::storage::Store;
use matcha::storage::sqlite::Sqlite;
use serde_json::json;

use crate::wire::request;

/// Amounts that one article can hold at once.
pub const BAND: usize = 33;
const SITE: &str = "shop";

/// What is known of the shop.
#[derive(Clone)]
pub struct Shop {
    pub site: SiteId,
    pub account: AccountId,
    pub code: CodeId,
    pub device: DeviceId,
    pub secret: String,
    pub products: Vec<(ProductId, Fen)>,
}

fn slug(text: &str) -> Slug {
    text.parse().expect("a slug")
}

pub fn fen(n: usize) -> Fen {
    Fen::new(i64::try_from(n).expect("not that much")).expect("an amount")
}

/// Opens the data folder as a tool beside the server would.
pub async fn open(data: &Path) -> App {
    std::fs::create_dir_all(data).expect("a folder");
    let rng = Rng::system();
    let secrets = Secrets::open(&data.join("master.key"), rng.bytes()).expect("a key");
    let store = Store::new(Sqlite::open(&data.join("matcha.db"), Clock::System.now()).expect("a database"));
    let ids = Ids::new(1);
    ids.continue_after(store.read(|tx| tx.largest_id()).await.expect("an id"));
    App::new(store, Clock::System, rng, ids, secrets, Rules::embedded())
}

/// Furnishes a new data folder with a shop of `products` articles.
pub async fn furnish(data: &Path, products: usize) -> Shop {
    let app = open(data).await;
    let me = Actor::Console;
    let account =
        catalog::add_account(&app, "微信".to_owned(), Channel::Wechat, Distinguish::Amount, me).await;
    let account = account.expect("an account").id;
    let payload = "wxp://f2f0MATCHA-LOAD-OPEN".to_owned();
    let png = matcha::qr::draw(&payload).expect("a picture");
    let open = NewCode {
        account,
        amount: None,
        remark: Remark::none(),
        payload: Some(payload),
        verified: true,
        png,
    };
    let CodeAdded::Yes { code, .. } = catalog::add_code(&app, open, me).await.expect("a code") else {
        unreachable!("the folder is not new");
    };
    let new = NewSite { slug: slug(SITE), name: "茶".to_owned(), origins: Vec::new() };
    let site = catalog::add_site(&app, new, me).await.expect("a site").site.id;
    let patch = SitePatch {
        // Long windows: nothing expires under the measurement. Short rests: the next round finds its amounts free.
        pay_window: Some(Millis::seconds(3600)),
        cool_down: Some(Millis::seconds(1)),
        max_discount: Some(fen(BAND - 1)),
        ..SitePatch::default()
    };
    catalog::change_site(&app, SITE.to_owned(), patch, me).await.expect("a policy");
    let all = futures_util::future::join_all((0..products).map(|n| add_product(&app, n))).await;
    let invitation = device::invite(&app, Vec::new()).await.expect("a pairing code");
    let phone = Introduction {
        code: invitation.code,
        name: "phone".to_owned(),
        model: "load".to_owned(),
        app_version: "1".to_owned(),
    };
    let Paired::Yes { device, secret } = device::pair(&app, phone).await.expect("a phone") else {
        unreachable!("the pairing code is fresh");
    };
    Shop { site, account, code: code.id, device, secret, products: all }
}

async fn add_product(app: &App, n: usize) -> (ProductId, Fen) {
    let new = NewProduct {
        site: SITE.to_owned(),
        slug: slug(&product(n)),
        title: format!("第 {n} 篇"),
        price: fen(100 + n * BAND),
        lock: Lock::Hosted,
        terms: Terms::default(),
        opens: Vec::new(),
        html: Some("<p>八十度的水</p>".repeat(50)),
    };
    let product = products::add_product(app, new, Actor::Console).await.expect("an article");
    (product.id, product.price)
}

fn product(n: usize) -> String {
    format!("article-{n}")
}

/// `count` different readers' orders, spread over the articles; `round` keeps them apart from other rounds.
pub fn orders(shop: &Shop, round: &str, count: usize) -> Vec<Vec<u8>> {
    let order = |n: usize| {
        let body = json!({
            "site": SITE, "product": product(n % shop.products.len()), "channel": "wechat",
            "client_order_id": format!("0190a5c2-7bbb-7000-{round}-{n:012}"),
        });
        let from = format!("10.{}.{}.{}", n / 62_500 % 250, n / 250 % 250, n % 250);
        let reader = format!("0190a5c2-8ccc-7000-{round}-{n:012}");
        let headers =
            [("x-forwarded-for", from.as_str()), ("matcha-reader", &reader), ("accept-language", "zh-CN")];
        request("POST", "/api/v1/orders", &headers, &body.to_string())
    };
    (0..count).map(order).collect()
}

/// What is remembered of an order that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub id: String,
    pub token: String,
    pub amount: String,
}

/// Requests that look at orders.
pub fn looks(made: &[Made]) -> Vec<Vec<u8>> {
    let look = |order: &Made| {
        let bearer = format!("Bearer {}", order.token);
        request("GET", &format!("/api/v1/orders/{}", order.id), &[("authorization", &bearer)], "")
    };
    made.iter().map(look).collect()
}

/// Messages of the shop's phone, each with the one notice that pays one order, and what must be sent before them.
pub struct Messages {
    /// Heartbeats of the same age: the server measures the phone's clock by its messages, and these were signed a while
    /// before they are sent. Without them it would not know when the first payments came in, and rightly ask.
    pub beats: Vec<Vec<u8>>,
    pub notices: Vec<Vec<u8>>,
}

/// Signs the messages that pay `made`.
pub fn messages(shop: &Shop, made: &[Made]) -> Messages {
    let now = Clock::System.now();
    let beat = |n: usize| {
        let body =
            json!({ "sent_at": now, "app_version": "1", "listener_connected": true, "outbox_depth": 0 });
        signed(shop, "/api/v1/bridge/heartbeat", &format!("beat_{}_{n}", now.millis()), &body.to_string())
    };
    let beats = (0..DeviceClock::SAMPLES_MAX).map(beat).collect();
    Messages { beats, notices: made.iter().map(|order| notice(shop, order)).collect() }
}

fn notice(shop: &Shop, order: &Made) -> Vec<u8> {
    let now = Clock::System.now();
    let id = order.id.trim_start_matches("ord_");
    let text = format!("微信支付收款{}元(朋友到店)", order.amount);
    let body = json!({ "sent_at": now, "notices": [{
        "id": id, "package": "com.tencent.mm", "title": "微信支付", "text": text, "big_text": null,
        "ticker": format!("微信支付: {text}"), "posted_at": now, "when": now, "notification_id": -656_511_598,
        "key": "0|com.tencent.mm|-656511598|null|10123", "tag": null, "channel_id": "message_channel_new_id",
        "user": 0, "ongoing": false, "group_summary": false, "recovered": false,
    }]});
    signed(shop, "/api/v1/bridge/notices", &format!("msg_{id}"), &body.to_string())
}

fn signed(shop: &Shop, path: &str, message: &str, body: &str) -> Vec<u8> {
    let at = Clock::System.now().millis() / 1000;
    let signature = matcha::webhook::sign(&shop.secret, message, at, body.as_bytes()).expect("a good secret");
    let (device, at) = (shop.device.to_string(), at.to_string());
    let headers = [
        ("matcha-device", device.as_str()),
        ("webhook-id", message),
        ("webhook-timestamp", &at),
        ("webhook-signature", &signature),
    ];
    request("POST", path, &headers, body)
}

/// The request that opens an order's stream.
pub fn stream(order: &Made) -> Vec<u8> {
    let mut path = String::new();
    write!(path, "/api/v1/orders/{}/events?token={}", order.id, order.token).expect("memory");
    request("GET", &path, &[("accept", "text/event-stream")], "")
}
