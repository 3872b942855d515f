//! Signing keys.

use async_trait::async_trait;
use diesel::prelude::*;
use keywright_domain::error::StoreError;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::port::SigningKeys;

use super::SqliteStore;
use super::error::Failure;
use crate::rows::signing_key::SigningKeyRow;
use crate::schema::signing_keys::{self as table, dsl};

#[async_trait]
impl SigningKeys for SqliteStore {
    async fn list(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.read(list).await
    }

    async fn ensure(&self, first: &SigningKey) -> Result<Vec<SigningKey>, StoreError> {
        let row = SigningKeyRow::from(first);
        self.write(|connection| {
            // The write lock, held since before this read, makes one of any number of servers the first.
            if list(connection)?.is_empty() {
                diesel::insert_into(table::table).values(row).execute(connection)?;
            }
            list(connection)
        })
        .await
    }
}

fn list(connection: &mut SqliteConnection) -> Result<Vec<SigningKey>, Failure> {
    let rows = table::table
        .order((dsl::created_at, dsl::kid))
        .select(SigningKeyRow::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(SigningKey::try_from).collect::<Result<_, _>>()?)
}
