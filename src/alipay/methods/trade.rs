//! Trades: made as a code, asked for, cancelled, closed, and charged by an agreement.

use serde::Deserialize;
use serde_json::{Value, json};

use super::text::{AgreementNo, Body, CallbackUrl, OutTradeNo, Subject, TradeNo, Unfit};
use super::{Method, Repeat, some_money};
use crate::alipay::lenient::Text;
use crate::alipay::response::{Answer, ResponseError};
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;

/// Says that there is no such trade: not scanned yet, or never made.
pub(super) const NOT_EXIST: &str = "ACQ.TRADE_NOT_EXIST";
/// Says that a trade of this number was paid before: nothing was made or charged by this call.
const HAS_SUCCESS: &str = "ACQ.TRADE_HAS_SUCCESS";

/// A trade, by our number or by Alipay's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TradeRef {
    /// Ours.
    Ours(OutTradeNo),
    /// Alipay's.
    Alipays(TradeNo),
}

impl TradeRef {
    /// The member that names the trade, and with `more` members beside it.
    pub(super) fn with(&self, more: Value) -> Value {
        let mut content = more;
        let (name, number) = match self {
            TradeRef::Ours(number) => ("out_trade_no", number.as_str()),
            TradeRef::Alipays(number) => ("trade_no", number.as_str()),
        };
        if let Value::Object(members) = &mut content {
            members.insert(name.to_owned(), Value::from(number));
        }
        content
    }
}

/// `alipay.trade.precreate`: a code that the buyer scans. The trade exists only once it was scanned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Precreate {
    /// Our number. The same number with the same content gives the same trade.
    pub out_trade_no: OutTradeNo,
    /// The price, from ¥0.01.
    pub total_amount: Fen,
    /// What is sold.
    pub subject: Subject,
    /// More about it.
    pub body: Option<Body>,
    /// Until when it can be paid. The code itself dies after two hours whatever is said here.
    pub expires_at: Option<Timestamp>,
    /// Where the payment is told.
    pub notify_url: Option<CallbackUrl>,
}

/// What a [`Precreate`] did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Precreated {
    /// There is a code to scan.
    Code {
        /// Our number.
        out_trade_no: String,
        /// What the code says: `https://qr.alipay.com/…`.
        qr_code: String,
    },
    /// The number was paid before: query it, and show no code.
    PaidBefore,
}

impl Method for Precreate {
    const NAME: &'static str = "alipay.trade.precreate";
    const REPEAT: Repeat = Repeat::SameNumber;
    type Answer = Precreated;

    fn check(&self) -> Result<(), Unfit> {
        some_money("total_amount", self.total_amount)
    }

    fn content(&self) -> Value {
        json!({
            "out_trade_no": self.out_trade_no,
            "total_amount": self.total_amount,
            "subject": self.subject,
            "body": self.body,
            "time_expire": self.expires_at.map(Timestamp::china_clock),
        })
    }

    fn notify_url(&self) -> Option<&CallbackUrl> {
        self.notify_url.as_ref()
    }

    fn read(answer: &Answer) -> Result<Precreated, ResponseError> {
        #[derive(Deserialize)]
        struct Wire {
            out_trade_no: Text,
            qr_code: Text,
        }
        let wire: Wire = answer.parse()?;
        Ok(Precreated::Code { out_trade_no: wire.out_trade_no.must()?, qr_code: wire.qr_code.must()? })
    }

    fn otherwise(answer: &Answer) -> Option<Precreated> {
        (answer.sub_code == HAS_SUCCESS).then_some(Precreated::PaidBefore)
    }
}

/// `alipay.trade.query`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TradeQuery {
    /// Which trade.
    pub trade: TradeRef,
}

/// Where a trade stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trade {
    /// Nobody scanned its code yet, or it was never made: keep waiting.
    NotYet,
    /// It exists.
    Known(TradeFacts),
}

/// What is known of a trade.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TradeFacts {
    /// Our number.
    pub out_trade_no: String,
    /// Alipay's number.
    pub trade_no: Option<String>,
    /// Where it stands.
    pub status: TradeStatus,
    /// The price.
    pub total_amount: Option<Fen>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// The payer, masked.
    pub payer: Option<String>,
    /// The buyer pays later, or has paid and the seller was not. The money is not there, whatever the status says.
    pub on_credit: bool,
}

