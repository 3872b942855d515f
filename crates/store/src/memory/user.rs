use async_trait::async_trait;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::email::EmailAddress;
use keywright_domain::id::UserId;
use keywright_domain::session::EndReason;
use keywright_domain::user::port::Users;
use keywright_domain::user::{ProfileChange, User};
use keywright_domain::{Stamp, StoreError};
use serde_json::json;

use super::{MemoryStore, Tables};

impl Tables {
    pub(super) fn user_by_email(&self, email: &EmailAddress) -> Option<&User> {
        self.users.values().find(|user| user.email == *email)
    }
}

#[async_trait]
impl Users for MemoryStore {
    async fn find(&self, user: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.get(&user).cloned())
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        Ok(self.tables().user_by_email(email).cloned())
    }

    async fn change_profile(
        &self,
        user: UserId,
        change: &ProfileChange,
        at: &Stamp,
    ) -> Result<Option<User>, StoreError> {
        let mut tables = self.tables();
        let Some(before) = tables.users.get(&user) else { return Ok(None) };
        let (after, fields) = before.with_profile(change, at.now);
        if !fields.is_empty() {
            tables.users.insert(user, after.clone());
            let activity = Activity::new(Event::ProfileChanged, user, at);
            tables.record(activity.with_details(json!({"fields": fields})));
        }
        Ok(Some(after))
    }

    async fn disable(&self, user: UserId, at: &Stamp) -> Result<Option<User>, StoreError> {
        let mut tables = self.tables();
        let Some(found) = tables.users.get_mut(&user) else { return Ok(None) };
        if !found.is_enabled() {
            return Ok(Some(found.clone()));
        }
        found.disabled_at = Some(at.now);
        found.updated_at = at.now;
        let disabled = found.clone();
        let theirs: Vec<_> = tables
            .sessions
            .values()
            .filter(|session| session.user_id == user)
            .map(|session| session.id)
            .collect();
        for session in theirs {
            tables.end(session, EndReason::AccountDisabled, None, at);
        }
        tables.record(Activity::new(Event::AccountDisabled, user, at));
        Ok(Some(disabled))
    }
}
