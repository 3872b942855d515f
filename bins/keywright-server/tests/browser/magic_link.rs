//! /sign-in and /magic-link.

use keywright_domain::email::EmailAddress;

use crate::browser::Browser;
use crate::server::Keywright;

const ADA: &str = "ada@example.com";

async fn has_account(server: &Keywright) -> bool {
    let email = EmailAddress::parse(ADA).unwrap();
    server.service.stores.users.find_by_email(&email).await.unwrap().is_some()
}

#[tokio::test]
async fn a_link_signs_in_on_a_press_and_never_on_load() {
    let server = Keywright::start().await;
    let mut browser = Browser::open(&server).await;
    let token = server.link(ADA).await.token;

    browser.visit(&format!("/magic-link#token={token}")).await;
    let button = browser.find("#sign-in").await;
    browser.wait_for("the script", async || button.is_enabled().await.unwrap()).await;
    assert_eq!(browser.path().await, "/magic-link", "the token leaves the address bar");
    assert_eq!(browser.cookie().await, None);
    assert!(!has_account(&server).await);
    assert!(browser.requests().await.iter().all(|request| request.method == "GET"));

    browser.press("#sign-in").await;
    browser.see("You are signed in").await;
    assert!(browser.text().await.contains(ADA));
    assert!(browser.cookie().await.is_some());
    let requests = browser.requests().await;
    let redeemed = requests.iter().filter(|request| request.url.ends_with("/magic_link/verify")).count();
    assert_eq!(redeemed, 1, "{requests:?}");
    assert!(requests.iter().all(|request| !request.head.contains(&token)), "{requests:?}");
    browser.close().await;
}

#[tokio::test]
async fn a_used_link_says_what_to_do_next() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let token = server.link(ADA).await.token;
    server.post("/magic_link/verify", serde_json::json!({"token": token})).await.tokens();

    browser.visit(&format!("/magic-link#token={token}")).await;
    browser.press("#sign-in:enabled").await;

    browser.press("[data-notice='refused'] a").await;
    browser.see("Sign in").await;
    assert_eq!(browser.cookie().await, None);
    browser.close().await;
}

#[tokio::test]
async fn a_person_signs_in_by_the_six_digits_after_a_slip() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;

    browser.visit("/sign-in?next=%2Fdevice-verify").await;
    browser.fill("email", "Ada@Example.com").await;
    browser.press("form[action='/sign-in'] button").await;
    browser.see("Check your mail").await;
    let code = server.mail(ADA, 1).await.code;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    browser.fill("code", wrong).await;
    browser.press("form[action='/sign-in/code'] button").await;
    assert!(browser.find("[role='alert']").await.text().await.unwrap().contains("wrong"));
    assert_eq!(browser.cookie().await, None);

    browser.fill("code", &code).await;
    browser.press("form[action='/sign-in/code'] button").await;

    browser.see("Sign in a device").await;
    assert_eq!(browser.path().await, "/device-verify");
    browser.close().await;
}
