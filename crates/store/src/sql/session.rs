//! Sessions.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use keywright_domain::activity::Event;
use keywright_domain::error::StoreError;
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::mail::Mail;
use keywright_domain::page::{Page, Paged};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::port::{EndedPart, Rotation, Sessions};
use keywright_domain::session::{
    Authentication, EndReason, Generation, Judgement, Refresh, Session, SessionSeed,
};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;

use super::error::Failure;
use super::{Connection, Store, activity, mail, retry_on_conflict, session_end, single_statement, user};
use super::{One, Part, update};
use crate::rows::renewal::Renewal;
use crate::rows::session::{SessionChange, SessionRow};
use crate::rows::user::UserRow;
use crate::rows::{Key, Millis};
use crate::schema::{sessions, users};

#[async_trait]
impl Sessions for Store {
    async fn find(
        &self,
        session: SessionId,
        wait: &WaitBudget,
    ) -> Result<Option<(Session, User)>, StoreError> {
        self.read(wait.clone(), move |connection| {
            let found = sessions::table.inner_join(users::table).filter(sessions::id.eq(Key::from(session)));
            let rows: Option<(SessionRow, UserRow)> =
                found.select((SessionRow::as_select(), UserRow::as_select())).one(connection).optional()?;
            let Some((session, user)) = rows else { return Ok(None) };
            Ok(Some((session.try_into()?, user.try_into()?)))
        })
        .await
    }

    async fn rotate(&self, refresh: &Refresh, at: &RequestContext) -> Result<Rotation, StoreError> {
        let (refresh, at) = (refresh.clone(), at.clone());
        if let Some(row) = single_statement::renew(self, &at.wait_budget, Renewal::new(&refresh, &at)).await?
        {
            return Session::try_from(row).map(Rotation::Renewed).map_err(StoreError::broken);
        }
        self.write(at.wait_budget.clone(), move |connection| {
            retry_on_conflict(|| judge(connection, &refresh, &at))
        })
        .await
    }

    async fn mark_seen(
        &self,
        session: SessionId,
        generation: Generation,
        wait: &WaitBudget,
    ) -> Result<(), StoreError> {
        self.write_again(wait.clone(), move |connection| {
            let seen = i64::from(generation.0);
            let unseen = sessions::id.eq(Key::from(session)).and(sessions::seen.lt(seen));
            update(sessions::table, unseen, sessions::seen.eq(seen)).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn touch(
        &self,
        session: SessionId,
        now: DateTime<Utc>,
        idle: TimeDelta,
        wait: &WaitBudget,
    ) -> Result<(), StoreError> {
        self.write(wait.clone(), move |connection| {
            retry_on_conflict(|| {
                let Some(before) = load_live(connection, session, now)? else { return Ok(Some(())) };
                let Some(after) = before.after_use(now, idle) else { return Ok(Some(())) };
                Ok(replace(connection, &before, &after)?.then_some(()))
            })
        })
        .await
    }

    async fn list(
        &self,
        user: UserId,
        page: Page,
        now: DateTime<Utc>,
        wait: &WaitBudget,
    ) -> Result<Paged<Session>, StoreError> {
        let (part, now) = (Part::of(page), Millis::from(now));
        self.read(wait.clone(), move |connection| {
            let live = sessions::table
                .filter(sessions::user_id.eq(Key::from(user)))
                .filter(sessions::ended_at.is_null())
                .filter(sessions::idle_ends_at.gt(now))
                .filter(sessions::ends_at.gt(now));
            let rows = live
                .order((sessions::created_at.desc(), sessions::id.desc()))
                .limit(part.limit)
                .offset(part.offset)
                .select(SessionRow::as_select())
                .load(connection)?;
            let total: i64 = live.count().one(connection)?;
            let items = rows.into_iter().map(Session::try_from).collect::<Result<_, _>>()?;
            Ok(Paged { items, total: total.unsigned_abs() })
        })
        .await
    }

    async fn end_others(
        &self,
        user: UserId,
        spared: Option<SessionId>,
        at: &RequestContext,
    ) -> Result<u32, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| {
            session_end::end_each(connection, user, spared, 0, &at)
        })
        .await
    }

    async fn end_some(
        &self,
        after: Option<SessionId>,
        limit: u32,
        at: &RequestContext,
    ) -> Result<EndedPart, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| {
            session_end::end_some(connection, after, limit, &at)
        })
        .await
    }

    async fn end(
        &self,
        session: SessionId,
        reason: EndReason,
        event: Event,
        at: &RequestContext,
    ) -> Result<bool, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| {
            Ok(end(connection, session, reason, event, &at)?.is_some())
        })
        .await
    }
}

