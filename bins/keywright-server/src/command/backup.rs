//! `keywright-server backup`

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use keywright_store::sqlite;
use serde_json::json;

use super::output::OutputOptions;
use crate::config::{DatabaseUrl, Loaded};

/// Copies the database while servers work with it. Never overwrites a file.
pub(super) async fn run(loaded: &Loaded, file: PathBuf, options: OutputOptions) -> anyhow::Result<()> {
    super::warn(loaded);
    let database = match &loaded.config.database.url {
        DatabaseUrl::Sqlite(path) => path.clone(),
        url @ DatabaseUrl::Postgres(_) => bail!(
            "{url} is backed up by PostgreSQL's own tools, such as \
             `pg_dump --format=custom --file={} DATABASE`: see docs/operations.md",
            file.display()
        ),
    };
    if !database.exists() {
        bail!(
            "there is no database at {} (database.url), so there is nothing to back up",
            database.display()
        );
    }
    let copy = file.clone();
    let bytes = tokio::task::spawn_blocking(move || back_up(&database, &copy)).await??;
    let text = format!(
        "{} holds the database as it was a moment ago ({bytes} bytes). The secret is not in it: keep that too, \
         apart from the copy, or the copy is of no use.",
        file.display()
    );
    Ok(options.print(&json!({"file": file, "bytes": bytes}), &text)?)
}

/// The copy gets its name when it is complete and on the disk; how many bytes it has.
fn back_up(database: &Path, copy: &Path) -> anyhow::Result<u64> {
    let exists = || format!("{} exists, and a backup never overwrites: name another file", copy.display());
    if copy.symlink_metadata().is_ok() {
        bail!(exists());
    }
    let folder = copy.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unwritable =
        || format!("{} cannot be written: name a file in a folder that you may write to", copy.display());
    let part = tempfile::Builder::new()
        .prefix(".keywright-backup-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .with_context(unwritable)?;
    sqlite::backup(database, part.path()).context("the copy cannot be made")?;
    part.as_file().sync_all().with_context(unwritable)?;
    let bytes = part.as_file().metadata()?.len();
    match part.persist_noclobber(copy) {
        Ok(_) => {}
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => bail!(exists()),
        Err(failed) => return Err(failed.error).with_context(unwritable),
    }
    File::open(folder)?.sync_all()?;
    Ok(bytes)
}
