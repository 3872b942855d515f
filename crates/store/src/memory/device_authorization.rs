use async_trait::async_trait;
use chrono::{DateTime, Utc};
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::{
    Begun, Decided, DeviceAuthorizations, Poll, Polled, Withdrawn,
};
use keywright_domain::device_authorization::{
    Action, Deciding, Decision, DeviceAuthorization, Polling, UserCodeDigest, Withdrawing,
};
use keywright_domain::id::DeviceAuthorizationId;
use keywright_domain::mail::Mail;
use keywright_domain::session::{EndReason, SessionSeed};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;
use keywright_domain::{RequestContext, StoreError};

use super::{MemoryStore, is_free};

#[async_trait]
impl DeviceAuthorizations for MemoryStore {
    async fn begin(&self, authorization: &DeviceAuthorization, _: &WaitBudget) -> Result<Begun, StoreError> {
        let mut tables = self.tables();
        let has_code = |other: &DeviceAuthorization| other.user_code == authorization.user_code;
        if tables.device_authorizations.values().any(has_code) {
            return Ok(Begun::UserCodeTaken);
        }
        is_free(&tables.device_authorizations, &authorization.id)?;
        tables.device_authorizations.insert(authorization.id, authorization.clone());
        Ok(Begun::Begun)
    }

    async fn find(
        &self,
        id: DeviceAuthorizationId,
        _: &WaitBudget,
    ) -> Result<Option<DeviceAuthorization>, StoreError> {
        Ok(self.tables().device_authorizations.get(&id).cloned())
    }

    async fn undecided(
        &self,
        ids: &[DeviceAuthorizationId],
        now: DateTime<Utc>,
        _: &WaitBudget,
    ) -> Result<Vec<DeviceAuthorizationId>, StoreError> {
        let tables = self.tables();
        let waits = |id: &&DeviceAuthorizationId| {
            let found = tables.device_authorizations.get(*id);
            found.is_some_and(|found| found.poll(None, now) == Polling::Pending)
        };
        Ok(ids.iter().filter(waits).copied().collect())
    }

    async fn find_by_user_code(
        &self,
        user_code: &[UserCodeDigest],
        now: DateTime<Utc>,
        _: &WaitBudget,
    ) -> Result<Option<DeviceAuthorization>, StoreError> {
        let tables = self.tables();
        let mut live = tables.device_authorizations.values().filter(|found| now < found.expires_at);
        Ok(live.find(|found| user_code.contains(&found.user_code)).cloned())
    }

    async fn decide(
        &self,
        id: DeviceAuthorizationId,
        decision: Decision,
        at: &RequestContext,
    ) -> Result<Decided, StoreError> {
        let mut tables = self.tables();
        let is_live = tables.sessions.get(&decision.session).is_some_and(|session| session.is_live(at.now));
        let account = tables.users.get(&decision.by).filter(|user| is_live && user.is_enabled());
        let Some(account) = account else { return Ok(Decided::SessionOver) };
        let Some(before) = tables.device_authorizations.get(&id).cloned() else {
            return Ok(Decided::NotFound);
        };
        let state = match before.decide(decision, at.now) {
            Deciding::Decided(state) => state,
            Deciding::AlreadyDecided => return Ok(Decided::AlreadyDecided),
            Deciding::NotFound => return Ok(Decided::NotFound),
        };
        let decided = DeviceAuthorization { state, ..before };
        let is_approval = decision.action == Action::Approve;
        let mail = is_approval.then(|| Mail::for_approval(account.email.clone(), id, at));
        tables.record_and_tell(decided.activity(decision.event(), decision.by, at), mail)?;
        tables.device_authorizations.insert(id, decided.clone());
        Ok(Decided::Decided(decided))
    }

    async fn poll(&self, poll: &Poll, seed: &SessionSeed, at: &RequestContext) -> Result<Polled, StoreError> {
        let mut tables = self.tables();
        let Some(found) = tables.device_authorizations.get(&poll.id) else { return Ok(Polled::Spent) };
        let (by, authentication) = match found.poll(poll.client_id.as_deref(), at.now) {
            Polling::Pending => return Ok(Polled::Pending),
            Polling::Denied => return Ok(Polled::Denied),
            Polling::Expired => return Ok(Polled::Expired),
            Polling::Spent => return Ok(Polled::Spent),
            Polling::Claimable { by, authentication } => (by, authentication),
        };
        let authorization = found.claimed(seed.id, at.now);
        if !tables.users.get(&by).is_some_and(User::is_enabled) {
            return Ok(Polled::AccountUnavailable);
        }
        let seed = SessionSeed {
            client_id: authorization.client_id.clone(),
            client_name: authorization.client_name.clone(),
            ..seed.clone()
        };
        let session = seed.open(by, authentication, at);
        is_free(&tables.sessions, &session.id)?;
        tables.record(session.activity(Event::SignedIn, at))?;
        tables.device_authorizations.insert(authorization.id, authorization.clone());
        tables.sessions.insert(session.id, session.clone());
        Ok(Polled::Claimed { session, authorization })
    }

    async fn withdraw(
        &self,
        id: DeviceAuthorizationId,
        at: &RequestContext,
    ) -> Result<Withdrawn, StoreError> {
        let mut tables = self.tables();
        let Some(before) = tables.device_authorizations.get(&id).cloned() else {
            return Ok(Withdrawn::Over);
        };
        match before.withdraw(at.now) {
            Withdrawing::Over => Ok(Withdrawn::Over),
            Withdrawing::Withdrawn(state) => {
                if let Some(by) = state.decided_by() {
                    tables.record(before.activity(Event::DeviceDenied, by, at))?;
                }
                tables.device_authorizations.insert(id, DeviceAuthorization { state, ..before });
                Ok(Withdrawn::Withdrawn)
            }
            Withdrawing::EndSession(session) => {
                let ended = tables.end(session, EndReason::Ended, Event::SessionEnded, at)?;
                Ok(ended.map_or(Withdrawn::Over, Withdrawn::Ended))
            }
        }
    }
}
