//! Every page in every state: no axe-core violations, light on a desktop and dark on a phone, no overflow,
//! and everything reachable by keyboard.

use std::fs;
use std::path::Path;

use keywright_domain::client_info::{ClientInfo, UserAgent};
use keywright_service::device_authorization::{self, Begin};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::authenticator::Authenticator;
use crate::browser::{Browser, Setup};
use crate::device_verify::begin;
use crate::server::{Keywright, send};

const ADA: &str = "ada@example.com";

/// The narrowest phone: WCAG 2.2, 1.4.10.
const PHONE: u32 = 320;
const DESK: u32 = 1280;

/// Reads axe-core, which scripts/test.sh installs.
fn axe() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/axe-core/axe.min.js");
    fs::read_to_string(&path).unwrap_or_else(|_| {
        panic!("{} is missing: scripts/test.sh gets it (npm pack axe-core)", path.display())
    })
}

/// Returns the axe-core violations on the current page.
async fn violations(browser: &Browser) -> Vec<Value> {
    browser.driver.execute(axe(), vec![]).await.unwrap();
    let run = "const done = arguments[arguments.length - 1];
        const told = (rule) => ({rule: rule.id, at: rule.nodes.map((node) => [node.html, node.failureSummary])});
        axe.run().then((found) => done(found.violations.map(told)), (error) => done([String(error)]));";
    browser.driver.execute_async(run, vec![]).await.unwrap().convert().unwrap()
}

/// Checks the page in `state` in both layouts.
pub async fn assert_accessible(browser: &Browser, state: &str) {
    for (scheme, width) in [("light", DESK), ("dark", PHONE)] {
        browser.look(scheme, width).await;
        let violations = violations(browser).await;
        assert!(violations.is_empty(), "{state}, {scheme}, {width}: {violations:#?}");
        let wide = "return document.documentElement.scrollWidth";
        let wide: u32 = browser.driver.execute(wide, vec![]).await.unwrap().convert().unwrap();
        assert!(wide <= width, "{state}: {wide} is wider than {width}");
    }
}

/// Submits the form without the browser's validation.
async fn send_unchecked(browser: &Browser, form: &str) {
    let script = format!("document.querySelector(\"{form}\").noValidate = true");
    browser.driver.execute(script, vec![]).await.unwrap();
    browser.press(&format!("{form} button")).await;
}

#[tokio::test]
async fn the_api_documentation_is_accessible() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;

    browser.visit("/api/docs").await;

    assert_accessible(&browser, "the description of the API").await;
}

#[tokio::test]
async fn signing_in_by_mail_is_accessible() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;

    browser.visit("/sign-in").await;
    assert_accessible(&browser, "sign-in").await;
    browser.fill("email", "ada").await;
    send_unchecked(&browser, "form[action='/sign-in']").await;
    browser.find("#notice").await;
    assert_accessible(&browser, "not an address").await;
    browser.fill("email", &format!("{}@example.com", "a".repeat(60))).await;
    browser.press("form[action='/sign-in'] button").await;
    browser.see("Check your mail").await;
    assert_accessible(&browser, "check your mail").await;
    browser.fill("code", "12345").await;
    browser.press("form[action='/sign-in/code'] button").await;
    browser.find("#notice").await;
    assert_accessible(&browser, "not a code").await;

    browser.sign_in(&server, ADA).await;
    browser.visit("/sign-in?next=%2Fdevice-verify").await;
    assert_accessible(&browser, "signed in").await;
    browser.visit("/nowhere").await;
    assert_accessible(&browser, "not found").await;
    browser.visit(&server.inbox_path()).await;
    assert_accessible(&browser, "inbox").await;
    browser.close().await;
}

#[tokio::test]
async fn signing_in_by_a_link_is_accessible() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;

    browser.visit("/magic-link").await;
    browser.find("[data-notice='missing']").await;
    assert_accessible(&browser, "no token").await;
    browser.visit("/sign-in").await;
    browser.visit("/magic-link#token=kwm_x").await;
    browser.find("#sign-in:enabled").await;
    assert_accessible(&browser, "a token").await;
    browser.press("#sign-in").await;
    browser.find("[data-notice='refused']").await;
    assert_accessible(&browser, "refused").await;
    show_all_messages(&browser).await;
    assert_accessible(&browser, "all that can be told").await;

    let pale = "document.querySelector('h1').style.color = '#2a3037'";
    browser.driver.execute(pale, vec![]).await.unwrap();
    let found = violations(&browser).await;
    assert!(found.iter().any(|violation| violation["rule"] == "color-contrast"), "the check sees: {found:?}");
    browser.close().await;
}

