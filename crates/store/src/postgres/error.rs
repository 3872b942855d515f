//! Failures of PostgreSQL: the one place that decides between "retry", "unavailable" and "broken".

use std::error::Error;
use std::fmt::Display;

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as QueryError};
use keywright_domain::error::StoreError;

use crate::rows::BadRow;

/// A command or a query failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("cannot connect to the database: {}", chain(.0))]
    Connecting(#[from] tokio_postgres::Error),
    #[error("cannot connect to the database in time")]
    ConnectingTookTooLong,
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    BadRow(#[from] BadRow),
    #[error("a migration failed: {0}")]
    Migration(#[source] Box<dyn Error + Send + Sync>),
    #[error("a row was changed each time that it was judged")]
    Contended,
    #[error("too many commands are waiting for the database")]
    TooManyWaiting,
    #[error("nobody waits for the command any more")]
    TooLate,
    #[error("it is not known whether the command was committed: {0}")]
    Unknown(#[source] QueryError),
    #[error("the thread of the command is gone: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// A database cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is not shown: it may hold a password.
    #[error("the URL of the database is none that PostgreSQL knows")]
    Url,
    #[error("the URL of the database must name a host, and one port for all hosts or one for each")]
    Hosts,
    #[error("sslmode must be disable, prefer, require or verify-full")]
    SslMode,
    #[error("the URL of the database says {0} more than once")]
    Repeated(&'static str),
    #[error("sslrootcert needs sslmode=verify-full: nothing else verifies a certificate")]
    SslRootCert,
    #[error("no certificate of an authority can be read from {place}: {cause}")]
    Authorities { place: String, cause: String },
    #[error("TLS to the database cannot be set up: {0}")]
    Tls(String),
    #[error(transparent)]
    Database(Failure),
}

impl OpenError {
    pub(super) fn tls(cause: impl Display) -> Self {
        Self::Tls(cause.to_string())
    }

    pub(super) fn authorities(place: &str, cause: impl Display) -> Self {
        Self::Authorities { place: place.to_owned(), cause: cause.to_string() }
    }
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Database(failure)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        if failure.is_transient() { Self::unavailable(failure) } else { Self::broken(failure) }
    }
}

impl Failure {
    /// True if nothing was written because another command was in the way, so that it may be run again at once. A
    /// row that refers to one that has just gone is such a case, too: the next run finds it gone.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Self::Contended => true,
            Self::Query(QueryError::DatabaseError(kind, information)) => match kind {
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ForeignKeyViolation => true,
                DatabaseErrorKind::Unknown => is_deadlock(information.as_ref()),
                _ => false,
            },
            _ => false,
        }
    }

    /// The same, of a statement that may have been committed: if the connection broke, nobody knows.
    pub(super) fn of_unknown_outcome(self) -> Self {
        match self {
            Self::Query(error) if is_broken(&error) => Self::Unknown(error),
            other => other,
        }
    }

    /// Judges a failed commit: its outcome is unknown unless it reports a conflict.
    pub(super) fn of_commit(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Query(error),
            other => Self::Unknown(other),
        }
    }

    /// True if another connection may be asked the same at once: nothing was done because this one is broken, or leads to
    /// where nothing can be written.
    pub(super) fn is_of_connection(&self) -> bool {
        match self {
            Self::Connecting(_) | Self::ConnectingTookTooLong | Self::Connection(_) | Self::Unknown(_) => {
                true
            }
            Self::Query(error) => is_broken(error) || is_read_only(error),
            _ => false,
        }
    }

    /// True if the connection must not be used again. A reason that Diesel does not know may be the connection's own: a
    /// statement that it has prepared and that a migration has changed since is refused on it for ever.
    pub(super) fn spoils_connection(&self) -> bool {
        let is_for_unknown_reason = matches!(self, Self::Query(error) if is_unknown(error));
        (is_for_unknown_reason && !self.is_conflict()) || self.is_of_connection()
    }

    /// True if trying again later may help. What the database says about a statement's text (it gives a position
    /// then) is a defect; what else it refuses for a reason that Diesel does not know is its own state: it is
    /// stopping, out of room, read-only, or a time is over.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Query(QueryError::DatabaseError(kind, information)) => match kind {
                DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ClosedConnection => true,
                DatabaseErrorKind::Unknown => information.statement_position().is_none(),
                _ => false,
            },
            Self::Query(error) => is_broken(error),
            Self::BadRow(_) | Self::Migration(_) | Self::Thread(_) => false,
            _ => true,
        }
    }
}

/// Diesel does not keep the code, 40P01, and the database may say it in any language. It tells of a deadlock who waits for
/// whom, and where to read more: nothing else that Diesel has no kind for comes with both. Running a command again that
/// was rolled back harms nobody.
fn is_deadlock(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    let tells_both = information.details().is_some() && information.hint().is_some();
    tells_both && information.statement_position().is_none()
}

fn is_unknown(error: &QueryError) -> bool {
    matches!(error, QueryError::DatabaseError(DatabaseErrorKind::Unknown, _))
}

fn is_read_only(error: &QueryError) -> bool {
    matches!(error, QueryError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))
}

fn is_broken(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(kind, _) => {
            matches!(kind, DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection)
        }
        QueryError::BrokenTransactionManager => true,
        _ => false,
    }
}

/// An error with its causes: tokio-postgres tells what happened only there.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error message of the database, with or without detail, hint and position.
    struct Said(&'static str, Option<&'static str>, Option<&'static str>, Option<i32>);

    impl DatabaseErrorInformation for Said {
        fn message(&self) -> &str {
            self.0
        }

        fn details(&self) -> Option<&str> {
            self.1
        }

        fn hint(&self) -> Option<&str> {
            self.2
        }

        fn table_name(&self) -> Option<&str> {
            None
        }

        fn column_name(&self) -> Option<&str> {
            None
        }

        fn constraint_name(&self) -> Option<&str> {
            None
        }

        fn statement_position(&self) -> Option<i32> {
            self.3
        }
    }

    #[test]
    fn a_deadlock_is_a_conflict_in_every_language_and_what_lasts_is_none() {
        let is_conflict = |said: Said| {
            let error = QueryError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(said));
            Failure::Query(error).is_conflict()
        };
        let (waits, log) = (Some("Process 7 waits for ShareLock"), Some("See server log for query details."));
        let (wartet, protokoll) =
            (Some("Prozess 7 wartet auf ShareLock"), Some("Einzelheiten im Serverlog."));

        assert!(is_conflict(Said("deadlock detected", waits, log, None)));
        assert!(is_conflict(Said("Verklemmung (Deadlock) entdeckt", wartet, protokoll, None)));
        for (said, hint) in [
            ("canceling statement due to statement timeout", None),
            ("terminating connection due to administrator command", None),
            ("could not extend file: No space left on device", Some("Check free disk space.")),
        ] {
            assert!(!is_conflict(Said(said, None, hint, None)), "{said}");
        }
        assert!(!is_conflict(Said("no such column", waits, log, Some(8))));
    }
}
