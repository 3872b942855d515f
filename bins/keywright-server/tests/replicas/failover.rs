//! The primary fails or hangs and its synchronous standby takes over; or the standby fails.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keywright_throwaway_postgres::{Cluster, Database};
use serde_json::json;
use tokio::sync::watch;

use crate::client::send;
use crate::harness::{Place, Server, until};
use crate::load::Crowd;
use crate::{POOL, place};

/// Time limit for resuming once there is a new primary.
const FAILOVER: Duration = Duration::from_secs(10);

/// A primary with a synchronous standby, and a server configured with both.
struct Pair {
    primary: Cluster,
    standby: Cluster,
    database: Database,
    place: Place,
    server: Server,
}

impl Pair {
    async fn new() -> Self {
        let primary = Cluster::start(&[]).unwrap();
        let standby = primary.standby(&[]).unwrap();
        primary.psql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'").unwrap();
        primary.psql("postgres", "SELECT pg_reload_conf()").unwrap();
        until("the standby", async || {
            let state = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            primary.psql("postgres", state).unwrap() == "1"
        })
        .await;
        let database = Database::at(primary.url()).unwrap();
        let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
        let place = place(&format!("postgres://keywright@{hosts}/{}", database.name()), &[]);
        let server = place.start().await;
        Self { primary, standby, database, place, server }
    }

    /// Signs in `count` people and returns their refresh tokens.
    async fn refreshers(&self, count: usize) -> Vec<String> {
        let (keyring, mut tokens) = (self.place.keyring(), Vec::new());
        for number in 0..count {
            let email = format!("refresher-{number}@example.com");
            tokens.push(self.server.client().sign_in(&keyring, &email).await.refresh);
        }
        tokens
    }
}

/// Asserts that the service resumes with the promoted standby after `end` was applied to the primary.
async fn the_standby_takes_over_after(end: impl FnOnce(&mut Cluster)) {
    let mut pair = Pair::new().await;
    let tokens = pair.refreshers(8).await;
    let server = &pair.server;
    let (_moved, follow) = watch::channel(server.client());
    let crowd = Crowd::new(follow, pair.place.keyring());
    let refreshers: Vec<_> = tokens.into_iter().map(|token| crowd.refresher(token)).collect();
    until("load", async || crowd.acknowledged() > 100).await;

    end(&mut pair.primary);
    let ready = server.client().get("/readyz").await.status;
    let alive = server.client().get("/healthz").await.status;
    let (before, began_at) = (crowd.acknowledged(), Instant::now());
    pair.standby.promote().unwrap();
    until("the first refresh at the new primary", async || crowd.acknowledged() > before + 8).await;
    let took = began_at.elapsed();
    until("the service", async || server.client().get("/readyz").await.status == 200).await;
    crowd.end();

    assert_eq!((ready, alive), (503, 200));
    assert!(took < FAILOVER, "{took:?}");
    for refresher in refreshers {
        let last = refresher.await.unwrap();
        server.client().refresh(&last).await.tokens();
    }
    // A refresh missing on the standby would be forgiven when its token comes back, so the test looks for
    // that event.
    let lost =
        "SELECT count(*) FROM activities WHERE event IN ('refresh_ahead_of_store', 'refresh_reuse_detected')";
    assert_eq!(pair.standby.psql(pair.database.name(), lost).unwrap(), "0");
    pair.server.stop().await;
    // The database cannot be dropped while it hangs.
    let _ = pair.primary.thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dying_primary_fails_over_to_the_standby_without_losing_an_acknowledged_refresh() {
    the_standby_takes_over_after(|primary| primary.kill().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_primary_fails_over_to_the_standby_without_losing_an_acknowledged_refresh() {
    the_standby_takes_over_after(|primary| primary.freeze().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unconfirmed_commits_open_no_more_connections_than_the_pool_allows() {
    let mut pair = Pair::new().await;
    let tokens = pair.refreshers(3 * POOL).await;
    let client = pair.server.client();
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'keywright'";

    pair.standby.freeze().unwrap();
    // Each commit waits longer than its client does.
    for _ in 0..3 {
        let asked = tokens.iter().map(|token| {
            let request = client.api(reqwest::Method::POST, "/refresh", &json!({"refresh_token": token}));
            send(request)
        });
        let answers = join_all(asked).await;
        assert!(answers.iter().all(|answer| answer.status == 503), "{answers:?}");
        assert_eq!(client.get("/readyz").await.status, 503);
        let count: usize = pair.primary.psql("postgres", connections).unwrap().parse().unwrap();
        // One more probes for a failover.
        assert!(count <= POOL + 2, "{count} connections");
    }
    pair.standby.thaw().unwrap();

    until("the service", async || client.get("/readyz").await.status == 200).await;
    for token in tokens {
        client.refresh(&token).await.tokens();
    }
    pair.server.stop().await;
}
