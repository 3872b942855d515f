//! Clients that retry like real ones: a request that is refused for now or not answered is sent again. They
//! record every answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use keywright_domain::credential::Keyring;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::client::{Answer, Tokens, try_send};
use crate::harness::{Client, link_token};

/// Maximum duration of an outage for a client.
const PATIENCE: Duration = Duration::from_mins(1);
/// Time limit of every answer (contract §1.1: 5 s), plus half a second for the load itself.
const ANSWER: Duration = Duration::from_millis(5500);

/// State shared by all clients.
#[derive(Clone)]
pub struct Crowd {
    /// The current server.
    server: watch::Receiver<Client>,
    keyring: Arc<Keyring>,
    over: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU32>,
}

/// A single-use sign-in.
#[derive(Debug)]
pub struct SignedIn {
    pub email: String,
    pub tokens: Option<Tokens>,
}

/// A person who left: signed out, or deleted.
#[derive(Debug)]
pub struct Left {
    pub email: String,
    pub tokens: Tokens,
    pub is_deleted: bool,
}

impl Crowd {
    pub fn new(server: watch::Receiver<Client>, keyring: Keyring) -> Self {
        Self { server, keyring: Arc::new(keyring), over: Arc::default(), acknowledged: Arc::default() }
    }

    /// Lets every client finish its current step.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Returns the number of successful answers.
    pub fn acknowledged(&self) -> u32 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Sends a request and returns the answer, unless it is missing or a refusal for now.
    async fn once(&self, request: RequestBuilder) -> Option<Answer> {
        let began_at = Instant::now();
        let answer = try_send(request).await;
        assert!(began_at.elapsed() < ANSWER, "took {:?}", began_at.elapsed());
        let answer = answer?;
        if answer.status == 503 {
            assert!(
                answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0),
                "{answer:?}"
            );
            return None;
        }
        assert_ne!(answer.status, 500, "{}", answer.text);
        if matches!(answer.status, 200 | 204) {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        Some(answer)
    }

    /// Sends a request until it is answered; also returns true if it was sent only once.
    async fn ask(&self, path: &str, body: &Value) -> (Answer, bool) {
        self.ask_as(None, Method::POST, path, body).await
    }

    async fn ask_as(&self, access: Option<&str>, method: Method, path: &str, body: &Value) -> (Answer, bool) {
        let began_at = Instant::now();
        let mut is_first = true;
        while began_at.elapsed() < PATIENCE {
            let client = self.server.borrow().clone();
            let request = client.api(method.clone(), path, body);
            let request = match access {
                Some(access) => request.bearer_auth(access),
                None => request,
            };
            if let Some(answer) = self.once(request).await {
                return (answer, is_first);
            }
            is_first = false;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} was not answered for {PATIENCE:?}");
    }

    /// Refreshes until the end and returns the last token.
    pub fn refresher(&self, mut token: String) -> JoinHandle<String> {
        let crowd = self.clone();
        tokio::spawn(async move {
            while !crowd.is_over() {
                token = crowd.ask("/refresh", &json!({"refresh_token": token})).await.0.tokens().refresh;
            }
            token
        })
    }

    /// Signs in repeatedly, as each person twice, with each link used twice concurrently.
    pub fn reader(&self, name: String) -> JoinHandle<Vec<SignedIn>> {
        let crowd = self.clone();
        tokio::spawn(async move {
            let mut signed_in = Vec::new();
            for turn in 0.. {
                if crowd.is_over() {
                    break;
                }
                let email = format!("{name}-{}@example.com", turn / 2);
                let asked = crowd.ask("/magic_link", &json!({"email": email})).await.0;
                let body = json!({"token": link_token(&crowd.keyring, &asked)});
                let uses = tokio::join!(
                    crowd.ask("/magic_link/verify", &body),
                    crowd.ask("/magic_link/verify", &body)
                );
                signed_in.push(SignedIn { email, tokens: winner(&[uses.0, uses.1], "401 invalid_token") });
            }
            signed_in
        })
    }

