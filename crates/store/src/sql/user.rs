//! Users.

use keywright_domain::wait_budget::WaitBudget;
use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use keywright_domain::activity::{Activity, Event};
use keywright_domain::email::EmailAddress;
use keywright_domain::error::StoreError;
use keywright_domain::id::UserId;
use keywright_domain::page::{Page, Paged};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::EndReason;
use keywright_domain::user::port::{Deletion, Opening, Users};
use keywright_domain::user::{ProfileChange, User};

use super::error::Failure;
use super::{Backend, Connection, Store, activity, lock, organization, profile, retry_on_conflict, session};
use super::{One, Part, update};
use crate::rows::user::UserRow;
use crate::rows::{Key, Millis};
use crate::schema::{
    device_authorizations, email_changes, magic_link_addresses, magic_links, mails, passkeys, users,
};

#[async_trait]
impl Users for Store {
    async fn find(&self, user: UserId, wait: &WaitBudget) -> Result<Option<User>, StoreError> {
        self.read(wait.clone(), move |connection| find(connection, user)).await
    }

    async fn find_by_email(
        &self,
        email: &EmailAddress,
        wait: &WaitBudget,
    ) -> Result<Option<User>, StoreError> {
        let email = email.clone();
        self.read(wait.clone(), move |connection| find_by_email(connection, &email)).await
    }

    async fn list(&self, page: Page) -> Result<Paged<User>, StoreError> {
        let part = Part::of(page);
        self.read(WaitBudget::NONE, move |connection| {
            let rows = users::table
                .order((users::created_at.desc(), users::id.desc()))
                .limit(part.limit)
                .offset(part.offset)
                .select(UserRow::as_select())
                .load(connection)?;
            let total: i64 = users::table.count().one(connection)?;
            let items = rows.into_iter().map(User::try_from).collect::<Result<_, _>>()?;
            Ok(Paged { items, total: total.unsigned_abs() })
        })
        .await
    }

    async fn open(&self, user: &User) -> Result<Opening, StoreError> {
        let row = UserRow::from(user);
        self.write(WaitBudget::NONE, move |connection| {
            let insert = diesel::insert_into(users::table).values(&row);
            let opened = insert.on_conflict(users::email).do_nothing().execute(connection)?;
            Ok(if opened > 0 { Opening::Opened } else { Opening::AddressTaken })
        })
        .await
    }

    async fn change_profile(
        &self,
        user: UserId,
        change: &ProfileChange,
        at: &RequestContext,
    ) -> Result<Option<User>, StoreError> {
        let (change, at) = (change.clone(), at.clone());
        self.write(at.wait_budget.clone(), move |connection| {
            retry_on_conflict(|| {
                let Some(before) = find(connection, user)? else { return Ok(Some(None)) };
                Ok(profile::change(connection, before, &change, 0, &at)?.map(Some))
            })
        })
        .await
    }

    async fn delete(&self, user: UserId, wait: &WaitBudget) -> Result<Deletion, StoreError> {
        self.write(wait.clone(), move |connection| delete(connection, user)).await
    }

    async fn disable(&self, user: UserId, at: &RequestContext) -> Result<Option<User>, StoreError> {
        let at = at.clone();
        self.write(at.wait_budget.clone(), move |connection| {
            let disabled = diesel::update(users::table.find(Key::from(user)))
                .filter(users::disabled_at.is_null())
                .set((
                    users::disabled_at.eq(Some(Millis::from(at.now))),
                    users::updated_at.eq(Millis::from(at.now)),
                ))
                .execute(connection)?;
            if disabled > 0 {
                session::end_all(connection, user, EndReason::AccountDisabled, at.now)?;
                activity::add(connection, &Activity::new(Event::AccountDisabled, user, &at))?;
            }
            find(connection, user)
        })
        .await
    }

    async fn enable(&self, user: UserId, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        self.write(WaitBudget::NONE, move |connection| {
            diesel::update(users::table.find(Key::from(user)))
                .filter(users::disabled_at.is_not_null())
                .set((users::disabled_at.eq(None::<Millis>), users::updated_at.eq(Millis::from(now))))
                .execute(connection)?;
            find(connection, user)
        })
        .await
    }
}

