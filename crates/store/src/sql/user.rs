//! Users.

use async_trait::async_trait;
use diesel::prelude::*;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::email::EmailAddress;
use keywright_domain::error::StoreError;
use keywright_domain::id::UserId;
use keywright_domain::session::EndReason;
use keywright_domain::stamp::Stamp;
use keywright_domain::user::port::{Opening, Users};
use keywright_domain::user::{ProfileChange, User};

use super::error::Failure;
use super::{Connection, Store, activity, same, session, settle};
use crate::rows::user::UserRow;
use crate::rows::{Key, Millis};
use crate::schema::users;

#[async_trait]
impl Users for Store {
    async fn find(&self, user: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |connection| find(connection, user)).await
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        let email = email.clone();
        self.read(move |connection| find_by_email(connection, &email)).await
    }

    async fn open(&self, user: &User) -> Result<Opening, StoreError> {
        let row = UserRow::from(user);
        self.write(move |connection| {
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
        at: &Stamp,
    ) -> Result<Option<User>, StoreError> {
        let (change, at) = (change.clone(), at.clone());
        self.write(move |connection| {
            settle(|| {
                let Some(before) = find(connection, user)? else { return Ok(Some(None)) };
                let (after, changed) = before.with_profile(&change, at.now);
                if changed.is_empty() {
                    return Ok(Some(Some(before)));
                }
                if !replace_profile(connection, &before, &after)? {
                    return Ok(None);
                }
                activity::add(connection, &Activity::of_profile_change(user, &changed, &at))?;
                Ok(Some(Some(after)))
            })
        })
        .await
    }

    async fn disable(&self, user: UserId, at: &Stamp) -> Result<Option<User>, StoreError> {
        let at = at.clone();
        self.write(move |connection| {
            let disabled = diesel::update(users::table.find(Key::from(user)))
                .filter(users::disabled_at.is_null())
                .set((
                    users::disabled_at.eq(Some(Millis::from(at.now))),
                    users::updated_at.eq(Millis::from(at.now)),
                ))
                .execute(connection)?;
            if disabled > 0 {
                session::end_all(connection, user, None, EndReason::AccountDisabled, at.now)?;
                activity::add(connection, &Activity::new(Event::AccountDisabled, user, &at))?;
            }
            find(connection, user)
        })
        .await
    }
}

pub(super) fn find(connection: &mut Connection, user: UserId) -> Result<Option<User>, Failure> {
    let row = users::table.find(Key::from(user)).select(UserRow::as_select()).first(connection).optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

pub(super) fn find_by_email(
    connection: &mut Connection,
    email: &EmailAddress,
) -> Result<Option<User>, Failure> {
    let found = users::table.filter(users::email.eq(email.as_str()));
    let row = found.select(UserRow::as_select()).first(connection).optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

pub(super) fn insert(connection: &mut Connection, user: &User) -> Result<(), Failure> {
    let row = UserRow::from(user);
    let insert = diesel::insert_into(users::table).values(&row).on_conflict(users::email).do_nothing();
    // Whoever was first with the address is to be found when the command is tried again.
    if insert.execute(connection)? > 0 { Ok(()) } else { Err(Failure::Contended) }
}

/// Stores what [`User::signed_in_by_mail`] or [`User::signed_in_by_passkey`] changed, unless the account was
/// disabled meanwhile.
pub(super) fn replace_sign_in(connection: &mut Connection, after: &User) -> Result<bool, Failure> {
    let replaced = diesel::update(users::table.find(Key::from(after.id)))
        .filter(users::disabled_at.is_null())
        .set((
            users::email_verified.eq(after.email_verified),
            users::last_sign_in_at.eq(after.last_sign_in_at.map(Millis::from)),
        ))
        .execute(connection)?;
    Ok(replaced > 0)
}

/// Stores what [`User::with_profile`] changed, unless the profile is another one meanwhile.
fn replace_profile(connection: &mut Connection, before: &User, after: &User) -> Result<bool, Failure> {
    let (old, new) = (&before.profile, &after.profile);
    let replaced = diesel::update(users::table.find(Key::from(before.id)))
        .filter(same(users::name, old.name.as_deref()))
        .filter(same(users::avatar_url, old.avatar_url.as_deref()))
        .filter(same(users::locale, old.locale.as_deref()))
        .filter(same(users::time_zone, old.time_zone.as_deref()))
        .set((
            users::name.eq(&new.name),
            users::avatar_url.eq(&new.avatar_url),
            users::locale.eq(&new.locale),
            users::time_zone.eq(&new.time_zone),
            users::updated_at.eq(Millis::from(after.updated_at)),
        ))
        .execute(connection)?;
    Ok(replaced > 0)
}
