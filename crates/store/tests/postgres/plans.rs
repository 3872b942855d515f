//! Frequent queries use an index, among 100,000 rows of each table.

use std::collections::BTreeSet;
use std::sync::Arc;

use keywright_domain::Stores;
use keywright_domain::device_authorization::port::{Poll, Polled};
use keywright_domain::device_authorization::{DeviceAuthorization, UserCodeDigest};
use keywright_domain::id::SessionId;
use keywright_domain::magic_link::Proof;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{Generation, SessionKind};
use keywright_domain::wait_budget::WaitBudget;
use keywright_store_contract::fixture::{
    ADA, BOB, LIFETIMES, approve, at, begin, issue, redeem, refresh, request_context, seed, sign_in,
};
use keywright_throwaway_postgres::Database;

use crate::open;
use crate::statements::recorded;

/// What finds more than one row: the links that an address was sent, as many as its budget has.
const OTHERS: [&str; 1] = ["magic_links_by_email"];

/// All that is found is found by these.
const FOUND_BY: [&str; 7] = [
    "sessions_pkey",
    "users_pkey",
    "users_email_key",
    "device_authorizations_pkey",
    "device_authorizations_user_code_key",
    "magic_links_pkey",
    "magic_links_by_email",
];

const ROWS: usize = 100_000;

/// So many rows of `table`, each like the first but for what is its `own`: pairs of a JSON object.
pub fn multiply(database: &Database, table: &str, own: &str, count: usize) {
    let rows = format!(
        "INSERT INTO {table} SELECT new.* FROM (SELECT t FROM {table} AS t LIMIT 1) AS old, \
         generate_series(1, {count}) AS n, LATERAL jsonb_populate_record(old.t, jsonb_build_object({own})) AS new"
    );
    database.psql(&rows).unwrap();
}

pub const ID: &str = "'id', md5(n::text)::uuid";

fn fill(database: &Database) {
    for (table, own) in [
        ("users", format!("{ID}, 'email', n || '@example.com'")),
        ("sessions", format!("{ID}, 'user_id', md5(n::text)::uuid, 'created_at', n, 'look_at', n")),
        ("device_authorizations", format!(r"{ID}, 'user_code', '\x' || md5(n::text)")),
        ("magic_links", format!("{ID}, 'email', n || '@example.com'")),
        ("mails", ID.to_owned()),
        ("activities", format!("{ID}, 'user_id', md5(n::text)::uuid, 'occurred_at', n")),
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

/// What docs/operations.md reckons with: bytes a row, with everything that finds it.
fn measure(database: &Database) {
    for (table, most) in [("sessions", 700), ("activities", 500)] {
        let bytes = format!("SELECT pg_total_relation_size('{table}') / count(*) FROM {table}");
        let bytes: u32 = database.psql(&bytes).unwrap().trim().parse().unwrap();
        println!("{table}: {bytes} bytes a row");
        assert!((most / 2..most).contains(&bytes), "{table}: {bytes} bytes a row");
    }
}

/// The generic plan of `sql`.
fn plan(database: &Database, sql: &str) -> String {
    // Without its limit a row that is inserted tells the types of what is bound, which the store names itself.
    let sql = sql.replace(" LIMIT (SELECT count(*) FROM claimed)", "");
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
    stores.sessions.find(session, &WaitBudget::NONE).await.unwrap().unwrap();
    let rotated = stores.sessions.rotate(&refresh(session, 0), &request_context(1)).await.unwrap();
    assert!(matches!(rotated, Rotation::Renewed(_)));
    let again = stores.sessions.rotate(&refresh(session, 0), &request_context(2)).await.unwrap();
    assert!(matches!(again, Rotation::Renewed(_)));
    stores.sessions.mark_seen(session, Generation(1), &WaitBudget::NONE).await.unwrap();
    stores.sessions.touch(session, at(3000), LIFETIMES.idle, &WaitBudget::NONE).await.unwrap();
    let both = [pending.id, approved.id];
    assert_eq!(
        stores.device_authorizations.undecided(&both, at(1), &WaitBudget::NONE).await.unwrap(),
        [pending.id]
    );
    let code = [pending.user_code, UserCodeDigest([7; 32])];
    stores.device_authorizations.find_by_user_code(&code, at(1), &WaitBudget::NONE).await.unwrap().unwrap();

    for authorization in [pending, approved] {
        let poll = Poll { id: authorization.id, client_id: None };
        let polled = stores
            .device_authorizations
            .poll(&poll, &seed(SessionKind::Device, 1), &request_context(1))
            .await;
        assert_eq!(matches!(polled.unwrap(), Polled::Claimed { .. }), authorization.id == approved.id);
    }
}

async fn redeem_with(stores: &Stores, address: &str, proof: Proof) -> Redemption {
    let link = issue(stores, address, 0).await;
    let redeem = Redeem { proof, ..redeem(&link, SessionKind::Tokens, 1) };
    stores.magic_links.redeem(&redeem, &request_context(1)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_often_is_found_by_a_primary_key_or_another_unique_one() {
    let database = Database::new().unwrap();
    let stores = Stores::of(Arc::new(open(&database, 1).await));
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (pending, approved) = (begin(&stores, 0).await, begin(&stores, 0).await);
    approve(&stores, &approved, &session, 0).await;
    fill(&database);
    measure(&database);

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

    let part = stores.sessions.end_some(Some(session.id), 100, &request_context(2)).await.unwrap();
    assert!(part.last.is_some());
    asked.extend(recorded());

    let unique = database.psql("SELECT indexrelid::regclass FROM pg_index WHERE indisunique").unwrap();
    let statements: BTreeSet<_> = asked.into_iter().map(|statement| statement.sql).collect();
    let mut indexes = BTreeSet::new();
    for sql in &statements {
        if ["BEGIN", "COMMIT", "ROLLBACK", "SET "].iter().any(|word| sql.starts_with(word)) {
            continue;
        }
        let plan = plan(&database, sql);
        assert!(!plan.contains("Seq Scan"), "{sql}\n{plan}");
        let mut lines = plan.lines();
        while let Some(line) = lines.next() {
            if !line.contains("Index ") || !line.contains("Scan") {
                continue;
            }
            let (_, rest) = line.split_once(" using ").or_else(|| line.split_once(" on ")).unwrap();
            let index = rest.split_whitespace().next().unwrap();
            let is_known = unique.lines().chain(OTHERS).any(|name| name == index);
            assert!(is_known, "{sql}\n{plan}");
            // Without a condition an index is read from one end to the other.
            assert!(lines.next().is_some_and(|next| next.contains("Index Cond: ")), "{sql}\n{plan}");
            indexes.insert(index.to_owned());
        }
    }
    for index in FOUND_BY {
        assert!(indexes.contains(index), "{index} is not among {indexes:?}: {statements:#?}");
    }
}
