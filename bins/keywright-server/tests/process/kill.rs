//! `kill -9` under load, repeatedly on one database: acknowledged work survives each restart, and nothing is
//! used twice.

use std::sync::Arc;
use std::time::Duration;

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::credential::Keyring;
use keywright_domain::email::EmailAddress;
use keywright_domain::page::Page;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::client::{Answer, Tokens, send, try_send};
use crate::harness::{Client, Place, link_token};
use crate::process::Process;

const ROUNDS: u64 = 20;
const REFRESHERS: usize = 3;
const READERS: usize = 3;
const DEVICES: usize = 2;

/// A client's knowledge of a requested step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    NotAsked,
    /// Requested, but never answered.
    Unknown,
    /// Answered.
    Done,
}

/// A single-use credential, and the session it opened.
#[derive(Debug)]
struct Grant {
    /// The link's token or the device code.
    text: String,
    /// Approval: links have it at once, devices after their decision.
    approval: Step,
    used: Step,
    wins: usize,
    session: Option<Tokens>,
    end: Step,
}

impl Grant {
    fn new(text: String, approval: Step) -> Self {
        Self { text, approval, used: Step::NotAsked, wins: 0, session: None, end: Step::NotAsked }
    }

    /// Records the answers to two concurrent uses.
    fn used_by(&mut self, answers: [Option<Answer>; 2]) -> bool {
        self.used = Step::Unknown;
        let is_whole = answers.iter().all(Option::is_some);
        for answer in answers.into_iter().flatten() {
            match answer.code().as_str() {
                "200 -" => {
                    self.wins += 1;
                    self.used = Step::Done;
                    self.session = Some(answer.tokens());
                }
                "401 invalid_token" | "400 invalid_grant" => self.used = Step::Done,
                "400 slow_down" => {}
                _ => panic!("{} {}", answer.status, answer.text),
            }
        }
        is_whole
    }
}

/// The load of one round; every task ends with its server.
struct Load {
    refreshers: Vec<JoinHandle<String>>,
    readers: Vec<JoinHandle<Vec<Grant>>>,
    devices: Vec<JoinHandle<Vec<Grant>>>,
}

#[derive(Debug, Default)]
struct Tally {
    refreshes: u32,
    links: u32,
    devices: u32,
    ends: u32,
    unanswered: u32,
}

fn use_link(client: &Client, token: &str) -> reqwest::RequestBuilder {
    client.api(Method::POST, "/magic_link/verify", &json!({"token": token}))
}

fn poll(client: &Client, device_code: &str) -> reqwest::RequestBuilder {
    client.api(Method::POST, "/token", &json!({"device_code": device_code}))
}

/// Refreshes as fast as possible and returns its last token.
async fn refresher(client: Client, mut token: String) -> String {
    loop {
        let request = client.api(Method::POST, "/refresh", &json!({"refresh_token": token}));
        let Some(answer) = try_send(request).await else { return token };
        token = answer.tokens().refresh;
    }
}

/// Signs in by link after link, each used twice concurrently; refreshes; signs every other session out.
async fn reader(client: Client, keyring: Arc<Keyring>, name: String) -> Vec<Grant> {
    let mut grants = Vec::new();
    for turn in 0.. {
        let body = json!({"email": format!("{name}-{turn}@example.com")});
        let Some(asked) = try_send(client.api(Method::POST, "/magic_link", &body)).await else { break };
        let mut grant = Grant::new(link_token(&keyring, &asked), Step::Done);
        let is_alive = use_twice(&client, &mut grant, use_link).await
            && (turn % 2 == 0 || sign_out(&client, &mut grant).await);
        grants.push(grant);
        if !is_alive {
            break;
        }
    }
    grants
}

/// Signs in device after device, each claimed twice concurrently.
async fn device(client: Client, access: String) -> Vec<Grant> {
    let mut grants = Vec::new();
    while let Some(begun) = try_send(client.api(Method::POST, "/device", &json!({}))).await {
        let mut grant = Grant::new(begun.field("device_code"), Step::Unknown);
        let body = json!({"user_code": begun.field("user_code")});
        let approval = client.api(Method::POST, "/device/verify", &body).bearer_auth(&access);
        let Some(approved) = try_send(approval).await else {
            grants.push(grant);
            break;
        };
        assert_eq!(approved.status, 200, "{}", approved.text);
        grant.approval = Step::Done;
        let is_alive = use_twice(&client, &mut grant, poll).await;
        grants.push(grant);
        if !is_alive {
            break;
        }
    }
    grants
}

async fn use_twice(
    client: &Client,
    grant: &mut Grant,
    request: impl Fn(&Client, &str) -> reqwest::RequestBuilder,
) -> bool {
    let racers = [request(client, &grant.text), request(client, &grant.text)].map(try_send);
    let [first, second] = racers;
    let (first, second) = tokio::join!(first, second);
    let is_alive = grant.used_by([first, second]);
    let Some(session) = &mut grant.session else { return is_alive };
    let body = json!({"refresh_token": session.refresh});
    match try_send(client.api(Method::POST, "/refresh", &body)).await {
        Some(answer) => *session = answer.tokens(),
        None => return false,
    }
    is_alive
}

async fn sign_out(client: &Client, grant: &mut Grant) -> bool {
    let Some(session) = &grant.session else { return true };
    grant.end = Step::Unknown;
    let body = json!({"refresh_token": session.refresh});
    let Some(answer) = try_send(client.api(Method::DELETE, "/logout", &body)).await else { return false };
    assert_eq!(answer.status, 200, "{}", answer.text);
    grant.end = Step::Done;
    true
}