/// Where an existing trade stands, in Alipay's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TradeStatus {
    /// It waits for its payment.
    WaitBuyerPay,
    /// It was paid.
    Success,
    /// It was paid and can no longer be refunded.
    Finished,
    /// It was refunded whole, or never paid.
    Closed,
    /// Undocumented: credit nothing.
    Unknown(String),
}

impl TradeStatus {
    fn of(word: &str) -> TradeStatus {
        match word {
            "WAIT_BUYER_PAY" => TradeStatus::WaitBuyerPay,
            "TRADE_SUCCESS" => TradeStatus::Success,
            "TRADE_FINISHED" => TradeStatus::Finished,
            "TRADE_CLOSED" => TradeStatus::Closed,
            other => TradeStatus::Unknown(other.to_owned()),
        }
    }
}

impl TradeFacts {
    /// What was paid, if it was: compare it with the order before anything is credited.
    #[must_use]
    pub fn paid(&self) -> Option<Fen> {
        let paid = matches!(self.status, TradeStatus::Success | TradeStatus::Finished) && !self.on_credit;
        self.total_amount.filter(|_| paid)
    }
}

impl Method for TradeQuery {
    const NAME: &'static str = "alipay.trade.query";
    const REPEAT: Repeat = Repeat::Asks;
    type Answer = Trade;

    fn content(&self) -> Value {
        self.trade.with(json!({}))
    }

    fn read(answer: &Answer) -> Result<Trade, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            out_trade_no: Text,
            trade_no: Text,
            trade_status: Text,
            total_amount: Text,
            send_pay_date: Text,
            buyer_logon_id: Text,
            credit_pay_mode: Text,
            additional_status: Text,
        }
        let wire: Wire = answer.parse()?;
        let later = [wire.credit_pay_mode.as_str(), wire.additional_status.as_str()];
        Ok(Trade::Known(TradeFacts {
            out_trade_no: wire.out_trade_no.into_string(),
            trade_no: wire.trade_no.some(),
            status: TradeStatus::of(wire.trade_status.as_str()),
            total_amount: wire.total_amount.fen()?,
            paid_at: wire.send_pay_date.time(),
            payer: wire.buyer_logon_id.some(),
            // Whatever they say: SELLER_NOT_RECEIVED and the modes of credit are all that was seen.
            on_credit: later.iter().any(|word| !word.is_empty()),
        }))
    }

    fn otherwise(answer: &Answer) -> Option<Trade> {
        (answer.sub_code == NOT_EXIST).then_some(Trade::NotYet)
    }
}

/// `alipay.trade.cancel`: undoes a trade of which it is not known whether it was paid. A payment goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cancel {
    /// Which trade.
    pub trade: TradeRef,
}

/// What a [`Cancel`] did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cancelled {
    /// What became of the trade.
    pub action: CancelAction,
    /// It did not work yet: cancel again.
    pub again: bool,
}

/// What became of a cancelled trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CancelAction {
    /// It was not paid and is closed.
    Closed,
    /// It was paid, and the payment goes back.
    Refunded,
    /// There was no trade.
    Nothing,
}

impl Method for Cancel {
    const NAME: &'static str = "alipay.trade.cancel";
    const REPEAT: Repeat = Repeat::SameNumber;
    type Answer = Cancelled;

    fn content(&self) -> Value {
        self.trade.with(json!({}))
    }

    fn read(answer: &Answer) -> Result<Cancelled, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            retry_flag: Text,
            action: Text,
        }
        let wire: Wire = answer.parse()?;
        let action = match wire.action.as_str() {
            "close" => CancelAction::Closed,
            "refund" => CancelAction::Refunded,
            "" => CancelAction::Nothing,
            _ => return Err(ResponseError::Malformed),
        };
        Ok(Cancelled { action, again: wire.retry_flag.as_str() == "Y" })
    }
}

