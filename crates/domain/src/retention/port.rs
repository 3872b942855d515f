//! What retention needs of the store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{ClientInfoTable, Removal};
use crate::error::StoreError;

/// What a batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many records were looked at; as many as the batch may hold if there may be more.
    pub looked_at: u32,
    /// How many of them were removed, or cleared. One of a batch may turn out not to be over.
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
