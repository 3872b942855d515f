//! No page contacts a third party or violates its policy. Every browser test ends with this check
//! ([`Browser::close`]); here all pages are visited, and the check itself is tested.

use crate::browser::Browser;
use crate::device_verify::begin;
use crate::server::Keywright;

const ADA: &str = "ada@example.com";

#[tokio::test]
async fn no_page_violates_its_content_security_policy() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let (_, user_code) = begin(&server).await;

    for path in ["/", "/sign-in", "/magic-link", "/device-verify", "/nowhere", &server.inbox_path()] {
        browser.visit(path).await;
        browser.find("h1").await;
    }
    browser.sign_in(&server, ADA).await;
    for path in ["/sign-in", "/device-verify", "/account", &server.inbox_path()] {
        browser.visit(path).await;
        browser.find("h1").await;
    }
    browser.visit(&format!("/device-verify?code={user_code}")).await;
    browser.press("form[action='/device-verify'] button").await;
    browser.see("Did you start this on your own device?").await;
    browser.press("[name='confirm']").await;
    browser.press("button[value='approve']").await;
    browser.see("Approved").await;
    browser.close().await;
}

#[tokio::test]
async fn a_policy_violation_is_blocked_and_noticed() {
    let server = Keywright::start().await;
    let mut browser = Browser::open(&server).await;
    browser.visit("/sign-in").await;

    let image = "const image = new Image(); image.src = arguments[0]; document.body.append(image);";
    let elsewhere = vec![serde_json::json!("http://127.0.0.1:1/x.png")];
    browser.driver.execute(image, elsewhere).await.unwrap();

    for _ in 0..100 {
        if !browser.complaints().await.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let complaints = browser.complaints().await;
    assert!(complaints.iter().any(|complaint| complaint.contains("img-src")), "{complaints:?}");
}
