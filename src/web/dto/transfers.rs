//! Transfers to a person, as they are asked for and shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{AccountId, TransferId};
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;
use crate::domain::transfer::{PayeeKind, Transfer, TransferState};

/// A transfer to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The owner key of this request once more: it may be nobody else's browser or script that asks.
    pub owner_key: String,
    /// The caller's own id: sent again, it is the same transfer and not another one. 8 to 64 visible ASCII characters.
    pub request_id: String,
    /// The official account that pays; may be left out where there is only one.
    #[schema(value_type = Option<String>)]
    pub account: Option<AccountId>,
    /// By what the payee is named: `user_id` (2088…) or `logon_id` (an e-mail address or telephone number).
    #[schema(value_type = String)]
    pub payee_kind: PayeeKind,
    /// The number, address or telephone number.
    pub payee: String,
    /// The payee's name, which Alipay compares; demanded with `logon_id`.
    pub name: Option<String>,
    /// How much, from 0.10.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// What the payee reads.
    #[serde(default)]
    pub remark: String,
}

/// A transfer.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TransferId,
    /// The account that pays.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// The caller's own id.
    pub request_id: String,
    /// Our number at Alipay (`out_biz_no`).
    pub number: String,
    /// By what the payee is named.
    #[schema(value_type = String)]
    pub payee_kind: PayeeKind,
    /// Who.
    pub payee: String,
    /// The payee's name.
    pub name: Option<String>,
    /// How much.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// What the payee reads.
    pub remark: String,
    /// `open` (not known yet; it counts as sent), `done`, `failed` or `returned`.
    #[schema(value_type = String)]
    pub state: TransferState,
    /// Alipay's number.
    pub gateway_ref: Option<String>,
    /// Why it failed.
    pub problem: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

impl From<Transfer> for TransferBody {
    fn from(t: Transfer) -> TransferBody {
        TransferBody {
            id: t.id,
            account: t.account,
            request_id: t.request_id,
            number: t.number,
            payee_kind: t.content.payee_kind,
            payee: t.content.payee,
            name: t.content.name,
            amount: t.content.amount,
            remark: t.content.remark,
            state: t.state,
            gateway_ref: t.gateway_ref,
            problem: t.problem,
            requested_at: t.requested_at,
            finished_at: t.finished_at,
        }
    }
}
