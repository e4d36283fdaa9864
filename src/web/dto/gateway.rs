//! Accounts at an official gateway and refunds, on the wire. Keys come in and never go out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::gateway::{Refund, RefundState, RefundWay, Trade, TradeState, Way};
use crate::domain::id::RefundId;
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;
use crate::flow::gateway::merchant::{Finding, Pasted, PastedTrust, Secret, Shown, SignType, Weight};

/// The keys of an application, as they were pasted or uploaded: with or without armour and line breaks, PKCS#1 or PKCS#8.
#[derive(Deserialize, ToSchema)]
pub struct KeysRequest {
    /// The application's id (APPID).
    pub app_id: String,
    /// The application's private key.
    pub private_key: String,
    /// `RSA2` (default); `RSA` only for an application that was never moved from it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub sign_type: SignType,
    /// Public-key mode: Alipay's public key.
    pub alipay_public_key: Option<String>,
    /// Alipay's next public key, while it is being replaced.
    pub alipay_public_key_next: Option<String>,
    /// Certificate mode: the application's certificate (`appCertPublicKey_….crt`).
    pub app_certificate: Option<String>,
    /// Certificate mode: Alipay's certificate (`alipayCertPublicKey_RSA2.crt`).
    pub alipay_certificate: Option<String>,
    /// Certificate mode: Alipay's root certificates (`alipayRootCert.crt`).
    pub root_certificates: Option<String>,
    /// The key for encryption of contents, where it is switched on.
    pub aes_key: Option<String>,
    /// `production` (default), `sandbox`, or an address.
    pub gateway: Option<String>,
    /// The merchant's id (PID, 2088…): with it, notifications of money for others are refused.
    pub seller_id: Option<String>,
}

impl std::fmt::Debug for KeysRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeysRequest({})", self.app_id)
    }
}

impl From<KeysRequest> for Pasted {
    fn from(request: KeysRequest) -> Pasted {
        let trust = match (request.app_certificate, request.alipay_certificate, request.root_certificates) {
            (None, None, None) => {
                let keys = [request.alipay_public_key, request.alipay_public_key_next];
                PastedTrust::Keys(keys.into_iter().flatten().collect())
            }
            (app, alipay, roots) => PastedTrust::Certificates {
                app: app.unwrap_or_default(),
                alipay: alipay.unwrap_or_default(),
                roots: roots.unwrap_or_default(),
            },
        };
        Pasted {
            app_id: request.app_id,
            private_key: Secret::from(request.private_key),
            sign_type: request.sign_type,
            trust,
            aes_key: request.aes_key.map(Secret::from),
            gateway: request.gateway.unwrap_or_else(|| "production".to_owned()),
            seller_id: request.seller_id,
        }
    }
}

/// What may be shown of an account's keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeysBody {
    /// The application's id.
    pub app_id: String,
    /// The merchant's id, where it was told.
    pub seller_id: Option<String>,
    /// `production`, `sandbox` or an address.
    pub gateway: String,
    /// `public_key` or `certificate`.
    pub mode: String,
    /// The application's public key: this is what belongs into the gateway's console.
    pub application_public_key: String,
    /// When the keys were set.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<Shown> for KeysBody {
    fn from(shown: Shown) -> KeysBody {
        let Shown { app_id, seller_id, gateway, by_certificate, application_key, updated_at } = shown;
        let mode = if by_certificate { "certificate" } else { "public_key" };
        KeysBody {
            app_id,
            seller_id,
            gateway,
            mode: mode.to_owned(),
            application_public_key: application_key,
            updated_at,
        }
    }
}

/// What a look at an account found.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckBody {
    /// True where money can come in: nothing that was found is a fault.
    pub works: bool,
    /// What was found, what weighs most first.
    pub findings: Vec<FindingBody>,
}

