//! `kill -9` of the database and of the server at many moments of the load: acknowledged work survives, and
//! nothing is used twice. `KEYWRIGHT_KILL_ROUNDS` sets the number of rounds; `just nightly` runs 50. The
//! moments are random; `KEYWRIGHT_KILL_SEED` repeats those that a failed run has printed.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
use std::time::Duration;

use keywright_throwaway_postgres::{Cluster, Database};
use tokio::sync::watch;

use crate::harness::until;
use crate::load::{Crowd, Left};
use crate::place;

const REFRESHERS: usize = 4;

fn rounds() -> u64 {
    std::env::var("KEYWRIGHT_KILL_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap())
}

fn seed() -> u64 {
    let seed = std::env::var("KEYWRIGHT_KILL_SEED").ok().map(|seed| seed.parse().unwrap());
    seed.unwrap_or_else(|| RandomState::new().hash_one(()))
}

/// Returns the duration of the load before the kill of this round.
fn moment(seed: u64, round: u64) -> Duration {
    let mut hasher = DefaultHasher::new();
    (seed, round).hash(&mut hasher);
    Duration::from_millis(100 + hasher.finish() % 250)
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_database_and_the_server_loses_nothing_acknowledged_and_reuses_nothing() {
    let seed = seed();
    println!("KEYWRIGHT_KILL_SEED={seed}");
    let mut cluster = Cluster::start(&[]).unwrap();
    let database = Database::at(cluster.url()).unwrap();
    let place = place(&database.url(), &[]);
    let mut server = place.start().await;
    let keyring = place.keyring();
    let mut tokens = Vec::new();
    for number in 0..REFRESHERS {
        let email = format!("refresher-{number}@example.com");
        tokens.push(server.client().sign_in(&keyring, &email).await.refresh);
    }
    let approver = server.client().sign_in(&keyring, "approver@example.com").await.access;
    let (moved, follow) = watch::channel(server.client());
    let crowd = Crowd::new(follow, keyring);
    let refreshers: Vec<_> = tokens.into_iter().map(|token| crowd.refresher(token)).collect();
    let readers: Vec<_> = (0..3).map(|number| crowd.reader(format!("reader-{number}"))).collect();
    let devices: Vec<_> = (0..2).map(|_| crowd.device(approver.clone())).collect();
    let leavers: Vec<_> = (0..2).map(|number| crowd.leaver(format!("leaver-{number}"))).collect();

    for round in 0..rounds() {
        tokio::time::sleep(moment(seed, round)).await;
        if round % 3 != 1 {
            cluster.kill().unwrap();
            assert_eq!(server.client().get("/healthz").await.status, 200);
            cluster.resume().unwrap();
        }
        if round % 3 != 0 {
            server.kill();
            server = place.start().await;
            moved.send(server.client()).unwrap();
        }
        let before = crowd.acknowledged();
        until("the end of the bad time", async || crowd.acknowledged() > before + 10).await;
    }
    crowd.end();

    let client = server.client();
    for refresher in refreshers {
        let last = refresher.await.unwrap();
        client.refresh(&last).await.tokens();
    }
    let mut links = 0;
    for reader in readers {
        let signed_in = reader.await.unwrap();
        for one in &signed_in {
            let email = &one.email;
            let sessions = format!(
                "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = '{email}'"
            );
            let times = signed_in.iter().filter(|other| other.email == *email).count();
            assert_eq!(database.psql(&sessions).unwrap(), times.to_string(), "{email}");
        }
        for signed_in in signed_in {
            let is_known = signed_in.tokens.is_some();
            if let Some(tokens) = signed_in.tokens {
                client.refresh(&tokens.refresh).await.tokens();
            }
            links += u32::from(is_known);
        }
    }
    let mut left = 0;
    for leaver in leavers {
        for Left { email, tokens, is_deleted } in leaver.await.unwrap() {
            assert_eq!(client.me(&tokens.access).await.code(), "401 invalid_token", "{email} has left");
            assert_eq!(client.refresh(&tokens.refresh).await.code(), "401 invalid_grant", "{email} has left");
            let named = format!("SELECT count(*) FROM users WHERE email = '{email}' AND name = '{email}'");
            assert_eq!(database.psql(&named).unwrap(), u32::from(!is_deleted).to_string(), "{email}");
            left += 1;
        }
    }
    let mut claimed = 0;
    for device in devices {
        claimed += device.await.unwrap();
    }
    let claims = "SELECT count(*) = count(s.id) AND count(*) = count(DISTINCT s.id) AND count(*) = \
                  (SELECT count(*) FROM sessions WHERE kind = 'device') \
                  FROM device_authorizations d LEFT JOIN sessions s ON s.id = d.session_id WHERE d.state = 'claimed'";
    assert_eq!(database.psql(claims).unwrap(), "t", "a session for each claim");
    // A refresh with a lost commit would be forgiven when its token comes back, so the test looks for that
    // event.
    let lost =
        "SELECT count(*) FROM activities WHERE event IN ('refresh_ahead_of_store', 'refresh_reuse_detected')";
    assert_eq!(database.psql(lost).unwrap(), "0");
    println!("{links} links, {claimed} devices, {left} who left, {} answers", crowd.acknowledged());
    assert!(links > 5 && claimed > 3 && left > 3, "no load");
    server.stop().await;
}
