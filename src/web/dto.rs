//! The JSON of the API: what is sent and what is answered. Amounts are yuan strings, ids are strings, times RFC 3339.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::account::{Account, Code, CodeKind, Distinguish, Remark};
use crate::domain::channel::Channel;
use crate::domain::device::Device;
use crate::domain::id::{AccountId, CodeId, DeviceId, InboxId, NoticeId, OrderId, ProductId, ReceiptId};
use crate::domain::money::Fen;
use crate::domain::order::OrderStatus;
use crate::domain::receipt::{InboxState, Notice, ReadAs, Reason, Receipt, ReceiptState, Trust};
use crate::domain::site::{Lock, Origin, Product};
use crate::domain::time::{Millis, Timestamp};
use crate::flow::catalog::SiteView;
use crate::flow::checkout::{ChannelState, Hearing};
use crate::flow::inbox::ItemView;
use crate::flow::order::View;
use crate::flow::unlock;
use crate::web::Web;

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:matcha:problem:` and the code.
    pub r#type: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What happened and what to do next, in the caller's language.
    pub detail: String,
    /// Quote it when you ask for help.
    pub request_id: String,
    /// After how many milliseconds trying again makes sense.
    pub retry_after_ms: Option<i64>,
}

/// A wish to buy.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OrderRequest {
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// The wallet; any that is heard where it is not said.
    #[schema(value_type = Option<String>, example = "wechat")]
    pub channel: Option<Channel>,
    /// An id the client made before its first request: the same id is the same order. Nobody must be able to guess it.
    pub client_order_id: Option<String>,
}

/// The code to scan.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderCode {
    /// A PNG.
    pub image_url: String,
    /// `fixed`: the amount is set inside; `open`: the payer types it.
    #[schema(value_type = String)]
    pub kind: CodeKind,
    /// What the code says, where it could be read.
    pub payload: Option<String>,
}

/// The right to read.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnlockBody {
    /// Bearer token for the content.
    pub token: String,
    /// Brings the right back on any device.
    pub code: String,
}

/// An order as its reader sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBody {
    /// The order's id.
    #[schema(value_type = String)]
    pub id: OrderId,
    /// The order's bearer token; only in answers to `POST /api/v1/orders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `pending`, `paid`, `expired`, `cancelled` or `refunded`.
    #[schema(value_type = String)]
    pub status: OrderStatus,
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// The product's title.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String, example = "1.00")]
    pub price: Fen,
    /// What must be paid, exactly.
    #[schema(value_type = String, example = "0.98")]
    pub amount: Fen,
    /// The wallet.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// The code to scan.
    pub code: OrderCode,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When the window ends.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// How long the window stays open, by the server's clock; zero when it has ended.
    #[schema(value_type = i64)]
    pub expires_in_ms: Millis,
    /// How often the window may still be extended.
    pub extensions_left: u8,
    /// True where the money came in after the window.
    pub late: bool,
    /// When it was settled.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_at: Option<Timestamp>,
    /// The stream of its changes; holds the token.
    pub events_url: String,
    /// The right to read, once paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlock: Option<UnlockBody>,
}

impl OrderBody {
    /// What a reader with the order's token is shown at `now`.
    #[must_use]
    pub fn new(web: &Web, view: View, now: Timestamp) -> OrderBody {
        let View { order, site, product, payload, open_code, unlock, .. } = view;
        let base = &web.config.base_url;
        let unlock = unlock.filter(|u| u.revoked_at.is_none()).map(|unlock| UnlockBody {
            token: unlock::token(&web.app, &unlock),
            code: unlock::code(&web.app, &unlock).to_string(),
        });
        let kind = if open_code { CodeKind::Open } else { CodeKind::Fixed };
        OrderBody {
            id: order.id,
            token: None,
            status: order.status_at(now),
            site: site.slug.into(),
            product: product.slug.into(),
            title: product.title,
            price: order.price,
            amount: order.amount,
            channel: order.channel,
            code: OrderCode {
                image_url: format!("{base}/api/v1/orders/{}/code.png", order.id),
                kind,
                payload,
            },
            created_at: order.created_at,
            expires_at: order.expires_at,
            expires_in_ms: order.expires_in(now),
            extensions_left: order.extensions_left,
            late: order.late,
            paid_at: order.paid_at,
            events_url: format!(
                "{base}/api/v1/orders/{}/events?token={}",
                order.id,
                web.app.order_token(order.id)
            ),
            unlock,
        }
    }

