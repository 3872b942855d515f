//! Health of the file.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use keywright_domain::error::StoreError;
use keywright_domain::health::{Figures, Health};
use keywright_domain::wait_budget::WaitBudget;

use super::sql::figures;
use super::{SqliteStore, migrations};
use crate::within::within;

const PATIENCE: Duration = Duration::from_millis(1900);

/// Time that a successful write counts as proof: anybody may probe, and each write waits for the disk.
const PROOF: Duration = Duration::from_secs(1);

/// When a probe last wrote.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<Option<Instant>>);

impl Pulse {
    fn is_recent(&self) -> bool {
        let felt = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        felt.is_some_and(|at| at.elapsed() < PROOF)
    }

    fn is_felt(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

#[async_trait]
impl Health for SqliteStore {
    async fn check(&self) -> Result<(), StoreError> {
        let check = async {
            let lacking = self.readers.run(migrations::compare).await?.missing;
            if !lacking.is_empty() {
                let names = lacking.join(", ");
                return Err(StoreError::unavailable(format!("migrations are pending: {names}")));
            }
            if self.pulse.is_recent() {
                // Nothing to write still needs the lock that a write needs, and waits for no disk.
                return self.writer.run(|_| Ok(())).await;
            }
            // Only a write finds out that the disk is full. This one changes nothing, and is written all the same.
            self.writer.run(|connection| Ok(connection.batch_execute("PRAGMA user_version = 0")?)).await?;
            self.pulse.is_felt();
            Ok(())
        };
        within(&WaitBudget::NONE, PATIENCE, |_| check).await
    }

    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError> {
        let waiting_writes = Some(self.writer.waiting());
        let counted = self.read(WaitBudget::NONE, move |connection| figures::count(connection, now)).await?;
        Ok(Figures { waiting_writes, ..counted })
    }
}
