//! Notices and receipts as they are kept.

use serde::{Deserialize, Serialize};

use super::account::Remark;
use super::channel::Channel;
use super::id::{AccountId, ClaimId, DeviceId, DifferenceId, InboxId, NoticeId, OrderId, ReceiptId};
use super::money::Fen;
use super::time::{Millis, Timestamp};

/// How sure it is that the wallet itself spoke. Ordered: a later one is more trustworthy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Only a wallet and an amount arrived: an app on the phone read the words, by rules that nobody here knows.
    AmountOnly,
    /// The notice carried neither notification id nor channel: anybody who can make a notification of that title
    /// could have spoken.
    #[default]
    NoId,
    /// There is an id, but the device has not pinned this announcer yet.
    Unpinned,
    /// The id is the pinned one, or the notification channel is the announcer's own.
    Pinned,
}

impl Trust {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Trust::AmountOnly => "amount_only",
            Trust::NoId => "no_id",
            Trust::Unpinned => "unpinned",
            Trust::Pinned => "pinned",
        }
    }
}

/// What became of a notice's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadAs {
    /// Stored, not read yet.
    Pending,
    /// Money came in.
    Receipt,
    /// A known shape that is no receipt.
    Refused,
    /// Money probably came in, but the text hides how much.
    Hint,
    /// No rule knows it.
    Unread,
}

impl ReadAs {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ReadAs::Pending => "pending",
            ReadAs::Receipt => "receipt",
            ReadAs::Refused => "refused",
            ReadAs::Hint => "hint",
            ReadAs::Unread => "unread",
        }
    }
}

/// Which bin a receipt lies in; every receipt is in exactly one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// It paid an order.
    Settled,
    /// A second announcer of a payment that is known already (M9).
    Echo,
    /// The ¥0.01 that pinned an announcer and belonged to no order.
    Pin,
    /// Waiting for the owner.
    Inbox,
    /// The owner looked at it and let it be.
    Dismissed,
}

impl ReceiptState {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ReceiptState::Settled => "settled",
            ReceiptState::Echo => "echo",
            ReceiptState::Pin => "pin",
            ReceiptState::Inbox => "inbox",
            ReceiptState::Dismissed => "dismissed",
        }
    }
}

/// One notification, as stored. The raw text is never changed (M3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Its id here.
    pub id: NoticeId,
    /// Which phone saw it.
    pub device: DeviceId,
    /// SHA-256 over device, key, post time and text: the same notice twice is one notice (M9).
    pub fingerprint: [u8; 32],
    /// The notice object exactly as the phone sent it.
    pub raw: String,
    /// When the phone says it was posted, by the phone's clock.
    pub posted_at: Timestamp,
    /// When the server got it.
    pub received_at: Timestamp,
    /// What had to be added to the phone's clock, at least.
    pub clock_offset: Millis,
    /// How much more it may have been.
    pub clock_jitter: Millis,
    /// What became of it.
    pub read_as: ReadAs,
    /// The rule that read or refused it.
    pub rule: Option<String>,
}

/// When money came in: not an instant but the shortest interval that surely holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// Not before.
    pub from: Timestamp,
    /// Not after.
    pub to: Timestamp,
}

impl Arrival {
    /// What the fastest request may have taken, at most; a steady network takes far less, and its jitter says so.
    pub const REQUEST_MAX: Millis = Millis::seconds(2);
    /// An arrival that is not known better than this has to lie inside a hold; a better known one may touch its edge.
    pub const BLUR_MAX: Millis = Millis::seconds(5);

    /// The post time on the server's clock (M6). The offset is at least `offset`, but for what the fastest request
    /// took, and at most `jitter` more. A phone that gives whole seconds leaves up to 999 ms open. Money cannot have
    /// come in after the news of it.
    #[must_use]
    pub fn measure(posted_at: Timestamp, offset: Millis, jitter: Millis, received_at: Timestamp) -> Arrival {
        let at = posted_at.plus(offset);
        let open = if posted_at.millis() % 1000 == 0 { Millis::new(999) } else { Millis::ZERO };
        let from = at.minus(jitter.min(Arrival::REQUEST_MAX)).min(received_at);
        let to = at.plus(jitter).plus(open).min(received_at);
        Arrival { from, to }
    }

    /// True where the time is known only roughly.
    #[must_use]
    pub fn is_blurred(self) -> bool {
        self.to.since(self.from) > Arrival::BLUR_MAX
    }
}

