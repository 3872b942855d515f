//! The store's port for device authorizations.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Decision, DeviceAuthorization, UserCodeDigest};
use crate::error::StoreError;
use crate::id::DeviceAuthorizationId;
use crate::request_context::RequestContext;
use crate::session::{Session, SessionSeed};

/// Outcome of a new device authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    Begun,
    /// Another one that the store still holds has the same user code: try a new one.
    UserCodeTaken,
}

/// Outcome of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Decided, and how it stands.
    Decided(DeviceAuthorization),
    /// The same account has decided already.
    AlreadyDecided,
    /// Unknown, past its time, or another account's.
    NotFound,
    /// The session that would decide is over, or its account disabled.
    SessionOver,
}

/// A device's poll.
#[derive(Clone, Debug)]
pub struct Poll {
    pub id: DeviceAuthorizationId,
    /// The client that the caller says it is, if it says so.
    pub client_id: Option<String>,
}

/// Outcome of a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    Pending,
    Denied,
    Expired,
    /// Claimed already, another client's, or unknown.
    Spent,
    /// Approved, but the account may not sign in any more: no session is opened.
    AccountUnavailable,
    /// Claimed by this poll; no other one gets a session.
    Claimed {
        session: Session,
        authorization: DeviceAuthorization,
    },
}

/// Outcome of a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// No session will come of it.
    Withdrawn,
    /// Its session, ended.
    Ended(Session),
    /// Unknown, not approved, past its time, or its session was over already.
    Over,
}

/// Every device authorization.
#[async_trait]
pub trait DeviceAuthorizations: Send + Sync {
    /// Remembers a new one.
    async fn begin(
        &self,
        authorization: &DeviceAuthorization,
        wait: &WaitBudget,
    ) -> Result<Begun, StoreError>;

    /// The one with this id.
    async fn find(
        &self,
        id: DeviceAuthorizationId,
        wait: &WaitBudget,
    ) -> Result<Option<DeviceAuthorization>, StoreError>;

    /// Which of these wait for a decision at `now`. The others are decided, past their time, or unknown.
    async fn undecided(
        &self,
        ids: &[DeviceAuthorizationId],
        now: DateTime<Utc>,
        wait: &WaitBudget,
    ) -> Result<Vec<DeviceAuthorizationId>, StoreError>;

    /// The one with one of these user codes that is not past its time at `now`.
    async fn find_by_user_code(
        &self,
        user_code: &[UserCodeDigest],
        now: DateTime<Utc>,
        wait: &WaitBudget,
    ) -> Result<Option<DeviceAuthorization>, StoreError>;

    /// Decides as [`DeviceAuthorization::decide`] says, once: of any number of racing decisions one stands. What races with
    /// it and ends the session of who decides has either that done or the decision undone.
    /// Writes it to the activity of who decided ([`DeviceAuthorization::activity`]), and an approval to a
    /// mail to them ([`crate::mail::Mail::for_approval`]).
    async fn decide(
        &self,
        id: DeviceAuthorizationId,
        decision: Decision,
        at: &RequestContext,
    ) -> Result<Decided, StoreError>;

    /// Answers as [`DeviceAuthorization::poll`] says. A pending poll writes nothing. An approved one is
    /// claimed by exactly one of any number of racing polls: that one opens the session of `seed` for the
    /// account that approved, if it is still enabled, and writes the sign-in to its activity. The client of
    /// the session is that of the authorization, whatever `seed` says.
    async fn poll(&self, poll: &Poll, seed: &SessionSeed, at: &RequestContext) -> Result<Polled, StoreError>;

    /// Takes an approval back as [`DeviceAuthorization::withdraw`] says, atomically: whatever polls race with it, no
    /// session is live afterwards. Writes that to the activity of who approved: as a denial
    /// ([`DeviceAuthorization::activity`]), or as the end of the session.
    async fn withdraw(&self, id: DeviceAuthorizationId, at: &RequestContext)
    -> Result<Withdrawn, StoreError>;
}
