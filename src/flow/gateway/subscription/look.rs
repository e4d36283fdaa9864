//! How agreements stand: asked daily, and told to the gateway where one ended here.
//!
//! An agreement that runs out tells nobody, and what a reader does in his wallet reaches only the application's gateway
//! address, where its owner set it. The next look is written down before the gateway is asked, so that nothing is asked in a
//! hurry when something goes wrong.

use super::charge;
use super::heard::{finish, hear};
use crate::app::{App, Makers};
use crate::domain::id::AgreementId;
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::receipt::{Matter, Reason};
use crate::domain::subscription::{
    self, Agreement, AgreementState, Charge, ChargeState, Ending, Verdict, verdict,
};
use crate::domain::time::{Day, Timestamp};
use crate::flow::gateway::cashier::renewals::{AgreementName, AgreementSaid, Standing, Unsigned};
use crate::flow::gateway::cashier::{Cashier, Trouble};
use crate::flow::gateway::hear::Source;
use crate::flow::gateway::trade::cashier;
use crate::flow::{Error, Thing, inbox};
use crate::limits;
use crate::storage::verbs::{ReadTx, WriteTx};

/// Looks at the agreements that are due, at most [`limits::GATEWAY_QUESTIONS_PER_RUN`].
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one does not keep the others waiting.
pub async fn run_once(app: &App, now: Timestamp) -> Result<usize, Error> {
    let most = limits::GATEWAY_QUESTIONS_PER_RUN;
    let due = app.store.read(move |tx| tx.agreements_to_look_at(now, most)).await.map_err(Error::Storage)?;
    let looks = due.iter().map(|agreement| look(app, agreement.id));
    let mut done = 0;
    for answer in futures_util::future::join_all(looks).await {
        match answer {
            Ok(()) => done += 1,
            Err(error) => tracing::error!(%error, "a subscription could not be looked at"),
        }
    }
    Ok(done)
}

/// Asks how an agreement stands and does what follows; tells the gateway of one that ended here.
///
/// # Errors
/// [`Error::NotFound`], of the gateway's keys, or of the storage; trouble with the gateway is none: it is asked again.
pub async fn look(app: &App, id: AgreementId) -> Result<(), Error> {
    let now = app.now();
    let agreement = app
        .store
        .write(move |tx| {
            let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
            let paced = Agreement {
                look_at: Some(now.plus(pause(&agreement))),
                looked: agreement.looked.saturating_add(1),
                ..agreement.clone()
            };
            tx.update_agreement(&paced)?;
            Ok::<_, Error>(paced)
        })
        .await?;
    let cashier = cashier(app, agreement.account).await?;
    let name = AgreementName {
        gateway_no: agreement.gateway_no.clone(),
        number: agreement.number.clone(),
        scene: agreement.scene.clone(),
    };
    if agreement.is_live() {
        ask(app, &*cashier, &agreement, &name).await
    } else {
        tell(app, &*cashier, id, &name).await
    }
}

/// When to look again where the gateway does not answer, or nobody signed yet: soon at first, at most an hour later.
fn pause(agreement: &Agreement) -> crate::domain::time::Millis {
    let shift = agreement.looked.min(8);
    let pause = limits::AGREEMENT_FIRST_LOOK.times(1 << shift);
    pause.min(limits::AGREEMENT_PENDING_PAUSE_MAX)
}

async fn ask(app: &App, cashier: &dyn Cashier, asked: &Agreement, name: &AgreementName) -> Result<(), Error> {
    let (id, asked_in, now, makers) = (asked.id, asked.state, app.now(), app.makers.clone());
    let said = match cashier.ask_agreement(name, now).await {
        Ok(said) => said,
        Err(trouble) => {
            tracing::warn!(subscription = %id, %trouble, "the gateway gave no answer about a subscription; it is asked again");
            return Ok(());
        }
    };
    let missed = app
        .store
        .write(move |tx| {
            let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
            match &said {
                None => unknown_there(tx, &makers, agreement, asked_in, now).map(|()| None),
                Some(said) => {
                    hear(tx, &makers, agreement, said, Source::Answer, now)?;
                    compare(tx, &makers, id, said, now)
                }
            }
        })
        .await?;
    match missed {
        Some((agreement, to)) => postpone(app, cashier, agreement, to).await,
        None => Ok(()),
    }
}

