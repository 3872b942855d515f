//! A locked or read-only database, or a full or failing disk: every request gets 503 at once and a log line,
//! nothing is used up, and service resumes without a restart.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use reqwest::{Method, RequestBuilder};
use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use crate::client::{Answer, Tokens, send};
use crate::harness::{Client, PUBLIC_URL, Place, Server, until};
use crate::process::Process;

/// Time limit of requests (contract §1.1) and probes (§9) during an outage.
const ANSWER: Duration = Duration::from_secs(5);
const PROBE: Duration = Duration::from_secs(2);
/// Allowance for a busy machine.
const SLACK: Duration = Duration::from_millis(1500);

/// Creates a place that logs only errors.
fn quiet() -> Place {
    Place::with(&[("LOG__LEVEL", "warn"), ("LOG__FORMAT", "json")])
}

/// The credentials of a person and their tools before the outage.
struct Credentials {
    tokens: Tokens,
    link: String,
    device_code: String,
}

impl Credentials {
    async fn new(server: &Server) -> Self {
        let client = server.client();
        client.post("/magic_link", json!({"email": "ada@example.com"})).await;
        let letter = server.letter("ada@example.com").await;
        let tokens = client.post("/magic_link/verify", json!({"token": letter.token})).await.tokens();
        client.post("/magic_link", json!({"email": "bob@example.com"})).await;
        let link = server.letter("bob@example.com").await.token;
        let device_code = client.approved_device(&tokens.access).await;
        Self { tokens, link, device_code }
    }

    /// Every request that writes.
    fn uses(&self, client: &Client) -> Vec<(&'static str, RequestBuilder)> {
        let post = |path: &str, body| client.api(Method::POST, path, &body);
        vec![
            ("device", post("/device", json!({}))),
            ("magic_link", post("/magic_link", json!({"email": "eve@example.com"}))),
            ("verify", post("/magic_link/verify", json!({"token": self.link}))),
            ("token", post("/token", json!({"device_code": self.device_code}))),
            ("refresh", post("/refresh", json!({"refresh_token": self.tokens.refresh}))),
            ("revoke", post("/revoke", json!({"token": self.tokens.refresh}))),
            (
                "me",
                client
                    .request(Method::PATCH, "/api/v1/auth/me")
                    .bearer_auth(&self.tokens.access)
                    .json(&json!({"name": "Ada"})),
            ),
        ]
    }

    /// Asserts that nothing was used up, and that refused polls do not count towards the device's pace.
    async fn is_still_good(&self, client: &Client) {
        client.refresh(&self.tokens.refresh).await.tokens();
        client.post("/magic_link/verify", json!({"token": self.link})).await.tokens();
        client.post("/token", json!({"device_code": self.device_code})).await.tokens();
        assert_eq!(client.post("/device", json!({})).await.status, 200);
    }
}

async fn timed(request: RequestBuilder) -> (Answer, Duration) {
    let began_at = Instant::now();
    (send(request).await, began_at.elapsed())
}

/// Opens the database beside the server, waiting for its writes.
fn beside(place: &Place) -> SqliteConnection {
    let mut other = SqliteConnection::establish(place.database().to_str().unwrap()).unwrap();
    other.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    other
}

/// Asserts that every write gets a prompt 503 in the error shape, and that the probes and the log report it.
async fn is_unavailable(server: &mut Server, held: &Credentials, cause: &str) {
    let client = server.client();
    let (ready, took) = timed(client.request(Method::GET, "/readyz")).await;
    assert_eq!((ready.status, ready.json()["code"].as_str()), (503, Some("unavailable")), "{cause}");
    assert!(took < PROBE + SLACK, "readyz took {took:?}");
    let (alive, took) = timed(client.request(Method::GET, "/healthz")).await;
    assert_eq!(alive.status, 200);
    assert!(took < SLACK, "healthz took {took:?}");

    let pages = client
        .request(Method::POST, "/sign-in")
        .header("accept", "text/html")
        .header("origin", PUBLIC_URL)
        .form(&[("email", "eve@example.com")]);
    let mut asked: Vec<_> = held
        .uses(&client)
        .into_iter()
        .chain([("page", pages)])
        .map(|(name, request)| (name, tokio::spawn(timed(request))))
        .collect();
    for (name, answer) in asked.drain(..) {
        let (answer, took) = answer.await.unwrap();
        assert_eq!(answer.status, 503, "{name}: {}", answer.text);
        if name != "page" {
            assert_eq!(answer.code(), "503 unavailable", "{name}");
        }
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0), "{name}");
        assert!(!answer.text.contains(cause), "{name} tells the cause");
        assert!(took < ANSWER + SLACK, "{name} took {took:?}");
    }
    let line = server.process.logs("\"message\":\"the store is unavailable\"").await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["level"], "ERROR", "{line}");
    assert!(line["span"]["request.id"].is_string(), "{line}");
    server.process.logs(cause).await;
}

async fn is_available_again(server: &Server, held: &Credentials) {
    until("the end of the bad day", async || server.client().get("/readyz").await.status == 200).await;
    held.is_still_good(&server.client()).await;
}

