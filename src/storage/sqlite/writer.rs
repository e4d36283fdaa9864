//! The writer: one thread, one connection, many units of work in one commit.
//!
//! Units wait in a bounded queue. The thread takes all that are there, runs them in one `BEGIN IMMEDIATE` transaction,
//! commits once with `synchronous=FULL`, and only then lets the runtime answer each of them: waking one task that wakes
//! the others costs this thread less than waking each.
//!
//! A unit that fails leaves nothing behind, and its neighbours do not notice; a unit that panics is such a failure; a
//! caller that hangs up changes nothing. A savepoint costs a copy of every page, and units that write and then fail are
//! rare. So a group is first run without; where one of its units fails after it wrote, all is rolled back and run again
//! with a savepoint for each. That is why a unit may run twice, and must change nothing but the database.
//!
//! When the disk refuses (full, I/O error, damaged), all units of the group are answered with that, and new ones are
//! refused at once until `Writer::probe` gets a real write through.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Checkpoints;
use super::memo::Memo;
use super::tally::Tally;
use super::{Unit, duration, prepare_writer};
use crate::clock::Stopwatch;
use crate::domain::id::OrderId;
use crate::limits;
use crate::storage::verbs::WriteTx;
use crate::storage::{Changes, Error, Trouble};

/// A handle to the writer thread; cheap to clone. The thread ends when the last handle is gone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    shared: Arc<Shared>,
}

/// How the writer has been doing since it started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WriterStats {
    /// Units of work that were run, whatever became of them.
    pub units: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Microseconds spent in transactions.
    pub busy_micros: u64,
    /// Units in the largest group so far.
    pub largest_batch: u64,
}

#[derive(Default)]
struct Shared {
    /// The runtime that asked first: where answers are given.
    runtime: OnceLock<Handle>,
    trouble: AtomicU8,
    units: AtomicU64,
    commits: AtomicU64,
    busy_micros: AtomicU64,
    largest_batch: AtomicU64,
}

impl Shared {
    fn trouble(&self) -> Option<Trouble> {
        match self.trouble.load(Ordering::Acquire) {
            1 => Some(Trouble::DiskFull),
            2 => Some(Trouble::Disk),
            3 => Some(Trouble::Corrupt),
            _ => None,
        }
    }

    fn set_trouble(&self, trouble: Option<Trouble>) {
        let code = match trouble {
            None => 0,
            Some(Trouble::DiskFull) => 1,
            Some(Trouble::Disk) => 2,
            Some(Trouble::Corrupt) => 3,
        };
        self.trouble.store(code, Ordering::Release);
    }
}

