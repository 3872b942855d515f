//! A browser with a profile of its own, and what a person does with it.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel, TypingData};

use crate::chromedriver::Chromedriver;
use crate::server::Keywright;

/// How often something is looked for, [`PAUSE`] apart, before the test fails.
pub const LOOKS: usize = 200;
pub const PAUSE: Duration = Duration::from_millis(50);

/// For a browser that stays away from the network, on a machine without a screen.
const SWITCHES: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1024,900",
];

/// How a browser is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub has_script: bool,
    pub language: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self { has_script: true, language: "en" }
    }
}

/// A browser that looks at one server. What it asked for and what it complained about is kept for
/// [`Browser::close`].
pub struct Browser {
    pub driver: WebDriver,
    base: String,
    requests: Vec<Request>,
    complaints: Vec<String>,
    // Ended before its profile goes.
    _process: Chromedriver,
    _profile: TempDir,
}

/// A request that a page made.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub url: String,
    /// Everything that was sent but the body, as JSON.
    pub head: String,
}

impl Browser {
    /// A fresh one for `server`.
    pub async fn open(server: &Keywright) -> Self {
        Self::open_with(server, Setup::default()).await
    }

    /// A fresh one for `server`, set up like this.
    pub async fn open_with(server: &Keywright, setup: Setup) -> Self {
        let process = Chromedriver::start().await;
        let profile = tempfile::tempdir().unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(Chromedriver::chromium().to_str().unwrap()).unwrap();
        for switch in SWITCHES {
            wanted.add_arg(switch).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        let script = if setup.has_script { 1 } else { 2 };
        let preferences = json!({
            "profile.managed_default_content_settings.javascript": script,
            "intl.accept_languages": setup.language,
        });
        wanted.add_experimental_option("prefs", preferences).unwrap();
        for log in ["performance", "browser"] {
            wanted.set_logging_prefs(log, LoggingPrefsLogLevel::All).unwrap();
        }
        let driver = WebDriver::new(process.url(), wanted).await.unwrap();
        // Its process ends it; a driver that does it would have a test that failed wait for two minutes.
        driver.clone().leak().unwrap();
        Self {
            driver,
            base: server.base().to_owned(),
            requests: Vec::new(),
            complaints: Vec::new(),
            _process: process,
            _profile: profile,
        }
    }

    /// Opens a page of the server and waits until it has loaded.
    pub async fn visit(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    /// Types `text` into the field with this name, in place of what is there.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.find(&format!("[name='{name}']")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses what `css` finds, once it is there.
    pub async fn press(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Presses these keys, wherever the focus is.
    pub async fn keys(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Has pages drawn in this colour scheme, this wide.
    pub async fn look(&self, scheme: &str, width: u32) {
        self.look_at_height(scheme, width, 900).await;
    }

    /// The same, this wide and this high.
    pub async fn look_at_height(&self, scheme: &str, width: u32, height: u32) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let page = self.driver.cdp();
        page.send_raw("Emulation.setEmulatedMedia", features).await.unwrap();
        page.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
    }

    /// Has every page that is opened from now on run this before its own scripts.
    pub async fn before_each_page(&self, script: &str) {
        let source = json!({"source": script});
        self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", source).await.unwrap();
    }

    /// Signs `email` in by the code of the mail.
    pub async fn sign_in(&self, server: &Keywright, email: &str) {
        let before = server.mails(email).await.len();
        self.visit("/sign-in").await;
        self.fill("email", email).await;
        self.press("form[action='/sign-in'] button").await;
        self.find("form[action='/sign-in/code']").await;
        let mail = server.mail(email, before + 1).await;
        self.fill("code", &mail.code).await;
        self.press("form[action='/sign-in/code'] button").await;
        self.wait_for("the sign-in", async || self.cookie().await.is_some()).await;
    }

    /// What `css` finds, once it is there and can be seen.
    pub async fn find(&self, css: &str) -> WebElement {
        for _ in 0..LOOKS {
            if let Ok(element) = self.driver.find(By::Css(css)).await
                && element.is_displayed().await.unwrap_or(false)
            {
                return element;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{css} did not come: {}", self.text().await);
    }

    /// Waits until the page's heading is `heading`.
    pub async fn see(&self, heading: &str) {
        self.wait_for(heading, async || self.heading().await == heading).await;
    }

    /// The page's heading; empty while there is none.
    pub async fn heading(&self) -> String {
        let Ok(found) = self.driver.find(By::Css("h1")).await else { return String::new() };
        found.text().await.unwrap_or_default()
    }

    /// Waits until `is_so`.
    pub async fn wait_for<F: Future<Output = bool>>(&self, what: impl Debug, is_so: impl Fn() -> F) {
        for _ in 0..LOOKS {
            if is_so().await {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{what:?} did not come: {}", self.text().await);
    }

    /// What can be read on the page.
    pub async fn text(&self) -> String {
        let Ok(body) = self.driver.find(By::Css("body")).await else { return String::new() };
        body.text().await.unwrap_or_default()
    }

    /// Path, query and fragment of the page.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.base).unwrap().to_owned()
    }

    /// The value of the session cookie.
    pub async fn cookie(&self) -> Option<String> {
        let cookie = self.driver.get_named_cookie("kw_session").await.ok()?;
        Some(cookie.value).filter(|value| !value.is_empty())
    }

    /// Every request of the pages so far.
    pub async fn requests(&mut self) -> &[Request] {
        self.read_logs().await;
        &self.requests
    }

    /// What the browser said about the pages' content policies so far.
    pub async fn complaints(&mut self) -> &[String] {
        self.read_logs().await;
        &self.complaints
    }

    /// Ends the browser, which must have asked nobody but the server, and must have had nothing to refuse.
    pub async fn close(mut self) {
        self.read_logs().await;
        self.driver.close_window().await.unwrap();
        let foreign = self.requests.iter().find(|request| request.is_foreign(&self.base));
        assert!(foreign.is_none(), "{foreign:?}");
        assert!(self.complaints.is_empty(), "{:?}", self.complaints);
    }

    /// Takes what the browser has logged since the last time.
    async fn read_logs(&mut self) {
        for entry in self.driver.get_log("performance").await.unwrap() {
            let entry: Value = serde_json::from_str(&entry.message).unwrap();
            let event = &entry["message"];
            if event["method"] == "Network.requestWillBeSent" {
                self.requests.push(Request::of(&event["params"]["request"]));
            }
        }
        let console = self.driver.get_log("browser").await.unwrap();
        let refused = console.into_iter().map(|entry| entry.message);
        self.complaints.extend(refused.filter(|message| message.contains("Content Security Policy")));
    }
}

impl Request {
    fn of(sent: &Value) -> Self {
        let text = |name: &str| sent[name].as_str().unwrap_or_default().to_owned();
        let (method, url) = (text("method"), text("url"));
        Self { head: format!("{url} {}", sent["headers"]), method, url }
    }

    /// Whether it goes over the network to anybody but the server at `base`.
    fn is_foreign(&self, base: &str) -> bool {
        let is_own = ["chrome:", "about:", "data:"].iter().any(|scheme| self.url.starts_with(scheme));
        !is_own && !self.url.starts_with(&format!("{base}/"))
    }
}
