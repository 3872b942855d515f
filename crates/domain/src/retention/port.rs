//! The store's port for retention.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{ClientInfoTable, Removal};
use crate::error::StoreError;

/// Outcome of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Records examined; a full batch if there may be more.
    pub looked_at: u32,
    /// Records removed or cleared. Some of a batch may turn out not to have expired.
    pub done: u32,
}

/// The removal of what is over. Batches are small commands: any number of servers may sweep, and each record is
/// removed, cleared and counted by one of them.
#[async_trait]
pub trait Sweeper: Send + Sync {
    /// Removes at most `batch` of the records that were over before `before`; for
    /// [`Removal::MagicLinkAddresses`] that is those that say nothing from `before` on.
    async fn remove(&self, removal: Removal, before: DateTime<Utc>, batch: u32) -> Result<Swept, StoreError>;

    /// Clears addresses and user agents of at most `batch` of the records that were made before `before`.
    async fn clear(
        &self,
        origins: ClientInfoTable,
        before: DateTime<Utc>,
        batch: u32,
    ) -> Result<Swept, StoreError>;
}
