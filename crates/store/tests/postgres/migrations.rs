//! A migration of a database that is in use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_domain::Stores;
use keywright_domain::session::SessionKind;
use keywright_store::postgres::{migrate, schema_difference};
use keywright_store_contract::fixture::{ADA, sign_in};
use keywright_throwaway_postgres::Database;
use tokio::task::{block_in_place, spawn_blocking};

use crate::open;

/// What the last migrations do to a table that every refresh changes, undone.
const BEFORE: &str = "
DROP INDEX sessions_ended, sessions_by_look, sessions_with_origin, activities_by_time, activities_with_origin,
    mails_settled, magic_links_by_expiry, magic_links_with_origin, magic_link_addresses_by_look, email_changes_by_time,
    email_changes_with_origin, device_authorizations_by_decider, device_authorizations_decided_by_expiry,
    device_authorizations_with_origin;
CREATE INDEX device_authorizations_by_decider ON device_authorizations (decided_by);
ALTER TABLE sessions DROP COLUMN look_at, DROP COLUMN renewed_by;
ALTER TABLE magic_link_addresses DROP COLUMN look_at;
DELETE FROM locks WHERE name = 'retention';
DELETE FROM __diesel_schema_migrations WHERE version IN ('0007', '0008')";

/// What the server of the release before does, which has three seconds for a statement.
const REFRESH: &str = "SET statement_timeout = '3s'; UPDATE sessions SET generation = generation + 1";

#[tokio::test(flavor = "multi_thread")]
async fn refreshes_go_on_while_a_migration_waits_for_who_reads_for_long() {
    let database = Arc::new(Database::new().unwrap());
    let stores = Stores::of(Arc::new(open(&database, 1).await));
    sign_in(&stores, ADA, SessionKind::Device, 1).await;
    database.psql(BEFORE).unwrap();
    assert_eq!(schema_difference(&database.url()).await.unwrap().missing.len(), 2);

    // A dump, say.
    let reader = database.clone();
    let reading = spawn_blocking(move || {
        reader.psql("BEGIN; LOCK TABLE sessions IN ACCESS SHARE MODE; SELECT pg_sleep(7); COMMIT")
    });
    let holds = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessShareLock' AND granted \
                 AND relation = 'sessions'::regclass";
    let began_at = Instant::now();
    while block_in_place(|| database.psql(holds).unwrap()) == "0" {
        assert!(began_at.elapsed() < Duration::from_secs(30), "nobody reads");
    }
    let url = database.url();
    let migrating = tokio::spawn(async move { migrate(&url).await });
    let mut slowest = Duration::ZERO;
    while !migrating.is_finished() {
        let asked_at = Instant::now();
        let refreshed = block_in_place(|| database.psql(REFRESH));
        assert!(refreshed.is_ok(), "{refreshed:?} after {:?}", asked_at.elapsed());
        slowest = slowest.max(asked_at.elapsed());
    }

    assert_eq!(migrating.await.unwrap().unwrap(), ["0007_retention", "0008_rotation"]);
    assert!(reading.await.unwrap().is_ok());
    assert!(slowest > Duration::from_millis(500), "the migration was in nobody's way: {slowest:?}");
    assert_eq!(schema_difference(&database.url()).await.unwrap().missing, Vec::<String>::new());
}
