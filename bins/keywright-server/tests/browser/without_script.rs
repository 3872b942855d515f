//! The pages without JavaScript: signing in by the mailed code, deciding about a device, and the account.

use crate::browser::{Browser, Setup};
use crate::device_verify::{begin, poll};
use crate::server::Keywright;

const ADA: &str = "ada@example.com";

async fn without_script(server: &Keywright) -> Browser {
    Browser::open_with(server, Setup { has_script: false, ..Setup::default() }).await
}

#[tokio::test]
async fn a_person_signs_in_by_code_approves_a_device_ends_it_and_signs_out() {
    let server = Keywright::start().await;
    let browser = without_script(&server).await;
    let (device_code, user_code) = begin(&server).await;

    browser.sign_in(&server, ADA).await;
    browser.see("You are signed in").await;
    browser.visit(&format!("/device-verify?code={user_code}")).await;
    browser.press("form[action='/device-verify'] button").await;
    browser.see("Did you start this on your own device?").await;
    browser.press("[name='confirm']").await;
    browser.press("button[value='approve']").await;
    browser.see("Approved").await;
    poll(&server, &device_code).await.tokens();

    browser.visit("/account").await;
    browser.press("form[action='/account/sessions/end'] button").await;
    browser.wait_for("one session less", async || browser.text().await.contains("A session was ended")).await;
    browser.press("form[action='/sign-out'] button").await;
    browser.see("Sign in").await;
    assert_eq!(browser.cookie().await, None);
    browser.close().await;
}

#[tokio::test]
async fn a_link_without_scripts_names_the_alternative() {
    let server = Keywright::start().await;
    let browser = without_script(&server).await;
    let token = server.link(ADA).await.token;

    browser.visit(&format!("/magic-link#token={token}")).await;

    let told = browser.find("noscript .notice").await.text().await.unwrap();
    assert!(told.contains("JavaScript") && told.contains("six-digit code"), "{told}");
    assert!(!browser.find("#sign-in").await.is_enabled().await.unwrap());
    browser.close().await;
}

#[tokio::test]
async fn a_person_asks_for_another_address_and_signs_in_again_for_it() {
    let server = Keywright::start().await;
    let browser = without_script(&server).await;
    browser.sign_in(&server, ADA).await;
    server.advance(16 * 60);

    browser.visit("/account").await;
    let told = browser.find("noscript .quiet").await.text().await.unwrap();
    assert!(told.contains("Adding a passkey takes JavaScript"), "{told}");
    browser.fill("email", "ada@new.example").await;
    browser.press("form[action='/account/email'] button").await;
    browser.see("Sign in again").await;
    browser.press("form[action='/sign-in'] button").await;
    browser.see("Check your mail").await;
    browser.fill("code", &server.mail(ADA, 2).await.code).await;
    browser.press("form[action='/sign-in/code'] button").await;
    browser.see("Your account").await;
    browser.press("form[action='/account/email'] button").await;

    let pending = browser.find("#pending-email").await.text().await.unwrap();
    assert!(pending.contains("ada@new.example"), "{pending}");
    browser.close().await;
}