/// Ends a session that is live; the session as it is then.
pub(super) fn end(
    connection: &mut Connection,
    session: SessionId,
    reason: EndReason,
    event: Event,
    at: &RequestContext,
) -> Result<Option<Session>, Failure> {
    retry_on_conflict(|| {
        let Some(before) = load_live(connection, session, at.now)? else { return Ok(Some(None)) };
        let after = before.ended(reason, at.now);
        if !replace(connection, &before, &after)? {
            return Ok(None);
        }
        activity::add(connection, &after.activity(event, at))?;
        Ok(Some(Some(after)))
    })
}

/// Judges a refresh that is not the happy case. None if the session changed meanwhile.
fn judge(
    connection: &mut Connection,
    refresh: &Refresh,
    at: &RequestContext,
) -> Result<Option<Rotation>, Failure> {
    let Some(before) = load(connection, refresh.session)? else { return Ok(Some(Rotation::Over)) };
    let (after, event) = match before.refresh(refresh, at.now) {
        Judgement::Over => return Ok(Some(Rotation::Over)),
        Judgement::Repeated(session) => return Ok(Some(Rotation::Renewed(session))),
        Judgement::Renewed(session) => (session, None),
        Judgement::Ahead(session) => (session, Some(Event::RefreshAheadOfStore)),
        Judgement::Reuse(session) => (session, Some(Event::RefreshReuseDetected)),
    };
    if !replace(connection, &before, &after)? {
        return Ok(None);
    }
    if let Some(event) = event {
        activity::add(connection, &after.activity(event, at))?;
    }
    if event == Some(Event::RefreshReuseDetected)
        && let Some(owner) = user::find(connection, after.user_id)?
    {
        mail::add(connection, &Mail::for_reuse(owner.email, after.id, at))?;
    }
    Ok(Some(match event {
        Some(Event::RefreshReuseDetected) => Rotation::ReuseFound(after),
        Some(_) => Rotation::Ahead(after),
        None => Rotation::Renewed(after),
    }))
}

pub(super) fn load(connection: &mut Connection, id: SessionId) -> Result<Option<Session>, Failure> {
    let found = sessions::table.find(Key::from(id));
    let row = found.select(SessionRow::as_select()).one(connection).optional()?;
    Ok(row.map(Session::try_from).transpose()?)
}

pub(super) fn load_live(
    connection: &mut Connection,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<Session>, Failure> {
    Ok(load(connection, id)?.filter(|session| session.is_live(now)))
}

pub(super) fn insert(connection: &mut Connection, session: &Session) -> Result<(), Failure> {
    diesel::insert_into(sessions::table).values(SessionRow::from(session)).execute(connection)?;
    Ok(())
}

/// The browser session `renew`, renewed by the sign-in of `user` if it is theirs, or else a new one.
pub(super) fn open_or_renew(
    connection: &mut Connection,
    seed: &SessionSeed,
    renew: Option<SessionId>,
    user: UserId,
    authentication: Authentication,
    at: &RequestContext,
) -> Result<Session, Failure> {
    let current = renew.map(|id| load(connection, id)).transpose()?.flatten();
    let renewed = current.and_then(|before| Some((before.reauthenticated(user, authentication)?, before)));
    if let Some((after, before)) = renewed {
        return if replace(connection, &before, &after)? { Ok(after) } else { Err(Failure::Contended) };
    }
    let session = seed.open(user, authentication, at);
    insert(connection, &session)?;
    Ok(session)
}

/// Stores what a transition made of the open session `before`, unless it is another one meanwhile.
pub(super) fn replace(
    connection: &mut Connection,
    before: &Session,
    after: &Session,
) -> Result<bool, Failure> {
    let judged = sessions::id
        .eq(Key::from(before.id))
        .and(sessions::generation.eq(i64::from(before.chain.current.0)))
        .and(sessions::seen.eq(i64::from(before.chain.seen.0)))
        .and(sessions::last_used_at.eq(Millis::from(before.last_used_at)))
        .and(sessions::idle_ends_at.eq(Millis::from(before.idle_ends_at)))
        .and(sessions::authenticated_at.eq(Millis::from(before.authentication.at)))
        .and(sessions::ended_at.is_null());
    Ok(update(sessions::table, judged, SessionChange::from(after)).execute(connection)? > 0)
}