/// One thing that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingBody {
    /// A stable name.
    pub code: String,
    /// `fault`, `warning`, `good` or `note`.
    pub weight: String,
    /// What it means and what to do, in the caller's language.
    pub detail: String,
}

impl CheckBody {
    /// The findings, in the caller's language.
    #[must_use]
    pub fn new(findings: Vec<Finding>, english: bool) -> CheckBody {
        let works = findings.iter().all(|finding| finding.weight != Weight::Fault);
        let body = |finding: Finding| FindingBody {
            code: finding.code.to_owned(),
            weight: finding.weight.as_str().to_owned(),
            detail: if english { finding.en } else { finding.zh },
        };
        CheckBody { works, findings: findings.into_iter().map(body).collect() }
    }
}

/// Money that is to go back, or went back by hand.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct RefundRequest {
    /// How much; all that is left where it is absent.
    #[schema(value_type = Option<String>)]
    pub amount: Option<Fen>,
    /// Why, in the owner's words. The buyer reads it where the gateway pays back.
    #[serde(default)]
    pub note: String,
    /// By hand: the wallet's own number of the transfer, or what else proves it.
    pub proof: Option<String>,
    /// Your own id of this request, up to 64 characters: the same one again is the same refund, and asks how it stands.
    /// Demanded with `amount`.
    pub request_id: Option<String>,
    /// Whether the right to read ends. Where it is absent: yes, if nothing is left.
    pub revoke: Option<bool>,
    /// `gateway`, or `by_hand` for what you paid back yourself. Where it is absent: the gateway for what was paid there, by
    /// hand for personal codes.
    #[schema(value_type = Option<String>)]
    pub way: Option<RefundWay>,
    /// The gateway's number of the trade that is paid back (`trades`), for an order that was paid twice. One that did not
    /// settle the order leaves it and the right to read as they are.
    pub trade_no: Option<String>,
}

/// A number at the gateway under which an order may be paid, or was.
#[derive(Debug, Serialize, ToSchema)]
pub struct TradeBody {
    /// Our number (`out_trade_no`).
    pub number: String,
    /// `code`, `wap`, `page` or `charge`.
    #[schema(value_type = String)]
    pub way: Way,
    /// What it asks for.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// `open`, `paid` or `closed`.
    #[schema(value_type = String)]
    pub state: TradeState,
    /// The gateway's number (`trade_no`), once it is known.
    pub trade_no: Option<String>,
}

impl From<Trade> for TradeBody {
    fn from(trade: Trade) -> TradeBody {
        TradeBody {
            number: trade.number,
            way: trade.way,
            amount: trade.amount,
            state: trade.state,
            trade_no: trade.gateway_ref,
        }
    }
}

/// Money that went back, or is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefundBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: RefundId,
    /// Your id of the request.
    pub request_id: Option<String>,
    /// How much.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// `gateway`, or `by_hand` where it was only written down.
    #[schema(value_type = String)]
    pub way: RefundWay,
    /// `open` while it is not known whether the money moved, `done`, or `failed`.
    #[schema(value_type = String)]
    pub state: RefundState,
    /// Our number of the trade that it pays back; none by hand.
    pub trade: Option<String>,
    /// Why.
    pub note: String,
    /// What proves it.
    pub proof: Option<String>,
    /// Who asked for it.
    pub actor: String,
    /// Whether the right to read ends with it.
    pub revokes: bool,
    /// The gateway's own code of its last no: where it failed, or may have.
    pub problem: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When it was done or had failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

impl From<Refund> for RefundBody {
    fn from(refund: Refund) -> RefundBody {
        RefundBody {
            id: refund.id,
            request_id: refund.request_id,
            amount: refund.amount,
            way: refund.way,
            state: refund.state,
            trade: refund.trade,
            note: refund.reason,
            proof: refund.proof,
            actor: refund.actor,
            revokes: refund.revokes,
            problem: refund.problem,
            requested_at: refund.requested_at,
            finished_at: refund.finished_at,
        }
    }
}
