//! What the owner sells: products on their terms, the bundles that name them, and the keys of sealed ones.

use crate::app::App;
use crate::domain::id::ProductId;
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::product::{KeyVersions, Lock, Product, ProductKind, Terms};
use crate::domain::site::{Site, Slug};
use crate::domain::subscription::Renewal;
use crate::domain::time::Millis;
use crate::flow::catalog::invalid;
use crate::flow::{Error, Thing, find};
use crate::limits;
use crate::storage::verbs::{Inserted, WriteTx};

/// A product to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewProduct {
    /// The site's slug.
    pub site: String,
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What it costs.
    pub price: Fen,
    /// How it is locked.
    pub lock: Lock,
    /// On which terms.
    pub terms: Terms,
    /// The products that a bundle names, by their slugs.
    pub opens: Vec<String>,
    /// The paid text.
    pub html: Option<String>,
}

fn product_fits(product: &Product, html: Option<&str>) -> Result<(), Error> {
    if product.price.is_zero() {
        return Err(invalid("price", "at least 0.01"));
    }
    if html.is_some_and(|h| h.len() > limits::HTML_BYTES_MAX) {
        return Err(invalid("html", format!("at most {} bytes", limits::HTML_BYTES_MAX)));
    }
    let article = product.terms.kind == ProductKind::Article;
    if article && product.lock == Lock::Hosted && html.is_none_or(|h| h.trim().is_empty()) {
        return Err(invalid(
            "html",
            "a hosted product needs its text here: a reader must not pay for nothing",
        ));
    }
    if product.terms.validity.is_some_and(|v| v <= Millis::ZERO || v > limits::VALIDITY_MAX) {
        return Err(invalid("validity_ms", format!("1 to {}, or none for ever", limits::VALIDITY_MAX.get())));
    }
    if let Some(renewal) = &product.terms.renews {
        renewal_fits(product, renewal)?;
    }
    let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    let plain =
        |url: &String| !url.chars().any(|c| c.is_control() || c.is_whitespace() || "<>\"".contains(c));
    let fits = |url: &String| web(url) && plain(url) && url.chars().count() <= limits::URL_CHARS_MAX;
    if product.terms.url.as_ref().is_some_and(|url| !fits(url)) {
        return Err(invalid("url", "the address of the article: https://blog.example/tea/"));
    }
    Ok(())
}

/// What may renew itself, and for how much.
fn renewal_fits(product: &Product, renewal: &Renewal) -> Result<(), Error> {
    if product.terms.kind != ProductKind::Membership {
        return Err(invalid("renews", "only a membership renews itself"));
    }
    let longest = renewal.every.longest();
    if product.terms.validity.is_none_or(|validity| validity < longest) {
        let (ms, days) = (longest.get(), longest.get() / Millis::seconds(24 * 3600).get());
        let why = format!("a payment has to open at least the whole period: {ms} ({days} days) or more");
        return Err(invalid("validity_ms", why));
    }
    if product.price > renewal.most() {
        let most = renewal.most();
        let why = format!(
            "one charge takes at most {most}, unless your contract says more and you set renews.most"
        );
        return Err(invalid("price", why));
    }
    let sign = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'|' | b'_');
    let scene = renewal.scene();
    if scene.is_empty() || scene.len() > 64 || !scene.bytes().all(sign) || scene == "DEFAULT|DEFAULT" {
        return Err(invalid("renews.scene", "the scene of your contract, such as INDUSTRY|DIGITAL_MEDIA"));
    }
    Ok(())
}

/// The products that a bundle names.
fn named(tx: &dyn WriteTx, product: &Product, slugs: &[String]) -> Result<Vec<ProductId>, Error> {
    if product.terms.kind != ProductKind::Bundle {
        return if slugs.is_empty() {
            Ok(Vec::new())
        } else {
            Err(invalid("opens", "only a bundle names products; a membership opens all of its site"))
        };
    }
    if slugs.is_empty() || slugs.len() > limits::OPENS_MAX {
        return Err(invalid("opens", format!("a bundle names 1 to {} products", limits::OPENS_MAX)));
    }
    let mut found = Vec::with_capacity(slugs.len());
    for slug in slugs {
        let other = find::product(tx, product.site, slug)?;
        if other.terms.kind == ProductKind::Membership || other.id == product.id {
            return Err(invalid("opens", format!("{slug}: a bundle names articles and other bundles")));
        }
        found.push(other.id);
    }
    Ok(found)
}

