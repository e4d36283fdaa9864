//! Memberships that renew themselves: what is offered, signed, charged.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::{AccountId, AgreementId, OrderId};
use crate::domain::money::Fen;
use crate::domain::subscription::{AgreementState, Charge, ChargeState, Ending, Period, Renewal};
use crate::domain::time::{Day, Timestamp};
use crate::flow::gateway::subscription::View;

/// How a membership renews itself (周期扣款).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewalBody {
    /// `1m` to `12m`, or `7d` to `366d`.
    #[schema(value_type = String)]
    pub every: Period,
    /// What one charge may take at most by the owner's contract with Alipay; `100.00` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub most: Option<Fen>,
    /// The scene of that contract (`sign_scene`); `INDUSTRY|DIGITAL_MEDIA` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene: Option<String>,
}

impl From<RenewalBody> for Renewal {
    fn from(body: RenewalBody) -> Renewal {
        let RenewalBody { every, most, scene } = body;
        Renewal { every, most, scene }
    }
}

impl From<Renewal> for RenewalBody {
    fn from(renewal: Renewal) -> RenewalBody {
        let Renewal { every, most, scene } = renewal;
        RenewalBody { every, most, scene }
    }
}

/// A wish to have a membership renewed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscribeRequest {
    /// The page of the site that the reader comes back to.
    pub back: Option<String>,
}

/// Where a reader signs.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscribeBody {
    /// The subscription as it is before that.
    pub subscription: SubscriptionBody,
    /// True where paying the order signs it: the page is that of the payment.
    pub while_paying: bool,
    /// Alipay's page, to be opened on a computer.
    pub sign_url: String,
    /// Opens the wallet from a phone's browser; none for a payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wallet_url: Option<String>,
}

/// A subscription: a reader's consent to be charged each period.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: AgreementId,
    /// `pending` (not signed), `normal`, `paused` or `ended`.
    #[schema(value_type = String)]
    pub state: AgreementState,
    /// Why it ended: `reader`, `owner`, `wallet`, `lapsed`, `unpaid`, `refused`, `revoked`, `unsigned` or `replaced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ending: Option<Ending>,
    /// The site's slug.
    pub site: String,
    /// The membership's slug.
    pub product: String,
    /// How often it is charged.
    #[schema(value_type = String)]
    pub every: Period,
    /// What one charge may take at most: the price that was agreed to.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// When the next period is due; none where it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub next_due: Option<Day>,
    /// Until when the membership is paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_until: Option<Timestamp>,
    /// When it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub signed_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

impl From<&View> for SubscriptionBody {
    fn from(view: &View) -> SubscriptionBody {
        let agreement = &view.agreement;
        SubscriptionBody {
            id: agreement.id,
            state: agreement.state,
            ending: agreement.ending,
            site: view.site.as_str().to_owned(),
            product: view.product.as_str().to_owned(),
            every: agreement.every,
            amount: agreement.most,
            next_due: agreement.is_live().then_some(agreement.due),
            paid_until: view.paid_until,
            signed_at: agreement.signed_at,
            ended_at: agreement.ended_at,
        }
    }
}

/// A subscription as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnerSubscriptionBody {
    /// What its reader sees too.
    #[serde(flatten)]
    pub subscription: SubscriptionBody,
    /// The first of the orders whose time it prolongs.
    #[schema(value_type = String)]
    pub order: OrderId,
    /// The receiving account.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// Our number at the gateway (`external_agreement_no`).
    pub number: String,
    /// The gateway's (`agreement_no`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_number: Option<String>,
    /// False while the gateway was not told, or did not confirm, that it ended.
    pub ended_at_gateway: bool,
    /// When the next period is tried to be charged; the last one's refusal ends the subscription. Empty where it ended.
    #[schema(value_type = Vec<String>)]
    pub tries: Vec<Timestamp>,
    /// What was charged, newest first.
    pub charges: Vec<ChargeBody>,
}

impl From<View> for OwnerSubscriptionBody {
    fn from(view: View) -> OwnerSubscriptionBody {
        let subscription = SubscriptionBody::from(&view);
        let View { agreement, tries, charges, .. } = view;
        OwnerSubscriptionBody {
            subscription,
            order: agreement.order,
            account: agreement.account,
            ended_at_gateway: !agreement.is_live() && agreement.look_at.is_none(),
            number: agreement.number,
            gateway_number: agreement.gateway_no,
            tries,
            charges: charges.into_iter().map(ChargeBody::from).collect(),
        }
    }
}

/// One try to charge one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChargeBody {
    /// Our number of the trade (`out_trade_no`).
    pub number: String,
    /// The day on which the period is due.
    #[schema(value_type = String, format = Date)]
    pub due: Day,
    /// Which try, from 1.
    pub attempt: u32,
    /// The order that it pays.
    #[schema(value_type = String)]
    pub order: OrderId,
    /// How much.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// `planned`, `asked`, `unknown`, `paid` or `failed`.
    #[schema(value_type = String)]
    pub state: ChargeState,
    /// The gateway's code, where it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// When something is done about it next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// When it was paid or had failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

impl From<Charge> for ChargeBody {
    fn from(charge: Charge) -> ChargeBody {
        let Charge { number, due, attempt, order, amount, state, problem, next_at, finished_at, .. } = charge;
        ChargeBody { number, due, attempt, order, amount, state, problem, next_at, finished_at }
    }
}
