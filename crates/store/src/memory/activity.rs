use async_trait::async_trait;
use keywright_domain::StoreError;
use keywright_domain::activity::Activity;
use keywright_domain::activity::port::Activities;
use keywright_domain::id::UserId;

use super::MemoryStore;

#[async_trait]
impl Activities for MemoryStore {
    async fn newest(&self, user: UserId, limit: u32) -> Result<Vec<Activity>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let tables = self.tables();
        let of_user = tables.activities.values().filter(|activity| activity.user_id == user);
        let mut newest: Vec<_> = of_user.cloned().collect();
        newest.sort_by_key(|activity| std::cmp::Reverse((activity.occurred_at, activity.id)));
        newest.truncate(limit);
        Ok(newest)
    }
}