#[tokio::test]
async fn deciding_about_a_device_is_accessible() {
    let server = Keywright::start().await;
    let browser = Browser::open_with(&server, Setup { language: "de", ..Setup::default() }).await;
    let agent = format!("Mozilla/5.0 (X11; Linux) Firefox/131.0 {}", "x".repeat(300));
    let user_code = begin_elsewhere(&server, &"n".repeat(64), &agent).await;

    browser.visit("/device-verify").await;
    assert_accessible(&browser, "signed out").await;
    let cookie = server.sign_in_browser(ADA).await;
    let (name, value) = cookie.split_once('=').unwrap();
    browser.driver.add_cookie(Cookie::new(name, value)).await.unwrap();
    browser.visit("/device-verify").await;
    assert_accessible(&browser, "asks for the code").await;
    browser.fill("code", "BBBB-BBBB").await;
    browser.press("form[action='/device-verify'] button").await;
    browser.find("#notice").await;
    assert_accessible(&browser, "no such code").await;

    browser.fill("code", &user_code).await;
    browser.press("form[action='/device-verify'] button").await;
    let warning = browser.find("#other-network").await.text().await.unwrap();
    assert!(warning.contains("127.0.0.1"), "{warning}");
    assert_accessible(&browser, "asks for consent").await;
    browser.press("[name='confirm']").await;
    browser.press("button[value='approve']").await;
    browser.see("Zugestimmt").await;
    assert_accessible(&browser, "approved").await;
    browser.visit(&format!("/device-verify?code={user_code}")).await;
    browser.press("form[action='/device-verify'] button").await;
    browser.see("Schon entschieden").await;
    assert_accessible(&browser, "already decided").await;
    browser.close().await;
}

/// Begins for a device in another network and returns its user code.
pub async fn begin_elsewhere(server: &Keywright, client_name: &str, user_agent: &str) -> String {
    let origin = ClientInfo { ip: Some([203, 0, 113, 7].into()), user_agent: UserAgent::new(user_agent) };
    let asked = Begin { client_name: Some(client_name.to_owned()), ..Begin::default() };
    let begun =
        device_authorization::begin(&server.service, asked, &server.service.request_context(None, origin))
            .await
            .unwrap();
    begun.user_code.to_string()
}

#[tokio::test]
async fn the_account_page_is_accessible() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    browser.sign_in(&server, ADA).await;

    server.sign_in_device(&server.sign_in_browser(ADA).await).await;
    browser.press("a[href='/account']").await;
    browser.see("Your account").await;
    assert_accessible(&browser, "account").await;
    browser.fill("locale", "english!").await;
    browser.fill("time_zone", "Mars/Olympus").await;
    browser.press("form[action='/account'] button").await;
    browser.find("#time_zone-wrong").await;
    assert_accessible(&browser, "a profile that cannot be saved").await;
    browser.fill("locale", "de").await;
    browser.fill("time_zone", "Europe/Berlin").await;
    browser.press("form[action='/account'] button").await;
    browser.see("Ihr Konto").await;
    assert_accessible(&browser, "a profile that was saved").await;
    browser.close().await;
}

/// Shows every message that the page's script can show.
async fn show_all_messages(browser: &Browser) {
    let show = "for (const notice of document.querySelectorAll('[data-notice]')) notice.hidden = false";
    browser.driver.execute(show, vec![]).await.unwrap();
}

