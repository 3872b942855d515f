//! What users need remembered.

use async_trait::async_trait;

use super::{ProfileChange, User};
use crate::email::EmailAddress;
use crate::error::StoreError;
use crate::id::UserId;
use crate::stamp::Stamp;

/// What the opening of an account came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    Opened,
    /// Another account has this address.
    AddressTaken,
}

/// Every account.
#[async_trait]
pub trait Users: Send + Sync {
    /// The account with this id.
    async fn find(&self, user: UserId) -> Result<Option<User>, StoreError>;

    /// The account with this address.
    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError>;

    /// Remembers a new account as it is: of any number of racers with one address one opens it.
    async fn open(&self, user: &User) -> Result<Opening, StoreError>;

    /// Changes the profile as [`User::with_profile`] says and writes that to the activity
    /// ([`crate::activity::Activity::of_profile_change`]), unless nothing is different. The account as it is
    /// then; none if it is gone.
    async fn change_profile(
        &self,
        user: UserId,
        change: &ProfileChange,
        at: &Stamp,
    ) -> Result<Option<User>, StoreError>;

    /// Disables the account and ends its sessions, in one commit. The account as it is then; none if it is
    /// unknown. Disabling again changes nothing.
    async fn disable(&self, user: UserId, at: &Stamp) -> Result<Option<User>, StoreError>;
}