/// Makes a product.
///
/// # Errors
/// [`Error::NotFound`] for the site and the products it names, [`Error::Taken`], [`Error::Invalid`].
pub async fn add_product(app: &App, new: NewProduct, actor: Actor) -> Result<Product, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let site = find::site(tx, &new.site)?;
            let product = Product {
                id: ProductId::from_raw(makers.ids.next(now)),
                site: site.id,
                slug: new.slug.clone(),
                title: new.title.clone(),
                price: new.price,
                lock: new.lock,
                terms: new.terms.clone(),
                keys: KeyVersions::default(),
                created_at: now,
            };
            product_fits(&product, new.html.as_deref())?;
            let names = named(tx, &product, &new.opens)?;
            if tx.insert_product(&product, new.html.as_deref())? == Inserted::Conflict {
                return Err(Error::Taken(Thing::Product));
            }
            tx.set_opened_by(product.id, &names)?;
            let (subject, cause) =
                (Subject::Site(site.id), format!("product={} price={}", product.id, product.price));
            makers.log(tx, now, &Entry { subject, act: Act::ProductSaved, actor, cause })?;
            Ok(product)
        })
        .await
}

/// What an owner may change of a product.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProductPatch {
    /// Its name for people.
    pub title: Option<String>,
    /// What it costs.
    pub price: Option<Fen>,
    /// How it is locked.
    pub lock: Option<Lock>,
    /// The paid text.
    pub html: Option<String>,
    /// What it opens.
    pub kind: Option<ProductKind>,
    /// For how long; `Some(None)` for ever. Unlocks that were given keep the end they have.
    pub validity: Option<Option<Millis>>,
    /// Where it stands on the blog.
    pub url: Option<String>,
    /// How it renews itself; `Some(None)` not any more. Agreements that were signed go on as they are.
    pub renews: Option<Option<Renewal>>,
    /// The products that a bundle names, by their slugs.
    pub opens: Option<Vec<String>>,
}

/// Changes a product. Orders that are open keep their price.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`].
pub async fn change_product(
    app: &App,
    id: ProductId,
    patch: ProductPatch,
    actor: Actor,
) -> Result<Product, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut product = tx.product(id)?.ok_or(Error::NotFound(Thing::Product))?;
            product.title = patch.title.clone().unwrap_or(product.title);
            product.price = patch.price.unwrap_or(product.price);
            product.lock = patch.lock.unwrap_or(product.lock);
            product.terms = Terms {
                kind: patch.kind.unwrap_or(product.terms.kind),
                validity: patch.validity.unwrap_or(product.terms.validity),
                url: patch.url.clone().or(product.terms.url),
                renews: patch.renews.clone().unwrap_or(product.terms.renews),
            };
            let html = match &patch.html {
                Some(html) => Some(html.clone()),
                None => tx.product_html(id)?,
            };
            product_fits(&product, html.as_deref())?;
            let bundle = product.terms.kind == ProductKind::Bundle;
            match &patch.opens {
                Some(slugs) => tx.set_opened_by(id, &named(tx, &product, slugs)?)?,
                None if bundle && tx.opened_by(id)?.is_empty() => {
                    return Err(invalid("opens", "a bundle names the products that it opens"));
                }
                None if bundle => {}
                None => tx.set_opened_by(id, &[])?,
            }
            tx.update_product(&product, html.as_deref())?;
            let (subject, cause) =
                (Subject::Site(product.site), format!("product={id} price={}", product.price));
            makers.log(tx, now, &Entry { subject, act: Act::ProductSaved, actor, cause })?;
            Ok(product)
        })
        .await
}

/// What to do with the keys of a sealed product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyChange {
    /// A new key for new pages; the old ones go on opening old pages.
    Rotate,
    /// A new key, and the old ones are given to nobody any more.
    RotateAndRetire,
    /// No new key; only the current one is given out: every page was sealed anew.
    Retire,
}

/// Changes the keys of a product. Whoever has the right to read gets the new key with the next visit.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn change_keys(
    app: &App,
    id: ProductId,
    change: KeyChange,
    actor: Actor,
) -> Result<Product, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut product = tx.product(id)?.ok_or(Error::NotFound(Thing::Product))?;
            product.keys = match change {
                KeyChange::Rotate => product.keys.rotated(false),
                KeyChange::RotateAndRetire => product.keys.rotated(true),
                KeyChange::Retire => product.keys.retired(),
            };
            tx.set_keys(id, product.keys)?;
            let KeyVersions { current, oldest } = product.keys;
            let (subject, cause) =
                (Subject::Site(product.site), format!("product={id} current={current} oldest={oldest}"));
            makers.log(tx, now, &Entry { subject, act: Act::ProductKeyRotated, actor, cause })?;
            Ok(product)
        })
        .await
}

/// Replaces a site's sealing secret: the old one opens nothing that is sealed from now on. Every product gets a new key
/// and its old ones are retired, because who has the old secret has them all.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn replace_sealing_secret(app: &App, slug: String, actor: Actor) -> Result<Site, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut site = find::site(tx, &slug)?;
            site.sealing_epoch = site.sealing_epoch.saturating_add(1);
            tx.update_site(&site)?;
            let products = tx.retire_keys(site.id)?;
            let cause = format!("epoch={} products={products}", site.sealing_epoch);
            let subject = Subject::Site(site.id);
            makers.log(tx, now, &Entry { subject, act: Act::SiteSecretReplaced, actor, cause })?;
            Ok(site)
        })
        .await
}
