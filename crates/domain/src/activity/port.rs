//! What activity needs remembered. Entries are written by the commands that cause them.

use async_trait::async_trait;

use super::Activity;
use crate::error::StoreError;
use crate::id::UserId;

/// The activity of every account.
#[async_trait]
pub trait Activities: Send + Sync {
    /// The newest `limit` entries of `user`, newest first.
    async fn newest(&self, user: UserId, limit: u32) -> Result<Vec<Activity>, StoreError>;
}
