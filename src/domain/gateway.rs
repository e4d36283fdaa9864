//! Orders that are paid through an official gateway: its trades, its refunds, and when to ask it again.
//!
//! Knows what a trade and a refund may become. Refuses to know how the gateway is spoken to ([`crate::alipay`]).

use serde::{Deserialize, Serialize};

use super::id::{AccountId, OrderId, RefundId};
use super::money::Fen;
use super::order::Order;
use super::time::{Millis, Timestamp};

/// How a reader comes to the gateway's cashier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Scans a code that was made for this order.
    Code,
    /// Presses a button on the phone that holds the wallet.
    Wap,
    /// Goes to the gateway's own page on a computer.
    Page,
    /// Does nothing: an agreement of his is charged.
    Charge,
}

impl Way {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Way::Code => "code",
            Way::Wap => "wap",
            Way::Page => "page",
            Way::Charge => "charge",
        }
    }

    /// What ends its number, so that each way of an order has one of its own.
    const fn letter(self) -> char {
        match self {
            Way::Code => 'c',
            Way::Wap => 'w',
            Way::Page => 'p',
            Way::Charge => 's',
        }
    }
}

/// What became of a trade, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradeState {
    /// Nobody paid it yet; it may not even exist at the gateway.
    Open,
    /// Paid. What happens to the money later is told by the order and its refunds.
    Paid,
    /// Closed unpaid: it cannot be paid any more.
    Closed,
}

impl TradeState {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            TradeState::Open => "open",
            TradeState::Paid => "paid",
            TradeState::Closed => "closed",
        }
    }
}

/// One number at the gateway, for one order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trade {
    /// Our number (`out_trade_no`): never used for anything else.
    pub number: String,
    /// The order.
    pub order: OrderId,
    /// The receiving account.
    pub account: AccountId,
    /// How the reader comes to pay it.
    pub way: Way,
    /// What it asks for.
    pub amount: Fen,
    /// What became of it.
    pub state: TradeState,
    /// What the code says, for [`Way::Code`].
    pub qr_code: Option<String>,
    /// The gateway's number (`trade_no`), once it is known.
    pub gateway_ref: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on the gateway takes no payment for it any more: the longest that the order's window can become.
    pub ends_at: Timestamp,
    /// When it is asked about next; `None` where nothing can change any more.
    pub ask_at: Option<Timestamp>,
    /// How often it was asked about.
    pub asked: u32,
}

impl Trade {
    /// A trade of an order that nobody has been told of yet. `chance` makes its number one that nobody guesses.
    #[must_use]
    pub fn new(order: &Order, way: Way, ends_at: Timestamp, chance: u32, now: Timestamp) -> Trade {
        Trade {
            number: format!("m{}{}{:06}", order.id.raw(), way.letter(), chance % 1_000_000),
            order: order.id,
            account: order.account,
            way,
            amount: order.amount,
            state: TradeState::Open,
            qr_code: None,
            gateway_ref: None,
            created_at: now,
            ends_at,
            ask_at: Some(now.plus(pause(0))),
            asked: 0,
        }
    }

    /// After one more question without an end: the next comes later, but the last one when the window closes.
    #[must_use]
    pub fn asked_again(&self, window_ends_at: Timestamp, now: Timestamp) -> Trade {
        let next = now.plus(pause(self.asked + 1));
        let next = if now < window_ends_at { next.min(window_ends_at) } else { next };
        Trade { asked: self.asked + 1, ask_at: Some(next), ..self.clone() }
    }
}

/// A request that moves money, and of which the gateway knows nothing so long after it was made, is not on its way any more:
/// many times what a call may take.
const ON_ITS_WAY: Millis = Millis::seconds(10 * 60);

/// True where no request of which the last was made at `sent_at` can still be on its way. Until then a no to a later one says
/// nothing of an earlier one.
#[must_use]
pub fn has_arrived(sent_at: Option<Timestamp>, now: Timestamp) -> bool {
    sent_at.is_none_or(|at| now.since(at) >= ON_ITS_WAY)
}

