//! Health of the database.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use keywright_domain::error::StoreError;
use keywright_domain::health::{Figures, Health};
use keywright_domain::wait_budget::WaitBudget;

use super::sql::figures;
use super::{PostgresStore, migrations};
use crate::within::within;

const PATIENCE: Duration = Duration::from_millis(1900);

/// Writes a row of its own, and takes it away before anybody sees it.
const PROBE: &str = "INSERT INTO keywright_migration_lock (id) VALUES (-pg_backend_pid()); \
                     DELETE FROM keywright_migration_lock WHERE id = -pg_backend_pid()";

#[async_trait]
impl Health for PostgresStore {
    /// Commits something: a standby can be read, a primary without its synchronous standby can be written to, and
    /// neither is of use.
    async fn check(&self) -> Result<(), StoreError> {
        let check = async |limit| {
            // Goes with the command, however long that is at its commit: who asks again takes no other place.
            let turn = self.checking.clone().lock_owned().await;
            let check = self.executor.write(limit, move |connection| {
                let _ = &turn;
                let lacking = migrations::compare(connection)?.missing;
                if lacking.is_empty() {
                    connection.batch_execute(PROBE)?;
                }
                Ok(lacking)
            });
            check.await
        };
        let lacking = within(&WaitBudget::NONE, PATIENCE, check).await?;
        if lacking.is_empty() {
            return Ok(());
        }
        Err(StoreError::unavailable(format!("migrations are pending: {}", lacking.join(", "))))
    }

    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError> {
        let waiting_writes = Some(self.executor.waiting());
        let counted = self.read(WaitBudget::NONE, move |connection| figures::count(connection, now)).await?;
        Ok(Figures { waiting_writes, ..counted })
    }
}
