//! `matcha product|coupon|unlock`: what is sold, for how much, and who has the right to read it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::open::{As, open};
use super::{Failure, say};
use crate::app::App;
use crate::config::RawConfig;
use crate::domain::coupon::{CouponCode, Discount};
use crate::domain::id::{CouponId, ProductId, UnlockId};
use crate::domain::log::Actor;
use crate::domain::money::Fen;
use crate::domain::product::{Lock, Product as Sold, ProductKind, Terms};
use crate::domain::subscription::{Period, Renewal};
use crate::domain::time::{Millis, Timestamp};
use crate::flow::coupon::{self, CouponView, NewCoupon};
use crate::flow::products::{self, KeyChange, NewProduct, ProductPatch};
use crate::flow::{Error, Thing, catalog, find, rights, unlock};
use crate::limits;
use crate::storage::verbs::Page;

const ME: Actor = Actor::Console;
const FIRST_PAGE: Page = Page { before: None, limit: limits::PAGE_MAX };

/// What buying a product opens.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Itself
    Article,
    /// The products named with --opens
    Bundle,
    /// All of the site
    Membership,
}

/// How the paid text is kept from those who have not paid.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum LockName {
    /// The text lives on the server (needs --html)
    Hosted,
    /// The text is encrypted in the page by `matcha seal`
    Sealed,
    /// The text is in the page and only hidden: not secret
    Reveal,
}

impl From<LockName> for Lock {
    fn from(name: LockName) -> Lock {
        match name {
            LockName::Hosted => Lock::Hosted,
            LockName::Sealed => Lock::Sealed,
            LockName::Reveal => Lock::Reveal,
        }
    }
}

/// How a membership renews itself: period, ceiling and scene are said together.
#[derive(Args, Debug)]
pub(super) struct Renews {
    /// A membership that renews itself, charged through Alipay's 周期扣款: 1m to 12m, or 7d to 366d
    #[arg(long, value_name = "PERIOD")]
    renews: Option<Period>,
    /// What one charge may take at most by your contract, in yuan: 100.00 without it
    #[arg(long, value_name = "YUAN", requires = "renews")]
    renews_most: Option<Fen>,
    /// The scene of your contract (sign_scene)
    #[arg(long, value_name = "SCENE", requires = "renews")]
    renews_scene: Option<String>,
}

impl Renews {
    fn said(self) -> Option<Renewal> {
        let Renews { renews, renews_most, renews_scene } = self;
        renews.map(|every| Renewal { every, most: renews_most, scene: renews_scene })
    }
}

/// What is changed of a product.
#[derive(Args, Debug)]
pub(super) struct Set {
    /// The site's name in URLs
    site: String,
    /// Its name in URLs
    slug: String,
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// What it costs, in yuan
    #[arg(long)]
    price: Option<Fen>,
    /// The file with the paid text (HTML)
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How it is locked
    #[arg(long)]
    lock: Option<LockName>,
    /// A product that a bundle opens, by its name in URLs (may be repeated); replaces what was set before
    #[arg(long = "opens", value_name = "SLUG")]
    opens: Vec<String>,
    /// For how many days after it was paid; rights that were given keep the end they have
    #[arg(long, value_name = "N")]
    days: Option<i64>,
    /// For ever
    #[arg(long, conflicts_with = "days")]
    for_ever: bool,
    /// Where it stands on the blog
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    renewal: Renews,
    /// Offer no renewal any more; subscriptions that were signed go on
    #[arg(long, conflicts_with = "renews")]
    no_renewal: bool,
}

fn days_long(days: i64) -> Millis {
    Millis::seconds(days.saturating_mul(24 * 3600))
}

impl Set {
    async fn run(self, app: &App) -> Result<(), Failure> {
        let renewal = self.renewal.said();
        let patch = ProductPatch {
            title: self.title.map(|title| catalog::name("title", &title)).transpose()?,
            price: self.price,
            lock: self.lock.map(Lock::from),
            html: self.html.map(std::fs::read_to_string).transpose()?,
            kind: None,
            validity: if self.for_ever { Some(None) } else { self.days.map(|days| Some(days_long(days))) },
            url: self.url,
            renews: if self.no_renewal { Some(None) } else { renewal.map(Some) },
            opens: (!self.opens.is_empty()).then_some(self.opens),
        };
        if patch == ProductPatch::default() {
            return Err("nothing to change was named; see matcha product set --help".into());
        }
        let id = find(app, self.site, self.slug).await?;
        say(&told(&products::change_product(app, id, patch, ME).await?))
    }
}

