//! The owner's API: the same acts as the console, with an owner key.

pub mod accounts;
pub mod books;
pub mod coupons;
pub mod devices;
pub mod inbox;
pub mod lists;
pub mod orders;
pub mod products;
pub mod sites;
pub mod subscriptions;
pub mod transfers;
pub mod unlocks;

use serde::Deserialize;

use crate::limits;
use crate::storage::verbs::Page;
use crate::web::dto::PageBody;
use crate::web::error::{Problem, invalid};

/// Which page of a list.
#[derive(Debug, Default, Deserialize)]
pub struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

impl PageQuery {
    /// The page, its limit within bounds, and one row more: so it is known whether another page follows.
    fn page(&self) -> Result<Page, Problem> {
        let before = self.cursor.as_deref().map(str::parse).transpose();
        let before = before.map_err(|_| invalid("cursor", "use next_cursor of the page before"))?;
        let limit = self.limit.unwrap_or(limits::PAGE_DEFAULT).clamp(1, limits::PAGE_MAX);
        Ok(Page { before, limit: limit + 1 })
    }
}

/// A page of the rows that [`PageQuery::page`] asked for; its cursor is the last row's id, if more follow.
fn page_of<R, T>(mut rows: Vec<R>, page: Page, id: impl Fn(&R) -> i64, into: impl Fn(R) -> T) -> PageBody<T> {
    let more = u32::try_from(rows.len()).is_ok_and(|n| n >= page.limit);
    if more {
        rows.pop();
    }
    let next_cursor = rows.last().filter(|_| more).map(|row| id(row).to_string());
    PageBody { items: rows.into_iter().map(into).collect(), next_cursor }
}