/// Asserts, after the restart, that acknowledged work is stored and a second use is refused.
async fn check(
    client: &Client,
    grant: Grant,
    request: fn(&Client, &str) -> reqwest::RequestBuilder,
    tally: &mut Tally,
) {
    let again = send(request(client, &grant.text)).await;
    let is_taken = again.status == 200;
    let may_be_taken = grant.used != Step::Done && grant.approval != Step::NotAsked;
    let must_be_taken = grant.used == Step::NotAsked && grant.approval == Step::Done;
    let is_pending = grant.approval == Step::Unknown && again.code() == "400 authorization_pending";
    assert!(!is_taken || may_be_taken, "used twice: {grant:?}");
    assert!(is_taken || !must_be_taken, "lost: {grant:?} {}", again.text);
    assert!(grant.wins + usize::from(is_taken) <= 1, "used twice: {grant:?}");
    if !is_pending {
        let third = send(request(client, &grant.text)).await;
        assert!(
            ["401 invalid_token", "400 invalid_grant"].contains(&third.code().as_str()),
            "{}",
            third.text
        );
    }
    tally.unanswered += u32::from([grant.approval, grant.used, grant.end].contains(&Step::Unknown));
    let Some(session) = grant.session else { return };
    let refreshed = client.refresh(&session.refresh).await;
    let me = client.me(&session.access).await;
    match grant.end {
        Step::NotAsked => assert_eq!((refreshed.status, me.status), (200, 200), "lost: {}", refreshed.text),
        Step::Unknown => assert!(["200 -", "401 invalid_grant"].contains(&refreshed.code().as_str())),
        Step::Done => {
            assert_eq!(
                (refreshed.code().as_str(), me.code().as_str()),
                ("401 invalid_grant", "401 invalid_token")
            );
            tally.ends += 1;
        }
    }
}

fn put_under_load(
    client: &Client,
    keyring: &Arc<Keyring>,
    round: u64,
    tokens: &[String],
    approver: &str,
) -> Load {
    let readers = (0..READERS).map(|number| format!("reader-{round}-{number}"));
    Load {
        refreshers: tokens
            .iter()
            .map(|token| tokio::spawn(refresher(client.clone(), token.clone())))
            .collect(),
        readers: readers.map(|name| tokio::spawn(reader(client.clone(), keyring.clone(), name))).collect(),
        devices: (0..DEVICES).map(|_| tokio::spawn(device(client.clone(), approver.to_owned()))).collect(),
    }
}

#[tokio::test]
async fn twenty_kills_under_load_lose_nothing_acknowledged_and_reuse_nothing() {
    let place = Place::with(&[("DEVICE__INTERVAL", "1s"), ("MAIL__URL", "inbox:")]);
    let mut server = place.start().await;
    let keyring = Arc::new(place.keyring());
    let mut tokens = Vec::new();
    for number in 0..REFRESHERS {
        let email = format!("refresher-{number}@example.com");
        tokens.push(server.client().sign_in(&keyring, &email).await.refresh);
    }
    let approver = server.client().sign_in(&keyring, "approver@example.com").await.access;
    let mut tally = Tally::default();

    for round in 0..ROUNDS {
        let load = put_under_load(&server.client(), &keyring, round, &tokens, &approver);
        // Kills at another moment of the load in each round.
        tokio::time::sleep(Duration::from_millis(40 + round * 53 % 170)).await;
        server.kill();

        server = place.start().await;
        let client = server.client();
        tokens.clear();
        for refresher in load.refreshers {
            let last = refresher.await.unwrap();
            tokens.push(client.refresh(&last).await.tokens().refresh);
            tally.refreshes += 1;
        }
        for reader in load.readers {
            for grant in reader.await.unwrap() {
                check(&client, grant, use_link, &mut tally).await;
                tally.links += 1;
            }
        }
        for device in load.devices {
            for grant in device.await.unwrap() {
                check(&client, grant, poll, &mut tally).await;
                tally.devices += 1;
            }
        }
    }
    server.stop().await;

    println!("{tally:?}");
    assert!(tally.links > 20 && tally.devices > 20 && tally.ends > 5, "no load: {tally:?}");
    assert_nobody_was_ahead(&place.stores()).await;
}

#[tokio::test]
async fn a_killed_first_start_does_not_hinder_the_next() {
    for round in 0..8 {
        let place = Place::new();
        let mut process = Process::start(place.command());
        // Covers the time from before the secret is created to after the migrations.
        tokio::time::sleep(Duration::from_millis(round * 12)).await;
        process.kill();

        let server = place.start().await;

        assert_eq!(server.client().get("/readyz").await.status, 200);
        server.client().sign_in(&place.keyring(), "ada@example.com").await;
        server.stop().await;
    }
}

/// A refresh with a lost commit would be forgiven when its token comes back, so the test looks for that
/// event.
async fn assert_nobody_was_ahead(stores: &Stores) {
    for number in 0..REFRESHERS {
        let email = EmailAddress::parse(&format!("refresher-{number}@example.com")).unwrap();
        let user = stores.users.find_by_email(&email).await.unwrap().unwrap();
        let activities = stores.activities.list(user.id, Page::WIDEST).await.unwrap();
        let events: Vec<_> = activities.items.iter().map(|activity| activity.event).collect();
        assert_eq!(events, [Event::SignedIn]);
    }
}
