//! GET /metrics on the admin listener (contract §9).

use std::time::Duration;

use keywright_domain::credential::Kind;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Keywright, send};

async fn scrape(keywright: &Keywright) -> String {
    let answer = send(keywright.admin_request(Method::GET, "/metrics")).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("x-ratelimit-limit"), "");
    answer.text
}

/// Returns the value of the only sample with this name and these labels.
fn value(text: &str, name: &str) -> u64 {
    let samples: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).collect();
    assert_eq!(samples.len(), 1, "{name} in {text}");
    samples[0].parse().unwrap()
}

fn event(text: &str, name: &str) -> u64 {
    value(text, &format!(r#"keywright_security_events_total{{event="{name}"}}"#))
}

fn requests(text: &str, method: &str, route: &str, status: u16) -> u64 {
    let labels = format!(r#"method="{method}",route="{route}",status="{status}""#);
    value(text, &format!("keywright_http_requests_total{{{labels}}}"))
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_status_and_never_by_path() {
    let keywright = Keywright::start().await;
    for path in
        ["/nowhere/kwr_secret", "/api/v1/users/ada@example.com?token=kwm_secret", "/%00", "/sign-in?next=kwx"]
    {
        keywright.get(path).await;
    }
    for method in ["BREW", "PUT", "kwd_method"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        send(keywright.api(method, "/me")).await;
    }

    let text = scrape(&keywright).await;

    assert_eq!(requests(&text, "GET", "none", 404), 3);
    assert_eq!(requests(&text, "GET", "/sign-in", 200), 1);
    assert_eq!(requests(&text, "other", "/api/v1/auth/me", 405), 3);
    let latencies = r#"keywright_http_request_duration_seconds_count{method="GET",route="/sign-in"}"#;
    assert_eq!(value(&text, latencies), 1);
    assert!(text.contains(
        r#"keywright_http_request_duration_seconds_bucket{method="GET",route="/sign-in",le="0.01"}"#
    ));
    for secret in ["kw", "ada"].map(|secret| format!("{secret}_")) {
        assert!(!text.contains(&secret), "{secret}");
    }
    assert!(!text.contains("nowhere") && !text.contains("ada@") && !text.contains("BREW"));
}

#[tokio::test]
async fn security_events_are_counted_by_kind() {
    let keywright = Keywright::start_with(&[("RATE_LIMIT__PER_ADDRESS", "100/minute")]).await;
    let before = scrape(&keywright).await;
    assert_eq!((event(&before, "signed_in"), event(&before, "refresh_reuse_detected")), (0, 0));

    let tokens = {
        let token = keywright.link_by_store("ada@example.com").await;
        let tokens = keywright.post("/magic_link/verify", json!({"token": token})).await.tokens();
        assert_eq!(keywright.post("/magic_link/verify", json!({"token": token})).await.status, 401);
        tokens
    };
    keywright.post("/magic_link/verify", json!({"token": "kwm_forged"})).await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let other = keywright.sign_in_device(&cookie).await;
    let (_, user_code) = keywright.begin_device().await;
    let denial = json!({"user_code": user_code, "action": "deny"});
    assert_eq!(keywright.post_from_page(&cookie, "/device/verify", denial).await.status, 200);
    let patch = keywright.api(Method::PATCH, "/me").bearer_auth(&tokens.access);
    assert_eq!(send(patch.json(&json!({"name": "Ada"}))).await.status, 200);
    // After two rotations, the first token counts as a copy.
    let next = keywright.post("/refresh", json!({"refresh_token": other.refresh})).await.tokens();
    keywright.post("/refresh", json!({"refresh_token": next.refresh})).await;
    assert_eq!(keywright.post("/refresh", json!({"refresh_token": other.refresh})).await.status, 401);
    send(keywright.api(Method::DELETE, "/logout").bearer_auth(&tokens.access)).await;
    send(keywright.api(Method::DELETE, "/logout").bearer_auth(&tokens.access)).await;
    let foreign = keywright.api(Method::PATCH, "/me").header("cookie", &cookie).json(&json!({}));
    assert_eq!(send(foreign).await.code(), "403 csrf_rejected");
    let foreign = keywright.request(Method::POST, "/sign-in").form(&[("email", "a@b.c")]);
    assert_eq!(send(foreign.header("accept", "text/html")).await.status, 403);
    while keywright.get("/sign-in").await.status != 429 {}

    let text = scrape(&keywright).await;
    for (name, count) in [
        ("signed_in", 3),
        ("sign_in_failed", 2),
        ("device_approved", 1),
        ("device_denied", 1),
        ("profile_changed", 1),
        ("refresh_reuse_detected", 1),
        ("signed_out", 1),
        ("csrf_rejected", 2),
        ("rate_limited", 1),
        ("guess_limited", 0),
        ("mail_limited", 0),
    ] {
        assert_eq!(event(&text, name), count, "{name}");
    }
}

#[tokio::test]
async fn a_restored_older_store_is_counted() {
    let keywright = Keywright::start().await;
    keywright.sign_in("ada@example.com").await;
    let session = keywright.activity("ada@example.com").await[0].session_id.unwrap();
    let forgotten = keywright.service.keyring.issue(Kind::RefreshToken, session.0, 7);

    let refreshed = keywright.post("/refresh", json!({"refresh_token": forgotten.expose()})).await;

    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    assert_eq!(event(&scrape(&keywright).await, "refresh_ahead_of_store"), 1);
}

#[tokio::test]
async fn the_gauges_describe_the_store() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    keywright.sign_in_browser("ada@example.com").await;
    let both = scrape(&keywright).await;
    assert_eq!((value(&both, "keywright_store_up"), value(&both, "keywright_sessions_live")), (1, 2));
    assert_eq!((value(&both, "keywright_mail_due"), value(&both, "keywright_mail_dead")), (0, 0));
    assert!(value(&both, "keywright_store_writes_waiting") < 10);

    send(keywright.api(Method::DELETE, "/logout").bearer_auth(&tokens.access)).await;
    assert_eq!(value(&scrape(&keywright).await, "keywright_sessions_live"), 1);
    keywright.advance(31 * 24 * 3600);
    assert_eq!(value(&scrape(&keywright).await, "keywright_sessions_live"), 0);
}

#[tokio::test]
async fn the_public_listener_has_no_metrics() {
    let keywright = Keywright::start().await;

    assert_eq!(keywright.get("/metrics").await.code(), "404 not_found");
    let posted = send(keywright.admin_request(Method::POST, "/metrics")).await;
    assert_eq!((posted.code().as_str(), posted.header("allow")), ("405 method_not_allowed", "GET, HEAD"));
    let head = send(keywright.admin_request(Method::HEAD, "/metrics").timeout(Duration::from_secs(5))).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}
