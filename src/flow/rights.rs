//! The right to read: brought back by its code in a bounded number of seats, signed out by who holds the code, reissued
//! and revoked by the owner.

use crate::app::{App, Makers};
use crate::domain::id::{ProductId, SeatId, UnlockId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::product::Product;
use crate::domain::site::Site;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::unlock::{RecoveryCode, Seat, Unlock};
use crate::flow::gateway::subscription::heard;
use crate::flow::{Conflict, Error, Thing, unlock};
use crate::limits;
use crate::storage::verbs::{Inserted, Page, ReadTx, WriteTx};

/// A browser in which an unlock is used, as its holder sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatView {
    /// Its id; none for the browser that bought.
    pub id: Option<SeatId>,
    /// What it is known by; nothing for the browser that bought.
    pub label: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// When it was last used, to the day.
    pub seen_at: Option<Timestamp>,
}

/// The seats of an unlock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seats {
    /// The browser that bought first, then by age.
    pub seats: Vec<SeatView>,
    /// How many there may be.
    pub limit: u32,
}

/// Who asks with a recovery code, and from where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// The code.
    pub code: RecoveryCode,
    /// Keyed hash of the address block, which may not try too often.
    pub address: i64,
    /// Keyed hash of the reader capability, where the browser sent one.
    pub reader: Option<i64>,
    /// What to call the seat.
    pub label: String,
}

/// A seat to be signed out: the browser that bought where no id is given.
pub type SeatName = Option<SeatId>;

/// What a recovery code brings back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Restored {
    /// A fresh token.
    Yes {
        /// The token.
        token: String,
        /// The site.
        site: Box<Site>,
        /// The product that was bought.
        product: Box<Product>,
        /// Until when it opens.
        until: Option<Timestamp>,
    },
    /// The unlock is used in as many browsers as it may be: one of them must be signed out first.
    TooMany(Seats),
    /// This address block named too many codes that do not exist.
    TooManyTries {
        /// When it may try again.
        wait: Millis,
    },
}

fn seats_of<T: ReadTx + ?Sized>(tx: &T, unlock: &Unlock, site: &Site) -> Result<Seats, Error> {
    let buyer = SeatView { id: None, label: None, since: unlock.issued_at, seen_at: None };
    let buyer = unlock.buyer_out_at.is_none().then_some(buyer);
    let others = tx.seats(unlock.id)?.into_iter().map(|seat| SeatView {
        id: Some(seat.id),
        label: Some(seat.label),
        since: seat.created_at,
        seen_at: Some(seat.seen_at),
    });
    Ok(Seats { seats: buyer.into_iter().chain(others).collect(), limit: site.seats_max })
}

/// The unlock of a code that is in force, with its site; also one whose time is over.
fn find<T: ReadTx + ?Sized>(tx: &T, id: Option<UnlockId>) -> Result<(Unlock, Site), Error> {
    let unlock = id.map(|id| tx.unlock(id)).transpose()?.flatten().filter(|u| u.revoked_at.is_none());
    let unlock = unlock.ok_or(Error::NotFound(Thing::Unlock))?;
    let site = tx.site(unlock.site)?.ok_or(Error::NotFound(Thing::Unlock))?;
    Ok((unlock, site))
}

/// Finds the unlock of a code, signs seats of it out and says so in the log; the unlock as it is after that.
fn signed_out(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: Option<UnlockId>,
    names: &[SeatName],
    now: Timestamp,
) -> Result<(Unlock, Site), Error> {
    let (mut unlock, site) = find(tx, id)?;
    for name in names {
        let out = match name {
            None => {
                unlock.buyer_out_at = unlock.buyer_out_at.or(Some(now));
                tx.sign_out_buyer(unlock.id, now)?
            }
            // A seat of another unlock is not this holder's to sign out.
            Some(id) => {
                tx.seat(*id)?.is_some_and(|seat| seat.unlock == unlock.id) && tx.sign_out_seat(*id, now)?
            }
        };
        if out {
            let seat = name.map_or_else(|| "buyer".to_owned(), |id| id.to_string());
            let (subject, cause) = (Subject::Unlock(unlock.id), format!("seat={seat}"));
            let actor = Actor::Reader;
            makers.log(tx, now, &Entry { subject, act: Act::SeatSignedOut, actor, cause })?;
        }
    }
    Ok((unlock, site))
}

