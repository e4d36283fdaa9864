//! What is kept of official gateways: accounts with keys, trades, what was told, refunds.

use super::{Inserted, Result};
use crate::domain::gateway::{Refund, Trade};
use crate::domain::id::{AccountId, MessageId, OrderId, RefundId};
use crate::domain::order::Order;
use crate::domain::time::Timestamp;

/// An account of an official gateway, with its keys as they are stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merchant {
    /// The account.
    pub account: AccountId,
    /// The application at the gateway.
    pub app_id: String,
    /// Who receives the money there (PID), where it is known.
    pub seller_id: Option<String>,
    /// Keys and settings, encrypted under the master key.
    pub sealed: Vec<u8>,
    /// When they were last set.
    pub updated_at: Timestamp,
}

/// What a gateway told us and we believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GatewayMessage {
    /// Its id here.
    pub id: MessageId,
    /// The account whose keys it was signed for.
    pub account: AccountId,
    /// What kind of message (`notify_type`).
    pub kind: String,
    /// Our number that it is about, where it names one.
    pub number: Option<String>,
    /// SHA-256 of the text that was signed: the same message twice is one.
    pub hash: [u8; 32],
    /// The body as it came.
    pub raw: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// Merchants, trades and refunds at an official gateway.
pub trait GatewayRead {
    /// The keys of an account.
    fn merchant(&self, account: AccountId) -> Result<Option<Merchant>>;
    /// The accounts of an application, oldest first.
    fn merchants_of_app(&self, app_id: &str) -> Result<Vec<Merchant>>;
    /// A trade by our number.
    fn trade(&self, number: &str) -> Result<Option<Trade>>;
    /// The trades of an order, oldest first.
    fn trades_of(&self, order: OrderId) -> Result<Vec<Trade>>;
    /// Trades to be asked about by `now`, longest due first.
    fn trades_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Trade>>;
    /// A refund.
    fn refund(&self, id: RefundId) -> Result<Option<Refund>>;
    /// The refunds of an order, oldest first.
    fn refunds_of(&self, order: OrderId) -> Result<Vec<Refund>>;
    /// Refunds to be asked about by `now`, longest due first.
    fn refunds_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Refund>>;
}

/// Changes to merchants, trades and refunds.
pub trait GatewayWrite {
    /// Writes the keys of an account, over what was there.
    fn set_merchant(&mut self, merchant: &Merchant) -> Result<()>;
    /// A new order whose money the gateway tells apart: it holds no amount. Conflicts where the client's id is used.
    fn insert_gateway_order(&mut self, order: &Order) -> Result<Inserted>;
    /// A new trade; conflicts where the number is used or the order has one of that way.
    fn insert_trade(&mut self, trade: &Trade) -> Result<Inserted>;
    /// Writes state, code, reference and the next question of a trade.
    fn update_trade(&mut self, trade: &Trade) -> Result<()>;
    /// A message of the gateway; conflicts where it came before.
    fn insert_gateway_message(&mut self, message: &GatewayMessage) -> Result<Inserted>;
    /// A new refund; conflicts where the request is known.
    fn insert_refund(&mut self, refund: &Refund) -> Result<Inserted>;
    /// Writes state, problem and the next question of a refund.
    fn update_refund(&mut self, refund: &Refund) -> Result<()>;
}
