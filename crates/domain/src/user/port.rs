//! The store's port for users.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{ProfileChange, User};
use crate::email::EmailAddress;
use crate::error::StoreError;
use crate::id::UserId;
use crate::page::{Page, Paged};
use crate::request_context::RequestContext;

/// Outcome of the opening of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    Opened,
    /// Another account has this address.
    AddressTaken,
}

/// Outcome of the deletion of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    Deleted,
    /// An organization would be left without an owner: nothing was changed.
    LastOwner,
    /// There is no such account.
    NotFound,
}

/// Every account.
#[async_trait]
pub trait Users: Send + Sync {
    /// The account with this id.
    async fn find(&self, user: UserId, wait: &WaitBudget) -> Result<Option<User>, StoreError>;

    /// The account with this address.
    async fn find_by_email(
        &self,
        email: &EmailAddress,
        wait: &WaitBudget,
    ) -> Result<Option<User>, StoreError>;

    /// One page of all accounts, newest first.
    async fn list(&self, page: Page) -> Result<Paged<User>, StoreError>;

    /// Remembers a new account as it is: of any number of racers with one address one opens it.
    async fn open(&self, user: &User) -> Result<Opening, StoreError>;

    /// Changes the profile as [`User::with_profile`] says and writes that to the activity
    /// ([`crate::activity::Activity::for_profile_change`]), unless nothing is different. The account as it is
    /// then; none if it is gone.
    async fn change_profile(
        &self,
        user: UserId,
        change: &ProfileChange,
        at: &RequestContext,
    ) -> Result<Option<User>, StoreError>;

    /// Deletes the account with its sessions, links, mails, activity and memberships, in one commit. Of what stays for
    /// others' sake (a device that is yet to be told that it is denied) the addresses and user agents go.
    async fn delete(&self, user: UserId, wait: &WaitBudget) -> Result<Deletion, StoreError>;

    /// Disables the account, ends its sessions, and denies device codes that it has approved and nobody has claimed, in one
    /// commit: enabling it again brings back none of them. The account as it is then; none if it is unknown. Disabling again
    /// changes nothing.
    async fn disable(&self, user: UserId, at: &RequestContext) -> Result<Option<User>, StoreError>;

    /// Lets a disabled account sign in again; what ended when it was disabled stays ended. The account as it is then;
    /// none if it is unknown. Enabling what is enabled changes nothing.
    async fn enable(&self, user: UserId, now: DateTime<Utc>) -> Result<Option<User>, StoreError>;
}