    /// With the bearer token, for who made the order.
    #[must_use]
    pub fn with_token(mut self, web: &Web) -> OrderBody {
        self.token = Some(web.app.order_token(self.id));
        self
    }
}

/// One wallet and whether its money would be heard.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelBody {
    /// The wallet.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// `live`: the article opens by itself; `by_hand`: the owner confirms; `silent`: not offered at the moment.
    pub hearing: &'static str,
}

impl From<ChannelState> for ChannelBody {
    fn from(state: ChannelState) -> ChannelBody {
        let hearing = match state.hearing {
            Hearing::Live => "live",
            Hearing::ByHand => "by_hand",
            Hearing::Silent => "silent",
        };
        ChannelBody { channel: state.channel, hearing }
    }
}

/// Public facts of a product.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductFacts {
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// Its title.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String)]
    pub price: Fen,
    /// How it is locked.
    #[schema(value_type = String)]
    pub lock: Lock,
    /// The wallets that can pay for it.
    #[schema(value_type = Vec<String>)]
    pub channels: Vec<Channel>,
    /// Every wallet of the site and whether its money would be heard.
    pub channel_states: Vec<ChannelBody>,
    /// `on_sale`, or `no_live_account` while every phone is silent, or `not_for_sale` without an account.
    pub state: &'static str,
}

/// What an unlock token opens.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContentBody {
    /// The text, for a hosted product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The key, for a sealed product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// True where the text is in the page and only hidden.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reveal: bool,
}

/// A recovery code.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RestoreRequest {
    /// 25 letters and digits, with or without hyphens.
    pub code: String,
}

/// What a recovery code brings back.
#[derive(Debug, Serialize, ToSchema)]
pub struct RestoreBody {
    /// A fresh unlock token.
    pub token: String,
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
}

/// A phone that pairs.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PairRequest {
    /// The code the owner was shown.
    pub pairing_code: String,
    /// A name for the owner.
    pub name: String,
    /// What kind of phone it is.
    #[serde(default)]
    pub model: String,
    /// The version of its app.
    #[serde(default)]
    pub app_version: String,
}

/// What a paired phone signs with.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairBody {
    /// Its id, for the header `matcha-device`.
    #[schema(value_type = String)]
    pub device_id: DeviceId,
    /// Its secret (`whsec_…`), told once.
    pub secret: String,
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    pub server_time: Timestamp,
}

/// A batch of notices. Each is an object with an `id`; all its other fields are kept verbatim.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NoticesRequest {
    /// When the phone sends this, by its own clock: how the server measures that clock.
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Timestamp,
    /// The notices.
    #[schema(value_type = Vec<Object>)]
    pub notices: Vec<Box<serde_json::value::RawValue>>,
}

/// What is durable now.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticesBody {
    /// The phone's ids of the notices it may forget.
    pub stored: Vec<String>,
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    pub server_time: Timestamp,
}

/// A phone's heartbeat; further fields are kept for the owner.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HeartbeatRequest {
    /// When the phone sends this, by its own clock.
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Timestamp,
    /// The version of its app.
    #[serde(default)]
    pub app_version: String,
}

/// The answer to a heartbeat.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeartbeatBody {
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    pub server_time: Timestamp,
}

/// A page of a list, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageBody<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Pass it as `cursor` for the next page; absent on the last.
    pub next_cursor: Option<String>,
}

/// A receiving account to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AccountRequest {
    /// A name for the owner.
    pub name: String,
    /// `wechat` or `alipay`.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// `amount` (default) or `remark`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub distinguish: Distinguish,
}

/// A receiving account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Which wallet.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// What tells its payments apart.
    #[schema(value_type = String)]
    pub distinguish: Distinguish,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Account> for AccountBody {
    fn from(account: Account) -> AccountBody {
        let Account { id, name, channel, distinguish, created_at } = account;
        AccountBody { id, name, channel, distinguish, created_at }
    }
}

/// Something odd about an upload that was taken in all the same.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningBody {
    /// The stable code.
    pub code: String,
    /// What it means, in the caller's language.
    pub detail: String,
}