fn delete(connection: &mut Connection, id: UserId) -> Result<Deletion, Failure> {
    let Some(user) = lock::user(connection, id)? else { return Ok(Deletion::NotFound) };
    if organization::is_last_owner_anywhere(connection, id)? {
        return Ok(Deletion::LastOwner);
    }
    let changes: Vec<(String, String)> = email_changes::table
        .filter(email_changes::user_id.eq(Key::from(id)))
        .select((email_changes::old_email, email_changes::new_email))
        .load(connection)?;
    let once = changes.into_iter().flat_map(|(old, new)| [old, new]);
    let addresses: BTreeSet<_> = std::iter::once(user.email.as_str().to_owned()).chain(once).collect();
    delete_row(connection, id)?;
    for address in &addresses {
        diesel::delete(magic_link_addresses::table.find(address)).execute(connection)?;
        diesel::delete(magic_links::table.filter(magic_links::email.eq(address))).execute(connection)?;
        diesel::delete(mails::table.filter(mails::recipient.eq(address))).execute(connection)?;
    }
    let decided = device_authorizations::table.filter(device_authorizations::decided_by.eq(Key::from(id)));
    let nobody = (
        device_authorizations::ip.eq(None::<String>),
        device_authorizations::user_agent.eq(None::<String>),
        device_authorizations::client_name.eq(None::<String>),
    );
    diesel::update(decided).set(nobody).execute(connection)?;
    Ok(Deletion::Deleted)
}

/// Deletes the account, and what hangs on it by a foreign key.
pub(super) fn delete_row(connection: &mut Connection, user: UserId) -> Result<(), Failure> {
    diesel::delete(users::table.find(Key::from(user))).execute(connection)?;
    Ok(())
}

pub fn find(connection: &mut Connection, user: UserId) -> Result<Option<User>, Failure> {
    let row = users::table.find(Key::from(user)).select(UserRow::as_select()).one(connection).optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

pub(super) fn find_by_email(
    connection: &mut Connection,
    email: &EmailAddress,
) -> Result<Option<User>, Failure> {
    let found = users::table.filter(users::email.eq(email.as_str()));
    let row = found.select(UserRow::as_select()).one(connection).optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

pub(super) fn insert(connection: &mut Connection, user: &User) -> Result<(), Failure> {
    let row = UserRow::from(user);
    let insert = diesel::insert_into(users::table).values(&row).on_conflict(users::email).do_nothing();
    // Whoever was first with the address is to be found when the command is tried again.
    if insert.execute(connection)? > 0 { Ok(()) } else { Err(Failure::Contended) }
}

/// Stores what [`User::signed_in_by_mail`] or [`User::signed_in_by_passkey`] changed, unless the account was
/// disabled or got another address meanwhile: then what it was found by is not its owner's any more.
pub(super) fn replace_sign_in(connection: &mut Connection, after: &User) -> Result<bool, Failure> {
    Ok(sign_in(after).execute(connection)? > 0)
}

/// The update that does that.
pub fn sign_in(after: &User) -> impl QueryFragment<Backend> + QueryId + RunQueryDsl<Connection> {
    let as_found = users::id
        .eq(Key::from(after.id))
        .and(users::disabled_at.is_null())
        .and(users::email.eq(after.email.as_str()));
    let change = (
        users::email_verified.eq(after.email_verified),
        users::last_sign_in_at.eq(after.last_sign_in_at.map(Millis::from)),
    );
    update(users::table, as_found, change)
}

/// Stores what [`User::signed_in_by_mail`] changed in an account whose address was unproven until now, without what
/// others have left in it.
pub(super) fn replace_proof(
    connection: &mut Connection,
    after: &User,
    at: &RequestContext,
) -> Result<(), Failure> {
    let proven = diesel::update(users::table.find(Key::from(after.id)))
        .filter(users::disabled_at.is_null())
        .filter(users::email.eq(after.email.as_str()))
        .filter(users::email_verified.eq(false))
        .set(UserRow::from(after))
        .execute(connection)?;
    if proven == 0 {
        return Err(Failure::Contended);
    }
    let theirs = passkeys::table.filter(passkeys::user_id.eq(Key::from(after.id)));
    diesel::delete(theirs).execute(connection)?;
    session::end_each(connection, after.id, None, 1, at)?;
    Ok(())
}

/// Stores the addresses of `after`, whose account is held. Another account that has taken the address meanwhile is to
/// be found when the command is tried again.
pub(super) fn replace_address(connection: &mut Connection, after: &User) -> Result<(), Failure> {
    let change = (
        users::email.eq(after.email.as_str()),
        users::email_verified.eq(after.email_verified),
        users::pending_email.eq(after.pending_email.as_ref().map(EmailAddress::as_str)),
        users::updated_at.eq(Millis::from(after.updated_at)),
    );
    match diesel::update(users::table.find(Key::from(after.id))).set(change).execute(connection) {
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Err(Failure::Contended),
        outcome => outcome.map(|_| ()).map_err(Failure::from),
    }
}
