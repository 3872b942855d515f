//! The primary is gone, and its synchronous standby takes over.

use std::time::{Duration, Instant};

use keywright_throwaway_postgres::{Cluster, Database};
use tokio::sync::watch;

use crate::harness::until;
use crate::load::Crowd;
use crate::place;

/// Within which the service goes on, once there is a new primary, and what a busy machine adds.
const FAILOVER: Duration = Duration::from_secs(10);
const SLACK: Duration = Duration::from_secs(2);

fn pair() -> (Cluster, Cluster) {
    let primary = Cluster::start(&[]).unwrap();
    let standby = primary.standby(&[]).unwrap();
    primary.psql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'").unwrap();
    primary.psql("postgres", "SELECT pg_reload_conf()").unwrap();
    (primary, standby)
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_primary_dies_the_service_goes_on_with_the_standby_and_every_acknowledged_refresh() {
    let (mut primary, mut standby) = pair();
    until("the standby", async || {
        let state = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        primary.psql("postgres", state).unwrap() == "1"
    })
    .await;
    let database = Database::at(primary.url()).unwrap();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
    let place = place(&format!("postgres://keywright@{hosts}/{}", database.name()), &[]);
    let server = place.start().await;
    let keyring = place.keyring();
    let mut tokens = Vec::new();
    for number in 0..8 {
        let email = format!("refresher-{number}@example.com");
        tokens.push(server.client().sign_in(&keyring, &email).await.refresh);
    }
    let (_moved, follow) = watch::channel(server.client());
    let crowd = Crowd::new(follow, keyring);
    let refreshers: Vec<_> = tokens.into_iter().map(|token| crowd.refresher(token)).collect();
    until("load", async || crowd.acknowledged() > 100).await;

    primary.kill().unwrap();
    let ready = server.client().get("/readyz").await.status;
    let alive = server.client().get("/healthz").await.status;
    let (before, began_at) = (crowd.acknowledged(), Instant::now());
    standby.promote().unwrap();
    until("the first refresh at the new primary", async || crowd.acknowledged() > before + 8).await;
    let took = began_at.elapsed();
    until("the service", async || server.client().get("/readyz").await.status == 200).await;
    crowd.end();

    assert_eq!((ready, alive), (503, 200));
    assert!(took < FAILOVER + SLACK, "{took:?}");
    for refresher in refreshers {
        let last = refresher.await.unwrap();
        server.client().refresh(&last).await.tokens();
    }
    // A refresh that the standby did not have would be forgiven when its token comes back; so it is looked for.
    let lost =
        "SELECT count(*) FROM activities WHERE event IN ('refresh_ahead_of_store', 'refresh_reuse_detected')";
    assert_eq!(standby.psql(database.name(), lost).unwrap(), "0");
    server.stop().await;
}
