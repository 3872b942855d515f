//! How many refreshes a second a store makes durable, as a ratio to what its database commits at most: measured in turns,
//! in one run, by the same number of clients. `just bench` runs it.
//!
//! - SQLite: `synchronous=FULL` commits of one small update, one after another, by Diesel alone.
//! - PostgreSQL: the same small update by tokio-postgres alone, prepared, with as many connections as the store has.
#![expect(clippy::unwrap_used, reason = "a benchmark, as the tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use keywright_domain::Stores;
use keywright_domain::id::SessionId;
use keywright_domain::session::SessionKind;
use keywright_domain::session::port::Rotation;
use keywright_store::postgres::{self, PostgresStore};
use keywright_store::sqlite::{self, SqliteStore};
use keywright_store_contract::fixture::{ADA, refresh, request_context, sign_in};
use keywright_throwaway_postgres::Cluster;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

/// Duration of one measurement.
const TURN: Duration = Duration::from_secs(2);
/// Number of measurements.
const ROUNDS: usize = 5;

/// Clients at once.
const CLIENTS: [usize; 3] = [1, 16, 64];

const UPDATE: &str = "UPDATE limits SET generation = generation + 1 WHERE id = ";

/// Sessions that are refreshed, each by a client of its own.
struct Refreshing {
    stores: Stores,
    sessions: Vec<(SessionId, u32)>,
}

impl Refreshing {
    async fn new(stores: Stores) -> Self {
        let mut sessions = vec![];
        for second in 0..CLIENTS.into_iter().max().unwrap_or_default() {
            let second = i64::try_from(second).unwrap();
            let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, second).await;
            sessions.push((session.id, 0));
        }
        Self { stores, sessions }
    }

    /// Refreshes a second.
    async fn turn(&mut self, clients: usize) -> f64 {
        let (began_at, mut tasks) = (Instant::now(), JoinSet::new());
        for (session, generation) in self.sessions.iter().take(clients).copied() {
            let stores = self.stores.clone();
            tasks.spawn(async move {
                let mut next = generation;
                while began_at.elapsed() < TURN {
                    let rotated =
                        stores.sessions.rotate(&refresh(session, next), &request_context(100)).await.unwrap();
                    assert!(matches!(rotated, Rotation::Renewed(_)), "{rotated:?}");
                    next += 1;
                }
                (session, next)
            });
        }
        let reached = tasks.join_all().await;
        let took = began_at.elapsed().as_secs_f64();
        let mut count = 0;
        for (session, next) in reached {
            let own = self.sessions.iter_mut().find(|(id, _)| *id == session).unwrap();
            count += next - own.1;
            own.1 = next;
        }
        f64::from(count) / took
    }
}

/// Commits a second of a file that nobody else uses.
fn sqlite_limit(directory: &Path) -> f64 {
    let file = directory.join("limit.db");
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let table = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS limits \
                 (id INTEGER PRIMARY KEY, generation INTEGER NOT NULL); INSERT OR IGNORE INTO limits VALUES (0, 0)";
    connection.batch_execute(table).unwrap();
    let (began_at, mut count) = (Instant::now(), 0);
    while began_at.elapsed() < TURN {
        connection.batch_execute(&format!("{UPDATE} 0")).unwrap();
        count += 1;
    }
    f64::from(count) / began_at.elapsed().as_secs_f64()
}

/// Commits a second of so many connections, each with a row of its own.
async fn postgres_limit(url: &str, clients: usize) -> f64 {
    let mut tasks = JoinSet::new();
    for number in 0..clients {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let id = i64::try_from(number).unwrap();
        let update = client.prepare(&format!("{UPDATE} $1")).await.unwrap();
        tasks.spawn(async move {
            let (began_at, mut count) = (Instant::now(), 0);
            while began_at.elapsed() < TURN {
                assert_eq!(client.execute(&update, &[&id]).await.unwrap(), 1);
                count += 1;
            }
            f64::from(count) / began_at.elapsed().as_secs_f64()
        });
    }
    tasks.join_all().await.into_iter().sum()
}

/// The middle one of an odd number.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn report(what: &str, clients: usize, turns: &[(f64, f64)]) {
    let ratio = median(turns.iter().map(|(ours, limit)| ours / limit).collect());
    let (ours, limit) = turns.iter().copied().unzip();
    let (ours, limit): (f64, f64) = (median(ours), median(limit));
    println!("{what:<11} {clients:>7} {ours:>11.0} {limit:>11.0} {ratio:>7.2}");
}

#[tokio::main]
async fn main() {
    // What the tests link them for: `cargo test --benches` runs this, too, and must not take a minute.
    if std::env::args().all(|argument| argument != "--bench") {
        println!("run it by `just bench`");
        return;
    }
    println!("store       clients refreshes/s   commits/s   ratio");
    // The working directory, because a temporary one may not be on a disk.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = directory.path().join("keywright.db");
    let store = SqliteStore::open(file, &sqlite::Options::default()).unwrap();
    let mut refreshing = Refreshing::new(Stores::of(Arc::new(store))).await;
    for clients in CLIENTS {
        let mut turns = vec![];
        for _ in 0..ROUNDS {
            turns.push((refreshing.turn(clients).await, sqlite_limit(directory.path())));
        }
        report("SQLite", clients, &turns);
    }

    let cluster = Cluster::start(&["fsync=on", "full_page_writes=on"]).unwrap();
    let url = format!("{}/postgres", cluster.url());
    let options = postgres::Options::default();
    let store = PostgresStore::open(&url, &options).await.unwrap();
    let mut refreshing = Refreshing::new(Stores::of(Arc::new(store))).await;
    let table = "CREATE TABLE limits (id BIGINT PRIMARY KEY, generation BIGINT NOT NULL) WITH (fillfactor = 80); \
                 INSERT INTO limits SELECT n, 0 FROM generate_series(0, 63) AS n";
    cluster.psql("postgres", table).unwrap();
    for clients in CLIENTS {
        let connections = clients.min(options.connections.get());
        let mut turns = vec![];
        for _ in 0..ROUNDS {
            turns.push((refreshing.turn(clients).await, postgres_limit(&url, connections).await));
        }
        report("PostgreSQL", clients, &turns);
    }
}
