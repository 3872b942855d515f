//! The database is stopped, killed, frozen, slow, restarted or out of connections: every request gets 503
//! within five seconds, the probes report it, and service resumes without a restart.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keywright_throwaway_postgres::{Cluster, Database, Proxy, Way};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::sync::watch;

use crate::client::{Answer, Tokens, send};
use crate::harness::{Client, Place, Server, until};
use crate::load::Crowd;
use crate::{POOL, place};

/// Time limit of requests (contract §1.1) and probes (§9) during an outage.
const ANSWER: Duration = Duration::from_secs(5);
const PROBE: Duration = Duration::from_secs(2);
/// Overhead of the load; nothing else runs meanwhile.
const SLACK: Duration = Duration::from_millis(500);
/// Number of concurrent copies of each request.
const LOAD: usize = 12;

/// A server, and the credentials of a person and their tools before the outage.
struct Day {
    cluster: Cluster,
    database: Database,
    place: Place,
    server: Server,
    tokens: Tokens,
    link: String,
    device_code: String,
}

async fn timed(request: RequestBuilder) -> (Answer, Duration) {
    let began_at = Instant::now();
    (send(request).await, began_at.elapsed())
}

impl Day {
    async fn new() -> Self {
        let cluster = Cluster::start(&[]).unwrap();
        // A limit of connections does not apply to superusers.
        cluster.psql("postgres", "CREATE ROLE server LOGIN").unwrap();
        let database = Database::at(cluster.url()).unwrap();
        database.psql("GRANT ALL ON SCHEMA public TO server").unwrap();
        let place = place(&database.url().replace("keywright@", "server@"), &[]);
        let server = place.start().await;
        let client = server.client();
        let tokens = client.sign_in(&place.keyring(), "ada@example.com").await;
        let link = client.link(&place.keyring(), "bob@example.com").await;
        let device_code = client.approved_device(&tokens.access).await;
        Self { cluster, database, place, server, tokens, link, device_code }
    }

    fn uses(&self, client: &Client) -> Vec<RequestBuilder> {
        let post = |path: &str, body| client.api(Method::POST, path, &body);
        vec![
            post("/device", json!({})),
            post("/magic_link", json!({"email": "eve@example.com"})),
            post("/magic_link/verify", json!({"token": self.link})),
            post("/refresh", json!({"refresh_token": self.tokens.refresh})),
            client.request(Method::GET, "/api/v1/auth/me").bearer_auth(&self.tokens.access),
        ]
    }

    /// Asserts that every request gets a prompt 503 under load.
    async fn is_unavailable(&mut self) {
        let client = self.server.client();
        let poll = client.api(Method::POST, "/token", &json!({"device_code": self.device_code}));
        let requests = (0..LOAD).flat_map(|_| self.uses(&client)).chain([poll]).map(timed);
        let probes = async {
            let (alive, took) = timed(client.request(Method::GET, "/healthz")).await;
            assert_eq!(alive.status, 200);
            assert!(took < SLACK, "healthz took {took:?}");
            let (ready, took) = timed(client.request(Method::GET, "/readyz")).await;
            assert_eq!((ready.status, ready.json()["code"].as_str()), (503, Some("unavailable")));
            assert!(took < PROBE + SLACK, "readyz took {took:?}");
        };
        let (answers, ()) = tokio::join!(join_all(requests), probes);
        for (answer, took) in answers {
            assert_eq!(answer.status, 503, "{}", answer.text);
            assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
            assert!(took < ANSWER + SLACK, "took {took:?}");
        }
        self.server.process.logs("the store is unavailable").await;
    }

