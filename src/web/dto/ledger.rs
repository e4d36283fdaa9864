//! What the owner is shown of phones, orders, receipts, notices and the inbox.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ClaimedBody, DifferenceBody};
use crate::domain::account::Remark;
use crate::domain::channel::Channel;
use crate::domain::device::{Device, DeviceKind};
use crate::domain::id::{AccountId, DeviceId, InboxId, NoticeId, OrderId, ProductId, ReceiptId};
use crate::domain::money::Fen;
use crate::domain::order::OrderStatus;
use crate::domain::receipt::{InboxState, Matter, Notice, ReadAs, Reason, Receipt, ReceiptState, Trust};
use crate::domain::time::{Millis, Timestamp};
use crate::flow::inbox::ItemView;
use crate::web::adapters::connection::Connection;
use crate::web::dto::gateway::{RefundBody, TradeBody};

/// A phone to be paired.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct PairingRequest {
    /// The accounts whose announcements it will hear; none means all there are.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub accounts: Vec<AccountId>,
    /// The only TLS key the phone shall speak to: `sha256/` and the SHA-256 of the server's public key in base64. For a
    /// server whose certificate nobody signed; without it the phone trusts what its system trusts.
    pub pin: Option<String>,
}

/// A pairing code.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairingBody {
    /// Works once and for ten minutes.
    pub pairing_code: String,
    /// What the app opens: server and code in one.
    pub pairing_url: String,
    /// The same as a QR code: a PNG as a `data:` URL.
    pub pairing_qr: String,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// A device that speaks through an adapter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeviceRequest {
    /// What speaks as it: `vmq`, `smsforwarder`, `receiptnotice` or `text`.
    #[schema(value_type = String)]
    pub kind: DeviceKind,
    /// Its name.
    pub name: String,
    /// The accounts whose announcements it hears; none means all there are.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub accounts: Vec<AccountId>,
}

/// A device that was added.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddedDeviceBody {
    /// The device.
    #[serde(flatten)]
    pub device: DeviceBody,
    /// How its app is set up.
    pub connection: Connection,
}

/// What to change of a phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DevicePatchRequest {
    /// Its name.
    pub name: Option<String>,
    /// Receipts below this trust go to the inbox: `amount_only`, `no_id`, `unpinned` or `pinned`.
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
    /// What speaks as it: `bridge` (the companion app), `vmq`, `smsforwarder`, `receiptnotice` or `text`.
    #[schema(value_type = String)]
    pub kind: DeviceKind,
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
    /// The most that its receipts can be trusted: `amount_only`, `no_id`, `unpinned` or `pinned`.
    #[schema(value_type = String)]
    pub trust_max: Trust,
    /// Receipts below this trust go to the inbox.
    #[schema(value_type = String)]
    pub trust_min: Trust,
    /// True where it speaks even when no money comes in, so that silence can be told.
    pub beats: bool,
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
            kind: device.kind,
            trust_max: device.kind.trust_max(),
            beats: device.kind.beats(),
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
    /// The official gateway's number of the trade that paid it (`trade_no`).
    pub trade_no: Option<String>,
    /// Its numbers at the official gateway, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trades: Vec<TradeBody>,
    /// What went back of it, oldest first.
    pub refunds: Vec<RefundBody>,
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
    /// The notice behind it, where there is one.
    pub notice: Option<NoticeBody>,
    /// What a reader claims to have paid.
    pub claim: Option<ClaimedBody>,
    /// The phone it is about.
    #[schema(value_type = Option<String>)]
    pub device: Option<DeviceId>,
    /// The order it is about, where it is not about a receipt.
    #[schema(value_type = Option<String>)]
    pub about: Option<OrderId>,
    /// How two books differ, where it is about that.
    pub difference: Option<DifferenceBody>,
    /// The orders it may have been meant for, best first.
    pub suggestions: Vec<SuggestionBody>,
}

impl From<ItemView> for InboxBody {
    fn from(view: ItemView) -> InboxBody {
        let ItemView { item, notice, claim, difference, receipt, suggestions } = view;
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
            notice: notice.map(NoticeBody::from),
            claim: claim.map(ClaimedBody::from),
            device: match item.matter {
                Matter::Device(id) => Some(id),
                Matter::Notice(_) | Matter::Claim(_) | Matter::Order(_) | Matter::Difference(_) => None,
            },
            about: match item.matter {
                Matter::Order(id) => Some(id),
                Matter::Difference(_) => difference.as_ref().and_then(|d| d.order),
                Matter::Notice(_) | Matter::Claim(_) | Matter::Device(_) => None,
            },
            difference: difference.map(DifferenceBody::from),
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
