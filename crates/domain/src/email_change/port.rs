//! The store's port for changes of addresses.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::EmailChange;
use crate::error::StoreError;
use crate::id::{EmailChangeId, UserId};
use crate::mail::Mail;
use crate::request_context::RequestContext;
use crate::user::{ProfileChange, User};

/// Outcome of a request for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asking {
    /// The account as it is then: its pending address is the new one.
    Asked(User),
    /// Asked too often: again from this instant on.
    OverBudget { until: DateTime<Utc> },
    /// The account is gone.
    Gone,
}

/// Outcome of the proof of the new address, or of the undoing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settling {
    Settled,
    /// Done before, too late, superseded, or the address belongs to another account: nothing was changed. So is the proof
    /// of a change whose session somebody has ended since ([`EndReason::is_eviction`](crate::session::EndReason)).
    Over,
}

/// Every change of an address.
#[async_trait]
pub trait EmailChanges: Send + Sync {
    /// Remembers `change`, whose address becomes the pending one, and `mail` to that address; what the account asked for
    /// before is superseded. Its profile is changed as `profile` says ([`User::with_profile`]), too, or nothing is. Both are
    /// written to the activity.
    async fn ask(
        &self,
        change: &EmailChange,
        profile: &ProfileChange,
        mail: &Mail,
        at: &RequestContext,
    ) -> Result<Asking, StoreError>;

    /// Supersedes what `user` has asked for, so that no address is pending, and changes the profile as `profile` says. The
    /// account as it is then; none if it is gone.
    async fn withdraw(
        &self,
        user: UserId,
        profile: &ProfileChange,
        at: &RequestContext,
    ) -> Result<Option<User>, StoreError>;

    /// The change with this id.
    async fn find(&self, change: EmailChangeId, wait: &WaitBudget)
    -> Result<Option<EmailChange>, StoreError>;

    /// Has the account go by the new address ([`EmailChange::applied`]), ends its sessions but the one that asked, and
    /// writes that to its activity; the old address gets a mail. Of racers one settles it.
    async fn prove(&self, change: EmailChangeId, at: &RequestContext) -> Result<Settling, StoreError>;

    /// Has the account go by the old address again ([`EmailChange::reverted`]), ends all its sessions, removes the
    /// passkeys that were added since the change was asked for, and writes that to its activity; every later change is
    /// superseded. An account that was opened under the old address since ([`EmailChange::displaces`]) is deleted, unless
    /// it is the last owner of an organization. Of racers one settles it.
    async fn undo(&self, change: EmailChangeId, at: &RequestContext) -> Result<Settling, StoreError>;
}
