//! The verbs of the books: compared days, differences, the watched log, transfers. As [`super::verbs`], and a part of them.

use super::verbs::{Inserted, Merchant, Page, Result};
use crate::domain::books::{Book, BookDay, Difference, DifferenceKind, Unbilled};
use crate::domain::channel::Channel;
use crate::domain::gateway::Refund;
use crate::domain::id::{AccountId, DifferenceId, InboxId, TransferId};
use crate::domain::money::Fen;
use crate::domain::time::{Day, Timestamp};
use crate::domain::transfer::Transfer;
use crate::domain::watch::{Announced, Span, Watch};

/// Days, differences and what they are made of.
pub trait BooksRead {
    /// All accounts with keys of a gateway, oldest first.
    fn all_merchants(&self) -> Result<Vec<Merchant>>;
    /// The last day of a book that was begun.
    fn last_book_day(&self, book: Book, account: AccountId) -> Result<Option<BookDay>>;
    /// Days of a book, newest first; of one account or of all.
    fn book_days(&self, book: Book, account: Option<AccountId>, page: Page) -> Result<Vec<BookDay>>;
    /// What was settled or paid back through the gateway between two times and was in no bill so far, oldest first.
    fn unbilled(
        &self,
        account: AccountId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<Unbilled>>;
    /// A refund by our number at the gateway.
    fn refund_of_number(&self, number: &str) -> Result<Option<Refund>>;
    /// A difference.
    fn difference(&self, id: DifferenceId) -> Result<Option<Difference>>;
    /// Differences, newest first; of one account or of all.
    fn differences(&self, account: Option<AccountId>, page: Page) -> Result<Vec<Difference>>;
    /// The oldest open inbox item about a difference of that kind in an account's books.
    fn open_difference(&self, account: AccountId, kind: DifferenceKind) -> Result<Option<InboxId>>;
    /// The watch of a personal account, also one that was ended.
    fn watch(&self, account: AccountId) -> Result<Option<Watch>>;
    /// The watches that were not ended, oldest account first.
    fn watches(&self) -> Result<Vec<Watch>>;
    /// The live holds of an account, as one span; nothing where there is none. A hold whose cool-down is over counts until
    /// it is released.
    fn holds_span(&self, account: AccountId) -> Result<Option<Span>>;
    /// What phones announced of an account between two times: each payment once, however many voices told of it.
    fn announced_by_phones(
        &self,
        account: AccountId,
        channel: Channel,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Announced>>;
    /// A transfer.
    fn transfer(&self, id: TransferId) -> Result<Option<Transfer>>;
    /// The transfer of a request.
    fn transfer_of_request(&self, request_id: &str) -> Result<Option<Transfer>>;
    /// True where a notice has that fingerprint.
    fn knows_notice(&self, fingerprint: &[u8; 32]) -> Result<bool>;
    /// True where our number is that of a trade, a refund or a transfer at a gateway.
    fn is_gateway_number(&self, number: &str) -> Result<bool>;
    /// Transfers, newest first.
    fn transfers(&self, page: Page) -> Result<Vec<Transfer>>;
    /// Transfers to be carried on by `now`, longest due first.
    fn transfers_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Transfer>>;
    /// The sum of a day's transfers that did not fail, of all accounts; the largest amount where it is more.
    fn transferred_on(&self, day: Day) -> Result<Fen>;
}

/// Additions to the books.
pub trait BooksWrite {
    /// Writes a day, over what was there.
    fn set_book_day(&mut self, day: &BookDay) -> Result<()>;
    /// Notes that a number of ours was in a day's bill; `refund` where it is a refund's row.
    fn mark_billed(
        &mut self,
        account: AccountId,
        number: &str,
        refund: Option<&str>,
        day: Day,
    ) -> Result<Inserted>;
    /// A new difference; conflicts where it was found before.
    fn insert_difference(&mut self, difference: &Difference) -> Result<Inserted>;
    /// Writes a watch, over what was there. Conflicts where another account
    /// is watched by the same log.
    fn set_watch(&mut self, watch: &Watch) -> Result<Inserted>;
    /// A new transfer; conflicts where its request or number is known.
    fn insert_transfer(&mut self, transfer: &Transfer) -> Result<Inserted>;
    /// Writes state, reference, problem and the next step of a transfer.
    fn update_transfer(&mut self, transfer: &Transfer) -> Result<()>;
}
