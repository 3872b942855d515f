//! /device-verify (RFC 8628 §3.3).

use reqwest::Method;
use serde_json::json;

use crate::browser::{Browser, Request};
use crate::server::{Keywright, send};

const ADA: &str = "ada@example.com";

/// Begins for a device with details and returns device code and user code.
pub async fn begin(server: &Keywright) -> (String, String) {
    let request = server.api(Method::POST, "/device").header("user-agent", "laptop/1.0");
    let begun = send(request.json(&json!({"client_name": "Ada's laptop"}))).await.json();
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    (text("device_code"), text("user_code"))
}

/// Polls after the interval.
pub async fn poll(server: &Keywright, device_code: &str) -> crate::server::Answer {
    server.advance(6);
    server.post("/token", json!({"device_code": device_code})).await
}

/// Goes from the URL that a device shows to its consent page, through the sign-in.
async fn look(browser: &Browser, server: &Keywright, user_code: &str) {
    browser.visit(&format!("/device-verify?code={user_code}")).await;
    browser.see("Sign in a device").await;
    browser.press("main a[href^='/sign-in']").await;
    browser.fill("email", ADA).await;
    browser.press("form[action='/sign-in'] button").await;
    browser.see("Check your mail").await;
    let code = server.mail(ADA, 1).await.code;
    browser.fill("code", &code).await;
    browser.press("form[action='/sign-in/code'] button").await;
    browser.see("Sign in a device").await;
}

#[tokio::test]
async fn a_code_in_the_address_is_filled_in_and_approved_only_by_a_person() {
    let server = Keywright::start().await;
    let mut browser = Browser::open(&server).await;
    let (device_code, user_code) = begin(&server).await;
    server.advance(120);

    look(&browser, &server, &user_code).await;
    assert_eq!(browser.find("#code").await.prop("value").await.unwrap().as_deref(), Some(&*user_code));
    assert_eq!(poll(&server, &device_code).await.error(), "400 authorization_pending");
    let decides = |request: &Request| request.method == "POST" && request.url.ends_with("/device-verify");
    assert!(!browser.requests().await.iter().any(decides));

    browser.press("form[action='/device-verify'] button").await;
    browser.see("Did you start this on your own device?").await;
    let shown = browser.text().await;
    for detail in
        [&*user_code, "Ada's laptop", "Command line", "127.0.0.1", "laptop/1.0", "2 minutes ago", ADA]
    {
        assert!(shown.contains(detail), "{detail}: {shown}");
    }
    assert_eq!(poll(&server, &device_code).await.error(), "400 authorization_pending");

    browser.press("button[value='approve']").await;
    browser.see("Did you start this on your own device?").await;
    assert_eq!(poll(&server, &device_code).await.error(), "400 authorization_pending");

    browser.press("[name='confirm']").await;
    browser.press("button[value='approve']").await;
    browser.see("Approved").await;
    poll(&server, &device_code).await.tokens();
    browser.close().await;
}

#[tokio::test]
async fn a_person_denies_a_device() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let (device_code, user_code) = begin(&server).await;
    browser.sign_in(&server, ADA).await;

    browser.visit("/device-verify").await;
    browser.fill("code", &user_code.to_lowercase().replace('-', " ")).await;
    browser.press("form[action='/device-verify'] button").await;
    browser.see("Did you start this on your own device?").await;
    browser.press("button[value='deny']").await;

    browser.see("Denied").await;
    assert_eq!(poll(&server, &device_code).await.error(), "400 access_denied");
    browser.close().await;
}
