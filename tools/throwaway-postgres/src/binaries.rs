//! The programs of PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// The environment variable with the directory of PostgreSQL's programs. Set it if they are in an unusual place, or to
/// choose one of several versions.
const DIRECTORY: &str = "KEYWRIGHT_TEST_POSTGRES_BIN";

/// The directory with `postgres`, `initdb` and `psql`.
pub fn directory() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os(DIRECTORY) {
        return first_complete(&[chosen.into()]);
    }
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.filter(|output| output.status.success()).map(|output| {
        let text = String::from_utf8_lossy(&output.stdout);
        PathBuf::from(text.trim())
    });
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut candidates: Vec<_> = installed.map(|entry| entry.path().join("bin")).collect();
    candidates.sort();
    candidates.extend(configured);
    candidates.reverse();
    first_complete(&candidates)
}

fn first_complete(candidates: &[PathBuf]) -> Result<PathBuf> {
    let is_complete = |directory: &&PathBuf| {
        ["postgres", "initdb", "psql"].iter().all(|program| directory.join(program).exists())
    };
    candidates
        .iter()
        .find(is_complete)
        .cloned()
        .context("the tests need a PostgreSQL server, and this machine has none: apt-get install postgresql")
}

/// The user that a cluster runs as; `None` is the user of this process, unless that is root.
pub fn user() -> Result<Option<&'static str>> {
    if text(&mut Command::new("id"), &["-u"])?.trim() != "0" {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        if text(&mut Command::new("id"), &["-u", user]).is_ok() {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it")
}

/// A command that runs `program` as `user`.
pub fn as_user(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    let group = text(&mut Command::new("id"), &["-g", user]).unwrap_or_default();
    command.args(["--reuid", user, "--regid", group.trim(), "--clear-groups", "--"]).arg(program);
    command
}

/// Runs `command` with `arguments` and returns its output.
pub fn text(command: &mut Command, arguments: &[&str]) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.args(arguments).output().with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&stderr).trim());
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// Runs `sql` in `database` of the cluster at `url`. Each row is a line, its columns separated by `|`.
pub fn psql(url: &str, database: &str, sql: &str) -> Result<String> {
    let url = format!("{url}/{database}");
    let arguments = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", &url];
    let mut command = Command::new(directory()?.join("psql"));
    command.env("PGCONNECT_TIMEOUT", "5").args(["--command", sql]);
    Ok(text(&mut command, &arguments)?.trim().to_owned())
}
