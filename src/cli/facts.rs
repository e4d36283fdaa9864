//! What `seal` must know of products: from the server, from the database, or from the markers alone.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Failure, say};
use crate::app::App;
use crate::domain::money::Fen;
use crate::domain::product::Lock;
use crate::domain::site::Slug;
use crate::seal::scan::Wanted;
use crate::seal::site::Facts;

/// What is known of products, by slug.
pub(super) type Known = BTreeMap<Slug, Facts>;

/// Takes everything from the markers: first keys, sealed unless a marker says otherwise.
pub(super) fn offline(wanted: &[Wanted]) -> Result<Known, Failure> {
    let mut known = Known::new();
    let mut missing = Vec::new();
    for one in wanted {
        match one.price {
            Some(price) => {
                let lock = one.lock.unwrap_or(Lock::Sealed);
                known.insert(one.product.clone(), Facts { price, lock, key_version: 1 });
            }
            None => missing.push(format!("{}: the marker of {} says no price", one.at, one.product)),
        }
    }
    if missing.is_empty() { Ok(known) } else { Err(missing.join("\n").into()) }
}

/// Reads the products from the database.
pub(super) async fn from_database(app: &App, site: &str, wanted: &[Wanted]) -> Result<Known, Failure> {
    let slugs: Vec<Slug> = wanted.iter().map(|one| one.product.clone()).collect();
    let name = site.to_owned();
    let found = app
        .store
        .read(move |tx| {
            let Some(site) = tx.site_by_slug(&name)? else { return Ok(None) };
            let mut found = Known::new();
            for slug in slugs {
                if let Some(product) = tx.product_by_slug(site.id, slug.as_str())? {
                    let (price, lock, key_version) = (product.price, product.lock, product.keys.current);
                    found.insert(slug, Facts { price, lock, key_version });
                }
            }
            Ok::<_, crate::storage::Error>(Some(found))
        })
        .await?;
    found.ok_or_else(|| format!("there is no site {site}: matcha site add {site} --name …").into())
}

/// The public facts of a product.
#[derive(Deserialize)]
struct PublicFacts {
    price: Fen,
    lock: Lock,
    key_version: u32,
}

/// A product as its owner sees it.
#[derive(Deserialize)]
struct OwnProduct {
    id: String,
    slug: Slug,
    title: String,
    price: Fen,
    lock: Lock,
    #[serde(default)]
    url: Option<String>,
}

/// A server that is asked.
pub(super) struct Server {
    base: String,
    site: String,
    client: reqwest::Client,
}

impl Server {
    pub(super) fn new(base: &str, site: &str) -> Result<Server, Failure> {
        // The process's TLS provider, unless it was chosen before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
        Ok(Server { base: base.to_owned(), site: site.to_owned(), client })
    }

    /// Sends a request and reads the answer; `None` where the thing is not there.
    async fn ask(&self, request: reqwest::RequestBuilder, what: &str) -> Result<Option<Value>, Failure> {
        let answer = request.send().await.map_err(|e| {
            format!("the server {} cannot be reached to {what}: {e} (--offline works without it)", self.base)
        })?;
        let status = answer.status();
        let text = answer.text().await?;
        if status.as_u16() == 404 {
            return Ok(None);
        }
        if !status.is_success() {
            let body: Value = serde_json::from_str(&text).unwrap_or_default();
            let detail = body["detail"].as_str().unwrap_or("no reason was given");
            return Err(format!("the server refused to {what} ({status}): {detail}").into());
        }
        let body = serde_json::from_str(&text);
        body.map(Some).map_err(|_| format!("{} answered no JSON: is it a Matcha server?", self.base).into())
    }

    /// The facts of the products that the server knows.
    pub(super) async fn facts(&self, wanted: &[Wanted]) -> Result<Known, Failure> {
        let mut known = Known::new();
        for one in wanted {
            let url = format!("{}/api/v1/sites/{}/products/{}", self.base, self.site, one.product);
            let what = format!("read the product {}", one.product);
            let Some(body) = self.ask(self.client.get(url), &what).await? else { continue };
            let PublicFacts { price, lock, key_version } = serde_json::from_value(body)
                .map_err(|e| format!("{} answered something else than a product: {e}", self.base))?;
            known.insert(one.product.clone(), Facts { price, lock, key_version });
        }
        Ok(known)
    }