/// A product in a line.
fn told(product: &Sold) -> String {
    let (kind, lock) = (product.terms.kind.as_str(), product.lock.as_str());
    let renews = product.terms.renews.as_ref().map_or_else(String::new, |renewal| {
        format!("  renews every {}, at most ¥{}, as {}", renewal.every, renewal.most(), renewal.scene())
    });
    let (id, price, slug, title) = (product.id, product.price, &product.slug, &product.title);
    format!("{id}  ¥{price}  {kind:10}  {lock:6}  {slug}  {title}{renews}")
}

/// `matcha product …`
#[derive(Subcommand, Debug)]
pub(super) enum Product {
    /// Add an article, a bundle or a membership
    Add {
        /// The site's name in URLs
        site: String,
        /// Its name in URLs
        slug: String,
        /// Its title
        #[arg(long)]
        title: String,
        /// What it costs, in yuan
        #[arg(long)]
        price: Fen,
        /// The file with the paid text (HTML)
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// How it is locked: hosted where --html is given, else sealed
        #[arg(long)]
        lock: Option<LockName>,
        /// What buying it opens
        #[arg(long, default_value = "article")]
        kind: Kind,
        /// A product that a bundle opens, by its name in URLs (may be repeated)
        #[arg(long = "opens", value_name = "SLUG")]
        opens: Vec<String>,
        /// For how many days after it was paid; for ever without it
        #[arg(long, value_name = "N")]
        days: Option<i64>,
        /// Where it stands on the blog
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        renewal: Renews,
    },
    /// Change what is named here; the rest stays. Open orders keep their price, and so do subscriptions that were signed
    Set(Box<Set>),
    /// List what is sold
    List {
        /// Of one site
        site: Option<String>,
    },
    /// Give a sealed product a new key; pages sealed before go on opening until --retire
    RotateKey {
        /// The site's name in URLs
        site: String,
        /// Its name in URLs
        slug: String,
        /// Give out the old keys no more; publish the site anew first
        #[arg(long)]
        retire: bool,
        /// Only retire the old keys, make no new one
        #[arg(long, requires = "retire")]
        keep: bool,
    },
}

impl Product {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Product::Add { site, slug, title, price, html, lock, kind, opens, days, url, renewal } => {
                let html = html.map(std::fs::read_to_string).transpose()?;
                let article = matches!(kind, Kind::Article);
                let lock = match lock {
                    Some(name) => name.into(),
                    None if article && html.is_none() => Lock::Sealed,
                    None => Lock::Hosted,
                };
                let kind = match kind {
                    Kind::Article => ProductKind::Article,
                    Kind::Bundle => ProductKind::Bundle,
                    Kind::Membership => ProductKind::Membership,
                };
                let (validity, renews) = (days.map(days_long), renewal.said());
                let new = NewProduct {
                    site,
                    slug: slug.parse()?,
                    title: catalog::name("title", &title)?,
                    price,
                    lock,
                    terms: Terms { kind, validity, url, renews },
                    opens,
                    html,
                };
                let product = products::add_product(&app, new, ME).await?;
                say(&format!("{}", product.id))?;
                if lock == Lock::Reveal {
                    say(
                        "reveal: the text is in the page and only hidden. It is not secret. / 正文就在网页里, 只是隐藏, 并不保密。",
                    )?;
                }
                Ok(())
            }
            Product::List { site } => {
                let products = app
                    .store
                    .read(move |tx| {
                        let site =
                            site.map(|slug| tx.site_by_slug(&slug)).transpose()?.flatten().map(|s| s.id);
                        tx.products(site, FIRST_PAGE)
                    })
                    .await?;
                for product in products {
                    say(&told(&product))?;
                }
                Ok(())
            }
            Product::Set(set) => set.run(&app).await,
            Product::RotateKey { site, slug, retire, keep } => {
                let id = find(&app, site, slug).await?;
                let change = match (retire, keep) {
                    (true, true) => KeyChange::Retire,
                    (true, false) => KeyChange::RotateAndRetire,
                    (false, _) => KeyChange::Rotate,
                };
                let keys = products::change_keys(&app, id, change, ME).await?.keys;
                say(&format!("key version {}, given out from version {}", keys.current, keys.oldest))
            }
        }
    }
}

async fn find(app: &App, site: String, slug: String) -> Result<ProductId, Error> {
    app.store
        .read(move |tx| {
            let site = find::site(tx, &site)?;
            let product = tx.product_by_slug(site.id, &slug)?;
            Ok(product.ok_or(Error::NotFound(Thing::Product))?.id)
        })
        .await
}

