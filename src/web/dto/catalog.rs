//! What the owner sends and is shown: pages of lists, accounts, codes, sites, products.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::account::{Account, Code, CodeKind, Distinguish, Remark};
use crate::domain::channel::Channel;
use crate::domain::coupon::Discount;
use crate::domain::id::{AccountId, CodeId, CouponId, ProductId};
use crate::domain::money::Fen;
use crate::domain::product::{Lock, Product, ProductKind};
use crate::domain::site::Origin;
use crate::domain::time::{Millis, Timestamp};
use crate::flow::catalog::SiteView;
use crate::flow::coupon::CouponView;
use crate::web::dto::RenewalBody;
use crate::web::dto::gateway::{KeysBody, KeysRequest};

/// A page of a list, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageBody<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Pass it as `cursor` for the next page; absent on the last.
    pub next_cursor: Option<String>,
}

/// A receiving account to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AccountRequest {
    /// A name for the owner.
    pub name: String,
    /// `wechat`, `alipay` or `alipay_official`.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// `amount` (default) or `remark`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub distinguish: Distinguish,
    /// The keys of an `alipay_official` account.
    pub keys: Option<KeysRequest>,
}

/// A receiving account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Which wallet.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// What tells its payments apart.
    #[schema(value_type = String)]
    pub distinguish: Distinguish,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// What may be shown of the keys of an `alipay_official` account; absent where they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeysBody>,
}

impl AccountBody {
    /// An account, with what may be shown of its keys.
    #[must_use]
    pub fn new(account: Account, keys: Option<KeysBody>) -> AccountBody {
        let Account { id, name, channel, distinguish, created_at } = account;
        AccountBody { id, name, channel, distinguish, created_at, keys }
    }
}

/// Something odd about an upload that was taken in all the same.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningBody {
    /// The stable code.
    pub code: String,
    /// What it means, in the caller's language.
    pub detail: String,
}

/// A payment code.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: CodeId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// `fixed` or `open`.
    #[schema(value_type = String)]
    pub kind: CodeKind,
    /// The amount set inside it.
    #[schema(value_type = Option<String>)]
    pub amount: Option<Fen>,
    /// The remark set inside it.
    #[schema(value_type = Option<String>)]
    pub remark: Option<Remark>,
    /// What it says.
    pub payload: Option<String>,
    /// True where it was read and is of the account's wallet.
    pub verified: bool,
    /// What is odd about it.
    pub warnings: Vec<WarningBody>,
}

impl CodeBody {
    /// A code with what was odd when it was taken in.
    #[must_use]
    pub fn new(code: Code, warnings: Vec<WarningBody>) -> CodeBody {
        let kind = code.kind();
        let Code { id, account, amount, remark, payload, verified, .. } = code;
        let remark = (!remark.is_none()).then_some(remark);
        CodeBody { id, account, kind, amount, remark, payload, verified, warnings }
    }
}

/// A site to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SiteRequest {
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Who may call the reader API from a browser: `https://blog.example`.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// What to change of a site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SitePatchRequest {
    /// Its name.
    pub name: Option<String>,
    /// Its accounts; an empty list means all there are.
    #[schema(value_type = Option<Vec<String>>)]
    pub accounts: Option<Vec<AccountId>>,
    /// How long a reader has to pay.
    #[schema(value_type = Option<i64>)]
    pub pay_window_ms: Option<Millis>,
    /// How long an amount rests before it is given out again.
    #[schema(value_type = Option<i64>)]
    pub cool_down_ms: Option<Millis>,
    /// How far below the price an amount may lie.
    #[schema(value_type = Option<String>)]
    pub max_discount: Option<Fen>,
    /// How far above the price an amount may lie.
    #[schema(value_type = Option<String>)]
    pub max_surcharge: Option<Fen>,
    /// Who may call the reader API from a browser.
    pub origins: Option<Vec<String>>,
    /// Ownership by address (the original article's way): everybody behind one address owns what one of them bought.
    pub ip_ownership: Option<bool>,
    /// In how many browsers one right may be used at the same time.
    pub seats_max: Option<u32>,
    /// Readers at a computer are led to the official gateway's page (`page.pay`) too, beside the code.
    pub page_pay: Option<bool>,
}

/// A site.
#[derive(Debug, Serialize, ToSchema)]
pub struct SiteBody {
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Who may call the reader API from a browser.
    #[schema(value_type = Vec<String>)]
    pub origins: Vec<Origin>,
    /// The accounts it named; none means all there are.
    #[schema(value_type = Vec<String>)]
    pub accounts: Vec<AccountId>,
    /// How long a reader has to pay.
    #[schema(value_type = i64)]
    pub pay_window_ms: Millis,
    /// How long an amount rests.
    #[schema(value_type = i64)]
    pub cool_down_ms: Millis,
    /// How far below the price an amount may lie.
    #[schema(value_type = String)]
    pub max_discount: Fen,
    /// How far above the price an amount may lie.
    #[schema(value_type = String)]
    pub max_surcharge: Fen,
    /// Ownership by address.
    pub ip_ownership: bool,
    /// In how many browsers one right may be used at the same time.
    pub seats_max: u32,
    /// Readers at a computer are led to the official gateway's page too.
    pub page_pay: bool,
}

impl From<SiteView> for SiteBody {
    fn from(view: SiteView) -> SiteBody {
        let SiteView { site, accounts } = view;
        SiteBody {
            slug: site.slug.into(),
            name: site.name,
            origins: site.origins,
            accounts,
            pay_window_ms: site.policy.pay_window,
            cool_down_ms: site.policy.cool_down,
            max_discount: site.policy.max_discount,
            max_surcharge: site.policy.max_surcharge,
            ip_ownership: site.ip_ownership,
            seats_max: site.seats_max,
            page_pay: site.page_pay,
        }
    }
}

