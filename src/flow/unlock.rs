//! What a token opens: checked before anything paid is given out.
//!
//! `flow::rights` is about the right itself: how it is brought back, signed out, reissued and revoked.

use crate::app::{App, Makers};
use crate::domain::product::{KeyState, Lock, Product};
use crate::domain::site::Site;
use crate::domain::time::Timestamp;
use crate::domain::unlock::{RecoveryCode, Refusal, TokenFacts, Unlock};
use crate::flow::{Error, Thing, find};
use crate::limits;
use crate::seal::format::SiteSecret;
use crate::storage::verbs::ReadTx;

/// What a token opens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// The text itself.
    Html(String),
    /// The key of a text that is in the page.
    Key {
        /// Its 32 bytes in base64url.
        key: String,
        /// Its version.
        version: u32,
    },
    /// The text is in the page, only hidden.
    Reveal,
}

/// Whether a token opens a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Access {
    /// It does.
    Open {
        /// What.
        content: Content,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// There is no token, or it is one of a product that does not open this one: this is what it costs.
    Locked(Box<Product>),
    /// The token opens nothing any more.
    Refused(Refusal),
    /// The token is good, but the key that was asked for is not given out.
    NoSuchKey {
        /// Whether it was given out once.
        state: KeyState,
        /// Which version is in force.
        current: u32,
    },
}

/// Signs a token for an unlock, for the browser that bought it.
#[must_use]
pub fn token(app: &App, unlock: &Unlock) -> String {
    sign(app, unlock, None)
}

pub(super) fn sign(app: &App, unlock: &Unlock, seat: Option<crate::domain::id::SeatId>) -> String {
    app.secrets().sign_unlock(&TokenFacts {
        site: unlock.site,
        product: unlock.product,
        order: unlock.order,
        unlock: unlock.id,
        issued_at: app.now(),
        key: app.secrets().unlock_key_id().to_owned(),
        seat,
    })
}

/// The recovery code of an unlock.
#[must_use]
pub fn code(app: &App, unlock: &Unlock) -> RecoveryCode {
    app.secrets().recovery_code(unlock.id)
}

/// The secret from which the keys of a site's sealed products follow.
#[must_use]
pub fn sealing_secret(makers: &Makers, site: &Site) -> SiteSecret {
    SiteSecret::from_bytes(makers.secrets.sealing_secret(site.id, site.sealing_epoch))
}

/// Whether a product that was bought opens another.
fn opens<T: ReadTx + ?Sized>(tx: &T, facts: &TokenFacts, product: &Product) -> Result<bool, Error> {
    if facts.site != product.site {
        return Ok(false);
    }
    if facts.product == product.id {
        return Ok(true);
    }
    let Some(bought) = tx.product(facts.product)? else { return Ok(false) };
    product_opens(tx, &bought, product)
}

/// Whether buying one product opens another of the same site.
pub(super) fn product_opens<T: ReadTx + ?Sized>(
    tx: &T,
    bought: &Product,
    product: &Product,
) -> Result<bool, Error> {
    if bought.id == product.id {
        return Ok(true);
    }
    let names_it = tx.names(bought.id, product.id)?;
    Ok(bought.site == product.site && bought.terms.kind.opens(product.terms.kind, names_it))
}

/// When an unlock's time is over: it runs on with the orders that prolong it. Nothing where it has no end.
///
/// # Errors
/// Of the storage.
pub fn end_of<T: ReadTx + ?Sized>(tx: &T, unlock: &Unlock) -> Result<Option<Timestamp>, Error> {
    let Some(own) = unlock.expires_at else { return Ok(None) };
    let order = tx.order(unlock.order)?.ok_or(Error::NotFound(Thing::Order))?;
    let last = tx.running_until(order.renews.unwrap_or(order.id))?;
    Ok(Some(last.map_or(own, |last| last.max(own))))
}

/// The unlock of a token that is in force, with the end of its time, or why the token opens nothing.
pub(super) fn in_force<T: ReadTx + ?Sized>(
    tx: &T,
    facts: &TokenFacts,
    now: Timestamp,
) -> Result<Result<Unlock, Refusal>, Error> {
    let Some(mut unlock) = tx.unlock(facts.unlock)?.filter(|u| u.product == facts.product) else {
        return Ok(Err(Refusal::Bad));
    };
    if unlock.revoked_at.is_some() {
        return Ok(Err(Refusal::Revoked));
    }
    unlock.expires_at = end_of(tx, &unlock)?;
    if let Some(since) = unlock.expires_at.filter(|end| now >= *end) {
        return Ok(Err(Refusal::Expired { since }));
    }
    let signed_out = match facts.seat {
        None => unlock.buyer_out_at.is_some(),
        Some(seat) => {
            !tx.seat(seat)?.is_some_and(|seat| seat.unlock == unlock.id && seat.signed_out_at.is_none())
        }
    };
    Ok(if signed_out { Err(Refusal::SignedOut) } else { Ok(unlock) })
}

/// Gives out what a product holds, if `token` opens it: the text, or the key of `version` (the one in force where none
/// is asked for).
///
/// # Errors
/// [`Error::NotFound`] for site and product.
pub async fn content(
    app: &App,
    site: String,
    slug: String,
    token: Option<String>,
    version: Option<u32>,
) -> Result<Access, Error> {
    let now = app.now();
    let facts = token.map(|token| app.secrets().verify_unlock(&token));
    let makers = app.makers.clone();
    let (access, seat) = app
        .store
        .read(move |tx| {
            let site = find::site(tx, &site)?;
            let product = find::product(tx, site.id, &slug)?;
            let facts = match facts {
                None => return Ok((Access::Locked(Box::new(product)), None)),
                Some(Err(_)) => return Ok((Access::Refused(Refusal::Bad), None)),
                Some(Ok(facts)) => facts,
            };
            if !opens(tx, &facts, &product)? {
                return Ok((Access::Locked(Box::new(product)), None));
            }
            let unlock = match in_force(tx, &facts, now)? {
                Ok(unlock) => unlock,
                Err(refusal) => return Ok((Access::Refused(refusal), None)),
            };
            let content = match product.lock {
                Lock::Hosted => Content::Html(tx.product_html(product.id)?.unwrap_or_default()),
                Lock::Reveal => Content::Reveal,
                Lock::Sealed => {
                    let version = version.unwrap_or(product.keys.current);
                    let state = product.keys.state(version);
                    if state != KeyState::Released {
                        let current = product.keys.current;
                        return Ok((Access::NoSuchKey { state, current }, None));
                    }
                    let secret = sealing_secret(&makers, &site);
                    Content::Key { key: secret.product_key_text(site.slug.as_str(), &slug, version), version }
                }
            };
            Ok::<_, Error>((Access::Open { content, until: unlock.expires_at }, facts.seat))
        })
        .await?;
    if let Some(id) = seat {
        // That a seat is in use is worth a row once a day, and never worth an answer.
        let stale = move |tx: &mut dyn crate::storage::verbs::WriteTx| {
            if tx.seat(id)?.is_some_and(|seat| now.since(seat.seen_at) >= limits::SEAT_SEEN_EVERY) {
                tx.see_seat(id, now)?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = app.store.write(stale).await {
            tracing::debug!(%error, "a seat's use was not noted");
        }
    }
    Ok(access)
}