/// A unit of work that waits, with the way to answer its caller.
trait Job: Send {
    /// Runs, perhaps more than once: each time as if for the first time.
    fn run(&mut self, tx: &mut Unit<'_>) -> Ran;
    /// Answers the caller: `Ok` after the commit, or why there was none.
    fn answer(self: Box<Self>, committed: Result<(), Error>);
}

/// How a unit of work ended.
enum Ran {
    /// Well: keep what it did.
    Kept,
    /// It failed: roll back what it did.
    Failed,
    /// The disk failed under it: nothing of the group can be trusted.
    Trouble(Trouble),
}

/// The trouble of the storage somewhere in a chain of errors.
fn trouble_in(error: &(dyn std::error::Error + 'static)) -> Option<Trouble> {
    std::iter::successors(Some(error), |e| e.source())
        .find_map(|e| e.downcast_ref::<Error>())
        .and_then(Error::trouble)
}

struct Work<F, T, E> {
    unit: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: FnMut(&mut dyn WriteTx) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + std::error::Error + Send + 'static,
{
    fn run(&mut self, tx: &mut Unit<'_>) -> Ran {
        let unit = &mut self.unit;
        let result =
            catch_unwind(AssertUnwindSafe(|| unit(tx))).unwrap_or_else(|_| Err(Error::Panicked.into()));
        let ran = match &result {
            Ok(_) => Ran::Kept,
            Err(error) => trouble_in(error).map_or(Ran::Failed, Ran::Trouble),
        };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>, committed: Result<(), Error>) {
        let result = match (committed, self.result) {
            (Err(error), Some(Ok(_)) | None) => Err(error.into()),
            (_, Some(result)) => result,
            (Ok(()), None) => Err(Error::Closed.into()),
        };
        // A caller that went away does not want the answer; the work is done all the same.
        drop(self.reply.send(result));
    }
}

impl Writer {
    pub(super) fn spawn(conn: Connection, path: PathBuf, changes: Changes) -> Result<Writer, Error> {
        let (queue, jobs) = mpsc::channel(limits::WRITER_QUEUE_MAX);
        let shared = Arc::new(Shared::default());
        let checkpoints = Checkpoints::spawn(path.clone())?;
        let thread =
            Thread { conn, memo: Memo::default(), checkpoints, path, changes, shared: Arc::clone(&shared) };
        std::thread::Builder::new()
            .name("matcha-writer".to_owned())
            .spawn(move || thread.run(jobs))
            .map_err(|source| Error::File { during: "start the writer thread", source })?;
        Ok(Writer { queue, shared })
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.shared.trouble()
    }

    pub(super) fn stats(&self) -> WriterStats {
        WriterStats {
            units: self.shared.units.load(Ordering::Relaxed),
            commits: self.shared.commits.load(Ordering::Relaxed),
            busy_micros: self.shared.busy_micros.load(Ordering::Relaxed),
            largest_batch: self.shared.largest_batch.load(Ordering::Relaxed),
        }
    }

    pub(super) async fn run<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: FnMut(&mut dyn WriteTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + std::error::Error + Send + 'static,
    {
        if let Some(trouble) = self.shared.trouble() {
            return Err(Error::Unavailable(trouble).into());
        }
        self.send(unit).await
    }

    /// A real write: a unit of its own that is not refused beforehand. Success ends the trouble.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        self.send(|tx: &mut dyn WriteTx| tx.touch()).await
    }

    async fn send<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: FnMut(&mut dyn WriteTx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + std::error::Error + Send + 'static,
    {
        self.shared.runtime.get_or_init(Handle::current);
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { unit, result: None, reply });
        let room = tokio::time::timeout(duration(limits::WRITER_WAIT), self.queue.reserve()).await;
        match room {
            Ok(Ok(room)) => room.send(job),
            Ok(Err(_)) => return Err(Error::Closed.into()),
            Err(_) => return Err(Error::Busy.into()),
        }
        answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }
}

struct Thread {
    conn: Connection,
    memo: Memo,
    checkpoints: Checkpoints,
    path: PathBuf,
    changes: Changes,
    shared: Arc<Shared>,
}

impl Thread {
    fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
        let mut batch = Vec::with_capacity(limits::WRITER_BATCH_MAX);
        while jobs.blocking_recv_many(&mut batch, limits::WRITER_BATCH_MAX) > 0 {
            let watch = Stopwatch::start();
            let size = u64::try_from(batch.len()).unwrap_or(u64::MAX);
            let committed = self.commit(&mut batch);
            let micros = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.shared.units.fetch_add(size, Ordering::Relaxed);
            self.shared.commits.fetch_add(u64::from(committed), Ordering::Relaxed);
            self.shared.busy_micros.fetch_add(micros, Ordering::Relaxed);
            self.shared.largest_batch.fetch_max(size, Ordering::Relaxed);
            if committed {
                self.checkpoints.written(size);
            }
        }
        self.checkpoints.end();
        // The last handle is gone: fold the WAL back so that the next start is quick. Not needed for safety.
        if let Err(error) = self.conn.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
            tracing::debug!(%error, "the last checkpoint was left to the next start");
        }
    }

    /// Runs a group and answers it; whether it was committed.
    fn commit(&mut self, batch: &mut Vec<Box<dyn Job>>) -> bool {
        match self.transaction(batch) {
            Ok(changed) => {
                self.shared.set_trouble(None);
                self.answer(std::mem::replace(batch, Vec::with_capacity(limits::WRITER_BATCH_MAX)), changed);
                true
            }
            Err(error) => {
                self.refuse(batch, &error);
                false
            }
        }
    }

    /// Tells everybody that the group is durable, first those who asked for it.
    fn answer(&self, batch: Vec<Box<dyn Job>>, changed: Vec<OrderId>) {
        let changes = self.changes.clone();
        let tell = move || {
            for job in batch {
                job.answer(Ok(()));
            }
            for order in changed {
                changes.announce(order);
            }
        };
        match self.shared.runtime.get() {
            Some(runtime) => drop(runtime.spawn(async move { tell() })),
            None => tell(),
        }
    }

    fn refuse(&mut self, batch: &mut Vec<Box<dyn Job>>, error: &Error) {
        let trouble = error.trouble();
        self.memo.clear();
        tracing::error!(%error, source = ?std::error::Error::source(error), units = batch.len(), "a commit failed");
        if trouble.is_some() {
            self.shared.set_trouble(trouble);
        }
        // A group that is not durable is not answered as if it were: each caller learns why and may try again.
        for job in batch.drain(..) {
            job.answer(Err(trouble.map_or(Error::Busy, Error::Unavailable)));
        }
        if !self.conn.is_autocommit() {
            drop(self.conn.execute_batch("ROLLBACK"));
        }
        if matches!(trouble, Some(Trouble::Disk | Trouble::Corrupt)) {
            self.reopen();
        }
    }

    /// After an I/O error a connection may hold stale pages or a broken WAL index; a fresh one reads the truth.
    fn reopen(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "the writer's own connection, opened anew")]
        let fresh = Connection::open(&self.path).and_then(|conn| prepare_writer(&conn).map(|()| conn));
        match fresh {
            Ok(conn) => self.conn = conn,
            Err(error) => tracing::error!(%error, "the database could not be opened again yet"),
        }
    }

    /// Runs a group, and again with care where it has to be; what it changed.
    fn transaction(&mut self, batch: &mut [Box<dyn Job>]) -> Result<Vec<OrderId>, Error> {
        match self.attempt(batch, false)? {
            Some(changed) => Ok(changed),
            None => self.attempt(batch, true).map(Option::unwrap_or_default),
        }
    }

    /// Runs a group in one transaction and commits it. Without `care`, a unit that fails after it wrote spoils the
    /// group: it is rolled back then, and the answer is `None`.
    fn attempt(&mut self, batch: &mut [Box<dyn Job>], care: bool) -> Result<Option<Vec<OrderId>>, Error> {
        let conn = &self.conn;
        let run = |sql: &'static str, during: &'static str| {
            let statement = conn.prepare_cached(sql);
            statement.and_then(|mut s| s.execute([])).map_err(|source| Error::Failed { during, source })
        };
        run("BEGIN IMMEDIATE", "begin a transaction")?;
        self.memo.keep_only(data_version(conn)?);
        let mut unit = Unit { conn, changed: Vec::new(), tally: Tally::default(), memo: &mut self.memo };
        for job in batch {
            let before = (unit.changed.len(), unit.tally, conn.total_changes());
            if care {
                run("SAVEPOINT unit", "begin a unit of work")?;
            }
            match job.run(&mut unit) {
                Ran::Kept => {}
                Ran::Failed if conn.total_changes() == before.2 => {}
                Ran::Failed => {
                    unit.memo.clear();
                    if !care {
                        run("ROLLBACK", "roll back a group")?;
                        return Ok(None);
                    }
                    run("ROLLBACK TO unit", "roll back a unit of work")?;
                    unit.changed.truncate(before.0);
                    unit.tally = before.1;
                }
                Ran::Trouble(trouble) => return Err(Error::Unavailable(trouble)),
            }
            if care {
                run("RELEASE unit", "end a unit of work")?;
            }
        }
        unit.tally.write(conn)?;
        run("COMMIT", "commit")?;
        Ok(Some(unit.changed))
    }
}

