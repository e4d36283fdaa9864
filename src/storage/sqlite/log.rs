//! The log, keys and counts.

use rusqlite::params;

use super::sql::{all, change, one};
use super::{Lend, Unit};
use crate::domain::id::KeyId;
use crate::domain::log::Entry;
use crate::domain::time::Timestamp;
use crate::storage::verbs::{Census, LogLine, LogRead, LogWrite, Result};

impl<T: Lend> LogRead for T {
    fn log_of(&self, subject: i64, limit: u32) -> Result<Vec<LogLine>> {
        let sql = "SELECT at, act, actor, cause FROM log WHERE subject = ? ORDER BY id LIMIT ?";
        all(self.conn(), sql, params![subject, limit], |row| {
            Ok(LogLine { at: row.get(0)?, act: row.get(1)?, actor: row.get(2)?, cause: row.get(3)? })
        })
    }

    fn owner_key(&self, hash: &[u8; 32]) -> Result<Option<KeyId>> {
        let sql = "SELECT id FROM api_keys WHERE hash = ? AND scope = 'owner' AND revoked_at IS NULL";
        one(self.conn(), sql, [hash], |row| row.get(0))
    }

    fn largest_id(&self) -> Result<i64> {
        // Every act is logged with an id of the same generator, so the log alone nearly is the answer; the others are
        // asked because what is logged last may have an older id than the row it is about.
        let sql = "SELECT max(ifnull((SELECT max(id) FROM log), 0), ifnull((SELECT max(id) FROM orders), 0),
                              ifnull((SELECT max(id) FROM notices), 0), ifnull((SELECT max(id) FROM receipts), 0),
                              ifnull((SELECT max(id) FROM inbox), 0), ifnull((SELECT max(id) FROM settlements), 0),
                              ifnull((SELECT max(id) FROM unlocks), 0), ifnull((SELECT max(id) FROM codes), 0),
                              ifnull((SELECT max(id) FROM seats), 0), ifnull((SELECT max(id) FROM claims), 0),
                              ifnull((SELECT max(id) FROM coupons), 0), ifnull((SELECT max(id) FROM book_days), 0),
                              ifnull((SELECT max(id) FROM differences), 0), ifnull((SELECT max(id) FROM transfers), 0),
                              ifnull((SELECT max(id) FROM refunds), 0),
                              ifnull((SELECT max(id) FROM gateway_messages), 0),
                              ifnull((SELECT max(id) FROM agreements), 0))";
        Ok(one(self.conn(), sql, [], |row| row.get(0))?.unwrap_or(0))
    }

    fn census(&self) -> Result<Census> {
        let conn = self.conn();
        let count = |sql: &str| -> Result<i64> { Ok(one(conn, sql, [], |row| row.get(0))?.unwrap_or(0)) };
        let amounts = "SELECT a.id, a.channel, count(c.id),
                         count(c.id) FILTER (WHERE NOT EXISTS (SELECT 1 FROM holds h WHERE h.account_id = a.id
                           AND h.amount_fen = c.amount_fen AND h.live = 1
                           AND h.remark = CASE a.distinguish WHEN 'remark' THEN c.remark ELSE '' END))
                       FROM accounts a LEFT JOIN codes c
                         ON c.account_id = a.id AND c.amount_fen IS NOT NULL AND c.removed_at IS NULL
                       GROUP BY a.id";
        Ok(Census {
            inbox_open: count("SELECT count(*) FROM inbox WHERE state = 'open'")?,
            inbox_oldest: one(conn, "SELECT min(created_at) FROM inbox WHERE state = 'open'", [], |row| {
                row.get(0)
            })?
            .flatten(),
            holds_live: count("SELECT count(*) FROM holds WHERE live = 1")?,
            counts: all(conn, "SELECT kind || '_' || state, rows FROM counts", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?,
            devices: all(
                conn,
                "SELECT id, last_seen_at, silent_since FROM devices WHERE revoked_at IS NULL",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?,
            amounts: all(conn, amounts, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?,
        })
    }
}

impl LogWrite for Unit<'_> {
    fn log(&mut self, id: i64, at: Timestamp, entry: &Entry) -> Result<()> {
        let sql = "INSERT INTO log (id, at, subject, act, actor, cause) VALUES (?, ?, ?, ?, ?, ?)";
        let Entry { subject, act, actor, cause } = entry;
        change(self.conn, sql, params![id, at, subject.raw(), act.as_str(), actor.to_string(), cause])
            .map(drop)
    }

    fn touch(&mut self) -> Result<()> {
        change(self.conn, "UPDATE pulse SET beats = beats + 1", []).map(drop)
    }

    fn insert_owner_key(&mut self, id: KeyId, name: &str, hash: &[u8; 32], now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO api_keys (id, name, hash, scope, created_at) VALUES (?, ?, ?, 'owner', ?)";
        change(self.conn, sql, params![id, name, hash, now]).map(drop)
    }
}
