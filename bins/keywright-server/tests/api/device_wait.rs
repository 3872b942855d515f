//! `wait` at POST /auth/token (contract §3): a poll that is answered at the decision.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_domain::client_info::ClientInfo;
use keywright_domain::credential::Kind;
use keywright_domain::device_authorization::{Action, Decision};
use keywright_domain::id::DeviceAuthorizationId;
use keywright_domain::page::Page;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::harness::{Answer, Keywright};

const ADA: &str = "ada@example.com";

/// Maximum number of checks, 10 ms apart.
const LOOKS: usize = 1000;

async fn poll(keywright: &Keywright, device_code: &str, wait: Value) -> Answer {
    keywright.post("/token", json!({"device_code": device_code, "wait": wait})).await
}

/// Starts a poll and returns once it holds its waiting slot.
async fn waiting(keywright: &Arc<Keywright>, device_code: &str, wait: i64) -> JoinHandle<Answer> {
    let (server, device_code) = (keywright.clone(), device_code.to_owned());
    let before = keywright.service.waiting.len();
    let task = tokio::spawn(async move { poll(&server, &device_code, json!(wait)).await });
    until_waiting(keywright, before + 1).await;
    task
}

async fn until_waiting(keywright: &Keywright, count: usize) {
    for _ in 0..LOOKS {
        if keywright.service.waiting.len() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} wait, not {count}", keywright.service.waiting.len());
}

async fn decide(keywright: &Keywright, cookie: &str, user_code: &str, action: &str) {
    let body = json!({"user_code": user_code, "action": action});
    assert_eq!(keywright.post_from_page(cookie, "/device/verify", body).await.status, 200);
}

#[tokio::test]
async fn a_waiting_poll_is_answered_at_the_decision() {
    let keywright = Arc::new(Keywright::start().await);
    let cookie = keywright.sign_in_browser(ADA).await;
    let (approved, of_approved) = keywright.begin_device().await;
    let (denied, of_denied) = keywright.begin_device().await;
    let signed_in = waiting(&keywright, &approved, 30).await;
    let refused = waiting(&keywright, &denied, 30).await;

    decide(&keywright, &cookie, &of_approved, "approve").await;
    decide(&keywright, &cookie, &of_denied, "deny").await;

    let answer = signed_in.await.unwrap();
    assert_eq!(keywright.me(&answer.tokens().access).await, 200);
    assert_eq!(refused.await.unwrap().error(), "400 access_denied");
    assert!(keywright.service.waiting.is_empty());
    assert_eq!(poll(&keywright, &approved, json!(30)).await.error(), "400 invalid_grant");
}

