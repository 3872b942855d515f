//! The store's port for activity. The commands that cause entries write them.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;

use super::Activity;
use crate::error::StoreError;
use crate::id::{ActivityId, UserId};
use crate::page::{Page, Paged};

/// The activity of every account.
#[async_trait]
pub trait Activities: Send + Sync {
    /// The entry with this id.
    async fn find(&self, entry: ActivityId, wait: &WaitBudget) -> Result<Option<Activity>, StoreError>;

    /// One page of the entries of `user`, newest first.
    async fn list(&self, user: UserId, page: Page, wait: &WaitBudget) -> Result<Paged<Activity>, StoreError>;
}
