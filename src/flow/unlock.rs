//! The right to read: tokens for paid orders, restored by code, checked before anything paid is given out.

use crate::app::App;
use crate::domain::id::ProductId;
use crate::domain::site::{Lock, Product};
use crate::domain::unlock::{Claims, RecoveryCode, Unlock};
use crate::flow::{Error, Thing};

/// What a token opens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// The text itself.
    Html(String),
    /// The key of a text that is in the page.
    Key(String),
    /// The text is in the page, only hidden.
    Reveal,
}

/// Whether a token opens a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Access {
    /// It does.
    Open(Content),
    /// It does not, or there is none: this is what the product costs.
    Locked(Box<Product>),
}

/// Signs a token for an unlock that is in force.
#[must_use]
pub fn token(app: &App, unlock: &Unlock) -> String {
    app.secrets().sign_unlock(&Claims {
        site: unlock.site,
        product: unlock.product,
        order: unlock.order,
        unlock: unlock.id,
        issued_at: app.now(),
        key: app.secrets().unlock_key_id().to_owned(),
    })
}

/// The recovery code of an unlock.
#[must_use]
pub fn code(app: &App, unlock: &Unlock) -> RecoveryCode {
    app.secrets().recovery_code(unlock.id)
}

/// Gives out what a product holds, if `token` opens it.
///
/// # Errors
/// [`Error::NotFound`] for site and product.
pub async fn content(app: &App, site: String, slug: String, token: Option<String>) -> Result<Access, Error> {
    let claims = token.and_then(|token| app.secrets().verify_unlock(&token).ok());
    let found = app
        .store
        .read(move |tx| {
            let site = tx.site_by_slug(&site)?.ok_or(Error::NotFound(Thing::Site))?;
            let product = tx.product_by_slug(site.id, &slug)?.ok_or(Error::NotFound(Thing::Product))?;
            let claimed = claims.filter(|c| c.product == product.id && c.site == site.id);
            let unlock = claimed.map(|c| tx.unlock(c.unlock)).transpose()?.flatten();
            let open = unlock.is_some_and(|u| u.revoked_at.is_none() && u.product == product.id);
            let html = if open { tx.product_html(product.id)? } else { None };
            Ok::<_, Error>((product, open, html))
        })
        .await?;
    let (product, open, html) = found;
    if !open {
        return Ok(Access::Locked(Box::new(product)));
    }
    Ok(Access::Open(match product.lock {
        Lock::Hosted => Content::Html(html.unwrap_or_default()),
        Lock::Sealed => Content::Key(app.secrets().product_key(product.site, product.id)),
        Lock::Reveal => Content::Reveal,
    }))
}

/// What a recovery code brings back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restored {
    /// A fresh token.
    pub token: String,
    /// The site's slug.
    pub site: String,
    /// The product.
    pub product: ProductId,
    /// The product's slug.
    pub slug: String,
}

/// A fresh token for a recovery code.
///
/// # Errors
/// [`Error::NotFound`] for a code that is unknown or was revoked: which of the two is not told.
pub async fn restore(app: &App, code: RecoveryCode) -> Result<Restored, Error> {
    let id = app.secrets().unlock_of_code(code).ok_or(Error::NotFound(Thing::Unlock))?;
    let (unlock, site, slug) = app
        .store
        .read(move |tx| {
            let unlock = tx.unlock(id)?.filter(|u| u.revoked_at.is_none());
            let unlock = unlock.ok_or(Error::NotFound(Thing::Unlock))?;
            let site = tx.site(unlock.site)?.ok_or(Error::NotFound(Thing::Unlock))?;
            let product = tx.product(unlock.product)?.ok_or(Error::NotFound(Thing::Unlock))?;
            Ok::<_, Error>((unlock, site.slug, product.slug))
        })
        .await?;
    let token = token(app, &unlock);
    Ok(Restored { token, site: site.into(), product: unlock.product, slug: slug.into() })
}
