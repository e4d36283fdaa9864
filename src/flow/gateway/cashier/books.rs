//! What an official gateway tells of an account's books.

use super::Answer;
use crate::domain::books::DayBill;
use crate::domain::time::{Day, Timestamp};
use crate::domain::watch::{LogRow, Window};

/// A day's bill, if there is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BillSaid {
    /// It is there.
    There(DayBill),
    /// Not there: too early, or nothing happened on that day.
    NotThere,
}

/// A page of an account's log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogPage {
    /// Its rows.
    pub rows: Vec<LogRow>,
    /// Rows that could not be read.
    pub unread: usize,
    /// Rows of all pages.
    pub total: u64,
}

/// Reads the books. Times are the caller's: no implementation reads a clock.
pub trait Books {
    /// The bill of a day's trades and refunds.
    fn bill_of(&self, day: Day, now: Timestamp) -> Answer<'_, BillSaid>;
    /// One page, from 1, of what moved on the account, with at most `rows` rows.
    fn log(&self, window: Window, page: u32, rows: u32, now: Timestamp) -> Answer<'_, LogPage>;
}
