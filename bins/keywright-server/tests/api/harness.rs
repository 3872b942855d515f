//! A server on port 0 with a fresh store, SQLite or PostgreSQL, and a clock that tests move.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use keywright_adapters::clock::ManualClock;
use keywright_adapters::entropy::SystemEntropy;
use keywright_domain::activity::Activity;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::credential::Kind;
use keywright_domain::email::EmailAddress;
use keywright_domain::page::Page;
use keywright_domain::user::User;
use keywright_pages::InboxKey;
use keywright_server::application::{Application, Tuning};
use keywright_server::config::Config;
use keywright_server::key_worker::KeyKeeper;
use keywright_server::wiring::Environment;
use keywright_service::Service;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

// Declared here because other suites include this file by its path.
#[path = "log.rs"]
mod log;

/// Maximum number of checks for the work of another task, 10 ms apart.
const LOOKS: usize = 1000;

/// A running server.
pub struct Keywright {
    pub clock: Arc<ManualClock>,
    /// The service behind the API, for operations that the API does not offer.
    pub service: Arc<Service>,
    /// The key keeper, configured as in the server.
    pub keeper: KeyKeeper,
    base: String,
    admin: String,
    inbox_key: Option<String>,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<anyhow::Result<()>>>,
    directory: TempDir,
    database: Database,
}

/// The database of a server.
enum Database {
    Sqlite,
    Postgres(keywright_throwaway_postgres::Database),
}

impl Database {
    /// The suite is compiled once for each backend (`tests/api_postgres.rs`).
    fn fresh() -> Self {
        match env!("CARGO_CRATE_NAME") {
            "api_postgres" => Self::Postgres(keywright_throwaway_postgres::Database::new().unwrap()),
            _ => Self::Sqlite,
        }
    }

