use async_trait::async_trait;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::email_change::port::{Asking, EmailChanges, Settling};
use keywright_domain::email_change::{BUDGET, EmailChange, EmailChangeState, PERIOD};
use keywright_domain::id::{EmailChangeId, SessionId, UserId};
use keywright_domain::mail::Mail;
use keywright_domain::session::SessionState::Ended;
use keywright_domain::user::{ProfileChange, User};
use keywright_domain::wait_budget::WaitBudget;
use keywright_domain::{RequestContext, StoreError};

use super::{MemoryStore, Tables, is_free};

impl Tables {
    /// Supersedes what `user` has asked for.
    fn supersede_asked(&mut self, user: UserId, at: &RequestContext) {
        let asked = self.email_changes.values_mut().filter(|change| change.user_id == user);
        for change in asked.filter(|change| change.state == EmailChangeState::Asked) {
            change.state = EmailChangeState::Superseded { at: at.now };
        }
    }

    /// True if the session was ended by somebody other than its holder.
    fn is_evicted(&self, session: SessionId) -> bool {
        let found = self.sessions.get(&session);
        found.is_some_and(|session| matches!(session.state, Ended { reason, .. } if reason.is_eviction()))
    }

    /// Deletes the account that keeps `change` from being undone, if it may be. Its links and mails stay: they are of
    /// whoever reads the mail of the address.
    fn displace(&mut self, change: &EmailChange) -> bool {
        let Some(other) = self.user_by_email(&change.old).cloned() else { return true };
        if !change.displaces(&other) || self.is_last_owner_anywhere(other.id) {
            return false;
        }
        self.forget_account(other.id);
        true
    }

    /// True if an account other than `user` has the address that `after` is to go by.
    fn is_taken_by_another(&self, after: &User) -> bool {
        self.user_by_email(&after.email).is_some_and(|other| other.id != after.id)
    }
}

#[async_trait]
impl EmailChanges for MemoryStore {
    async fn ask(
        &self,
        change: &EmailChange,
        profile: &ProfileChange,
        mail: &Mail,
        at: &RequestContext,
    ) -> Result<Asking, StoreError> {
        let mut tables = self.tables();
        let Some(user) = tables.users.get(&change.user_id).cloned() else { return Ok(Asking::Gone) };
        let asked = tables.email_changes.values().filter(|other| other.user_id == user.id);
        let mut recent: Vec<_> =
            asked.map(|other| other.asked_at).filter(|asked| *asked > at.now - PERIOD).collect();
        recent.sort_unstable_by(|one, other| other.cmp(one));
        if let Some(oldest) = recent.get(BUDGET as usize - 1) {
            return Ok(Asking::OverBudget { until: *oldest + PERIOD });
        }
        is_free(&tables.email_changes, &change.id)?;
        tables
            .record_and_tell(Activity::new(Event::EmailChangeRequested, user.id, at), Some(mail.clone()))?;
        tables.supersede_asked(user.id, at);
        tables.email_changes.insert(change.id, change.clone());
        let user = User { pending_email: Some(change.new.clone()), updated_at: at.now, ..user };
        tables.users.insert(user.id, user.clone());
        Ok(Asking::Asked(tables.change_profile(&user, profile, 1, at)?))
    }

    async fn withdraw(
        &self,
        user: UserId,
        profile: &ProfileChange,
        at: &RequestContext,
    ) -> Result<Option<User>, StoreError> {
        let mut tables = self.tables();
        let Some(mut account) = tables.users.get(&user).cloned() else { return Ok(None) };
        if account.pending_email.is_some() {
            tables.supersede_asked(user, at);
            account = User { pending_email: None, updated_at: at.now, ..account };
            tables.users.insert(user, account.clone());
        }
        tables.change_profile(&account, profile, 0, at).map(Some)
    }

    async fn find(&self, change: EmailChangeId, _: &WaitBudget) -> Result<Option<EmailChange>, StoreError> {
        Ok(self.tables().email_changes.get(&change).cloned())
    }

    async fn prove(&self, change: EmailChangeId, at: &RequestContext) -> Result<Settling, StoreError> {
        let mut tables = self.tables();
        let found = tables.email_changes.get(&change).filter(|change| change.is_provable(at.now)).cloned();
        let Some(change) = found else { return Ok(Settling::Over) };
        let user = tables.users.get(&change.user_id).filter(|user| user.is_enabled());
        let user = user.filter(|_| !tables.is_evicted(change.session_id));
        let Some(after) = user.map(|user| change.applied(user, at.now)) else { return Ok(Settling::Over) };
        if tables.is_taken_by_another(&after) {
            return Ok(Settling::Over);
        }
        let entry = Activity::new(Event::EmailChanged, change.user_id, at);
        tables.record_and_tell(entry, Some(change.changed_mail(at)))?;
        tables.end_each(change.user_id, Some(change.session_id), 1, at)?;
        tables.users.insert(after.id, after);
        tables.email_changes.insert(change.id, change.with(EmailChangeState::Done { at: at.now }));
        Ok(Settling::Settled)
    }

    async fn undo(&self, change: EmailChangeId, at: &RequestContext) -> Result<Settling, StoreError> {
        let mut tables = self.tables();
        let found = tables.email_changes.get(&change).filter(|change| change.is_undoable(at.now)).cloned();
        let Some(change) = found else { return Ok(Settling::Over) };
        let user = tables.users.get(&change.user_id);
        let Some(after) = user.map(|user| change.reverted(user, at.now)) else { return Ok(Settling::Over) };
        if tables.is_taken_by_another(&after) && !tables.displace(&change) {
            return Ok(Settling::Over);
        }
        tables.record(Activity::new(Event::EmailChanged, change.user_id, at))?;
        let ended = tables.end_each(change.user_id, None, 1, at)?;
        tables.remove_passkeys_since(change.user_id, change.asked_at, 1 + ended, at)?;
        tables.users.insert(after.id, after);
        let later = tables.email_changes.values_mut().filter(|other| other.user_id == change.user_id);
        for other in later.filter(|other| other.id > change.id) {
            if matches!(other.state, EmailChangeState::Asked | EmailChangeState::Done { .. }) {
                other.state = EmailChangeState::Superseded { at: at.now };
            }
        }
        tables.email_changes.insert(change.id, change.with(EmailChangeState::Undone { at: at.now }));
        Ok(Settling::Settled)
    }
}
