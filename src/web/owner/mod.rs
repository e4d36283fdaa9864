//! The owner's API: the same acts as the console, with an owner key.

pub mod accounts;
pub mod devices;
pub mod inbox;
pub mod lists;
pub mod orders;
pub mod sites;

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
    /// The page, its limit within bounds.
    fn page(&self) -> Result<Page, Problem> {
        let before = self.cursor.as_deref().map(str::parse).transpose();
        let before = before.map_err(|_| invalid("cursor", "use next_cursor of the page before"))?;
        Ok(Page { before, limit: self.limit.unwrap_or(limits::PAGE_DEFAULT).clamp(1, limits::PAGE_MAX) })
    }
}

/// A page whose cursor is the last row's id, if there may be more.
fn page_of<R, T>(rows: Vec<R>, page: Page, id: impl Fn(&R) -> i64, into: impl Fn(R) -> T) -> PageBody<T> {
    let full = u32::try_from(rows.len()).is_ok_and(|n| n >= page.limit);
    let next_cursor = rows.last().filter(|_| full).map(|row| id(row).to_string());
    PageBody { items: rows.into_iter().map(into).collect(), next_cursor }
}
