//! Refunds: made under a number of ours, and asked for under it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::text::{OutRequestNo, RefundReason, Unfit};
use super::trade::{NOT_EXIST, TradeRef};
use super::{Method, Repeat, some_money};
use crate::alipay::lenient::Text;
use crate::alipay::response::{Answer, ResponseError};
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;

/// `alipay.trade.refund`. The same number with the same amount is the same refund, however often it is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    /// Which trade.
    pub trade: TradeRef,
    /// How much goes back: at most what is left of the trade.
    pub amount: Fen,
    /// Our number of this refund.
    pub out_request_no: OutRequestNo,
    /// Why, as the buyer sees it.
    pub reason: Option<RefundReason>,
}

/// What a [`Refund`] did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refunded {
    /// The money moved by this call. False after a repeat, and where it moves later: ask.
    pub done: bool,
    /// The sum of all refunds of the trade so far, this one included.
    pub total: Option<Fen>,
    /// Alipay's number of the trade.
    pub trade_no: Option<String>,
}

impl Method for Refund {
    const NAME: &'static str = "alipay.trade.refund";
    const REPEAT: Repeat = Repeat::SameNumber;
    type Answer = Refunded;

    fn check(&self) -> Result<(), Unfit> {
        some_money("refund_amount", self.amount)
    }

    fn content(&self) -> Value {
        self.trade.with(json!({
            "refund_amount": self.amount,
            "out_request_no": self.out_request_no,
            "refund_reason": self.reason,
        }))
    }

    fn read(answer: &Answer) -> Result<Refunded, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            fund_change: Text,
            refund_fee: Text,
            trade_no: Text,
        }
        let wire: Wire = answer.parse()?;
        Ok(Refunded {
            done: wire.fund_change.as_str() == "Y",
            total: wire.refund_fee.fen()?,
            trade_no: wire.trade_no.some(),
        })
    }
}

/// `alipay.trade.fastpay.refund.query`, at the earliest ten seconds after the refund.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefundQuery {
    /// Which trade.
    pub trade: TradeRef,
    /// The number of the refund.
    pub out_request_no: OutRequestNo,
}

/// Where a refund stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RefundState {
    /// The money went back.
    Done {
        /// How much, of this refund.
        amount: Option<Fen>,
        /// When.
        at: Option<Timestamp>,
    },
    /// It was not received, it failed, or it is too early to tell: repeat it under the same number.
    NotDone,
}

impl Method for RefundQuery {
    const NAME: &'static str = "alipay.trade.fastpay.refund.query";
    const REPEAT: Repeat = Repeat::Asks;
    type Answer = RefundState;

    fn content(&self) -> Value {
        self.trade.with(json!({ "out_request_no": self.out_request_no, "query_options": ["gmt_refund_pay"] }))
    }

    fn read(answer: &Answer) -> Result<RefundState, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            refund_status: Text,
            refund_amount: Text,
            gmt_refund_pay: Text,
        }
        let wire: Wire = answer.parse()?;
        Ok(match wire.refund_status.as_str() {
            "REFUND_SUCCESS" => {
                RefundState::Done { amount: wire.refund_amount.fen()?, at: wire.gmt_refund_pay.time() }
            }
            _ => RefundState::NotDone,
        })
    }

    fn otherwise(answer: &Answer) -> Option<RefundState> {
        // This method says it with and without the prefix.
        let missing = answer.sub_code == NOT_EXIST || answer.sub_code == "TRADE_NOT_EXIST";
        missing.then_some(RefundState::NotDone)
    }
}
