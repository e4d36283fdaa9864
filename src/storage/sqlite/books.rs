//! Compared days, differences, the watched log and transfers.

use rusqlite::{Row, named_params, params};

use super::gateway::{MERCHANT, REFUND, merchant, refund};
use super::sql::{all, change, insert, one};
use super::{Lend, Unit, bucket};
use crate::domain::books::{Book, BookDay, Difference, DifferenceKind, Tally, Unbilled};
use crate::domain::channel::Channel;
use crate::domain::gateway::Refund;
use crate::domain::id::{AccountId, DifferenceId, InboxId, TransferId};
use crate::domain::money::Fen;
use crate::domain::time::{Day, Timestamp};
use crate::domain::transfer::{Content, Transfer};
use crate::domain::watch::{Announced, Span, Watch};
use crate::limits;
use crate::storage::books::{BooksRead, BooksWrite};
use crate::storage::verbs::{Inserted, Merchant, Page, Result};

const DAY: &str = "id, book, account_id, day, state, asked, ask_at, payments, paid_fen, refunds, returned_fen, \
                   differences, problem, detail, finished_at";
const DIFFERENCE: &str = "id, account_id, day, kind, number, refund, gateway_ref, order_id, ours_fen, theirs_fen, \
                          detail, found_at";
const WATCH: &str =
    "account_id, merchant_id, device_id, since, ended_at, seen_until, ask_at, quiet, failing_since";
const TRANSFER: &str = "id, account_id, request_id, number, payee_kind, payee, name, amount_fen, remark, state, \
                        gateway_ref, problem, actor, day, requested_at, finished_at, ask_at, asked, sent_at";

fn book_day(row: &Row<'_>) -> rusqlite::Result<BookDay> {
    Ok(BookDay {
        id: row.get(0)?,
        book: row.get(1)?,
        account: row.get(2)?,
        day: row.get(3)?,
        state: row.get(4)?,
        asked: row.get(5)?,
        ask_at: row.get(6)?,
        tally: Tally {
            payments: row.get(7)?,
            paid: row.get(8)?,
            refunds: row.get(9)?,
            returned: row.get(10)?,
        },
        differences: row.get(11)?,
        problem: row.get(12)?,
        detail: row.get(13)?,
        finished_at: row.get(14)?,
    })
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn difference(row: &Row<'_>) -> rusqlite::Result<Difference> {
    Ok(Difference {
        id: row.get(0)?,
        account: row.get(1)?,
        day: row.get(2)?,
        kind: row.get(3)?,
        number: row.get(4)?,
        refund: some(row.get(5)?),
        gateway_ref: row.get(6)?,
        order: row.get(7)?,
        ours: row.get(8)?,
        theirs: row.get(9)?,
        detail: row.get(10)?,
        found_at: row.get(11)?,
    })
}

fn watch(row: &Row<'_>) -> rusqlite::Result<Watch> {
    Ok(Watch {
        account: row.get(0)?,
        merchant: row.get(1)?,
        device: row.get(2)?,
        since: row.get(3)?,
        ended_at: row.get(4)?,
        seen_until: row.get(5)?,
        ask_at: row.get(6)?,
        quiet: row.get(7)?,
        failing_since: row.get(8)?,
    })
}

fn transfer(row: &Row<'_>) -> rusqlite::Result<Transfer> {
    Ok(Transfer {
        id: row.get(0)?,
        account: row.get(1)?,
        request_id: row.get(2)?,
        number: row.get(3)?,
        content: Content {
            payee_kind: row.get(4)?,
            payee: row.get(5)?,
            name: row.get(6)?,
            amount: row.get(7)?,
            remark: row.get(8)?,
        },
        state: row.get(9)?,
        gateway_ref: row.get(10)?,
        problem: row.get(11)?,
        actor: row.get(12)?,
        day: row.get(13)?,
        requested_at: row.get(14)?,
        finished_at: row.get(15)?,
        ask_at: row.get(16)?,
        asked: row.get(17)?,
        sent_at: row.get(18)?,
    })
}

fn unbilled(row: &Row<'_>) -> rusqlite::Result<Unbilled> {
    Ok(Unbilled {
        number: row.get(0)?,
        refund: row.get(1)?,
        gateway_ref: row.get(2)?,
        order: row.get(3)?,
        amount: row.get(4)?,
    })
}

/// What was settled and what was paid back between `:from` and `:to`, and is in no bill. This is asked in the writer: it must
/// not read all that was ever settled.
pub(super) fn unbilled_sql() -> (String, String) {
    let not_billed = |refund: &str| {
        format!(
            "NOT EXISTS (SELECT 1 FROM billed b WHERE b.account_id = t.account_id AND b.number = t.number
               AND b.refund = {refund})"
        )
    };
    let payments = format!(
        "SELECT t.number, NULL, t.gateway_ref, t.order_id, t.amount_fen
         FROM settlements s INDEXED BY settlements_paid_at JOIN trades t ON t.gateway_ref = s.gateway_ref
         WHERE t.account_id = :account AND s.gateway_ref IS NOT NULL AND s.undone_at IS NULL AND s.settled_at >= :from AND s.settled_at < :to
           AND {} ORDER BY s.settled_at, t.number LIMIT :limit",
        not_billed("''")
    );
    let refunds = format!(
        "SELECT t.number, r.number, t.gateway_ref, r.order_id, r.amount_fen
         FROM refunds r INDEXED BY refunds_done JOIN trades t ON t.number = r.trade
         WHERE t.account_id = :account AND r.state = 'done' AND r.way = 'gateway'
           AND r.finished_at >= :from AND r.finished_at < :to AND {} ORDER BY r.finished_at, r.id LIMIT :limit",
        not_billed("r.number")
    );
    (payments, refunds)
}

