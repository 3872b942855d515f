use async_trait::async_trait;
use chrono::{DateTime, Utc};
use keywright_domain::activity::Event;
use keywright_domain::id::{CeremonyId, PasskeyId, UserId};
use keywright_domain::mail::Mail;
use keywright_domain::page::{Page, Paged};
use keywright_domain::passkey::port::{Passkeys, Registration, Removal, SignIn, SigningIn};
use keywright_domain::passkey::{Ceremony, CredentialId, MOST, Passkey, PasskeyName, Use};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;
use keywright_domain::{RequestContext, StoreError};

use super::{MemoryStore, Tables, is_free};

impl Tables {
    /// The passkeys of `user`, newest first.
    fn passkeys_of(&self, user: UserId) -> Vec<Passkey> {
        let mut theirs: Vec<_> =
            self.passkeys.values().filter(|passkey| passkey.user_id == user).cloned().collect();
        theirs.sort_by_key(|passkey| std::cmp::Reverse((passkey.created_at, passkey.id)));
        theirs
    }

    /// Removes what was added to an account since `instant`, recorded as the activity with this `number` and the
    /// following ones.
    pub(super) fn remove_passkeys_since(
        &mut self,
        user: UserId,
        instant: DateTime<Utc>,
        number: u32,
        at: &RequestContext,
    ) -> Result<(), StoreError> {
        let added = self.passkeys_of(user).into_iter().filter(|passkey| passkey.created_at >= instant);
        for (number, passkey) in (number..).zip(added) {
            self.record(passkey.activity(Event::PasskeyRemoved, at).nth(number, at))?;
            self.passkeys.remove(&passkey.id);
        }
        Ok(())
    }

    fn passkey_of(&self, user: UserId, passkey: PasskeyId) -> Option<Passkey> {
        self.passkeys.get(&passkey).filter(|passkey| passkey.user_id == user).cloned()
    }
}

impl Tables {
    /// Records what happened to a passkey, with the mail about it.
    fn tell_of_passkey(
        &mut self,
        event: Event,
        passkey: &Passkey,
        at: &RequestContext,
    ) -> Result<(), StoreError> {
        let entry = passkey.activity(event, at);
        let mail = self.users.get(&passkey.user_id).and_then(|user| Mail::for_passkey(user, &entry, at));
        self.record_and_tell(entry, mail)
    }
}

#[async_trait]
impl Passkeys for MemoryStore {
    async fn begin(&self, ceremony: &Ceremony, _: &WaitBudget) -> Result<(), StoreError> {
        let mut tables = self.tables();
        is_free(&tables.ceremonies, &ceremony.id)?;
        tables.ceremonies.insert(ceremony.id, ceremony.clone());
        Ok(())
    }

    async fn take(&self, ceremony: CeremonyId, _: &WaitBudget) -> Result<Option<Ceremony>, StoreError> {
        Ok(self.tables().ceremonies.remove(&ceremony))
    }

    async fn register(&self, passkey: &Passkey, at: &RequestContext) -> Result<Registration, StoreError> {
        let mut tables = self.tables();
        if !tables.users.get(&passkey.user_id).is_some_and(User::is_enabled) {
            return Ok(Registration::AccountUnavailable);
        }
        if tables.passkeys.values().any(|other| other.credential_id == passkey.credential_id) {
            return Ok(Registration::AlreadyRegistered);
        }
        if tables.passkeys_of(passkey.user_id).len() >= usize::try_from(MOST).unwrap_or(usize::MAX) {
            return Ok(Registration::TooMany);
        }
        is_free(&tables.passkeys, &passkey.id)?;
        tables.tell_of_passkey(Event::PasskeyAdded, passkey, at)?;
        tables.passkeys.insert(passkey.id, passkey.clone());
        Ok(Registration::Registered)
    }

    async fn find(&self, credential: &CredentialId, _: &WaitBudget) -> Result<Option<Passkey>, StoreError> {
        Ok(self.tables().passkeys.values().find(|passkey| passkey.credential_id == *credential).cloned())
    }

    async fn list(&self, user: UserId, page: Page, _: &WaitBudget) -> Result<Paged<Passkey>, StoreError> {
        Ok(page.of(self.tables().passkeys_of(user)))
    }

    async fn sign_in(&self, sign_in: &SignIn, at: &RequestContext) -> Result<SigningIn, StoreError> {
        let mut tables = self.tables();
        let Some(passkey) = tables.passkeys.get(&sign_in.passkey).cloned() else {
            return Ok(SigningIn::Refused);
        };
        let user = tables.users.get(&passkey.user_id).filter(|user| user.is_enabled());
        let Some(user) = user.map(|user| user.signed_in_by_passkey(at.now)) else {
            return Ok(SigningIn::Refused);
        };
        let (after, authentication) = match passkey.used(sign_in.assertion, at.now) {
            Use::Accepted(after, authentication) => (after, authentication),
            Use::CounterRejected => {
                tables.tell_of_passkey(Event::PasskeyCounterRejected, &passkey, at)?;
                return Ok(SigningIn::CounterRejected);
            }
        };
        let renewed = sign_in.renew.and_then(|id| tables.sessions.get(&id));
        let renewed = renewed.and_then(|session| session.reauthenticated(user.id, authentication));
        let session = if let Some(session) = renewed {
            session
        } else {
            is_free(&tables.sessions, &sign_in.seed.id)?;
            sign_in.seed.open(user.id, authentication, at)
        };
        tables.record(session.activity(Event::SignedIn, at))?;
        tables.passkeys.insert(after.id, after);
        tables.users.insert(user.id, user.clone());
        tables.sessions.insert(session.id, session.clone());
        Ok(SigningIn::SignedIn { session, user })
    }

    async fn rename(
        &self,
        user: UserId,
        passkey: PasskeyId,
        name: &PasskeyName,
        at: &RequestContext,
    ) -> Result<Option<Passkey>, StoreError> {
        let mut tables = self.tables();
        let Some(before) = tables.passkey_of(user, passkey) else { return Ok(None) };
        if before.name == *name {
            return Ok(Some(before));
        }
        let renamed = Passkey { name: name.clone(), ..before };
        tables.record(renamed.activity(Event::PasskeyRenamed, at))?;
        tables.passkeys.insert(passkey, renamed.clone());
        Ok(Some(renamed))
    }

    async fn remove(
        &self,
        user: UserId,
        passkey: PasskeyId,
        at: &RequestContext,
    ) -> Result<Removal, StoreError> {
        let mut tables = self.tables();
        let Some(removed) = tables.passkey_of(user, passkey) else { return Ok(Removal::NotFound) };
        let has_mail = tables.users.get(&user).is_some_and(User::can_sign_in_by_mail);
        if !has_mail && tables.passkeys_of(user).len() == 1 {
            return Ok(Removal::LastCredential);
        }
        tables.tell_of_passkey(Event::PasskeyRemoved, &removed, at)?;
        tables.passkeys.remove(&passkey);
        Ok(Removal::Removed)
    }
}
