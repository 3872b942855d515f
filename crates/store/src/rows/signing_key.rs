//! A row of `signing_keys`.

use diesel::prelude::*;
use keywright_domain::signing_key::{Algorithm, SigningKey};

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
    created_at: Millis,
}

impl From<&SigningKey> for SigningKeyRow {
    fn from(key: &SigningKey) -> Self {
        Self {
            kid: key.kid.clone(),
            algorithm: key.algorithm.as_str().to_owned(),
            public_jwk: key.public_jwk.to_string(),
            sealed_private_key: key.sealed_private_key.clone(),
            created_at: key.created_at.into(),
        }
    }
}

impl TryFrom<SigningKeyRow> for SigningKey {
    type Error = BadRow;

    fn try_from(row: SigningKeyRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "signing_keys", row: &row.kid };
        Ok(Self {
            algorithm: reading.known("algorithm", Algorithm::parse(&row.algorithm))?,
            public_jwk: serde_json::from_str(&row.public_jwk)
                .map_err(|_| reading.bad("public_jwk", "is no JSON"))?,
            created_at: reading.instant("created_at", row.created_at)?,
            sealed_private_key: row.sealed_private_key,
            kid: row.kid,
        })
    }
}
