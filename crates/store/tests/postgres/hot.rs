//! Hot commands cost few statements, which a connection prepares once, and a refresh changes one row.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_domain::Stores;
use keywright_domain::device_authorization::port::{Poll, Polled};
use keywright_domain::id::{CeremonyId, SessionId};
use keywright_domain::magic_link::Proof;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::passkey::{Ceremony, CeremonyKind};
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{Generation, SessionKind};
use keywright_domain::wait_budget::WaitBudget;
use keywright_store_contract::fixture::{
    ADA, ENTROPY, approve, at, authorization, begin, issue, redeem, refresh, request_context, seed, sign_in,
};
use keywright_throwaway_postgres::{Cluster, Database};
use tokio::task::JoinSet;

use crate::open;
use crate::plans::{ID, multiply};
use crate::statements::{Statement, recorded};

/// Refreshes each of `sessions` one after another so many `times`.
async fn refresh_all(stores: &Stores, sessions: Vec<SessionId>, times: u32) {
    let mut tasks = JoinSet::new();
    for session in sessions {
        let stores = stores.clone();
        tasks.spawn(async move {
            for generation in 0..times {
                let rotated =
                    stores.sessions.rotate(&refresh(session, generation), &request_context(1)).await.unwrap();
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

/// The statements that were sent, and each that came with values was prepared by its connection once.
fn sent(statements: Vec<Statement>) -> Vec<String> {
    let mut prepared = HashMap::new();
    let mut sent = vec![];
    for Statement { connection, sql, is_preparation } in statements {
        if sql.starts_with("SET ") {
            continue;
        }
        if is_preparation {
            *prepared.entry((connection, sql)).or_insert(0) += 1;
        } else {
            sent.push((connection, sql));
        }
    }
    assert!(prepared.values().all(|&times| times == 1), "{prepared:#?}");
    for key in sent.iter().filter(|(_, sql)| sql.contains('$')) {
        assert!(prepared.contains_key(key), "parsed anew each time: {key:?}");
    }
    sent.into_iter().map(|(_, sql)| sql).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_is_one_statement_that_a_connection_prepares_once() {
    let database = Database::new().unwrap();
    let stores = Stores::of(Arc::new(open(&database, 4).await));
    let sessions = signed_in(&database, &stores, 8).await;
    recorded();

    refresh_all(&stores, sessions, 20).await;

    let sent = sent(recorded());
    assert_eq!(sent.len(), 160);
    assert!(sent.iter().all(|sql| sql.starts_with("UPDATE sessions SET generation")), "{sent:?}");
}

/// Done several times, each of them costs so many round trips, `BEGIN` and `COMMIT` included.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_often_is_done_by_few_statements_that_a_connection_prepares_once() {
    const TIMES: i64 = 3;

    let database = Database::new().unwrap();
    let stores = Stores::of(Arc::new(open(&database, 1).await));
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (mut links, mut codes, mut devices) = (vec![], vec![], vec![]);
    for second in 0..TIMES {
        links.push(issue(&stores, ADA, second).await);
        codes.push(issue(&stores, ADA, second).await);
        let device = begin(&stores, second).await;
        devices.push(approve(&stores, &device, &session, second).await);
    }
    let pending = begin(&stores, 0).await;
    let prelude = recorded().into_iter().filter(|statement| statement.is_preparation);
    let mut all: Vec<_> = prelude.collect();
    let mut costs = HashMap::new();
    for number in 0..3_u32 {
        let mut cost = |what, statements: Vec<Statement>| {
            let count = statements.iter().filter(|statement| !statement.is_preparation).count();
            costs.entry(what).or_insert_with(Vec::new).push(count);
            all.extend(statements);
        };
        let index = usize::try_from(number).unwrap();

        stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap().unwrap();
        cost("check", recorded());
        stores.sessions.mark_seen(session.id, Generation(number + 1), &WaitBudget::NONE).await.unwrap();
        cost("sight", recorded());
        stores.device_authorizations.begin(&authorization(0), &WaitBudget::NONE).await.unwrap();
        cost("begin", recorded());
        let id = CeremonyId::new(at(0), &ENTROPY);
        let ceremony = Ceremony::new(id, CeremonyKind::SignIn, String::new(), at(0));
        stores.passkeys.begin(&ceremony, &WaitBudget::NONE).await.unwrap();
        cost("challenge", recorded());
        for (what, device) in [("poll", &pending), ("claim", &devices[index])] {
            let poll = Poll { id: device.id, client_id: None };
            let seed = seed(SessionKind::Device, 5);
            let polled = stores.device_authorizations.poll(&poll, &seed, &request_context(5)).await.unwrap();
            assert_eq!(matches!(polled, Polled::Claimed { .. }), what == "claim");
            cost(what, recorded());
        }
        for (what, link, proof) in
            [("redeem", &links[index], Proof::Token), ("code", &codes[index], Proof::Code { is_right: true })]
        {
            let redeem = Redeem { proof, ..redeem(link, SessionKind::Tokens, 5) };
            let redeemed = stores.magic_links.redeem(&redeem, &request_context(5)).await.unwrap();
            assert!(matches!(redeemed, Redemption::Redeemed { .. }));
            cost(what, recorded());
        }
    }

    for (what, budget) in [
        ("check", 1),
        ("sight", 1),
        ("begin", 1),
        ("challenge", 1),
        ("poll", 1),
        // The look that every poll begins with, and one statement that writes everything.
        ("claim", 1 + 1),
        // The link is read with its account, and one statement writes everything.
        ("redeem", 1 + 1),
        // The address is held, the link and the account are read and written; the session and its activity.
        ("code", 2 + 7),
    ] {
        assert_eq!(costs[what], [budget; 3], "{what}");
    }
    sent(all);
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
