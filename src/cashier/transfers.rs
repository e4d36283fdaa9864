//! Transfers to a person.

use super::AlipayCashier;
use crate::alipay::gateway::Error;
use crate::alipay::methods::{
    Checked, Kind, Payee, Transfer, TransferFacts, TransferQuery, TransferState, TransferStatus, kind,
};
use crate::domain::time::Timestamp;
use crate::domain::transfer::{Content, PayeeKind, Told};
use crate::flow::gateway::cashier::transfers::Transfers;
use crate::flow::gateway::cashier::{Answer, Trouble};

/// What a payee reads where the owner wrote nothing.
const TITLE: &str = "转账";

impl Transfers for AlipayCashier {
    fn send<'a>(&'a self, number: &'a str, content: &'a Content, now: Timestamp) -> Answer<'a, Told> {
        Box::pin(async move {
            let remark = Some(content.remark.trim()).filter(|remark| !remark.is_empty());
            let name = content.name.as_deref().map(fit).transpose()?;
            let payee = match (content.payee_kind, name) {
                (PayeeKind::UserId, name) => Payee::UserId(fit(&content.payee)?, name),
                (PayeeKind::LogonId, Some(name)) => Payee::LogonId(fit(&content.payee)?, name),
                (PayeeKind::LogonId, None) => return Ok(Told::Refused("unfit".to_owned())),
            };
            let request = Transfer {
                out_biz_no: fit(number)?,
                amount: content.amount,
                payee,
                title: fit::<kind::OrderTitleKind>(remark.unwrap_or(TITLE))?,
                remark: remark.map(fit).transpose()?,
                scene: None,
            };
            told(self.client.call(&request, now).await.map(TransferState::Known))
        })
    }

    fn ask_transfer<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Told> {
        Box::pin(async move {
            let query = TransferQuery { out_biz_no: fit(number)? };
            told(self.client.call(&query, now).await)
        })
    }
}

/// A text that the gateway takes; nothing is sent where one does not fit.
fn fit<K: Kind>(text: &str) -> Result<Checked<K>, Trouble> {
    Checked::new(text).map_err(|unfit| Trouble::from(Error::Unfit(unfit)))
}

fn told(answer: Result<TransferState, Error>) -> Result<Told, Trouble> {
    match answer {
        Ok(TransferState::NotFound) => Ok(Told::NotFound),
        Ok(TransferState::Known(facts)) => Ok(of_facts(facts)),
        Err(error) => Err(Trouble::from(error)),
    }
}

fn of_facts(facts: TransferFacts) -> Told {
    let TransferFacts { status, order_id, reason, .. } = facts;
    match status {
        TransferStatus::Success => Told::Done(order_id),
        TransferStatus::Fail => Told::Failed(reason.unwrap_or_else(|| "FAIL".to_owned())),
        TransferStatus::Refunded => Told::Returned(order_id),
        TransferStatus::Dealing => Told::Dealing,
        TransferStatus::Unknown(word) => {
            tracing::warn!(word, "a transfer has a status that nobody documented");
            Told::Dealing
        }
    }
}
