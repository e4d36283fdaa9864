//! Rows in, rows out.
//!
//! Knows transactions, durability and the health of the database. Refuses to know rules: what is written is decided in
//! `flow`, and this folder never sees `flow` or `web`.
//!
//! [`Store::write`] runs a whole unit of work on the writer: a caller that goes away cannot cut it in half, a unit that
//! fails leaves nothing behind, and a unit that is answered is durable. [`Store::read`] runs on a read-only connection
//! and sees one consistent snapshot. What changed is announced on [`Changes`] after the commit, as a hint: the row is
//! the truth (M10).

pub mod books;
mod changes;
#[cfg(test)]
mod conformance;
mod error;
pub mod sqlite;
pub mod verbs;

pub use changes::{Changes, Watch};
pub use error::{Error, Trouble};
pub use sqlite::writer::WriterStats;

use self::verbs::{ReadTx, WriteTx};

/// A handle to the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    backend: sqlite::Sqlite,
}

impl Store {
    /// Wraps an opened SQLite database.
    #[must_use]
    pub fn new(backend: sqlite::Sqlite) -> Store {
        Store { backend }
    }

    /// Runs `unit` in one transaction and answers when it is durable.
    ///
    /// `Err` from the unit rolls back all it did, and nothing else. The unit runs to its end even if the caller is
    /// dropped. It may be run more than once before it is answered, so it must change nothing but the database; only its
    /// last run counts.
    ///
    /// # Errors
    /// What the unit returned, or an [`Error`] of the storage turned into `E`: [`Error::Busy`] where the writer's queue
    /// stays full, [`Error::Unavailable`] while the disk refuses writes.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: FnMut(&mut dyn WriteTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + std::error::Error + Send + 'static,
    {
        self.backend.write(unit).await
    }

    /// Runs `look` on one snapshot.
    ///
    /// # Errors
    /// What the closure returned, or an [`Error`] of the storage turned into `E`.
    pub async fn read<T, E, F>(&self, look: F) -> Result<T, E>
    where
        F: FnOnce(&dyn ReadTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.backend.read(look).await
    }

    /// Where changes are announced after commit.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        self.backend.changes()
    }

    /// Why writes are refused at the moment; `None` while all is well.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.backend.trouble()
    }

    /// How many snapshots were read so far: what a server costs that has nothing to do.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.backend.reads()
    }

    /// How the writer is doing.
    #[must_use]
    pub fn writer_stats(&self) -> WriterStats {
        self.backend.writer_stats()
    }

    /// Tries a real, empty write: how a database that refused writes is found to work again.
    ///
    /// # Errors
    /// While it still refuses.
    pub async fn probe(&self) -> Result<(), Error> {
        self.backend.probe().await
    }

    /// A consistent copy of the database while it is in use.
    ///
    /// # Errors
    /// Where the copy cannot be written.
    pub async fn backup_to(&self, path: std::path::PathBuf) -> Result<(), Error> {
        self.backend.backup_to(path).await
    }
}
