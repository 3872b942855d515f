//! Locks: rows that a command holds until it ends, so that what it read of them stays true.

use diesel::prelude::*;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::{OrganizationId, UserId};
use keywright_domain::user::User;

use super::Connection;
use super::error::Failure;
use super::sql::One;
use crate::rows::magic_link_address::MagicLinkAddressRow;
use crate::rows::mail::MailRow;
use crate::rows::user::UserRow;
use crate::rows::{Key, Lock, Millis};
use crate::schema::{locks, magic_link_addresses, mails, organizations, users};

/// The account, held as it is until the command ends.
pub(super) fn user(connection: &mut Connection, id: UserId) -> Result<Option<User>, Failure> {
    let found = users::table.find(Key::from(id)).select(UserRow::as_select()).for_no_key_update();
    Ok(found.one(connection).optional()?.map(User::try_from).transpose()?)
}

/// True if the organization exists. Locks it until the command ends.
pub(super) fn organization(connection: &mut Connection, id: OrganizationId) -> Result<bool, Failure> {
    let found = organizations::table.find(Key::from(id)).select(organizations::id).for_no_key_update();
    Ok(found.one::<Key>(connection).optional()?.is_some())
}

/// Locks the wrong codes of an address until the command ends; `None` if there are none.
pub(super) fn address(
    connection: &mut Connection,
    email: &EmailAddress,
) -> Result<Option<MagicLinkAddressRow>, Failure> {
    let found = magic_link_addresses::table.find(email.as_str());
    Ok(found.select(MagicLinkAddressRow::as_select()).for_no_key_update().one(connection).optional()?)
}

/// Nobody else holds `lock` until the command ends.
pub(super) fn lock(connection: &mut Connection, lock: Lock) -> Result<(), Failure> {
    let row = locks::table.find(lock.as_str()).select(locks::name).for_update();
    row.one::<String>(connection)?;
    Ok(())
}

/// Up to `limit` mails that are due at `due`, the longest due first, but for those that another holds; held until the command
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
        .select(MailRow::as_select())
        .for_update()
        .skip_locked();
    Ok(due.load(connection)?)
}
