//! The state of the store: whether it works, and how much it holds.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::error::StoreError;

/// The health of the store.
#[async_trait]
pub trait Health: Send + Sync {
    /// Fails unless the store can be read, can be written, and its migrations are applied.
    async fn check(&self) -> Result<(), StoreError>;

    /// The figures at `now`. For a look now and then: it may read every session.
    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError>;
}

/// Gauges for monitoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Sessions that are neither ended nor past their time.
    pub live_sessions: u64,
    /// Mails that wait, whether or not their time has come.
    pub due_mails: u64,
    /// Mails that were given up.
    pub dead_mails: u64,
    /// Writes that wait for their turn; none if they need not queue.
    pub waiting_writes: Option<u64>,
}
