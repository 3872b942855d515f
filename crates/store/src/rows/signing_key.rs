//! A row of `signing_keys`.

use chrono::TimeDelta;
use diesel::prelude::*;
use keywright_domain::signing_key::{Algorithm, Place, SigningKey};

use super::{BadRow, Millis, Reading};
use crate::schema::signing_keys;

/// Holds a sealed key, so it does not show itself.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = signing_keys, treat_none_as_default_value = false)]
pub struct SigningKeyRow {
    kid: String,
    algorithm: String,
    public_jwk: String,
    sealed_private_key: Vec<u8>,
    follows: String,
    created_at: Millis,
    signs_from: Millis,
    token_lifetime: i64,
}

/// Predecessor of the first key: a name, so that no two keys are first.
pub const NOTHING: &str = "";

impl From<&SigningKey> for SigningKeyRow {
    fn from(key: &SigningKey) -> Self {
        Self {
            kid: key.kid.clone(),
            algorithm: key.algorithm.as_str().to_owned(),
            public_jwk: key.public_jwk.to_string(),
            sealed_private_key: key.sealed_private_key.clone(),
            follows: key.place.follows.clone().unwrap_or_else(|| NOTHING.to_owned()),
            created_at: key.place.created_at.into(),
            signs_from: key.place.signs_from.into(),
            token_lifetime: key.token_lifetime.num_milliseconds(),
        }
    }
}

impl TryFrom<SigningKeyRow> for SigningKey {
    type Error = BadRow;

    fn try_from(row: SigningKeyRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "signing_keys", row: &row.kid };
        let token_lifetime = TimeDelta::try_milliseconds(row.token_lifetime);
        Ok(Self {
            algorithm: reading.known("algorithm", Algorithm::parse(&row.algorithm))?,
            public_jwk: serde_json::from_str(&row.public_jwk)
                .map_err(|_| reading.bad("public_jwk", "is no JSON"))?,
            place: Place {
                created_at: reading.instant("created_at", row.created_at)?,
                signs_from: reading.instant("signs_from", row.signs_from)?,
                follows: Some(row.follows).filter(|follows| follows != NOTHING),
            },
            token_lifetime: token_lifetime
                .ok_or_else(|| reading.bad("token_lifetime", "is no span of time"))?,
            sealed_private_key: row.sealed_private_key,
            kid: row.kid,
        })
    }
}