/// The gateway knows no such agreement: nobody signed it so far, or it ran out. An answer that was overtaken by a notification
/// says nothing of what is known since, and is asked for again.
fn unknown_there(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    agreement: Agreement,
    asked_in: AgreementState,
    now: Timestamp,
) -> Result<(), Error> {
    if agreement.state != asked_in {
        return Ok(tx.update_agreement(&Agreement { look_at: Some(now), ..agreement })?);
    }
    match agreement.state {
        AgreementState::Ended => Ok(tx.update_agreement(&Agreement { look_at: None, ..agreement })?),
        AgreementState::Pending => {
            if now >= agreement.created_at.plus(limits::AGREEMENT_SIGNED_WITHIN) {
                finish(tx, makers, agreement, Ending::Unsigned, Actor::System, now)?;
            }
            Ok(())
        }
        AgreementState::Normal | AgreementState::Paused => {
            let actor = Actor::Gateway(agreement.account);
            finish(tx, makers, agreement, Ending::Lapsed, actor, now).map(drop)
        }
    }
}

/// Compares the due day with the gateway's. Theirs counts where it is later and this period can be charged no more: it was
/// moved there, or was missed here. Ours counts where a period was paid for without a charge. The agreement where the gateway
/// has to be asked to move it, and whereto.
fn compare(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: AgreementId,
    said: &AgreementSaid,
    now: Timestamp,
) -> Result<Option<(Agreement, Day)>, Error> {
    let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
    if agreement.state != AgreementState::Normal || said.standing != Standing::InForce {
        return Ok(None);
    }
    if let Some(behind) = said.next_due.filter(|next| *next < agreement.due) {
        let (due, is_paid) = (agreement.due, is_charged_since(tx, &agreement, behind)?);
        return Ok((!is_paid).then_some((agreement, due)));
    }
    let charges: Vec<Charge> = period(tx, &agreement)?;
    let may_still_pay = |charge: &Charge| {
        matches!(charge.state, ChargeState::Asked | ChargeState::Unknown | ChargeState::Paid)
    };
    if charges.iter().any(may_still_pay) {
        return Ok(None);
    }
    let other_day = |charge: &Charge| {
        charge.problem.as_deref().is_some_and(|code| verdict(code) == Verdict::AskAgreement)
    };
    let is_over = now >= subscription::closes(agreement.due);
    if !is_over && !charges.iter().any(other_day) {
        return Ok(None);
    }
    match said.next_due.filter(|next| *next > agreement.due) {
        Some(next) => move_to(tx, makers, agreement, next, now).map(|()| None),
        None => {
            let tomorrow = agreement.every.fitting(Day::in_china(now).plus(1));
            Ok(is_over.then_some((agreement, tomorrow)))
        }
    }
}

/// True where a charge for a period from `due` on took money: the gateway moves its day itself, and may be slow to say so.
fn is_charged_since(tx: &dyn WriteTx, agreement: &Agreement, due: Day) -> Result<bool, Error> {
    let charges = tx.charges_of(agreement.id, limits::CHARGES_SHOWN)?;
    Ok(charges.iter().any(|charge| charge.due >= due && charge.state == ChargeState::Paid))
}

/// The charges of the period that is due.
fn period<T: ReadTx + ?Sized>(tx: &T, agreement: &Agreement) -> Result<Vec<Charge>, Error> {
    let charges = tx.charges_of(agreement.id, limits::CHARGES_SHOWN)?;
    Ok(charges.into_iter().filter(|charge| charge.due == agreement.due).collect())
}

fn move_to(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    agreement: Agreement,
    due: Day,
    now: Timestamp,
) -> Result<(), Error> {
    let planned = period(tx, &agreement)?.into_iter().find(|charge| charge.state == ChargeState::Planned);
    if let Some(planned) = planned {
        charge::give_up(tx, makers, &planned, charge::MOVED, now)?;
    }
    let (subject, actor) = (Subject::Agreement(agreement.id), Actor::Gateway(agreement.account));
    let cause = format!("from={} to={due}", agreement.due);
    makers.log(tx, now, &Entry { subject, act: Act::SubscriptionMoved, actor, cause })?;
    Ok(tx.update_agreement(&Agreement { due, ..agreement })?)
}

