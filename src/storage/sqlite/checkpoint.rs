//! Folds the write-ahead log into the database beside the writer, so that no unit of work waits for it.
//!
//! A passive checkpoint (<https://sqlite.org/wal.html#ckpt>) disturbs neither readers nor the writer; one that fails or
//! comes to nothing costs nothing but a longer log, and the next one tries again.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

use super::prepare;
use crate::limits;
use crate::storage::Error;

/// The thread that folds the log, as its writer sees it.
pub(super) struct Checkpoints {
    due: SyncSender<()>,
    thread: JoinHandle<()>,
    units: u64,
}

impl Checkpoints {
    pub(super) fn spawn(path: PathBuf) -> Result<Checkpoints, Error> {
        // Room for one: what was written since the last fold is folded by the next, however often it was asked for.
        let (due, asked) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("matcha-checkpoint".to_owned())
            .spawn(move || run(&path, &asked))
            .map_err(|source| Error::File { during: "start the checkpoint thread", source })?;
        Ok(Checkpoints { due, thread, units: 0 })
    }

    /// Units of work were committed.
    pub(super) fn written(&mut self, units: u64) {
        self.units += units;
        if self.units >= limits::CHECKPOINT_UNITS {
            self.units = 0;
            // One that is already asked for does.
            self.due.try_send(()).ok();
        }
    }

    /// Waits until a fold that is under way is done, and ends.
    pub(super) fn end(self) {
        drop(self.due);
        drop(self.thread.join());
    }
}

fn run(path: &std::path::Path, asked: &Receiver<()>) {
    // Opened when it is first needed: a server that writes little never needs it.
    let mut conn: Option<Connection> = None;
    while asked.recv().is_ok() {
        if conn.is_none() {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let opened = Connection::open_with_flags(path, flags);
            conn = opened.and_then(|conn| prepare(&conn).map(|()| conn)).ok();
        }
        let folded =
            conn.as_ref().map(|conn| conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())));
        if let Some(Err(error)) = folded {
            tracing::debug!(%error, "the write-ahead log was not folded this time");
            conn = None;
        }
    }
}
