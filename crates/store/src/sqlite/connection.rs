//! Connections to the file.

use std::fmt::Write as _;
use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::error::{Failure, OpenError};
use super::sql::One;

/// Purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
    /// Writes nothing but another file.
    Copy,
}

/// Makes connections to one file.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    file: PathBuf,
    busy_timeout: Duration,
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

impl Connector {
    /// A relative path stays what it is now, wherever the process goes.
    pub(super) fn new(file: &Path, busy_timeout: Duration) -> Result<Self, OpenError> {
        let absolute = std::path::absolute(file);
        let file = absolute.map_err(|source| OpenError::File { path: file.to_owned(), source })?;
        Ok(Self { file, busy_timeout })
    }

    pub(super) fn file_exists(&self) -> bool {
        self.file.exists()
    }

    /// Makes the file and its directory, for this user alone, if they are missing. SQLite gives the files
    /// beside it the same permissions.
    pub(super) fn make_file(&self) -> Result<(), OpenError> {
        let failed = |path: &Path, source| OpenError::File { path: path.to_owned(), source };
        if let Some(directory) = self.file.parent().filter(|directory| !directory.exists()) {
            private_directories().create(directory).map_err(|source| failed(directory, source))?;
        }
        match private_files().create_new(true).write(true).open(&self.file) {
            Err(source) if source.kind() != ErrorKind::AlreadyExists && !self.file_exists() => {
                Err(failed(&self.file, source))
            }
            _ => Ok(()),
        }
    }

    /// A connection to the file, which must be there: one that has vanished under a running server is not to
    /// be replaced by an empty one.
    pub(super) fn connect(&self, access: Access) -> Result<SqliteConnection, Failure> {
        let mut connection = SqliteConnection::establish(&self.uri())?;
        // First of all, because the others may have to wait.
        connection.batch_execute(&format!("PRAGMA busy_timeout = {}", self.busy_timeout.as_millis()))?;
        connection.batch_execute("PRAGMA trusted_schema = OFF")?;
        match access {
            Access::Read => connection.batch_execute("PRAGMA query_only = ON")?,
            Access::Copy => connection.batch_execute("PRAGMA synchronous = FULL")?,
            Access::Write => {
                self.use_write_ahead_log(&mut connection)?;
                // With less a power cut loses what was acknowledged.
                connection.batch_execute("PRAGMA synchronous = FULL")?;
                connection.batch_execute("PRAGMA foreign_keys = ON")?;
                // What is deleted is overwritten, so that an account that goes leaves nothing in the file's free pages.
                connection.batch_execute("PRAGMA secure_delete = ON")?;
                // After a burst the log is cut back to this many bytes.
                connection.batch_execute("PRAGMA journal_size_limit = 67108864")?;
            }
        }
        Ok(connection)
    }

    /// SQLite does not wait for its lock here when another process does the same to a new file.
    fn use_write_ahead_log(&self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        let began_at = Instant::now();
        loop {
            match sql_query("PRAGMA journal_mode = WAL").one::<JournalMode>(connection) {
                Ok(mode) if mode.journal_mode == "wal" => return Ok(()),
                Ok(_) => return Err(Failure::NoWriteAheadLog),
                Err(error) => {
                    let failure = Failure::from(error);
                    if !failure.is_transient() || began_at.elapsed() >= self.busy_timeout {
                        return Err(failure);
                    }
                    thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }

    fn uri(&self) -> String {
        let mut uri = String::from("file://");
        for byte in self.file.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                    uri.push(char::from(*byte));
                }
                // Writing to a string cannot fail.
                _ => drop(write!(uri, "%{byte:02X}")),
            }
        }
        uri.push_str("?mode=rw");
        uri
    }
}

#[cfg(unix)]
fn private_directories() -> DirBuilder {
    let mut builder = DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
    builder
}

#[cfg(unix)]
fn private_files() -> OpenOptions {
    let mut options = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(not(unix))]
fn private_directories() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    builder
}

#[cfg(not(unix))]
fn private_files() -> OpenOptions {
    OpenOptions::new()
}