/// A number that changes when another connection has written (<https://sqlite.org/pragma.html#pragma_data_version>).
fn data_version(conn: &Connection) -> Result<i64, Error> {
    let version =
        conn.prepare_cached("PRAGMA data_version").and_then(|mut s| s.query_row([], |row| row.get(0)));
    version.map_err(|source| Error::Failed { during: "ask for the version of the data", source })
}

/// A setting of the writer's connection, which tests change between two groups.
#[cfg(test)]
struct Setting {
    sql: &'static str,
    value: Option<i64>,
    reply: oneshot::Sender<Option<i64>>,
}

#[cfg(test)]
impl Job for Setting {
    fn run(&mut self, tx: &mut Unit<'_>) -> Ran {
        self.value = tx.conn.query_row(self.sql, [], |row| row.get(0)).ok();
        Ran::Kept
    }

    fn answer(self: Box<Self>, _committed: Result<(), Error>) {
        self.reply.send(self.value).ok();
    }
}

#[cfg(test)]
impl Writer {
    /// Runs a pragma on the writer's connection; what it answers.
    pub(super) async fn setting(&self, sql: &'static str) -> Option<i64> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Setting { sql, value: None, reply });
        assert!(self.queue.send(job).await.is_ok(), "the writer is there");
        answer.await.expect("a setting is answered")
    }
}
