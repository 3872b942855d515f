//! What is asked often is answered through an index, and a refresh costs one prepared statement and one row.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_domain::Stores;
use keywright_domain::device_authorization::DeviceAuthorization;
use keywright_domain::device_authorization::port::{Poll, Polled};
use keywright_domain::id::SessionId;
use keywright_domain::magic_link::Proof;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{Generation, SessionKind};
use keywright_store_contract::fixture::{
    ADA, BOB, LIFETIMES, approve, at, begin, issue, redeem, refresh, seed, sign_in, stamp,
};
use keywright_throwaway_postgres::{Cluster, Database};
use tokio::task::JoinSet;

use crate::open;
use crate::statements::recorded;

const ROWS: usize = 100_000;

/// So many rows of `table`, each like the first but for what is its `own`: pairs of a JSON object.
fn multiply(database: &Database, table: &str, own: &str, count: usize) {
    let rows = format!(
        "INSERT INTO {table} SELECT new.* FROM (SELECT t FROM {table} AS t LIMIT 1) AS old, \
         generate_series(1, {count}) AS n, LATERAL jsonb_populate_record(old.t, jsonb_build_object({own})) AS new"
    );
    database.psql(&rows).unwrap();
}

const ID: &str = "'id', md5(n::text)::uuid";

fn fill(database: &Database) {
    for (table, own) in [
        ("users", format!("{ID}, 'email', n || '@example.com'")),
        ("sessions", ID.to_owned()),
        ("device_authorizations", format!(r"{ID}, 'user_code', '\x' || md5(n::text)")),
        ("magic_links", format!("{ID}, 'email', n || '@example.com'")),
        ("mails", ID.to_owned()),
        ("activities", ID.to_owned()),
    ] {
        multiply(database, table, &own, ROWS);
    }
    let addresses = format!(
        "INSERT INTO magic_link_addresses (email, wrong_codes) \
         SELECT n || '@example.com', '[]' FROM generate_series(1, {ROWS}) AS n"
    );
    database.psql(&addresses).unwrap();
    database.psql("ANALYZE").unwrap();
}

/// How `sql` is run whatever is bound to it.
fn plan(database: &Database, sql: &str) -> String {
    let count = (1..100).take_while(|number| sql.contains(&format!("${number}"))).count();
    let nulls = if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
    let explained = format!(
        "SET plan_cache_mode = force_generic_plan; PREPARE asked AS {sql}; EXPLAIN (COSTS OFF) EXECUTE asked{nulls}"
    );
    database.psql(&explained).unwrap()
}

/// Everything that is asked often, asked once.
async fn ask(
    stores: &Stores,
    session: SessionId,
    pending: &DeviceAuthorization,
    approved: &DeviceAuthorization,
) {
    stores.sessions.find(session).await.unwrap().unwrap();
    let rotated = stores.sessions.rotate(&refresh(session, 0), &stamp(1)).await.unwrap();
    assert!(matches!(rotated, Rotation::Renewed(_)));
    let again = stores.sessions.rotate(&refresh(session, 0), &stamp(2)).await.unwrap();
    assert!(matches!(again, Rotation::Renewed(_)));
    stores.sessions.sight(session, Generation(1)).await.unwrap();
    stores.sessions.touch(session, at(3000), LIFETIMES.idle).await.unwrap();

    for authorization in [pending, approved] {
        let poll = Poll { id: authorization.id, client_id: None };
        let polled = stores.device_authorizations.poll(&poll, &seed(SessionKind::Device, 1), &stamp(1)).await;
        assert_eq!(matches!(polled.unwrap(), Polled::Claimed { .. }), authorization.id == approved.id);
    }
}

