//! Servers that start at once on an empty database.

use std::sync::Arc;

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::health::Health;
use keywright_domain::signing_key::{Algorithm, Place, SigningKey};
use keywright_store::postgres::{migrate, schema_difference};
use keywright_store_contract::fixture::at;
use keywright_throwaway_postgres::Database;
use serde_json::json;
use tokio::task::JoinSet;

use crate::open;

fn key(number: usize) -> SigningKey {
    SigningKey {
        kid: format!("key {number}"),
        algorithm: Algorithm::EdDsa,
        public_jwk: json!({"kty": "OKP"}),
        sealed_private_key: vec![7],
        place: Place { follows: None, created_at: at(0), signs_from: at(0) },
        token_lifetime: TimeDelta::hours(4),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_at_once_end_with_one_schema_and_one_signing_key() {
    let database = Arc::new(Database::new().unwrap());
    let mut replicas = JoinSet::new();
    for number in 0..4 {
        let database = database.clone();
        replicas.spawn(async move {
            let store = open(&database, 2).await;
            store.check().await.unwrap();
            let keys = Stores::of(Arc::new(store)).signing_keys;
            let is_first = keys.add(&key(number)).await.unwrap();
            (is_first, keys.list().await.unwrap())
        });
    }

    let seen = replicas.join_all().await;

    assert_eq!(seen.iter().filter(|(is_first, _)| *is_first).count(), 1);
    let (_, keys) = &seen[0];
    assert_eq!(keys.len(), 1);
    assert!(seen.iter().all(|(_, seen)| seen == keys), "{seen:?}");
    assert_eq!(schema_difference(&database.url()).await.unwrap().missing, Vec::<String>::new());
    let applied = database.psql("SELECT version FROM __diesel_schema_migrations ORDER BY version").unwrap();
    let other = Database::new().unwrap();
    let names = migrate(&other.url()).await.unwrap();
    assert_eq!(applied.lines().count(), names.len());
}
