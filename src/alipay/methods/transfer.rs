//! Transfers to a person (单笔转账). Alipay wants certificate mode for them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::text::{Identity, OrderTitle, OutBizNo, PayeeName, Remark, SceneName, Unfit};
use super::{Method, Repeat};
use crate::alipay::lenient::Text;
use crate::alipay::response::{Answer, ResponseError};
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;

/// The product, and the scene within it, that number a transfer together with ours.
const PRODUCT: &str = "TRANS_ACCOUNT_NO_PWD";
const SCENE: &str = "DIRECT_TRANSFER";
/// The least that can be transferred: ¥0.10.
const LEAST: i64 = 10;

/// Who gets the money.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payee {
    /// An account's id (2088…). The name is compared if it is said.
    UserId(Identity, Option<PayeeName>),
    /// An account's id under this application.
    OpenId(Identity, Option<PayeeName>),
    /// An e-mail address or telephone number, with the name of its owner.
    LogonId(Identity, PayeeName),
}

/// `alipay.fund.trans.uni.transfer`.
///
/// Never repeated by itself. After an unknown result it is asked for, and sent again only with the same number and the
/// same content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Our number.
    pub out_biz_no: OutBizNo,
    /// How much, from ¥0.10.
    pub amount: Fen,
    /// Who.
    pub payee: Payee,
    /// What it is called in the payee's bill.
    pub title: OrderTitle,
    /// A remark; from ¥50 000 on a company has to say one.
    pub remark: Option<Remark>,
    /// The contract's scene and what has to be reported for it, as (kind, content); newer contracts need it.
    pub scene: Option<(SceneName, Vec<(Remark, Remark)>)>,
}

/// What Alipay says of a transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferFacts {
    /// Where it stands.
    pub status: TransferStatus,
    /// Alipay's number.
    pub order_id: Option<String>,
    /// When it was done.
    pub at: Option<Timestamp>,
    /// Why it failed, in Alipay's words.
    pub reason: Option<String>,
}

/// Where a transfer stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransferStatus {
    /// The payee has it.
    Success,
    /// It failed; the money is where it was.
    Fail,
    /// It is under way: ask again.
    Dealing,
    /// It came back.
    Refunded,
    /// Undocumented: ask again.
    Unknown(String),
}

impl TransferStatus {
    fn of(word: &str) -> TransferStatus {
        match word {
            "SUCCESS" => TransferStatus::Success,
            "FAIL" | "CLOSED" => TransferStatus::Fail,
            "DEALING" | "WAIT_PAY" => TransferStatus::Dealing,
            "REFUND" => TransferStatus::Refunded,
            other => TransferStatus::Unknown(other.to_owned()),
        }
    }
}

fn facts(answer: &Answer) -> Result<TransferFacts, ResponseError> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Wire {
        status: Text,
        order_id: Text,
        trans_date: Text,
        pay_date: Text,
        fail_reason: Text,
        error_code: Text,
        sub_status: Text,
    }
    let wire: Wire = answer.parse()?;
    Ok(TransferFacts {
        status: TransferStatus::of(&wire.status.must()?),
        order_id: wire.order_id.some(),
        at: wire.trans_date.time().or_else(|| wire.pay_date.time()),
        reason: wire.fail_reason.some().or_else(|| wire.error_code.some()).or_else(|| wire.sub_status.some()),
    })
}

impl Method for Transfer {
    const NAME: &'static str = "alipay.fund.trans.uni.transfer";
    const REPEAT: Repeat = Repeat::Never;
    type Answer = TransferFacts;

    fn check(&self) -> Result<(), Unfit> {
        if self.amount.get() < LEAST { Err(Unfit::Amount("trans_amount")) } else { Ok(()) }
    }

    fn content(&self) -> Value {
        let (identity_type, identity, name) = match &self.payee {
            Payee::UserId(identity, name) => ("ALIPAY_USER_ID", identity, name.as_ref()),
            Payee::OpenId(identity, name) => ("ALIPAY_OPEN_ID", identity, name.as_ref()),
            Payee::LogonId(identity, name) => ("ALIPAY_LOGON_ID", identity, Some(name)),
        };
        let reports = self.scene.as_ref().map(|(_, reports)| {
            let report =
                |(kind, content): &(Remark, Remark)| json!({ "info_type": kind, "info_content": content });
            reports.iter().map(report).collect::<Vec<_>>()
        });
        json!({
            "out_biz_no": self.out_biz_no,
            "trans_amount": self.amount,
            "product_code": PRODUCT,
            "biz_scene": SCENE,
            "order_title": self.title,
            "remark": self.remark,
            "payee_info": { "identity_type": identity_type, "identity": identity, "name": name },
            "transfer_scene_name": self.scene.as_ref().map(|(name, _)| name),
            "transfer_scene_report_infos": reports,
        })
    }

    fn read(answer: &Answer) -> Result<TransferFacts, ResponseError> {
        facts(answer)
    }
}

/// `alipay.fund.trans.common.query`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferQuery {
    /// Our number.
    pub out_biz_no: OutBizNo,
}

/// What became of a transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransferState {
    /// Alipay knows it.
    Known(TransferFacts),
    /// It never arrived: it may be sent, with the same number and the same content.
    NotFound,
}

impl Method for TransferQuery {
    const NAME: &'static str = "alipay.fund.trans.common.query";
    const REPEAT: Repeat = Repeat::Asks;
    type Answer = TransferState;

    fn content(&self) -> Value {
        json!({ "out_biz_no": self.out_biz_no, "product_code": PRODUCT, "biz_scene": SCENE })
    }

    fn read(answer: &Answer) -> Result<TransferState, ResponseError> {
        facts(answer).map(TransferState::Known)
    }

    fn otherwise(answer: &Answer) -> Option<TransferState> {
        (answer.sub_code == "ORDER_NOT_EXIST").then_some(TransferState::NotFound)
    }
}
