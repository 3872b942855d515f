//! Whether the database can be worked with.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use keywright_domain::error::StoreError;
use keywright_domain::service::{Figures, Health};

use super::{PostgresStore, figures, migrations, within};

const PATIENCE: Duration = Duration::from_millis(1900);

#[async_trait]
impl Health for PostgresStore {
    async fn check(&self) -> Result<(), StoreError> {
        let check = self.executor.read(|connection| {
            // A standby can be read, and is of no use.
            connection.batch_execute("BEGIN READ WRITE; ROLLBACK")?;
            migrations::lacking(connection)
        });
        let lacking = within(PATIENCE, check).await?;
        if lacking.is_empty() {
            return Ok(());
        }
        Err(StoreError::unavailable(format!("migrations are pending: {}", lacking.join(", "))))
    }

    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError> {
        let waiting_writes = Some(self.executor.waiting());
        let counted = self.read(move |connection| figures::count(connection, now)).await?;
        Ok(Figures { waiting_writes, ..counted })
    }
}
