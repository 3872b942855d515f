//! The email address on /account, from the form to the confirmation in the new inbox.

use crate::authenticator::Authenticator;
use crate::browser::Browser;
use crate::passkey::{ADA, add};
use crate::server::Keywright;

#[tokio::test]
async fn changing_the_address_renames_the_passkey_in_its_authenticator() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let authenticator = Authenticator::new(&browser).await;
    browser.sign_in(&server, ADA).await;
    add(&browser, "Laptop").await;

    browser.fill("email", "ada@new.example").await;
    browser.press("form[action='/account/email'] button").await;
    let pending = browser.find("#pending-email").await.text().await.unwrap();
    assert!(pending.contains("ada@new.example"), "{pending}");
    assert_eq!(authenticator.passkeys().await[0]["userName"], ADA);
    let letter = server.letter("ada@new.example", "Confirm", 1).await;
    let (_, token) = letter.split_once("/action?token=").unwrap();
    browser.visit(&format!("/action?token={}", token.split_whitespace().next().unwrap())).await;
    browser.press("form[action='/action'] button").await;
    browser.see("The address was changed").await;

    browser.visit("/account").await;
    browser.see("Your account").await;
    assert!(browser.text().await.contains("Your account goes by ada@new.example"));
    browser
        .wait_for("the new name", async || authenticator.passkeys().await[0]["userName"] == "ada@new.example")
        .await;
    browser.close().await;
}
