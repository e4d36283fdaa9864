//! "I have already paid": a reader's claim becomes a request in the owner's inbox. Nothing is opened by it alone (M5).

use crate::app::{App, Makers};
use crate::domain::claim::{Claim, ClaimState, ReceiptDigits};
use crate::domain::id::{ClaimId, OrderId};
use crate::domain::log::Actor;
use crate::domain::matching::{self, Suggestion};
use crate::domain::money::Fen;
use crate::domain::order::OrderStatus;
use crate::domain::receipt::{Arrival, InboxState, Matter, Reason};
use crate::domain::time::{Millis, Timestamp};
use crate::domain::unlock::Unlock;
use crate::flow::settle::{self, Evidence, Payment};
use crate::flow::{Conflict, Error, Thing, catalog, find, inbox, unlock};
use crate::limits;
use crate::rng::Ids;
use crate::storage::verbs::{Inserted, ReadTx, WriteTx};

/// What a reader says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewClaim {
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// The order his browser made, whose token he had.
    pub order: Option<OrderId>,
    /// How much he says to have paid.
    pub amount: Fen,
    /// When he says to have paid.
    pub paid_at: Timestamp,
    /// What his wallet shows.
    pub digits: ReceiptDigits,
    /// What else he says.
    pub note: Option<String>,
    /// Keyed hash of the address block.
    pub address: i64,
    /// The browser origin it comes from.
    pub origin: Option<String>,
}

/// What became of a new claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Made {
    /// It is in the owner's inbox.
    Yes(ClaimId),
    /// This address block made too many.
    TooMany {
        /// When it may make another.
        wait: Millis,
    },
    /// The site does not list the browser origin.
    OriginRefused,
}

/// Puts a claim into the owner's inbox.
///
/// # Errors
/// [`Error::NotFound`] for site and product, [`Error::Invalid`].
pub async fn make(app: &App, new: NewClaim) -> Result<Made, Error> {
    let now = app.now();
    let note = new.note.as_deref().map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
    if note.as_ref().is_some_and(|n| n.chars().count() > limits::CLAIM_NOTE_CHARS_MAX) {
        return Err(catalog::invalid("note", format!("at most {} characters", limits::CLAIM_NOTE_CHARS_MAX)));
    }
    if new.amount.is_zero() {
        return Err(catalog::invalid("amount", "what was paid, at least 0.01"));
    }
    // A reader's clock may be wrong by a day.
    let told = now.minus(limits::CLAIM_AGE_MAX)..now.plus(limits::CLAIM_CLOCK_SLACK);
    if !told.contains(&new.paid_at) {
        return Err(catalog::invalid("paid_at", "when the money was paid: within the last year"));
    }
    if let Some(wait) = app.pressure.claims.wait(new.address, limits::CLAIMS_PER_HOUR, now) {
        return Ok(Made::TooMany { wait });
    }
    let address = new.address;
    let makers = app.makers.clone();
    let made = app
        .store
        .write(move |tx| {
            let site = find::site(tx, &new.site)?;
            if !site.allows(new.origin.as_deref()) {
                return Ok(Made::OriginRefused);
            }
            let product = find::product(tx, site.id, &new.product)?;
            let claim = Claim {
                id: ClaimId::from_raw(makers.ids.next(now)),
                site: site.id,
                product: product.id,
                order: new.order,
                amount: new.amount,
                paid_at: new.paid_at,
                digits: new.digits.clone(),
                note: note.clone(),
                created_at: now,
                paid_by_grant: false,
            };
            assert_eq!(tx.insert_claim(&claim)?, Inserted::Yes, "it has an id of its own");
            let told = (Reason::Claim, Matter::Claim(claim.id), None);
            inbox::ask(tx, &makers, told, Actor::Reader, now)?;
            Ok::<_, Error>(Made::Yes(claim.id))
        })
        .await?;
    if matches!(made, Made::Yes(_)) {
        app.pressure.claims.count(address, now);
    }
    Ok(made)
}

/// What a reader sees of his claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimView {
    /// What became of it.
    pub state: ClaimState,
    /// What the owner answered, where it was refused.
    pub answer: Option<String>,
    /// The right to read, where it was granted.
    pub unlock: Option<Unlock>,
}

