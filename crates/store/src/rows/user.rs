//! A row of `users`.

use diesel::prelude::*;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::UserId;
use keywright_domain::user::{Profile, User};

use super::{BadRow, Key, Millis, Reading};
use crate::schema::users;

#[derive(AsChangeset, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = users, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct UserRow {
    id: Key,
    email: String,
    email_verified: bool,
    pending_email: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
    locale: Option<String>,
    time_zone: Option<String>,
    created_at: Millis,
    updated_at: Millis,
    last_sign_in_at: Option<Millis>,
    disabled_at: Option<Millis>,
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.into(),
            email: user.email.as_str().to_owned(),
            email_verified: user.email_verified,
            pending_email: user.pending_email.as_ref().map(|email| email.as_str().to_owned()),
            name: user.profile.name.clone(),
            avatar_url: user.profile.avatar_url.clone(),
            locale: user.profile.locale.clone(),
            time_zone: user.profile.time_zone.clone(),
            created_at: user.created_at.into(),
            updated_at: user.updated_at.into(),
            last_sign_in_at: user.last_sign_in_at.map(Into::into),
            disabled_at: user.disabled_at.map(Into::into),
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = BadRow;

    fn try_from(row: UserRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "users", row: &row.id.0 };
        let email = |column, text: &String| -> Result<EmailAddress, BadRow> { reading.email(column, text) };
        Ok(Self {
            id: UserId(row.id.0),
            email: email("email", &row.email)?,
            email_verified: row.email_verified,
            pending_email: row.pending_email.map(|text| email("pending_email", &text)).transpose()?,
            profile: Profile {
                name: row.name,
                avatar_url: row.avatar_url,
                locale: row.locale,
                time_zone: row.time_zone,
            },
            created_at: reading.instant("created_at", row.created_at)?,
            updated_at: reading.instant("updated_at", row.updated_at)?,
            last_sign_in_at: reading.optional_instant("last_sign_in_at", row.last_sign_in_at)?,
            disabled_at: reading.optional_instant("disabled_at", row.disabled_at)?,
        })
    }
}
