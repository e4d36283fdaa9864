//! The gateway is asked for a charge, and what became of it. Writes nothing.

use super::charge::{ENDED, MISSED};
use crate::app::App;
use crate::domain::subscription::{self, Agreement, AgreementState, Charge, ChargeState, Verdict, verdict};
use crate::flow::gateway::cashier::renewals::{ChargeAsk, ChargeSaid};
use crate::flow::gateway::cashier::{Cashier, Trouble};
use crate::flow::gateway::hear::Said;
use crate::limits;

/// Why a charge failed of which nothing else is known: its trade is closed.
const CLOSED: &str = "closed";

/// What is known of a charge after the gateway was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// It may still take money. With the code of a refusal it will not be asked for again under its number.
    Open { problem: Option<String> },
    /// It is paid.
    Paid(Said),
    /// It took no money and will not.
    Failed(String),
}

/// Asks the gateway for a charge, under the number that it has for good.
pub(super) async fn send(app: &App, cashier: &dyn Cashier, charge: &Charge, agreement: &Agreement) -> End {
    let ask = ChargeAsk {
        number: charge.number.clone(),
        agreement: agreement.gateway_no.clone().unwrap_or_default(),
        amount: charge.amount,
        subject: charge.subject.clone(),
    };
    match cashier.charge(&ask, app.now()).await {
        Ok(paid @ ChargeSaid::Paid { .. }) => End::Paid(paid.into()),
        Ok(ChargeSaid::Absent | ChargeSaid::UnderWay | ChargeSaid::Closed) => End::Open { problem: None },
        Err(Trouble::Refused { code, .. }) => {
            tracing::warn!(charge = charge.number, code, "the gateway refused a charge");
            End::Open { problem: (verdict(&code) != Verdict::AskTrade).then_some(code) }
        }
        Err(Trouble::Unknown { why }) => {
            tracing::warn!(charge = charge.number, why, "what became of a charge is not known; it is asked");
            End::Open { problem: None }
        }
    }
}

/// Asks what became of a charge. One that was refused and left an open trade is closed first, or the next try would be a
/// second charge that the payer could still complete; one that the gateway knows nothing of is asked for again while it may.
pub(super) async fn ask(
    app: &App,
    cashier: &dyn Cashier,
    charge: &Charge,
    agreement: &Agreement,
    problem: Option<String>,
) -> End {
    let now = app.now();
    let is_over = now >= subscription::closes(charge.due);
    let mut said = cashier.ask_charge(&charge.number, now).await;
    if said == Ok(ChargeSaid::UnderWay) && (problem.is_some() || is_over) {
        said = cashier.close_charge(&charge.number, now).await;
    }
    match said {
        Ok(paid @ ChargeSaid::Paid { .. }) => End::Paid(paid.into()),
        Ok(ChargeSaid::Closed) => End::Failed(problem.unwrap_or_else(|| CLOSED.to_owned())),
        Ok(ChargeSaid::UnderWay) => End::Open { problem },
        Ok(ChargeSaid::Absent) => match problem {
            Some(code) => End::Failed(code),
            None => absent(app, cashier, charge, agreement).await,
        },
        Err(trouble) => {
            tracing::warn!(charge = charge.number, %trouble, "the gateway gave no answer about a charge; it is asked again");
            End::Open { problem }
        }
    }
}

/// The gateway knows nothing of a charge that it was, or may have been, asked for. A request may still be on its way: only
/// when that cannot be any more is the charge given up.
async fn absent(app: &App, cashier: &dyn Cashier, charge: &Charge, agreement: &Agreement) -> End {
    let now = app.now();
    let settled = charge.asked_at.is_none_or(|at| now >= at.plus(limits::CHARGE_ON_ITS_WAY));
    if agreement.state == AgreementState::Normal {
        match subscription::opening(charge.due, now) {
            // The one that was just sent has its answer first.
            Some(at) if at <= now && charge.state == ChargeState::Unknown => {
                return send(app, cashier, charge, agreement).await;
            }
            Some(_) => return End::Open { problem: None },
            None => {}
        }
    }
    let why = if agreement.is_live() { MISSED } else { ENDED };
    let may_resume = agreement.is_live() && subscription::opening(charge.due, now).is_some();
    if settled && !may_resume { End::Failed(why.to_owned()) } else { End::Open { problem: None } }
}