/// A payment code.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: CodeId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// `fixed` or `open`.
    #[schema(value_type = String)]
    pub kind: CodeKind,
    /// The amount set inside it.
    #[schema(value_type = Option<String>)]
    pub amount: Option<Fen>,
    /// The remark set inside it.
    #[schema(value_type = Option<String>)]
    pub remark: Option<Remark>,
    /// What it says.
    pub payload: Option<String>,
    /// True where it was read and is of the account's wallet.
    pub verified: bool,
    /// What is odd about it.
    pub warnings: Vec<WarningBody>,
}

impl CodeBody {
    /// A code with what was odd when it was taken in.
    #[must_use]
    pub fn new(code: Code, warnings: Vec<WarningBody>) -> CodeBody {
        let kind = code.kind();
        let Code { id, account, amount, remark, payload, verified, .. } = code;
        let remark = (!remark.is_none()).then_some(remark);
        CodeBody { id, account, kind, amount, remark, payload, verified, warnings }
    }
}

/// A site to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SiteRequest {
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Who may call the reader API from a browser: `https://blog.example`.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// What to change of a site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SitePatchRequest {
    /// Its name.
    pub name: Option<String>,
    /// Its accounts; an empty list means all there are.
    #[schema(value_type = Option<Vec<String>>)]
    pub accounts: Option<Vec<AccountId>>,
    /// How long a reader has to pay.
    #[schema(value_type = Option<i64>)]
    pub pay_window_ms: Option<Millis>,
    /// How long an amount rests before it is given out again.
    #[schema(value_type = Option<i64>)]
    pub cool_down_ms: Option<Millis>,
    /// How far below the price an amount may lie.
    #[schema(value_type = Option<String>)]
    pub max_discount: Option<Fen>,
    /// How far above the price an amount may lie.
    #[schema(value_type = Option<String>)]
    pub max_surcharge: Option<Fen>,
    /// Who may call the reader API from a browser.
    pub origins: Option<Vec<String>>,
    /// Ownership by address (the original article's way): everybody behind one address owns what one of them bought.
    pub ip_ownership: Option<bool>,
}

/// A site.
#[derive(Debug, Serialize, ToSchema)]
pub struct SiteBody {
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Who may call the reader API from a browser.
    #[schema(value_type = Vec<String>)]
    pub origins: Vec<Origin>,
    /// The accounts it named; none means all there are.
    #[schema(value_type = Vec<String>)]
    pub accounts: Vec<AccountId>,
    /// How long a reader has to pay.
    #[schema(value_type = i64)]
    pub pay_window_ms: Millis,
    /// How long an amount rests.
    #[schema(value_type = i64)]
    pub cool_down_ms: Millis,
    /// How far below the price an amount may lie.
    #[schema(value_type = String)]
    pub max_discount: Fen,
    /// How far above the price an amount may lie.
    #[schema(value_type = String)]
    pub max_surcharge: Fen,
    /// Ownership by address.
    pub ip_ownership: bool,
}

impl From<SiteView> for SiteBody {
    fn from(view: SiteView) -> SiteBody {
        let SiteView { site, accounts } = view;
        SiteBody {
            slug: site.slug.into(),
            name: site.name,
            origins: site.origins,
            accounts,
            pay_window_ms: site.policy.pay_window,
            cool_down_ms: site.policy.cool_down,
            max_discount: site.policy.max_discount,
            max_surcharge: site.policy.max_surcharge,
            ip_ownership: site.ip_ownership,
        }
    }
}

/// A product to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ProductRequest {
    /// The site's slug.
    pub site: String,
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String)]
    pub price: Fen,
    /// `hosted`, `sealed` or `reveal`.
    #[schema(value_type = String)]
    pub lock: Lock,
    /// The paid text, for a hosted product.
    pub html: Option<String>,
}

/// What to change of a product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductPatchRequest {
    /// Its name for people.
    pub title: Option<String>,
    /// What it costs.
    #[schema(value_type = Option<String>)]
    pub price: Option<Fen>,
    /// How it is locked.
    #[schema(value_type = Option<String>)]
    pub lock: Option<Lock>,
    /// The paid text.
    pub html: Option<String>,
}

/// A product as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ProductId,
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String)]
    pub price: Fen,
    /// How it is locked.
    #[schema(value_type = String)]
    pub lock: Lock,
    /// The paid text; only where one product is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Product> for ProductBody {
    fn from(product: Product) -> ProductBody {
        let Product { id, slug, title, price, lock, created_at, .. } = product;
        ProductBody { id, slug: slug.into(), title, price, lock, created_at, html: None }
    }
}

