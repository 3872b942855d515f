//! The files of a rotation of the secret. Each step leaves files with which a server can start:
//!
//! 1. `secret_file.next` is written: the new secret. Servers do not look at it; whoever rotates goes on with it.
//! 2. `secret_file.previous` is replaced by what is in `secret_file`.
//! 3. `secret_file.next` becomes `secret_file`.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::PathBuf;

use super::error::{ConfigError, Refusal};
use super::secret::{MIN_BYTES, Secret, SecretBytes, SecretSettings};
use super::secret_file::{IfThere, beside, folder_of, missing, read, write};

/// The files of the secret, which nobody else rotates as long as this is kept.
#[derive(Debug)]
pub struct SecretFiles {
    settings: SecretSettings,
    _lock: File,
}

impl SecretFiles {
    /// Takes the files for a rotation. Fails if the secrets are not in files, or somebody else is at it.
    pub fn lock(settings: &SecretSettings) -> Result<Self, ConfigError> {
        let by_hand = |key: &str, from, remedy: &str| {
            let reason = "is set, so that no file can take its place";
            Err(ConfigError::SecretFile(Box::new(Refusal::new(key, from, reason, remedy))))
        };
        if settings.value.is_some() {
            let remedy = "set secret_previous to its value and secret to a new one, and restart every server";
            return by_hand("secret", &settings.value_source, remedy);
        }
        if settings.previous.is_some() {
            let remedy = "remove it, or write it to the file that stands beside the secret's";
            return by_hand("secret_previous", &settings.previous_source, remedy);
        }
        if !settings.file.exists() {
            return Err(missing(settings));
        }
        let locked = File::open(folder_of(&settings.file)).map_err(TryLockError::Error).and_then(|folder| {
            folder.try_lock()?;
            Ok(folder)
        });
        match locked {
            Ok(lock) => Ok(Self { settings: settings.clone(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Self::refused(
                settings,
                "is being rotated by somebody else".to_owned(),
                "wait until that is done",
            )),
            Err(TryLockError::Error(error)) => Err(Self::failed(settings, &error)),
        }
    }

    /// The new secret of a rotation that was cut short before it took over.
    pub fn proposed(&self) -> Result<Option<SecretBytes>, ConfigError> {
        Ok(read(&self.settings, &self.next())?.map(|(secret, _)| secret))
    }

    /// Step 1: a new secret from `fill_random`, or the one that was proposed already.
    pub fn propose(&self, fill_random: impl FnOnce(&mut [u8])) -> Result<SecretBytes, ConfigError> {
        if let Some(proposed) = self.proposed()? {
            return Ok(proposed);
        }
        let mut bytes = vec![0; MIN_BYTES];
        fill_random(&mut bytes);
        self.done(write(&self.next(), &bytes, IfThere::Replace))?;
        Ok(Secret::new(bytes))
    }

    /// Step 2: `current` is the previous secret from now on.
    pub fn keep_as_previous(&self, current: &SecretBytes) -> Result<(), ConfigError> {
        self.done(write(&self.settings.previous_file(), current.expose(), IfThere::Replace))?;
        Ok(())
    }

    /// Step 3: what was proposed is the secret from now on.
    pub fn take_over(&self) -> Result<(), ConfigError> {
        let file = &self.settings.file;
        let renamed = fs::rename(self.next(), file).and_then(|()| File::open(folder_of(file))?.sync_all());
        self.done(renamed)
    }

    fn next(&self) -> PathBuf {
        beside(&self.settings.file, ".next")
    }

    fn done<T>(&self, result: io::Result<T>) -> Result<T, ConfigError> {
        result.map_err(|error| Self::failed(&self.settings, &error))
    }

    fn failed(settings: &SecretSettings, error: &io::Error) -> ConfigError {
        let remedy = "make its folder writable, and run the command again: it goes on where it stopped";
        Self::refused(settings, format!("cannot be rotated ({error})"), remedy)
    }

    fn refused(settings: &SecretSettings, reason: String, remedy: &str) -> ConfigError {
        let refusal = Refusal::new(settings.file.display(), &settings.file_source, reason, remedy);
        ConfigError::SecretFile(Box::new(refusal))
    }
}
