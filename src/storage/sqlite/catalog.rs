//! Sites, products, accounts and codes.

use rusqlite::{Row, named_params, params};

use super::sql::{all, change, insert, one};
use super::{Lend, Unit, memo};
use crate::domain::account::{Account, Code, Remark};
use crate::domain::coupon::{Coupon, CouponCode, Discount};
use crate::domain::id::{AccountId, CodeId, CouponId, ProductId, SiteId};
use crate::domain::money::Fen;
use crate::domain::product::{KeyVersions, Product, Terms};
use crate::domain::site::{HoldPolicy, Origin, Site};
use crate::domain::subscription::{Period, Renewal};
use crate::domain::time::Timestamp;
use crate::storage::Error;
use crate::storage::verbs::{CatalogRead, CatalogWrite, Inserted, Page, Result};

const SITE: &str = "id, slug, name, origins, pay_window_ms, cool_down_ms, max_discount_fen, max_surcharge_fen, \
                    ip_ownership, created_at, seats_max, sealing_epoch, page_pay";
const PRODUCT: &str = "id, site_id, slug, title, price_fen, lock, created_at, kind, validity_ms, url, key_current, \
                       key_oldest, renews, renews_most_fen, renews_scene";
const COUPON: &str =
    "id, site_id, product_id, code, amount_fen, percent, uses_max, expires_at, created_at, removed_at";
const ACCOUNT: &str = "id, name, channel, distinguish, created_at";
const CODE: &str = "id, account_id, amount_fen, remark, payload, verified, created_at";

fn site(row: &Row<'_>) -> rusqlite::Result<Site> {
    let origins: String = row.get(3)?;
    let origins: Vec<Origin> = serde_json::from_str(&origins).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, Box::new(e))
    })?;
    Ok(Site {
        id: row.get(0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        origins,
        policy: HoldPolicy {
            pay_window: row.get(4)?,
            cool_down: row.get(5)?,
            max_discount: row.get(6)?,
            max_surcharge: row.get(7)?,
        },
        ip_ownership: row.get(8)?,
        created_at: row.get(9)?,
        seats_max: row.get(10)?,
        sealing_epoch: row.get(11)?,
        page_pay: row.get(12)?,
    })
}

fn product(row: &Row<'_>) -> rusqlite::Result<Product> {
    let every: Option<Period> = row.get(12)?;
    let (most, scene) = (row.get(13)?, row.get(14)?);
    let renews = every.map(|every| Renewal { every, most, scene });
    Ok(Product {
        id: row.get(0)?,
        site: row.get(1)?,
        slug: row.get(2)?,
        title: row.get(3)?,
        price: row.get(4)?,
        lock: row.get(5)?,
        created_at: row.get(6)?,
        terms: Terms { kind: row.get(7)?, validity: row.get(8)?, url: row.get(9)?, renews },
        keys: KeyVersions { current: row.get(10)?, oldest: row.get(11)? },
    })
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        name: row.get(1)?,
        channel: row.get(2)?,
        distinguish: row.get(3)?,
        created_at: row.get(4)?,
    })
}

fn code(row: &Row<'_>) -> rusqlite::Result<Code> {
    Ok(Code {
        id: row.get(0)?,
        account: row.get(1)?,
        amount: row.get(2)?,
        remark: row.get(3)?,
        payload: row.get(4)?,
        verified: row.get(5)?,
        created_at: row.get(6)?,
    })
}

fn coupon(row: &Row<'_>) -> rusqlite::Result<Coupon> {
    let amount: Option<Fen> = row.get(4)?;
    Ok(Coupon {
        id: row.get(0)?,
        site: row.get(1)?,
        product: row.get(2)?,
        code: row.get(3)?,
        discount: match amount {
            Some(amount) => Discount::Amount(amount),
            None => Discount::Percent(row.get(5)?),
        },
        uses_max: row.get(6)?,
        expires_at: row.get(7)?,
        created_at: row.get(8)?,
        removed_at: row.get(9)?,
    })
}

fn origins_json(site: &Site) -> String {
    // A list of strings cannot fail to serialise.
    serde_json::to_string(&site.origins).unwrap_or_default()
}

impl<T: Lend> CatalogRead for T {
    fn site_by_slug(&self, slug: &str) -> Result<Option<Site>> {
        memo::one(self.memo().map(|m| &m.catalog.sites_by_slug), slug.to_owned(), || {
            one(self.conn(), &format!("SELECT {SITE} FROM sites WHERE slug = ?"), [slug], site)
        })
    }

