//! An order: one reader's wish to buy one product, and the states it may take.

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::id::{AccountId, CodeId, CouponId, OrderId, ProductId, SiteId};
use super::money::Fen;
use super::time::{Millis, Timestamp};

/// `pending → paid / expired / cancelled`, `expired / cancelled → paid` (a payment in time or late), `paid → refunded`.
///
/// The owner's undo of a settlement made by hand takes `paid` back to where it was; the log keeps both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Its amount is held and its window is open.
    Pending,
    /// Settled.
    Paid,
    /// Its window ended unpaid.
    Expired,
    /// The reader gave it up.
    Cancelled,
    /// The owner paid the money back.
    Refunded,
}

impl OrderStatus {
    /// Every status.
    pub const ALL: [OrderStatus; 5] = [
        OrderStatus::Pending,
        OrderStatus::Paid,
        OrderStatus::Expired,
        OrderStatus::Cancelled,
        OrderStatus::Refunded,
    ];

    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            OrderStatus::Pending => "pending",
            OrderStatus::Paid => "paid",
            OrderStatus::Expired => "expired",
            OrderStatus::Cancelled => "cancelled",
            OrderStatus::Refunded => "refunded",
        }
    }

    /// True where a settlement may still arrive: everything but what was settled already.
    #[must_use]
    pub const fn is_payable(self) -> bool {
        match self {
            OrderStatus::Pending | OrderStatus::Expired | OrderStatus::Cancelled => true,
            OrderStatus::Paid | OrderStatus::Refunded => false,
        }
    }
}

/// One reader's wish to buy one product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Who sells.
    pub site: SiteId,
    /// What is sold.
    pub product: ProductId,
    /// Its status as last written; see [`Order::status_at`].
    pub status: OrderStatus,
    /// What the product cost when the order was made, with its coupon.
    pub price: Fen,
    /// What it cost without the coupon.
    pub list_price: Fen,
    /// The coupon.
    pub coupon: Option<CouponId>,
    /// The first of the orders whose time it prolongs.
    pub renews: Option<OrderId>,
    /// What the reader must pay: the held amount.
    pub amount: Fen,
    /// Which wallet.
    pub channel: Channel,
    /// Which receiving account.
    pub account: AccountId,
    /// The code that is shown; none where an official gateway makes one for each order.
    pub code: Option<CodeId>,
    /// The id the reader's browser made before its first request.
    pub client_order_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its window ends.
    pub expires_at: Timestamp,
    /// How often the window may still be extended.
    pub extensions_left: u8,
    /// True where the money came in after the window.
    pub late: bool,
    /// When it was settled.
    pub paid_at: Option<Timestamp>,
    /// Grows with every change: the id of its events.
    pub version: i64,
    /// Keyed hash of the reader capability, where one was sent.
    pub reader: Option<i64>,
    /// Keyed hash of the reader's address block.
    pub address: i64,
    /// Keyed hash of the exact address, only where the site opted in to ownership by address.
    pub owner_address: Option<i64>,
}

impl Order {
    /// The status at `now`: a window that has ended is expired whether or not the worker has written it yet.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> OrderStatus {
        let ended = self.status == OrderStatus::Pending && now >= self.expires_at;
        if ended { OrderStatus::Expired } else { self.status }
    }

    /// How long the window stays open; zero when it has ended.
    #[must_use]
    pub fn expires_in(&self, now: Timestamp) -> Millis {
        match self.status_at(now) {
            OrderStatus::Pending => self.expires_at.since(now),
            OrderStatus::Paid | OrderStatus::Expired | OrderStatus::Cancelled | OrderStatus::Refunded => {
                Millis::ZERO
            }
        }
    }
}