    /// Signs devices in, each claimed twice concurrently.
    pub fn device(&self, access: String) -> JoinHandle<u32> {
        let crowd = self.clone();
        tokio::spawn(async move {
            let mut claimed = 0;
            while !crowd.is_over() {
                let begun = crowd.ask("/device", &json!({})).await.0;
                let body = json!({"user_code": begun.field("user_code")});
                let (approved, is_first) =
                    crowd.ask_as(Some(&access), Method::POST, "/device/verify", &body).await;
                // A repeated decision is refused if the answer to the first was lost.
                assert!(approved.status == 200 || !is_first, "{approved:?}");
                let body = json!({"device_code": begun.field("device_code")});
                claimed += u32::from(crowd.claim(&body).await);
            }
            claimed
        })
    }
}

impl Crowd {
    /// Claims an approved device twice concurrently; returns true if it was signed in. The device was
    /// approved, so no answer is pending, and only a lost answer prevents a sign-in.
    async fn claim(&self, body: &Value) -> bool {
        let began_at = Instant::now();
        while began_at.elapsed() < PATIENCE {
            let uses = tokio::join!(self.ask("/token", body), self.ask("/token", body));
            let uses = [uses.0, uses.1];
            // Both came too soon after a poll whose answer was lost: the code is still unclaimed.
            if uses.iter().all(|(answer, _)| answer.code() == "400 slow_down") {
                tokio::time::sleep(Duration::from_millis(500)).await;
                continue;
            }
            return winner(&uses, "400 invalid_grant").is_some();
        }
        panic!("the device was not claimed for {PATIENCE:?}");
    }

    /// Signs in as a new person, sets a profile and leaves, repeatedly.
    pub fn leaver(&self, name: String) -> JoinHandle<Vec<Left>> {
        let crowd = self.clone();
        tokio::spawn(async move {
            let mut left = Vec::new();
            for turn in 0.. {
                if crowd.is_over() {
                    break;
                }
                let email = format!("{name}-{turn}@example.com");
                let asked = crowd.ask("/magic_link", &json!({"email": email})).await.0;
                let body = json!({"token": link_token(&crowd.keyring, &asked)});
                let (signed_in, is_first) = crowd.ask("/magic_link/verify", &body).await;
                if signed_in.status != 200 {
                    assert!(!is_first, "{signed_in:?}");
                    continue;
                }
                let tokens = signed_in.tokens();
                let access = Some(tokens.access.as_str());
                let named = crowd.ask_as(access, Method::PATCH, "/me", &json!({"name": email})).await.0;
                assert_eq!(named.status, 200, "{named:?}");
                let is_deleted = turn % 2 == 1;
                if is_deleted {
                    let (deleted, is_first) = crowd.ask_as(access, Method::DELETE, "/me", &json!({})).await;
                    assert!(deleted.status == 204 || (!is_first && deleted.status == 401), "{deleted:?}");
                } else {
                    let revoked = crowd.ask("/revoke", &json!({"token": tokens.refresh})).await.0;
                    assert_eq!(revoked.status, 200, "{revoked:?}");
                }
                left.push(Left { email, tokens, is_deleted });
            }
            left
        })
    }
}

/// Asserts that at most one of two concurrent uses won; `None` only if an answer was lost.
fn winner(uses: &[(Answer, bool); 2], refusal: &str) -> Option<Tokens> {
    let won: Vec<_> = uses.iter().filter(|(answer, _)| answer.status == 200).collect();
    assert!(won.len() <= 1, "used twice: {uses:?}");
    assert!(won.len() == 1 || uses.iter().any(|(_, is_first)| !is_first), "nobody won: {uses:?}");
    let refused = uses.iter().filter(|(answer, _)| answer.status != 200).map(|(answer, _)| answer.code());
    for code in refused {
        assert!(code == refusal || code == "400 slow_down", "{code}");
    }
    won.first().map(|(answer, _)| answer.tokens())
}
