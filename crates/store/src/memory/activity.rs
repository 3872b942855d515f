use async_trait::async_trait;
use keywright_domain::StoreError;
use keywright_domain::activity::Activity;
use keywright_domain::activity::port::Activities;
use keywright_domain::id::{ActivityId, UserId};
use keywright_domain::page::{Page, Paged};
use keywright_domain::wait_budget::WaitBudget;

use super::MemoryStore;

#[async_trait]
impl Activities for MemoryStore {
    async fn find(&self, entry: ActivityId, _: &WaitBudget) -> Result<Option<Activity>, StoreError> {
        Ok(self.tables().activities.get(&entry).cloned())
    }

    async fn list(&self, user: UserId, page: Page, _: &WaitBudget) -> Result<Paged<Activity>, StoreError> {
        let tables = self.tables();
        let of_user = tables.activities.values().filter(|activity| activity.user_id == user);
        let mut newest: Vec<_> = of_user.cloned().collect();
        newest.sort_by_key(|activity| std::cmp::Reverse((activity.occurred_at, activity.id)));
        Ok(page.of(newest))
    }
}
