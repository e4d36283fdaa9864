//! What a verified notice says has happened.
//!
//! The same words mean different things by what stands beside them: a closed trade was refunded or never paid, a trade in
//! success was paid or refunded in part. Refuses to decide about money: an event is compared with its order first.

use super::Notice;
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;

/// What a notice is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A payment, its end, or a refund.
    Trade(Trade),
    /// An agreement on periodic payments.
    Agreement(Agreement),
    /// A browser came back. It tells what the buyer did, never that money came: ask.
    Returned(Returned),
    /// Anything else that Alipay signed: store it, change nothing.
    Other,
}

/// A trade's notice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trade {
    /// Our number.
    pub out_trade_no: String,
    /// Alipay's number.
    pub trade_no: String,
    /// The price that was paid or is to be paid. Coupons of Alipay's do not lower it.
    pub total_amount: Fen,
    /// What happened.
    pub happened: Happened,
    /// The number of the refund, where it is one.
    pub out_request_no: Option<String>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// The payer, masked.
    pub payer: Option<String>,
    /// The agreement that a periodic payment was charged by: Alipay's number.
    pub agreement_no: Option<String>,
}

/// What happened to a trade.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happened {
    /// It was scanned and waits for its payment.
    Waiting,
    /// It was paid.
    Paid,
    /// It was paid and can no longer be refunded.
    Finished,
    /// It ended without a payment.
    ClosedUnpaid,
    /// A part was refunded. The sum of all refunds so far.
    RefundedPart(Fen),
    /// All of it was refunded. The sum of all refunds.
    RefundedWhole(Fen),
    /// A status that nobody documented, or that what stands beside it contradicts: store it, never credit it, and ask.
    Unknown(String),
}

/// An agreement's notice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// Alipay's number.
    pub agreement_no: String,
    /// Ours.
    pub external_agreement_no: Option<String>,
    /// Where it stands.
    pub status: AgreementStatus,
    /// Until when it is in force.
    pub invalid_at: Option<Timestamp>,
}

/// Where an agreement stands. Only [`AgreementStatus::Normal`] may be charged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AgreementStatus {
    /// In force.
    Normal,
    /// Signed and not in force yet.
    Temp,
    /// Paused.
    Stop,
    /// Ended.
    Unsigned,
    /// Undocumented: charge nothing.
    Unknown(String),
}

impl AgreementStatus {
    /// Alipay's word for it.
    #[must_use]
    pub fn of(word: &str) -> AgreementStatus {
        match word {
            "NORMAL" => AgreementStatus::Normal,
            "TEMP" => AgreementStatus::Temp,
            "STOP" => AgreementStatus::Stop,
            "UNSIGN" => AgreementStatus::Unsigned,
            other => AgreementStatus::Unknown(other.to_owned()),
        }
    }
}

/// What a browser brought back from a payment's page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    /// Our number: the order to ask for.
    pub out_trade_no: String,
    /// Alipay's number.
    pub trade_no: Option<String>,
    /// What the page showed.
    pub total_amount: Option<Fen>,
    /// When the buyer was sent back. An address can be opened again and again.
    pub at: Option<Timestamp>,
}

/// Why a signed notice does not say what happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EventError {
    /// A field that decides is missing.
    #[error("the notice has no {0}")]
    Missing(&'static str),
    /// An amount is none.
    #[error("the notice's {0} is no amount")]
    Amount(&'static str),
}

/// How a notice differs from the order that it names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Mismatch {
    /// Another order's.
    #[error("the notice is about another order")]
    OutTradeNo,
    /// Another price.
    #[error("the notice says {said}, the order costs {expected}")]
    TotalAmount {
        /// The order's.
        expected: Fen,
        /// The notice's.
        said: Fen,
    },
}

impl Trade {
    /// Compares with the order, before anything is credited. The amounts are compared as numbers: `10` is `10.00`.
    ///
    /// # Errors
    /// [`Mismatch`].
    pub fn matches(&self, out_trade_no: &str, total_amount: Fen) -> Result<(), Mismatch> {
        if self.out_trade_no != out_trade_no {
            return Err(Mismatch::OutTradeNo);
        }
        if self.total_amount != total_amount {
            return Err(Mismatch::TotalAmount { expected: total_amount, said: self.total_amount });
        }
        Ok(())
    }
}

