//! The connections that only read.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::SqliteConnection;
use keywright_domain::error::StoreError;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::connection::{Access, Connector};
use super::error::Failure;

/// The connections that nobody reads with just now.
#[derive(Clone, Default)]
pub(super) struct Idle(Arc<Mutex<Vec<SqliteConnection>>>);

impl Idle {
    fn take(&self) -> Option<SqliteConnection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, connection: SqliteConnection) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// Closes them all. SQLite's connections to one file share what they know of it: it is found out anew only
    /// when none of them is open any more.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// So many connections, opened when they are needed. Who waits for one holds no thread.
pub(super) struct Readers {
    connector: Connector,
    places: Arc<Semaphore>,
    idle: Idle,
}

impl Readers {
    pub(super) fn new(connector: Connector, count: NonZeroUsize) -> Self {
        Self { connector, places: Arc::new(Semaphore::new(count.get())), idle: Idle::default() }
    }

    /// The connections that nobody reads with just now.
    pub(super) fn idle(&self) -> Idle {
        self.idle.clone()
    }

    /// Runs `query` off the async threads. It goes on to its end even if nobody waits for it any more, and
    /// keeps its place until then.
    pub(super) async fn run<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        let place = self.places.clone().acquire_owned().await.map_err(StoreError::unavailable)?;
        let (connector, idle) = (self.connector.clone(), self.idle.clone());
        let reading = spawn_blocking(move || {
            let _place = place;
            let mut connection = match idle.take() {
                Some(connection) => connection,
                None => connector.connect(Access::Read)?,
            };
            let found = query(&mut connection)?;
            // After a failure it is dropped: the next read opens another.
            idle.put(connection);
            Ok::<_, Failure>(found)
        });
        match reading.await {
            Ok(found) => Ok(found?),
            Err(error) if error.is_cancelled() => Err(StoreError::unavailable(error)),
            Err(error) => Err(StoreError::broken(error)),
        }
    }
}
