//! The API document as others use it: it passes a linter, and the clients that common generators make from it type-check
//! and complete a device login.
//!
//! `scripts/generated-clients.sh` installs the tools.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

#[path = "../api/harness.rs"]
#[expect(dead_code, reason = "the server of the API's tests; here generated clients make the requests")]
mod server;

use server::Keywright;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A directory for generated code, and the installed tools.
struct Workshop {
    directory: TempDir,
    tools: PathBuf,
}

impl Workshop {
    fn new() -> Self {
        let tools = root().join(".cache/generated-clients");
        let is_installed = tools.join("versions").exists();
        assert!(is_installed, "install the client generators with `bash scripts/generated-clients.sh`");
        Self { directory: tempfile::tempdir().unwrap(), tools }
    }

    /// Copies a file from this folder.
    fn copy(&self, name: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generated_clients").join(name);
        std::fs::copy(source, self.directory.path().join(name)).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).unwrap();
    }

    /// A command in the directory; `{document}` stands for the API document.
    fn command(&self, command: &str) -> Command {
        let document = root().join("docs/openapi.json");
        let mut words =
            command.split(' ').map(|word| word.replace("{document}", &document.to_string_lossy()));
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new("env");
        command.arg(words.next().unwrap()).args(words).current_dir(self.directory.path()).kill_on_drop(true);
        let (python, node) = (self.tools.join("python/bin"), self.tools.join("node_modules/.bin"));
        command.env("PATH", format!("{}:{}:{path}", python.display(), node.display()));
        command.env("NO_PROXY", "*").env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true").env("CI", "1");
        command
    }

    /// Runs a command that must succeed.
    async fn run(&self, command: &str) -> String {
        let output = self.command(command).output().await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(output.status.success(), "{command}\n{text}");
        text
    }

    /// Runs a client that prints a user code, waits for its approval, and prints the address of the account.
    async fn log_in(&self, command: &str) {
        let keywright = Keywright::start().await;
        let cookie = keywright.sign_in_browser("ada@example.com").await;
        let command = format!("{command} {}", keywright.base());

        let mut client = self.command(&command).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(client.stdout.take().unwrap());
        let (mut user_code, mut rest) = (String::new(), String::new());
        output.read_line(&mut user_code).await.unwrap();
        keywright.post_from_page(&cookie, "/device/verify", json!({"user_code": user_code.trim()})).await;
        output.read_to_string(&mut rest).await.unwrap();

        assert!(client.wait().await.unwrap().success(), "{rest}");
        assert_eq!(rest.trim(), "ada@example.com");
        keywright.stop().await;
    }
}

#[tokio::test]
async fn the_document_passes_the_recommended_rules_without_a_warning() {
    let workshop = Workshop::new();

    let report = workshop.run("redocly lint --extends recommended {document}").await;

    assert!(report.contains("Your API description is valid"), "{report}");
    assert!(!report.contains("You have"), "{report}");
}

#[tokio::test]
async fn a_generated_python_client_type_checks_and_signs_a_device_in() {
    let workshop = Workshop::new();
    workshop.copy("device_login.py");
    // The generator's own template passes unchecked arguments on in `__exit__`.
    workshop.write(
        "mypy.ini",
        "[mypy]\nstrict = true\n[mypy-keywright_client.client]\ndisable_error_code = arg-type\n",
    );

    let generate =
        "openapi-python-client generate --path {document} --meta none --output-path keywright_client";
    workshop.run(&format!("{generate} --fail-on-warning")).await;
    workshop.run("mypy keywright_client device_login.py").await;

    workshop.log_in("python device_login.py").await;
}

#[tokio::test]
async fn a_generated_typescript_client_type_checks_and_signs_a_device_in() {
    let workshop = Workshop::new();
    workshop.copy("device_login.ts");
    workshop.write("package.json", r#"{"type": "module"}"#);
    std::os::unix::fs::symlink(
        workshop.tools.join("node_modules"),
        workshop.directory.path().join("node_modules"),
    )
    .unwrap();

    workshop.run("openapi-typescript {document} -o schema.d.ts").await;
    let options = "--strict --noEmitOnError --module nodenext --target es2022 --lib es2022,dom,dom.iterable";
    workshop.run(&format!("tsc {options} device_login.ts")).await;

    workshop.log_in("node device_login.js").await;
}
