//! Signing keys.

use async_trait::async_trait;
use diesel::prelude::*;
use keywright_domain::error::StoreError;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::port::SigningKeys;

use super::error::Failure;
use super::{Connection, Store, hold};
use crate::rows::Lock;
use crate::rows::signing_key::SigningKeyRow;
use crate::schema::signing_keys::{self as table, dsl};

#[async_trait]
impl SigningKeys for Store {
    async fn list(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.read(list).await
    }

    async fn ensure(&self, first: &SigningKey) -> Result<Vec<SigningKey>, StoreError> {
        let row = SigningKeyRow::from(first);
        self.write(move |connection| {
            // Held since before this read, it makes one of any number of servers the first.
            hold::lock(connection, Lock::SigningKeys)?;
            if list(connection)?.is_empty() {
                diesel::insert_into(table::table).values(&row).execute(connection)?;
            }
            list(connection)
        })
        .await
    }
}

fn list(connection: &mut Connection) -> Result<Vec<SigningKey>, Failure> {
    let rows = table::table
        .order((dsl::created_at, dsl::kid))
        .select(SigningKeyRow::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(SigningKey::try_from).collect::<Result<_, _>>()?)
}