/// Notes a try that named nothing.
fn note_miss<T>(app: &App, address: i64, answer: Result<T, Error>) -> Result<T, Error> {
    if matches!(answer, Err(Error::NotFound(Thing::Unlock))) {
        app.pressure.tries.count(address, app.now());
    }
    answer
}

fn wait(app: &App, address: i64) -> Option<Millis> {
    app.pressure.tries.wait(address, limits::TRIES_PER_HOUR, app.now())
}

/// A fresh token for a recovery code. A browser that is known takes its seat again; a new one takes a new seat, after
/// those named in `sign_out` were signed out.
///
/// # Errors
/// [`Error::NotFound`] for a code that is unknown or was revoked: which of the two is not told.
pub async fn restore(app: &App, holder: Holder, sign_out: Vec<SeatName>) -> Result<Restored, Error> {
    if let Some(wait) = wait(app, holder.address) {
        return Ok(Restored::TooManyTries { wait });
    }
    let (now, makers) = (app.now(), app.makers.clone());
    let id = app.secrets().unlock_of_code(holder.code);
    let address = holder.address;
    if app.store.trouble().is_some() {
        return note_miss(app, address, restore_unseated(app, id).await);
    }
    let restored = app
        .store
        .write(move |tx| {
            let (unlock, site) = signed_out(tx, &makers, id, &sign_out, now)?;
            let order = tx.order(unlock.order)?.ok_or(Error::NotFound(Thing::Unlock))?;
            let product = tx.product(unlock.product)?.ok_or(Error::NotFound(Thing::Unlock))?;
            let bought_it = holder.reader.is_some() && holder.reader == order.reader;
            let until = unlock::end_of(tx, &unlock)?;
            let open = |seat| Ok(Ok((unlock.clone(), seat, site.clone(), product.clone(), until)));
            if bought_it && unlock.buyer_out_at.is_none() {
                return open(None);
            }
            let taken = tx.seats(unlock.id)?;
            let known = taken.iter().find(|seat| seat.reader.is_some() && seat.reader == holder.reader);
            if let Some(known) = known {
                tx.see_seat(known.id, now)?;
                return open(Some(known.id));
            }
            let seats = seats_of(tx, &unlock, &site)?;
            if seats.seats.len() >= usize::try_from(site.seats_max).unwrap_or(usize::MAX) {
                return Ok(Err(seats));
            }
            let seat = Seat {
                id: SeatId::from_raw(makers.ids.next(now)),
                unlock: unlock.id,
                reader: holder.reader,
                label: holder.label.clone(),
                created_at: now,
                seen_at: now,
                signed_out_at: None,
            };
            let taken = tx.insert_seat(&seat)?;
            assert_eq!(taken, Inserted::Yes, "a reader who has no seat of this unlock can take one");
            let (subject, cause) = (Subject::Unlock(unlock.id), format!("seat={}", seat.id));
            makers.log(tx, now, &Entry { subject, act: Act::SeatTaken, actor: Actor::Reader, cause })?;
            open(Some(seat.id))
        })
        .await;
    Ok(match note_miss(app, address, restored)? {
        Err(seats) => Restored::TooMany(seats),
        Ok((right, seat, site, product, until)) => Restored::Yes {
            token: unlock::sign(app, &right, seat),
            site: Box::new(site),
            product: Box::new(product),
            until,
        },
    })
}

/// While nothing can be written, what is paid can still be read: a token without a seat, for who was not signed out.
async fn restore_unseated(app: &App, id: Option<UnlockId>) -> Result<Restored, Error> {
    let (unlock, site, product, until) = app
        .store
        .read(move |tx| {
            let (unlock, site) = find(tx, id)?;
            let product = tx.product(unlock.product)?.ok_or(Error::NotFound(Thing::Unlock))?;
            let until = unlock::end_of(tx, &unlock)?;
            Ok::<_, Error>((unlock, site, product, until))
        })
        .await?;
    let token = unlock::sign(app, &unlock, None);
    Ok(Restored::Yes { token, site: Box::new(site), product: Box::new(product), until })
}

