//! A directory in which servers run one after another.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_domain::Stores;
use keywright_domain::credential::{Keyring, Kind};
use keywright_domain::secret::ServerSecret;
use keywright_store::sqlite::{Options, SqliteStore};
use reqwest::header::{HOST, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::client::{Answer, Letter, Tokens, send};
use crate::process::{LOOK, PATIENCE, Process};

/// The public URL of every server, wherever it listens.
pub const PUBLIC_URL: &str = "http://localhost:8080";
/// The host of [`PUBLIC_URL`].
pub const NAME: &str = "localhost:8080";

/// A directory with settings.
pub struct Place {
    directory: TempDir,
    settings: Vec<(String, String)>,
}

impl Place {
    /// Uses the default settings, except for free ports and no limits.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// Adds settings to those of [`Place::new`]: environment variables without `KEYWRIGHT_`.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let unlimited = "1000000/1m";
        let defaults = [
            ("SERVER__LISTEN", "127.0.0.1:0"),
            ("SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
            ("SERVER__WORKERS", "2"),
            ("RATE_LIMIT__PER_ADDRESS", "off"),
            ("RATE_LIMIT__MAGIC_LINK_PER_EMAIL_AND_NETWORK", unlimited),
            ("RATE_LIMIT__MAGIC_LINK_PER_EMAIL", unlimited),
            ("LOG__FORMAT", "json"),
        ];
        let settings = defaults.iter().chain(settings);
        Self {
            directory: tempfile::tempdir().unwrap(),
            settings: settings
                .map(|(name, value)| (format!("KEYWRIGHT_{name}"), (*value).to_owned()))
                .collect(),
        }
    }

    /// Changes a setting for later servers.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.push((format!("KEYWRIGHT_{name}"), value.to_owned()));
    }

    /// Returns the path of a file in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Returns the path of the database.
    pub fn database(&self) -> PathBuf {
        self.path("data/keywright.db")
    }

    /// The command that runs the binary with the settings in the directory.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keywright-server"));
        self.configure(&mut command);
        command
    }

    /// Adds the settings and the directory to `command`, which runs the binary.
    pub fn configure(&self, command: &mut Command) {
        command.current_dir(self.directory.path()).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
    }

    /// Runs the binary with these arguments to its end: exit code, output, errors.
    pub async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = self.command();
        command.args(arguments);
        let mut process = Process::start(command);
        let code = process.exit_code().await;
        (code, process.out.text(), process.errors.text())
    }

    /// Starts a server and waits until it is ready.
    pub async fn start(&self) -> Server {
        Server::from(Process::start(self.command())).await
    }

    /// Opens the database through a store of the test's own.
    pub fn stores(&self) -> Stores {
        let options = Options { migrate: false, ..Options::default() };
        Stores::of(Arc::new(SqliteStore::open(self.database(), &options).unwrap()))
    }

    /// Returns the keyring that the servers of this place use.
    pub fn keyring(&self) -> Keyring {
        let secret = std::fs::read_to_string(self.path("data/secret")).unwrap();
        let secret = ServerSecret::new(URL_SAFE_NO_PAD.decode(secret.trim()).unwrap()).unwrap();
        Keyring::new(&secret, None).unwrap()
    }
}

/// A ready server.
pub struct Server {
    pub process: Process,
    address: SocketAddr,
    client: reqwest::Client,
}

impl Server {
    /// Waits until the server in `process` is ready.
    pub async fn from(mut process: Process) -> Self {
        let listening = process.says("listening on ").await;
        let (_, address) = listening.split_once("listening on ").unwrap();
        let names = HeaderMap::from_iter([(HOST, HeaderValue::from_static(NAME))]);
        let client = reqwest::Client::builder()
            .default_headers(names)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self { process, address: address.parse().unwrap(), client }
    }

    /// Returns the listening address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a client, which outlives the server.
    pub fn client(&self) -> Client {
        Client { base: format!("http://{}", self.address), client: self.client.clone() }
    }

    /// Stops the server by a signal and waits for its end.
    pub async fn stop(mut self) {
        self.process.signal(Signal::TERM);
        assert_eq!(self.process.exit_code().await, 0, "{}", self.process.errors.text());
    }

    /// Kills the server as `kill -9` does.
    pub fn kill(mut self) {
        self.process.kill();
    }

    /// Returns the key of the development inbox.
    pub fn inbox_key(&self) -> String {
        let banner = self.process.out.text();
        let (_, rest) = banner.split_once("/dev/inbox?key=").unwrap_or_else(|| panic!("{banner}"));
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// Returns the only mail to `email`.
    pub async fn letter(&self, email: &str) -> Letter {
        let path = format!("/dev/inbox?key={}", self.inbox_key());
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            let inbox = self.client().request(Method::GET, &path).header("accept", "application/json");
            let inbox = send(inbox).await.json();
            let mut mails = inbox["data"].as_array().unwrap().iter();
            if let Some(mail) = mails.find(|mail| mail["to"] == json!(email)) {
                return Letter::read(mail["text"].as_str().unwrap());
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("no mail to {email}");
    }
}

/// A client of a server.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    client: reqwest::Client,
}

impl Client {
    /// Builds a request; `path` begins with a slash.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Builds a request to `/api/v1/auth` + `path`, with a JSON body.
    pub fn api(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        self.request(method, &format!("/api/v1/auth{path}")).json(body)
    }

    /// Sends POST of JSON to `/api/v1/auth` + `path`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.api(Method::POST, path, &body)).await
    }

    /// Sends GET without a credential.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// Sends GET me with a bearer token.
    pub async fn me(&self, access: &str) -> Answer {
        send(self.request(Method::GET, "/api/v1/auth/me").bearer_auth(access)).await
    }

    /// Sends POST refresh.
    pub async fn refresh(&self, refresh: &str) -> Answer {
        self.post("/refresh", json!({"refresh_token": refresh})).await
    }

    /// Returns the token of a new link to `email`, derived from the answer to its request.
    pub async fn link(&self, keyring: &Keyring, email: &str) -> String {
        let asked = self.post("/magic_link", json!({"email": email})).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        link_token(keyring, &asked)
    }

    /// Signs `email` in by a link.
    pub async fn sign_in(&self, keyring: &Keyring, email: &str) -> Tokens {
        let token = self.link(keyring, email).await;
        self.post("/magic_link/verify", json!({"token": token})).await.tokens()
    }

    /// Returns a device code approved with `access`.
    pub async fn approved_device(&self, access: &str) -> String {
        let begun = self.post("/device", json!({})).await;
        let body = json!({"user_code": begun.field("user_code")});
        let approved = send(self.api(Method::POST, "/device/verify", &body).bearer_auth(access)).await;
        assert_eq!(approved.status, 200, "{}", approved.text);
        begun.field("device_code")
    }
}

/// Derives the token in the mail that `asked` announces.
pub fn link_token(keyring: &Keyring, asked: &Answer) -> String {
    let id: Uuid = asked.field("request_id").parse().unwrap();
    keyring.issue(Kind::MagicLink, id, 0).expose().to_owned()
}

/// Waits for a condition outside of this process.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let look = Duration::from_millis(1);
    for _ in 0..PATIENCE.as_millis() / look.as_millis() {
        if is_so().await {
            return;
        }
        tokio::time::sleep(look).await;
    }
    panic!("{what} has not come");
}