#[tokio::test]
async fn a_decision_on_another_server_is_seen_within_a_second() {
    let keywright = Arc::new(Keywright::start().await);
    let _ = keywright.sign_in(ADA).await;
    let (device_code, _) = keywright.begin_device().await;
    let waiting = waiting(&keywright, &device_code, 30).await;
    let by = keywright.user(ADA).await.id;
    let at = keywright.service.request_context(None, ClientInfo::default());
    let sessions = keywright.service.stores.sessions.list(by, Page::WIDEST, at.now).await.unwrap().items;
    let (session, authentication) = (sessions[0].id, sessions[0].authentication);
    let presented = keywright.service.keyring.parse(Kind::DeviceCode, &device_code).unwrap();
    let id = DeviceAuthorizationId(presented.record);

    // Only the store is changed: nothing in this process is notified.
    let decision = Decision { by, session, authentication, action: Action::Approve };
    keywright.service.stores.device_authorizations.decide(id, decision, &at).await.unwrap();

    let since = Instant::now();
    assert_eq!(waiting.await.unwrap().status, 200);
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_wait_ends_by_the_service_clock_and_starts_the_next_interval() {
    let keywright = Arc::new(Keywright::start().await);
    let (device_code, _) = keywright.begin_device().await;
    let waiting = waiting(&keywright, &device_code, 20).await;

    keywright.advance(20);

    assert_eq!(waiting.await.unwrap().error(), "400 authorization_pending");
    keywright.advance(3);
    assert_eq!(poll(&keywright, &device_code, json!(20)).await.error(), "400 slow_down");
    keywright.advance(6);
    assert_eq!(poll(&keywright, &device_code, Value::Null).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn a_waiting_poll_learns_that_its_code_expired() {
    let keywright = Arc::new(Keywright::start().await);
    let (device_code, _) = keywright.begin_device().await;
    keywright.advance(590);
    let waiting = waiting(&keywright, &device_code, 30).await;

    keywright.advance(10);

    assert_eq!(waiting.await.unwrap().error(), "400 expired_token");
}

#[tokio::test]
async fn an_early_poll_is_slowed_down_at_once_and_the_waiting_one_continues() {
    let keywright = Arc::new(Keywright::start().await);
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;
    let waiting = waiting(&keywright, &device_code, 30).await;

    let early = poll(&keywright, &device_code, json!(30)).await;

    assert_eq!((early.error().as_str(), &early.json()["interval"]), ("400 slow_down", &json!(10)));
    decide(&keywright, &cookie, &user_code, "approve").await;
    assert_eq!(waiting.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_second_waiting_poll_replaces_the_first() {
    let keywright = Arc::new(Keywright::start().await);
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;
    let older = waiting(&keywright, &device_code, 30).await;
    keywright.advance(6);

    let (server, code) = (keywright.clone(), device_code.clone());
    let newer = tokio::spawn(async move { poll(&server, &code, json!(30)).await });

    assert_eq!(older.await.unwrap().error(), "400 authorization_pending");
    assert_eq!(keywright.service.waiting.len(), 1);
    decide(&keywright, &cookie, &user_code, "approve").await;
    assert_eq!(newer.await.unwrap().status, 200);
}

#[tokio::test]
async fn above_the_limit_a_poll_does_not_wait() {
    let keywright = Arc::new(Keywright::start_with(&[("DEVICE__MAX_WAITING", "1")]).await);
    let (first, _) = keywright.begin_device().await;
    let (second, _) = keywright.begin_device().await;
    let waiting = waiting(&keywright, &first, 30).await;

    assert_eq!(poll(&keywright, &second, json!(30)).await.error(), "400 authorization_pending");

    keywright.advance(30);
    assert_eq!(waiting.await.unwrap().error(), "400 authorization_pending");
}

#[tokio::test]
async fn a_client_that_hangs_up_frees_its_waiting_slot() {
    let keywright = Arc::new(Keywright::start().await);
    let (device_code, _) = keywright.begin_device().await;
    let waiting = waiting(&keywright, &device_code, 30).await;

    waiting.abort();

    until_waiting(&keywright, 0).await;
}

#[tokio::test]
async fn every_waiting_poll_is_answered_at_shutdown() {
    let keywright = Arc::new(Keywright::start().await);
    let (device_code, _) = keywright.begin_device().await;
    let (server, url) = (keywright.clone(), format!("{}/api/v1/auth/token", keywright.base()));
    let polling = tokio::spawn(async move {
        let body = json!({"device_code": device_code, "wait": 30});
        reqwest::Client::new().post(url).json(&body).send().await.unwrap().text().await.unwrap()
    });
    until_waiting(&keywright, 1).await;
    drop(server);

    let since = Instant::now();
    Arc::try_unwrap(keywright).unwrap_or_else(|_| panic!("the server is in use")).stop().await;

    assert!(polling.await.unwrap().contains("authorization_pending"));
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_wait_must_be_one_to_thirty_seconds() {
    let keywright = Keywright::start().await;
    let (device_code, _) = keywright.begin_device().await;

    for bad in [json!(0), json!(31), json!(-1), json!(1.5), json!("5"), json!(true), json!([5]), json!(1e300)]
    {
        let answer = poll(&keywright, &device_code, bad.clone()).await;
        assert_eq!(answer.error(), "400 invalid_request", "{bad}");
    }
    for bad in ["0", "31", "-1", "1.5", "x", " 5"] {
        let answer = keywright.post_form("/token", &[("device_code", &device_code), ("wait", bad)]).await;
        assert_eq!(answer.error(), "400 invalid_request", "{bad}");
    }
    let unknown = poll(&keywright, "kwd_unknown", json!(30)).await;
    assert_eq!(unknown.error(), "400 invalid_grant");
    assert_eq!(poll(&keywright, &device_code, Value::Null).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn a_form_can_wait_too() {
    let keywright = Arc::new(Keywright::start().await);
    let (device_code, _) = keywright.begin_device().await;
    let server = keywright.clone();
    let polling = tokio::spawn(async move {
        server.post_form("/token", &[("device_code", &device_code), ("wait", "1")]).await
    });
    until_waiting(&keywright, 1).await;

    keywright.advance(1);

    assert_eq!(polling.await.unwrap().error(), "400 authorization_pending");
}
