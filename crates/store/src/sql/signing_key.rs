//! Signing keys.

use async_trait::async_trait;
use chrono::TimeDelta;
use diesel::prelude::*;
use keywright_domain::error::StoreError;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::port::SigningKeys;
use keywright_domain::wait_budget::WaitBudget;

use super::One;
use super::{Store, lock};
use crate::rows::Lock;
use crate::rows::signing_key::SigningKeyRow;
use crate::schema::signing_keys::{self as table, dsl};

#[async_trait]
impl SigningKeys for Store {
    async fn list(&self, wait: &WaitBudget) -> Result<Vec<SigningKey>, StoreError> {
        self.read(wait.clone(), |connection| {
            let rows = table::table
                .order((dsl::signs_from, dsl::created_at, dsl::kid))
                .select(SigningKeyRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(SigningKey::try_from).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn add(&self, key: &SigningKey) -> Result<bool, StoreError> {
        let (row, follows) = (SigningKeyRow::from(key), key.place.follows.clone());
        self.write(WaitBudget::NONE, move |connection| {
            lock::lock(connection, Lock::SigningKeys)?;
            let before = match &follows {
                Some(kid) => table::table.find(kid).count().one::<i64>(connection)? == 1,
                None => table::table.count().one::<i64>(connection)? == 0,
            };
            if !before {
                return Ok(false);
            }
            // The lock is for waiting; that no two follow the same key is the index's to keep.
            let added = diesel::insert_into(table::table)
                .values(&row)
                .on_conflict(dsl::follows)
                .do_nothing()
                .execute(connection)?;
            Ok(added > 0)
        })
        .await
    }

    async fn replace_all(&self, key: &SigningKey) -> Result<bool, StoreError> {
        let row = SigningKeyRow::from(key);
        self.write(WaitBudget::NONE, move |connection| {
            lock::lock(connection, Lock::SigningKeys)?;
            diesel::delete(table::table).execute(connection)?;
            let added = diesel::insert_into(table::table)
                .values(&row)
                .on_conflict(dsl::follows)
                .do_nothing()
                .execute(connection)?;
            Ok(added > 0)
        })
        .await
    }

    async fn lengthen(&self, kid: &str, token_lifetime: TimeDelta) -> Result<(), StoreError> {
        let (kid, token_lifetime) = (kid.to_owned(), token_lifetime.num_milliseconds());
        self.write(WaitBudget::NONE, move |connection| {
            diesel::update(table::table.find(&kid))
                .filter(dsl::token_lifetime.lt(token_lifetime))
                .set(dsl::token_lifetime.eq(token_lifetime))
                .execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn remove(&self, key: &SigningKey) -> Result<bool, StoreError> {
        let (kid, token_lifetime) = (key.kid.clone(), key.token_lifetime.num_milliseconds());
        self.write(WaitBudget::NONE, move |connection| {
            let removed = diesel::delete(table::table.find(&kid))
                .filter(dsl::token_lifetime.le(token_lifetime))
                .execute(connection)?;
            Ok(removed > 0)
        })
        .await
    }

    async fn reseal(&self, key: &SigningKey, sealed: &[u8]) -> Result<bool, StoreError> {
        let (kid, judged, sealed) = (key.kid.clone(), key.sealed_private_key.clone(), sealed.to_vec());
        self.write(WaitBudget::NONE, move |connection| {
            let resealed = diesel::update(table::table.find(&kid))
                .filter(dsl::sealed_private_key.eq(&judged))
                .set(dsl::sealed_private_key.eq(&sealed))
                .execute(connection)?;
            Ok(resealed > 0)
        })
        .await
    }
}
