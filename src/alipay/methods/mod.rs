//! The methods of the gateway that Matcha uses: what each asks, and what its answers mean.
//!
//! Knows names, fields, lengths and states. An expected outcome is a value (a trade that does not exist yet, a refund that
//! is not done); an error is what nobody expected. Unknown fields are ignored, unknown states are kept as their words.

mod agreement;
mod bills;
mod pages;
mod refund;
mod text;
mod trade;
mod transfer;

pub use agreement::{
    AgreementFacts, AgreementPage, AgreementQuery, AgreementRef, AgreementState, AgreementTerms, Channel,
    Moved, Period, PeriodRule, PlanModify, SignWhilePaying, Unsign, Unsigned,
};
pub use bills::{AccountLog, AccountLogPage, BillPeriod, BillType, BillUrl, BillWhere, Direction, LogRow};
pub use pages::{AppPay, PagePay, WapPay};
pub use refund::{Refund, RefundQuery, RefundState, Refunded};
pub use text::{
    AgreementNo, Body, CallbackUrl, Checked, ExternalAgreementNo, ExternalLogonId, Identity, Kind, Memo,
    OrderTitle, OutBizNo, OutRequestNo, OutTradeNo, PayeeName, RefundReason, Remark, SceneName, SignScene,
    Subject, TradeNo, Unfit, kind,
};
pub use trade::{
    AgreementPay, Cancel, CancelAction, Cancelled, Close, Closed, Paid, Precreate, Precreated, Trade,
    TradeFacts, TradeQuery, TradeRef, TradeStatus,
};
pub use transfer::{Payee, Transfer, TransferFacts, TransferQuery, TransferState, TransferStatus};

use serde_json::Value;

use super::response::{Answer, ResponseError};
use crate::domain::money::Fen;

/// When a call may be made again although its first answer is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// It only asks.
    Asks,
    /// The same number does the same thing once, however often it is sent.
    SameNumber,
    /// Never by itself: first it is asked what became of the call.
    Never,
}

/// A call from server to server.
pub trait Method {
    /// Its name.
    const NAME: &'static str;
    /// When it may be made again.
    const REPEAT: Repeat;
    /// What it answers.
    type Answer;

    /// What cannot be checked of one text alone.
    ///
    /// # Errors
    /// [`Unfit`].
    fn check(&self) -> Result<(), Unfit> {
        Ok(())
    }

    /// The content, as JSON. Members that are null are not sent.
    fn content(&self) -> Value;

    /// Where Alipay tells what becomes of it.
    fn notify_url(&self) -> Option<&CallbackUrl> {
        None
    }

    /// Reads the answer of a call that worked. Its signature was verified.
    ///
    /// # Errors
    /// [`ResponseError::Malformed`].
    fn read(answer: &Answer) -> Result<Self::Answer, ResponseError>;

    /// What an answer that says no means, where that is an outcome and no failure. It is asked only with a verified
    /// signature.
    fn otherwise(_answer: &Answer) -> Option<Self::Answer> {
        None
    }
}

/// A call that goes through the buyer's browser or wallet.
pub trait Page {
    /// Its name.
    const NAME: &'static str;

    /// As [`Method::check`].
    ///
    /// # Errors
    /// [`Unfit`].
    fn check(&self) -> Result<(), Unfit> {
        Ok(())
    }

    /// The content, as JSON. Members that are null are not sent.
    fn content(&self) -> Value;

    /// Where Alipay tells what becomes of it.
    fn notify_url(&self) -> Option<&CallbackUrl>;

    /// Where the browser comes back to.
    fn return_url(&self) -> Option<&CallbackUrl>;
}

/// Refuses an amount of nothing. The upper bound of Alipay's, ¥100 000 000, is above [`Fen::MAX`].
fn some_money(field: &'static str, amount: Fen) -> Result<(), Unfit> {
    if amount.is_zero() { Err(Unfit::Amount(field)) } else { Ok(()) }
}

/// JSON without members that are null: the gateway wants what is not said to be left out.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(said.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => value,
    }
}

#[cfg(test)]
mod tests;
