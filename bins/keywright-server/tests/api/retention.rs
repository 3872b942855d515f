//! Purging of expired records and clearing of client info (contract §7, docs/retention.md).

use std::time::Duration;

use keywright_domain::StoreError;
use keywright_server::application::Tuning;
use keywright_service::retention::purge;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Keywright, send};

const DAY: i64 = 86_400;

/// Purges until there is nothing left to do.
async fn sweep(keywright: &Keywright) {
    for _ in 0..100 {
        let purged = purge(&keywright.service).await;
        assert!(purged.failure.is_none(), "{purged:?}");
        if !purged.is_more {
            return;
        }
    }
    panic!("there is always more");
}

/// Returns the `data` of one answer, with a bearer token.
async fn data(keywright: &Keywright, access: &str, path: &str) -> Vec<Value> {
    let answer = keywright.get_as(access, &format!("/api/v1/auth/{path}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["data"].as_array().unwrap().clone()
}

async fn refresh(keywright: &Keywright, refresh: &str) -> crate::harness::Answer {
    keywright.post("/refresh", json!({"refresh_token": refresh})).await
}

#[tokio::test]
async fn addresses_and_user_agents_are_gone_after_31_days() {
    let keywright = Keywright::start().await;
    let link = keywright.link("ada@example.com").await;
    let verify = keywright.api(Method::POST, "/magic_link/verify").header("user-agent", "Ada's tool/1");
    let mut tokens = send(verify.json(&json!({"token": link.token}))).await.tokens();
    for path in ["sessions", "activity"] {
        let entry = data(&keywright, &tokens.access, path).await.remove(0);
        assert_eq!(
            (&entry["ip_address"], &entry["user_agent"]),
            (&json!("127.0.0.1"), &json!("Ada's tool/1"))
        );
    }

    keywright.advance(29 * DAY);
    sweep(&keywright).await;
    tokens = refresh(&keywright, &tokens.refresh).await.tokens();
    assert_eq!(data(&keywright, &tokens.access, "activity").await[0]["ip_address"], json!("127.0.0.1"));

    keywright.advance(2 * DAY);
    sweep(&keywright).await;
    tokens = refresh(&keywright, &tokens.refresh).await.tokens();
    for path in ["sessions", "activity"] {
        let entry = data(&keywright, &tokens.access, path).await.remove(0);
        assert_eq!((&entry["ip_address"], &entry["user_agent"]), (&Value::Null, &Value::Null), "{path}");
    }
    assert!(!keywright.dump().contains("Ada's tool"), "it is gone from the store, too");
}

/// A record that cannot be read is logged and does not keep others from being cleared.
#[tokio::test]
async fn a_broken_record_does_not_stop_the_clearing() {
    let keywright = Keywright::start().await;
    let link = keywright.link("ada@example.com").await;
    let verify = keywright.api(Method::POST, "/magic_link/verify").header("user-agent", "Ada's tool/1");
    send(verify.json(&json!({"token": link.token}))).await.tokens();
    keywright.change_database("UPDATE sessions SET kind = 'torn'");

    keywright.advance(400 * DAY);
    let purged = purge(&keywright.service).await;

    assert!(matches!(purged.failure, Some(StoreError::Broken(_))), "{purged:?}");
    let dump = keywright.dump();
    assert!(!dump.contains("Ada's tool") && !dump.contains("127.0.0.1"), "{dump}");
    for gone in ["activities ", "magic_links ", "mails "] {
        assert!(!dump.lines().any(|row| row.starts_with(gone)), "{dump}");
    }
    assert!(dump.contains("torn"));
}

#[tokio::test]
async fn a_session_in_use_stays_for_180_days_and_is_purged_after_its_end() {
    let keywright = Keywright::start().await;
    let mut tokens = keywright.sign_in("ada@example.com").await;
    let first = tokens.clone();

    for _ in 0..8 {
        keywright.advance(20 * DAY);
        sweep(&keywright).await;
        tokens = refresh(&keywright, &tokens.refresh).await.tokens();
        assert_eq!(keywright.me(&tokens.access).await, 200);
    }
    // A copy of the first token is still detected.
    assert_eq!(refresh(&keywright, &first.refresh).await.error(), "401 invalid_grant");
    assert_eq!(keywright.me(&tokens.access).await, 401);
    assert_eq!(keywright.events("ada@example.com").await[0], "refresh_reuse_detected");
    sweep(&keywright).await;
    assert!(keywright.dump().lines().any(|row| row.starts_with("sessions ")));

    keywright.advance(31 * DAY);
    sweep(&keywright).await;
    assert_eq!(refresh(&keywright, &tokens.refresh).await.error(), "401 invalid_grant");
    assert!(!keywright.dump().lines().any(|row| row.starts_with("sessions ")), "{}", keywright.dump());
}

#[tokio::test]
async fn nothing_expired_is_left_after_a_year() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    keywright.sign_in_device(&cookie).await;
    keywright.begin_device().await;
    keywright.ask_for_link("nobody@example.com").await;
    keywright.mail("nobody@example.com", 1).await;
    let rows = |dump: &str| {
        let growing = ["sessions ", "activities ", "device_authorizations ", "magic_links ", "mails "];
        growing.map(|table| dump.lines().filter(|row| row.starts_with(table)).count())
    };
    assert!(rows(&keywright.dump()).iter().all(|count| *count > 0), "{:?}", rows(&keywright.dump()));

    // The mail about the device offers its action for a week, so the device is kept until then.
    keywright.advance(6 * DAY);
    sweep(&keywright).await;
    assert_eq!(rows(&keywright.dump())[2..4], [1, 0]);

    keywright.advance(400 * DAY);
    sweep(&keywright).await;
    assert_eq!(rows(&keywright.dump()), [0; 5], "{}", keywright.dump());
    assert!(!keywright.dump().contains("nobody@example.com"));
    keywright.sign_in("ada@example.com").await;
}

#[tokio::test]
async fn an_expired_user_code_is_free_again() {
    let keywright = Keywright::start().await;
    let (device_code, _) = keywright.begin_device().await;
    let poll = || keywright.post("/token", json!({"device_code": device_code}));

    keywright.advance(601);
    sweep(&keywright).await;
    assert_eq!(poll().await.error(), "400 expired_token");
    assert!(keywright.dump().contains("device_authorizations "));

    keywright.advance(DAY);
    sweep(&keywright).await;
    assert_eq!(poll().await.error(), "400 invalid_grant");
    // Codes are unique among rows, so a purged one can be issued again.
    assert!(!keywright.dump().lines().any(|row| row.starts_with("device_authorizations ")));
}

#[tokio::test]
async fn the_server_purges_on_its_own_as_configured() {
    let pause = Duration::from_millis(10);
    let tuning = Tuning { mail_pause: pause, key_pause: pause, purge_pause: pause };
    // Nothing is purged while a mail about it may still be sent.
    let keywright = Keywright::start_tuned(&[("RETENTION__ACTIVITY", "1d")], tuning).await;
    keywright.sign_in("ada@example.com").await;
    assert_eq!(keywright.events("ada@example.com").await, ["signed_in"]);

    keywright.advance(7 * DAY + 1);

    for _ in 0..500 {
        if keywright.events("ada@example.com").await.is_empty() {
            return keywright.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the activity is still there");
}