impl<T: Lend> BooksRead for T {
    fn all_merchants(&self) -> Result<Vec<Merchant>> {
        all(self.conn(), &format!("SELECT {MERCHANT} FROM merchants ORDER BY account_id"), [], merchant)
    }

    fn last_book_day(&self, book: Book, account: AccountId) -> Result<Option<BookDay>> {
        let sql = format!(
            "SELECT {DAY} FROM book_days WHERE account_id = ? AND book = ? ORDER BY day DESC LIMIT 1"
        );
        one(self.conn(), &sql, params![account, book], book_day)
    }

    fn book_days(&self, book: Book, account: Option<AccountId>, page: Page) -> Result<Vec<BookDay>> {
        let sql = format!(
            "SELECT {DAY} FROM book_days WHERE id < :before AND book = :book AND (:account IS NULL OR account_id = :account)
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        let params =
            named_params! {":before": before, ":book": book, ":account": account, ":limit": page.limit};
        all(self.conn(), &sql, params, book_day)
    }

    fn unbilled(
        &self,
        account: AccountId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<Unbilled>> {
        let (payments, refunds) = unbilled_sql();
        let params =
            || named_params! {":account": account, ":from": from, ":to": to, ":limit": limit}.to_vec();
        let mut found = all(self.conn(), &payments, params().as_slice(), unbilled)?;
        found.extend(all(self.conn(), &refunds, params().as_slice(), unbilled)?);
        Ok(found)
    }

    fn refund_of_number(&self, number: &str) -> Result<Option<Refund>> {
        one(self.conn(), &format!("SELECT {REFUND} FROM refunds WHERE number = ?"), [number], refund)
    }

    fn difference(&self, id: DifferenceId) -> Result<Option<Difference>> {
        one(self.conn(), &format!("SELECT {DIFFERENCE} FROM differences WHERE id = ?"), [id], difference)
    }

    fn differences(&self, account: Option<AccountId>, page: Page) -> Result<Vec<Difference>> {
        let sql = format!(
            "SELECT {DIFFERENCE} FROM differences WHERE id < :before AND (:account IS NULL OR account_id = :account)
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        let params = named_params! {":before": before, ":account": account, ":limit": page.limit};
        all(self.conn(), &sql, params, difference)
    }

    fn open_difference(&self, account: AccountId, kind: DifferenceKind) -> Result<Option<InboxId>> {
        let sql = "SELECT i.id FROM inbox i JOIN differences d ON d.id = i.difference_id
                   WHERE i.state = 'open' AND d.account_id = ? AND d.kind = ? ORDER BY i.id LIMIT 1";
        one(self.conn(), sql, params![account, kind], |row| row.get(0))
    }

    fn watch(&self, account: AccountId) -> Result<Option<Watch>> {
        one(self.conn(), &format!("SELECT {WATCH} FROM watches WHERE account_id = ?"), [account], watch)
    }

    fn watches(&self) -> Result<Vec<Watch>> {
        let sql = format!("SELECT {WATCH} FROM watches WHERE ended_at IS NULL ORDER BY account_id");
        all(self.conn(), &sql, [], watch)
    }

    fn holds_span(&self, account: AccountId) -> Result<Option<Span>> {
        let sql = "SELECT min(starts_at), max(release_at) FROM holds WHERE account_id = ? AND live = 1";
        let span = one(self.conn(), sql, [account], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(span.and_then(|(from, to): (Option<Timestamp>, Option<Timestamp>)| {
            Some(Span { from: from?, to: to? })
        }))
    }

    fn announced_by_phones(
        &self,
        account: AccountId,
        channel: Channel,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Announced>> {
        let sql = "SELECT ifnull(r.echo_of, r.id), r.id, min(r.arrived_from), r.amount_fen
                   FROM receipts r INDEXED BY receipts_near JOIN devices d ON d.id = r.device_id
                   WHERE r.channel = :channel AND r.arrived_from >> 28 = :bucket
                     AND r.arrived_from >= :from AND r.arrived_from < :to AND d.kind <> 'bill'
                     AND (r.account_id = :account OR (r.account_id IS NULL AND EXISTS
                       (SELECT 1 FROM device_accounts a WHERE a.device_id = d.id AND a.account_id = :account)))
                   GROUP BY ifnull(r.echo_of, r.id) ORDER BY min(r.arrived_from) LIMIT :limit";
        let (mut found, mut roots) = (Vec::new(), std::collections::HashSet::new());
        for bucket in (bucket(from)..=bucket(to)).take(limits::BUCKETS_MAX) {
            let params = named_params! {
                ":channel": channel, ":bucket": bucket, ":from": from, ":to": to, ":account": account,
                ":limit": limits::LOG_ROWS_MAX,
            };
            let some = all(self.conn(), sql, params, |row| {
                let announced =
                    Announced { receipt: Some(row.get(1)?), at: row.get(2)?, amount: row.get(3)?, row: None };
                Ok((row.get::<_, i64>(0)?, announced))
            })?;
            // An echo over the edge of a stretch of time is still one payment.
            found.extend(some.into_iter().filter(|(root, _)| roots.insert(*root)).map(|(_, a)| a));
        }
        Ok(found)
    }

    fn transfer(&self, id: TransferId) -> Result<Option<Transfer>> {
        one(self.conn(), &format!("SELECT {TRANSFER} FROM transfers WHERE id = ?"), [id], transfer)
    }

    fn transfer_of_request(&self, request_id: &str) -> Result<Option<Transfer>> {
        let sql = format!("SELECT {TRANSFER} FROM transfers WHERE request_id = ?");
        one(self.conn(), &sql, [request_id], transfer)
    }

    fn knows_notice(&self, fingerprint: &[u8; 32]) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM notices WHERE fingerprint = ?)";
        Ok(one(self.conn(), sql, [fingerprint], |row| row.get(0))?.unwrap_or(false))
    }

    fn is_gateway_number(&self, number: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM trades WHERE number = :n) OR EXISTS (SELECT 1 FROM refunds WHERE number = :n)
                     OR EXISTS (SELECT 1 FROM transfers WHERE number = :n)";
        Ok(one(self.conn(), sql, named_params! {":n": number}, |row| row.get(0))?.unwrap_or(false))
    }

    fn transfers(&self, page: Page) -> Result<Vec<Transfer>> {
        let sql = format!("SELECT {TRANSFER} FROM transfers WHERE id < ? ORDER BY id DESC LIMIT ?");
        all(self.conn(), &sql, params![page.before.unwrap_or(i64::MAX), page.limit], transfer)
    }

    fn transfers_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Transfer>> {
        let sql = format!(
            "SELECT {TRANSFER} FROM transfers WHERE ask_at IS NOT NULL AND ask_at <= ? ORDER BY ask_at LIMIT ?"
        );
        all(self.conn(), &sql, params![now, limit], transfer)
    }

    fn transferred_on(&self, day: Day) -> Result<Fen> {
        let sql = "SELECT ifnull(sum(amount_fen), 0) FROM transfers WHERE day = ? AND state <> 'failed'";
        let sum: i64 = one(self.conn(), sql, [day], |row| row.get(0))?.unwrap_or(0);
        Ok(Fen::new(sum).unwrap_or(Fen::MAX))
    }
}

impl BooksWrite for Unit<'_> {
    fn set_book_day(&mut self, day: &BookDay) -> Result<()> {
        let sql = "INSERT INTO book_days (id, book, account_id, day, state, asked, ask_at, payments, paid_fen, refunds,
                                          returned_fen, differences, problem, detail, finished_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT (account_id, book, day) DO UPDATE SET state = excluded.state, asked = excluded.asked,
                     ask_at = excluded.ask_at, payments = excluded.payments, paid_fen = excluded.paid_fen,
                     refunds = excluded.refunds, returned_fen = excluded.returned_fen,
                     differences = excluded.differences, problem = excluded.problem, detail = excluded.detail,
                     finished_at = excluded.finished_at";
        let d = day;
        let params = params![
            d.id,
            d.book,
            d.account,
            d.day,
            d.state,
            d.asked,
            d.ask_at,
            d.tally.payments,
            d.tally.paid,
            d.tally.refunds,
            d.tally.returned,
            d.differences,
            d.problem,
            d.detail,
            d.finished_at
        ];
        change(self.conn, sql, params).map(drop)
    }

    fn mark_billed(
        &mut self,
        account: AccountId,
        number: &str,
        refund: Option<&str>,
        day: Day,
    ) -> Result<Inserted> {
        let sql =
            "INSERT INTO billed (account_id, number, refund, day) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
        insert(self.conn, sql, params![account, number, refund.unwrap_or(""), day])
    }

    fn insert_difference(&mut self, difference: &Difference) -> Result<Inserted> {
        let sql =
            "INSERT INTO differences (id, account_id, day, kind, number, refund, gateway_ref, order_id, ours_fen,
                                            theirs_fen, detail, found_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let d = difference;
        let params = params![
            d.id,
            d.account,
            d.day,
            d.kind,
            d.number,
            d.refund.as_deref().unwrap_or(""),
            d.gateway_ref,
            d.order,
            d.ours,
            d.theirs,
            d.detail,
            d.found_at
        ];
        insert(self.conn, sql, params)
    }

    fn set_watch(&mut self, watch: &Watch) -> Result<Inserted> {
        let w = watch;
        let taken = "SELECT 1 FROM watches WHERE merchant_id = ? AND account_id <> ? AND ended_at IS NULL";
        let is_taken = one(self.conn, taken, params![w.merchant, w.account], |row| row.get::<_, i64>(0))?;
        if w.ended_at.is_none() && is_taken.is_some() {
            return Ok(Inserted::Conflict);
        }
        let sql = "INSERT INTO watches (account_id, merchant_id, device_id, since, ended_at, seen_until, ask_at, quiet,
                                        failing_since)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT (account_id) DO UPDATE SET merchant_id = excluded.merchant_id, since = excluded.since,
                     ended_at = excluded.ended_at, seen_until = excluded.seen_until, ask_at = excluded.ask_at,
                     quiet = excluded.quiet, failing_since = excluded.failing_since";
        let params = params![
            w.account,
            w.merchant,
            w.device,
            w.since,
            w.ended_at,
            w.seen_until,
            w.ask_at,
            w.quiet,
            w.failing_since
        ];
        change(self.conn, sql, params)?;
        Ok(Inserted::Yes)
    }