    fn site(&self, id: SiteId) -> Result<Option<Site>> {
        memo::one(self.memo().map(|m| &m.catalog.sites), id, || {
            one(self.conn(), &format!("SELECT {SITE} FROM sites WHERE id = ?"), [id], site)
        })
    }

    fn sites(&self) -> Result<Vec<Site>> {
        all(self.conn(), &format!("SELECT {SITE} FROM sites ORDER BY id"), [], site)
    }

    fn origin_is_known(&self, origin: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM sites, json_each(sites.origins) WHERE json_each.value = ? LIMIT 1";
        Ok(one(self.conn(), sql, [origin], |_| Ok(()))?.is_some())
    }

    fn product_by_slug(&self, site: SiteId, slug: &str) -> Result<Option<Product>> {
        memo::one(self.memo().map(|m| &m.catalog.products_by_slug), (site, slug.to_owned()), || {
            let sql = format!("SELECT {PRODUCT} FROM products WHERE site_id = ? AND slug = ?");
            one(self.conn(), &sql, params![site, slug], product)
        })
    }

    fn product(&self, id: ProductId) -> Result<Option<Product>> {
        memo::one(self.memo().map(|m| &m.catalog.products), id, || {
            one(self.conn(), &format!("SELECT {PRODUCT} FROM products WHERE id = ?"), [id], product)
        })
    }

    fn products(&self, site: Option<SiteId>, page: Page) -> Result<Vec<Product>> {
        let sql = format!(
            "SELECT {PRODUCT} FROM products WHERE (:site IS NULL OR site_id = :site) AND id < :before
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        let params = named_params! {":site": site, ":before": before, ":limit": page.limit};
        all(self.conn(), &sql, params, product)
    }

    fn product_html(&self, id: ProductId) -> Result<Option<String>> {
        Ok(one(self.conn(), "SELECT html FROM products WHERE id = ?", [id], |row| row.get(0))?.flatten())
    }

    fn opened_by(&self, bundle: ProductId) -> Result<Vec<Product>> {
        let sql = format!(
            "SELECT {PRODUCT} FROM products
             WHERE id IN (SELECT product_id FROM product_opens WHERE bundle_id = ?) ORDER BY id"
        );
        all(self.conn(), &sql, [bundle], product)
    }

    fn names(&self, bundle: ProductId, product: ProductId) -> Result<bool> {
        let sql = "SELECT 1 FROM product_opens WHERE bundle_id = ? AND product_id = ?";
        Ok(one(self.conn(), sql, params![bundle, product], |_| Ok(()))?.is_some())
    }

    fn offers_for(&self, site: SiteId, id: ProductId, limit: u32) -> Result<Vec<Product>> {
        let sql = format!(
            "SELECT {PRODUCT} FROM products WHERE id <> ?2 AND id IN (
               SELECT bundle_id FROM product_opens WHERE product_id = ?2
               UNION SELECT id FROM products WHERE site_id = ?1 AND kind = 'membership')
             ORDER BY price_fen, id LIMIT ?3"
        );
        all(self.conn(), &sql, params![site, id, limit], product)
    }

    fn coupon_by_code(&self, site: SiteId, code: &CouponCode) -> Result<Option<Coupon>> {
        let sql =
            format!("SELECT {COUPON} FROM coupons WHERE site_id = ? AND code = ? AND removed_at IS NULL");
        one(self.conn(), &sql, params![site, code], coupon)
    }

    fn coupon(&self, id: CouponId) -> Result<Option<Coupon>> {
        one(self.conn(), &format!("SELECT {COUPON} FROM coupons WHERE id = ?"), [id], coupon)
    }

