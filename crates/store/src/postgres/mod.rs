//! Remembering in a PostgreSQL database, which any number of servers may share.
//!
//! Diesel's synchronous interface runs on threads of their own over tokio-postgres, so that the queries are the ones
//! that SQLite runs too (docs/adr/0003), and a caller that hangs up cannot tear a transaction.

mod connection;
mod error;
mod executor;
mod health;
mod hosts;
mod lock;
mod migrations;
mod single_statement;
mod tls;
mod waiting;

#[path = "../sql/mod.rs"]
mod sql;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use keywright_domain::error::StoreError;
use keywright_domain::wait_budget::WaitBudget;
use tokio::sync::Mutex;

use self::connection::{Connection, Connector};
use self::error::Failure;
pub use self::error::OpenError;
use self::executor::{Done, Executor};
pub use self::migrations::{migrate, schema_difference};
use crate::within::within;

/// Backend of `sql/`.
type Backend = diesel::pg::Pg;
/// Store of the ports in `sql/`.
type Store = PostgresStore;

/// Options of the store. The defaults suit a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Largest number of open connections.
    pub connections: NonZeroUsize,
    /// Largest number of commands that wait for a connection; more are refused as unavailable.
    pub queue: usize,
    /// After how long the database gives up a statement, and a connection that is being made is given up. Less than
    /// `patience`.
    pub statement_timeout: Duration,
    /// The longest that a caller waits for one command. A request's [`WaitBudget`] may be shorter.
    pub patience: Duration,
    /// True if opening applies the migrations that are pending.
    pub migrate: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: NonZeroUsize::MIN.saturating_add(15),
            queue: 1024,
            statement_timeout: Duration::from_secs(3),
            patience: Duration::from_secs(4),
            migrate: true,
        }
    }
}

/// A PostgreSQL database with every port on it.
pub struct PostgresStore {
    executor: Executor,
    patience: Duration,
    checking: Arc<Mutex<()>>,
}

impl PostgresStore {
    /// Works with the database that `url` names. Its connections live on the runtime that this is called on, whichever
    /// runtime their user runs on.
    ///
    /// `url` is a `postgres://` URL as libpq knows it: of several hosts the first that can be written to is taken, and of
    /// one host nothing that cannot;
    /// `sslmode` may be `disable`, `prefer` (the default), `require` or `verify-full` (with `sslrootcert`, or the
    /// system's certificates).
    pub async fn open(url: &str, options: &Options) -> Result<Self, OpenError> {
        let connector = Connector::new(url, options.statement_timeout)?;
        if options.migrate {
            migrations::migrate_with(&connector).await?;
        }
        let executor = Executor::new(connector, options.connections, options.queue);
        let store = Self { executor, patience: options.patience, checking: Arc::default() };
        // What cannot work at all is said at the start, and not at the first request.
        store.executor.read(options.patience, |_| Ok(())).await.map_err(OpenError::Database)?;
        Ok(store)
    }

    /// Runs one query.
    async fn read<T, F>(&self, wait: WaitBudget, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        within(&wait, self.patience, |limit| self.executor.read(limit, query)).await
    }

    /// Runs a command in a transaction, which another connection's commits may make it begin again.
    async fn write<T, F>(&self, wait: WaitBudget, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        within(&wait, self.patience, |limit| self.executor.write(limit, command)).await
    }

    /// Runs a command of one statement, which needs no transaction around it.
    async fn write_one<T, F>(&self, wait: WaitBudget, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        within(&wait, self.patience, |limit| self.executor.write_one(limit, Done::Once, command)).await
    }

    /// The same with one that may be done twice, however long after the first time.
    async fn write_again<T, F>(&self, wait: WaitBudget, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        within(&wait, self.patience, |limit| self.executor.write_one(limit, Done::Twice, command)).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
