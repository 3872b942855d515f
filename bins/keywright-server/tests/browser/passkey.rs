//! Passkeys on /account: an owner adds, renames and removes them, and the authenticator is updated.

use keywright_domain::client::ClientId;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::UserId;
use keywright_domain::session::{Authentication, AuthenticationMethod, SessionKind};
use keywright_domain::user::User;
use keywright_service::passkey::{begin_registration, register};
use keywright_service::session::{Principal, seed};
use reqwest::Method;
use serde_json::{Value, json};

use crate::accessibility::assert_accessible;
use crate::authenticator::Authenticator;
use crate::browser::Browser;
use crate::server::{Keywright, send};

pub const ADA: &str = "ada@example.com";

/// Adds a passkey named `name` on /account.
pub async fn add(browser: &Browser, name: &str) {
    browser.visit("/account").await;
    browser.fill("passkey_name", name).await;
    browser.press("#add-passkey button").await;
    browser.wait_for("the passkey", async || browser.text().await.contains("The passkey was added.")).await;
}

/// Returns a signed-in owner of a passkey whose authenticator does not answer for now.
pub async fn owner() -> (Keywright, Browser, Authenticator) {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let authenticator = Authenticator::new(&browser).await;
    browser.sign_in(&server, ADA).await;
    add(&browser, "Laptop").await;
    authenticator.owner_is_there(false).await;
    (server, browser, authenticator)
}

#[tokio::test]
async fn adding_renaming_and_removing_a_passkey_updates_the_authenticator() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let authenticator = Authenticator::new(&browser).await;
    browser.sign_in(&server, ADA).await;

    add(&browser, "Laptop").await;
    assert_eq!(browser.path().await, "/account?passkey=added#passkeys");
    assert!(browser.text().await.contains("Added just now, never used"));
    assert_eq!(authenticator.passkeys().await[0]["userName"], ADA);
    server.letter(ADA, "A passkey was added", 1).await;

    let me = server.api(Method::PATCH, "/me").bearer_auth(server.sign_in(ADA).await.access);
    assert_eq!(send(me.json(&json!({"name": "Ada Lovelace"}))).await.status, 200);
    browser.press("a[href^='/account/passkey']").await;
    browser.see("A passkey of yours").await;
    server.advance(1);
    browser.fill("name", "Old laptop").await;
    browser.press("form[action='/account/passkey'] button").await;
    browser.wait_for("the name", async || browser.text().await.contains("The passkey was renamed.")).await;
    assert!(browser.text().await.contains("Old laptop"));
    browser
        .wait_for("the details", async || {
            authenticator.passkeys().await[0]["userDisplayName"] == "Ada Lovelace"
        })
        .await;

    browser.press("a[href^='/account/passkey']").await;
    browser.press("form[action='/account/passkey/remove'] button").await;
    authenticator.holds(1).await;
    browser.see("A passkey of yours").await;
    server.advance(1);
    browser.press("[name='confirm']").await;
    browser.press("form[action='/account/passkey/remove'] button").await;
    browser.wait_for("the end", async || browser.text().await.contains("The passkey was removed.")).await;
    authenticator.holds(0).await;
    assert_eq!(server.events(ADA).await[..2], ["passkey_removed", "passkey_renamed"]);
    browser.close().await;
}

/// Creates a passkey on the current page from these options, as a script of ours would.
async fn made(browser: &Browser, options: &Value) -> Value {
    let make = "const done = arguments[arguments.length - 1];
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(arguments[0]);
        navigator.credentials.create({publicKey}).then((made) => done(made.toJSON()), (e) => done(String(e)));";
    browser.driver.execute_async(make, vec![options.clone()]).await.unwrap().convert().unwrap()
}

/// Opens an account with an unproven address and a passkey in the browser's authenticator.
async fn open_unproven(server: &Keywright, browser: &Browser) {
    let service = &server.service;
    let at = service.request_context(None, ClientInfo::default());
    let id = UserId::new(service.entropy.as_ref());
    let user = User::unproven(id, EmailAddress::parse(ADA).unwrap(), at.now);
    service.stores.users.open(&user).await.unwrap();
    let authentication = Authentication { at: at.now, method: AuthenticationMethod::BoundPasskey };
    let seed = seed(service, SessionKind::Tokens, ClientId::web(), None, &at).unwrap();
    let principal = Principal { user, session: seed.open(id, authentication, &at) };
    let begun = begin_registration(service, &principal, &at).await.unwrap();
    browser.visit("/magic-link").await;
    let credential = made(browser, &begun.public_key).await;
    let challenge = begun.challenge_id.expose();
    register(service, &principal, challenge, &credential, None, &at).await.unwrap();
}

#[tokio::test]
async fn the_last_way_in_cannot_be_removed_and_the_page_says_why() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let authenticator = Authenticator::new(&browser).await;
    open_unproven(&server, &browser).await;
    browser.visit("/sign-in?next=%2Faccount").await;
    browser.see("Your account").await;

    browser.press("a[href^='/account/passkey']").await;
    browser.press("[name='confirm']").await;
    browser.press("form[action='/account/passkey/remove'] button").await;

    let told = browser.find("[role='alert']").await.text().await.unwrap();
    assert!(told.contains("the only way into your account"), "{told}");
    assert_accessible(&browser, "the last way in").await;
    authenticator.holds(1).await;
    browser.close().await;
}

#[tokio::test]
async fn a_failed_registration_is_explained_with_a_remedy() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let authenticator = Authenticator::new(&browser).await;
    browser.sign_in(&server, ADA).await;
    browser.visit("/account").await;

    authenticator.owner_is_recognised(false).await;
    browser.press("#add-passkey button").await;
    browser.find("[data-notice='cancelled']").await;
    authenticator.owner_is_recognised(true).await;
    add(&browser, "").await;
    browser.press("#add-passkey button").await;
    browser.find("[data-notice='conflict']").await;
    assert_eq!(authenticator.passkeys().await.len(), 1);

    browser.close().await;
}
