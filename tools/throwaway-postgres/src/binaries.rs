//! Where PostgreSQL's programs are.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// The environment variable that says where PostgreSQL's programs are, if they are in no usual place or of several
/// versions one is meant.
const DIRECTORY: &str = "KEYWRIGHT_TEST_POSTGRES_BIN";

/// The directory with `postgres`, `initdb` and `psql`.
pub fn directory() -> Result<PathBuf> {
    // Nothing else is looked at then.
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
    candidates.iter().find(is_complete).cloned().context(
        "PostgreSQL's server is not on this machine, and the tests need it: apt-get install postgresql",
    )
}

/// The user that a cluster runs as, where this process may not run one itself.
pub fn user() -> Result<Option<&'static str>> {
    if text(&mut Command::new("id"), &["-u"])?.trim() != "0" {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        if text(&mut Command::new("id"), &["-u", user]).is_ok() {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

/// `program`, run as `user`.
pub fn as_user(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    let group = text(&mut Command::new("id"), &["-g", user]).unwrap_or_default();
    command.args(["--reuid", user, "--regid", group.trim(), "--clear-groups", "--"]).arg(program);
    command
}

/// What `command` prints when it is run with `arguments`.
pub fn text(command: &mut Command, arguments: &[&str]) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.args(arguments).output().with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&stderr).trim());
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
