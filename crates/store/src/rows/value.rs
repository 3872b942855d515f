//! The values of a row that are more than a text or a number.

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use keywright_domain::id::{
    ActivityId, CeremonyId, DeviceAuthorizationId, EmailChangeId, MagicLinkId, MailId, OrganizationId,
    PasskeyId, RotationId, SessionId, UserId,
};
use keywright_domain::session::{AuthenticationMethod, EndReason, SessionKind};
use uuid::Uuid;

use crate::schema::sql::Id;

/// A UUID, as a row holds it.
#[derive(AsExpression, Clone, Copy, Debug, FromSqlRow, PartialEq, Eq)]
#[diesel(sql_type = Id)]
pub struct Key(pub Uuid);

impl Key {
    /// An id that nothing has.
    pub const NONE: Self = Self(Uuid::nil());
}

/// Work of one server at a time: a row of `locks`.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    SigningKeys,
    Retention,
}

impl Lock {
    /// The name that the row has.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SigningKeys => "signing_keys",
            Self::Retention => "retention",
        }
    }
}

macro_rules! keys {
    ($($id:ident),+) => {$(
        impl From<$id> for Key {
            fn from(id: $id) -> Self {
                Self(id.0)
            }
        }
    )+};
}

keys!(
    ActivityId,
    CeremonyId,
    DeviceAuthorizationId,
    EmailChangeId,
    MagicLinkId,
    MailId,
    OrganizationId,
    PasskeyId,
    RotationId,
    SessionId,
    UserId
);

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::sql_types::Binary;
    use diesel::sqlite::{Sqlite, SqliteValue};

    use super::{FromSql, Id, Key, Output, ToSql, Uuid, deserialize, serialize};

    impl ToSql<Id, Sqlite> for Key {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            <[u8] as ToSql<Binary, Sqlite>>::to_sql(self.0.as_bytes(), out)
        }
    }

    impl FromSql<Id, Sqlite> for Key {
        fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            Ok(Self(Uuid::from_slice(value.read_blob()).map_err(|_| "an id that is not 16 bytes")?))
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::io::Write;

    use diesel::pg::{Pg, PgValue};
    use diesel::serialize::IsNull;

    use super::{FromSql, Id, Key, Output, ToSql, Uuid, deserialize, serialize};

    impl ToSql<Id, Pg> for Key {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            out.write_all(self.0.as_bytes())?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<Id, Pg> for Key {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            Ok(Self(Uuid::from_slice(value.as_bytes()).map_err(|_| "an id that is not 16 bytes")?))
        }
    }
}

/// An instant, as a row holds it: milliseconds since 1970.
#[derive(AsExpression, Clone, Copy, Debug, FromSqlRow, PartialEq, Eq)]
#[diesel(sql_type = BigInt)]
pub struct Millis(i64);

impl Millis {
    /// The instant; none if it is beyond all calendars.
    pub fn instant(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

impl From<DateTime<Utc>> for Millis {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_millis())
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for Millis
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for Millis
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(value).map(Self)
    }
}

/// One table for both ways, so that neither can forget a variant that the other has.
macro_rules! texts {
    ($($to:ident, $from:ident: $type:ident { $($variant:ident => $text:literal),+ $(,)? })+) => {$(
        pub const fn $to(value: $type) -> &'static str {
            match value { $($type::$variant => $text),+ }
        }

        pub fn $from(text: &str) -> Option<$type> {
            match text {
                $($text => Some($type::$variant),)+
                _ => None,
            }
        }
    )+};
}

texts! {
    method_text, method: AuthenticationMethod {
        MagicLink => "magic_link",
        SyncedPasskey => "synced_passkey",
        BoundPasskey => "bound_passkey",
    }
    kind_text, kind: SessionKind {
        Tokens => "tokens",
        Browser => "browser",
        Device => "device",
    }
    end_reason_text, end_reason: EndReason {
        SignedOut => "signed_out",
        Ended => "ended",
        Reuse => "reuse",
        AccountDisabled => "account_disabled",
    }
}
