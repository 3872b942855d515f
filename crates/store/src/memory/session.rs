use keywright_domain::wait_budget::WaitBudget;
use std::ops::Bound;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::Withdrawing;
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::mail::Mail;
use keywright_domain::page::{Page, Paged};
use keywright_domain::session::port::{EndedPart, Rotation, Sessions};
use keywright_domain::session::{EndReason, Generation, Judgement, Refresh, Session};
use keywright_domain::user::User;
use keywright_domain::{RequestContext, StoreError};

use super::{MemoryStore, Tables};

impl Tables {
    /// Takes back what `user` has approved, or anybody, and no device has claimed yet.
    pub(super) fn withdraw_approvals(&mut self, user: Option<UserId>, now: DateTime<Utc>) {
        for device in self.device_authorizations.values_mut() {
            let is_theirs = user.is_none_or(|user| device.state.decided_by() == Some(user));
            if let (true, Withdrawing::Withdrawn(state)) = (is_theirs, device.withdraw(now)) {
                device.state = state;
            }
        }
    }

    /// Ends every live session of `user` but `spared`, and records each, as the activity with this `number` and the
    /// following ones. Says how many those were.
    pub(super) fn end_each(
        &mut self,
        user: UserId,
        spared: Option<SessionId>,
        number: u32,
        at: &RequestContext,
    ) -> Result<u32, StoreError> {
        let others = self.sessions.values().filter(|other| other.user_id == user && Some(other.id) != spared);
        let ended: Vec<_> = others
            .filter(|other| other.is_live(at.now))
            .map(|other| other.ended(EndReason::Ended, at.now))
            .collect();
        self.withdraw_approvals(Some(user), at.now);
        for (number, session) in (number..).zip(&ended) {
            self.record(session.activity(Event::SessionEnded, at).nth(number, at))?;
            self.sessions.insert(session.id, session.clone());
        }
        Ok(u32::try_from(ended.len()).unwrap_or(u32::MAX))
    }
}

#[async_trait]
impl Sessions for MemoryStore {
    async fn find(&self, session: SessionId, _: &WaitBudget) -> Result<Option<(Session, User)>, StoreError> {
        let tables = self.tables();
        let Some(session) = tables.sessions.get(&session) else { return Ok(None) };
        Ok(tables.users.get(&session.user_id).map(|user| (session.clone(), user.clone())))
    }

    async fn rotate(&self, refresh: &Refresh, at: &RequestContext) -> Result<Rotation, StoreError> {
        let mut tables = self.tables();
        let Some(session) = tables.sessions.get(&refresh.session) else { return Ok(Rotation::Over) };
        let (after, event) = match session.refresh(refresh, at.now) {
            Judgement::Over => return Ok(Rotation::Over),
            Judgement::Repeated(session) => return Ok(Rotation::Renewed(session)),
            Judgement::Renewed(session) => (session, None),
            Judgement::Ahead(session) => (session, Some(Event::RefreshAheadOfStore)),
            Judgement::Reuse(session) => (session, Some(Event::RefreshReuseDetected)),
        };
        let is_reuse = event == Some(Event::RefreshReuseDetected);
        if let Some(event) = event {
            let owner = tables.users.get(&after.user_id).filter(|_| is_reuse);
            let mail = owner.map(|owner| Mail::for_reuse(owner.email.clone(), after.id, at));
            tables.record_and_tell(after.activity(event, at), mail)?;
        }
        tables.sessions.insert(after.id, after.clone());
        Ok(match event {
            Some(Event::RefreshReuseDetected) => Rotation::ReuseFound(after),
            Some(_) => Rotation::Ahead(after),
            None => Rotation::Renewed(after),
        })
    }

    async fn mark_seen(
        &self,
        session: SessionId,
        generation: Generation,
        _: &WaitBudget,
    ) -> Result<(), StoreError> {
        if let Some(session) = self.tables().sessions.get_mut(&session) {
            session.chain = session.chain.after_seen(generation).unwrap_or(session.chain);
        }
        Ok(())
    }

    async fn touch(
        &self,
        session: SessionId,
        now: DateTime<Utc>,
        idle: TimeDelta,
        _: &WaitBudget,
    ) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let Some(session) = tables.sessions.get_mut(&session).filter(|session| session.is_live(now)) else {
            return Ok(());
        };
        if let Some(after) = session.after_use(now, idle) {
            *session = after;
        }
        Ok(())
    }

    async fn list(
        &self,
        user: UserId,
        page: Page,
        now: DateTime<Utc>,
        _: &WaitBudget,
    ) -> Result<Paged<Session>, StoreError> {
        let tables = self.tables();
        let theirs = tables.sessions.values().filter(|session| session.user_id == user);
        let mut live: Vec<_> = theirs.filter(|session| session.is_live(now)).cloned().collect();
        live.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        Ok(page.of(live))
    }

    async fn end_others(
        &self,
        user: UserId,
        spared: Option<SessionId>,
        at: &RequestContext,
    ) -> Result<u32, StoreError> {
        self.tables().end_each(user, spared, 0, at)
    }

    async fn end_some(
        &self,
        after: Option<SessionId>,
        limit: u32,
        at: &RequestContext,
    ) -> Result<EndedPart, StoreError> {
        let mut tables = self.tables();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let next = tables.sessions.range((from, Bound::Unbounded)).map(|(_, session)| session);
        let part: Vec<_> = (0..limit).zip(next).map(|(_, session)| session).collect();
        let last = part.last().map(|session| session.id);
        let is_first_or_last = after.is_none() || part.is_empty();
        let live = part.into_iter().filter(|session| session.is_live(at.now));
        let ended: Vec<_> = live.map(|session| session.ended(EndReason::Ended, at.now)).collect();
        if is_first_or_last {
            tables.withdraw_approvals(None, at.now);
        }
        for (number, session) in (0..).zip(&ended) {
            tables.record(session.activity(Event::SessionEnded, at).nth(number, at))?;
            tables.sessions.insert(session.id, session.clone());
        }
        Ok(EndedPart { count: u32::try_from(ended.len()).unwrap_or(u32::MAX), last })
    }

    async fn end(
        &self,
        session: SessionId,
        reason: EndReason,
        event: Event,
        at: &RequestContext,
    ) -> Result<bool, StoreError> {
        Ok(self.tables().end(session, reason, event, at)?.is_some())
    }
}

impl Tables {
    /// Ends a session that is live; the session as it is then.
    pub(super) fn end(
        &mut self,
        session: SessionId,
        reason: EndReason,
        event: Event,
        at: &RequestContext,
    ) -> Result<Option<Session>, StoreError> {
        let live = self.sessions.get(&session).filter(|session| session.is_live(at.now));
        let Some(ended) = live.map(|session| session.ended(reason, at.now)) else { return Ok(None) };
        self.record(ended.activity(event, at))?;
        self.sessions.insert(session, ended.clone());
        Ok(Some(ended))
    }
}