/// A period that was missed, because this server or the agreement rested, cannot be charged any more before the gateway has
/// moved it. Nor can the one after a period that was paid for otherwise.
async fn postpone(app: &App, cashier: &dyn Cashier, agreement: Agreement, to: Day) -> Result<(), Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let Some(gateway_no) = agreement.gateway_no.clone() else { return Ok(()) };
    let moved = cashier.postpone(&gateway_no, to, now).await;
    app.store
        .write(move |tx| {
            let current = tx.agreement(agreement.id)?.ok_or(Error::NotFound(Thing::Subscription))?;
            if current.due != agreement.due || current.state != AgreementState::Normal {
                return Ok(());
            }
            match &moved {
                Ok(due) if *due == current.due => Ok(()),
                Ok(due) => move_to(tx, &makers, current, *due, now),
                // About us: it says nothing of the agreement.
                Err(Trouble::Refused { code, .. }) if verdict(code) == Verdict::Ours => {
                    tracing::warn!(subscription = %current.id, code, "a period could not be moved so far");
                    let look_at = Some(now.plus(limits::AGREEMENT_PENDING_PAUSE_MAX));
                    Ok(tx.update_agreement(&Agreement { look_at, ..current })?)
                }
                Err(Trouble::Refused { code, .. }) => {
                    tracing::warn!(subscription = %current.id, code, "a period that was missed could not be moved");
                    let actor = Actor::Gateway(current.account);
                    finish(tx, &makers, current, Ending::Refused, actor, now).map(drop)
                }
                // Asked again soon: the gateway then tells the day to which it was moved.
                Err(Trouble::Unknown { .. }) => {
                    let look_at = Some(now.plus(limits::AGREEMENT_FIRST_LOOK));
                    Ok(tx.update_agreement(&Agreement { look_at, ..current })?)
                }
            }
        })
        .await
}

/// Whether the gateway was told of an end.
enum Told {
    /// It ended there.
    Yes,
    /// It knows no such agreement.
    Unknown,
    /// It gave no answer.
    No,
}

/// Tells the gateway that an agreement ended here; until nobody can sign it any more, where nobody did so far.
async fn tell(app: &App, cashier: &dyn Cashier, id: AgreementId, name: &AgreementName) -> Result<(), Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let told = match cashier.unsign(name, now).await {
        Ok(Unsigned::Now) => Ok(Told::Yes),
        Err(Trouble::Unknown { why }) => {
            tracing::warn!(subscription = %id, why, "the gateway was not told that a subscription ended; it is told again");
            Ok(Told::No)
        }
        // It may have ended there before, or nobody signed it so far.
        ended => match (cashier.ask_agreement(name, now).await, ended) {
            (Ok(Some(AgreementSaid { standing: Standing::Ended, .. })), _) => Ok(Told::Yes),
            (Ok(None), _) => Ok(Told::Unknown),
            (Ok(Some(_)), Err(Trouble::Refused { code, .. })) => Err(code),
            // Signed in between.
            (Ok(Some(_)) | Err(_), _) => Ok(Told::No),
        },
    };
    app.store
        .write(move |tx| {
            let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
            // The page may still be open, and the news that it was signed be lost.
            let may_be_signed = agreement.signed_at.is_none()
                && now < agreement.created_at.plus(limits::AGREEMENT_SIGNED_WITHIN);
            match &told {
                Ok(Told::Unknown) if may_be_signed => Ok(()),
                Ok(Told::Yes | Told::Unknown) => {
                    Ok(tx.update_agreement(&Agreement { look_at: None, ..agreement })?)
                }
                Ok(Told::No) => Ok(()),
                Err(code) => {
                    tracing::warn!(subscription = %id, code, "the gateway refuses to end a subscription");
                    if tx.open_item_about(agreement.order, Reason::GatewayRefused)?.is_none() {
                        let told = (Reason::GatewayRefused, Matter::Order(agreement.order), None);
                        inbox::ask(tx, &makers, told, Actor::Gateway(agreement.account), now)?;
                    }
                    // What is about us may be mended in the meantime.
                    let is_ours = verdict(code) == Verdict::Ours;
                    let wait = if is_ours {
                        limits::AGREEMENT_PENDING_PAUSE_MAX
                    } else {
                        limits::AGREEMENT_LOOK_EVERY
                    };
                    let look_at = Some(now.plus(wait));
                    Ok(tx.update_agreement(&Agreement { look_at, ..agreement })?)
                }
            }
        })
        .await
}
