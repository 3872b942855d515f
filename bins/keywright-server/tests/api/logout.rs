//! DELETE /auth/logout (contract §6).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Keywright, send};

#[tokio::test]
async fn a_bearer_signs_out_and_may_do_so_again() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;

    for _ in 0..2 {
        let answer = send(keywright.api(Method::DELETE, "/logout").bearer_auth(&tokens.access)).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"revoked": true})));
    }

    assert_eq!(keywright.me(&tokens.access).await, 401);
    assert_eq!(keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await.status, 401);
}

#[tokio::test]
async fn a_refresh_token_in_the_body_suffices() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let log_out = |body| send(keywright.api(Method::DELETE, "/logout").json(&body));

    let answer = log_out(json!({"refresh_token": tokens.refresh})).await;
    let unknown = log_out(json!({"refresh_token": "kwr_x"})).await;

    assert_eq!((answer.status, unknown.status), (200, 200));
    assert_eq!(keywright.me(&tokens.access).await, 401);
}

#[tokio::test]
async fn a_browser_signs_out_and_its_cookie_is_cleared() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;

    let answer = send(keywright.page_request(Method::DELETE, "/api/v1/auth/logout", &cookie)).await;

    assert_eq!(answer.json(), json!({"revoked": true}));
    let cleared = answer.header("set-cookie");
    assert!(cleared.starts_with("kw_session=;") && cleared.contains("Max-Age=0"), "{cleared}");
    let me = send(keywright.page_request(Method::GET, "/api/v1/auth/me", &cookie)).await;
    assert_eq!(me.code(), "401 invalid_token");
    let again = send(keywright.page_request(Method::DELETE, "/api/v1/auth/logout", &cookie)).await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn another_site_cannot_sign_a_browser_out() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let request = || keywright.api(Method::DELETE, "/logout").header("cookie", &cookie);

    for request in [
        request().header("sec-fetch-site", "cross-site"),
        request().header("sec-fetch-site", "same-site"),
        request().header("origin", "https://evil.example"),
        request(),
    ] {
        assert_eq!(send(request).await.code(), "403 csrf_rejected");
    }

    assert_eq!(send(keywright.page_request(Method::GET, "/api/v1/auth/me", &cookie)).await.status, 200);
}

#[tokio::test]
async fn signing_out_without_a_valid_credential_is_refused() {
    let keywright = Keywright::start().await;

    let nobody = send(keywright.api(Method::DELETE, "/logout")).await;
    let garbage = send(keywright.api(Method::DELETE, "/logout").bearer_auth("x")).await;

    assert_eq!(nobody.code(), "401 unauthorized");
    assert_eq!(garbage.code(), "401 invalid_token");
}
