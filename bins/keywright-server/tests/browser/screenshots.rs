//! The screenshots in docs/screenshots. `just screenshots` updates them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::accessibility::begin_elsewhere;
use crate::authenticator::Authenticator;
use crate::browser::Browser;
use crate::passkey::add;
use crate::server::Keywright;

const ADA: &str = "ada@example.com";

/// The widths of a desktop page and of a phone.
const WIDE: u32 = 560;
const PHONE: u32 = 360;

/// Returns the folder of the manual's screenshots.
fn manual() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

/// Takes a screenshot of the page in the light scheme.
async fn take(browser: &Browser, folder: &Path, name: &str) {
    take_as(browser, folder, name, "light", WIDE).await;
}

/// Takes a screenshot of the page in this colour scheme and width, as high as the page.
async fn take_as(browser: &Browser, folder: &Path, name: &str, scheme: &str, width: u32) {
    browser.look_at_height(scheme, width, 2000).await;
    let height = "return Math.ceil(document.querySelector('main').getBoundingClientRect().bottom + scrollY)";
    let height: u32 = browser.driver.execute(height, vec![]).await.unwrap().convert().unwrap();
    browser.look_at_height(scheme, width, height).await;
    // A focused field blinks.
    browser.driver.execute("document.activeElement.blur(); scrollTo(0, 0)", vec![]).await.unwrap();
    browser.driver.screenshot(&folder.join(format!("{name}.png"))).await.unwrap();
}

#[tokio::test]
async fn the_manual_has_a_picture_of_every_page() {
    let elsewhere = tempfile::tempdir().unwrap();
    let is_for_the_manual = env::var_os("KEYWRIGHT_SCREENSHOTS").is_some();
    let folder = if is_for_the_manual { &manual() } else { elsewhere.path() };
    let server = Keywright::start().await;
    let browser = Browser::open(&server).await;
    let authenticator = Authenticator::new(&browser).await;

    browser.visit("/sign-in").await;
    browser.find("#passkey").await;
    take(&browser, folder, "sign-in").await;
    take_as(&browser, folder, "sign-in-dark", "dark", WIDE).await;
    browser.fill("email", ADA).await;
    browser.press("form[action='/sign-in'] button").await;
    browser.see("Check your mail").await;
    take(&browser, folder, "check-mail").await;
    let token = server.link(ADA).await.token;
    browser.visit(&format!("/magic-link#token={token}")).await;
    browser.find("#sign-in:enabled").await;
    take(&browser, folder, "magic-link").await;
    browser.press("#sign-in").await;
    browser.see("You are signed in").await;
    take(&browser, folder, "signed-in").await;

    let user_code = begin_elsewhere(&server, "Ada's laptop", "keywright-cli/1.0 (Linux)").await;
    server.advance(70);
    browser.visit(&format!("/device-verify?code={user_code}")).await;
    take(&browser, folder, "device-code").await;
    browser.press("form[action='/device-verify'] button").await;
    browser.find("[name='confirm']").await;
    take(&browser, folder, "device-consent").await;
    browser.press("[name='confirm']").await;
    browser.press("button[value='approve']").await;
    browser.see("Approved").await;
    take(&browser, folder, "device-approved").await;

    server.sign_in_device(&server.sign_in_browser(ADA).await).await;
    browser.visit("/account").await;
    browser.fill("name", "Ada Lovelace").await;
    browser.fill("locale", "en-GB").await;
    browser.fill("time_zone", "Europe/London").await;
    browser.press("form[action='/account'] button").await;
    browser.find("[role='status']").await;
    add(&browser, "My laptop").await;
    authenticator.owner_is_there(false).await;
    browser.visit("/account").await;
    browser.find("#add-passkey").await;
    take(&browser, folder, "account").await;
    take_as(&browser, folder, "account-phone", "dark", PHONE).await;
    browser.press("a[href^='/account/passkey']").await;
    browser.see("A passkey of yours").await;
    take(&browser, folder, "passkey").await;
    server.advance(16 * 60);
    browser.press("[name='confirm']").await;
    browser.press("form[action='/account/passkey/remove'] button").await;
    browser.see("Sign in again").await;
    browser.find("#passkey").await;
    take(&browser, folder, "sign-in-again").await;
    browser.close().await;

    assert_eq!(names(folder), names(&manual()));
}