/// `alipay.trade.close`: ends a trade that was not paid. Its number must not be used again, whatever is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Close {
    /// Which trade.
    pub trade: TradeRef,
    /// Where it is told.
    pub notify_url: Option<CallbackUrl>,
}

/// What a [`Close`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// It is closed.
    Closed,
    /// There was no trade: its code was never scanned. A payment may still come late.
    NotYet,
    /// It was paid or closed before: ask.
    TooLate,
}

impl Method for Close {
    const NAME: &'static str = "alipay.trade.close";
    const REPEAT: Repeat = Repeat::SameNumber;
    type Answer = Closed;

    fn content(&self) -> Value {
        self.trade.with(json!({}))
    }

    fn notify_url(&self) -> Option<&CallbackUrl> {
        self.notify_url.as_ref()
    }

    fn read(_answer: &Answer) -> Result<Closed, ResponseError> {
        Ok(Closed::Closed)
    }

    fn otherwise(answer: &Answer) -> Option<Closed> {
        match answer.sub_code.as_str() {
            NOT_EXIST => Some(Closed::NotYet),
            "ACQ.TRADE_STATUS_ERROR" | "ACQ.REASON_TRADE_STATUS_INVALID" | "ACQ.REASON_ILLEGAL_STATUS" => {
                Some(Closed::TooLate)
            }
            _ => None,
        }
    }
}

/// `alipay.trade.pay` with an agreement: a periodic charge that nobody has to confirm.
///
/// Never repeated by itself. After an unknown result the trade is queried, and charged again only under the same number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementPay {
    /// Our number, one for each period of an agreement.
    pub out_trade_no: OutTradeNo,
    /// At most what the agreement allows for one charge.
    pub total_amount: Fen,
    /// What is sold.
    pub subject: Subject,
    /// The agreement, by Alipay's number.
    pub agreement_no: AgreementNo,
    /// Where the payment is told.
    pub notify_url: Option<CallbackUrl>,
}

/// What a charge did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Paid {
    /// The money is there.
    Now(TradeFacts),
    /// It was accepted and is not done: query.
    UnderWay,
    /// The number was paid before, and not once more by this call: query what was paid.
    Before,
}

impl Method for AgreementPay {
    const NAME: &'static str = "alipay.trade.pay";
    const REPEAT: Repeat = Repeat::Never;
    type Answer = Paid;

    fn check(&self) -> Result<(), Unfit> {
        some_money("total_amount", self.total_amount)
    }

    fn content(&self) -> Value {
        json!({
            "out_trade_no": self.out_trade_no,
            "total_amount": self.total_amount,
            "subject": self.subject,
            "product_code": "CYCLE_PAY_AUTH",
            "agreement_params": { "agreement_no": self.agreement_no },
        })
    }

    fn notify_url(&self) -> Option<&CallbackUrl> {
        self.notify_url.as_ref()
    }

    fn read(answer: &Answer) -> Result<Paid, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            out_trade_no: Text,
            trade_no: Text,
            total_amount: Text,
            gmt_payment: Text,
            buyer_logon_id: Text,
            async_payment_mode: Text,
            credit_pay_mode: Text,
        }
        let wire: Wire = answer.parse()?;
        // With any asynchronous mode, however near to real time, the answer only says that the charge was taken in.
        if !matches!(wire.async_payment_mode.as_str(), "" | "SYNC_DIRECT_PAY") {
            return Ok(Paid::UnderWay);
        }
        Ok(Paid::Now(TradeFacts {
            out_trade_no: wire.out_trade_no.must()?,
            trade_no: wire.trade_no.some(),
            status: TradeStatus::Success,
            total_amount: Some(wire.total_amount.fen()?.ok_or(ResponseError::Malformed)?),
            paid_at: wire.gmt_payment.time(),
            payer: wire.buyer_logon_id.some(),
            on_credit: wire.credit_pay_mode.some().is_some(),
        }))
    }

    fn otherwise(answer: &Answer) -> Option<Paid> {
        match (answer.code.as_str(), answer.sub_code.as_str()) {
            ("10003", _) => Some(Paid::UnderWay),
            (_, HAS_SUCCESS) => Some(Paid::Before),
            _ => None,
        }
    }
}
