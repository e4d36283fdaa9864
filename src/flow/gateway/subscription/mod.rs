//! Memberships that renew themselves (周期扣款): signed by the reader, charged by the worker, ended by either.
//!
//! - `sign`: the pages on which a reader signs, while paying or apart.
//! - `heard`: what the gateway says of an agreement, from a notification or an answer, and how one ends.
//! - `charge`: a period is charged. The charge is written down before the gateway hears of it; what became of it is asked by
//!   its own number, and another number is made only when the first is known to have taken no money. So a lost answer never
//!   becomes a second charge.
//! - `look`: the daily question how an agreement stands, for what ends by itself tells nobody.
//!
//! A charge pays an order of the membership, settled where every order is, so that it prolongs the reader's time as a renewal
//! by hand does, once for each period.

mod asking;
pub mod charge;
pub mod heard;
pub mod look;
pub mod plan;
pub mod sign;

use crate::app::App;
use crate::domain::id::{AgreementId, OrderId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::site::Slug;
use crate::domain::subscription::{self, Agreement, Charge, ChargeState, Ending};
use crate::domain::time::Timestamp;
use crate::domain::unlock::Refusal;
use crate::flow::{Error, Thing};
use crate::limits;
use crate::storage::verbs::{Page, ReadTx};

/// An agreement with what is shown of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// The agreement.
    pub agreement: Agreement,
    /// Who sells.
    pub site: Slug,
    /// The membership.
    pub product: Slug,
    /// Until when the membership is paid for.
    pub paid_until: Option<Timestamp>,
    /// When the next period is tried to be charged; empty where the agreement ended.
    pub tries: Vec<Timestamp>,
    /// What was charged, newest first.
    pub charges: Vec<Charge>,
}

/// An agreement with what is shown of it.
///
/// # Errors
/// Of the storage.
pub fn view<T: ReadTx + ?Sized>(tx: &T, agreement: Agreement) -> Result<View, Error> {
    let site = tx.site(agreement.site)?.ok_or(Error::NotFound(Thing::Site))?;
    let product = tx.product(agreement.product)?.ok_or(Error::NotFound(Thing::Product))?;
    let tries = if agreement.is_live() { subscription::tries(agreement.due).to_vec() } else { Vec::new() };
    Ok(View {
        site: site.slug,
        product: product.slug,
        paid_until: paid_until(tx, agreement.order)?,
        charges: tx.charges_of(agreement.id, limits::CHARGES_SHOWN)?,
        tries,
        agreement,
    })
}

/// Until when a membership is paid for; nothing where the right that its first order gave was taken back. It is that right by
/// which its reader reads, so nobody is charged to prolong what he has no more.
fn paid_until<T: ReadTx + ?Sized>(tx: &T, first: OrderId) -> Result<Option<Timestamp>, Error> {
    if tx.unlock_of(first)?.is_none() {
        return Ok(None);
    }
    Ok(tx.running_until(first)?)
}

/// One agreement.
///
/// # Errors
/// [`Error::NotFound`], or of the storage.
pub async fn get(app: &App, id: AgreementId) -> Result<View, Error> {
    app.store
        .read(move |tx| {
            let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
            view(tx, agreement)
        })
        .await
}

/// Agreements, newest first.
///
/// # Errors
/// Of the storage.
pub async fn list(app: &App, page: Page) -> Result<Vec<View>, Error> {
    app.store
        .read(move |tx| tx.agreements(page)?.into_iter().map(|agreement| view(tx, agreement)).collect())
        .await
}

/// Ends a renewal from our side, at once; the time that was paid for goes on. The gateway is told by [`look::look`], which the
/// worker repeats until it is heard. One that ended already stays as it is.
///
/// # Errors
/// [`Error::NotFound`], or of the storage.
pub async fn end(app: &App, id: AgreementId, ending: Ending, actor: Actor) -> Result<View, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
            let ended = if agreement.is_live() {
                heard::finish(tx, &makers, agreement, ending, actor, now)?
            } else {
                agreement
            };
            view(tx, ended)
        })
        .await
}

/// [`end`], and tells the gateway at once where it can be reached.
///
/// # Errors
/// As [`end`]; trouble with the gateway is none.
pub async fn unsign(app: &App, id: AgreementId, ending: Ending, actor: Actor) -> Result<View, Error> {
    let ended = end(app, id, ending, actor).await?;
    if ended.agreement.look_at.is_none() {
        return Ok(ended);
    }
    if let Err(error) = look::look(app, id).await {
        tracing::warn!(%error, subscription = %id, "the gateway is told later that a subscription ended");
    }
    get(app, id).await
}