    fn coupons(&self, site: Option<SiteId>, page: Page) -> Result<Vec<Coupon>> {
        let sql = format!(
            "SELECT {COUPON} FROM coupons WHERE (:site IS NULL OR site_id = :site) AND id < :before
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        all(self.conn(), &sql, named_params! {":site": site, ":before": before, ":limit": page.limit}, coupon)
    }

    fn coupon_used(&self, id: CouponId) -> Result<i64> {
        let sql = "SELECT count(*) FROM orders
                   WHERE coupon_id = ? AND coupon_id IS NOT NULL AND status IN ('pending', 'paid', 'refunded')";
        Ok(one(self.conn(), sql, [id], |row| row.get(0))?.unwrap_or(0))
    }

    fn account(&self, id: AccountId) -> Result<Option<Account>> {
        memo::one(self.memo().map(|m| &m.catalog.accounts), id, || {
            one(self.conn(), &format!("SELECT {ACCOUNT} FROM accounts WHERE id = ?"), [id], account)
        })
    }

    fn accounts(&self) -> Result<Vec<Account>> {
        memo::list(self.memo().map(|m| &m.catalog.all_accounts), (), || {
            all(self.conn(), &format!("SELECT {ACCOUNT} FROM accounts ORDER BY id"), [], account)
        })
    }

    fn site_accounts(&self, site: SiteId) -> Result<Vec<Account>> {
        memo::list(self.memo().map(|m| &m.catalog.site_accounts), site, || {
            let sql = format!(
                "SELECT {ACCOUNT} FROM accounts
                 WHERE id IN (SELECT account_id FROM site_accounts WHERE site_id = ?) ORDER BY id"
            );
            all(self.conn(), &sql, [site], account)
        })
    }

    fn codes(&self, account: AccountId) -> Result<Vec<Code>> {
        let sql = format!(
            "SELECT {CODE} FROM codes WHERE account_id = ? AND removed_at IS NULL ORDER BY amount_fen, remark, id"
        );
        all(self.conn(), &sql, [account], code)
    }

    fn code(&self, id: CodeId) -> Result<Option<Code>> {
        memo::one(self.memo().map(|m| &m.catalog.codes), id, || {
            one(self.conn(), &format!("SELECT {CODE} FROM codes WHERE id = ?"), [id], code)
        })
    }

    fn code_png(&self, id: CodeId) -> Result<Option<Vec<u8>>> {
        one(self.conn(), "SELECT png FROM codes WHERE id = ?", [id], |row| row.get(0))
    }

    fn fixed_codes(&self, account: AccountId, low: Fen, high: Fen) -> Result<Vec<(Fen, Remark, CodeId)>> {
        let sql = "SELECT amount_fen, remark, id FROM codes
                   WHERE account_id = ?1 AND ifnull(amount_fen, 0) BETWEEN ?2 AND ?3 AND removed_at IS NULL ORDER BY id";
        memo::list(self.memo().map(|m| &m.catalog.fixed_codes), (account, low, high), || {
            all(self.conn(), sql, params![account, low, high], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
        })
    }

    fn open_code(&self, account: AccountId) -> Result<Option<CodeId>> {
        let sql = "SELECT id FROM codes
                   WHERE account_id = ? AND ifnull(amount_fen, 0) = 0 AND removed_at IS NULL ORDER BY id LIMIT 1";
        memo::one(self.memo().map(|m| &m.catalog.open_codes), account, || {
            one(self.conn(), sql, [account], |row| row.get(0))
        })
    }
}

impl CatalogWrite for Unit<'_> {
    fn insert_account(&mut self, account: &Account) -> Result<()> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "INSERT INTO accounts (id, name, channel, distinguish, created_at) VALUES (?, ?, ?, ?, ?)";
        let Account { id, name, channel, distinguish, created_at } = account;
        change(self.conn, sql, params![id, name, channel, distinguish, created_at]).map(drop)
    }

