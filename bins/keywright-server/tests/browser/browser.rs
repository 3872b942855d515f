//! A browser with its own profile, and the actions of a person.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel, TypingData};

use crate::chromedriver::Chromedriver;
use crate::server::Keywright;

/// Maximum number of checks, [`PAUSE`] apart.
pub const LOOKS: usize = 200;
pub const PAUSE: Duration = Duration::from_millis(50);

/// For a browser without network access, on a machine without a screen.
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

/// Options of a browser.
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

/// A browser for one server. It records requests and policy violations for [`Browser::close`].
pub struct Browser {
    pub driver: WebDriver,
    base: String,
    requests: Vec<Request>,
    complaints: Vec<String>,
    // Ends before its profile is removed.
    _process: Chromedriver,
    _profile: TempDir,
}

/// A request that a page made.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub url: String,
    /// The request without its body, as JSON.
    pub head: String,
}

impl Browser {
    /// Opens a new browser for `server`.
    pub async fn open(server: &Keywright) -> Self {
        Self::open_with(server, Setup::default()).await
    }

    /// Opens a new browser for `server` with these options.
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
        // Dropping the process ends it; a driver that does it delays a failed test by two minutes.
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

    /// Replaces the value of the field `name` by `text`.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.find(&format!("[name='{name}']")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits for the element `css` and presses it.
    pub async fn press(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Sends keys to the focused element.
    pub async fn keys(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Sets the colour scheme and the width.
    pub async fn look(&self, scheme: &str, width: u32) {
        self.look_at_height(scheme, width, 900).await;
    }

    /// Sets the colour scheme and the size.
    pub async fn look_at_height(&self, scheme: &str, width: u32, height: u32) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let page = self.driver.cdp();
        page.send_raw("Emulation.setEmulatedMedia", features).await.unwrap();
        page.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
    }

    /// Runs a script before those of every page opened from now on.
    pub async fn before_each_page(&self, script: &str) {
        let source = json!({"source": script});
        self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", source).await.unwrap();
    }

    /// Signs `email` in by the mailed code.
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

    /// Waits for a visible element `css` and returns it.
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

    /// Returns the page's heading, or an empty text.
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

    /// Returns the visible text of the page.
    pub async fn text(&self) -> String {
        let Ok(body) = self.driver.find(By::Css("body")).await else { return String::new() };
        body.text().await.unwrap_or_default()
    }

    /// Returns path, query and fragment of the page.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.base).unwrap().to_owned()
    }

    /// Returns the value of the session cookie.
    pub async fn cookie(&self) -> Option<String> {
        let cookie = self.driver.get_named_cookie("kw_session").await.ok()?;
        Some(cookie.value).filter(|value| !value.is_empty())
    }

    /// Returns the requests of all pages so far.
    pub async fn requests(&mut self) -> &[Request] {
        self.read_logs().await;
        &self.requests
    }

    /// Returns the policy violations that the browser has reported so far.
    pub async fn complaints(&mut self) -> &[String] {
        self.read_logs().await;
        &self.complaints
    }

    /// Closes the browser and asserts that it contacted only the server and reported no policy violation.
    pub async fn close(mut self) {
        self.read_logs().await;
        self.driver.close_window().await.unwrap();
        let foreign = self.requests.iter().find(|request| request.is_foreign(&self.base));
        assert!(foreign.is_none(), "{foreign:?}");
        assert!(self.complaints.is_empty(), "{:?}", self.complaints);
    }

    /// Reads the browser's log entries since the last call.
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

    /// Returns true if the request goes over the network to a host other than `base`.
    fn is_foreign(&self, base: &str) -> bool {
        let is_own = ["chrome:", "about:", "data:"].iter().any(|scheme| self.url.starts_with(scheme));
        !is_own && !self.url.starts_with(&format!("{base}/"))
    }
}
