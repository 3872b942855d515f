//! The store's port for sessions.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::{EndReason, Generation, Refresh, Session};
use crate::activity::Event;
use crate::error::StoreError;
use crate::id::{SessionId, UserId};
use crate::page::{Page, Paged};
use crate::request_context::RequestContext;
use crate::user::User;

/// Outcome of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The session goes on; its current generation's token is its only live one.
    Renewed(Session),
    /// The same from a generation that the store had forgotten, and its owner's activity says so.
    Ahead(Session),
    /// A copy was presented: the session has been ended, and its owner's activity says so.
    ReuseFound(Session),
    /// Ended, expired, another client's or unknown: alike to whoever asks.
    Over,
}

/// Progress of ending all sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedPart {
    /// Number of live sessions in this part.
    pub count: u32,
    /// The last session of this part, live or not; none if there is no further one.
    pub last: Option<SessionId>,
}

/// Every session.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The session and its owner, whatever state either is in.
    async fn find(
        &self,
        session: SessionId,
        wait: &WaitBudget,
    ) -> Result<Option<(Session, User)>, StoreError>;

    /// Judges by [`Session::refresh`] and stores what it says, atomically: of any number of racers with one
    /// generation, each gets the same successor and no second one exists. A reuse and a generation ahead of
    /// the store are written to the owner's activity in the same commit, and a reuse to a mail to them
    /// ([`crate::mail::Mail::for_reuse`]).
    async fn rotate(&self, refresh: &Refresh, at: &RequestContext) -> Result<Rotation, StoreError>;

    /// Records that something issued with `generation` is in use ([`super::Chain::after_seen`]). Writes
    /// only what is news.
    async fn mark_seen(
        &self,
        session: SessionId,
        generation: Generation,
        wait: &WaitBudget,
    ) -> Result<(), StoreError>;

    /// Records the use of a browser session ([`Session::after_use`]). Never revives one that is over.
    async fn touch(
        &self,
        session: SessionId,
        now: DateTime<Utc>,
        idle: TimeDelta,
        wait: &WaitBudget,
    ) -> Result<(), StoreError>;

    /// One page of the live sessions of `user`, newest first.
    async fn list(
        &self,
        user: UserId,
        page: Page,
        now: DateTime<Utc>,
        wait: &WaitBudget,
    ) -> Result<Paged<Session>, StoreError>;

    /// Ends every live session of `user` but `spared`, and says how many those were. Each is written to the
    /// activity as ended, in the same commit. Device codes that the account has approved are denied, unless claimed: their
    /// sessions would be among these.
    async fn end_others(
        &self,
        user: UserId,
        spared: Option<SessionId>,
        at: &RequestContext,
    ) -> Result<u32, StoreError>;

    /// Ends what is live of the next `limit` sessions after `after`, or of the first, whoever's they are, in the order of
    /// their ids. Each is written to its owner's activity as ended, in the same commit. With the first part, and with
    /// the last, which has none, device codes that anybody has approved are denied, unless claimed. Who goes on from there until
    /// there is none has ended every session that was open at the beginning.
    async fn end_some(
        &self,
        after: Option<SessionId>,
        limit: u32,
        at: &RequestContext,
    ) -> Result<EndedPart, StoreError>;

    /// Ends the session and writes `event` to its owner's activity; false if it is unknown or over already.
    async fn end(
        &self,
        session: SessionId,
        reason: EndReason,
        event: Event,
        at: &RequestContext,
    ) -> Result<bool, StoreError>;
}
