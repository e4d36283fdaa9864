//! Coupons: made and taken back by the owner, looked up by readers.

use crate::app::App;
use crate::domain::coupon::{Coupon, CouponCode, Discount, Fitness};
use crate::domain::id::CouponId;
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::product::Product;
use crate::domain::time::Timestamp;
use crate::flow::catalog::invalid;
use crate::flow::{Error, Thing, find};
use crate::limits;
use crate::storage::verbs::{Inserted, Page, ReadTx};

/// A coupon to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCoupon {
    /// The site's slug.
    pub site: String,
    /// The slug of the only product it is good for.
    pub product: Option<String>,
    /// What readers type.
    pub code: CouponCode,
    /// What it takes off.
    pub discount: Discount,
    /// For how many orders.
    pub uses_max: Option<u32>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

/// A coupon with what the owner wants to know of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponView {
    /// The coupon.
    pub coupon: Coupon,
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: Option<String>,
    /// How many orders have it that were not given up.
    pub used: i64,
}

fn view<T: ReadTx + ?Sized>(tx: &T, coupon: Coupon) -> Result<CouponView, Error> {
    let site = tx.site(coupon.site)?.ok_or(Error::NotFound(Thing::Site))?;
    let product = coupon.product.map(|id| tx.product(id)).transpose()?.flatten();
    let used = tx.coupon_used(coupon.id)?;
    Ok(CouponView { coupon, site: site.slug.into(), product: product.map(|p| p.slug.into()), used })
}

/// Makes a coupon.
///
/// # Errors
/// [`Error::NotFound`] for site and product, [`Error::Taken`], [`Error::Invalid`].
pub async fn add(app: &App, new: NewCoupon, actor: Actor) -> Result<CouponView, Error> {
    match new.discount {
        Discount::Amount(amount) if amount.is_zero() => return Err(invalid("amount", "at least 0.01")),
        Discount::Percent(percent) if !(1..=99).contains(&percent) => {
            return Err(invalid("percent", "1 to 99: what is given away needs no order"));
        }
        Discount::Amount(_) | Discount::Percent(_) => {}
    }
    if new.uses_max.is_some_and(|uses| !(1..=limits::COUPON_USES_MAX).contains(&uses)) {
        return Err(invalid("uses_max", format!("1 to {}", limits::COUPON_USES_MAX)));
    }
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let site = find::site(tx, &new.site)?;
            let product = match &new.product {
                Some(slug) => Some(find::product(tx, site.id, slug)?.id),
                None => None,
            };
            let coupon = Coupon {
                id: CouponId::from_raw(makers.ids.next(now)),
                site: site.id,
                product,
                code: new.code.clone(),
                discount: new.discount,
                uses_max: new.uses_max,
                expires_at: new.expires_at,
                created_at: now,
                removed_at: None,
            };
            if tx.insert_coupon(&coupon)? == Inserted::Conflict {
                return Err(Error::Taken(Thing::Coupon));
            }
            let (subject, cause) = (Subject::Site(site.id), format!("coupon={}", coupon.id));
            makers.log(tx, now, &Entry { subject, act: Act::CouponCreated, actor, cause })?;
            view(tx, coupon)
        })
        .await
}

/// Coupons, newest first.
///
/// # Errors
/// [`Error::NotFound`] for the site.
pub async fn list(app: &App, site: Option<String>, page: Page) -> Result<Vec<CouponView>, Error> {
    app.store
        .read(move |tx| {
            let site = find::site_id(tx, site.as_deref())?;
            tx.coupons(site, page)?.into_iter().map(|coupon| view(tx, coupon)).collect()
        })
        .await
}

/// Takes a coupon back. Orders that have it keep their price.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(app: &App, id: CouponId, actor: Actor) -> Result<(), Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let coupon = tx.coupon(id)?.ok_or(Error::NotFound(Thing::Coupon))?;
            if !tx.remove_coupon(id, now)? {
                return Err(Error::NotFound(Thing::Coupon));
            }
            let (subject, cause) = (Subject::Site(coupon.site), format!("coupon={id}"));
            Ok(makers.log(tx, now, &Entry { subject, act: Act::CouponRemoved, actor, cause })?)
        })
        .await
}

/// What a typed coupon does for a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Offer {
    /// It is good.
    Good(Box<Coupon>),
    /// There is none such for this product.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was used as often as it may be.
    UsedUp,
}

/// Looks up what a reader typed. A text that cannot be a coupon is an unknown one.
pub(crate) fn look_up<T: ReadTx + ?Sized>(
    tx: &T,
    product: &Product,
    typed: &str,
    now: Timestamp,
) -> Result<Offer, Error> {
    let Ok(code) = typed.parse::<CouponCode>() else { return Ok(Offer::Unknown) };
    let Some(coupon) = tx.coupon_by_code(product.site, &code)? else { return Ok(Offer::Unknown) };
    Ok(match coupon.fits(product.id, tx.coupon_used(coupon.id)?, now) {
        Fitness::Good => Offer::Good(Box::new(coupon)),
        Fitness::Unknown => Offer::Unknown,
        Fitness::Expired => Offer::Expired,
        Fitness::UsedUp => Offer::UsedUp,
    })
}