/// A product to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ProductRequest {
    /// The site's slug.
    pub site: String,
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String)]
    pub price: Fen,
    /// `hosted`, `sealed` or `reveal`.
    #[schema(value_type = String)]
    pub lock: Lock,
    /// The paid text, for a hosted product.
    pub html: Option<String>,
    /// What buying it opens: `article` (default), `bundle` or `membership`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub kind: ProductKind,
    /// For how long after it was paid; for ever where it is not said.
    #[schema(value_type = Option<i64>)]
    pub validity_ms: Option<Millis>,
    /// Where it stands on the blog.
    pub url: Option<String>,
    /// How a membership renews itself (周期扣款), where it may.
    pub renews: Option<RenewalBody>,
    /// The slugs of the products that a bundle opens.
    #[serde(default)]
    pub opens: Vec<String>,
}

/// What to change of a product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductPatchRequest {
    /// Its name for people.
    pub title: Option<String>,
    /// What it costs.
    #[schema(value_type = Option<String>)]
    pub price: Option<Fen>,
    /// How it is locked.
    #[schema(value_type = Option<String>)]
    pub lock: Option<Lock>,
    /// The paid text.
    pub html: Option<String>,
    /// What buying it opens.
    #[schema(value_type = Option<String>)]
    pub kind: Option<ProductKind>,
    /// For how long; `null` for ever. Rights that were given keep the end they have.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>)]
    pub validity_ms: Option<Option<Millis>>,
    /// Where it stands on the blog.
    pub url: Option<String>,
    /// How it renews itself; `null` not any more. Subscriptions that were signed go on as they are.
    #[serde(default, deserialize_with = "said_of_any")]
    #[schema(value_type = Option<RenewalBody>)]
    pub renews: Option<Option<RenewalBody>>,
    /// The slugs of the products that a bundle opens.
    pub opens: Option<Vec<String>>,
}

/// Tells `null` apart from what was not said.
fn said_of_any<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Tells `null` apart from what was not said.
fn said<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<Millis>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What to do with the keys of a sealed product.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateKeyRequest {
    /// True makes a new key (default); false only retires the old ones.
    pub rotate: Option<bool>,
    /// True: the old keys are given to nobody any more. Do it once every page was published anew.
    #[serde(default)]
    pub retire: bool,
}

/// A site's sealing secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealingSecretBody {
    /// For `matcha seal`. Who has it opens everything that is sealed.
    pub secret: String,
}

/// A coupon to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CouponRequest {
    /// The site's slug.
    pub site: String,
    /// The slug of the only product it is good for.
    pub product: Option<String>,
    /// What readers type: 3 to 32 letters, digits or `-`.
    pub code: String,
    /// How much it takes off; or `percent`.
    #[schema(value_type = Option<String>)]
    pub amount: Option<Fen>,
    /// How many hundredths it takes off, 1 to 99; or `amount`.
    pub percent: Option<u8>,
    /// For how many orders.
    pub uses_max: Option<u32>,
    /// Until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A coupon.
#[derive(Debug, Serialize, ToSchema)]
pub struct CouponBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: CouponId,
    /// The site's slug.
    pub site: String,
    /// The slug of the only product it is good for.
    pub product: Option<String>,
    /// What readers type.
    pub code: String,
    /// How much it takes off.
    #[schema(value_type = Option<String>)]
    pub amount: Option<Fen>,
    /// How many hundredths it takes off.
    pub percent: Option<u8>,
    /// For how many orders.
    pub uses_max: Option<u32>,
    /// How many orders have it that were not given up.
    pub used: i64,
    /// Until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When the owner took it back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub removed_at: Option<Timestamp>,
}

impl From<CouponView> for CouponBody {
    fn from(view: CouponView) -> CouponBody {
        let CouponView { coupon, site, product, used } = view;
        let (amount, percent) = match coupon.discount {
            Discount::Amount(amount) => (Some(amount), None),
            Discount::Percent(percent) => (None, Some(percent)),
        };
        CouponBody {
            id: coupon.id,
            site,
            product,
            code: coupon.code.into(),
            amount,
            percent,
            uses_max: coupon.uses_max,
            used,
            expires_at: coupon.expires_at,
            removed_at: coupon.removed_at,
        }
    }
}

/// A product as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ProductId,
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String)]
    pub price: Fen,
    /// How it is locked.
    #[schema(value_type = String)]
    pub lock: Lock,
    /// The paid text; only where one product is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// What buying it opens.
    #[schema(value_type = String)]
    pub kind: ProductKind,
    /// For how long after it was paid; for ever where it is not said.
    #[schema(value_type = Option<i64>)]
    pub validity_ms: Option<Millis>,
    /// Where it stands on the blog.
    pub url: Option<String>,
    /// How a membership renews itself, where it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renews: Option<RenewalBody>,
    /// The slugs of the products that a bundle opens; only where one product is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opens: Vec<String>,
    /// With which key version new pages are sealed.
    pub key_version: u32,
    /// The oldest key version that is still given out.
    pub key_version_min: u32,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Product> for ProductBody {
    fn from(product: Product) -> ProductBody {
        let Product { id, slug, title, price, lock, terms, keys, created_at, .. } = product;
        ProductBody {
            id,
            slug: slug.into(),
            title,
            price,
            lock,
            html: None,
            kind: terms.kind,
            validity_ms: terms.validity,
            url: terms.url,
            renews: terms.renews.map(Into::into),
            opens: Vec::new(),
            key_version: keys.current,
            key_version_min: keys.oldest,
            created_at,
        }
    }
}
