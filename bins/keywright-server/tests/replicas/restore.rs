//! Restoring an older state of the database (contract §2.3): clients stay signed in, and everything used
//! since can be used again.

use std::fs;
use std::path::PathBuf;

use keywright_throwaway_postgres::{Cluster, Database};
use reqwest::Method;
use serde_json::json;

use crate::client::send;
use crate::harness::Place;
use crate::place;

/// A database whose state can be saved and restored while no server runs.
enum Store {
    Sqlite(PathBuf),
    Postgres { cluster: Cluster, database: Database },
}

impl Store {
    fn keep(&self) {
        match self {
            Self::Sqlite(file) => {
                fs::copy(file, file.with_extension("kept")).unwrap();
            }
            Self::Postgres { cluster, database } => {
                let name = database.name();
                cluster.psql("postgres", &format!("CREATE DATABASE kept TEMPLATE {name}")).unwrap();
            }
        }
    }

    fn put_back(&self) {
        match self {
            Self::Sqlite(file) => {
                for extension in ["db-wal", "db-shm"] {
                    // A server that stops cleanly leaves none.
                    let _ = fs::remove_file(file.with_extension(extension));
                }
                fs::copy(file.with_extension("kept"), file).unwrap();
            }
            Self::Postgres { cluster, database } => {
                let name = database.name();
                cluster.psql("postgres", &format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
                cluster.psql("postgres", &format!("ALTER DATABASE kept RENAME TO {name}")).unwrap();
            }
        }
    }
}

async fn an_older_state_comes_back(place: &Place, store: &Store) {
    let server = place.start().await;
    let (client, keyring) = (server.client(), place.keyring());
    let tokens = client.sign_in(&keyring, "ada@example.com").await;
    let ended = client.sign_in(&keyring, "bob@example.com").await;
    let link = client.link(&keyring, "cyd@example.com").await;
    let device_code = client.approved_device(&tokens.access).await;
    server.stop().await;
    store.keep();

    let server = place.start().await;
    let client = server.client();
    let mut newer = tokens.clone();
    for _ in 0..3 {
        newer = client.refresh(&newer.refresh).await.tokens();
    }
    client.post("/magic_link/verify", json!({"token": link})).await.tokens();
    client.post("/token", json!({"device_code": device_code})).await.tokens();
    let body = json!({"refresh_token": ended.refresh});
    assert_eq!(send(client.api(Method::DELETE, "/logout", &body)).await.status, 200);
    let later = client.sign_in(&keyring, "eve@example.com").await;
    server.stop().await;
    store.put_back();

    let server = place.start().await;
    let client = server.client();
    let renewed = client.refresh(&newer.refresh).await.tokens();
    let renewed = client.refresh(&renewed.refresh).await.tokens();
    assert_eq!(client.me(&renewed.access).await.status, 200, "who is ahead goes on");
    client.post("/magic_link/verify", json!({"token": link})).await.tokens();
    client.post("/token", json!({"device_code": device_code})).await.tokens();
    client.refresh(&ended.refresh).await.tokens();
    assert_eq!(
        client.refresh(&later.refresh).await.code(),
        "401 invalid_grant",
        "who came later signs in again"
    );
    let activity = client.request(Method::GET, "/api/v1/auth/activity").bearer_auth(&renewed.access);
    assert!(send(activity).await.text.contains("refresh_ahead_of_store"));
    server.stop().await;
}

#[tokio::test]
async fn clients_continue_after_restoring_an_older_sqlite_file() {
    let place = Place::with(&[("DEVICE__INTERVAL", "1s")]);
    let store = Store::Sqlite(place.database());

    an_older_state_comes_back(&place, &store).await;
}

#[tokio::test]
async fn clients_continue_after_restoring_an_older_postgres_database() {
    let cluster = Cluster::start(&[]).unwrap();
    let database = Database::at(cluster.url()).unwrap();
    let place = place(&database.url(), &[]);
    let store = Store::Postgres { cluster, database };

    an_older_state_comes_back(&place, &store).await;
}
