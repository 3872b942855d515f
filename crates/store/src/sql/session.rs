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
use super::{
    Connection, One, Part, Store, activity, lock, mail, retry_on_conflict, single_statement, update,
};
use crate::rows::renewal::Renewal;
use crate::rows::session::{SessionChange, SessionRow};
use crate::rows::user::UserRow;
use crate::rows::{Key, Millis, end_reason_text};
use crate::schema::device_authorizations as devices;
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
        self.write(at.wait_budget.clone(), move |connection| end_each(connection, user, spared, 0, &at)).await
    }

    async fn end_some(
        &self,
        after: Option<SessionId>,
        limit: u32,
        at: &RequestContext,
    ) -> Result<EndedPart, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| end_some(connection, after, limit, &at)).await
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
        && let Some(owner) = load_owner(connection, &after)?
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

fn load_owner(connection: &mut Connection, session: &Session) -> Result<Option<User>, Failure> {
    let owner = users::table.find(Key::from(session.user_id)).select(UserRow::as_select());
    Ok(owner.one(connection).optional()?.map(User::try_from).transpose()?)
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

/// Ends every session of `user` that is not over, by one statement, and says how many those were. What they approved is taken
/// back.
pub(super) fn end_all(
    connection: &mut Connection,
    user: UserId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<usize, Failure> {
    deny_approvals(connection, Some(user), now)?;
    let live = sessions::table
        .filter(sessions::user_id.eq(Key::from(user)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::idle_ends_at.gt(Millis::from(now)))
        .filter(sessions::ends_at.gt(Millis::from(now)));
    let ended = (
        sessions::ended_at.eq(Some(Millis::from(now))),
        sessions::end_reason.eq(Some(end_reason_text(reason))),
    );
    Ok(diesel::update(live).set(ended).execute(connection)?)
}

/// Ends every session of `user` that is not over, but for `spared`, and records each, as the activity with this `number`
/// and the following ones. Says how many those were.
pub(super) fn end_each(
    connection: &mut Connection,
    user: UserId,
    spared: Option<SessionId>,
    number: u32,
    at: &RequestContext,
) -> Result<u32, Failure> {
    // Held, so that nothing is approved or claimed meanwhile.
    lock::user(connection, user)?;
    deny_approvals(connection, Some(user), at.now)?;
    let open = sessions::table
        .filter(sessions::user_id.eq(Key::from(user)))
        .filter(sessions::id.ne(spared.map_or(Key::NONE, Key::from)))
        .filter(sessions::ended_at.is_null())
        // In the order of everybody who ends many, so that nobody waits for one who waits for them.
        .order(sessions::id)
        .select(SessionRow::as_select())
        .load(connection)?;
    let mut ended = 0;
    for row in open {
        let before = Session::try_from(row)?;
        if !before.is_live(at.now) {
            continue;
        }
        let after = before.ended(EndReason::Ended, at.now);
        // A refresh came between: all of this is judged again.
        if !replace(connection, &before, &after)? {
            return Err(Failure::Contended);
        }
        let entry = after.activity(Event::SessionEnded, at).nth(number + ended, at);
        activity::add(connection, &entry)?;
        ended += 1;
    }
    Ok(ended)
}

/// Ends those of the next `limit` sessions after `after` that are not over, whoever's they are, and records each. Those
/// that are over are read, too: so each part costs the same, and all parts together as much as there are sessions.
pub(super) fn end_some(
    connection: &mut Connection,
    after: Option<SessionId>,
    limit: u32,
    at: &RequestContext,
) -> Result<EndedPart, Failure> {
    if after.is_none() {
        // What was claimed before is found in some part.
        deny_approvals(connection, None, at.now)?;
    }
    let mut part = load_some(connection, after, limit)?;
    if part.is_empty() {
        // What was approved since, by who was not yet signed out.
        deny_approvals(connection, None, at.now)?;
        part = load_some(connection, after, limit)?;
    }
    let last = part.last().map(|session| session.id);
    let mut count = 0;
    for before in part.into_iter().filter(|session| session.is_live(at.now)) {
        let change = (
            sessions::ended_at.eq(Some(Millis::from(at.now))),
            sessions::end_reason.eq(Some(end_reason_text(EndReason::Ended))),
        );
        // A refresh that came between changes nothing about the end.
        let open = sessions::table.find(Key::from(before.id)).filter(sessions::ended_at.is_null());
        if diesel::update(open).set(change).execute(connection)? > 0 {
            let entry = before.activity(Event::SessionEnded, at).nth(count, at);
            activity::add(connection, &entry)?;
            count += 1;
        }
    }
    Ok(EndedPart { count, last })
}

fn load_some(
    connection: &mut Connection,
    after: Option<SessionId>,
    limit: u32,
) -> Result<Vec<Session>, Failure> {
    let part = sessions::table
        .filter(sessions::id.gt(after.map_or(Key::NONE, Key::from)))
        .order(sessions::id)
        .limit(limit.into())
        .select(SessionRow::as_select())
        .load::<SessionRow>(connection)?;
    Ok(part.into_iter().map(Session::try_from).collect::<Result<_, _>>()?)
}

/// Denies the devices that `user`, or anybody, has approved and that have not claimed their session yet. It comes before
/// the end of the sessions: a device that has claimed one already is among them.
fn deny_approvals(
    connection: &mut Connection,
    user: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let denied = (
        devices::state.eq("denied"),
        devices::state_at.eq(Some(Millis::from(now))),
        devices::authenticated_at.eq(None::<Millis>),
        devices::authentication_method.eq(None::<String>),
    );
    let approved = devices::table
        .filter(devices::decided_by.is_not_null())
        .filter(devices::expires_at.gt(Millis::from(now)))
        .filter(devices::state.eq("approved"));
    match user {
        Some(user) => {
            let theirs = approved.filter(devices::decided_by.eq(Key::from(user)));
            diesel::update(theirs).set(denied).execute(connection)?;
        }
        None => {
            diesel::update(approved).set(denied).execute(connection)?;
        }
    }
    Ok(())
}
