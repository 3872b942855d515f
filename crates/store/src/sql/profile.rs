//! Profiles.

use diesel::prelude::*;
use keywright_domain::activity::Activity;
use keywright_domain::request_context::RequestContext;
use keywright_domain::user::{ProfileChange, User};

use super::error::Failure;
use super::{Connection, activity, same};
use crate::rows::{Key, Millis};
use crate::schema::users;

/// Changes the profile of `before`, and writes that to the activity as one of several entries of a request. None if it
/// is another profile meanwhile.
pub(super) fn change(
    connection: &mut Connection,
    before: User,
    change: &ProfileChange,
    number: u32,
    at: &RequestContext,
) -> Result<Option<User>, Failure> {
    let (after, changed) = before.with_profile(change, at.now);
    if changed.is_empty() {
        return Ok(Some(before));
    }
    if !replace(connection, &before, &after)? {
        return Ok(None);
    }
    activity::add(connection, &Activity::for_profile_change(after.id, &changed, at).nth(number, at))?;
    Ok(Some(after))
}

fn replace(connection: &mut Connection, before: &User, after: &User) -> Result<bool, Failure> {
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
