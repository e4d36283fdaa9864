//! Orders, holds and settlements.

use rusqlite::{Row, named_params, params};

use super::sql::{all, change, insert, one};
use super::{Lend, Unit, bucket, live};
use crate::domain::hold::Hold;
use crate::domain::id::{AccountId, OrderId, ProductId, ReceiptId, SettlementId, SiteId};
use crate::domain::matching::Candidate;
use crate::domain::money::Fen;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::storage::verbs::{Inserted, OrderFilter, OrderRead, OrderWrite, Page, Result, Settlement, Taken};

const ORDER: &str = "id, site_id, product_id, status, price_fen, amount_fen, channel, account_id, code_id, \
                     client_order_id, created_at, expires_at, extensions_left, late, paid_at, version, reader, address, \
                     owner_address, ifnull(list_price_fen, price_fen), coupon_id, renews_id";
const HOLD: &str = "order_id, account_id, amount_fen, remark, starts_at, window_ends_at, release_at";

fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        id: row.get(0)?,
        site: row.get(1)?,
        product: row.get(2)?,
        status: row.get(3)?,
        price: row.get(4)?,
        amount: row.get(5)?,
        channel: row.get(6)?,
        account: row.get(7)?,
        code: row.get(8)?,
        client_order_id: row.get(9)?,
        created_at: row.get(10)?,
        expires_at: row.get(11)?,
        extensions_left: row.get(12)?,
        late: row.get(13)?,
        paid_at: row.get(14)?,
        version: row.get(15)?,
        reader: row.get(16)?,
        address: row.get(17)?,
        owner_address: row.get(18)?,
        list_price: row.get(19)?,
        coupon: row.get(20)?,
        renews: row.get(21)?,
    })
}

fn hold(row: &Row<'_>) -> rusqlite::Result<Hold> {
    Ok(Hold {
        order: row.get(0)?,
        account: row.get(1)?,
        amount: row.get(2)?,
        remark: row.get(3)?,
        starts_at: row.get(4)?,
        window_ends_at: row.get(5)?,
        release_at: row.get(6)?,
    })
}

impl<T: Lend> OrderRead for T {
    fn order(&self, id: OrderId) -> Result<Option<Order>> {
        one(self.conn(), &format!("SELECT {ORDER} FROM orders WHERE id = ?"), [id], order)
    }

    fn order_by_client_id(&self, site: SiteId, client_order_id: &str) -> Result<Option<Order>> {
        let sql = format!("SELECT {ORDER} FROM orders WHERE site_id = ? AND client_order_id = ?");
        one(self.conn(), &sql, params![site, client_order_id], order)
    }

