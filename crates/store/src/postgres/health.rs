//! Whether the database can be worked with.

use std::time::Duration;

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use keywright_domain::error::StoreError;
use keywright_domain::service::Health;

use super::{PostgresStore, migrations, within};

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
}
