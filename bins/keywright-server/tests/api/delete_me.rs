//! DELETE /auth/me (contract §7).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Keywright, send};

#[tokio::test]
async fn deleting_an_account_invalidates_all_its_tokens() {
    let keywright = Keywright::start().await;
    let first = keywright.sign_in("ada@example.com").await;
    let open_link = keywright.link("ada@example.com").await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let bob = keywright.sign_in("bob@example.com").await;
    let id = keywright.get_as(&tokens.access, "/api/v1/auth/me").await.json()["user"]["id"].clone();

    let deleted = keywright.delete_me(&tokens.access).await;

    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    for tokens in [&first, &tokens] {
        assert_eq!(keywright.get_as(&tokens.access, "/api/v1/auth/me").await.code(), "401 invalid_token");
        let refreshed = keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await;
        assert_eq!(refreshed.error(), "401 invalid_grant");
    }
    let redeemed = keywright.post("/magic_link/verify", json!({"token": open_link.token})).await;
    assert_eq!(redeemed.code(), "401 invalid_token");
    assert_eq!(keywright.delete_me(&tokens.access).await.code(), "401 invalid_token");
    assert_eq!(keywright.get_as(&bob.access, "/api/v1/auth/me").await.status, 200);

    // Signing in again opens a new account.
    let again = keywright.sign_in("ada@example.com").await;
    assert_ne!(keywright.get_as(&again.access, "/api/v1/auth/me").await.json()["user"]["id"], id);
}

#[tokio::test]
async fn a_browser_that_deletes_its_account_loses_its_cookie() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;

    let deleted = send(keywright.page_request(Method::DELETE, "/api/v1/auth/me", &cookie)).await;

    assert_eq!(deleted.status, 204);
    assert!(deleted.header("set-cookie").contains("Max-Age=0"), "{:?}", deleted.headers);
    assert_eq!(keywright.page(&cookie, "/api/v1/auth/me").await.code(), "401 invalid_token");
}

#[tokio::test]
async fn a_stale_sign_in_or_a_device_deletes_nothing() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let browser = keywright.sign_in_browser("ada@example.com").await;
    let device = keywright.sign_in_device(&browser).await;

    assert_eq!(keywright.delete_me(&device.access).await.code(), "403 reauthentication_required");
    keywright.advance(15 * 60 + 1);
    assert_eq!(keywright.delete_me(&tokens.access).await.code(), "403 reauthentication_required");
    assert_eq!(send(keywright.api(Method::DELETE, "/me")).await.code(), "401 unauthorized");

    assert_eq!(keywright.get_as(&tokens.access, "/api/v1/auth/me").await.status, 200);
}

#[tokio::test]
async fn a_device_approved_by_a_deleted_account_is_denied() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let device = keywright.post("/device", json!({})).await.json();
    let approved =
        keywright.post_as(&tokens.access, "/device/verify", json!({"user_code": device["user_code"]})).await;
    assert_eq!(approved.status, 200, "{}", approved.text);

    assert_eq!(keywright.delete_me(&tokens.access).await.status, 204);

    let polled = keywright.post("/token", json!({"device_code": device["device_code"]})).await;
    assert_eq!(polled.error(), "400 access_denied");
}