#[tokio::test]
async fn passkeys_and_stepping_up_are_accessible() {
    let server = Keywright::start().await;
    let browser = Browser::open_with(&server, Setup { language: "de", ..Setup::default() }).await;
    let authenticator = Authenticator::new(&browser).await;
    browser.visit("/sign-in").await;
    browser.find("#passkey").await;
    show_all_messages(&browser).await;
    assert_accessible(&browser, "all that a passkey can bring about").await;
    browser.sign_in(&server, ADA).await;
    browser.visit("/account").await;
    browser.fill("passkey_name", &"n".repeat(128)).await;
    browser.press("#add-passkey button").await;
    browser.wait_for("the passkey", async || browser.path().await.contains("added")).await;
    assert_accessible(&browser, "a passkey was added").await;
    show_all_messages(&browser).await;
    assert_accessible(&browser, "all that can be told of one").await;
    authenticator.owner_is_there(false).await;

    browser.press("a[href^='/account/passkey']").await;
    browser.see("Einer Ihrer Passkeys").await;
    assert_accessible(&browser, "a passkey").await;
    browser.fill("name", " ").await;
    send_unchecked(&browser, "form[action='/account/passkey']").await;
    browser.find("#name-wrong").await;
    assert_accessible(&browser, "a name that is none").await;
    send_unchecked(&browser, "form[action='/account/passkey/remove']").await;
    browser.find("[aria-labelledby='remove'] .notice").await;
    assert_accessible(&browser, "not confirmed").await;
    browser.visit("/account").await;
    browser.fill("email", "ada").await;
    send_unchecked(&browser, "form[action='/account/email']").await;
    browser.find("#new-email-wrong").await;
    assert_accessible(&browser, "no address to change to").await;
    browser.fill("email", &format!("{}@example.com", "a".repeat(60))).await;
    browser.press("form[action='/account/email'] button").await;
    browser.find("#pending-email").await;
    assert_accessible(&browser, "an address is pending").await;

    server.advance(16 * 60);
    browser.fill("email", "ada@new.example").await;
    browser.press("form[action='/account/email'] button").await;
    browser.see("Noch einmal anmelden").await;
    assert_accessible(&browser, "sign in again").await;
    authenticator.owner_is_there(true).await;
    browser.press("#passkey").await;
    browser.see("Ihr Konto").await;
    assert_accessible(&browser, "going on").await;
    browser.close().await;
}

/// Returns the path of the action in the newest mail whose subject begins with `subject`.
async fn action(server: &Keywright, email: &str, subject: &str) -> String {
    let letter = server.letter(email, subject, 1).await;
    let (_, token) = letter.split_once("/action?token=").unwrap();
    format!("/action?token={}", token.split_whitespace().next().unwrap())
}

#[tokio::test]
async fn mailed_actions_are_accessible() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let device = server.sign_in_device(&server.sign_in_browser(ADA).await).await;
    let end = action(&server, ADA, "A device was approved").await;

    browser.visit("/action?token=kwa_x").await;
    browser.see("This link does not work").await;
    assert_accessible(&browser, "refused").await;
    browser.visit(&end).await;
    browser.see("Sign this device out?").await;
    assert_accessible(&browser, "a device can be signed out").await;
    assert_eq!(server.me(&device.access).await, 200, "looking does nothing");
    browser.press("form[action='/action'] button").await;
    browser.see("The device is signed out").await;
    assert_accessible(&browser, "a device was signed out").await;
    assert_eq!(server.me(&device.access).await, 401);
    browser.visit(&end).await;
    browser.see("The device is not signed in").await;
    assert_accessible(&browser, "nothing is left to do").await;

    let tokens = server.sign_in(ADA).await;
    let me = server.api(reqwest::Method::PATCH, "/me").bearer_auth(&tokens.access);
    assert_eq!(send(me.json(&json!({"email": "ada@new.example"}))).await.status, 200);
    browser.visit(&action(&server, "ada@new.example", "Confirm").await).await;
    browser.see("Take this address?").await;
    assert_accessible(&browser, "an address to confirm").await;
    browser.close().await;
}

#[tokio::test]
async fn every_task_can_be_done_by_keyboard() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let (_, user_code) = begin(&server).await;

    browser.visit(&format!("/sign-in?next=%2Fdevice-verify%3Fcode%3D{user_code}")).await;
    browser.keys(ADA).await;
    browser.keys(Key::Enter).await;
    browser.see("Check your mail").await;
    browser.keys(server.mail(ADA, 1).await.code).await;
    browser.keys(Key::Enter).await;
    // The driver repeats a key that is held while the page unloads, which may press Continue, too.
    let asks = "Did you start this on your own device?";
    browser
        .wait_for("the device's page", async || {
            let heading = browser.heading().await;
            heading == "Sign in a device" || heading == asks
        })
        .await;
    if browser.heading().await != asks {
        browser.keys(Key::Enter).await;
    }
    browser.see(asks).await;

    for (name, then) in [("confirm", Some(Key::Space)), ("action", None), ("action", Some(Key::Enter))] {
        browser.keys(Key::Tab).await;
        let focused = "const focused = document.activeElement;
            return [focused.name, getComputedStyle(focused).outlineStyle]";
        let focused: Value = browser.driver.execute(focused, vec![]).await.unwrap().convert().unwrap();
        assert_eq!(focused, json!([name, "solid"]), "what has the focus shows it");
        if let Some(key) = then {
            browser.keys(key).await;
        }
    }
    browser.see("Approved").await;
    browser.close().await;
}