#[tokio::test]
async fn a_locked_database_is_answered_with_503() {
    let place = quiet();
    let mut server = place.start().await;
    let held = Credentials::new(&server).await;
    let mut other = beside(&place);

    other.batch_execute("BEGIN EXCLUSIVE").unwrap();
    is_unavailable(&mut server, &held, "database is locked").await;
    assert_eq!(server.client().me(&held.tokens.access).await.status, 200, "what is only read goes on");
    other.batch_execute("ROLLBACK").unwrap();

    is_available_again(&server, &held).await;
    server.stop().await;
}

#[tokio::test]
async fn a_command_waits_for_a_short_lock() {
    let place = Place::new();
    let server = place.start().await;
    let mut other = beside(&place);

    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let waiting = tokio::spawn(send(server.client().api(Method::POST, "/device", &json!({}))));
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.batch_execute("COMMIT").unwrap();

    assert_eq!(waiting.await.unwrap().status, 200);
}

/// The binary run by a user subject to file permissions, unlike root.
fn unprivileged_command(place: &Place) -> Command {
    const NOBODY: u32 = 65534;
    if !rustix::process::geteuid().is_root() {
        return place.command();
    }
    let binary = place.path("keywright-server");
    if !binary.exists() {
        fs::copy(env!("CARGO_BIN_EXE_keywright-server"), &binary).unwrap();
        chown(binary.parent().unwrap(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mut command = Command::new(binary);
    place.configure(&mut command);
    command.uid(NOBODY).gid(NOBODY);
    command
}

#[tokio::test]
async fn a_read_only_database_is_answered_with_503() {
    let place = quiet();
    let server = Server::from(Process::start(unprivileged_command(&place))).await;
    let held = Credentials::new(&server).await;
    server.stop().await;

    fs::set_permissions(place.database(), Permissions::from_mode(0o400)).unwrap();
    let mut server = Server::from(Process::start(unprivileged_command(&place))).await;
    is_unavailable(&mut server, &held, "readonly database").await;
    assert_eq!(server.client().me(&held.tokens.access).await.status, 200, "what is only read goes on");
    // SQLite creates its side files with the permissions of the database.
    for name in ["keywright.db", "keywright.db-wal", "keywright.db-shm"] {
        fs::set_permissions(place.database().with_file_name(name), Permissions::from_mode(0o600)).unwrap();
    }

    is_available_again(&server, &held).await;
    server.stop().await;
}

/// Starts a server on a small disk of its own, in `data`.
async fn on_a_small_disk(place: &Place) -> (Server, PathBuf) {
    let is_allowed =
        Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    assert!(
        is_allowed,
        "this user may not mount a disk of its own (`unshare -rm true` fails): run the tests as root, or allow user \
         namespaces (sysctl kernel.unprivileged_userns_clone=1)"
    );
    fs::create_dir(place.path("data")).unwrap();
    let script = r#"mount -t tmpfs -o size=2m,mode=700 tmpfs data && exec "$0""#;
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_keywright-server")]);
    place.configure(&mut command);
    let server = Server::from(Process::start(command)).await;
    let root = PathBuf::from(format!("/proc/{}/root", server.process.pid().as_raw_nonzero()));
    let data = root.join(place.path("data").strip_prefix("/").unwrap());
    (server, data)
}

#[tokio::test]
async fn a_full_disk_is_answered_with_503() {
    let place = quiet();
    let (mut server, data) = on_a_small_disk(&place).await;
    let held = Credentials::new(&server).await;

    let mut ballast = File::create(data.join("ballast")).unwrap();
    while ballast.write_all(&[0; 4096]).is_ok() {}
    while ballast.write_all(&[0]).is_ok() {}
    drop(ballast);
    is_unavailable(&mut server, &held, "database or disk is full").await;
    assert_eq!(server.client().me(&held.tokens.access).await.status, 200, "what is only read goes on");
    fs::remove_file(data.join("ballast")).unwrap();

    is_available_again(&server, &held).await;
    server.stop().await;
}

fn limit_files(server: &Server, bytes: Option<u64>) {
    let limit = Rlimit { current: bytes, maximum: None };
    prlimit(Some(server.process.pid()), Resource::Fsize, limit).unwrap();
}

#[tokio::test]
async fn a_failing_disk_is_answered_with_503() {
    let place = quiet();
    let mut command = Command::new("sh");
    // Beyond the limit a write fails, as on a broken disk, if the accompanying signal is ignored.
    command.args(["-c", r#"trap "" XFSZ; exec "$0""#, env!("CARGO_BIN_EXE_keywright-server")]);
    place.configure(&mut command);
    let mut server = Server::from(Process::start(command)).await;
    let held = Credentials::new(&server).await;

    limit_files(&server, Some(0));
    is_unavailable(&mut server, &held, "disk I/O error").await;
    assert_eq!(server.client().me(&held.tokens.access).await.status, 200, "what is only read goes on");
    limit_files(&server, None);

    is_available_again(&server, &held).await;
    server.stop().await;
}

#[tokio::test]
async fn a_file_that_is_not_a_database_stops_the_start_and_is_left_unchanged() {
    let place = Place::new();
    fs::create_dir(place.path("data")).unwrap();
    fs::write(place.database(), "Dear Ada, ".repeat(1000)).unwrap();

    let (code, _, errors) = place.run(&[]).await;

    assert_eq!(code, 1);
    let last = errors.lines().last().unwrap();
    assert!(last.contains("data/keywright.db cannot be opened"), "{errors}");
    assert_eq!(fs::read_to_string(place.database()).unwrap(), "Dear Ada, ".repeat(1000));
}
