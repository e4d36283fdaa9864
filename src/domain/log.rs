//! The append-only log: what changed, when, why, and by whom (M11).

use std::fmt;

use super::id::{
    AccountId, AgreementId, DeviceId, InboxId, KeyId, NoticeId, OrderId, ReceiptId, SiteId, TransferId,
    UnlockId,
};

/// Who caused a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// The server itself: a worker or a rule.
    System,
    /// Somebody with an order token, or nobody known.
    Reader,
    /// A paired phone.
    Device(DeviceId),
    /// An official gateway, by what it signed.
    Gateway(AccountId),
    /// The owner, by API key.
    Owner(KeyId),
    /// The owner, at the command line of the server's machine.
    Console,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::System => f.write_str("system"),
            Actor::Reader => f.write_str("reader"),
            Actor::Device(id) => write!(f, "device:{id}"),
            Actor::Gateway(id) => write!(f, "gateway:{id}"),
            Actor::Owner(id) => write!(f, "owner:{id}"),
            Actor::Console => f.write_str("console"),
        }
    }
}

/// What a line of the log is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each is the thing of that name")]
pub enum Subject {
    Order(OrderId),
    Receipt(ReceiptId),
    Notice(NoticeId),
    Inbox(InboxId),
    Device(DeviceId),
    Account(AccountId),
    Site(SiteId),
    Key(KeyId),
    Unlock(UnlockId),
    Transfer(TransferId),
    Agreement(AgreementId),
}

impl Subject {
    /// The raw number of what it is about; unique over all kinds, because one generator makes every id.
    #[must_use]
    pub const fn raw(self) -> i64 {
        match self {
            Subject::Order(id) => id.raw(),
            Subject::Receipt(id) => id.raw(),
            Subject::Notice(id) => id.raw(),
            Subject::Inbox(id) => id.raw(),
            Subject::Device(id) => id.raw(),
            Subject::Account(id) => id.raw(),
            Subject::Site(id) => id.raw(),
            Subject::Key(id) => id.raw(),
            Subject::Unlock(id) => id.raw(),
            Subject::Transfer(id) => id.raw(),
            Subject::Agreement(id) => id.raw(),
        }
    }
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each is the act of that name")]
pub enum Act {
    OrderCreated,
    OrderExtended,
    OrderCancelled,
    OrderExpired,
    OrderPaid,
    OrderUnpaid,
    OrderRefunded,
    RefundRequested,
    OrderNoted,
    NoticeReread,
    ReceiptEchoed,
    ReceiptPinned,
    InboxOpened,
    InboxSettled,
    InboxDismissed,
    InboxReopened,
    DevicePaired,
    DeviceRevoked,
    DeviceSilent,
    DeviceAwake,
    DeviceChanged,
    AccountCreated,
    AccountRekeyed,
    CodeAdded,
    CodeRemoved,
    SiteCreated,
    SiteChanged,
    ProductSaved,
    ProductKeyRotated,
    SiteSecretReplaced,
    CouponCreated,
    CouponRemoved,
    UnlockRevoked,
    UnlockReissued,
    SeatTaken,
    SeatSignedOut,
    KeyCreated,
    AccountWatched,
    TransferRequested,
    TransferEnded,
    SubscriptionStarted,
    SubscriptionSigned,
    SubscriptionPaused,
    SubscriptionMoved,
    SubscriptionEnded,
    SubscriptionAsked,
    ChargePlanned,
    ChargePaid,
    ChargeFailed,
}

impl Act {
    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Act::OrderCreated => "order.created",
            Act::OrderExtended => "order.extended",
            Act::OrderCancelled => "order.cancelled",
            Act::OrderExpired => "order.expired",
            Act::OrderPaid => "order.paid",
            Act::OrderUnpaid => "order.unpaid",
            Act::OrderRefunded => "order.refunded",
            Act::RefundRequested => "refund.requested",
            Act::OrderNoted => "order.noted",
            Act::NoticeReread => "notice.reread",
            Act::ReceiptEchoed => "receipt.echoed",
            Act::ReceiptPinned => "receipt.pinned",
            Act::InboxOpened => "inbox.opened",
            Act::InboxSettled => "inbox.settled",
            Act::InboxDismissed => "inbox.dismissed",
            Act::InboxReopened => "inbox.reopened",
            Act::DevicePaired => "device.paired",
            Act::DeviceRevoked => "device.revoked",
            Act::DeviceSilent => "device.silent",
            Act::DeviceAwake => "device.awake",
            Act::DeviceChanged => "device.changed",
            Act::AccountCreated => "account.created",
            Act::AccountRekeyed => "account.rekeyed",
            Act::CodeAdded => "code.added",
            Act::CodeRemoved => "code.removed",
            Act::SiteCreated => "site.created",
            Act::SiteChanged => "site.changed",
            Act::ProductSaved => "product.saved",
            Act::ProductKeyRotated => "product.key_rotated",
            Act::SiteSecretReplaced => "site.secret_replaced",
            Act::CouponCreated => "coupon.created",
            Act::CouponRemoved => "coupon.removed",
            Act::UnlockRevoked => "unlock.revoked",
            Act::UnlockReissued => "unlock.reissued",
            Act::SeatTaken => "seat.taken",
            Act::SeatSignedOut => "seat.signed_out",
            Act::KeyCreated => "key.created",
            Act::AccountWatched => "account.watched",
            Act::TransferRequested => "transfer.requested",
            Act::TransferEnded => "transfer.ended",
            Act::SubscriptionStarted => "subscription.started",
            Act::SubscriptionSigned => "subscription.signed",
            Act::SubscriptionPaused => "subscription.paused",
            Act::SubscriptionMoved => "subscription.moved",
            Act::SubscriptionEnded => "subscription.ended",
            Act::SubscriptionAsked => "subscription.asked",
            Act::ChargePlanned => "charge.planned",
            Act::ChargePaid => "charge.paid",
            Act::ChargeFailed => "charge.failed",
        }
    }
}

/// One line of the log, before it has an id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub act: Act,
    /// Who caused it.
    pub actor: Actor,
    /// Why, in a few words or as `key=value`; never a token, a secret or a whole notice text.
    pub cause: String,
}