/// Has the gateway asked anew about the charges whose end nobody knows, and about the agreement: by the worker's next round.
///
/// # Errors
/// [`Error::NotFound`], or of the storage.
pub async fn ask_soon(app: &App, id: AgreementId, actor: Actor) -> Result<View, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
            let unsure: Vec<Charge> = unsure(tx, id)?;
            let cause = format!("charges={}", unsure.len());
            for charge in unsure {
                tx.update_charge(&Charge { next_at: Some(now), ..charge })?;
            }
            // One that ended and of which the gateway has heard is not asked about any more.
            let look_at = if agreement.is_live() { Some(now) } else { agreement.look_at };
            tx.update_agreement(&Agreement { look_at, ..agreement.clone() })?;
            let (subject, act) = (Subject::Agreement(id), Act::SubscriptionAsked);
            makers.log(tx, now, &Entry { subject, act, actor, cause })?;
            view(tx, Agreement { look_at, ..agreement })
        })
        .await
}

/// The charges of an agreement that the gateway has heard of and whose end nobody knows.
fn unsure<T: ReadTx + ?Sized>(tx: &T, id: AgreementId) -> Result<Vec<Charge>, Error> {
    let charges = tx.charges_of(id, limits::CHARGES_SHOWN)?;
    let is_unsure = |charge: &Charge| matches!(charge.state, ChargeState::Asked | ChargeState::Unknown);
    Ok(charges.into_iter().filter(is_unsure).collect())
}

/// [`ask_soon`], and does it at once.
///
/// # Errors
/// As [`ask_soon`], and [`crate::flow::Conflict::KeysLost`]; trouble with the gateway is none.
pub async fn ask(app: &App, id: AgreementId, actor: Actor) -> Result<View, Error> {
    let asked = ask_soon(app, id, actor).await?;
    for charge in app.store.read(move |tx| unsure(tx, id)).await? {
        charge::step(app, charge.number).await?;
    }
    if asked.agreement.look_at.is_some() {
        look::look(app, id).await?;
    }
    get(app, id).await
}

/// Plans the charges that are due, carries on with those that are under way, and looks at agreements; how many.
///
/// # Errors
/// Of the storage, for the lists; what goes wrong with one does not keep the others waiting.
pub async fn run_once(app: &App, now: Timestamp) -> Result<usize, Error> {
    let planned = plan::plan_due(app, now).await?;
    let carried = charge::carry_on(app, now).await?;
    let looked = look::run_once(app, now).await?;
    Ok(planned + carried + looked)
}

/// What an unlock token stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// The order that gave the right.
    pub order: OrderId,
    /// The first of the orders of the membership.
    pub first: OrderId,
}

/// Whose membership an unlock token is. Also one that is over or was taken back: who was charged must be able to end that.
///
/// # Errors
/// Of the storage.
pub async fn held(app: &App, token: String) -> Result<Result<Held, Refusal>, Error> {
    let Ok(facts) = app.secrets().verify_unlock(&token) else { return Ok(Err(Refusal::Bad)) };
    app.store
        .read(move |tx| {
            let known = tx.unlock(facts.unlock)?.filter(|unlock| unlock.order == facts.order);
            let (Some(unlock), Some(order)) = (known, tx.order(facts.order)?) else {
                return Ok(Err(Refusal::Bad));
            };
            let signed_out = match facts.seat {
                None => unlock.buyer_out_at.is_some(),
                Some(seat) => !tx
                    .seat(seat)?
                    .is_some_and(|seat| seat.unlock == unlock.id && seat.signed_out_at.is_none()),
            };
            let held = Held { order: order.id, first: order.renews.unwrap_or(order.id) };
            Ok(if signed_out { Err(Refusal::SignedOut) } else { Ok(held) })
        })
        .await
}

/// The agreements that prolong an order and its renewals, newest first.
///
/// # Errors
/// Of the storage.
pub async fn of_order(app: &App, first: OrderId) -> Result<Vec<View>, Error> {
    app.store
        .read(move |tx| tx.agreements_of(first)?.into_iter().map(|agreement| view(tx, agreement)).collect())
        .await
}
