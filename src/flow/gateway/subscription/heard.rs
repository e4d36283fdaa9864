//! What the gateway says of an agreement, written down, and how one ends.
//!
//! An end is believed at once: nothing comes after it. Anything else that contradicts what is known here is followed by a
//! question, because notifications may be old and overtake each other.

use super::charge;
use crate::app::Makers;
use crate::domain::id::{AccountId, AgreementId, OrderId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::receipt::{Matter, Reason};
use crate::domain::subscription::{Agreement, AgreementState, Charge, ChargeState, Ending};
use crate::domain::time::Timestamp;
use crate::flow::gateway::cashier::renewals::{AgreementSaid, Standing};
use crate::flow::gateway::hear::Source;
use crate::flow::{Error, inbox};
use crate::limits;
use crate::storage::verbs::WriteTx;

/// A notification about an agreement. The agreement where the gateway has to be asked how it stands now; nothing for one that
/// is none of ours, or of another account: an application may be used by others too.
pub(crate) fn notice(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    account: AccountId,
    number: Option<&str>,
    said: &AgreementSaid,
    now: Timestamp,
) -> Result<Option<AgreementId>, Error> {
    let known = number.map(|number| tx.agreement_by_number(number)).transpose()?.flatten();
    match known.filter(|agreement| agreement.account == account) {
        Some(agreement) => {
            let id = agreement.id;
            Ok(hear(tx, makers, agreement, said, Source::Notice, now)?.then_some(id))
        }
        None => Ok(None),
    }
}

/// Does what follows from what the gateway says of an agreement; true where it has to be asked.
pub(crate) fn hear(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    agreement: Agreement,
    said: &AgreementSaid,
    source: Source,
    now: Timestamp,
) -> Result<bool, Error> {
    let numbers = agreement.gateway_no.as_ref().zip(said.gateway_no.as_ref());
    if numbers.is_some_and(|(known, told)| known != told) {
        // Our number is used once: whose agreement that is, is not for us to guess.
        tracing::warn!(subscription = %agreement.id, "the gateway names another agreement under our number");
        return Ok(false);
    }
    let gateway_no = agreement.gateway_no.clone().or_else(|| said.gateway_no.clone());
    let agreement = Agreement { gateway_no, ..agreement };
    let by_answer = source == Source::Answer;
    let actor = Actor::Gateway(agreement.account);
    let tomorrow = Some(now.plus(limits::AGREEMENT_LOOK_EVERY));
    match (agreement.state, said.standing) {
        (AgreementState::Ended, Standing::Ended) => {
            tx.update_agreement(&Agreement { look_at: None, ..agreement })?;
            Ok(false)
        }
        (AgreementState::Ended, Standing::InForce | Standing::NotYet | Standing::Paused) => {
            // Signed after it was given up here: the gateway is told that it ended.
            tx.update_agreement(&Agreement { look_at: Some(now), ..agreement })?;
            Ok(false)
        }
        (_, Standing::Ended) => {
            finish(tx, makers, agreement, Ending::Wallet, actor, now)?;
            Ok(false)
        }
        (AgreementState::Pending, Standing::NotYet) => {
            let look_at = Some(now.plus(limits::AGREEMENT_PENDING_PAUSE_MAX));
            tx.update_agreement(&Agreement { look_at, ..agreement })?;
            Ok(false)
        }
        (AgreementState::Pending, Standing::InForce | Standing::Paused) => {
            let paused = said.standing == Standing::Paused;
            let state = if paused { AgreementState::Paused } else { AgreementState::Normal };
            turn(tx, makers, &Agreement { state, look_at: tomorrow, looked: 0, ..agreement }, now)?;
            Ok(false)
        }
        (AgreementState::Normal, Standing::InForce) | (AgreementState::Paused, Standing::Paused) => {
            if by_answer {
                tx.update_agreement(&Agreement { look_at: tomorrow, looked: 0, ..agreement })?;
            }
            Ok(false)
        }
        (AgreementState::Paused, Standing::NotYet) if by_answer => {
            tx.update_agreement(&Agreement { look_at: tomorrow, looked: 0, ..agreement })?;
            Ok(false)
        }
        (AgreementState::Paused, Standing::InForce) if by_answer => {
            let state = AgreementState::Normal;
            turn(tx, makers, &Agreement { state, look_at: tomorrow, looked: 0, ..agreement }, now)?;
            Ok(false)
        }
        (AgreementState::Paused, Standing::InForce | Standing::NotYet) => Ok(true),
        (AgreementState::Normal, Standing::Paused | Standing::NotYet) => {
            // Nothing is charged on a doubt.
            let state = AgreementState::Paused;
            turn(tx, makers, &Agreement { state, look_at: tomorrow, looked: 0, ..agreement }, now)?;
            Ok(!by_answer)
        }
    }
}

/// Writes that an agreement is in force or paused.
fn turn(tx: &mut dyn WriteTx, makers: &Makers, agreement: &Agreement, now: Timestamp) -> Result<(), Error> {
    let signed_at = agreement.signed_at.or(Some(now));
    tx.update_agreement(&Agreement { signed_at, ..agreement.clone() })?;
    let act = match agreement.state {
        AgreementState::Paused => Act::SubscriptionPaused,
        AgreementState::Normal | AgreementState::Pending | AgreementState::Ended => Act::SubscriptionSigned,
    };
    let (subject, actor) = (Subject::Agreement(agreement.id), Actor::Gateway(agreement.account));
    let cause = format!("due={}", agreement.due);
    Ok(makers.log(tx, now, &Entry { subject, act, actor, cause })?)
}

/// The right that an order gave was taken back: what would prolong it ends in the same unit of work.
pub(crate) fn revoked(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    first: OrderId,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    match tx.agreements_of(first)?.into_iter().find(Agreement::is_live) {
        Some(agreement) => finish(tx, makers, agreement, Ending::Revoked, actor, now).map(drop),
        None => Ok(()),
    }
}

/// Ends an agreement for good. A charge that the gateway has not heard of is not made; one that it has heard of is closed
/// there if nobody paid it. The time that was paid for goes on.
pub(crate) fn finish(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    agreement: Agreement,
    ending: Ending,
    actor: Actor,
    now: Timestamp,
) -> Result<Agreement, Error> {
    // One that was replaced may have been signed, and the news of that be lost: two would be in force.
    let known_there = match ending {
        Ending::Wallet | Ending::Lapsed | Ending::Unsigned => true,
        Ending::Reader
        | Ending::Owner
        | Ending::Unpaid
        | Ending::Refused
        | Ending::Revoked
        | Ending::Replaced => false,
    };
    let ended = Agreement {
        state: AgreementState::Ended,
        ending: Some(ending),
        ended_at: Some(now),
        look_at: (!known_there).then_some(now),
        looked: 0,
        ..agreement
    };
    tx.update_agreement(&ended)?;
    let (subject, act) = (Subject::Agreement(ended.id), Act::SubscriptionEnded);
    let cause = format!("ending={} order={}", ending.as_str(), ended.order);
    makers.log(tx, now, &Entry { subject, act, actor, cause })?;
    for charge in tx.charges_of(ended.id, limits::CHARGES_SHOWN)? {
        match charge.state {
            ChargeState::Planned => charge::give_up(tx, makers, &charge, charge::ENDED, now)?,
            // It is closed by the next question, which is at once: until then its payer could complete it.
            ChargeState::Asked | ChargeState::Unknown => {
                tx.update_charge(&Charge { next_at: Some(now), ..charge })?;
            }
            ChargeState::Paid | ChargeState::Failed => {}
        }
    }
    if matches!(ending, Ending::Unpaid | Ending::Refused)
        && tx.open_item_about(ended.order, Reason::SubscriptionEnded)?.is_none()
    {
        let told = (Reason::SubscriptionEnded, Matter::Order(ended.order), None);
        inbox::ask(tx, makers, told, actor, now)?;
    }
    Ok(ended)
}