/// A notice read as "money came in".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// The notice it was read from.
    pub notice: NoticeId,
    /// The phone that saw it.
    pub device: DeviceId,
    /// The account, where the device hears only one of that wallet or the match told which.
    pub account: Option<AccountId>,
    /// Which wallet.
    pub channel: Channel,
    /// How much.
    pub amount: Fen,
    /// Who paid, as the wallet shows it.
    pub payer: Option<String>,
    /// The remark, where the wallet shows it.
    pub remark: Option<Remark>,
    /// Who announced it: the notification's title, or the wallet.
    pub announcer: String,
    /// The rule that read it.
    pub rule: String,
    /// How sure it is.
    pub trust: Trust,
    /// When the money came in.
    pub arrival: Arrival,
    /// Its bin.
    pub state: ReceiptState,
    /// The receipt it is an echo of.
    pub echo_of: Option<ReceiptId>,
}

/// Why something needs the owner (M7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No order held that amount when the money came in.
    NoCandidate,
    /// Two orders could have been meant.
    TwoCandidates,
    /// The order that held the amount is settled already.
    SecondReceipt,
    /// It could be the echo of another receipt, or a payment of its own.
    PossibleEcho,
    /// The title is a wallet's, the notification id is not the pinned one.
    WrongAnnouncer,
    /// Less trustworthy than the owner demands of this device.
    Untrusted,
    /// The device hears no account of that wallet.
    NoAccount,
    /// Money came in, but the text does not say how much.
    AmountMissing,
    /// The phone hides the text of its notifications: receipts will be missed.
    TextHidden,
    /// The phone did not say when the notification was posted, so nobody knows who held the amount then.
    NoTime,
    /// A reader says that he has paid.
    Claim,
    /// A phone says nothing any more; closed by itself when it is heard again.
    DeviceSilent,
    /// An official gateway says that an order was paid with another amount than it asks for.
    OtherAmount,
    /// An order was paid twice: by two trades, or by a trade and otherwise.
    PaidTwice,
    /// Money for an order went back, or its trade was closed, without our asking.
    WentBack,
    /// The gateway refused what was asked of it; the owner has to act.
    GatewayRefused,
    /// Whether a refund moved is not known, and the gateway is not asked any more by itself.
    RefundDoubtful,
    /// A gateway's bill has a payment that is not known here.
    BillUnknown,
    /// A gateway's bill has a payment that is not settled here.
    BillUnsettled,
    /// What was settled here is not in the gateway's bill.
    BillMissing,
    /// A gateway's bill has another amount or number than what was settled here.
    BillAmount,
    /// A gateway's bill has a refund that was not asked for here, or is not done here.
    BillRefund,
    /// A gateway's bill, or a row of it, could not be read.
    BillUnread,
    /// On one day the phones and the account's log announced different payments.
    AnnouncersDiffer,
    /// A transfer failed, came back, or its end is not known.
    TransferFailed,
    /// A membership renews itself no more: the last try to charge it was refused, or none ever will work.
    SubscriptionEnded,
    /// What became of a subscription's charge is not known though its day is over.
    ChargeDoubtful,
    /// The gateway refuses charges for a reason that only the owner can mend.
    ChargesRefused,
}

