//! The pages as pictures in docs/screenshots, for the manual: `just screenshots`. Not a test, so not run as one.

use std::fs;
use std::path::Path;

use crate::accessibility::begin_elsewhere;
use crate::browser::Browser;
use crate::server::Keywright;

const ADA: &str = "ada@example.com";

/// Takes the page as it is, in light, as wide as it needs.
async fn take(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots");
    fs::create_dir_all(&folder).unwrap();
    browser.look_at_height("light", 560, 2000).await;
    let height = "return Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)";
    let height: u32 = browser.driver.execute(height, vec![]).await.unwrap().convert().unwrap();
    browser.look_at_height("light", 560, height).await;
    // What has the focus blinks.
    browser.driver.execute("document.activeElement.blur()", vec![]).await.unwrap();
    browser.driver.screenshot(&folder.join(format!("{name}.png"))).await.unwrap();
}

#[tokio::test]
#[ignore = "writes pictures: just screenshots"]
async fn screenshots() {
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;

    browser.visit("/sign-in").await;
    take(&browser, "sign-in").await;
    browser.fill("email", ADA).await;
    browser.press("form[action='/sign-in'] button").await;
    browser.see("Check your mail").await;
    take(&browser, "check-mail").await;
    let token = server.link(ADA).await.token;
    browser.visit(&format!("/magic-link#token={token}")).await;
    browser.find("#sign-in:enabled").await;
    take(&browser, "magic-link").await;
    browser.press("#sign-in").await;
    browser.see("You are signed in").await;
    take(&browser, "signed-in").await;

    let user_code = begin_elsewhere(&server, "Ada's laptop", "keywright-cli/1.0 (Linux)").await;
    server.advance(70);
    browser.visit(&format!("/device-verify?code={user_code}")).await;
    take(&browser, "device-code").await;
    browser.press("form[action='/device-verify'] button").await;
    browser.find("[name='confirm']").await;
    take(&browser, "device-consent").await;
    browser.press("[name='confirm']").await;
    browser.press("button[value='approve']").await;
    browser.see("Approved").await;
    take(&browser, "device-approved").await;

    server.sign_in_device(&server.sign_in_browser(ADA).await).await;
    browser.visit("/account").await;
    browser.fill("name", "Ada Lovelace").await;
    browser.fill("locale", "en-GB").await;
    browser.fill("time_zone", "Europe/London").await;
    browser.press("form[action='/account'] button").await;
    browser.find("[role='status']").await;
    browser.visit("/account").await;
    take(&browser, "account").await;
    browser.close().await;
}
