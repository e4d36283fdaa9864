//! What the writer remembers between units of work: the catalog (sites, products, accounts and codes are read for every
//! order and hardly ever change), and who has how many pending orders.
//!
//! All is forgotten whenever a unit or a group is rolled back, and whenever another connection has written (`PRAGMA
//! data_version`, looked at once in each group, under the lock that keeps others from writing); the catalog also
//! whenever one of our own verbs changes it. So nothing in it can be older than the transaction that uses it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

use super::live::Live;
use crate::domain::account::{Account, Code, Remark};
use crate::domain::id::{AccountId, CodeId, ProductId, SiteId};
use crate::domain::money::Fen;
use crate::domain::product::Product;
use crate::domain::site::Site;
use crate::limits;
use crate::storage::verbs::Result;

/// The amount, remark and id of a code.
type FixedCode = (Fen, Remark, CodeId);

/// The writer's memory.
#[derive(Default)]
pub(crate) struct Memo {
    version: i64,
    pub(super) catalog: Catalog,
    pub(super) live: Live,
}

/// Rows of the catalog by what they are asked for with.
#[derive(Default)]
pub(super) struct Catalog {
    pub(super) sites: Kept<SiteId, Site>,
    pub(super) sites_by_slug: Kept<String, Site>,
    pub(super) site_accounts: Kept<SiteId, Vec<Account>>,
    pub(super) products: Kept<ProductId, Product>,
    pub(super) products_by_slug: Kept<(SiteId, String), Product>,
    pub(super) accounts: Kept<AccountId, Account>,
    pub(super) all_accounts: Kept<(), Vec<Account>>,
    pub(super) codes: Kept<CodeId, Code>,
    pub(super) open_codes: Kept<AccountId, CodeId>,
    pub(super) fixed_codes: Kept<(AccountId, Fen, Fen), Vec<FixedCode>>,
}

impl Memo {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Memo { version: self.version, ..Memo::default() };
    }

    /// Forgets everything that was read at another version of the database.
    pub(super) fn keep_only(&mut self, version: i64) {
        if self.version != version {
            self.version = version;
            self.clear();
        }
    }
}

/// Rows of one kind.
pub(super) struct Kept<K, V>(RefCell<HashMap<K, V>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Kept<K, V> {
        Kept(RefCell::new(HashMap::new()))
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    fn find(&self, key: &K) -> Option<V> {
        self.0.borrow().get(key).cloned()
    }

    fn keep(&self, key: K, value: &V) {
        let mut rows = self.0.borrow_mut();
        if rows.len() >= limits::CATALOG_KEPT_MAX {
            rows.clear();
        }
        rows.insert(key, value.clone());
    }
}

/// A row that may be missing. That it is missing is not remembered: strangers may ask for anything.
pub(super) fn one<K: Eq + Hash, V: Clone>(
    kept: Option<&Kept<K, V>>,
    key: K,
    read: impl FnOnce() -> Result<Option<V>>,
) -> Result<Option<V>> {
    let Some(kept) = kept else { return read() };
    if let Some(found) = kept.find(&key) {
        return Ok(Some(found));
    }
    let found = read()?;
    if let Some(value) = &found {
        kept.keep(key, value);
    }
    Ok(found)
}

/// A list, which is there even when it is empty.
pub(super) fn list<K: Eq + Hash, V: Clone>(
    kept: Option<&Kept<K, Vec<V>>>,
    key: K,
    read: impl FnOnce() -> Result<Vec<V>>,
) -> Result<Vec<V>> {
    Ok(one(kept, key, || read().map(Some))?.unwrap_or_default())
}