impl Reason {
    /// True where the receipt was put aside before it was compared with orders: it may be forged, or be none of ours,
    /// and so it is nobody's first voice (M9).
    #[must_use]
    pub const fn is_disbelief(self) -> bool {
        match self {
            Reason::WrongAnnouncer | Reason::Untrusted | Reason::NoAccount | Reason::NoTime => true,
            Reason::NoCandidate
            | Reason::TwoCandidates
            | Reason::SecondReceipt
            | Reason::PossibleEcho
            | Reason::AmountMissing
            | Reason::TextHidden
            | Reason::Claim
            | Reason::DeviceSilent
            | Reason::OtherAmount
            | Reason::PaidTwice
            | Reason::WentBack
            | Reason::GatewayRefused
            | Reason::RefundDoubtful
            | Reason::BillUnknown
            | Reason::BillUnsettled
            | Reason::BillMissing
            | Reason::BillAmount
            | Reason::BillRefund
            | Reason::BillUnread
            | Reason::AnnouncersDiffer
            | Reason::TransferFailed
            | Reason::SubscriptionEnded
            | Reason::ChargeDoubtful
            | Reason::ChargesRefused => false,
        }
    }

    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::NoCandidate => "no_candidate",
            Reason::TwoCandidates => "two_candidates",
            Reason::SecondReceipt => "second_receipt",
            Reason::PossibleEcho => "possible_echo",
            Reason::WrongAnnouncer => "wrong_announcer",
            Reason::Untrusted => "untrusted",
            Reason::NoAccount => "no_account",
            Reason::AmountMissing => "amount_missing",
            Reason::TextHidden => "text_hidden",
            Reason::NoTime => "no_time",
            Reason::Claim => "claim",
            Reason::DeviceSilent => "device_silent",
            Reason::OtherAmount => "other_amount",
            Reason::PaidTwice => "paid_twice",
            Reason::WentBack => "went_back",
            Reason::GatewayRefused => "gateway_refused",
            Reason::RefundDoubtful => "refund_doubtful",
            Reason::BillUnknown => "bill_unknown",
            Reason::BillUnsettled => "bill_unsettled",
            Reason::BillMissing => "bill_missing",
            Reason::BillAmount => "bill_amount",
            Reason::BillRefund => "bill_refund",
            Reason::BillUnread => "bill_unread",
            Reason::AnnouncersDiffer => "announcers_differ",
            Reason::TransferFailed => "transfer_failed",
            Reason::SubscriptionEnded => "subscription_ended",
            Reason::ChargeDoubtful => "charge_doubtful",
            Reason::ChargesRefused => "charges_refused",
        }
    }
}

/// Where an inbox item stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboxState {
    /// Waiting for the owner.
    Open,
    /// The owner named the order.
    Settled,
    /// The owner let it be.
    Dismissed,
}

impl InboxState {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            InboxState::Open => "open",
            InboxState::Settled => "settled",
            InboxState::Dismissed => "dismissed",
        }
    }
}

/// What an inbox item is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Matter {
    /// A notice of a phone.
    Notice(NoticeId),
    /// What a reader says to have paid.
    Claim(ClaimId),
    /// A phone itself.
    Device(DeviceId),
    /// An order, and what an official gateway says of it.
    Order(OrderId),
    /// A difference between our books and another's, which names the order where there is one.
    Difference(DifferenceId),
}

/// Something the owner must look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboxItem {
    /// Its id.
    pub id: InboxId,
    /// Why.
    pub reason: Reason,
    /// What it is about.
    pub matter: Matter,
    /// The receipt, where an amount could be read.
    pub receipt: Option<ReceiptId>,
    /// Where it stands.
    pub state: InboxState,
    /// The order the owner settled with it.
    pub order: Option<OrderId>,
    /// What the owner said when dismissing it.
    pub note: Option<String>,
    /// When it came up.
    pub created_at: Timestamp,
    /// When the owner resolved it.
    pub resolved_at: Option<Timestamp>,
}

impl InboxItem {
    /// An item that just came up.
    #[must_use]
    pub const fn open(
        id: InboxId,
        reason: Reason,
        matter: Matter,
        receipt: Option<ReceiptId>,
        now: Timestamp,
    ) -> InboxItem {
        InboxItem {
            id,
            reason,
            matter,
            receipt,
            state: InboxState::Open,
            order: None,
            note: None,
            created_at: now,
            resolved_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrival_is_corrected_by_the_offset_and_never_after_the_news() {
        let posted = Timestamp::from_millis(1_000_123);
        let news = Timestamp::from_millis(2_000_000);
        let arrival = Arrival::measure(posted, Millis::new(600_000), Millis::new(40), news);
        assert_eq!((arrival.from.millis(), arrival.to.millis()), (1_600_083, 1_600_163));
        let arrival = Arrival::measure(posted, Millis::new(5_000_000), Millis::ZERO, news);
        assert_eq!((arrival.from, arrival.to), (news, news));
    }

    #[test]
    fn an_offset_that_is_not_known_leaves_the_time_open_but_a_request_is_fast() {
        let (posted, news) = (Timestamp::from_millis(1_000_123), Timestamp::from_millis(2_000_000));
        let arrival = Arrival::measure(posted, Millis::new(600_000), Millis::seconds(25), news);
        assert_eq!((arrival.from.millis(), arrival.to.millis()), (1_598_123, 1_625_123));
        assert!(arrival.is_blurred());
    }

    #[test]
    fn whole_seconds_leave_the_second_open() {
        let posted = Timestamp::from_millis(1_000_000);
        let arrival = Arrival::measure(posted, Millis::ZERO, Millis::ZERO, Timestamp::from_millis(2_000_000));
        assert_eq!(arrival.to.since(arrival.from), Millis::new(999));
    }
}
