//! POST /auth/refresh (contract §2.3, §6).

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Keywright, Tokens, send};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

async fn refresh(keywright: &Keywright, token: &str) -> Answer {
    keywright.post("/refresh", json!({"refresh_token": token})).await
}

async fn refreshed(keywright: &Keywright, token: &str) -> Tokens {
    let answer = refresh(keywright, token).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.tokens()
}

#[tokio::test]
async fn a_refresh_is_answered_as_in_rfc_6749() {
    let keywright = Keywright::start().await;
    let first = keywright.sign_in("ada@example.com").await;

    let answer = refresh(&keywright, &first.refresh).await;

    let json = answer.json();
    let mut fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((&json["token_type"], &json["expires_in"]), (&json!("Bearer"), &json!(14_400)));
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    assert_ne!(answer.tokens().refresh, first.refresh);
    assert_eq!(keywright.me(&answer.tokens().access).await, 200);
    assert_eq!(keywright.me(&first.access).await, 200, "an access token lasts as long as its session");
}

#[tokio::test]
async fn racing_processes_get_the_same_successor_and_stay_signed_in() {
    let keywright = Keywright::start().await;
    let first = keywright.sign_in("ada@example.com").await;

    let racers = join_all((0..16).map(|_| refresh(&keywright, &first.refresh))).await;

    let successors: Vec<_> = racers.iter().map(|answer| answer.tokens().refresh).collect();
    assert!(successors.iter().all(|successor| *successor == successors[0]), "{successors:?}");
    keywright.advance(59);
    assert_eq!(refreshed(&keywright, &first.refresh).await.refresh, successors[0]);
    assert_eq!(refresh(&keywright, &successors[0]).await.status, 200);
}

#[tokio::test]
async fn a_lost_response_ends_no_session() {
    let keywright = Keywright::start().await;
    let first = keywright.sign_in("ada@example.com").await;
    let lost = refreshed(&keywright, &first.refresh).await;

    keywright.advance(HOUR - 1);
    let found = refreshed(&keywright, &first.refresh).await;

    assert_ne!(found.refresh, lost.refresh);
    assert_eq!(refresh(&keywright, &found.refresh).await.status, 200);
    let reuse = refresh(&keywright, &lost.refresh).await;
    assert_eq!(reuse.error(), "401 invalid_grant", "the retired successor is a copy");
    assert_eq!(keywright.me(&found.access).await, 401);
}

#[tokio::test]
async fn a_lost_response_cannot_be_recovered_after_an_hour() {
    let keywright = Keywright::start().await;
    let first = keywright.sign_in("ada@example.com").await;
    refreshed(&keywright, &first.refresh).await;

    keywright.advance(HOUR);

    assert_eq!(refresh(&keywright, &first.refresh).await.error(), "401 invalid_grant");
}

#[tokio::test]
async fn using_the_successor_retires_its_parent() {
    let keywright = Keywright::start().await;
    let first = keywright.sign_in("ada@example.com").await;
    let second = refreshed(&keywright, &first.refresh).await;
    assert_eq!(keywright.me(&second.access).await, 200);

    keywright.advance(61);
    let reuse = refresh(&keywright, &first.refresh).await;

    assert_eq!(reuse.error(), "401 invalid_grant");
    assert_eq!(keywright.me(&second.access).await, 401);
    assert_eq!(refresh(&keywright, &second.refresh).await.error(), "401 invalid_grant");
}

#[tokio::test]
async fn a_copied_token_ends_the_session_and_is_recorded() {
    let keywright = Keywright::start().await;
    let first = keywright.sign_in("ada@example.com").await;
    let other = keywright.sign_in("ada@example.com").await;
    let second = refreshed(&keywright, &first.refresh).await;
    let third = refreshed(&keywright, &second.refresh).await;
    keywright.advance(1);

    let reuse = refresh(&keywright, &first.refresh).await;

    assert_eq!(reuse.error(), "401 invalid_grant");
    assert_eq!(reuse.header("www-authenticate"), "Bearer");
    for access in [&first.access, &second.access, &third.access] {
        assert_eq!(keywright.me(access).await, 401);
    }
    assert_eq!(refresh(&keywright, &third.refresh).await.error(), "401 invalid_grant");
    assert_eq!(keywright.events("ada@example.com").await[0], "refresh_reuse_detected");
    assert_eq!(keywright.me(&other.access).await, 200, "other sessions go on");
}