/// How long to wait before a question is asked again: 4 s at first, for a reader who waits in front of the page, then half
/// as long again each time, a minute at most.
#[must_use]
pub fn pause(asked: u32) -> Millis {
    let mut pause = 4_000_i64;
    for _ in 0..asked.min(16) {
        pause = (pause + pause / 2).min(60_000);
    }
    Millis::new(pause)
}

/// Who pays the money back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundWay {
    /// The owner, in the wallet: here it is only written down.
    ByHand,
    /// The gateway.
    Gateway,
}

impl RefundWay {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RefundWay::ByHand => "by_hand",
            RefundWay::Gateway => "gateway",
        }
    }
}

/// What became of a refund.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Asked for; whether the money moved is not known yet.
    Open,
    /// The money went back.
    Done,
    /// It did not, and will not by this request.
    Failed,
}

impl RefundState {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RefundState::Open => "open",
            RefundState::Done => "done",
            RefundState::Failed => "failed",
        }
    }
}

/// Money that goes back for an order, or a part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The order.
    pub order: OrderId,
    /// The caller's own id of the request: the same one is the same refund.
    pub request_id: Option<String>,
    /// How much.
    pub amount: Fen,
    /// Who pays it back.
    pub way: RefundWay,
    /// What became of it.
    pub state: RefundState,
    /// Our number at the gateway (`out_request_no`): asked twice, it pays once.
    pub number: Option<String>,
    /// Our number of the trade that it pays back; none for one by hand.
    pub trade: Option<String>,
    /// Why, in the owner's words.
    pub reason: String,
    /// By hand: the wallet's own number, or what else the owner noted.
    pub proof: Option<String>,
    /// Who asked for it, as the log names him.
    pub actor: String,
    /// Whether the right to read ends with it.
    pub revokes: bool,
    /// The gateway's own code of its last no: why it failed, or what is to be told when it is known that it did.
    pub problem: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it was done or had failed.
    pub finished_at: Option<Timestamp>,
    /// When the gateway is asked about it next.
    pub ask_at: Option<Timestamp>,
    /// How often it was asked.
    pub asked: u32,
    /// When it was last sent, so far as an answer came or was given up.
    pub sent_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::Channel;
    use crate::domain::id::{ProductId, SiteId};
    use crate::domain::order::OrderStatus;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn trade(order: i64, way: Way) -> Trade {
        let order = Order {
            id: OrderId::from_raw(order),
            site: SiteId::from_raw(1),
            product: ProductId::from_raw(1),
            status: OrderStatus::Pending,
            price: Fen::ONE,
            list_price: Fen::ONE,
            coupon: None,
            renews: None,
            amount: Fen::ONE,
            channel: Channel::AlipayOfficial,
            account: AccountId::from_raw(1),
            code: None,
            client_order_id: None,
            created_at: at(0),
            expires_at: at(120_000),
            extensions_left: 0,
            late: false,
            paid_at: None,
            version: 1,
            reader: None,
            address: 0,
            owner_address: None,
        };
        Trade::new(&order, way, at(300_000), 1_234_567, at(0))
    }

    #[test]
    fn a_trades_number_says_order_and_way_and_is_what_the_gateway_takes() {
        assert_eq!(trade(7, Way::Code).number, "m7c234567");
        let longest = trade(i64::MAX, Way::Page);
        assert!(longest.number.len() <= 64);
        assert!(longest.number.bytes().all(|b| b.is_ascii_alphanumeric()));
    }

    #[test]
    fn questions_come_at_growing_pauses_and_one_when_the_window_closes() {
        let (mut trade, mut at_ms, mut asked) = (trade(7, Way::Code), 0, Vec::new());
        while at_ms < 130_000 {
            at_ms = trade.ask_at.unwrap().millis();
            asked.push(at_ms);
            trade = trade.asked_again(at(120_000), at(at_ms));
        }
        assert!(asked.contains(&120_000), "{asked:?}");
        let gaps: Vec<i64> = asked.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(gaps.iter().take(5).is_sorted(), "{gaps:?}");
        assert_eq!(pause(100), Millis::new(60_000));
    }
}