    fn orders(&self, filter: &OrderFilter, page: Page) -> Result<Vec<Order>> {
        let sql = format!(
            "SELECT {ORDER} FROM orders
             WHERE id < :before AND (:site IS NULL OR site_id = :site) AND (:status IS NULL OR status = :status)
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        let params = named_params! {":before": before, ":site": filter.site, ":status": filter.status, ":limit": page.limit};
        all(self.conn(), &sql, params, order)
    }

    fn orders_between(&self, site: SiteId, first: i64, last: i64, limit: u32) -> Result<Vec<Order>> {
        let sql = format!(
            "SELECT {ORDER} FROM orders NOT INDEXED WHERE id BETWEEN ? AND ? AND site_id = ? ORDER BY id LIMIT ?"
        );
        all(self.conn(), &sql, params![first, last, site, limit], order)
    }

    fn hold(&self, order: OrderId) -> Result<Option<Hold>> {
        one(self.conn(), &format!("SELECT {HOLD} FROM holds WHERE order_id = ?"), [order], hold)
    }

    fn taken(&self, account: AccountId, low: Fen, high: Fen) -> Result<Vec<Taken>> {
        // Without the hint the planner takes the index of all holds there ever were.
        let sql = "SELECT amount_fen, remark, release_at FROM holds INDEXED BY holds_live
                   WHERE account_id = ? AND amount_fen BETWEEN ? AND ? AND live = 1";
        all(self.conn(), sql, params![account, low, high], |row| {
            Ok(Taken { amount: row.get(0)?, remark: row.get(1)?, release_at: row.get(2)? })
        })
    }

    fn held_by_address(&self, account: AccountId, low: Fen, high: Fen, address: i64) -> Result<usize> {
        let sql = "SELECT count(*) FROM holds h INDEXED BY holds_live JOIN orders o ON o.id = h.order_id
                   WHERE h.account_id = ? AND h.amount_fen BETWEEN ? AND ? AND h.live = 1
                     AND o.address = ? AND o.status <> 'paid'";
        let held = one(self.conn(), sql, params![account, low, high, address], |row| row.get::<_, i64>(0))?;
        Ok(usize::try_from(held.unwrap_or(0)).unwrap_or(0))
    }

    fn next_release(&self, account: AccountId, low: Fen, high: Fen) -> Result<Option<Timestamp>> {
        let sql = "SELECT min(release_at) FROM holds INDEXED BY holds_live
                   WHERE account_id = ? AND amount_fen BETWEEN ? AND ? AND live = 1";
        Ok(one(self.conn(), sql, params![account, low, high], |row| row.get(0))?.flatten())
    }

    fn candidates(
        &self,
        account: AccountId,
        amount: Fen,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Candidate>> {
        // Holds of one key follow each other, so the newest few that began before `to` are all that can touch it.
        let sql =
            "SELECT h.order_id, h.account_id, h.remark, h.starts_at, h.window_ends_at, h.release_at, o.status
             FROM (SELECT * FROM holds INDEXED BY holds_history
                   WHERE account_id = ?1 AND starts_at >> 28 = ?2 AND amount_fen = ?3 AND starts_at <= ?5
                   ORDER BY starts_at DESC LIMIT ?6) h
             JOIN orders o ON o.id = h.order_id
             WHERE h.release_at > ?4";
        let mut found = Vec::new();
        // No hold lasts longer than a bucket, so one that touches `from` began in its bucket or in the one before.
        for bucket in (bucket(from) - 1..=bucket(to)).rev().take(limits::BUCKETS_MAX) {
            let room = limits::CANDIDATES_MAX.saturating_sub(found.len());
            if room == 0 {
                break;
            }
            let room = u32::try_from(room).unwrap_or(u32::MAX);
            found.extend(all(self.conn(), sql, params![account, bucket, amount, from, to, room], |row| {
                Ok(Candidate {
                    order: row.get(0)?,
                    account: row.get(1)?,
                    remark: row.get(2)?,
                    starts_at: row.get(3)?,
                    window_ends_at: row.get(4)?,
                    release_at: row.get(5)?,
                    status: row.get(6)?,
                })
            })?);
        }
        Ok(found)
    }

    fn payable_since(
        &self,
        accounts: &[AccountId],
        since: Timestamp,
        first: i64,
        limit: u32,
    ) -> Result<Vec<Hold>> {
        // By id, newest first: an account's whole history would have to be sorted otherwise.
        let sql = "SELECT h.order_id, h.account_id, h.amount_fen, h.remark, h.starts_at, h.window_ends_at, h.release_at
                   FROM holds h NOT INDEXED JOIN orders o ON o.id = h.order_id
                   WHERE h.order_id >= ? AND h.release_at > ? AND o.status IN ('pending', 'expired', 'cancelled')
                     AND h.account_id IN (SELECT value FROM json_each(?))
                   ORDER BY h.order_id DESC LIMIT ?";
        let accounts =
            serde_json::to_string(&accounts.iter().map(|a| a.raw()).collect::<Vec<_>>()).unwrap_or_default();
        all(self.conn(), sql, params![first, since, accounts, limit], hold)
    }

    fn live_of_reader(&self, reader: i64, now: Timestamp) -> Result<i64> {
        if let Some(memo) = self.memo() {
            return memo.live.count(self.conn(), live::Of::Reader(reader), now);
        }
        let sql = "SELECT count(*) FROM orders WHERE status = 'pending' AND expires_at > ? AND reader = ?";
        Ok(one(self.conn(), sql, params![now, reader], |row| row.get(0))?.unwrap_or(0))
    }

    fn live_of_address(&self, address: i64, now: Timestamp) -> Result<i64> {
        if let Some(memo) = self.memo() {
            return memo.live.count(self.conn(), live::Of::Address(address), now);
        }
        let sql = "SELECT count(*) FROM orders WHERE status = 'pending' AND expires_at > ? AND address = ?";
        Ok(one(self.conn(), sql, params![now, address], |row| row.get(0))?.unwrap_or(0))
    }

    fn paid_by_address(&self, product: ProductId, owner_address: i64) -> Result<Option<Order>> {
        let sql = format!(
            "SELECT {ORDER} FROM orders WHERE owner_address = ? AND product_id = ? AND status = 'paid'
               AND owner_address IS NOT NULL ORDER BY id DESC LIMIT 1"
        );
        one(self.conn(), &sql, params![owner_address, product], order)
    }

    fn orders_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Order>> {
        let sql = format!(
            "SELECT {ORDER} FROM orders WHERE status = 'pending' AND expires_at <= ? ORDER BY expires_at LIMIT ?"
        );
        all(self.conn(), &sql, params![now, limit], order)
    }

    fn anything_due(&self, now: Timestamp, messages_before: Timestamp) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM orders WHERE status = 'pending' AND expires_at <= ?1)
                       OR EXISTS (SELECT 1 FROM holds WHERE live = 1 AND release_at <= ?1)
                       OR EXISTS (SELECT 1 FROM message_ids WHERE seen_at < ?2)";
        Ok(one(self.conn(), sql, params![now, messages_before], |row| row.get(0))?.unwrap_or(false))
    }

