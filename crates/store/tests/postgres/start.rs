//! Servers that start at once on an empty database.

use std::sync::Arc;

use keywright_domain::Stores;
use keywright_domain::service::Health;
use keywright_domain::signing_key::{Algorithm, SigningKey};
use keywright_store::postgres::{migrate, pending};
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
        created_at: at(0),
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
            Stores::of(Arc::new(store)).signing_keys.ensure(&key(number)).await.unwrap()
        });
    }

    let keys = replicas.join_all().await;

    assert_eq!(keys[0].len(), 1);
    assert!(keys.iter().all(|seen| *seen == keys[0]), "{keys:?}");
    assert_eq!(pending(&database.url()).await.unwrap(), Vec::<String>::new());
    let applied = database.psql("SELECT version FROM __diesel_schema_migrations ORDER BY version").unwrap();
    let other = Database::new().unwrap();
    let names = migrate(&other.url()).await.unwrap();
    assert_eq!(applied.lines().count(), names.len());
}
