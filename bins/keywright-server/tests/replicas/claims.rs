//! Two and four servers on one database: every race has one winner.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keywright_adapters::test_support::SmtpListener;
use keywright_throwaway_postgres::Database;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Tokens, send};
use crate::harness::{Place, Server, until};
use crate::{place, start};

/// Time limit for a decision at one server to be answered by another.
const ANSWER: Duration = Duration::from_secs(1);

struct Environment {
    servers: Vec<Server>,
    place: Place,
    database: Database,
}

impl Environment {
    async fn new(count: usize) -> Self {
        let database = Database::new().unwrap();
        let place = place(&database.url(), &[]);
        let servers = start(&place, count).await;
        Self { servers, place, database }
    }

    async fn sign_in(&self) -> Tokens {
        self.servers[0].client().sign_in(&self.place.keyring(), "ada@example.com").await
    }

    /// Sends the same request twice to every server at once and returns the answers.
    async fn race(&self, path: &str, body: &Value) -> Vec<Answer> {
        let asked = self.servers.iter().chain(&self.servers).map(|server| {
            let request = server.client().api(Method::POST, path, body);
            send(request)
        });
        join_all(asked).await
    }
}

/// Asserts that one was signed in and the others got one of `refusals`.
fn one_won(answers: &[Answer], refusals: &[&str]) {
    let codes: Vec<_> = answers.iter().map(Answer::code).collect();
    assert_eq!(codes.iter().filter(|code| *code == "200 -").count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| code == "200 -" || refusals.contains(&code.as_str())), "{codes:?}");
}

async fn claims_have_one_winner(count: usize) {
    let world = Environment::new(count).await;
    let keyring = world.place.keyring();
    let mut tokens = world.sign_in().await;
    let client = world.servers[0].client();

    let mut keys = HashSet::new();
    for server in &world.servers {
        keys.insert(server.client().get("/.well-known/jwks.json").await.text);
        assert_eq!(server.client().me(&tokens.access).await.status, 200);
    }
    assert_eq!(keys.len(), 1, "the same keys everywhere");
    let keys: Value = serde_json::from_str(keys.iter().next().unwrap()).unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1, "{keys}");
    assert_eq!(world.database.psql("SELECT count(*) FROM signing_keys").unwrap(), "1");

    for _ in 0..3 {
        let device_code = client.approved_device(&tokens.access).await;
        let polled = world.race("/token", &json!({"device_code": device_code})).await;
        one_won(&polled, &["400 invalid_grant", "400 slow_down"]);

        let link = client.link(&keyring, "bob@example.com").await;
        let redeemed = world.race("/magic_link/verify", &json!({"token": link})).await;
        one_won(&redeemed, &["401 invalid_token"]);

        let renewed = world.race("/refresh", &json!({"refresh_token": tokens.refresh})).await;
        let successors: HashSet<_> = renewed.iter().map(|answer| answer.tokens().refresh).collect();
        assert_eq!(successors.len(), 1, "one successor");
        tokens = renewed[0].tokens();
    }
}

#[tokio::test]
async fn every_claim_has_one_winner_among_two_servers() {
    claims_have_one_winner(2).await;
}

#[tokio::test]
async fn every_claim_has_one_winner_among_four_servers() {
    claims_have_one_winner(4).await;
}

#[tokio::test]
async fn a_session_revoked_at_one_of_two_servers_ends_at_the_other_at_once() {
    what_is_revoked_is_over_at_once(2).await;
}

#[tokio::test]
async fn a_session_revoked_at_one_of_four_servers_ends_at_all_others_at_once() {
    what_is_revoked_is_over_at_once(4).await;
}

async fn what_is_revoked_is_over_at_once(count: usize) {
    let world = Environment::new(count).await;

    for ending in &world.servers {
        let tokens = world.sign_in().await;
        for server in &world.servers {
            assert_eq!(server.client().me(&tokens.access).await.status, 200);
        }
        let body = json!({"refresh_token": tokens.refresh});
        assert_eq!(send(ending.client().api(Method::DELETE, "/logout", &body)).await.status, 200);

        for server in &world.servers {
            assert_eq!(server.client().me(&tokens.access).await.code(), "401 invalid_token");
            assert_eq!(server.client().refresh(&tokens.refresh).await.code(), "401 invalid_grant");
        }
    }
}

#[tokio::test]
async fn a_poll_waiting_at_one_of_two_servers_is_answered_after_a_decision_at_the_other() {
    who_waits_is_answered(2).await;
}

#[tokio::test]
async fn a_poll_waiting_at_one_of_four_servers_is_answered_after_a_decision_at_the_last() {
    who_waits_is_answered(4).await;
}

async fn who_waits_is_answered(count: usize) {
    let world = Environment::new(count).await;
    let tokens = world.sign_in().await;
    let (asked, told) = (world.servers[0].client(), world.servers[count - 1].client());

    for (action, answer) in [("approve", "200 -"), ("deny", "400 access_denied")] {
        let begun = told.post("/device", json!({})).await;
        let body = json!({"device_code": begun.field("device_code"), "wait": 30});
        let waiting = tokio::spawn(send(asked.api(Method::POST, "/token", &body)));
        // Long enough for the poll to hold its waiting slot; a later one would be answered at once.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let body = json!({"user_code": begun.field("user_code"), "action": action});
        let decided = send(told.api(Method::POST, "/device/verify", &body).bearer_auth(&tokens.access)).await;
        assert_eq!(decided.status, 200, "{}", decided.text);
        let decided_at = Instant::now();

        assert_eq!(waiting.await.unwrap().code(), answer);
        let took = decided_at.elapsed();
        assert!(took < ANSWER, "{took:?}");
    }
}

#[tokio::test]
async fn two_servers_send_each_mail_once() {
    each_mail_goes_out_once(2).await;
}

#[tokio::test]
async fn four_servers_send_each_mail_once() {
    each_mail_goes_out_once(4).await;
}

async fn each_mail_goes_out_once(count: usize) {
    const MAILS: usize = 40;
    let smtp = SmtpListener::start().await;
    let database = Database::new().unwrap();
    let url = format!("smtp://{}", smtp.addr());
    let place = place(&database.url(), &[("MAIL__URL", &url), ("MAIL__FROM", "auth@example.com")]);
    let servers = start(&place, count).await;

    let asked = (0..MAILS).map(|number| {
        let body = json!({"email": format!("{number}@example.com")});
        send(servers[number % servers.len()].client().api(Method::POST, "/magic_link", &body))
    });
    assert!(join_all(asked).await.iter().all(|answer| answer.status == 200));
    smtp.wait_for(MAILS).await;
    until("the end of the queue", async || {
        database.psql("SELECT count(*) FROM mails WHERE state <> 'sent'").unwrap() == "0"
    })
    .await;

    let to: HashSet<_> = smtp.messages().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!((to.len(), smtp.messages().len()), (MAILS, MAILS));
}