#[tokio::test]
async fn in_strict_mode_the_second_use_ends_the_session() {
    let strict = [("SESSION__RETRY_WINDOW", "0s"), ("SESSION__LOST_RESPONSE_WINDOW", "0s")];
    let keywright = Keywright::start_with(&strict).await;
    let first = keywright.sign_in("ada@example.com").await;
    let second = refreshed(&keywright, &first.refresh).await;

    let again = refresh(&keywright, &first.refresh).await;

    assert_eq!(again.error(), "401 invalid_grant");
    assert_eq!(refresh(&keywright, &second.refresh).await.error(), "401 invalid_grant");
}

#[tokio::test]
async fn a_session_ends_thirty_days_after_its_last_refresh() {
    let keywright = Keywright::start().await;
    let first = keywright.sign_in("ada@example.com").await;
    keywright.advance(30 * DAY - 1);
    let second = refreshed(&keywright, &first.refresh).await;

    keywright.advance(30 * DAY);

    assert_eq!(refresh(&keywright, &second.refresh).await.error(), "401 invalid_grant");
}

#[tokio::test]
async fn no_refresh_extends_a_session_past_180_days() {
    let keywright = Keywright::start().await;
    let mut tokens = keywright.sign_in("ada@example.com").await;
    for _ in 0..8 {
        keywright.advance(20 * DAY);
        tokens = refreshed(&keywright, &tokens.refresh).await;
    }
    keywright.advance(20 * DAY - HOUR);

    let last = refresh(&keywright, &tokens.refresh).await;
    assert_eq!(last.json()["expires_in"], json!(3600), "an access token never outlives its session");
    keywright.advance(HOUR);

    assert_eq!(refresh(&keywright, &last.tokens().refresh).await.error(), "401 invalid_grant");
    assert_eq!(keywright.me(&last.tokens().access).await, 401);
}

#[tokio::test]
async fn forged_truncated_misspelt_and_foreign_tokens_are_refused() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let (device_code, _) = keywright.begin_device().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let good = &tokens.refresh;
    let shorter = good.get(..79).unwrap();
    let last = if good.ends_with('A') { "B" } else { "A" };

    for bad in [
        "",
        "kwr_",
        shorter,
        &format!("{shorter}{last}"),
        &format!("{good}="),
        &format!("{good}A"),
        &format!(" {good}"),
        &good.replacen("kwr_", "kwd_", 1),
        &good.to_uppercase(),
        &device_code,
        &device_code.replacen("kwd_", "kwr_", 1),
        &cookie.replacen("kw_session=", "", 1),
        &cookie.replacen("kw_session=kws_", "kwr_", 1),
        &tokens.access,
        &"a".repeat(60_000),
    ] {
        let answer = refresh(&keywright, bad).await;
        assert_eq!(answer.error(), "401 invalid_grant", "{bad}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(refresh(&keywright, good).await.status, 200, "none of it has harmed the session");
}

#[tokio::test]
async fn a_bad_body_is_refused_in_the_oauth_shape() {
    let keywright = Keywright::start().await;
    let post = |body: &str, media_type: &str| {
        let request = keywright.api(Method::POST, "/refresh").header("content-type", media_type);
        send(request.body(body.to_owned()))
    };

    for (body, media_type, error) in [
        ("{", "application/json", "400 invalid_request"),
        ("[]", "application/json", "400 invalid_request"),
        ("{}", "application/json", "400 invalid_request"),
        ("", "application/json", "400 invalid_request"),
        (r#"{"refresh_token": 1}"#, "application/json", "400 invalid_request"),
        (r#"{"refresh_token": null}"#, "application/json", "400 invalid_request"),
        (r#"{"refresh_token": "a", "refresh_token": "b"}"#, "application/json", "400 invalid_request"),
        ("refresh_token=a", "application/x-www-form-urlencoded", "415 unsupported_media_type"),
        (r#"{"refresh_token": "a"}"#, "text/plain", "415 unsupported_media_type"),
    ] {
        let answer = post(body, media_type).await;
        assert_eq!(answer.error(), error, "{body}");
        assert!(answer.json()["error_description"].is_string(), "{}", answer.text);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let huge = post(&format!(r#"{{"refresh_token": "{}"}}"#, "a".repeat(70_000)), "application/json").await;
    assert_eq!(huge.error(), "413 payload_too_large");
}

#[tokio::test]
async fn a_disabled_account_cannot_refresh() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;

    keywright.disable("ada@example.com").await;

    assert_eq!(refresh(&keywright, &tokens.refresh).await.error(), "401 invalid_grant");
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    assert_eq!(keywright.post_form("/token", &form).await.error(), "400 invalid_grant");
    assert_eq!(keywright.get_as(&tokens.access, "/api/v1/auth/me").await.code(), "401 invalid_token");
}