/// What became of a claim.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(app: &App, id: ClaimId) -> Result<ClaimView, Error> {
    app.store
        .read(move |tx| {
            tx.claim(id)?.ok_or(Error::NotFound(Thing::Claim))?;
            let item = tx.inbox_of_claim(id)?.map(|item| tx.inbox_item(item)).transpose()?.flatten();
            let item = item.ok_or(Error::NotFound(Thing::Claim))?;
            let unlock = item.order.map(|order| tx.unlock_of(order)).transpose()?.flatten();
            Ok(match item.state {
                InboxState::Open => ClaimView { state: ClaimState::Open, answer: None, unlock: None },
                InboxState::Settled => {
                    let unlock = unlock
                        .map(|unlock| {
                            let expires_at = unlock::end_of(tx, &unlock)?;
                            Ok::<_, Error>(Unlock { expires_at, ..unlock })
                        })
                        .transpose()?;
                    ClaimView { state: ClaimState::Granted, answer: None, unlock }
                }
                InboxState::Dismissed => {
                    ClaimView { state: ClaimState::Refused, answer: item.note, unlock: None }
                }
            })
        })
        .await
}

/// The orders that a claim may be about, best first: the one his browser made, then by amount and time.
pub(super) fn suggest<T: ReadTx + ?Sized>(tx: &T, claim: &Claim) -> Result<Vec<Suggestion>, Error> {
    let (from, to) = (
        claim.paid_at.minus(limits::CLAIM_CLOCK_SLACK),
        claim.paid_at.plus(limits::CLAIM_CLOCK_SLACK).plus(limits::COOL_DOWN_MAX),
    );
    let (first, last) = (Ids::first_at(from), Ids::first_at(to));
    let orders = tx.orders_between(claim.site, first, last, limits::SUGGESTION_ORDERS_MAX)?;
    let told = claim.order.map(|id| tx.order(id)).transpose()?.flatten();
    let all = orders.into_iter().filter(|o| Some(o.id) != claim.order && o.status != OrderStatus::Refunded);
    let times = all.map(|o| (o.id, o.amount, o.created_at, o.expires_at));
    let arrival = Arrival { from: claim.paid_at, to: claim.paid_at };
    let mut ranked = matching::suggest(claim.amount, arrival, times, limits::SUGGESTIONS_MAX);
    if let Some(own) = told {
        let window = [(own.id, own.amount, own.created_at, own.expires_at)];
        ranked.splice(0..0, matching::suggest(claim.amount, arrival, window, 1));
        ranked.truncate(limits::SUGGESTIONS_MAX);
    }
    Ok(ranked)
}

/// Gives the reader the right of an order, which is paid by this act where it was not.
pub(super) fn grant(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    claim: ClaimId,
    order: OrderId,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let claim = tx.claim(claim)?.ok_or(Error::NotFound(Thing::Claim))?;
    let order = tx.order(order)?.ok_or(Error::NotFound(Thing::Order))?;
    let claimed = tx.product(claim.product)?.ok_or(Error::NotFound(Thing::Product))?;
    let bought = tx.product(order.product)?.ok_or(Error::NotFound(Thing::Product))?;
    if order.site != claim.site || !unlock::product_opens(tx, &bought, &claimed)? {
        return Err(Error::Conflict(Conflict::OtherProduct));
    }
    if order.status == OrderStatus::Paid {
        let right = tx.unlock_of(order.id)?;
        return right.map(|_| ()).ok_or(Error::Conflict(Conflict::UnlockRevoked));
    }
    let late = claim.paid_at >= order.expires_at;
    settle::settle(tx, makers, Payment { order: order.id, evidence: Evidence::Word, late, actor }, now)?;
    Ok(tx.set_paid_by_grant(claim.id, true)?)
}

/// Takes a grant back. An order that it paid is unpaid again; a right that was there before stays: reissue it where it
/// was given to the wrong reader.
pub(super) fn take_back(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    claim: ClaimId,
    order: OrderId,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let claim = tx.claim(claim)?.ok_or(Error::NotFound(Thing::Claim))?;
    if claim.paid_by_grant {
        settle::unsettle(tx, makers, order, actor, now)?;
        tx.set_paid_by_grant(claim.id, false)?;
    }
    Ok(())
}
