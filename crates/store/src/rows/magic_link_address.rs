//! A row of `magic_link_addresses`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use keywright_domain::email::EmailAddress;
use keywright_domain::magic_link::WrongCodes;

use super::{BadRow, Millis, Reading};
use crate::schema::magic_link_addresses;

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = magic_link_addresses, treat_none_as_default_value = false)]
pub struct MagicLinkAddressRow {
    email: String,
    wrong_codes: String,
    codes_off_until: Option<Millis>,
}

/// Wrong codes of an address, as columns.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = magic_link_addresses, treat_none_as_null = true)]
pub struct WrongCodesChange {
    wrong_codes: String,
    codes_off_until: Option<Millis>,
}

impl MagicLinkAddressRow {
    /// The row of an address of which nothing is remembered.
    pub fn new(email: &EmailAddress) -> Self {
        let WrongCodesChange { wrong_codes, codes_off_until } =
            WrongCodesChange::from(&WrongCodes::default());
        Self { email: email.as_str().to_owned(), wrong_codes, codes_off_until }
    }
}

impl From<&WrongCodes> for WrongCodesChange {
    fn from(codes: &WrongCodes) -> Self {
        let tried_at: Vec<_> = codes.tried_at.iter().map(DateTime::timestamp_millis).collect();
        Self {
            wrong_codes: serde_json::Value::from(tried_at).to_string(),
            codes_off_until: codes.off_until.map(Into::into),
        }
    }
}

impl TryFrom<MagicLinkAddressRow> for WrongCodes {
    type Error = BadRow;

    fn try_from(row: MagicLinkAddressRow) -> Result<Self, BadRow> {
        // The address is nobody's business, so no row is named.
        let reading = Reading { table: "magic_link_addresses", row: &"of an address" };
        let instants: Option<Vec<DateTime<Utc>>> = serde_json::from_str::<Vec<i64>>(&row.wrong_codes)
            .ok()
            .and_then(|millis| millis.into_iter().map(DateTime::from_timestamp_millis).collect());
        Ok(Self {
            tried_at: reading.known("wrong_codes", instants)?,
            off_until: reading.optional_instant("codes_off_until", row.codes_off_until)?,
        })
    }
}