async fn redeem_with(stores: &Stores, address: &str, proof: Proof) -> Redemption {
    let link = issue(stores, address, 0).await;
    recorded();
    let redeem = Redeem { proof, ..redeem(&link, SessionKind::Tokens, 1) };
    stores.magic_links.redeem(&redeem, &stamp(1)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_often_is_found_by_a_primary_key_or_another_unique_one() {
    let database = Database::new().unwrap();
    let stores = Stores::of(Arc::new(open(&database, 1).await));
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (pending, approved) = (begin(&stores, 0).await, begin(&stores, 0).await);
    approve(&stores, &approved, &session, 0).await;
    fill(&database);

    recorded();
    ask(&stores, session.id, &pending, &approved).await;
    let mut asked = recorded();
    for (address, proof, is_good) in [
        (ADA, Proof::Token, true),
        (BOB, Proof::Token, true),
        (ADA, Proof::Code { is_right: true }, true),
        (ADA, Proof::Code { is_right: false }, false),
    ] {
        let redemption = redeem_with(&stores, address, proof).await;
        assert_eq!(matches!(redemption, Redemption::Redeemed { .. }), is_good);
        asked.extend(recorded());
    }

    let unique = database.psql("SELECT indexrelid::regclass FROM pg_index WHERE indisunique").unwrap();
    let statements: BTreeSet<_> = asked.into_iter().map(|statement| statement.sql).collect();
    let mut indexes = 0;
    for sql in &statements {
        if ["BEGIN", "COMMIT", "ROLLBACK", "SET "].iter().any(|word| sql.starts_with(word)) {
            continue;
        }
        let plan = plan(&database, sql);
        assert!(!plan.contains("Seq Scan"), "{sql}\n{plan}");
        for line in plan.lines().filter(|line| line.contains("Index ") && line.contains("Scan")) {
            let (_, rest) = line.split_once(" using ").or_else(|| line.split_once(" on ")).unwrap();
            let index = rest.split_whitespace().next().unwrap();
            assert!(unique.lines().any(|name| name == index), "{sql}\n{plan}");
            indexes += 1;
        }
    }
    assert!(indexes > 8, "hardly anything was asked: {statements:#?}");
}

/// Refreshes each of `sessions` one after another so many `times`.
async fn refresh_all(stores: &Stores, sessions: Vec<SessionId>, times: u32) {
    let mut tasks = JoinSet::new();
    for session in sessions {
        let stores = stores.clone();
        tasks.spawn(async move {
            for generation in 0..times {
                let rotated = stores.sessions.rotate(&refresh(session, generation), &stamp(1)).await.unwrap();
                assert!(matches!(rotated, Rotation::Renewed(_)), "{rotated:?}");
            }
        });
    }
    tasks.join_all().await;
}

/// So many sessions that nobody has refreshed, in an order that is none of the table's, as in life.
async fn signed_in(database: &Database, stores: &Stores, count: usize) -> Vec<SessionId> {
    sign_in(stores, ADA, SessionKind::Tokens, 0).await;
    multiply(database, "sessions", ID, count - 1);
    let ids = database.psql("SELECT id FROM sessions ORDER BY id").unwrap();
    ids.lines().map(|id| SessionId(id.parse().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_is_one_statement_that_a_connection_prepares_once() {
    let database = Database::new().unwrap();
    let stores = Stores::of(Arc::new(open(&database, 4).await));
    let sessions = signed_in(&database, &stores, 8).await;
    recorded();

    refresh_all(&stores, sessions, 20).await;

    let mut prepared = HashMap::new();
    let mut sent = 0;
    for statement in recorded().into_iter().filter(|statement| !statement.sql.starts_with("SET ")) {
        assert!(statement.sql.starts_with("UPDATE sessions SET generation"), "{}", statement.sql);
        if statement.is_preparation {
            *prepared.entry(statement.connection).or_insert(0) += 1;
        } else {
            sent += 1;
        }
    }
    assert_eq!(sent, 160);
    assert!(!prepared.is_empty() && prepared.values().all(|&times| times == 1), "{prepared:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshes_leave_the_indexes_alone() {
    // What other tests have open in a shared cluster would keep old versions of these rows alive.
    let cluster = Cluster::start(&[]).unwrap();
    let database = Database::at(cluster.url()).unwrap();
    let stores = Stores::of(Arc::new(open(&database, 8).await));
    let sessions = signed_in(&database, &stores, 1000).await;

    refresh_all(&stores, sessions, 10).await;
    drop(stores);

    // The connections tell what they did when they end.
    let began_at = Instant::now();
    let (updated, hot) = loop {
        let told = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'";
        let told = database.psql(told).unwrap();
        let (updated, hot) = told.split_once('|').unwrap();
        let (updated, hot): (u32, u32) = (updated.parse().unwrap(), hot.parse().unwrap());
        if updated >= 10_000 {
            break (updated, hot);
        }
        assert!(began_at.elapsed() < Duration::from_secs(30), "only {told}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(hot * 100 >= updated * 95, "{hot} of {updated}");
}
