//! Sites and products by the names that addresses give them.

use crate::domain::id::SiteId;
use crate::domain::product::Product;
use crate::domain::site::Site;
use crate::flow::{Error, Thing};
use crate::storage::verbs::ReadTx;

/// The site of that name.
///
/// # Errors
/// [`Error::NotFound`].
pub fn site<T: ReadTx + ?Sized>(tx: &T, slug: &str) -> Result<Site, Error> {
    tx.site_by_slug(slug)?.ok_or(Error::NotFound(Thing::Site))
}

/// The id of the site that a list is narrowed to; none where it is of all sites.
///
/// # Errors
/// [`Error::NotFound`].
pub fn site_id<T: ReadTx + ?Sized>(tx: &T, slug: Option<&str>) -> Result<Option<SiteId>, Error> {
    slug.map(|slug| site(tx, slug)).transpose().map(|site| site.map(|site| site.id))
}

/// The product of that name within a site.
///
/// # Errors
/// [`Error::NotFound`].
pub fn product<T: ReadTx + ?Sized>(tx: &T, site: SiteId, slug: &str) -> Result<Product, Error> {
    tx.product_by_slug(site, slug)?.ok_or(Error::NotFound(Thing::Product))
}