    /// Makes the products that are missing, and changes what their pages say otherwise.
    pub(super) async fn sync(&self, wanted: &[Wanted], owner_key: &str) -> Result<(), Failure> {
        let mut there = BTreeMap::new();
        let mut cursor = String::new();
        loop {
            let url = format!("{}/api/v1/owner/products?site={}&limit=200{cursor}", self.base, self.site);
            let page = self.ask(self.client.get(url).bearer_auth(owner_key), "list the products").await?;
            let page = page.ok_or_else(|| {
                format!("{} has no site {}: matcha site add {} --name …", self.base, self.site, self.site)
            })?;
            let items: Vec<OwnProduct> = serde_json::from_value(page["items"].clone())?;
            there.extend(items.into_iter().map(|product| (product.slug.clone(), product)));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        for one in wanted {
            match there.get(&one.product) {
                Some(product) => self.change(product, one, owner_key).await?,
                None => self.add(one, owner_key).await?,
            }
        }
        Ok(())
    }

    async fn add(&self, one: &Wanted, owner_key: &str) -> Result<(), Failure> {
        let price = one.price.ok_or_else(|| {
            format!(
                "{}: {} is new and its marker says no price: <!--matcha:paid {} 1.00-->",
                one.at, one.product, one.product
            )
        })?;
        let title = one.title.clone().unwrap_or_else(|| one.product.to_string());
        let mut body = json!({
            "site": self.site, "slug": one.product, "title": title, "price": price,
            "lock": one.lock.unwrap_or(Lock::Sealed),
        });
        if let Some(url) = &one.url {
            body["url"] = json!(url);
        }
        let url = format!("{}/api/v1/owner/products", self.base);
        let request = self.client.post(url).bearer_auth(owner_key).json(&body);
        let what = format!("make the product {}", one.product);
        self.ask(request, &what).await?.ok_or_else(|| format!("there is no site {}", self.site))?;
        say(&format!("made     {}  ¥{price}  {title}", one.product))
    }

    async fn change(&self, product: &OwnProduct, one: &Wanted, owner_key: &str) -> Result<(), Failure> {
        let mut patch = serde_json::Map::new();
        if let Some(price) = one.price.filter(|price| *price != product.price) {
            patch.insert("price".to_owned(), json!(price));
        }
        if let Some(title) = one.title.as_ref().filter(|title| **title != product.title) {
            patch.insert("title".to_owned(), json!(title));
        }
        let lock = one.lock.unwrap_or(Lock::Sealed);
        if lock != product.lock && (one.lock.is_some() || product.lock == Lock::Hosted) {
            patch.insert("lock".to_owned(), json!(lock));
        }
        if one.url.is_some() && one.url != product.url {
            patch.insert("url".to_owned(), json!(one.url));
        }
        if patch.is_empty() {
            return Ok(());
        }
        let changed: Vec<&str> = patch.keys().map(String::as_str).collect();
        let line = format!("changed  {}  {}", one.product, changed.join(", "));
        let url = format!("{}/api/v1/owner/products/{}", self.base, product.id);
        let request = self.client.patch(url).bearer_auth(owner_key).json(&patch);
        self.ask(request, &format!("change the product {}", one.product)).await?;
        say(&line)
    }
}

/// Refuses to seal for products that are missing, or that say something else than their pages.
pub(super) fn compare(site: &str, wanted: &[Wanted], known: &Known) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for one in wanted {
        let slug = &one.product;
        let Some(facts) = known.get(slug) else {
            let price = one.price.map_or_else(|| "1.00".to_owned(), |price| price.to_string());
            let title = one.title.as_deref().unwrap_or(slug.as_str()).replace('"', "'");
            problems.push(format!(
                "{}: the product {slug} is not on the server: matcha product add {site} {slug} --title \"{title}\" --price {price} \
                 --lock sealed, or run this again with --sync",
                one.at
            ));
            continue;
        };
        if let Some(price) = one.price.filter(|price| *price != facts.price) {
            problems.push(format!(
                "{}: {slug} costs ¥{price} here and ¥{} on the server: change one of them, or run this again with --sync",
                one.at, facts.price
            ));
        }
        let lock = one.lock.unwrap_or(facts.lock);
        if lock != facts.lock || lock == Lock::Hosted {
            let wish = if lock == Lock::Hosted { Lock::Sealed } else { lock };
            problems.push(format!(
                "{}: {slug} is {} here and {} on the server: change one of them, or run this again with --sync",
                one.at,
                wish.as_str(),
                facts.lock.as_str()
            ));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("nothing was changed:\n{}", problems.join("\n")).into())
    }
}
