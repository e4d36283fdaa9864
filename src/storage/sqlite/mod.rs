//! SQLite: one writer thread that commits in groups, a pool of read-only connections, WAL, `synchronous=FULL`.

mod agreements;
mod books;
mod catalog;
mod checkpoint;
mod codec;
mod devices;
mod gateway;
mod live;
mod log;
mod memo;
mod migrate;
mod notices;
mod orders;
mod rights;
mod sql;
mod tally;
#[cfg(test)]
mod tests;
pub mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use self::memo::Memo;
use self::tally::Tally;
use self::writer::{Writer, WriterStats};
use super::verbs::{ReadTx, WriteTx};
use super::{Changes, Error, Trouble};
use crate::domain::id::OrderId;
use crate::domain::time::{Millis, Timestamp};
use crate::limits;

/// An opened database; cheap to clone.
#[derive(Clone)]
pub struct Sqlite {
    writer: Writer,
    readers: Pool<SqliteConnectionManager>,
    changes: Changes,
    path: Arc<PathBuf>,
    reads: Arc<AtomicU64>,
}

/// Lends its connection to the reading verbs.
pub(crate) trait Lend {
    fn conn(&self) -> &Connection;

    /// What is remembered from earlier units, if anything is.
    fn memo(&self) -> Option<&Memo> {
        None
    }
}

/// A snapshot.
struct Snapshot<'c>(&'c Connection);

/// A unit of work in a transaction, and what it changed.
pub(crate) struct Unit<'c> {
    conn: &'c Connection,
    changed: Vec<OrderId>,
    tally: Tally,
    memo: &'c mut Memo,
}

impl Lend for Snapshot<'_> {
    fn conn(&self) -> &Connection {
        self.0
    }
}

impl Lend for Unit<'_> {
    fn conn(&self) -> &Connection {
        self.conn
    }

    fn memo(&self) -> Option<&Memo> {
        Some(self.memo)
    }
}

impl<T: Lend> ReadTx for T {}
impl WriteTx for Unit<'_> {}

/// The stretch of time that an instant lies in, as the indexes `holds_history` and `receipts_near` count: 2^28 ms, about
/// 74 hours. Rows of one stretch lie together, so that what is new stays in a few pages however long the past is.
fn bucket(at: Timestamp) -> i64 {
    at.millis() >> limits::BUCKET_BITS
}

/// `span` as the standard library counts time.
fn duration(span: Millis) -> Duration {
    Duration::from_millis(u64::try_from(span.get()).unwrap_or(0))
}

/// What every connection must be told before it is used. `synchronous=FULL` is M3: an answer means the disk has it.
fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(duration(limits::BUSY_TIMEOUT))?;
    conn.set_prepared_statement_cache_capacity(limits::STATEMENTS_CACHED);
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", "ON")?;
    conn.pragma_update(None, "trusted_schema", "OFF")?;
    conn.pragma_update(None, "cell_size_check", "ON")?;
    // Plans must not depend on the values bound: SQLite would prepare a statement anew each time its LIMIT is bound.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -limits::READER_CACHE_KIB)
}

/// What the connection that writes is told besides.
fn prepare_writer(conn: &Connection) -> rusqlite::Result<()> {
    prepare(conn)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    conn.pragma_update(None, "cache_size", -limits::WRITER_CACHE_KIB)?;
    // The checkpoint thread comes long before this; where it cannot keep up, the writer folds the log itself.
    conn.pragma_update(None, "wal_autocheckpoint", limits::WAL_PAGES_MAX)
}

impl Sqlite {
    /// Opens or makes the database at `path` and brings its schema up to date; `now` names the snapshot that is taken
    /// before a migration.
    ///
    /// # Errors
    /// [`Error::NewerSchema`] for a database of a newer version, else what the file or SQLite refused.
    pub fn open(path: &Path, now: Timestamp) -> Result<Sqlite, Error> {
        #[expect(clippy::disallowed_methods, reason = "this is the place that opens the database")]
        let mut conn =
            Connection::open(path).map_err(|source| Error::Failed { during: "open the database", source })?;
        prepare_writer(&conn)?;
        migrate::run(&mut conn, path, now)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let manager = SqliteConnectionManager::file(path).with_flags(flags).with_init(|conn| prepare(conn));
        let readers = Pool::builder()
            .max_size(limits::READERS_MAX)
            .min_idle(Some(1))
            .connection_timeout(duration(limits::READER_WAIT))
            .test_on_check_out(false)
            .build(manager)
            .map_err(|_| Error::Busy)?;
        let changes = Changes::default();
        let writer = Writer::spawn(conn, path.to_owned(), changes.clone())?;
        Ok(Sqlite { writer, readers, changes, path: Arc::new(path.to_owned()), reads: Arc::default() })
    }

    pub(super) async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: FnMut(&mut dyn WriteTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + std::error::Error + Send + 'static,
    {
        self.writer.run(unit).await
    }

    pub(super) async fn read<T, E, F>(&self, look: F) -> Result<T, E>
    where
        F: FnOnce(&dyn ReadTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let readers = self.readers.clone();
        let task = tokio::task::spawn_blocking(move || {
            let conn = readers.get().map_err(|_| Error::Busy)?;
            // One snapshot for the whole closure; the transaction ends with its guard, also when `look` fails.
            let tx = conn.unchecked_transaction().map_err(Error::from)?;
            look(&Snapshot(&tx))
        });
        match task.await {
            Ok(result) => result,
            Err(join) if join.is_panic() => std::panic::resume_unwind(join.into_panic()),
            Err(_) => Err(Error::Closed.into()),
        }
    }

    pub(super) fn changes(&self) -> &Changes {
        &self.changes
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.writer.trouble()
    }

    pub(super) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    pub(super) fn writer_stats(&self) -> WriterStats {
        self.writer.stats()
    }

    pub(super) async fn probe(&self) -> Result<(), Error> {
        self.writer.probe().await
    }

    pub(super) async fn backup_to(&self, to: PathBuf) -> Result<(), Error> {
        let from = Arc::clone(&self.path);
        let task = tokio::task::spawn_blocking(move || migrate::copy(&from, &to));
        task.await.unwrap_or(Err(Error::Closed))
    }
}
