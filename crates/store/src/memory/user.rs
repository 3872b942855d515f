use async_trait::async_trait;
use chrono::{DateTime, Utc};
use keywright_domain::activity::{Activity, Event};
use keywright_domain::client_info::ClientInfo;
use keywright_domain::device_authorization::DeviceAuthorization;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::UserId;
use keywright_domain::page::{Page, Paged};
use keywright_domain::passkey::CeremonyKind;
use keywright_domain::session::EndReason;
use keywright_domain::user::port::{Deletion, Opening, Users};
use keywright_domain::user::{ProfileChange, User};
use keywright_domain::wait_budget::WaitBudget;
use keywright_domain::{RequestContext, StoreError};

use super::{MemoryStore, Tables, is_free};

impl Tables {
    pub(super) fn user_by_email(&self, email: &EmailAddress) -> Option<&User> {
        self.users.values().find(|user| user.email == *email)
    }

    /// Changes the profile of `before`, and writes that to the activity as one of several entries of a request.
    pub(super) fn change_profile(
        &mut self,
        before: &User,
        change: &ProfileChange,
        number: u32,
        at: &RequestContext,
    ) -> Result<User, StoreError> {
        let (after, fields) = before.with_profile(change, at.now);
        if !fields.is_empty() {
            self.record(Activity::for_profile_change(after.id, &fields, at).nth(number, at))?;
            self.users.insert(after.id, after.clone());
        }
        Ok(after)
    }

    /// Deletes the account, and the rows that a database would delete by foreign key.
    pub(super) fn forget_account(&mut self, user: UserId) {
        self.email_changes.retain(|_, change| change.user_id != user);
        self.users.remove(&user);
        self.memberships.retain(|(_, member), _| *member != user);
        self.ceremonies.retain(|_, ceremony| ceremony.kind != CeremonyKind::Registration(user));
        self.passkeys.retain(|_, passkey| passkey.user_id != user);
        self.sessions.retain(|_, session| session.user_id != user);
        self.activities.retain(|_, activity| activity.user_id != user);
    }
}

#[async_trait]
impl Users for MemoryStore {
    async fn find(&self, user: UserId, _: &WaitBudget) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.get(&user).cloned())
    }

    async fn find_by_email(&self, email: &EmailAddress, _: &WaitBudget) -> Result<Option<User>, StoreError> {
        Ok(self.tables().user_by_email(email).cloned())
    }

    async fn list(&self, page: Page) -> Result<Paged<User>, StoreError> {
        let mut all: Vec<_> = self.tables().users.values().cloned().collect();
        all.sort_by_key(|user| std::cmp::Reverse((user.created_at, user.id)));
        Ok(page.of(all))
    }

    async fn open(&self, user: &User) -> Result<Opening, StoreError> {
        let mut tables = self.tables();
        if tables.user_by_email(&user.email).is_some() {
            return Ok(Opening::AddressTaken);
        }
        is_free(&tables.users, &user.id)?;
        tables.users.insert(user.id, user.clone());
        Ok(Opening::Opened)
    }

    async fn change_profile(
        &self,
        user: UserId,
        change: &ProfileChange,
        at: &RequestContext,
    ) -> Result<Option<User>, StoreError> {
        let mut tables = self.tables();
        let Some(before) = tables.users.get(&user).cloned() else { return Ok(None) };
        tables.change_profile(&before, change, 0, at).map(Some)
    }

    async fn delete(&self, user: UserId, _: &WaitBudget) -> Result<Deletion, StoreError> {
        let mut tables = self.tables();
        let Some(account) = tables.users.get(&user).cloned() else { return Ok(Deletion::NotFound) };
        if tables.is_last_owner_anywhere(user) {
            return Ok(Deletion::LastOwner);
        }
        let changes = tables.email_changes.values().filter(|change| change.user_id == user);
        let once = changes.flat_map(|change| [change.old.clone(), change.new.clone()]);
        let addresses: Vec<_> = std::iter::once(account.email).chain(once).collect();
        tables.forget_account(user);
        tables.magic_links.retain(|_, link| !addresses.contains(&link.email));
        tables.wrong_codes.retain(|address, _| !addresses.contains(address));
        tables.mails.retain(|_, mail| !addresses.contains(&mail.to));
        let decided = |device: &&mut DeviceAuthorization| device.state.decided_by() == Some(user);
        tables.device_authorizations.values_mut().filter(decided).for_each(|device| {
            device.client_info = ClientInfo::default();
            device.client_name = None;
        });
        Ok(Deletion::Deleted)
    }

    async fn disable(&self, user: UserId, at: &RequestContext) -> Result<Option<User>, StoreError> {
        let mut tables = self.tables();
        let Some(before) = tables.users.get(&user).cloned() else { return Ok(None) };
        if !before.is_enabled() {
            return Ok(Some(before));
        }
        tables.record(Activity::new(Event::AccountDisabled, user, at))?;
        let disabled = User { disabled_at: Some(at.now), updated_at: at.now, ..before };
        tables.users.insert(user, disabled.clone());
        tables.withdraw_approvals(Some(user), at.now);
        let theirs = tables.sessions.values_mut().filter(|session| session.user_id == user);
        for session in theirs.filter(|session| session.is_live(at.now)) {
            *session = session.ended(EndReason::AccountDisabled, at.now);
        }
        Ok(Some(disabled))
    }
    async fn enable(&self, user: UserId, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        let mut tables = self.tables();
        let Some(account) = tables.users.get_mut(&user) else { return Ok(None) };
        if !account.is_enabled() {
            *account = User { disabled_at: None, updated_at: now, ..account.clone() };
        }
        Ok(Some(account.clone()))
    }
}
