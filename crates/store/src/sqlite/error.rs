//! Failures of SQLite: the one place that decides between "unavailable" and "broken".

use std::error::Error;
use std::io;
use std::path::PathBuf;

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use keywright_domain::error::StoreError;

use crate::rows::BadRow;

/// A command or a query failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    BadRow(#[from] BadRow),
    #[error("a migration failed: {0}")]
    Migration(#[source] Box<dyn Error + Send + Sync>),
    #[error("the file cannot be used with a write-ahead log")]
    NoWriteAheadLog,
    #[error("the name of the copy is not UTF-8")]
    NoText,
    #[error("a row was changed each time that it was judged")]
    Contended,
}

/// A file cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the database cannot be opened: {0}")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    #[error("the thread that writes cannot be started: {0}")]
    Thread(#[source] io::Error),
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Database(failure.into())
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        if failure.is_transient() { Self::unavailable(failure) } else { Self::broken(failure) }
    }
}

impl Failure {
    /// True if trying again later may help. Diesel keeps SQLite's message and drops its code, so it is told by
    /// the message: those of `SQLITE_BUSY`, `LOCKED`, `FULL`, `READONLY`, `IOERR`, `CANTOPEN`, `NOMEM`, `PROTOCOL`.
    pub(super) fn is_transient(&self) -> bool {
        const MESSAGES: [&str; 9] = [
            "database is locked",
            "database table is locked",
            "database schema is locked",
            "database or disk is full",
            "attempt to write a readonly database",
            "disk I/O error",
            "unable to open database",
            "out of memory",
            "locking protocol",
        ];
        match self {
            Self::Connection(_) | Self::Contended => true,
            Self::Query(QueryError::DatabaseError(DatabaseErrorKind::Unknown, information)) => {
                MESSAGES.iter().any(|message| information.message().starts_with(message))
            }
            Self::Query(_) | Self::BadRow(_) | Self::Migration(_) | Self::NoWriteAheadLog | Self::NoText => {
                false
            }
        }
    }

    /// True if the disk failed, so that what SQLite believes of the file is not to be relied on.
    pub(super) fn is_of_disk(&self) -> bool {
        self.says("disk I/O error")
    }

    /// True if the file could only be read when the connection was made, which holds for as long as it is open.
    pub(super) fn is_of_permission(&self) -> bool {
        self.says("attempt to write a readonly database")
    }

    fn says(&self, message: &str) -> bool {
        matches!(self, Self::Query(error) if error.to_string().starts_with(message))
    }
}
