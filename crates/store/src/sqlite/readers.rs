//! The connections that only read.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::SqliteConnection;
use keywright_domain::error::StoreError;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::connection::{Access, Connector};
use super::error::Failure;

/// So many connections, opened when they are needed. Who waits for one holds no thread.
pub(super) struct Readers {
    connector: Connector,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
}

impl Readers {
    pub(super) fn new(connector: Connector, count: NonZeroUsize) -> Self {
        Self { connector, places: Arc::new(Semaphore::new(count.get())), idle: Arc::default() }
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
            let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match known {
                Some(connection) => connection,
                None => connector.connect(Access::Read)?,
            };
            let found = query(&mut connection)?;
            // After a failure it is dropped: the next read opens another.
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok::<_, Failure>(found)
        });
        match reading.await {
            Ok(found) => Ok(found?),
            Err(error) if error.is_cancelled() => Err(StoreError::unavailable(error)),
            Err(error) => Err(StoreError::broken(error)),
        }
    }
}
