//! Unlocks, seats and claims.

use rusqlite::{Row, named_params, params};

use super::sql::{all, change, insert, one};
use super::{Lend, Unit};
use crate::domain::claim::Claim;
use crate::domain::id::{ClaimId, InboxId, OrderId, ProductId, SeatId, UnlockId};
use crate::domain::time::Timestamp;
use crate::domain::unlock::{Seat, Unlock};
use crate::limits;
use crate::storage::verbs::{Inserted, Page, Result, RightRead, RightWrite};

const UNLOCK: &str = "id, order_id, site_id, product_id, issued_at, revoked_at, expires_at, buyer_out_at";
const SEAT: &str = "id, unlock_id, reader, label, created_at, seen_at, signed_out_at";
const CLAIM: &str =
    "id, site_id, product_id, order_id, amount_fen, paid_at, digits, note, created_at, paid_by_grant";

fn unlock(row: &Row<'_>) -> rusqlite::Result<Unlock> {
    Ok(Unlock {
        id: row.get(0)?,
        order: row.get(1)?,
        site: row.get(2)?,
        product: row.get(3)?,
        issued_at: row.get(4)?,
        revoked_at: row.get(5)?,
        expires_at: row.get(6)?,
        buyer_out_at: row.get(7)?,
    })
}

fn seat(row: &Row<'_>) -> rusqlite::Result<Seat> {
    Ok(Seat {
        id: row.get(0)?,
        unlock: row.get(1)?,
        reader: row.get(2)?,
        label: row.get(3)?,
        created_at: row.get(4)?,
        seen_at: row.get(5)?,
        signed_out_at: row.get(6)?,
    })
}

fn claim(row: &Row<'_>) -> rusqlite::Result<Claim> {
    Ok(Claim {
        id: row.get(0)?,
        site: row.get(1)?,
        product: row.get(2)?,
        order: row.get(3)?,
        amount: row.get(4)?,
        paid_at: row.get(5)?,
        digits: row.get(6)?,
        note: row.get(7)?,
        created_at: row.get(8)?,
        paid_by_grant: row.get(9)?,
    })
}

impl<T: Lend> RightRead for T {
    fn unlock_of(&self, order: OrderId) -> Result<Option<Unlock>> {
        let sql = format!("SELECT {UNLOCK} FROM unlocks WHERE order_id = ? AND revoked_at IS NULL");
        one(self.conn(), &sql, [order], unlock)
    }

    fn unlock(&self, id: UnlockId) -> Result<Option<Unlock>> {
        one(self.conn(), &format!("SELECT {UNLOCK} FROM unlocks WHERE id = ?"), [id], unlock)
    }

    fn unlocks(&self, product: Option<ProductId>, page: Page) -> Result<Vec<Unlock>> {
        let sql = format!(
            "SELECT {UNLOCK} FROM unlocks WHERE id < :before AND (:product IS NULL OR product_id = :product)
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        all(
            self.conn(),
            &sql,
            named_params! {":before": before, ":product": product, ":limit": page.limit},
            unlock,
        )
    }

    fn running_until(&self, first: OrderId) -> Result<Option<Timestamp>> {
        let sql = "SELECT max(expires_at) FROM unlocks WHERE revoked_at IS NULL AND order_id IN (
                     SELECT ?1 UNION ALL SELECT id FROM orders WHERE renews_id = ?1 AND renews_id IS NOT NULL)";
        Ok(one(self.conn(), sql, [first], |row| row.get(0))?.flatten())
    }

    fn seat(&self, id: SeatId) -> Result<Option<Seat>> {
        one(self.conn(), &format!("SELECT {SEAT} FROM seats WHERE id = ?"), [id], seat)
    }

    fn seats(&self, unlock: UnlockId) -> Result<Vec<Seat>> {
        let sql = format!(
            "SELECT {SEAT} FROM seats WHERE unlock_id = ? AND signed_out_at IS NULL ORDER BY id LIMIT ?"
        );
        all(self.conn(), &sql, params![unlock, limits::SEATS_MAX], seat)
    }

    fn claim(&self, id: ClaimId) -> Result<Option<Claim>> {
        one(self.conn(), &format!("SELECT {CLAIM} FROM claims WHERE id = ?"), [id], claim)
    }

    fn inbox_of_claim(&self, id: ClaimId) -> Result<Option<InboxId>> {
        one(self.conn(), "SELECT id FROM inbox WHERE claim_id = ?", [id], |row| row.get(0))
    }
}

impl RightWrite for Unit<'_> {
    fn insert_unlock(&mut self, unlock: &Unlock) -> Result<Inserted> {
        let sql = "INSERT INTO unlocks (id, order_id, site_id, product_id, issued_at, expires_at)
                   VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let Unlock { id, order, site, product, issued_at, expires_at, .. } = unlock;
        insert(self.conn, sql, params![id, order, site, product, issued_at, expires_at])
    }

    fn revoke_unlock(&mut self, id: UnlockId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE unlocks SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";
        Ok(change(self.conn, sql, params![now, id])? == 1)
    }

    fn sign_out_buyer(&mut self, id: UnlockId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE unlocks SET buyer_out_at = ? WHERE id = ? AND buyer_out_at IS NULL";
        Ok(change(self.conn, sql, params![now, id])? == 1)
    }

    fn insert_seat(&mut self, seat: &Seat) -> Result<Inserted> {
        let sql = "INSERT INTO seats (id, unlock_id, reader, label, created_at, seen_at)
                   VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let Seat { id, unlock, reader, label, created_at, seen_at, .. } = seat;
        insert(self.conn, sql, params![id, unlock, reader, label, created_at, seen_at])
    }

    fn see_seat(&mut self, id: SeatId, now: Timestamp) -> Result<()> {
        change(self.conn, "UPDATE seats SET seen_at = ? WHERE id = ? AND seen_at < ?", params![now, id, now])
            .map(drop)
    }

    fn sign_out_seat(&mut self, id: SeatId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE seats SET signed_out_at = ? WHERE id = ? AND signed_out_at IS NULL";
        Ok(change(self.conn, sql, params![now, id])? == 1)
    }

    fn insert_claim(&mut self, claim: &Claim) -> Result<Inserted> {
        let sql = "INSERT INTO claims (id, site_id, product_id, order_id, amount_fen, paid_at, digits, note, created_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let Claim { id, site, product, order, amount, paid_at, digits, note, created_at, .. } = claim;
        insert(self.conn, sql, params![id, site, product, order, amount, paid_at, digits, note, created_at])
    }

    fn set_paid_by_grant(&mut self, id: ClaimId, paid: bool) -> Result<()> {
        change(self.conn, "UPDATE claims SET paid_by_grant = ? WHERE id = ?", params![paid, id]).map(drop)
    }
}
