//! Whether the file can be worked with.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use keywright_domain::error::StoreError;
use keywright_domain::service::{Figures, Health};

use super::{SqliteStore, figures, migrations, within};

const PATIENCE: Duration = Duration::from_millis(1900);

#[async_trait]
impl Health for SqliteStore {
    async fn check(&self) -> Result<(), StoreError> {
        let check = async {
            let lacking = self.readers.run(migrations::lacking).await?;
            if !lacking.is_empty() {
                let names = lacking.join(", ");
                return Err(StoreError::unavailable(format!("migrations are pending: {names}")));
            }
            // Nothing to write still needs the lock that a write needs, and waits for no disk.
            self.writer.run(|_| Ok(())).await
        };
        within(PATIENCE, check).await
    }

    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError> {
        let waiting_writes = Some(self.writer.waiting());
        let counted = self.read(move |connection| figures::count(connection, now)).await?;
        Ok(Figures { waiting_writes, ..counted })
    }
}
