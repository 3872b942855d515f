//! Signing out.

use crate::browser::Browser;
use crate::server::{Keywright, send};

const ADA: &str = "ada@example.com";

#[tokio::test]
async fn signing_out_invalidates_the_cookie() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    browser.sign_in(&server, ADA).await;
    browser.see("You are signed in").await;
    let cookie = format!("kw_session={}", browser.cookie().await.unwrap());

    server.advance(1);
    browser.press("form[action='/sign-out'] button").await;

    browser.see("Sign in").await;
    assert_eq!(browser.cookie().await, None);
    let again = server.page_request(reqwest::Method::GET, "/api/v1/auth/me", &cookie);
    assert_eq!(send(again).await.code(), "401 invalid_token");
    assert_eq!(server.events(ADA).await, ["signed_out", "signed_in"]);
    browser.close().await;
}
