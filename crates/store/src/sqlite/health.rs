//! Whether the file can be worked with.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use keywright_domain::error::StoreError;
use keywright_domain::service::{Figures, Health};

use super::{SqliteStore, migrations, within};
use crate::rows::Millis;
use crate::schema::{mails, sessions};

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
        let now = Millis::from(now);
        let waiting_writes = Some(self.writer.waiting());
        self.read(move |connection| {
            let live = sessions::table
                .filter(sessions::ended_at.is_null())
                .filter(sessions::idle_ends_at.gt(now))
                .filter(sessions::ends_at.gt(now));
            let live_sessions: i64 = live.count().get_result(connection)?;
            let due: i64 = mails::table.filter(mails::due_at.is_not_null()).count().get_result(connection)?;
            let dead: i64 = mails::table.filter(mails::state.eq("dead")).count().get_result(connection)?;
            Ok(Figures {
                live_sessions: live_sessions.unsigned_abs(),
                due_mails: due.unsigned_abs(),
                dead_mails: dead.unsigned_abs(),
                waiting_writes,
            })
        })
        .await
    }
}
