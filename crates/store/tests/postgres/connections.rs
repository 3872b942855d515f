//! Connections: opening, keeping, closing and their number.

use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_domain::Stores;
use keywright_domain::error::StoreError;
use keywright_domain::health::Health;
use keywright_domain::id::UserId;
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;
use keywright_store::postgres::{Options, PostgresStore, migrate};
use keywright_store_contract::fixture::{at, email, unknown_user};
use keywright_throwaway_postgres::{Cluster, Database, Proxy, Way};
use tokio::task::{JoinSet, spawn_blocking};
use uuid::Uuid;

use crate::open;

/// Time limit of a test for an imminent event.
const PATIENCE: Duration = Duration::from_secs(30);

fn one() -> Options {
    Options { connections: NonZeroUsize::MIN, ..Options::default() }
}

fn user(number: u128) -> User {
    let address = email(&format!("{number}@example.com"));
    User::signed_up(UserId(Uuid::from_u128(number)), address, at(0))
}

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

/// Waits for what comes soon.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began_at = Instant::now();
    while !is_so().await {
        assert!(began_at.elapsed() < PATIENCE, "{what} has not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Connections of stores to `database`.
fn connections(database: &Database) -> usize {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'keywright' \
                 AND datname = current_database()";
    database.psql(count).unwrap().parse().unwrap()
}

/// Until `database` has changed all that `primary` has.
async fn caught_up(primary: &Cluster, standby: &Cluster) {
    let now = primary.psql("postgres", "SELECT pg_current_wal_lsn()").unwrap();
    let is_there = format!("SELECT pg_last_wal_replay_lsn() >= '{now}'");
    until("what the primary wrote", async || standby.psql("postgres", &is_there).unwrap() == "t").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_takes_connections_and_never_answers_does_not_keep_from_the_next() {
    let database = Database::new().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_, rest) =
        database.url().split_once('@').map(|(user, rest)| (user.to_owned(), rest.to_owned())).unwrap();
    let url = format!("postgres://keywright@{},{rest}", silent.local_addr().unwrap());

    let stores = Stores::of(Arc::new(PostgresStore::open(&url, &one()).await.unwrap()));

    stores.users.open(&user(1)).await.unwrap();
    // And whoever has lost the connection does not begin with the silent one again.
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'keywright' \
                  AND datname = current_database()";
    database.psql(others).unwrap();
    until("a connection again", async || {
        // The refusal may still come over the one that is ended.
        stores
            .users
            .find(UserId(Uuid::from_u128(1)), &WaitBudget::NONE)
            .await
            .is_ok_and(|found| found.is_some())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_a_standby_for_a_while_is_not_read_from() {
    let primary = Cluster::start(&[]).unwrap();
    let database = Database::at(primary.url()).unwrap();
    migrate(&database.url()).await.unwrap();
    let standby = primary.standby(&[]).unwrap();
    caught_up(&primary, &standby).await;
    let name = Proxy::start(Way::To(primary.port())).await.unwrap();
    let store = Arc::new(PostgresStore::open(&name.url(database.name()), &one()).await.unwrap());
    let users = Stores::of(store.clone()).users;
    users.open(&user(1)).await.unwrap();
    caught_up(&primary, &standby).await;

    name.leads(Way::To(standby.port()));
    name.cut();
    let read = users.find(UserId(Uuid::from_u128(1)), &WaitBudget::NONE).await;
    let check = store.check().await;
    name.leads(Way::To(primary.port()));

    assert!(is_unavailable(&read), "{read:?}");
    assert!(is_unavailable(&check), "{check:?}");
    store.check().await.unwrap();
    users.open(&user(2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_must_not_write_any_more_is_not_kept() {
    let cluster = Cluster::start(&[]).unwrap();
    let database = Database::at(cluster.url()).unwrap();
    let store = Arc::new(open(&database, 2).await);
    let users = Stores::of(store.clone()).users;
    store.check().await.unwrap();
    let is_read_only = |value: &str| {
        let setting = format!("ALTER SYSTEM SET default_transaction_read_only = {value}");
        cluster.psql("postgres", &setting).unwrap();
        cluster.psql("postgres", "SELECT pg_reload_conf()").unwrap();
    };

    is_read_only("on");
    until("the refusal", async || is_unavailable(&store.check().await)).await;
    until("the end of the connections", async || connections(&database) == 0).await;
    let refused = users.open(&user(1)).await;
    is_read_only("off");

    assert!(is_unavailable(&refused), "{refused:?}");
    until("the end of it", async || store.check().await.is_ok()).await;
    users.open(&user(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_commands_of_a_request_share_its_wait_budget() {
    let database = Database::new().unwrap();
    migrate(&database.url()).await.unwrap();
    let port = database.psql("SHOW port").unwrap().parse().unwrap();
    let way = Proxy::start(Way::To(port)).await.unwrap();
    let store = PostgresStore::open(&way.url(database.name()), &one()).await.unwrap();
    let users = Stores::of(Arc::new(store)).users;
    let budget = WaitBudget::new(Duration::from_secs(2));

    way.delays(Duration::from_mins(1));
    let began_at = Instant::now();
    for number in 1..=3 {
        let found = users.find(UserId(Uuid::from_u128(number)), &budget).await;
        assert!(is_unavailable(&found), "{found:?}");
    }
    let took = began_at.elapsed();

    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_begun_for_a_caller_that_has_lost_patience() {
    let database = Database::new().unwrap();
    migrate(&database.url()).await.unwrap();
    let port = database.psql("SHOW port").unwrap().parse().unwrap();
    let way = Proxy::start(Way::To(port)).await.unwrap();
    let statement_timeout = Duration::from_millis(1900);
    let options = Options { statement_timeout, patience: Duration::from_secs(2), ..one() };
    let store = PostgresStore::open(&way.url(database.name()), &options).await.unwrap();
    let users = Stores::of(Arc::new(store)).users;

    // Late, the connection breaks, and the new one is not made while anybody waits.
    way.delays(Duration::from_mins(1));
    let opening = {
        let users = users.clone();
        tokio::spawn(async move { users.open(&user(1)).await })
    };
    tokio::time::sleep(Duration::from_millis(1500)).await;
    way.delays(Duration::ZERO);
    way.leads(Way::Silent);
    way.cut();
    let opened = opening.await.unwrap();
    way.leads(Way::To(port));
    let began_at = Instant::now();
    let found = users.find(UserId(Uuid::from_u128(1)), &WaitBudget::NONE).await;
    let took = began_at.elapsed();

    assert!(is_unavailable(&opened), "{opened:?}");
    // Its place was free then.
    assert!(matches!(found, Ok(None)), "{found:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(database.psql("SELECT count(*) FROM users").unwrap(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_a_migration_changed_is_prepared_anew() {
    let database = Database::new().unwrap();
    let users = Stores::of(Arc::new(open(&database, 1).await)).users;
    users.open(&user(1)).await.unwrap();
    for _ in 0..3 {
        users.find(UserId(Uuid::from_u128(1)), &WaitBudget::NONE).await.unwrap();
    }

    database.psql("ALTER TABLE users ALTER COLUMN name TYPE varchar(500)").unwrap();
    let refused = users.find(UserId(Uuid::from_u128(1)), &WaitBudget::NONE).await;

    assert!(refused.is_ok() || is_unavailable(&refused), "{refused:?}");
    assert!(users.find(UserId(Uuid::from_u128(1)), &WaitBudget::NONE).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_the_queue_full_is_refused_at_once() {
    let database = Arc::new(Database::new().unwrap());
    let options = Options { queue: 4, ..one() };
    let users = Stores::of(Arc::new(PostgresStore::open(&database.url(), &options).await.unwrap())).users;
    let holder = database.clone();
    let holding = spawn_blocking(move || holder.psql("BEGIN; LOCK TABLE users; SELECT pg_sleep(2); COMMIT"));
    let is_held = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted \
                   AND relation = 'users'::regclass";
    until("the lock", async || database.psql(is_held).unwrap() == "1").await;

    let mut asked = JoinSet::new();
    for _ in 0..20 {
        let users = users.clone();
        asked.spawn(async move {
            let began_at = Instant::now();
            let found = users.find(unknown_user(), &WaitBudget::NONE).await;
            (found, began_at.elapsed())
        });
    }
    let answers = asked.join_all().await;
    holding.await.unwrap().unwrap();

    let refused: Vec<_> = answers.iter().filter(|(found, _)| found.is_err()).collect();
    // One had the connection, and four waited for it.
    assert_eq!(refused.len(), 15, "{answers:?}");
    for (found, took) in &refused {
        assert!(found.as_ref().unwrap_err().to_string().contains("too many"), "{found:?}");
        assert!(*took < Duration::from_secs(1), "{took:?}");
    }
}
