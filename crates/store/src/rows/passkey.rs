//! Rows of `passkeys` and of `ceremonies`.

use diesel::prelude::*;
use keywright_domain::id::{CeremonyId, PasskeyId, UserId};
use keywright_domain::passkey::{Ceremony, CeremonyKind, CredentialId, Passkey, PasskeyName, Transports};

use super::{BadRow, Key, Millis, Reading};
use crate::schema::{ceremonies, passkeys};

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = passkeys, treat_none_as_default_value = false)]
pub struct PasskeyRow {
    id: Key,
    user_id: Key,
    credential_id: Vec<u8>,
    data: String,
    name: String,
    created_at: Millis,
    last_used_at: Option<Millis>,
    counter: i64,
    backup_eligible: bool,
    backed_up: bool,
    transports: String,
    aaguid: Key,
}

/// Columns of a passkey that a use changes.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = passkeys, treat_none_as_null = true)]
pub struct PasskeyUse {
    pub counter: i64,
    backed_up: bool,
    last_used_at: Option<Millis>,
}

impl From<&Passkey> for PasskeyUse {
    fn from(passkey: &Passkey) -> Self {
        Self {
            counter: passkey.counter.into(),
            backed_up: passkey.backed_up,
            last_used_at: passkey.last_used_at.map(Into::into),
        }
    }
}

impl From<&Passkey> for PasskeyRow {
    fn from(passkey: &Passkey) -> Self {
        let used = PasskeyUse::from(passkey);
        Self {
            id: passkey.id.into(),
            user_id: passkey.user_id.into(),
            credential_id: passkey.credential_id.0.clone(),
            data: passkey.data.clone(),
            name: passkey.name.as_str().to_owned(),
            created_at: passkey.created_at.into(),
            last_used_at: used.last_used_at,
            counter: used.counter,
            backup_eligible: passkey.backup_eligible,
            backed_up: used.backed_up,
            transports: passkey.transports.words().join(" "),
            aaguid: Key(passkey.aaguid),
        }
    }
}

impl TryFrom<PasskeyRow> for Passkey {
    type Error = BadRow;

    fn try_from(row: PasskeyRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "passkeys", row: &row.id.0 };
        Ok(Self {
            id: PasskeyId(row.id.0),
            user_id: UserId(row.user_id.0),
            credential_id: CredentialId(row.credential_id),
            name: PasskeyName::parse(&row.name).map_err(|_| reading.bad("name", "is no name"))?,
            created_at: reading.instant("created_at", row.created_at)?,
            last_used_at: reading.optional_instant("last_used_at", row.last_used_at)?,
            counter: reading.count("counter", row.counter)?,
            backup_eligible: row.backup_eligible,
            backed_up: row.backed_up,
            transports: Transports::new(row.transports.split_whitespace()),
            aaguid: row.aaguid.0,
            data: row.data,
        })
    }
}

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = ceremonies, treat_none_as_default_value = false)]
pub struct CeremonyRow {
    id: Key,
    kind: String,
    user_id: Option<Key>,
    state: String,
    created_at: Millis,
    expires_at: Millis,
}

impl From<&Ceremony> for CeremonyRow {
    fn from(ceremony: &Ceremony) -> Self {
        let (kind, user_id) = match ceremony.kind {
            CeremonyKind::SignIn => ("sign_in", None),
            CeremonyKind::Registration(user) => ("registration", Some(user.into())),
        };
        Self {
            id: ceremony.id.into(),
            kind: kind.to_owned(),
            user_id,
            state: ceremony.state.clone(),
            created_at: ceremony.created_at.into(),
            expires_at: ceremony.expires_at.into(),
        }
    }
}

impl TryFrom<CeremonyRow> for Ceremony {
    type Error = BadRow;

    fn try_from(row: CeremonyRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "ceremonies", row: &row.id.0 };
        Ok(Self {
            id: CeremonyId(row.id.0),
            kind: match row.kind.as_str() {
                "sign_in" => CeremonyKind::SignIn,
                "registration" => {
                    CeremonyKind::Registration(UserId(reading.required("user_id", row.user_id)?.0))
                }
                _ => reading.known("kind", None)?,
            },
            created_at: reading.instant("created_at", row.created_at)?,
            expires_at: reading.instant("expires_at", row.expires_at)?,
            state: row.state,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn passkey() -> Passkey {
        Passkey {
            id: PasskeyId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            credential_id: CredentialId(vec![0, 255]),
            data: "{}".to_owned(),
            name: PasskeyName::parse("Phone").unwrap(),
            created_at: DateTime::UNIX_EPOCH,
            last_used_at: None,
            counter: u32::MAX,
            backup_eligible: true,
            backed_up: false,
            transports: Transports::new(["usb", "nfc"]),
            aaguid: Uuid::from_u128(3),
        }
    }

    fn ceremony(kind: CeremonyKind) -> Ceremony {
        Ceremony::new(CeremonyId(Uuid::from_u128(1)), kind, "{}".to_owned(), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn what_is_written_is_read() {
        let used = Passkey { last_used_at: Some(DateTime::UNIX_EPOCH), ..passkey() };

        for passkey in [passkey(), used] {
            assert_eq!(Passkey::try_from(PasskeyRow::from(&passkey)), Ok(passkey));
        }
        for kind in [CeremonyKind::SignIn, CeremonyKind::Registration(UserId(Uuid::from_u128(9)))] {
            assert_eq!(Ceremony::try_from(CeremonyRow::from(&ceremony(kind))), Ok(ceremony(kind)));
        }
    }

    #[test]
    fn a_row_that_cannot_be_is_named_and_not_shown() {
        let row = "of the row 00000000-0000-0000-0000-000000000001";
        let passkey = |break_it: fn(&mut PasskeyRow)| {
            let mut row = PasskeyRow::from(&passkey());
            break_it(&mut row);
            Passkey::try_from(row).unwrap_err().to_string()
        };
        let ceremony = |break_it: fn(&mut CeremonyRow)| {
            let mut row = CeremonyRow::from(&ceremony(CeremonyKind::Registration(UserId(Uuid::nil()))));
            break_it(&mut row);
            Ceremony::try_from(row).unwrap_err().to_string()
        };

        assert_eq!(passkey(|row| row.counter = -1), format!("passkeys.counter {row} is no count"));
        assert_eq!(passkey(|row| row.name = String::new()), format!("passkeys.name {row} is no name"));
        assert_eq!(ceremony(|row| row.user_id = None), format!("ceremonies.user_id {row} is missing"));
        assert_eq!(
            ceremony(|row| row.kind = "x".into()),
            format!("ceremonies.kind {row} is none of the known values")
        );
    }
}