    fn url(&self, file: &str) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{file}"),
            Self::Postgres(database) => database.url(),
        }
    }

    fn change(&self, file: &Path, sql: &str) {
        match self {
            Self::Sqlite => {
                sql_query(sql).execute(&mut beside(file)).unwrap();
            }
            Self::Postgres(database) => {
                database.psql(sql).unwrap();
            }
        }
    }

    fn dump(&self, file: &Path) -> String {
        match self {
            Self::Sqlite => dump_sqlite(file),
            Self::Postgres(database) => {
                let names = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
                let names = database.psql(names).unwrap();
                let rows = names.lines().map(|name| {
                    database.psql(&format!("SELECT '{name} ' || t::text FROM {name} AS t")).unwrap()
                });
                rows.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

/// A fully read answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

/// The tokens of a sign-in.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

/// A mail in the development inbox.
#[derive(Clone, Debug)]
pub struct Mail {
    pub text: String,
    pub token: String,
    pub code: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    /// Returns the text of a header, or an empty one.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns status and REST code: `401 invalid_token`.
    pub fn code(&self) -> String {
        format!("{} {}", self.status, self.json()["code"].as_str().unwrap_or("-"))
    }

    /// Returns status and OAuth error: `400 invalid_grant`.
    pub fn error(&self) -> String {
        format!("{} {}", self.status, self.json()["error"].as_str().unwrap_or("-"))
    }

    /// The tokens in the body.
    pub fn tokens(&self) -> Tokens {
        let json = self.json();
        let text =
            |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}")).to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// Returns the session cookie of the answer, as a browser sends it back.
    pub fn cookie(&self) -> String {
        let cookie = self.header("set-cookie");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }
}

impl Keywright {
    /// Starts a server with the default settings, except that the per-address limit is off.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with additional settings: environment variables without `KEYWRIGHT_`.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let pause = Duration::from_millis(10);
        Self::start_tuned(settings, Tuning { mail_pause: pause, key_pause: pause, ..Tuning::default() }).await
    }

    /// Starts a server with additional settings and with the worker pauses of `tuning`.
    pub async fn start_tuned(settings: &[(&str, &str)], tuning: Tuning) -> Self {
        log::watch();
        let directory = tempfile::tempdir().unwrap();
        let database = Database::fresh();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let defaults = [
            ("PUBLIC_URL", format!("http://localhost:{port}")),
            ("SERVER__LISTEN", format!("127.0.0.1:{port}")),
            ("SERVER__ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
            ("SERVER__WORKERS", "2".to_owned()),
            ("DATABASE__URL", database.url(&path("keywright.db"))),
            ("SECRET_FILE", path("secret")),
            ("RATE_LIMIT__PER_ADDRESS", "off".to_owned()),
        ];
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let environment =
            defaults.into_iter().chain(settings).map(|(name, value)| (format!("KEYWRIGHT_{name}"), value));
        let config = Config::load(None, environment).unwrap().config;

        let clock = Arc::new(ManualClock::new(start_of_tests()));
        let world = Environment {
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            stores: None,
            listener: Some(listener),
        };
        let secret = config
            .load_or_create_secret(|bytes| keywright_domain::entropy::Entropy::fill(&SystemEntropy, bytes))
            .unwrap();
        let keeper = keywright_server::wiring::key_keeper(&config, &secret).unwrap();
        let application = Application::build(&config, &secret, world, tuning).await.unwrap();

        log::keep_secret(application.inbox_key().map(InboxKey::expose));
        let (stop, stopped) = oneshot::channel::<()>();
        Self {
            clock,
            service: application.service(),
            keeper,
            base: format!("http://localhost:{port}"),
            admin: format!("http://{}", application.admin_address().unwrap()),
            inbox_key: application.inbox_key().map(|key| key.expose().to_owned()),
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .pool_max_idle_per_host(0)
                .build()
                .unwrap(),
            stop: Some(stop),
            running: Some(tokio::spawn(application.run_until(async {
                let _ = stopped.await;
            }))),
            directory,
            database,
        }
    }

    /// Returns the origin of the server, which is also its base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Stops the server and waits for its end.
    pub async fn stop(mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        self.running.take().unwrap().await.unwrap().unwrap();
    }

    /// Builds a request to the public listener; `path` begins with a slash.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Builds a request to the admin listener.
    pub fn admin_request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.admin))
    }

    /// Sends GET without a credential.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// Sends GET with a bearer token.
    pub async fn get_as(&self, access: &str, path: &str) -> Answer {
        send(self.request(Method::GET, path).bearer_auth(access)).await
    }

    /// Sends POST of JSON to `/api/v1/auth` + `path`, without a credential.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.api(Method::POST, path).json(&body)).await
    }

    /// Sends POST of JSON with a bearer token.
    pub async fn post_as(&self, access: &str, path: &str, body: Value) -> Answer {
        send(self.api(Method::POST, path).bearer_auth(access).json(&body)).await
    }

    /// Sends POST of JSON as a page of this server; `cookie` is `name=value`, or empty.
    pub async fn post_from_page(&self, cookie: &str, path: &str, body: Value) -> Answer {
        send(self.page_request(Method::POST, &format!("/api/v1/auth{path}"), cookie).json(&body)).await
    }

    /// Sends POST of a form to `/api/v1/auth` + `path`, without a credential.
    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        send(self.api(Method::POST, path).form(form)).await
    }

    /// Builds a request to `/api/v1/auth` + `path`.
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("/api/v1/auth{path}"))
    }

    /// Builds a request as a browser sends it from a page of this server.
    pub fn page_request(&self, method: Method, path: &str, cookie: &str) -> RequestBuilder {
        let request =
            self.request(method, path).header("sec-fetch-site", "same-origin").header("origin", &self.base);
        if cookie.is_empty() { request } else { request.header("cookie", cookie) }
    }

    /// Gets a page with a cookie.
    pub async fn page(&self, cookie: &str, path: &str) -> Answer {
        send(self.page_request(Method::GET, path, cookie).header("accept", "text/html")).await
    }

    /// Submits the form of a page.
    pub async fn submit(&self, cookie: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        send(self.page_request(Method::POST, path, cookie).form(form)).await
    }

    /// Returns the path that opens the development inbox.
    pub fn inbox_path(&self) -> String {
        format!("/dev/inbox?key={}", self.inbox_key.as_ref().unwrap())
    }

    /// Returns the sign-in mails sent to `email`, newest first.
    pub async fn mails(&self, email: &str) -> Vec<Mail> {
        let request = self.request(Method::GET, &self.inbox_path()).header("accept", "application/json");
        let answer = send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let inbox = answer.json();
        let mails = inbox["data"].as_array().unwrap().iter();
        mails
            .filter(|mail| mail["to"] == json!(email.to_lowercase()))
            .filter_map(|mail| read(mail["text"].as_str().unwrap()))
            .collect()
    }

    /// Returns the texts of the mails to `email` whose subject begins with `subject`, newest first.
    pub async fn letters(&self, email: &str, subject: &str) -> Vec<String> {
        let path = format!("/dev/inbox?key={}", self.inbox_key.as_ref().unwrap());
        let request = self.request(Method::GET, &path).header("accept", "application/json");
        let inbox = send(request).await.json();
        let mails = inbox["data"].as_array().unwrap().iter();
        let is_meant = |mail: &&Value| {
            mail["to"] == json!(email.to_lowercase())
                && mail["subject"].as_str().unwrap().starts_with(subject)
        };
        mails.filter(is_meant).map(|mail| mail["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits for `count` mails to `email` whose subject begins with `subject`, and returns the text of the
    /// newest.
    pub async fn letter(&self, email: &str, subject: &str, count: usize) -> String {
        for _ in 0..LOOKS {
            let mut letters = self.letters(email, subject).await;
            if letters.len() >= count {
                return letters.remove(0);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{count} mails {subject:?} to {email} did not come");
    }

    /// Waits for `count` sign-in mails to `email` and returns the newest.
    pub async fn mail(&self, email: &str, count: usize) -> Mail {
        for _ in 0..LOOKS {
            let mut mails = self.mails(email).await;
            if mails.len() >= count {
                return mails.remove(0);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{count} mails to {email} did not come");
    }

    /// Requests a magic link and returns its request id.
    pub async fn ask_for_link(&self, email: &str) -> String {
        // No two links share an instant, so that the newest mail is well defined.
        self.clock.advance(TimeDelta::milliseconds(1));
        let answer = self.post("/magic_link", json!({"email": email})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["request_id"].as_str().unwrap().to_owned()
    }

    /// Requests a link and returns its mail.
    pub async fn link(&self, email: &str) -> Mail {
        let before = self.mails(email).await.len();
        self.ask_for_link(email).await;
        self.mail(email, before + 1).await
    }

    /// Returns the token of a new link to `email`, without a request that counts against a limit.
    pub async fn link_by_store(&self, email: &str) -> String {
        let at = self.service.request_context(None, ClientInfo::default());
        let asked = keywright_service::magic_link::request(&self.service, email, None, &at).await.unwrap();
        self.service.keyring.issue(Kind::MagicLink, asked.request_id.0, 0).expose().to_owned()
    }

    /// Signs `email` in by a magic link and returns the tokens.
    pub async fn sign_in(&self, email: &str) -> Tokens {
        let token = self.link(email).await.token;
        let answer = self.post("/magic_link/verify", json!({"token": token})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.tokens()
    }

    /// Signs `email` in by a magic link and returns the cookie: `name=value`.
    pub async fn sign_in_browser(&self, email: &str) -> String {
        let token = self.link(email).await.token;
        let answer =
            self.post_from_page("", "/magic_link/verify", json!({"token": token, "session": "cookie"})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.cookie()
    }

    /// Begins a device flow and returns device code and user code.
    pub async fn begin_device(&self) -> (String, String) {
        let begun = self.post("/device", json!({})).await.json();
        let text = |name: &str| begun[name].as_str().unwrap().to_owned();
        (text("device_code"), text("user_code"))
    }

    /// Signs a device in as the owner of `cookie`.
    pub async fn sign_in_device(&self, cookie: &str) -> Tokens {
        let (device_code, user_code) = self.begin_device().await;
        let approved = self.post_from_page(cookie, "/device/verify", json!({"user_code": user_code})).await;
        assert_eq!(approved.status, 200, "{}", approved.text);
        self.post("/token", json!({"device_code": device_code})).await.tokens()
    }

    /// Returns the account with this address.
    pub async fn user(&self, email: &str) -> User {
        let email = EmailAddress::parse(email).unwrap();
        self.service.stores.users.find_by_email(&email).await.unwrap().unwrap()
    }

    /// Disables the account with this address.
    pub async fn disable(&self, email: &str) {
        let user = self.user(email).await;
        let at = self.service.request_context(None, ClientInfo::default());
        self.service.stores.users.disable(user.id, &at).await.unwrap().unwrap();
    }

    /// Returns the activity of the account with this address, newest first.
    pub async fn activity(&self, email: &str) -> Vec<Activity> {
        let user = self.user(email).await;
        self.service.stores.activities.list(user.id, Page::WIDEST).await.unwrap().items
    }

    /// Returns the event names of the account with this address, newest first.
    pub async fn events(&self, email: &str) -> Vec<&'static str> {
        self.activity(email).await.iter().map(|activity| activity.event.as_str()).collect()
    }

    /// Sends DELETE me with a bearer token.
    pub async fn delete_me(&self, access: &str) -> Answer {
        send(self.api(Method::DELETE, "/me").bearer_auth(access)).await
    }

    /// Returns the contents of the store as text.
    pub fn dump(&self) -> String {
        self.database.dump(&self.directory.path().join("keywright.db"))
    }

    /// Changes the store directly, bypassing the service.
    pub fn change_database(&self, sql: &str) {
        self.database.change(&self.directory.path().join("keywright.db"), sql);
    }

    /// Returns the status of GET me with a bearer token.
    pub async fn me(&self, access: &str) -> u16 {
        self.get_as(access, "/api/v1/auth/me").await.status
    }
}

impl Drop for Keywright {
    /// Every test of this suite checks the log, too.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(log::leaks(), [""; 0]);
        }
    }
}

/// Sends `request` and reads the whole answer.
pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let answer = Answer { status, headers, text: response.text().await.unwrap() };
    log::remember(&answer);
    answer
}

fn start_of_tests() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// Returns `None` for a mail without a sign-in link.
fn read(text: &str) -> Option<Mail> {
    let (_, rest) = text.split_once("#token=")?;
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    Some(Mail {
        token: rest.split_whitespace().next().unwrap().to_owned(),
        code: text.split_whitespace().find(is_code).unwrap().to_owned(),
        text: text.to_owned(),
    })
}

/// Opens the database beside the service, waiting for its writes.
fn beside(file: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(&file.display().to_string()).unwrap();
    sql_query("PRAGMA busy_timeout = 10000").execute(&mut connection).unwrap();
    connection
}

fn dump_sqlite(file: &Path) -> String {
    #[derive(QueryableByName)]
    struct Text {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let mut connection = beside(file);
    let mut texts = |sql: String| -> Vec<String> {
        let rows = sql_query(sql).load::<Text>(&mut connection).unwrap();
        rows.into_iter().map(|row| row.text).collect()
    };
    let mut dump = Vec::new();
    for table in texts("SELECT name AS text FROM sqlite_master WHERE type = 'table'".to_owned()) {
        let columns =
            texts(format!("SELECT 'quote(' || name || ')' AS text FROM pragma_table_info('{table}')"));
        dump.extend(texts(format!("SELECT '{table} ' || {} AS text FROM {table}", columns.join("||' '||"))));
    }
    dump.join("\n")
}