    /// Asserts that nothing was used up.
    async fn end(self) {
        let client = self.server.client();
        until("the end of the bad day", async || client.get("/readyz").await.status == 200).await;
        client.refresh(&self.tokens.refresh).await.tokens();
        client.post("/magic_link/verify", json!({"token": self.link})).await.tokens();
        until("the pace of the device", async || {
            let polled = client.post("/token", json!({"device_code": self.device_code})).await;
            polled.code() != "400 slow_down" && !polled.tokens().access.is_empty()
        })
        .await;
        assert_eq!(client.post("/device", json!({})).await.status, 200);
        self.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_database_is_answered_with_503() {
    let mut day = Day::new().await;

    day.cluster.stop().unwrap();
    day.is_unavailable().await;
    day.cluster.resume().unwrap();

    day.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_database_is_answered_with_503() {
    let mut day = Day::new().await;

    day.cluster.freeze().unwrap();
    day.is_unavailable().await;
    day.cluster.thaw().unwrap();

    day.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_free_connections_is_answered_with_503() {
    let mut day = Day::new().await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'server'";

    day.database.psql("ALTER ROLE server CONNECTION LIMIT 0").unwrap();
    day.database.psql(end).unwrap();
    day.is_unavailable().await;
    day.database.psql("ALTER ROLE server CONNECTION LIMIT -1").unwrap();

    day.end().await;
}

/// A request with many statements gets its answer in time, or a 503.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_database_is_answered_with_503() {
    let database = Database::new().unwrap();
    let cluster = database.psql("SHOW port").unwrap().parse().unwrap();
    let way = Proxy::start(Way::To(cluster)).await.unwrap();
    let place = place(&way.url(database.name()), &[]);
    let server = place.start().await;
    let (client, keyring) = (server.client(), place.keyring());
    let tokens = client.sign_in(&keyring, "ada@example.com").await;
    let other = client.sign_in(&keyring, "bob@example.com").await;
    let link = client.link(&keyring, "cyd@example.com").await;
    let device_code = client.approved_device(&tokens.access).await;
    let begun = client.post("/device", json!({})).await;
    let me = || client.request(Method::GET, "/api/v1/auth/me").bearer_auth(&tokens.access);
    // Opens every connection that the pool may have.
    assert!(join_all((0..POOL).map(|_| send(me()))).await.iter().all(|answer| answer.status == 200));

    for delay in [900, 1500, 2500].map(Duration::from_millis) {
        way.delays(delay);
        let post = |path: &str, body| client.api(Method::POST, path, &body);
        let uses = vec![
            me(),
            client.request(Method::GET, "/api/v1/auth/sessions").bearer_auth(&tokens.access),
            post("/token", json!({"device_code": device_code})),
            post("/magic_link", json!({"email": "eve@example.com"})),
            post("/magic_link/verify", json!({"token": link})),
            post("/refresh", json!({"refresh_token": other.refresh})),
            post("/device/verify", json!({"user_code": begun.field("user_code")}))
                .bearer_auth(&tokens.access),
        ];
        for (answer, took) in join_all(uses.into_iter().map(timed)).await {
            assert_ne!(answer.status, 500, "{}", answer.text);
            assert!(took < ANSWER + SLACK, "{} took {took:?} at {delay:?}", answer.text);
        }
        way.delays(Duration::ZERO);
        until("a good day", async || client.get("/readyz").await.status == 200).await;
    }
    client.refresh(&tokens.refresh).await.tokens();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_restart_under_load_is_survived() {
    let mut day = Day::new().await;
    let (_moved, follow) = watch::channel(day.server.client());
    let crowd = Crowd::new(follow, day.place.keyring());
    let refreshers: Vec<_> = {
        let tokens = ["cyd", "dan", "eve"].map(|name| format!("{name}@example.com"));
        let mut refreshers = Vec::new();
        for email in tokens {
            let tokens = day.server.client().sign_in(&day.place.keyring(), &email).await;
            refreshers.push(crowd.refresher(tokens.refresh));
        }
        refreshers
    };

    for _ in 0..2 {
        until("load", async || crowd.acknowledged() > 50).await;
        day.cluster.stop().unwrap();
        day.cluster.resume().unwrap();
        let before = crowd.acknowledged();
        until("load again", async || crowd.acknowledged() > before + 50).await;
    }
    crowd.end();

    for refresher in refreshers {
        let last = refresher.await.unwrap();
        day.server.client().refresh(&last).await.tokens();
    }
    let lost =
        "SELECT count(*) FROM activities WHERE event IN ('refresh_ahead_of_store', 'refresh_reuse_detected')";
    assert_eq!(day.database.psql(lost).unwrap(), "0");
    day.end().await;
}

/// Only answered polls count towards the pace: a client whose wait failed may poll again at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_poll_interrupted_by_the_database_does_not_count_towards_the_pace() {
    let mut cluster = Cluster::start(&[]).unwrap();
    let database = Database::at(cluster.url()).unwrap();
    let server = place(&database.url(), &[("DEVICE__INTERVAL", "5m")]).start().await;
    let client = server.client();
    let device_code = client.post("/device", json!({})).await.field("device_code");

    let body = json!({"device_code": device_code, "wait": 30});
    let waiting = tokio::spawn(send(client.api(Method::POST, "/token", &body)));
    let looks = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%device_authorizations%ANY%' \
                 AND pid <> pg_backend_pid()";
    until("the wait", async || database.psql(looks).unwrap() != "0").await;
    cluster.stop().unwrap();
    let refused = waiting.await.unwrap();
    cluster.resume().unwrap();
    until("the end of the bad day", async || client.get("/readyz").await.status == 200).await;

    assert_eq!(refused.status, 503, "{}", refused.text);
    let poll = json!({"device_code": device_code});
    assert_eq!(client.post("/token", poll.clone()).await.code(), "400 authorization_pending");
    assert_eq!(client.post("/token", poll).await.code(), "400 slow_down");
    server.stop().await;
}
