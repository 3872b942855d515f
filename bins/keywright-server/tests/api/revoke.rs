//! POST /auth/revoke (contract §6, RFC 7009).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Keywright, send};

#[tokio::test]
async fn a_bearer_ends_its_own_session_and_may_do_so_again() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let other = keywright.sign_in("ada@example.com").await;

    for _ in 0..2 {
        let revoked = send(keywright.api(Method::POST, "/revoke").bearer_auth(&tokens.access)).await;
        assert_eq!((revoked.status, revoked.json()), (200, json!({"revoked": true})));
    }

    assert_eq!(keywright.me(&tokens.access).await, 401);
    let refreshed = keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await;
    assert_eq!(refreshed.error(), "401 invalid_grant");
    assert_eq!(keywright.me(&other.access).await, 200);
    let ends = keywright.events("ada@example.com").await;
    assert_eq!(ends.iter().filter(|event| **event == "signed_out").count(), 1);
}

#[tokio::test]
async fn a_token_in_the_body_of_any_kind_is_the_target() {
    let keywright = Keywright::start().await;
    let by_refresh = keywright.sign_in("ada@example.com").await;
    let by_access = keywright.sign_in("ada@example.com").await;
    let (device_code, _) = keywright.begin_device().await;

    let form = [("token", by_refresh.refresh.as_str()), ("token_type_hint", "access_token")];
    assert_eq!(keywright.post_form("/revoke", &form).await.status, 200);
    assert_eq!(keywright.post("/revoke", json!({"token": by_access.access})).await.status, 200);
    for unknown in ["x", "kwr_", &device_code, &"a".repeat(10_000)] {
        assert_eq!(keywright.post("/revoke", json!({"token": unknown})).await.status, 200, "{unknown}");
    }

    for access in [&by_refresh.access, &by_access.access] {
        assert_eq!(keywright.me(access).await, 401);
    }
}

#[tokio::test]
async fn a_token_in_the_body_takes_precedence_over_the_header() {
    let keywright = Keywright::start().await;
    let mine = keywright.sign_in("ada@example.com").await;
    let target = keywright.sign_in("ada@example.com").await;

    let answer = keywright.post_as(&mine.access, "/revoke", json!({"token": target.refresh})).await;

    assert_eq!(answer.status, 200);
    assert_eq!((keywright.me(&mine.access).await, keywright.me(&target.access).await), (200, 401));
}

#[tokio::test]
async fn without_a_token_the_bearer_must_be_valid() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    keywright.advance(14_400);

    let expired = send(keywright.api(Method::POST, "/revoke").bearer_auth(&tokens.access)).await;
    let nobody = send(keywright.api(Method::POST, "/revoke")).await;
    let browser = keywright.post_from_page(&cookie, "/revoke", json!({})).await;

    assert_eq!(expired.code(), "401 invalid_token");
    assert_eq!(nobody.code(), "401 unauthorized");
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
    assert_eq!(browser.code(), "401 unauthorized", "a browser session is ended by logout");
}

#[tokio::test]
async fn a_bad_body_is_refused() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;

    let typed = keywright.post_as(&tokens.access, "/revoke", json!({"token": 1})).await;
    let repeated = keywright.post_form("/revoke", &[("token", "a"), ("token", "b")]).await;

    assert_eq!(typed.error(), "400 invalid_request");
    assert_eq!(repeated.error(), "400 invalid_request");
    assert_eq!(keywright.me(&tokens.access).await, 200);
}
