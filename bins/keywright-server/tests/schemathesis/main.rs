//! The API against its own description: schemathesis derives valid and invalid requests for the real binary,
//! and every answer must conform.
//!
//! `scripts/test.sh` installs it. `KEYWRIGHT_SCHEMATHESIS_EXAMPLES` sets the number of requests per
//! operation, `KEYWRIGHT_SCHEMATHESIS_SEED` their seed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{env, fs};

use tempfile::TempDir;

/// The server's public name, wherever it listens.
const NAME: &str = "localhost:8080";

/// A server with a throwaway database; it ends with its value.
struct Server {
    child: Child,
    address: String,
    inbox_key: String,
    directory: TempDir,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_keywright-server"));
        command.current_dir(directory.path()).env_clear();
        for (name, value) in [
            ("SERVER__LISTEN", "127.0.0.1:0"),
            ("SERVER__ADMIN_LISTEN", "off"),
            ("SERVER__WORKERS", "2"),
            ("PUBLIC_URL", &format!("http://{NAME}")),
            ("RATE_LIMIT__PER_ADDRESS", "off"),
            ("RATE_LIMIT__MAGIC_LINK_PER_EMAIL_AND_NETWORK", "1000000/1m"),
            ("RATE_LIMIT__MAGIC_LINK_PER_EMAIL", "1000000/1m"),
            ("RESOURCE_SERVERS", r#"[{ id = "api", secret = "not-a-secret" }]"#),
        ] {
            command.env(format!("KEYWRIGHT_{name}"), value);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(fs::File::create(directory.path().join("log")).unwrap());
        let mut child = command.spawn().unwrap();
        let announced = announced(child.stdout.take().unwrap());
        let (address, inbox_key) = announced.unwrap_or_else(|| {
            panic!("the server ended before it was ready: {}", log(&directory));
        });
        Self { child, address, inbox_key, directory }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The log of the server that runs in `directory`.
fn log(directory: &TempDir) -> String {
    fs::read_to_string(directory.path().join("log")).unwrap()
}

/// The server's address and its inbox key, which it prints when it is ready; `None` if it ends before that.
fn announced(out: ChildStdout) -> Option<(String, String)> {
    let (mut address, mut key) = (None, None);
    for line in BufReader::new(out).lines().map_while(Result::ok) {
        let after = |word: &str| {
            let (_, rest) = line.split_once(word)?;
            rest.split_whitespace().next().map(ToOwned::to_owned)
        };
        address = address.or_else(|| after("listening on "));
        key = key.or_else(|| after("/dev/inbox?key="));
        if let (Some(address), Some(key)) = (&address, &key) {
            return Some((address.clone(), key.clone()));
        }
    }
    None
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The command, which has to be there.
fn schemathesis() -> PathBuf {
    let command = root().join(".cache/schemathesis/bin/schemathesis");
    assert!(
        command.exists(),
        "schemathesis is missing: install it with `bash scripts/schemathesis.sh` (Python 3.10 or newer with venv)"
    );
    command
}

#[test]
fn every_answer_conforms_to_the_description() {
    let schemathesis = schemathesis();
    let server = Server::start();
    let setting = |name: &str, usual: &str| env::var(name).unwrap_or_else(|_| usual.to_owned());
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");

    let mut command = Command::new(schemathesis);
    command
        // It writes a report to the working directory.
        .current_dir(server.directory.path())
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", here)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("KEYWRIGHT_BASE", format!("http://{}", server.address))
        .env("KEYWRIGHT_NAME", NAME)
        .env("KEYWRIGHT_INBOX_KEY", &server.inbox_key)
        .env("NO_PROXY", "*")
        .arg("run")
        .arg(root().join("docs/openapi.json"))
        .args(["--url", &format!("http://{}", server.address)])
        .args(["--checks", "all", "--exclude-checks", "positive_data_acceptance"])
        .args(["--max-examples", &setting("KEYWRIGHT_SCHEMATHESIS_EXAMPLES", "40")])
        .args(["--seed", &setting("KEYWRIGHT_SCHEMATHESIS_SEED", "1")])
        .args(["--generation-database", "none", "--request-timeout", "40", "--no-color"]);
    let output = command.output().unwrap();

    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    let log = log(&server.directory);
    assert!(log.contains("answered"), "{log}");
    for line in log.lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "no object: {line}");
        assert!(!line.contains("panicked") && !line.contains("eyJ"), "{line}");
    }
}

/// `cargo run` holds these ports on the machine of a developer.
#[test]
fn the_server_of_this_test_starts_while_the_default_ports_are_taken() {
    // A port that cannot be bound here is already taken.
    let _taken = [8080, 8081].map(|port| TcpListener::bind(("127.0.0.1", port)));

    let server = Server::start();

    assert!(!server.address.ends_with(":8080"), "{}", server.address);
}