    fn insert_transfer(&mut self, transfer: &Transfer) -> Result<Inserted> {
        let sql = "INSERT INTO transfers (id, account_id, request_id, number, payee_kind, payee, name, amount_fen, remark,
                                          state, gateway_ref, problem, actor, day, requested_at, finished_at, ask_at, asked,
                                          sent_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let (t, c) = (transfer, &transfer.content);
        let params = params![
            t.id,
            t.account,
            t.request_id,
            t.number,
            c.payee_kind,
            c.payee,
            c.name,
            c.amount,
            c.remark,
            t.state,
            t.gateway_ref,
            t.problem,
            t.actor,
            t.day,
            t.requested_at,
            t.finished_at,
            t.ask_at,
            t.asked,
            t.sent_at
        ];
        insert(self.conn, sql, params)
    }

    fn update_transfer(&mut self, transfer: &Transfer) -> Result<()> {
        let sql = "UPDATE transfers SET state = ?, gateway_ref = ?, problem = ?, finished_at = ?, ask_at = ?, asked = ?, sent_at = ?
                   WHERE id = ?";
        let t = transfer;
        let params =
            params![t.state, t.gateway_ref, t.problem, t.finished_at, t.ask_at, t.asked, t.sent_at, t.id];
        change(self.conn, sql, params).map(drop)
    }
}
