//! How many rows are in each state, added up over a group of units and written once with it.

use rusqlite::{Connection, params};

use super::sql::change;
use crate::storage::verbs::Result;

/// The rows of the table `counts`.
const KEYS: [(&str, &str); 15] = [
    ("orders", "pending"),
    ("orders", "paid"),
    ("orders", "expired"),
    ("orders", "cancelled"),
    ("orders", "refunded"),
    ("notices", "pending"),
    ("notices", "receipt"),
    ("notices", "refused"),
    ("notices", "hint"),
    ("notices", "unread"),
    ("receipts", "settled"),
    ("receipts", "echo"),
    ("receipts", "pin"),
    ("receipts", "inbox"),
    ("receipts", "dismissed"),
];

/// What has to be added to `counts`. A copy of it, taken before a unit, undoes the unit.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally([i64; KEYS.len()]);

impl Tally {
    fn add(&mut self, kind: &str, state: &str, rows: i64) {
        let place = KEYS.iter().position(|key| *key == (kind, state)).and_then(|at| self.0.get_mut(at));
        let Some(sum) = place else { unreachable!("{kind} {state} is counted") };
        *sum += rows;
    }

    /// A row came in.
    pub(super) fn came(&mut self, kind: &str, state: &str) {
        self.add(kind, state, 1);
    }

    /// A row changed its state.
    pub(super) fn moved(&mut self, kind: &str, from: &str, to: &str) {
        self.add(kind, from, -1);
        self.add(kind, to, 1);
    }

    /// Adds it to the table.
    pub(super) fn write(&self, conn: &Connection) -> Result<()> {
        for ((kind, state), rows) in KEYS.iter().zip(self.0).filter(|(_, rows)| *rows != 0) {
            let sql = "UPDATE counts SET rows = rows + ? WHERE kind = ? AND state = ?";
            change(conn, sql, params![rows, kind, state])?;
        }
        Ok(())
    }
}
