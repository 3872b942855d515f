//! Locks. A command holds the one write lock of the file from its beginning, so there is nothing to take.

use diesel::dsl::exists;
use diesel::prelude::*;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::{OrganizationId, UserId};
use keywright_domain::user::User;

use super::Connection;
use super::error::Failure;
use super::sql::One;
use super::sql::user;
use crate::rows::magic_link_address::MagicLinkAddressRow;
use crate::rows::mail::MailRow;
use crate::rows::{Key, Lock, Millis};
use crate::schema::{magic_link_addresses, mails, organizations};

/// The account, held as it is until the command ends.
pub(super) fn user(connection: &mut Connection, id: UserId) -> Result<Option<User>, Failure> {
    user::find(connection, id)
}

/// True if the organization exists. Locks it until the command ends.
pub(super) fn organization(connection: &mut Connection, id: OrganizationId) -> Result<bool, Failure> {
    let found = organizations::table.find(Key::from(id));
    Ok(diesel::select(exists(found)).one(connection)?)
}

/// Wrong codes of an address; `None` if there are none.
pub(super) fn address(
    connection: &mut Connection,
    email: &EmailAddress,
) -> Result<Option<MagicLinkAddressRow>, Failure> {
    let found = magic_link_addresses::table.find(email.as_str());
    Ok(found.select(MagicLinkAddressRow::as_select()).one(connection).optional()?)
}

/// Nobody else holds `lock` until the command ends.
#[expect(clippy::unnecessary_wraps, reason = "other backends have to wait, and may fail")]
pub(super) fn lock(_: &mut Connection, _: Lock) -> Result<(), Failure> {
    Ok(())
}

/// Up to `limit` mails that are due at `due`, the longest due first; held until the command
/// ends.
pub(super) fn due_mails(
    connection: &mut Connection,
    due: Millis,
    limit: i64,
) -> Result<Vec<MailRow>, Failure> {
    let due = mails::table
        .filter(mails::due_at.le(due))
        .order((mails::due_at, mails::id))
        .limit(limit)
        .select(MailRow::as_select());
    Ok(due.load(connection)?)
}
