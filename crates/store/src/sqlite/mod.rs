//! Remembering in a SQLite file.
//!
//! Reads go to a few connections that cannot write. Writes go to one thread, which commits many of them at
//! once (`executor`): an answer is given only when what it says is on the disk.

mod backup;
mod connection;
mod counters;
mod error;
mod executor;
mod health;
mod lock;
mod migrations;
mod readers;
mod single_statement;
#[cfg(test)]
mod tests;

#[path = "../sql/mod.rs"]
mod sql;

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use diesel::SqliteConnection;
use keywright_domain::error::StoreError;
use keywright_domain::wait_budget::WaitBudget;

pub use self::backup::backup;
use self::connection::{Access, Connector};
pub use self::counters::WriterFigures;
use self::error::Failure;
pub use self::error::OpenError;
use self::executor::Writer;
use self::health::Pulse;
pub use self::migrations::{migrate, schema_difference};
use self::readers::Readers;
use crate::within::within;

/// Connection of the commands in `sql/`.
type Connection = SqliteConnection;
/// Backend of `sql/`.
type Backend = diesel::sqlite::Sqlite;
/// Store of the ports in `sql/`.
type Store = SqliteStore;

/// Options of the store. The defaults suit a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Largest number of concurrent reads.
    pub readers: NonZeroUsize,
    /// Largest number of waiting writes; more are refused as unavailable.
    pub queue: NonZeroUsize,
    /// How long SQLite waits for another process's lock. A write may wait for the end of one such wait and
    /// then for its own, so twice this must be less than `patience`.
    pub busy_timeout: Duration,
    /// The longest that a caller waits for one command. A request's [`WaitBudget`] may be shorter.
    pub patience: Duration,
    /// True if opening applies the migrations that are pending.
    pub migrate: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: NonZeroUsize::MIN.saturating_add(3),
            queue: NonZeroUsize::MIN.saturating_add(1023),
            busy_timeout: Duration::from_millis(1800),
            patience: Duration::from_secs(4),
            migrate: true,
        }
    }
}

/// A SQLite file with every port on it. Dropping it waits until what was asked for is written.
pub struct SqliteStore {
    // Closed first, so that the writer is the last: it writes the log back into the file.
    readers: Readers,
    writer: Writer,
    patience: Duration,
    pulse: Pulse,
}

impl SqliteStore {
    /// Opens the file, making it and its directory if they are missing, for this user alone. Blocks.
    pub fn open(file: impl AsRef<Path>, options: &Options) -> Result<Self, OpenError> {
        let file = file.as_ref();
        let connector = Connector::new(file, options.busy_timeout)?;
        if options.migrate {
            migrate(file)?;
        } else {
            connector.make_file()?;
        }
        let writing = connector.connect(Access::Write)?;
        let readers = Readers::new(connector.clone(), options.readers);
        Ok(Self {
            writer: Writer::start(connector, writing, readers.idle(), options.queue)?,
            readers,
            patience: options.patience,
            pulse: Pulse::default(),
        })
    }

    /// Counters of the writer since it was opened.
    pub fn figures(&self) -> WriterFigures {
        self.writer.figures()
    }

    /// Runs one query. What needs two that agree with each other is a write.
    async fn read<T, F>(&self, wait: WaitBudget, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        within(&wait, self.patience, |_| self.readers.run(query)).await
    }

    /// Runs a command in a transaction. If it fails, or nobody waits for its answer any more when its turn
    /// comes, it leaves nothing behind.
    async fn write<T, F>(&self, wait: WaitBudget, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        within(&wait, self.patience, |_| self.writer.run(command)).await
    }

    /// Runs a command of one statement.
    async fn write_one<T, F>(&self, wait: WaitBudget, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        self.write(wait, command).await
    }

    /// The same with one that may be done twice; no answer is lost here.
    async fn write_again<T, F>(&self, wait: WaitBudget, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        self.write(wait, command).await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("figures", &self.figures()).finish_non_exhaustive()
    }
}