/// A phone to be paired.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct PairingRequest {
    /// The accounts whose announcements it will hear; none means all there are.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub accounts: Vec<AccountId>,
}

/// A pairing code.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairingBody {
    /// Works once and for ten minutes.
    pub pairing_code: String,
    /// What the app opens: server and code in one.
    pub pairing_url: String,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// What to change of a phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DevicePatchRequest {
    /// Its name.
    pub name: Option<String>,
    /// Receipts below this trust go to the inbox: `no_id`, `unpinned` or `pinned`.
    #[schema(value_type = Option<String>)]
    pub trust_min: Option<Trust>,
    /// Forget the pinned announcers, so that the next ¥0.01 pins them anew.
    #[serde(default)]
    pub forget_pins: bool,
}

/// A pinned announcer.
#[derive(Debug, Serialize, ToSchema)]
pub struct PinBody {
    /// The app.
    pub package: String,
    /// The announcer.
    pub announcer: String,
    /// Its notification id.
    pub notification_id: i64,
}

/// A phone.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// What kind of phone it is.
    pub model: String,
    /// The version of its app.
    pub app_version: String,
    /// The accounts it hears.
    #[schema(value_type = Vec<String>)]
    pub accounts: Vec<AccountId>,
    /// When it was paired.
    #[schema(value_type = String, format = DateTime)]
    pub paired_at: Timestamp,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
    /// When it was last heard.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
    /// True where it said nothing for longer than its rhythm allows.
    pub silent: bool,
    /// After how much silence it counts as silent.
    #[schema(value_type = i64)]
    pub patience_ms: Millis,
    /// What must be added to its clock.
    #[schema(value_type = Option<i64>)]
    pub clock_offset_ms: Option<Millis>,
    /// Receipts below this trust go to the inbox.
    #[schema(value_type = String)]
    pub trust_min: Trust,
    /// Its pinned announcers.
    pub pins: Vec<PinBody>,
    /// What it last said about itself.
    #[schema(value_type = Option<Object>)]
    pub health: Option<serde_json::Value>,
}

impl DeviceBody {
    /// A phone as it stands at `now`.
    #[must_use]
    pub fn new(device: Device, pins: Vec<PinBody>, now: Timestamp) -> DeviceBody {
        DeviceBody {
            silent: device.revoked_at.is_none() && device.is_silent_at(now),
            patience_ms: device.rhythm.patience(),
            clock_offset_ms: device.clock.offset(),
            health: device.health.as_deref().and_then(|h| serde_json::from_str(h).ok()),
            id: device.id,
            name: device.name,
            model: device.model,
            app_version: device.app_version,
            accounts: device.accounts,
            paired_at: device.paired_at,
            revoked_at: device.revoked_at,
            last_seen_at: device.last_seen_at,
            trust_min: device.trust_min,
            pins,
        }
    }
}

/// An order as the owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnerOrderBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: OrderId,
    /// `pending`, `paid`, `expired`, `cancelled` or `refunded`.
    #[schema(value_type = String)]
    pub status: OrderStatus,
    /// The product's id.
    #[schema(value_type = String)]
    pub product: ProductId,
    /// What it cost.
    #[schema(value_type = String)]
    pub price: Fen,
    /// What had to be paid.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// Which wallet.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// Which account.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its window ends or ended.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// True where the money came in after the window.
    pub late: bool,
    /// When it was settled.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_at: Option<Timestamp>,
    /// The receipt that paid it; none where it is unpaid or the owner vouched.
    #[schema(value_type = Option<String>)]
    pub receipt: Option<ReceiptId>,
    /// What happened to it, oldest first; only where one order is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogBody>,
}

/// One line of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What happened.
    pub act: String,
    /// Who caused it.
    pub actor: String,
    /// Why.
    pub cause: String,
}

