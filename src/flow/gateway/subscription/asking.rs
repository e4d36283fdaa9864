//! The gateway is asked for a charge, and what became of it. Writes nothing.

use super::charge::{ENDED, MISSED};
use crate::app::App;
use crate::domain::gateway::has_arrived;
use crate::domain::subscription::{self, Agreement, AgreementState, Charge, ChargeState, Verdict, verdict};
use crate::flow::gateway::cashier::renewals::{ChargeAsk, ChargeSaid};
use crate::flow::gateway::cashier::{Cashier, Trouble};
use crate::flow::gateway::hear::Said;

/// Why a charge failed of which nothing else is known: its trade is closed.
const CLOSED: &str = "closed";

/// A charge about which the gateway is asked.
pub(super) struct Asked {
    /// The charge, as it was written down before.
    pub(super) charge: Charge,
    /// Its agreement.
    pub(super) agreement: Agreement,
    /// False where it must take no money any more: the agreement ended, or its order is settled.
    pub(super) is_wanted: bool,
}

/// What is known of a charge after the gateway was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// It may still take money.
    Open {
        /// The code of a refusal: it will not be asked for again under its number.
        problem: Option<String>,
        /// The code of a refusal that is ours to mend: it will be.
        refusal: Option<String>,
    },
    /// It is paid.
    Paid(Said),
    /// It took no money and will not.
    Failed(String),
}

impl End {
    /// Open, and nothing for the owner to mend.
    pub(super) const fn open(problem: Option<String>) -> End {
        End::Open { problem, refusal: None }
    }

    /// With a refusal that came before it, where nothing was decided since.
    pub(super) fn or_refused(self, before: Option<String>) -> End {
        match self {
            End::Open { problem, refusal } => End::Open { problem, refusal: refusal.or(before) },
            End::Paid(_) | End::Failed(_) => self,
        }
    }
}

/// Asks the gateway for a charge, under the number that it has for good.
pub(super) async fn send(app: &App, cashier: &dyn Cashier, asked: &Asked) -> End {
    let Asked { charge, agreement, .. } = asked;
    let ask = ChargeAsk {
        number: charge.number.clone(),
        agreement: agreement.gateway_no.clone().unwrap_or_default(),
        amount: charge.amount,
        subject: charge.subject.clone(),
    };
    match cashier.charge(&ask, app.now()).await {
        Ok(paid @ ChargeSaid::Paid { .. }) => End::Paid(paid.into()),
        Ok(ChargeSaid::Absent | ChargeSaid::UnderWay | ChargeSaid::Closed) => End::open(None),
        Err(Trouble::Refused { code, .. }) => {
            tracing::warn!(charge = charge.number, code, "the gateway refused a charge");
            match verdict(&code) {
                Verdict::AskTrade => End::open(None),
                Verdict::Ours => End::Open { problem: None, refusal: Some(code) },
                Verdict::Again | Verdict::AskAgreement | Verdict::Over => End::open(Some(code)),
            }
        }
        Err(Trouble::Unknown { why }) => {
            tracing::warn!(charge = charge.number, why, "what became of a charge is not known; it is asked");
            End::open(None)
        }
    }
}

/// Asks what became of a charge. One that must take no money any more, or was refused and left an open trade, is closed: its
/// payer could still complete it. One that the gateway knows nothing of is asked for again while it may.
pub(super) async fn ask(app: &App, cashier: &dyn Cashier, asked: &Asked, problem: Option<String>) -> End {
    let (charge, now) = (&asked.charge, app.now());
    let is_over = now >= subscription::closes(charge.due);
    let mut said = cashier.ask_charge(&charge.number, now).await;
    if said == Ok(ChargeSaid::UnderWay) && (problem.is_some() || is_over || !asked.is_wanted) {
        said = cashier.close_charge(&charge.number, now).await;
    }
    match said {
        Ok(paid @ ChargeSaid::Paid { .. }) => End::Paid(paid.into()),
        Ok(ChargeSaid::Closed) => {
            let why = if asked.agreement.is_live() { CLOSED } else { ENDED };
            End::Failed(problem.unwrap_or_else(|| why.to_owned()))
        }
        Ok(ChargeSaid::UnderWay) => End::open(problem),
        Ok(ChargeSaid::Absent) => match problem {
            // A refusal is the answer to the last sending. One before it may have been lost on its way, and arrive.
            Some(code) if charge.state == ChargeState::Asked || has_arrived(charge.sent_at, now) => {
                End::Failed(code)
            }
            Some(_) => End::open(problem),
            None => absent(app, cashier, asked).await,
        },
        Err(trouble) => {
            tracing::warn!(charge = charge.number, %trouble, "the gateway gave no answer about a charge; it is asked again");
            End::open(problem)
        }
    }
}

/// The gateway knows nothing of a charge that it was, or may have been, asked for. A request may still be on its way: only
/// when that cannot be any more is the charge given up.
async fn absent(app: &App, cashier: &dyn Cashier, asked: &Asked) -> End {
    let (Asked { charge, agreement, is_wanted }, now) = (asked, app.now());
    let opening = subscription::opening(charge.due, now).filter(|_| *is_wanted);
    if agreement.state == AgreementState::Normal {
        match opening {
            // The one that was just sent has its answer first.
            Some(at) if at <= now && charge.state == ChargeState::Unknown => {
                return send(app, cashier, asked).await;
            }
            Some(_) => return End::open(None),
            None => {}
        }
    }
    let why = if agreement.is_live() { MISSED } else { ENDED };
    if has_arrived(charge.sent_at, now) && opening.is_none() {
        End::Failed(why.to_owned())
    } else {
        End::open(None)
    }
}