    fn insert_code(&mut self, code: &Code, png: &[u8]) -> Result<Inserted> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "INSERT INTO codes (id, account_id, amount_fen, remark, payload, verified, png, created_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let Code { id, account, amount, remark, payload, verified, created_at } = code;
        insert(self.conn, sql, params![id, account, amount, remark, payload, verified, png, created_at])
    }

    fn remove_code(&mut self, id: CodeId, now: Timestamp) -> Result<bool> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "UPDATE codes SET removed_at = ? WHERE id = ? AND removed_at IS NULL";
        Ok(change(self.conn, sql, params![now, id])? == 1)
    }

    fn insert_site(&mut self, site: &Site) -> Result<Inserted> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "INSERT INTO sites (id, slug, name, origins, pay_window_ms, cool_down_ms, max_discount_fen,
                                      max_surcharge_fen, ip_ownership, created_at, seats_max, sealing_epoch,
                                      page_pay)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let p = site.policy;
        let params = params![
            site.id,
            site.slug,
            site.name,
            origins_json(site),
            p.pay_window,
            p.cool_down,
            p.max_discount,
            p.max_surcharge,
            site.ip_ownership,
            site.created_at,
            site.seats_max,
            site.sealing_epoch,
            site.page_pay
        ];
        insert(self.conn, sql, params)
    }

    fn update_site(&mut self, site: &Site) -> Result<()> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "UPDATE sites SET name = ?, origins = ?, pay_window_ms = ?, cool_down_ms = ?, max_discount_fen = ?,
                                    max_surcharge_fen = ?, ip_ownership = ?, seats_max = ?, sealing_epoch = ?,
                                    page_pay = ? WHERE id = ?";
        let p = site.policy;
        let params = params![
            site.name,
            origins_json(site),
            p.pay_window,
            p.cool_down,
            p.max_discount,
            p.max_surcharge,
            site.ip_ownership,
            site.seats_max,
            site.sealing_epoch,
            site.page_pay,
            site.id
        ];
        change(self.conn, sql, params).map(drop)
    }

    fn set_site_accounts(&mut self, site: SiteId, accounts: &[AccountId]) -> Result<()> {
        self.memo.catalog = memo::Catalog::default();
        change(self.conn, "DELETE FROM site_accounts WHERE site_id = ?", [site])?;
        for account in accounts {
            let sql = "INSERT INTO site_accounts (site_id, account_id) VALUES (?, ?) ON CONFLICT DO NOTHING";
            change(self.conn, sql, params![site, account])?;
        }
        Ok(())
    }

    fn insert_product(&mut self, product: &Product, html: Option<&str>) -> Result<Inserted> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "INSERT INTO products (id, site_id, slug, title, price_fen, lock, html, created_at, kind, validity_ms,
                                         url, key_current, key_oldest, renews, renews_most_fen, renews_scene)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let p = product;
        let params = params![
            p.id,
            p.site,
            p.slug,
            p.title,
            p.price,
            p.lock,
            html,
            p.created_at,
            p.terms.kind,
            p.terms.validity,
            p.terms.url,
            p.keys.current,
            p.keys.oldest,
            p.terms.renews.as_ref().map(|renewal| renewal.every),
            p.terms.renews.as_ref().and_then(|renewal| renewal.most),
            p.terms.renews.as_ref().and_then(|renewal| renewal.scene.as_deref())
        ];
        insert(self.conn, sql, params)
    }

    fn update_product(&mut self, product: &Product, html: Option<&str>) -> Result<()> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "UPDATE products SET title = ?, price_fen = ?, lock = ?, html = ?, kind = ?, validity_ms = ?, url = ?,
                                       renews = ?, renews_most_fen = ?, renews_scene = ? WHERE id = ?";
        let p = product;
        let renews = p.terms.renews.as_ref();
        let params = params![
            p.title,
            p.price,
            p.lock,
            html,
            p.terms.kind,
            p.terms.validity,
            p.terms.url,
            renews.map(|renewal| renewal.every),
            renews.and_then(|renewal| renewal.most),
            renews.and_then(|renewal| renewal.scene.as_deref()),
            p.id
        ];
        let changed = change(self.conn, sql, params)?;
        if changed == 1 { Ok(()) } else { Err(Error::Unreadable { what: "product that was just read" }) }
    }

    fn set_opened_by(&mut self, bundle: ProductId, products: &[ProductId]) -> Result<()> {
        change(self.conn, "DELETE FROM product_opens WHERE bundle_id = ?", [bundle])?;
        for product in products {
            let sql =
                "INSERT INTO product_opens (bundle_id, product_id) VALUES (?, ?) ON CONFLICT DO NOTHING";
            change(self.conn, sql, params![bundle, product])?;
        }
        Ok(())
    }

    fn set_keys(&mut self, id: ProductId, keys: KeyVersions) -> Result<()> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "UPDATE products SET key_current = ?, key_oldest = ? WHERE id = ?";
        change(self.conn, sql, params![keys.current, keys.oldest, id]).map(drop)
    }

    fn retire_keys(&mut self, site: SiteId) -> Result<usize> {
        self.memo.catalog = memo::Catalog::default();
        let sql = "UPDATE products SET key_current = key_current + 1, key_oldest = key_current + 1 WHERE site_id = ?";
        change(self.conn, sql, [site])
    }

    fn insert_coupon(&mut self, coupon: &Coupon) -> Result<Inserted> {
        let sql =
            "INSERT INTO coupons (id, site_id, product_id, code, amount_fen, percent, uses_max, expires_at,
                                        created_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let Coupon { id, site, product, code, discount, uses_max, expires_at, created_at, .. } = coupon;
        let (amount, percent) = match discount {
            Discount::Amount(amount) => (Some(*amount), None),
            Discount::Percent(percent) => (None, Some(*percent)),
        };
        insert(
            self.conn,
            sql,
            params![id, site, product, code, amount, percent, uses_max, expires_at, created_at],
        )
    }

    fn remove_coupon(&mut self, id: CouponId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE coupons SET removed_at = ? WHERE id = ? AND removed_at IS NULL";
        Ok(change(self.conn, sql, params![now, id])? == 1)
    }
}
