//! Use cases, one a file: the only code that writes.
//!
//! A flow reads, lets `domain` decide, and writes, in one unit of work. It knows no HTTP and no SQL. What is expected to
//! happen (no amount is free, an order is settled already) is a value of its outcome; [`Error`] is for the rest.

pub mod catalog;
pub mod checkout;
pub mod claim;
pub mod coupon;
mod crowding;
pub mod device;
pub mod expire;
pub mod find;
pub mod gateway;
pub mod inbox;
pub mod intake;
pub mod order;
pub mod pressure;
pub mod products;
pub mod reread;
pub mod rights;
pub mod settle;
pub mod unlock;

use crate::alipay::credentials::CredentialError;
use crate::storage;

/// What a thing that was not found is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each is the thing of that name")]
pub enum Thing {
    Site,
    Product,
    Account,
    Code,
    Order,
    Device,
    InboxItem,
    Unlock,
    Coupon,
    Claim,
    Trade,
    Refund,
    Transfer,
    Subscription,
}

/// Why a flow could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("no such {0:?}")]
    NotFound(Thing),
    /// A name is taken.
    #[error("{0:?} of that name exists")]
    Taken(Thing),
    /// A value is not acceptable.
    #[error("{field}: {why}")]
    Invalid {
        /// Which field of the request.
        field: &'static str,
        /// What would be acceptable.
        why: String,
    },
    /// Keys of an official gateway do not fit.
    #[error(transparent)]
    Keys(#[from] CredentialError),
    /// The thing is in a state in which that cannot be done.
    #[error("{0}")]
    Conflict(Conflict),
    /// The database could not.
    #[error("the store failed")]
    Storage(#[from] storage::Error),
}

/// States that stand in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Conflict {
    /// The window is closed: nothing to extend or cancel.
    #[error("the order is not pending any more")]
    OrderNotPending,
    /// All extensions are used.
    #[error("the order was extended as often as it can be")]
    NoExtensionsLeft,
    /// The order has a settlement.
    #[error("the order is paid already")]
    OrderPaid,
    /// The order has no settlement to refund.
    #[error("the order is not paid")]
    OrderNotPaid,
    /// The receipt has an order.
    #[error("the receipt belongs to an order already")]
    ReceiptSettled,
    /// The item has no amount that could pay an order.
    #[error("the inbox item has no receipt: settle the order by itself")]
    NoReceipt,
    /// The item is not open.
    #[error("the inbox item is resolved already")]
    ItemResolved,
    /// The item is open: nothing to undo.
    #[error("the inbox item is open")]
    ItemOpen,
    /// The claim is not about the order's product.
    #[error("the order is not for the product that the reader claims")]
    OtherProduct,
    /// The right was taken back.
    #[error("the unlock is revoked already")]
    UnlockRevoked,
    /// Another order's id was sent for a new one.
    #[error("this client_order_id belongs to an order of another product")]
    ClientOrderIdReused,
    /// More is to be paid back than is left.
    #[error("more is to be paid back than is left of the order's amount")]
    RefundTooMuch,
    /// A refund of another amount has this request id.
    #[error("this request id belongs to a refund of another amount")]
    RefundRequestReused,
    /// A refund of the same money is open: another one could pay it back twice.
    #[error("a refund of this money is open: whether it moved is not known yet")]
    RefundOpen,
    /// The gateway knows no payment of the order, so that only the owner can have paid it back.
    #[error("no payment of this order at the gateway is known: only a refund by hand can be noted")]
    NoTradeToRefund,
    /// Keys belong to accounts of an official gateway.
    #[error("this account is not at an official gateway")]
    NotOfficial,
    /// An account stays with its application.
    #[error("these are keys of another application")]
    OtherApplication,
    /// The keys of a gateway account cannot be decrypted or read.
    #[error("the keys of this account cannot be read: were master.key and the database kept together?")]
    KeysLost,
    /// A log announces for one account.
    #[error("the log of this account is watched for another one")]
    LogWatched,
    /// Another transfer has this request id.
    #[error("this request id belongs to another transfer")]
    TransferRequestReused,
    /// The day's bound on transfers would be passed.
    #[error("more would be transferred than a day may send")]
    TransferTooMuch,
    /// The owner does not offer the product so.
    #[error("this product does not renew itself")]
    NotRenewing,
    /// The membership has an agreement that is in force.
    #[error("this membership renews itself already")]
    RenewsAlready,
    /// Signed now, the same period could be charged twice.
    #[error("a charge by an earlier subscription is under way")]
    ChargeUnderWay,
    /// One application has one account: what the gateway sends says only which application it is for.
    #[error("another account has the keys of this application")]
    ApplicationTaken,
    /// Several writers changed one thing at once; nothing was lost, try again.
    #[error("the order changed at the same time")]
    Raced,
}
