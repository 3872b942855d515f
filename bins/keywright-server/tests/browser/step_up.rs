//! Stepping up is a short visit to /sign-in that returns with the typed input.

use crate::authenticator::Authenticator;
use crate::browser::Browser;
use crate::passkey::{ADA, owner};
use crate::server::Keywright;

/// Longer than a sign-in stays fresh, in seconds.
const STALE: i64 = 16 * 60;

/// Returns the text in a field.
async fn typed(browser: &Browser, css: &str) -> String {
    browser.find(css).await.prop("value").await.unwrap().unwrap()
}

#[tokio::test]
async fn the_name_of_a_new_passkey_survives_the_step_up() {
    let server = Keywright::start().await;
    let mut browser = Browser::open(&server).await;
    let authenticator = Authenticator::new(&browser).await;
    browser.sign_in(&server, ADA).await;
    browser.visit("/account").await;
    server.advance(STALE);
    let before = server.events(ADA).await.len();

    browser.fill("passkey_name", "Ada's \"laptop\"").await;
    browser.press("#add-passkey button").await;
    browser.see("Sign in again").await;
    assert!(browser.text().await.contains("Sign in once more to add a passkey"));
    assert_eq!(typed(&browser, "#email").await, ADA);
    browser.press("form[action='/sign-in'] button").await;
    browser.see("Check your mail").await;
    browser.fill("code", &server.mail(ADA, 2).await.code).await;
    browser.press("form[action='/sign-in/code'] button").await;
    browser.see("Your account").await;
    assert_eq!(browser.path().await, "/account#passkeys");
    assert_eq!(typed(&browser, "#passkey-name").await, "Ada's \"laptop\"");
    assert_eq!(authenticator.passkeys().await.len(), 0);
    browser.press("#add-passkey button").await;

    browser.wait_for("the passkey", async || browser.text().await.contains("The passkey was added.")).await;
    assert!(browser.text().await.contains("Ada's \"laptop\""));
    authenticator.holds(1).await;
    assert_eq!(server.events(ADA).await.len(), before + 2, "one sign-in and the passkey");
    let is_told = |url: &str| url.contains("laptop") || url.contains("example.com");
    assert!(browser.requests().await.iter().all(|request| !is_told(&request.url)), "it is in no address");
    browser.close().await;
}

#[tokio::test]
async fn a_new_address_survives_the_step_up_by_passkey() {
    let (server, browser, authenticator) = owner().await;
    server.advance(STALE);

    browser.fill("email", "ada@new.example").await;
    browser.press("form[action='/account/email'] button").await;
    browser.see("Sign in again").await;
    browser.find("#passkey:enabled").await;
    authenticator.owner_is_there(true).await;
    browser.press("#passkey").await;
    browser.see("Your account").await;
    assert_eq!(browser.path().await, "/account#email");
    assert_eq!(typed(&browser, "#new-email").await, "ada@new.example");
    browser.press("form[action='/account/email'] button").await;

    browser.find("#pending-email").await;
    server.letter("ada@new.example", "Confirm", 1).await;
    browser.close().await;
}

#[tokio::test]
async fn removing_a_passkey_returns_to_it_after_the_mailed_link() {
    let (server, browser, authenticator) = owner().await;
    browser.press("a[href^='/account/passkey']").await;
    browser.see("A passkey of yours").await;
    let path = browser.path().await;
    server.advance(STALE);

    browser.press("[name='confirm']").await;
    browser.press("form[action='/account/passkey/remove'] button").await;
    browser.see("Sign in again").await;
    browser.press("form[action='/sign-in'] button").await;
    browser.see("Check your mail").await;
    let token = server.mail(ADA, 2).await.token;
    browser.visit(&format!("/magic-link#token={token}")).await;
    browser.press("#sign-in:enabled").await;
    browser.see("A passkey of yours").await;
    assert_eq!(browser.path().await, path);
    browser.press("[name='confirm']").await;
    browser.press("form[action='/account/passkey/remove'] button").await;

    browser.wait_for("the end", async || browser.text().await.contains("The passkey was removed.")).await;
    authenticator.holds(0).await;
    browser.close().await;
}
