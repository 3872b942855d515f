//! Device authorizations.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::{
    Begun, Decided, DeviceAuthorizations, Poll, Polled, Withdrawn,
};
use keywright_domain::device_authorization::{
    Action, Deciding, Decision, DeviceAuthorization, DeviceAuthorizationState, Polling, UserCodeDigest,
    Withdrawing,
};
use keywright_domain::error::StoreError;
use keywright_domain::id::{DeviceAuthorizationId, UserId};
use keywright_domain::mail::Mail;
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::{Authentication, EndReason, Session, SessionSeed};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;

use super::error::Failure;
use super::{Backend, Connection, Store, activity, lock, mail, retry_on_conflict, session, single_statement};
use super::{One, update};
use crate::rows::device_authorization::{DeviceAuthorizationRow, StateChange};
use crate::rows::{Key, Millis};
use crate::schema::device_authorizations::{self as table, dsl};

#[async_trait]
impl DeviceAuthorizations for Store {
    async fn begin(
        &self,
        authorization: &DeviceAuthorization,
        wait: &WaitBudget,
    ) -> Result<Begun, StoreError> {
        let row = DeviceAuthorizationRow::from(authorization);
        self.write_again(wait.clone(), move |connection| {
            let inserted = diesel::insert_into(table::table)
                .values(&row)
                .on_conflict(dsl::user_code)
                .do_nothing()
                .execute(connection)?;
            Ok(if inserted > 0 { Begun::Begun } else { Begun::UserCodeTaken })
        })
        .await
    }

    async fn find(
        &self,
        id: DeviceAuthorizationId,
        wait: &WaitBudget,
    ) -> Result<Option<DeviceAuthorization>, StoreError> {
        self.read(wait.clone(), move |connection| load(connection, id)).await
    }

    async fn undecided(
        &self,
        ids: &[DeviceAuthorizationId],
        now: DateTime<Utc>,
        wait: &WaitBudget,
    ) -> Result<Vec<DeviceAuthorizationId>, StoreError> {
        let keys: Vec<_> = ids.iter().copied().map(Key::from).collect();
        let now = Millis::from(now);
        self.read(wait.clone(), move |connection| {
            let undecided: Vec<Key> = table::table
                .filter(dsl::id.eq_any(&keys))
                .filter(dsl::state.eq(DeviceAuthorizationState::Pending.as_str()))
                .filter(dsl::expires_at.gt(now))
                .select(dsl::id)
                .load(connection)?;
            Ok(undecided.into_iter().map(|key| DeviceAuthorizationId(key.0)).collect())
        })
        .await
    }

    async fn find_by_user_code(
        &self,
        user_code: &[UserCodeDigest],
        now: DateTime<Utc>,
        wait: &WaitBudget,
    ) -> Result<Option<DeviceAuthorization>, StoreError> {
        let digests: Vec<_> = user_code.iter().map(|digest| digest.0.to_vec()).collect();
        self.read(wait.clone(), move |connection| {
            let row = table::table
                .filter(dsl::user_code.eq_any(&digests))
                .filter(dsl::expires_at.gt(Millis::from(now)))
                .select(DeviceAuthorizationRow::as_select())
                .one(connection)
                .optional()?;
            Ok(row.map(DeviceAuthorization::try_from).transpose()?)
        })
        .await
    }

    async fn decide(
        &self,
        id: DeviceAuthorizationId,
        decision: Decision,
        at: &RequestContext,
    ) -> Result<Decided, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| {
            retry_on_conflict(|| decide(connection, id, decision, &at))
        })
        .await
    }

    async fn poll(&self, poll: &Poll, seed: &SessionSeed, at: &RequestContext) -> Result<Polled, StoreError> {
        let id = poll.id;
        let found = self.read(at.wait_budget.clone(), move |connection| load(connection, id)).await?;
        let Some(found) = found else { return Ok(Polled::Spent) };
        // Most polls end here: they find nothing to claim, and never wait for the writer.
        let approval = match claimable(&found, poll, at.now) {
            Ok(approval) => approval,
            Err(polled) => return Ok(polled),
        };
        let (session, authorization) = opened(&found, approval, seed, at);
        if single_statement::claim(self, &found, &authorization, &session, at).await?.is_some() {
            return Ok(Polled::Claimed { session, authorization });
        }
        let (poll, seed, at) = (poll.clone(), seed.clone(), at.clone());
        self.write(at.wait_budget.clone(), move |connection| {
            retry_on_conflict(|| claim(connection, &poll, &seed, &at))
        })
        .await
    }

    async fn withdraw(
        &self,
        id: DeviceAuthorizationId,
        at: &RequestContext,
    ) -> Result<Withdrawn, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| {
            retry_on_conflict(|| withdraw(connection, id, &at))
        })
        .await
    }
}

