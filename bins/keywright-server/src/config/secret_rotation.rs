//! The files of a rotation of the secret. Each step leaves files with which a server can start:
//!
//! 1. `secret_file.next` is written: the new secret. Servers do not look at it; whoever rotates goes on with it.
//! 2. `secret_file.previous` is replaced by what is in `secret_file`.
//! 3. `secret_file.next` becomes `secret_file`.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::PathBuf;

use super::error::{ConfigError, Finding};
use super::secret::{MIN_BYTES, Secret, SecretBytes};
use super::secret_file::{IfThere, beside, folder_of, missing, read, refused, write};
use super::settings::Config;

/// The files of the secret, locked against other rotations for as long as this lives.
#[derive(Debug)]
pub struct SecretFiles {
    config: Config,
    _lock: File,
}

impl SecretFiles {
    /// Locks the files for a rotation. Fails if the secrets are not in files, or another rotation is under way.
    pub fn lock(config: &Config) -> Result<Self, ConfigError> {
        let by_hand = |key: &str, remedy: &str| {
            let reason = "is set, so that no file can take its place";
            Err(Finding::new(key, &config.sources.of(key), reason, remedy).into())
        };
        if config.secret.is_some() {
            let remedy = "set secret_previous to its value and secret to a new one, and restart every server";
            return by_hand("secret", remedy);
        }
        if config.secret_previous.is_some() {
            let remedy = "remove it, or write it to the file that stands beside the secret's";
            return by_hand("secret_previous", remedy);
        }
        if !config.secret_file.exists() {
            return Err(missing(config).into());
        }
        let locked =
            File::open(folder_of(&config.secret_file)).map_err(TryLockError::Error).and_then(|folder| {
                folder.try_lock()?;
                Ok(folder)
            });
        match locked {
            Ok(lock) => Ok(Self { config: config.clone(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let reason = "is being rotated by another command";
                Err(refused(config, &config.secret_file, reason, "wait until that is done").into())
            }
            Err(TryLockError::Error(error)) => Err(failed(config, &error)),
        }
    }

    /// The new secret of a rotation that was interrupted before step 3.
    pub fn proposed(&self) -> Result<Option<SecretBytes>, ConfigError> {
        Ok(read(&self.config, &self.next())?.map(|(secret, _)| secret))
    }

    /// Step 1: writes a new secret from `fill_random`, or returns the one that was written before.
    pub fn propose(&self, fill_random: impl FnOnce(&mut [u8])) -> Result<SecretBytes, ConfigError> {
        if let Some(proposed) = self.proposed()? {
            return Ok(proposed);
        }
        let mut bytes = vec![0; MIN_BYTES];
        fill_random(&mut bytes);
        self.done(write(&self.next(), &bytes, IfThere::Replace))?;
        Ok(Secret::new(bytes))
    }

    /// Step 2: makes `current` the previous secret.
    pub fn keep_as_previous(&self, current: &SecretBytes) -> Result<(), ConfigError> {
        self.done(write(&self.config.previous_secret_file(), current.expose(), IfThere::Replace))?;
        Ok(())
    }

    /// Step 3: makes the new secret the current one.
    pub fn take_over(&self) -> Result<(), ConfigError> {
        let file = &self.config.secret_file;
        let renamed = fs::rename(self.next(), file).and_then(|()| File::open(folder_of(file))?.sync_all());
        self.done(renamed)
    }

    fn next(&self) -> PathBuf {
        beside(&self.config.secret_file, ".next")
    }

    fn done<T>(&self, result: io::Result<T>) -> Result<T, ConfigError> {
        result.map_err(|error| failed(&self.config, &error))
    }
}

fn failed(config: &Config, error: &io::Error) -> ConfigError {
    let remedy = "make its folder writable, and run the command again: it goes on where it stopped";
    refused(config, &config.secret_file, format!("cannot be rotated ({error})"), remedy).into()
}
