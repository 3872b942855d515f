//! Locks. A command holds the one write lock of the file from its beginning, so there is nothing to take.

use keywright_domain::id::UserId;
use keywright_domain::user::User;

use super::error::Failure;
use super::{Connection, user};
use crate::rows::Lock;

/// The account, held as it is until the command ends.
pub(super) fn user(connection: &mut Connection, id: UserId) -> Result<Option<User>, Failure> {
    user::find(connection, id)
}

/// Nobody else holds `lock` until the command ends.
#[expect(clippy::unnecessary_wraps, reason = "other backends have to wait, and may fail")]
pub(super) fn lock(_: &mut Connection, _: Lock) -> Result<(), Failure> {
    Ok(())
}