/// The seats of a code's unlock, after those named in `sign_out` were signed out.
///
/// # Errors
/// [`Error::NotFound`] for a code that is unknown or was revoked.
pub async fn seats(
    app: &App,
    holder: Holder,
    sign_out: Vec<SeatName>,
) -> Result<Result<Seats, Millis>, Error> {
    if let Some(wait) = wait(app, holder.address) {
        return Ok(Err(wait));
    }
    let (now, makers) = (app.now(), app.makers.clone());
    let id = app.secrets().unlock_of_code(holder.code);
    let seats = app
        .store
        .write(move |tx| {
            let (unlock, site) = signed_out(tx, &makers, id, &sign_out, now)?;
            seats_of(tx, &unlock, &site)
        })
        .await;
    note_miss(app, holder.address, seats).map(Ok)
}

/// An unlock as the owner sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnlockView {
    /// The unlock.
    pub unlock: Unlock,
    /// The site.
    pub site: Site,
    /// The product.
    pub product: Product,
    /// Where it is used.
    pub seats: Seats,
}

fn view<T: ReadTx + ?Sized>(tx: &T, unlock: Unlock) -> Result<UnlockView, Error> {
    let site = tx.site(unlock.site)?.ok_or(Error::NotFound(Thing::Site))?;
    let product = tx.product(unlock.product)?.ok_or(Error::NotFound(Thing::Product))?;
    let seats = seats_of(tx, &unlock, &site)?;
    Ok(UnlockView { unlock, site, product, seats })
}

/// Unlocks, newest first.
///
/// # Errors
/// Of the storage.
pub async fn list(app: &App, product: Option<ProductId>, page: Page) -> Result<Vec<UnlockView>, Error> {
    app.store
        .read(move |tx| tx.unlocks(product, page)?.into_iter().map(|unlock| view(tx, unlock)).collect())
        .await
}

/// Takes a right back. Its tokens and its code open nothing any more, and the subscription that would prolong it ends; the
/// order stays paid.
///
/// # Errors
/// [`Error::NotFound`], [`Conflict::UnlockRevoked`].
pub async fn revoke(app: &App, id: UnlockId, reason: String, actor: Actor) -> Result<UnlockView, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            tx.unlock(id)?.ok_or(Error::NotFound(Thing::Unlock))?;
            if !tx.revoke_unlock(id, now)? {
                return Err(Error::Conflict(Conflict::UnlockRevoked));
            }
            let (subject, cause) = (Subject::Unlock(id), format!("reason={reason}"));
            makers.log(tx, now, &Entry { subject, act: Act::UnlockRevoked, actor, cause })?;
            let unlock = tx.unlock(id)?.ok_or(Error::NotFound(Thing::Unlock))?;
            heard::revoked(tx, &makers, unlock.order, actor, now)?;
            view(tx, unlock)
        })
        .await
}

/// Gives an order a new right in the place of the one it has: a new code, no seats but the buyer's. What the old one had
/// left of its time, the new one has.
///
/// # Errors
/// [`Error::NotFound`]; [`Conflict::UnlockRevoked`] where the right was taken back: settle or refund the order instead.
pub async fn reissue(app: &App, id: UnlockId, actor: Actor) -> Result<UnlockView, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let old = tx.unlock(id)?.ok_or(Error::NotFound(Thing::Unlock))?;
            if !tx.revoke_unlock(id, now)? {
                return Err(Error::Conflict(Conflict::UnlockRevoked));
            }
            let fresh = Unlock {
                id: UnlockId::from_raw(makers.ids.next(now)),
                issued_at: now,
                revoked_at: None,
                buyer_out_at: None,
                ..old
            };
            let given = tx.insert_unlock(&fresh)?;
            assert_eq!(given, Inserted::Yes, "the order's only unlock was just revoked");
            let (subject, cause) = (Subject::Unlock(fresh.id), format!("instead_of={id}"));
            makers.log(tx, now, &Entry { subject, act: Act::UnlockReissued, actor, cause })?;
            view(tx, fresh)
        })
        .await
}
