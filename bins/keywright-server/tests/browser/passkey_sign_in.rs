//! Passkeys on /sign-in: by the button and by autofill.

use reqwest::Method;
use serde_json::json;
use thirtyfour::prelude::*;

use crate::authenticator::Authenticator;
use crate::browser::{Browser, Setup};
use crate::device_verify::{begin, poll};
use crate::passkey::{ADA, add, owner};
use crate::server::{Keywright, send};

/// Signs out by the button on /account.
async fn sign_out(browser: &Browser) {
    browser.visit("/account").await;
    browser.press("form[action='/sign-out'] button").await;
    browser.see("Sign in").await;
    assert_eq!(browser.cookie().await, None);
}

#[tokio::test]
async fn a_person_signs_in_by_the_button_approves_a_device_and_ends_its_session() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let authenticator = Authenticator::new(&browser).await;
    browser.sign_in(&server, ADA).await;
    add(&browser, "Laptop").await;
    // Absent, so that the autofill waits.
    authenticator.owner_is_there(false).await;
    sign_out(&browser).await;
    let (device_code, user_code) = begin(&server).await;

    browser.visit(&format!("/sign-in?next=%2Fdevice-verify%3Fcode%3D{user_code}")).await;
    browser.find("#passkey:enabled").await;
    authenticator.owner_is_there(true).await;
    browser.press("#passkey").await;
    browser.see("Sign in a device").await;
    assert_eq!(browser.path().await, format!("/device-verify?code={user_code}"));
    browser.press("form[action='/device-verify'] button").await;
    browser.see("Did you start this on your own device?").await;
    browser.press("[name='confirm']").await;
    browser.press("button[value='approve']").await;
    browser.see("Approved").await;
    let device = poll(&server, &device_code).await.tokens();

    browser.visit("/account").await;
    assert!(browser.text().await.contains("last used just now"));
    browser.press("form[action='/account/sessions/end'] button").await;
    browser.wait_for("the end", async || browser.text().await.contains("A session was ended")).await;
    assert_eq!(server.me(&device.access).await, 401);
    let cookie = format!("kw_session={}", browser.cookie().await.unwrap());
    let sessions = send(server.page_request(Method::GET, "/api/v1/auth/sessions", &cookie)).await.json();
    assert_eq!(sessions["data"][0]["amr"], json!(["swk", "user"]));
    browser.close().await;
}

#[tokio::test]
async fn a_person_signs_in_by_autofill_of_the_email_field() {
    let (_server, mut browser, authenticator) = owner().await;
    sign_out(&browser).await;
    authenticator.owner_is_there(true).await;

    // The authenticator stands in for the person who chooses the passkey in the list under the field.
    browser.visit("/sign-in?next=%2Faccount").await;

    browser.see("Your account").await;
    assert!(browser.text().await.contains(ADA));
    let logins = browser.requests().await.iter().filter(|sent| sent.url.ends_with("/passkey/login")).count();
    assert_eq!(logins, 1);
    authenticator.owner_is_there(false).await;
    sign_out(&browser).await;
    let autocomplete = browser.find("#email").await.attr("autocomplete").await.unwrap();
    assert_eq!(autocomplete.as_deref(), Some("username webauthn"));
    browser.close().await;
}

#[tokio::test]
async fn a_passkey_that_was_removed_elsewhere_is_forgotten_by_its_authenticator() {
    let (server, browser, authenticator) = owner().await;
    sign_out(&browser).await;
    let tokens = server.sign_in(ADA).await;
    let held = server.get_as(&tokens.access, "/api/v1/auth/passkeys").await.json();
    let path = format!("/passkeys/{}", held["data"][0]["id"].as_str().unwrap());
    let removed = send(server.api(Method::DELETE, &path).bearer_auth(tokens.access)).await;
    assert_eq!(removed.status, 204);
    authenticator.holds(1).await;

    authenticator.owner_is_there(true).await;
    browser.press("#passkey").await;

    let told = browser.find("[data-notice='unknown']").await.text().await.unwrap();
    assert!(told.contains("is not known here any more"), "{told}");
    authenticator.holds(0).await;
    assert_eq!(browser.cookie().await, None);
    browser.close().await;
}

#[tokio::test]
async fn a_failed_sign_in_is_explained_with_a_remedy() {
    let server = Keywright::start().await;
    let browser = Browser::open_with(&server, Setup { language: "de", ..Setup::default() }).await;
    let authenticator = Authenticator::new(&browser).await;

    browser.visit("/sign-in").await;
    authenticator.owner_is_recognised(false).await;
    browser.press("#passkey").await;
    let told = browser.find("[role='alert'] [data-notice='cancelled']").await.text().await.unwrap();
    assert!(told.contains("lassen Sie sich eine Nachricht senden"), "{told}");
    for (answer, notice) in [
        ("Promise.reject(new TypeError('no network'))", "offline"),
        ("Promise.resolve(new Response('{}', {status: 429}))", "limited"),
        ("Promise.resolve(new Response('busy', {status: 503}))", "busy"),
        ("Promise.resolve(new Response('{}', {status: 403}))", "foreign"),
        ("Promise.resolve(new Response('{}', {status: 401}))", "refused"),
    ] {
        browser.driver.execute(format!("window.fetch = () => {answer}"), vec![]).await.unwrap();
        browser.press("#passkey:enabled").await;
        let told = browser.find(&format!("[data-notice='{notice}']")).await.text().await.unwrap();
        assert!(!told.is_empty(), "{notice}");
        assert_eq!(browser.driver.find_all(By::Css("[data-notice]:not([hidden])")).await.unwrap().len(), 1);
    }
    browser.close().await;
}

#[tokio::test]
async fn a_browser_without_the_json_methods_of_webauthn_registers_and_signs_in() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    browser
        .before_each_page(
            "delete PublicKeyCredential.parseRequestOptionsFromJSON;
             delete PublicKeyCredential.parseCreationOptionsFromJSON;
             delete PublicKeyCredential.prototype.toJSON;
             for (const name of ['UnknownCredential', 'AllAcceptedCredentials', 'CurrentUserDetails']) {
               delete PublicKeyCredential['signal' + name];
             }",
        )
        .await;
    let authenticator = Authenticator::new(&browser).await;
    browser.sign_in(&server, ADA).await;
    add(&browser, "Laptop").await;
    authenticator.owner_is_there(false).await;
    sign_out(&browser).await;

    authenticator.owner_is_there(true).await;
    browser.press("#passkey").await;

    browser.see("You are signed in").await;
    browser.close().await;
}

#[tokio::test]
async fn a_browser_without_passkey_support_is_offered_none() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    browser.before_each_page("delete window.PublicKeyCredential").await;

    browser.visit("/sign-in").await;
    assert!(!browser.driver.find(By::Id("passkey")).await.unwrap().is_displayed().await.unwrap());
    browser.sign_in(&server, ADA).await;
    browser.visit("/account").await;

    let told = browser.find("[data-notice='unsupported']").await.text().await.unwrap();
    assert!(told.contains("This browser has no passkeys"), "{told}");
    assert!(!browser.driver.find(By::Id("add-passkey")).await.unwrap().is_displayed().await.unwrap());
    browser.close().await;
}