pub(super) fn of(notice: &Notice) -> Result<Event, EventError> {
    let kind = notice.get("notify_type").unwrap_or_default();
    let method = notice.get("method").unwrap_or_default();
    match kind {
        "trade_status_sync" => trade(notice).map(Event::Trade),
        "dut_user_sign" | "dut_user_unsign" => agreement(notice, kind).map(Event::Agreement),
        "" if method.ends_with(".return") => returned(notice).map(Event::Returned),
        // Whatever it holds: who knows what other messages mean by the same names.
        _ => Ok(Event::Other),
    }
}

fn must<'a>(notice: &'a Notice, name: &'static str) -> Result<&'a str, EventError> {
    notice.get(name).ok_or(EventError::Missing(name))
}

fn amount(notice: &Notice, name: &'static str) -> Result<Option<Fen>, EventError> {
    notice.get(name).map(|text| Fen::parse(text).map_err(|_| EventError::Amount(name))).transpose()
}

fn time(notice: &Notice, name: &str) -> Option<Timestamp> {
    notice.get(name).and_then(|text| Timestamp::from_china_clock(text).ok())
}

fn trade(notice: &Notice) -> Result<Trade, EventError> {
    let total_amount = amount(notice, "total_amount")?.ok_or(EventError::Missing("total_amount"))?;
    Ok(Trade {
        out_trade_no: must(notice, "out_trade_no")?.to_owned(),
        trade_no: must(notice, "trade_no")?.to_owned(),
        total_amount,
        happened: happened(notice)?,
        out_request_no: notice.get("out_biz_no").map(str::to_owned),
        paid_at: time(notice, "gmt_payment"),
        payer: notice.get("buyer_logon_id").map(str::to_owned),
        agreement_no: notice.get("agreement_no").map(str::to_owned),
    })
}

/// `refund_fee` is the running total of refunds, and payments' notices may carry it as zero. So a refund is told by an
/// amount above zero and the time of the refund beside it; a trade that ended with only one of them is asked for.
fn happened(notice: &Notice) -> Result<Happened, EventError> {
    let sum = amount(notice, "refund_fee")?.filter(|sum| !sum.is_zero());
    let at = notice.get("gmt_refund");
    Ok(match (must(notice, "trade_status")?, sum, at) {
        ("WAIT_BUYER_PAY", _, _) => Happened::Waiting,
        ("TRADE_SUCCESS", Some(sum), Some(_)) => Happened::RefundedPart(sum),
        ("TRADE_SUCCESS", _, _) => Happened::Paid,
        ("TRADE_FINISHED", _, _) => Happened::Finished,
        ("TRADE_CLOSED", None, None) => Happened::ClosedUnpaid,
        ("TRADE_CLOSED", Some(sum), Some(_)) => Happened::RefundedWhole(sum),
        (other, _, _) => Happened::Unknown(other.to_owned()),
    })
}

fn agreement(notice: &Notice, kind: &str) -> Result<Agreement, EventError> {
    let status = match (AgreementStatus::of(must(notice, "status")?), kind) {
        // An end that says it is in force, or will be, brings nothing into force.
        (AgreementStatus::Normal | AgreementStatus::Temp, "dut_user_unsign") => {
            AgreementStatus::Unknown(kind.to_owned())
        }
        (status, _) => status,
    };
    Ok(Agreement {
        agreement_no: must(notice, "agreement_no")?.to_owned(),
        external_agreement_no: notice.get("external_agreement_no").map(str::to_owned),
        status,
        invalid_at: time(notice, "invalid_time"),
    })
}

fn returned(notice: &Notice) -> Result<Returned, EventError> {
    Ok(Returned {
        out_trade_no: must(notice, "out_trade_no")?.to_owned(),
        trade_no: notice.get("trade_no").map(str::to_owned),
        total_amount: amount(notice, "total_amount")?,
        at: time(notice, "timestamp"),
    })
}
