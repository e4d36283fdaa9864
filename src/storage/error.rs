//! What can go wrong with the database itself. An expected conflict is a value of its verb, not an error.

/// Why the database refuses writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// No space left.
    DiskFull,
    /// The disk answers with errors, or the file became read-only.
    Disk,
    /// The file is damaged.
    Corrupt,
}

impl Trouble {
    /// The stable form shown by `/readyz`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Trouble::DiskFull => "disk_full",
            Trouble::Disk => "disk_error",
            Trouble::Corrupt => "database_corrupt",
        }
    }
}

/// A failure of the storage.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// More work is waiting than the queue holds, or no connection came free in time.
    #[error("the database is busy")]
    Busy,
    /// Writes are refused until the disk works again; reads go on.
    #[error("the database refuses writes: {}", .0.as_str())]
    Unavailable(Trouble),
    /// A stored value is not one this program writes.
    #[error("the database holds a {what} that this version does not know")]
    Unreadable {
        /// Which column or table.
        what: &'static str,
    },
    /// The database was written by a newer version.
    #[error("the database has schema {found}, this version knows {known}: use the newer matcha")]
    NewerSchema {
        /// The stored schema version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The unit of work panicked and was rolled back.
    #[error("a unit of work failed an assertion and was rolled back")]
    Panicked,
    /// The writer is gone: the process is stopping.
    #[error("the database is closed")]
    Closed,
    /// SQLite said no.
    #[error("the database failed to {during}")]
    Failed {
        /// What was attempted.
        during: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A file beside the database could not be handled.
    #[error("could not {during}")]
    File {
        /// What was attempted.
        during: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// The trouble that stands behind a failure, if it is one that concerns every write.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        use rusqlite::ErrorCode;
        match self {
            Error::Unavailable(trouble) => Some(*trouble),
            Error::Failed { source, .. } => match source.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => Some(Trouble::DiskFull),
                Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                    Some(Trouble::Disk)
                }
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Some(Trouble::Corrupt),
                _ => None,
            },
            Error::Busy
            | Error::Unreadable { .. }
            | Error::NewerSchema { .. }
            | Error::Panicked
            | Error::Closed
            | Error::File { .. } => None,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Error {
        Error::Failed { during: "run a statement", source }
    }
}
