//! POST /auth/token (contract §2, §3, RFC 8628 §3.4 and §3.5, RFC 6749 §5 and §6).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use futures_util::future::join_all;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, Tokens, send};

const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const ADA: &str = "ada@example.com";
const START: i64 = 1_800_000_000;

async fn poll(keywright: &Keywright, device_code: &str) -> Answer {
    keywright.post("/token", json!({"device_code": device_code})).await
}

async fn decide(keywright: &Keywright, cookie: &str, user_code: &str, action: &str) {
    let body = json!({"user_code": user_code, "action": action});
    let answer = keywright.post_from_page(cookie, "/device/verify", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Returns a device code approved by the owner of `cookie`.
async fn approved(keywright: &Keywright, cookie: &str) -> String {
    let (device_code, user_code) = keywright.begin_device().await;
    decide(keywright, cookie, &user_code, "approve").await;
    device_code
}

fn names(json: &Value) -> Vec<&str> {
    let mut names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// Asserts the properties that RFC 6749 §5.2 requires of every refusal.
fn assert_refused(answer: &Answer, error: &str, because: &str) {
    assert_eq!(answer.error(), error, "{because}: {}", answer.text);
    assert_eq!(names(&answer.json()), ["error", "error_description"], "{because}");
    assert!(answer.json()["error_description"].is_string(), "{because}");
    let headers = ["cache-control", "pragma", "content-type"].map(|name| answer.header(name));
    assert_eq!(headers, ["no-store", "no-cache", "application/json"], "{because}");
}

fn assert_slowed(answer: &Answer, interval: i64) {
    assert_eq!(answer.error(), "400 slow_down", "{}", answer.text);
    assert_eq!(names(&answer.json()), ["error", "error_description", "interval"]);
    assert_eq!(answer.json()["interval"], json!(interval));
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn claims(tokens: &Tokens) -> Value {
    part(&tokens.access, 1)
}

/// Returns the number of sessions that the account ever had.
async fn sessions(keywright: &Keywright) -> usize {
    keywright.events(ADA).await.iter().filter(|event| **event == "signed_in").count()
}

#[tokio::test]
async fn an_approved_device_gets_tokens_that_work() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let device_code = approved(&keywright, &cookie).await;

    let answer = poll(&keywright, &device_code).await;

    let json = answer.json();
    assert_eq!(answer.status, 200, "{json}");
    assert_eq!(names(&json), ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((&json["token_type"], &json["expires_in"]), (&json!("Bearer"), &json!(14_400)));
    let headers = ["cache-control", "pragma", "content-type"].map(|name| answer.header(name));
    assert_eq!(headers, ["no-store", "no-cache", "application/json"]);
    let tokens = answer.tokens();
    assert!(tokens.refresh.starts_with("kwr_"));
    let me = keywright.get_as(&tokens.access, "/api/v1/auth/me").await.json();
    assert_eq!(me["user"]["email"], json!(ADA));
    assert_eq!(keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await.status, 200);
}

#[tokio::test]
async fn json_with_or_without_a_grant_type_and_a_form_are_equivalent() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;

    let device_code = approved(&keywright, &cookie).await;
    let full = json!({"grant_type": DEVICE_CODE_GRANT, "client_id": "cli", "device_code": device_code});
    assert_eq!(keywright.post("/token", full).await.status, 200);
    let device_code = approved(&keywright, &cookie).await;
    let form =
        [("grant_type", DEVICE_CODE_GRANT), ("device_code", device_code.as_str()), ("client_id", "cli")];
    assert_eq!(keywright.post_form("/token", &form).await.status, 200);
    let device_code = approved(&keywright, &cookie).await;
    let unknown = json!({"device_code": device_code, "grant_type": null, "from_the_future": [1]});
    assert_eq!(keywright.post("/token", unknown).await.status, 200);
    let device_code = approved(&keywright, &cookie).await;
    assert_eq!(keywright.post_form("/token", &[("device_code", device_code.as_str())]).await.status, 200);
}

#[tokio::test]
async fn unsupported_grants_and_missing_parameters_are_named() {
    let keywright = Keywright::start().await;

    for grant_type in
        ["password", "authorization_code", "client_credentials", "device_code", "REFRESH_TOKEN", "x\u{7f}"]
    {
        let form = [("grant_type", grant_type), ("device_code", "x"), ("refresh_token", "x")];
        assert_refused(&keywright.post_form("/token", &form).await, "400 unsupported_grant_type", grant_type);
        let body = json!({"grant_type": grant_type, "device_code": "x"});
        assert_refused(&keywright.post("/token", body).await, "400 unsupported_grant_type", grant_type);
    }
    for (body, missing) in [
        (json!({}), "grant_type"),
        (json!({"grant_type": null}), "grant_type"),
        (json!({"refresh_token": "kwr_"}), "grant_type"),
        (json!({"client_id": "cli"}), "grant_type"),
        (json!({"grant_type": DEVICE_CODE_GRANT}), "device_code"),
        (json!({"grant_type": DEVICE_CODE_GRANT, "refresh_token": "x"}), "device_code"),
        (json!({"grant_type": "refresh_token"}), "refresh_token"),
        (json!({"grant_type": "refresh_token", "device_code": "x"}), "refresh_token"),
    ] {
        let answer = keywright.post("/token", body.clone()).await;
        assert_refused(&answer, "400 invalid_request", &body.to_string());
        assert!(answer.text.contains(missing), "{body}: {}", answer.text);
    }
    let nothing = send(keywright.api(Method::POST, "/token")).await;
    assert_refused(&nothing, "400 invalid_request", "no body");
    let empty = [("grant_type", ""), ("device_code", "")];
    assert_refused(&keywright.post_form("/token", &empty).await, "400 invalid_request", "empty values");
}

#[tokio::test]
async fn a_bad_body_is_refused_in_the_oauth_shape() {
    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json";
    let keywright = Keywright::start().await;
    let post = |media_type: &str, body: String| {
        send(keywright.api(Method::POST, "/token").header("content-type", media_type).body(body))
    };

    for (media_type, body, error) in [
        (JSON, "{", "400 invalid_request"),
        (JSON, "[]", "400 invalid_request"),
        (JSON, r#"["kwd_"]"#, "400 invalid_request"),
        (JSON, "null", "400 invalid_request"),
        (JSON, r#"{"device_code": 1}"#, "400 invalid_request"),
        (JSON, r#"{"device_code": ["x"]}"#, "400 invalid_request"),
        (JSON, r#"{"device_code": "x", "client_id": {}}"#, "400 invalid_request"),
        (JSON, r#"{"device_code": "x", "grant_type": false}"#, "400 invalid_request"),
        (JSON, r#"{"grant_type": "refresh_token", "refresh_token": 7}"#, "400 invalid_request"),
        (JSON, r#"{"device_code": "x", "device_code": "x"}"#, "400 invalid_request"),
        (JSON, r#"{"device_code": "x", "device\u005fcode": "y"}"#, "400 invalid_request"),
        (FORM, "device_code=x&device_code=x", "400 invalid_request"),
        (FORM, "device_code=x&client_id=cli&client_id=web", "400 invalid_request"),
        (FORM, "device_code=x&unknown=&unknown=", "400 invalid_request"),
        ("text/plain", r#"{"device_code": "x"}"#, "415 unsupported_media_type"),
        ("multipart/form-data; boundary=x", "--x--", "415 unsupported_media_type"),
    ] {
        assert_refused(&post(media_type, body.to_owned()).await, error, &format!("{media_type} {body}"));
    }
    for media_type in [FORM, JSON] {
        let huge = post(media_type, format!("device_code={}", "a".repeat(65_536))).await;
        assert_refused(&huge, "413 payload_too_large", media_type);
    }
}

#[tokio::test]
async fn an_unknown_scope_is_dropped_and_the_token_answer_says_so() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;

    for (scope, expected) in [("openid admin", json!("")), (" ", Value::Null)] {
        let begun = keywright.post("/device", json!({"scope": scope})).await.json();
        decide(&keywright, &cookie, begun["user_code"].as_str().unwrap(), "approve").await;
        let granted = poll(&keywright, begun["device_code"].as_str().unwrap()).await;

        assert_eq!(granted.status, 200, "{}", granted.text);
        assert_eq!(granted.json()["scope"], expected, "{scope}");
    }
}

#[tokio::test]
async fn a_refresh_grant_succeeds_and_fails_as_in_rfc_6749() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let first = keywright.sign_in_device(&cookie).await;
    let renew = async |token: &str| {
        keywright.post_form("/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };

    let second = renew(&first.refresh).await;

    assert_eq!(names(&second.json()), ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((second.header("cache-control"), second.header("pragma")), ("no-store", "no-cache"));
    assert_ne!(second.tokens().refresh, first.refresh);
    assert_eq!(keywright.me(&second.tokens().access).await, 200);
    let body =
        json!({"grant_type": "refresh_token", "refresh_token": second.tokens().refresh, "client_id": "cli"});
    let third = keywright.post("/token", body).await.tokens();
    for bad in ["kwr_", "x", &third.access, &third.refresh.replacen("kwr_", "kwd_", 1)] {
        assert_refused(&renew(bad).await, "400 invalid_grant", bad);
    }
    assert_refused(&renew(&first.refresh).await, "400 invalid_grant", "reuse");
    assert_refused(&renew(&third.refresh).await, "400 invalid_grant", "its session is over");
    assert_eq!(keywright.me(&third.access).await, 401);
}

#[tokio::test]
async fn a_refresh_by_another_client_is_refused_and_spends_nothing() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let tokens = keywright.sign_in_device(&cookie).await;
    let renew = async |client_id: &str| {
        let body =
            json!({"grant_type": "refresh_token", "refresh_token": tokens.refresh, "client_id": client_id});
        keywright.post("/token", body).await
    };

    for other in ["web", "nobody", "CLI", ""] {
        assert_refused(&renew(other).await, "400 invalid_grant", other);
    }
    keywright.advance(7200);
    assert_refused(&renew("web").await, "400 invalid_grant", "later");

    let renewed = renew("cli").await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    assert_eq!(claims(&renewed.tokens())["gen"], json!(claims(&tokens)["gen"].as_i64().unwrap() + 1));
    assert_refused(&renew("web").await, "400 invalid_grant", "the parent");
    assert_eq!(keywright.me(&renewed.tokens().access).await, 200, "none of it counts as reuse");
}

#[tokio::test]
async fn a_device_code_of_another_client_is_refused_and_not_claimed() {
    let clients = [("CLIENTS", r#"[{"id": "tv", "name": "The television"}]"#)];
    let keywright = Keywright::start_with(&clients).await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let begun = keywright.post_form("/device", &[("client_id", "tv")]).await.json();
    let device_code = begun["device_code"].as_str().unwrap();
    let poll_as = async |client_id: &str| {
        let form =
            [("grant_type", DEVICE_CODE_GRANT), ("device_code", device_code), ("client_id", client_id)];
        keywright.post_form("/token", &form).await
    };

    assert_refused(&poll_as("cli").await, "400 invalid_grant", "pending");
    decide(&keywright, &cookie, begun["user_code"].as_str().unwrap(), "approve").await;
    // These polls do not count for the client that owns the code.
    for other in ["cli", "web", "nobody", "TV", "tv "] {
        assert_refused(&poll_as(other).await, "400 invalid_grant", other);
    }

    let granted = poll_as("tv").await;
    assert_eq!(granted.status, 200, "{}", granted.text);
    assert_eq!(claims(&granted.tokens())["client_id"], json!("tv"));
    assert_eq!(sessions(&keywright).await, 2, "the browser's and the device's");
}

#[tokio::test]
async fn an_undecided_device_is_told_to_keep_polling() {
    let keywright = Keywright::start().await;
    let (device_code, _) = keywright.begin_device().await;

    for _ in 0..5 {
        assert_refused(&poll(&keywright, &device_code).await, "400 authorization_pending", "pending");
        keywright.advance(5);
    }
}

#[tokio::test]
async fn a_pending_poll_writes_nothing_to_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("keywright.db");
    let url = format!("sqlite://{}", database.display());
    let keywright = Keywright::start_with(&[("DATABASE__URL", url.as_str())]).await;
    let (device_code, _) = keywright.begin_device().await;
    let bytes = || {
        ["db", "db-wal"]
            .map(|extension| std::fs::read(database.with_extension(extension)).unwrap_or_default())
    };
    let before = bytes();

    for seconds in [5, 0, 60, 0] {
        poll(&keywright, &device_code).await;
        keywright.advance(seconds);
    }

    assert!(before == bytes());
    keywright.begin_device().await;
    assert!(before != bytes(), "a beginning does");
}

#[tokio::test]
async fn the_interval_grows_by_five_seconds_to_at_most_sixty() {
    let keywright = Keywright::start().await;
    let (device_code, _) = keywright.begin_device().await;
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");

    for interval in [10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 60, 60] {
        assert_slowed(&poll(&keywright, &device_code).await, interval);
    }

    keywright.advance(59);
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
    keywright.advance(58);
    assert_slowed(&poll(&keywright, &device_code).await, 60);
    keywright.advance(1);
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn a_second_too_early_is_tolerated_and_more_is_not() {
    let keywright = Keywright::start().await;
    let (device_code, _) = keywright.begin_device().await;
    let after = async |millis: i64| {
        keywright.clock.advance(TimeDelta::milliseconds(millis));
        poll(&keywright, &device_code).await
    };

    for (millis, interval) in [
        (0, None),
        (4_000, None),
        (4_000, None),
        (3_999, Some(10)),
        // Counted from the last accepted poll, at the new interval.
        (5_000, Some(15)),
        (5_001, None),
        (14_000, None),
        (13_999, Some(20)),
    ] {
        let answer = after(millis).await;
        match interval {
            None => assert_refused(&answer, "400 authorization_pending", &millis.to_string()),
            Some(interval) => assert_slowed(&answer, interval),
        }
    }
}

#[tokio::test]
async fn every_code_is_paced_separately() {
    let keywright = Keywright::start().await;
    let (first, _) = keywright.begin_device().await;
    let (second, _) = keywright.begin_device().await;
    poll(&keywright, &first).await;
    poll(&keywright, &first).await;

    assert_refused(&poll(&keywright, &second).await, "400 authorization_pending", "the other");
    assert_slowed(&poll(&keywright, &second).await, 10);
    assert_slowed(&poll(&keywright, &first).await, 15);
}

#[tokio::test]
async fn a_finished_code_is_reported_whatever_the_pace() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (denied, denied_user_code) = keywright.begin_device().await;
    let (expiring, _) = keywright.begin_device().await;
    let claimed = approved(&keywright, &cookie).await;
    for device_code in [&denied, &expiring, &claimed] {
        poll(&keywright, device_code).await;
    }
    assert_slowed(&poll(&keywright, &denied).await, 10);

    decide(&keywright, &cookie, &denied_user_code, "deny").await;

    for _ in 0..3 {
        assert_refused(&poll(&keywright, &denied).await, "400 access_denied", "denied");
        assert_refused(&poll(&keywright, &claimed).await, "400 invalid_grant", "claimed");
    }
    let other = json!({"device_code": expiring, "client_id": "web"});
    assert_refused(&keywright.post("/token", other).await, "400 invalid_grant", "another client's, too soon");
    keywright.advance(599);
    assert_refused(&poll(&keywright, &expiring).await, "400 authorization_pending", "the last second");
    keywright.advance(1);
    for _ in 0..3 {
        assert_refused(&poll(&keywright, &expiring).await, "400 expired_token", "expired");
    }
}

#[tokio::test]
async fn an_approved_code_polled_too_early_is_claimed_later() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;
    poll(&keywright, &device_code).await;
    decide(&keywright, &cookie, &user_code, "approve").await;
    keywright.advance(3);

    assert_slowed(&poll(&keywright, &device_code).await, 10);
    assert_eq!(sessions(&keywright).await, 1);

    keywright.advance(6);
    assert_eq!(poll(&keywright, &device_code).await.status, 200);
}

#[tokio::test]
async fn a_decided_or_undecided_code_expires_after_ten_minutes() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (pending, _) = keywright.begin_device().await;
    let in_time = approved(&keywright, &cookie).await;
    let late = approved(&keywright, &cookie).await;

    keywright.clock.advance(TimeDelta::milliseconds(599_999));
    assert_refused(&poll(&keywright, &pending).await, "400 authorization_pending", "in time");
    assert_eq!(poll(&keywright, &in_time).await.status, 200);

    keywright.clock.advance(TimeDelta::milliseconds(1));
    assert_refused(&poll(&keywright, &pending).await, "400 expired_token", "pending");
    assert_refused(&poll(&keywright, &late).await, "400 expired_token", "approved, and not claimed");
    assert_refused(&poll(&keywright, &in_time).await, "400 invalid_grant", "claimed");
    assert_eq!(sessions(&keywright).await, 2, "the browser's, and the one in time");
}

#[tokio::test]
async fn a_denied_device_gets_nothing() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;

    decide(&keywright, &cookie, &user_code, "deny").await;

    for _ in 0..3 {
        assert_refused(&poll(&keywright, &device_code).await, "400 access_denied", "denied");
        keywright.advance(60);
    }
    assert_eq!(sessions(&keywright).await, 1);
}

#[tokio::test]
async fn a_claimed_code_is_refused_and_its_session_continues() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let device_code = approved(&keywright, &cookie).await;
    let tokens = poll(&keywright, &device_code).await.tokens();

    for _ in 0..3 {
        assert_refused(&poll(&keywright, &device_code).await, "400 invalid_grant", "claimed");
        keywright.advance(60);
    }

    assert_eq!(keywright.me(&tokens.access).await, 200);
    assert_eq!(sessions(&keywright).await, 2);
}

#[tokio::test]
async fn forged_truncated_misspelt_and_foreign_codes_are_refused_without_effect() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let tokens = keywright.sign_in(ADA).await;
    let magic_link = keywright.link_by_store(ADA).await;
    let session = cookie.split_once('=').unwrap().1;
    let (good, user_code) = keywright.begin_device().await;
    decide(&keywright, &cookie, &user_code, "approve").await;
    let (start, last) = good.split_at(good.len() - 1);
    let others = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/.".chars();
    let misspelt = others.filter(|c| !last.starts_with(*c)).map(|c| format!("{start}{c}"));
    let as_device_code = |credential: &str| credential.replacen(credential.get(..4).unwrap(), "kwd_", 1);
    let bad = [
        String::new(),
        "kwd_".to_owned(),
        user_code,
        start.to_owned(),
        format!("kwd_{}", good.get(5..).unwrap()),
        format!("{good}A"),
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{good}{good}"),
        good.to_lowercase(),
        good.replacen("kwd_", "KWD_", 1),
        good.replacen("kwd_", "", 1),
        good.replacen("kwd_", "kwr_", 1),
        format!("kwd_{}", "A".repeat(good.len() - 4)),
        tokens.access,
        tokens.refresh.clone(),
        as_device_code(&tokens.refresh),
        magic_link.clone(),
        as_device_code(&magic_link),
        session.to_owned(),
        as_device_code(session),
        "é".repeat(20_000),
    ];

    for bad in bad.into_iter().chain(misspelt) {
        assert_refused(&poll(&keywright, &bad).await, "400 invalid_grant", &bad);
    }
    let granted = poll(&keywright, &good).await;
    assert_eq!(granted.status, 200, "none of it counted as a poll: {}", granted.text);
    let verified = keywright.post("/magic_link/verify", json!({"token": magic_link})).await;
    assert_eq!(verified.status, 200, "nor spent anything else");
}

#[tokio::test]
async fn exactly_one_of_sixteen_racing_polls_claims() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let device_code = approved(&keywright, &cookie).await;

    let racers = join_all((0..16).map(|_| poll(&keywright, &device_code))).await;

    let winners: Vec<_> = racers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(winners.len(), 1);
    for answer in racers.iter().filter(|answer| answer.status != 200) {
        assert!(["400 slow_down", "400 invalid_grant"].contains(&answer.error().as_str()), "{}", answer.text);
    }
    assert_eq!(keywright.me(&winners[0].tokens().access).await, 200);
    assert_eq!(sessions(&keywright).await, 2);
}

#[tokio::test]
async fn an_account_disabled_after_its_approval_gets_no_session() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let device_code = approved(&keywright, &cookie).await;

    keywright.disable(ADA).await;

    for _ in 0..3 {
        assert_refused(&poll(&keywright, &device_code).await, "400 access_denied", "disabled");
        keywright.advance(30);
    }
    assert_eq!(sessions(&keywright).await, 1, "the browser's alone");
    let ada = keywright.user(ADA).await.id;
    keywright.service.stores.users.enable(ada, keywright.service.clock.now()).await.unwrap();
    assert_refused(&poll(&keywright, &device_code).await, "400 access_denied", "enabled again");
}

#[tokio::test]
async fn ending_the_other_sessions_withdraws_unclaimed_approvals() {
    let keywright = Keywright::start().await;
    let thief = keywright.sign_in_browser(ADA).await;
    let device_code = approved(&keywright, &thief).await;
    let owner = keywright.sign_in_browser(ADA).await;

    let ended = keywright.post_from_page(&owner, "/sessions/revoke_others", json!({})).await;

    assert_eq!(ended.json(), json!({"revoked": 1}));
    assert_refused(&poll(&keywright, &device_code).await, "400 access_denied", "the others were ended");
}

#[tokio::test]
async fn a_device_session_inherits_the_authentication_of_its_approver() {
    let keywright = Keywright::start().await;
    let approver = keywright.sign_in(ADA).await;
    let cookie = keywright.sign_in_browser(ADA).await;
    keywright.advance(600);
    let (by_bearer, user_code) = keywright.begin_device().await;
    let approval =
        keywright.post_as(&approver.access, "/device/verify", json!({"user_code": user_code})).await;
    assert_eq!(approval.status, 200, "{}", approval.text);
    let by_bearer = poll(&keywright, &by_bearer).await.tokens();
    keywright.advance(20 * 24 * 3600);
    let by_cookie = keywright.sign_in_device(&cookie).await;

    for (tokens, issued_at) in [(&by_bearer, START + 600), (&by_cookie, START + 600 + 20 * 24 * 3600)] {
        let claims = claims(tokens);
        assert_eq!(claims["auth_time"], json!(START), "{claims}");
        assert_eq!(claims["amr"], json!(["otp"]), "{claims}");
        assert_eq!(claims["iat"], json!(issued_at), "{claims}");
    }
    assert_ne!(claims(&by_bearer)["sid"], claims(&approver)["sid"]);
    let renewed = keywright.post("/refresh", json!({"refresh_token": by_cookie.refresh})).await.tokens();
    assert_eq!(claims(&renewed)["auth_time"], json!(START), "no refresh makes it newer");
}

#[tokio::test]
async fn an_access_token_is_a_small_jwt_as_in_rfc_9068() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let tokens = keywright.sign_in_device(&cookie).await;
    let user = keywright.get_as(&tokens.access, "/api/v1/auth/me").await.json()["user"]["id"].clone();

    let (header, claims) = (part(&tokens.access, 0), claims(&tokens));

    assert!(tokens.access.len() < 1024, "{}", tokens.access.len());
    assert_eq!(names(&header), ["alg", "kid", "typ"]);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("EdDSA")));
    let expected = ["amr", "aud", "auth_time", "client_id", "exp", "gen", "iat", "iss", "jti", "sid", "sub"];
    assert_eq!(names(&claims), expected);
    assert_eq!(claims["iss"], json!(keywright.base()));
    assert_eq!(claims["aud"], json!(keywright.base()));
    assert_eq!((&claims["sub"], &claims["client_id"]), (&user, &json!("cli")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(START), &json!(START + 14_400)));
    for id in ["jti", "sid"] {
        let id = uuid::Uuid::parse_str(claims[id].as_str().unwrap()).unwrap();
        assert_eq!(id.get_version_num(), 7, "{id}");
    }
    let renewed = keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await.tokens();
    let renewed = part(&renewed.access, 1);
    assert_eq!(renewed["gen"], json!(claims["gen"].as_i64().unwrap() + 1));
    assert_eq!(renewed["sid"], claims["sid"]);
    assert_ne!(renewed["jti"], claims["jti"]);
}

#[tokio::test]
async fn a_stock_library_verifies_an_access_token_by_the_published_keys() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let tokens = keywright.sign_in_device(&cookie).await;
    let keys: JwkSet = serde_json::from_str(&keywright.get("/.well-known/jwks.json").await.text).unwrap();

    let header = jsonwebtoken::decode_header(&tokens.access).unwrap();
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[keywright.base()]);
    validation.set_audience(&[keywright.base()]);
    // The library uses the real clock.
    validation.validate_exp = false;
    let verified = jsonwebtoken::decode::<Value>(&tokens.access, &key, &validation).unwrap();

    assert_eq!(verified.claims, claims(&tokens));
    let (start, signature) = tokens.access.rsplit_once('.').unwrap();
    let (head, _) = start.split_once('.').unwrap();
    let mut forged = claims(&tokens);
    forged["sub"] = json!("00000000-0000-4000-8000-000000000000");
    let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(forged.to_string()));
    assert!(jsonwebtoken::decode::<Value>(&forged, &key, &validation).is_err());
    assert_eq!(keywright.get_as(&forged, "/api/v1/auth/me").await.code(), "401 invalid_token");
}

#[tokio::test]
async fn an_expired_access_token_is_refused() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let tokens = keywright.sign_in_device(&cookie).await;

    keywright.advance(14_399);
    assert_eq!(keywright.me(&tokens.access).await, 200);

    keywright.advance(1);
    assert_eq!(keywright.get_as(&tokens.access, "/api/v1/auth/me").await.code(), "401 invalid_token");
}