/// A receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ReceiptId,
    /// The notice it was read from.
    #[schema(value_type = String)]
    pub notice: NoticeId,
    /// The phone.
    #[schema(value_type = String)]
    pub device: DeviceId,
    /// The account, where it is known.
    #[schema(value_type = Option<String>)]
    pub account: Option<AccountId>,
    /// Which wallet.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// How much.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// Who paid, as the wallet shows it.
    pub payer: Option<String>,
    /// The remark.
    #[schema(value_type = Option<String>)]
    pub remark: Option<Remark>,
    /// Who announced it.
    pub announcer: String,
    /// The rule that read it.
    pub rule: String,
    /// `no_id`, `unpinned` or `pinned`.
    #[schema(value_type = String)]
    pub trust: Trust,
    /// When the money came in, by the server's clock.
    #[schema(value_type = String, format = DateTime)]
    pub arrived_at: Timestamp,
    /// `settled`, `echo`, `pin`, `inbox` or `dismissed`.
    #[schema(value_type = String)]
    pub state: ReceiptState,
    /// The receipt it repeats.
    #[schema(value_type = Option<String>)]
    pub echo_of: Option<ReceiptId>,
}

impl From<Receipt> for ReceiptBody {
    fn from(r: Receipt) -> ReceiptBody {
        ReceiptBody {
            id: r.id,
            notice: r.notice,
            device: r.device,
            account: r.account,
            channel: r.channel,
            amount: r.amount,
            payer: r.payer,
            remark: r.remark,
            announcer: r.announcer,
            rule: r.rule,
            trust: r.trust,
            arrived_at: r.arrival.from,
            state: r.state,
            echo_of: r.echo_of,
        }
    }
}

/// A notice, verbatim.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: NoticeId,
    /// The phone.
    #[schema(value_type = String)]
    pub device: DeviceId,
    /// When the phone says it was posted.
    #[schema(value_type = String, format = DateTime)]
    pub posted_at: Timestamp,
    /// When the server got it.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// `pending`, `receipt`, `refused`, `hint` or `unread`.
    #[schema(value_type = String)]
    pub read_as: ReadAs,
    /// The rule that decided.
    pub rule: Option<String>,
    /// The object exactly as the phone sent it.
    #[schema(value_type = Object)]
    pub raw: Option<Box<serde_json::value::RawValue>>,
}

impl From<Notice> for NoticeBody {
    fn from(n: Notice) -> NoticeBody {
        NoticeBody {
            id: n.id,
            device: n.device,
            posted_at: n.posted_at,
            received_at: n.received_at,
            read_as: n.read_as,
            rule: n.rule,
            raw: serde_json::value::RawValue::from_string(n.raw).ok(),
        }
    }
}

/// An order that a receipt may have been meant for.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionBody {
    /// The order.
    #[schema(value_type = String)]
    pub order: OrderId,
    /// What it asked for.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// How far the receipt is from that.
    #[schema(value_type = String)]
    pub amount_off: Fen,
    /// How far outside its hold the money came in.
    #[schema(value_type = i64)]
    pub time_off_ms: Millis,
}

/// Something the owner must look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: InboxId,
    /// Why it is here.
    #[schema(value_type = String)]
    pub reason: Reason,
    /// `open`, `settled` or `dismissed`.
    #[schema(value_type = String)]
    pub state: InboxState,
    /// When it came up.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was resolved.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Timestamp>,
    /// The order it settled.
    #[schema(value_type = Option<String>)]
    pub order: Option<OrderId>,
    /// What the owner said.
    pub note: Option<String>,
    /// The receipt, where an amount could be read.
    pub receipt: Option<ReceiptBody>,
    /// The notice behind it.
    pub notice: NoticeBody,
    /// The orders it may have been meant for, best first.
    pub suggestions: Vec<SuggestionBody>,
}

impl From<ItemView> for InboxBody {
    fn from(view: ItemView) -> InboxBody {
        let ItemView { item, notice, receipt, suggestions } = view;
        let suggestions = suggestions.into_iter().map(|s| SuggestionBody {
            order: s.order,
            amount: s.amount,
            amount_off: s.amount_off,
            time_off_ms: s.time_off,
        });
        InboxBody {
            id: item.id,
            reason: item.reason,
            state: item.state,
            created_at: item.created_at,
            resolved_at: item.resolved_at,
            order: item.order,
            note: item.note,
            receipt: receipt.map(ReceiptBody::from),
            notice: notice.into(),
            suggestions: suggestions.collect(),
        }
    }
}

/// The order an inbox item paid.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SettleRequest {
    /// The order.
    #[schema(value_type = String)]
    pub order: OrderId,
}

/// Why an inbox item is let be.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DismissRequest {
    /// In the owner's words.
    pub reason: String,
}

/// Why an order is settled or refunded by hand.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct NoteRequest {
    /// In the owner's words.
    #[serde(default)]
    pub note: String,
}
