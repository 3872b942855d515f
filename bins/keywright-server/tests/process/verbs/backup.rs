//! `backup`, and the copy that it makes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use keywright_throwaway_postgres::Database;
use serde_json::json;
use tokio::task::JoinSet;

use super::{ADA, BOB, failure, on, output};
use crate::harness::Place;

/// Number of clients that sign in while the copy is made.
const BUSY: usize = 4;

/// Creates a place with the copy as its database and the secret of `from`.
fn restored(from: &Place, copy: &str) -> Place {
    let place = Place::new();
    fs::create_dir(place.path("data")).unwrap();
    fs::copy(from.path(copy), place.database()).unwrap();
    fs::copy(from.path("data/secret"), place.path("data/secret")).unwrap();
    place
}

#[tokio::test]
async fn a_backup_made_under_load_can_be_served() {
    let place = Place::new();
    let server = place.start().await;
    let (client, keyring) = (server.client(), place.keyring());
    let before = client.sign_in(&keyring, ADA).await;
    let ended = client.sign_in(&keyring, BOB).await;
    let mut load = JoinSet::new();
    for number in 0..BUSY {
        let (client, keyring) = (client.clone(), place.keyring());
        load.spawn(async move {
            for round in 0..1000 {
                client.sign_in(&keyring, &format!("busy-{number}-{round}@example.com")).await;
            }
        });
    }
    let count = async || output(&place, &["users", "list"]).await["meta"]["total_count"].as_u64().unwrap();
    let known = count().await;

    let made = output(&place, &["backup", "copy.db"]).await;
    let later = count().await;
    load.shutdown().await;
    assert_eq!(output(&place, &["sessions", "revoke", BOB]).await, json!({"revoked": 1}));
    server.kill();

    assert!(later > known, "there was no load: {known} and {later}");
    let metadata = fs::metadata(place.path("copy.db")).unwrap();
    assert_eq!(
        (made["bytes"].as_u64(), metadata.permissions().mode() & 0o777),
        (Some(metadata.len()), 0o600)
    );
    let other = restored(&place, "copy.db");
    let copied = output(&other, &["users", "list"]).await["meta"]["total_count"].as_u64().unwrap();
    assert!((known..=later).contains(&copied), "{known} <= {copied} <= {later}");
    let server = other.start().await;
    let client = server.client();
    assert_eq!(client.me(&before.access).await.status, 200);
    client.refresh(&before.refresh).await.tokens();
    client.sign_in(&keyring, "new@example.com").await;

    // A session ended after the copy is live again, until all sessions are ended as the restore instructions
    // say.
    assert_eq!(client.me(&ended.access).await.status, 200);
    output(&other, &["sessions", "revoke", "--all", "--yes"]).await;
    for tokens in [before, ended] {
        assert_eq!(client.me(&tokens.access).await.status, 401);
        assert_eq!(client.refresh(&tokens.refresh).await.code(), "401 invalid_grant");
    }
    client.sign_in(&keyring, ADA).await;
    server.stop().await;
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_no_partial_copy() {
    let place = Place::new();
    assert!(
        failure(&place, &["backup", "copy.db"]).await.contains("there is no database at data/keywright.db")
    );
    output(&place, &["users", "create", ADA]).await;
    fs::write(place.path("taken"), "mine").unwrap();
    fs::write(place.path("empty"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", place.path("link")).unwrap();

    for taken in ["taken", "empty", "link", "data"] {
        let errors = failure(&place, &["backup", taken]).await;
        assert!(errors.contains("a backup never overwrites"), "{errors}");
    }
    let errors = failure(&place, &["backup", "missing/copy.db"]).await;
    assert!(errors.contains("missing/copy.db cannot be written"), "{errors}");
    let (code, text, _) = place.run(&["backup", "a copy's.db"]).await;

    assert_eq!(code, 0);
    assert!(text.contains("The secret is not in it"), "{text}");
    assert_eq!(fs::read_to_string(place.path("taken")).unwrap(), "mine");
    let mut names: Vec<_> = fs::read_dir(place.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["a copy's.db", "data", "empty", "link", "taken"]);
}

#[tokio::test]
async fn backing_up_postgresql_refers_to_pg_dump() {
    let database = Database::new().unwrap();
    let place = on(&database);

    let errors = failure(&place, &["backup", "copy.db"]).await;

    assert!(errors.contains("pg_dump") && errors.contains("docs/operations.md"), "{errors}");
    assert!(!place.path("copy.db").exists());
}