/// `matcha coupon …`
#[derive(Subcommand, Debug)]
pub(super) enum Coupon {
    /// Add a coupon
    Add {
        /// The site's name in URLs
        site: String,
        /// What readers type: 3 to 32 letters, digits or '-'
        code: CouponCode,
        /// How much it takes off, in yuan
        #[arg(long, value_name = "YUAN", conflicts_with = "percent", required_unless_present = "percent")]
        amount: Option<Fen>,
        /// How many hundredths it takes off, 1 to 99
        #[arg(long, value_name = "N")]
        percent: Option<u8>,
        /// For how many orders
        #[arg(long, value_name = "N")]
        uses: Option<u32>,
        /// Until when: 2026-12-31T15:59:59Z
        #[arg(long, value_name = "TIME")]
        until: Option<Timestamp>,
        /// The only product it is good for, by its name in URLs
        #[arg(long, value_name = "SLUG")]
        product: Option<String>,
    },
    /// List coupons
    List {
        /// Of one site
        site: Option<String>,
    },
    /// Take a coupon back
    Remove {
        /// The coupon
        id: CouponId,
    },
}

impl Coupon {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Coupon::Add { site, code, amount, percent, uses, until, product } => {
                let discount = match (amount, percent) {
                    (Some(amount), _) => Discount::Amount(amount),
                    (None, percent) => Discount::Percent(percent.unwrap_or(0)),
                };
                let new = NewCoupon { site, product, code, discount, uses_max: uses, expires_at: until };
                say(&line(&coupon::add(&app, new, ME).await?))
            }
            Coupon::List { site } => {
                for view in coupon::list(&app, site, FIRST_PAGE).await? {
                    say(&line(&view))?;
                }
                Ok(())
            }
            Coupon::Remove { id } => {
                coupon::remove(&app, id, ME).await?;
                say(&format!("{id} is taken back"))
            }
        }
    }
}

fn line(view: &CouponView) -> String {
    let coupon = &view.coupon;
    let off = match coupon.discount {
        Discount::Amount(amount) => format!("-¥{amount}"),
        Discount::Percent(percent) => format!("-{percent}%"),
    };
    let uses = coupon.uses_max.map_or_else(|| "∞".to_owned(), |most| most.to_string());
    let until = coupon.expires_at.map_or_else(String::new, |end| format!("  until {end}"));
    let gone = if coupon.removed_at.is_some() { "  taken back" } else { "" };
    let product = view.product.as_deref().unwrap_or("*");
    let (id, code, site, used) = (coupon.id, &coupon.code, &view.site, view.used);
    format!("{id}  {code}  {off}  {site}/{product}  used {used} of {uses}{until}{gone}")
}

/// `matcha unlock …`
#[derive(Subcommand, Debug)]
pub(super) enum Unlock {
    /// List the rights to read that were given, newest first
    List {
        /// Of one product: its site's name in URLs
        #[arg(requires = "slug")]
        site: Option<String>,
        /// And its own
        slug: Option<String>,
    },
    /// Take a right back
    Revoke {
        /// The unlock
        id: UnlockId,
        /// Why, for the log
        #[arg(long)]
        reason: String,
    },
    /// Give a new right in the place of one, and print its recovery code
    Reissue {
        /// The unlock
        id: UnlockId,
    },
}

impl Unlock {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Unlock::List { site, slug } => {
                let product = match (site, slug) {
                    (Some(site), Some(slug)) => Some(find(&app, site, slug).await?),
                    (Some(_), None) | (None, _) => None,
                };
                let now = app.now();
                for view in rights::list(&app, product, FIRST_PAGE).await? {
                    let right = &view.unlock;
                    let state = match (right.revoked_at, right.expires_at) {
                        (Some(_), _) => "revoked",
                        (None, Some(end)) if now >= end => "over",
                        (None, Some(_) | None) => "open",
                    };
                    let seats = view.seats.seats.len();
                    let (site, product) = (&view.site.slug, &view.product.slug);
                    say(&format!(
                        "{}  {state:7}  {site}/{product}  {}  {seats} seats  {}",
                        right.id, right.order, right.issued_at
                    ))?;
                }
                Ok(())
            }
            Unlock::Revoke { id, reason } => {
                rights::revoke(&app, id, catalog::name("reason", &reason)?, ME).await?;
                say(&format!("{id} is revoked"))
            }
            Unlock::Reissue { id } => {
                let view = rights::reissue(&app, id, ME).await?;
                say(&format!("{}  {}", view.unlock.id, unlock::code(&app, &view.unlock)))
            }
        }
    }
}