fn decide(
    connection: &mut Connection,
    id: DeviceAuthorizationId,
    decision: Decision,
    at: &RequestContext,
) -> Result<Option<Decided>, Failure> {
    // Held, so that whoever ends the session does it before this, or after and finds the approval.
    let account = lock::user(connection, decision.by)?.filter(User::is_enabled);
    let session = session::load_live(connection, decision.session, at.now)?;
    let (Some(account), Some(_)) = (account, session) else { return Ok(Some(Decided::SessionOver)) };
    let Some(before) = load(connection, id)? else { return Ok(Some(Decided::NotFound)) };
    let state = match before.decide(decision, at.now) {
        Deciding::NotFound => return Ok(Some(Decided::NotFound)),
        Deciding::AlreadyDecided => return Ok(Some(Decided::AlreadyDecided)),
        Deciding::Decided(state) => state,
    };
    let after = DeviceAuthorization { state, ..before.clone() };
    if !replace(connection, &before, &after)? {
        return Ok(None);
    }
    activity::add(connection, &after.activity(decision.event(), decision.by, at))?;
    if decision.action == Action::Approve {
        mail::add(connection, &Mail::for_approval(account.email, id, at))?;
    }
    Ok(Some(Decided::Decided(after)))
}

/// The approving account and its authentication, or the outcome of the poll.
fn claimable(
    found: &DeviceAuthorization,
    poll: &Poll,
    now: DateTime<Utc>,
) -> Result<(UserId, Authentication), Polled> {
    match found.poll(poll.client_id.as_deref(), now) {
        Polling::Claimable { by, authentication } => Ok((by, authentication)),
        Polling::Pending => Err(Polled::Pending),
        Polling::Denied => Err(Polled::Denied),
        Polling::Expired => Err(Polled::Expired),
        Polling::Spent => Err(Polled::Spent),
    }
}

/// The session that the device gets, and the authorization as it is then.
fn opened(
    before: &DeviceAuthorization,
    (by, authentication): (UserId, Authentication),
    seed: &SessionSeed,
    at: &RequestContext,
) -> (Session, DeviceAuthorization) {
    let (client_id, client_name) = (before.client_id.clone(), before.client_name.clone());
    let session = SessionSeed { client_id, client_name, ..seed.clone() }.open(by, authentication, at);
    let authorization = before.claimed(session.id, at.now);
    (session, authorization)
}

/// Claims what was approved. None if it was changed meanwhile.
fn claim(
    connection: &mut Connection,
    poll: &Poll,
    seed: &SessionSeed,
    at: &RequestContext,
) -> Result<Option<Polled>, Failure> {
    let Some(before) = load(connection, poll.id)? else { return Ok(Some(Polled::Spent)) };
    if let DeviceAuthorizationState::Claimed { session, .. } = before.state
        && session == seed.id
        && let Some(session) = session::load_live(connection, session, at.now)?
    {
        // It was this very command that claimed it, though nobody could tell.
        return Ok(Some(Polled::Claimed { session, authorization: before }));
    }
    let (by, authentication) = match claimable(&before, poll, at.now) {
        Ok(approval) => approval,
        Err(polled) => return Ok(Some(polled)),
    };
    if !lock::user(connection, by)?.is_some_and(|user| user.is_enabled()) {
        return Ok(Some(Polled::AccountUnavailable));
    }
    let (session, authorization) = opened(&before, (by, authentication), seed, at);
    if !replace(connection, &before, &authorization)? {
        return Ok(None);
    }
    session::insert(connection, &session)?;
    activity::add(connection, &session.activity(Event::SignedIn, at))?;
    Ok(Some(Polled::Claimed { session, authorization }))
}

pub(super) fn load(
    connection: &mut Connection,
    id: DeviceAuthorizationId,
) -> Result<Option<DeviceAuthorization>, Failure> {
    let found = table::table.find(Key::from(id));
    let row = found.select(DeviceAuthorizationRow::as_select()).one(connection).optional()?;
    Ok(row.map(DeviceAuthorization::try_from).transpose()?)
}

/// Stores the state of `after`, unless it is not in that of `before` any more, to which it never returns.
pub(super) fn replace(
    connection: &mut Connection,
    before: &DeviceAuthorization,
    after: &DeviceAuthorization,
) -> Result<bool, Failure> {
    Ok(replacement(before, after).execute(connection)? > 0)
}

/// The update that does that.
pub fn replacement(
    before: &DeviceAuthorization,
    after: &DeviceAuthorization,
) -> impl QueryFragment<Backend> + QueryId + RunQueryDsl<Connection> + use<> {
    let judged = dsl::id.eq(Key::from(before.id)).and(dsl::state.eq(before.state.as_str()));
    update(table::table, judged, StateChange::from(after.state))
}

/// Withdraws one approval. `None` if it was changed meanwhile.
fn withdraw(
    connection: &mut Connection,
    id: DeviceAuthorizationId,
    at: &RequestContext,
) -> Result<Option<Withdrawn>, Failure> {
    let Some(before) = load(connection, id)? else { return Ok(Some(Withdrawn::Over)) };
    match before.withdraw(at.now) {
        Withdrawing::Over => Ok(Some(Withdrawn::Over)),
        Withdrawing::Withdrawn(state) => {
            let after = DeviceAuthorization { state, ..before.clone() };
            if !replace(connection, &before, &after)? {
                return Ok(None);
            }
            if let Some(by) = state.decided_by() {
                activity::add(connection, &after.activity(Event::DeviceDenied, by, at))?;
            }
            Ok(Some(Withdrawn::Withdrawn))
        }
        Withdrawing::EndSession(session) => {
            let ended = session::end(connection, session, EndReason::Ended, Event::SessionEnded, at)?;
            Ok(Some(ended.map_or(Withdrawn::Over, Withdrawn::Ended)))
        }
    }
}