    fn settlement_of(&self, order: OrderId) -> Result<Option<Settlement>> {
        let sql =
            "SELECT id, order_id, receipt_id, gateway_ref, by_owner, settled_at, before FROM settlements
                   WHERE order_id = ? AND undone_at IS NULL";
        one(self.conn(), sql, [order], |row| {
            Ok(Settlement {
                id: row.get(0)?,
                order: row.get(1)?,
                receipt: row.get(2)?,
                gateway_ref: row.get(3)?,
                by_owner: row.get(4)?,
                settled_at: row.get(5)?,
                before: row.get(6)?,
            })
        })
    }

    fn order_of_receipt(&self, receipt: ReceiptId) -> Result<Option<OrderId>> {
        let sql = "SELECT order_id FROM settlements WHERE receipt_id = ? AND undone_at IS NULL AND receipt_id IS NOT NULL";
        one(self.conn(), sql, [receipt], |row| row.get(0))
    }
}

impl Unit<'_> {
    /// The row of a new order, neither counted nor remembered yet.
    fn insert_row(&mut self, order: &Order) -> Result<Inserted> {
        let sql = "INSERT INTO orders (id, site_id, product_id, status, price_fen, amount_fen, channel, account_id,
                                       code_id, client_order_id, created_at, expires_at, extensions_left, late, paid_at,
                                       version, reader, address, owner_address, list_price_fen, coupon_id,
                                       renews_id)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let o = order;
        insert(
            self.conn,
            sql,
            params![
                o.id,
                o.site,
                o.product,
                o.status,
                o.price,
                o.amount,
                o.channel,
                o.account,
                o.code,
                o.client_order_id,
                o.created_at,
                o.expires_at,
                o.extensions_left,
                o.late,
                o.paid_at,
                o.version,
                o.reader,
                o.address,
                o.owner_address,
                (o.list_price != o.price).then_some(o.list_price),
                o.coupon,
                o.renews
            ],
        )
    }

    /// Counts and remembers a new order.
    fn came(&mut self, order: &Order) {
        self.tally.came("orders", order.status.as_str());
        self.memo.live.came(order);
    }

    /// A new order without a hold.
    pub(super) fn insert_unheld(&mut self, order: &Order) -> Result<Inserted> {
        let inserted = self.insert_row(order)?;
        if inserted == Inserted::Yes {
            self.came(order);
        }
        Ok(inserted)
    }
}

impl OrderWrite for Unit<'_> {
    fn insert_order(&mut self, order: &Order, hold: &Hold) -> Result<Inserted> {
        if self.insert_row(order)? == Inserted::Conflict {
            return Ok(Inserted::Conflict);
        }
        let sql = "INSERT INTO holds (order_id, account_id, amount_fen, remark, starts_at, window_ends_at, release_at, live)
                   VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING";
        let Hold { order: id, account, amount, remark, starts_at, window_ends_at, release_at } = hold;
        let held = insert(
            self.conn,
            sql,
            params![id, account, amount, remark, starts_at, window_ends_at, release_at],
        )?;
        if held == Inserted::Conflict {
            // Both rows or none: the order without its hold must not stay.
            change(self.conn, "DELETE FROM orders WHERE id = ?", [order.id])?;
        } else {
            self.came(order);
        }
        Ok(held)
    }

    fn update_order(&mut self, order: &Order) -> Result<bool> {
        let sql = "SELECT status, reader, address FROM orders WHERE id = ? AND version = ?";
        let before = one(self.conn, sql, params![order.id, order.version], |row| {
            Ok((row.get::<_, OrderStatus>(0)?, row.get(1)?, row.get(2)?))
        })?;
        let Some((before, reader, address)) = before else { return Ok(false) };
        let sql = "UPDATE orders SET status = ?, expires_at = ?, extensions_left = ?, late = ?, paid_at = ?,
                                     version = version + 1 WHERE id = ?";
        let o = order;
        change(self.conn, sql, params![o.status, o.expires_at, o.extensions_left, o.late, o.paid_at, o.id])?;
        self.tally.moved("orders", before.as_str(), o.status.as_str());
        self.memo.live.changed(o, reader, address);
        self.changed.push(o.id);
        Ok(true)
    }

    fn update_hold(&mut self, hold: &Hold) -> Result<()> {
        let sql = "UPDATE holds SET window_ends_at = ?, release_at = ? WHERE order_id = ? AND live = 1";
        change(self.conn, sql, params![hold.window_ends_at, hold.release_at, hold.order]).map(drop)
    }

    fn release_due(&mut self, account: Option<AccountId>, now: Timestamp, limit: u32) -> Result<usize> {
        let sql = "UPDATE holds SET live = 0 WHERE order_id IN (
                     SELECT order_id FROM holds WHERE live = 1 AND release_at <= :now
                       AND (:account IS NULL OR account_id = :account) ORDER BY release_at LIMIT :limit)";
        change(self.conn, sql, named_params! {":now": now, ":account": account, ":limit": limit})
    }

    fn insert_settlement(&mut self, settlement: &Settlement) -> Result<Inserted> {
        let sql =
            "INSERT INTO settlements (id, order_id, receipt_id, gateway_ref, by_owner, settled_at, before)
                   VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let Settlement { id, order, receipt, gateway_ref, by_owner, settled_at, before } = settlement;
        insert(self.conn, sql, params![id, order, receipt, gateway_ref, by_owner, settled_at, before])
    }

    fn set_trade_of_word(&mut self, id: SettlementId, gateway_ref: &str) -> Result<bool> {
        let sql =
            "UPDATE settlements SET gateway_ref = ? WHERE id = ? AND by_owner = 1 AND receipt_id IS NULL
                     AND gateway_ref IS NULL AND undone_at IS NULL";
        Ok(change(self.conn, sql, params![gateway_ref, id])? == 1)
    }

    fn undo_settlement(&mut self, id: SettlementId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE settlements SET undone_at = ? WHERE id = ? AND undone_at IS NULL";
        Ok(change(self.conn, sql, params![now, id])? == 1)
    }
}
