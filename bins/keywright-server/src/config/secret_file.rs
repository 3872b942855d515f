//! The server's secret: configured, read from its file, or created on the first start.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;

use super::error::{ConfigError, Finding};
use super::secret::{BASE64, MIN_BYTES, Secret, SecretBytes};
use super::settings::Config;
use super::value::Leaf as _;

/// No secret is longer, so a file that was named by mistake is not read to its end.
const LONGEST_FILE: u64 = 4096;

/// The secret, ready for use.
#[derive(Debug)]
pub struct LoadedSecret {
    /// The secret that all keys are derived from.
    pub bytes: SecretBytes,
    /// The secret before the last rotation, whose credentials are still accepted.
    pub previous: Option<SecretBytes>,
    /// The file, if this start created it.
    pub created: Option<PathBuf>,
    /// Warnings about the files.
    pub warnings: Vec<Finding>,
}

impl Config {
    /// The secret that is configured or held by its file. In development this creates a missing file, with mode 0600
    /// and random bytes from `fill_random`; of servers that start at the same time one creates it, and the others read
    /// it. Outside development a missing file is an error.
    pub fn load_or_create_secret(
        &self,
        fill_random: impl FnOnce(&mut [u8]),
    ) -> Result<LoadedSecret, ConfigError> {
        if let Some(loaded) = self.load_secret()? {
            return Ok(loaded);
        }
        if !self.is_development() {
            return Err(missing(self).into());
        }
        let mut bytes = vec![0; MIN_BYTES];
        fill_random(&mut bytes);
        let made = write(&self.secret_file, &bytes, IfThere::Keep).map_err(|error| {
            let reason = format!("cannot be created ({error})");
            refused(self, &self.secret_file, reason, "make its folder writable, or set secret or secret_file")
        })?;
        let loaded = self.load_secret()?.ok_or_else(|| missing(self))?;
        Ok(LoadedSecret { created: made.then(|| self.secret_file.clone()), ..loaded })
    }

    /// The secret that is configured or held by its file. `None` if there is no such file. The previous secret is
    /// configured or held by [`Config::previous_secret_file`].
    pub fn load_secret(&self) -> Result<Option<LoadedSecret>, ConfigError> {
        let mut loaded = LoadedSecret {
            bytes: Secret::new(Vec::new()),
            previous: self.secret_previous.clone(),
            created: None,
            warnings: Vec::new(),
        };
        if let Some(value) = &self.secret {
            return Ok(Some(LoadedSecret { bytes: value.clone(), ..loaded }));
        }
        let Some((bytes, warning)) = read(self, &self.secret_file)? else { return Ok(None) };
        loaded.warnings.extend(warning);
        if loaded.previous.is_none()
            && let Some((previous, warning)) = read(self, &self.previous_secret_file())?
        {
            // A rotation that was cut short may leave the same secret in both.
            loaded.previous = Some(previous).filter(|previous| previous.expose() != bytes.expose());
            loaded.warnings.extend(warning);
        }
        Ok(Some(LoadedSecret { bytes, ..loaded }))
    }

    /// The file of the previous secret, unless `secret_previous` is set.
    pub fn previous_secret_file(&self) -> PathBuf {
        beside(&self.secret_file, ".previous")
    }
}

/// A file beside `path`, whose name has `suffix` added.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(super) fn refused(
    config: &Config,
    path: &Path,
    reason: impl Into<String>,
    remedy: impl Into<String>,
) -> Finding {
    Finding::new("secret_file", &config.sources.of("secret_file"), reason, remedy).with_detail(path.display())
}

/// Outside development: no secret, and no file that could hold one.
pub(super) fn missing(config: &Config) -> Finding {
    let remedy =
        "set secret to 32 random bytes or more in base64url, or create the file with them and mode 0600";
    refused(config, &config.secret_file, "does not exist, and it is created in development only", remedy)
}

/// The secret in the file, and a warning. `None` if there is no file.
pub(super) fn read(config: &Config, path: &Path) -> Result<Option<(SecretBytes, Option<Finding>)>, Finding> {
    let refused = |reason: String, remedy: String| refused(config, path, reason, remedy);
    let (text, mode) = match read_text(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let remedy = "make it a file that the server may read, or set secret".to_owned();
            return Err(refused(format!("cannot be read ({error})"), remedy));
        }
    };
    let bytes = SecretBytes::parse(text.trim())
        .map_err(|reason| refused(reason.into(), format!("put there {}", SecretBytes::expected())))?;
    let exposed = mode & 0o077 != 0;
    let warning = exposed.then(|| {
        refused(format!("is open to others (mode {mode:04o})"), format!("run `chmod 600 {}`", path.display()))
    });
    Ok(Some((bytes, warning)))
}

fn read_text(path: &Path) -> io::Result<(String, u32)> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE).read_to_end(&mut bytes)?;
    // Text that is not UTF-8 is not base64url either, and is refused as such.
    Ok((String::from_utf8_lossy(&bytes).into_owned(), mode))
}

/// Treatment of an existing file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfThere {
    Keep,
    Replace,
}

/// Writes the file and returns true; returns false if it exists and is to be kept. The file appears under its name
/// only once it is complete and on disk.
pub(super) fn write(path: &Path, secret: &[u8], if_there: IfThere) -> io::Result<bool> {
    let folder = folder_of(path);
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".secret-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    writeln!(file, "{}", BASE64.encode(secret))?;
    file.as_file().sync_all()?;
    let persisted = match if_there {
        IfThere::Keep => file.persist_noclobber(path),
        IfThere::Replace => file.persist(path),
    };
    match persisted {
        Ok(_) => {}
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(failed) => return Err(failed.error),
    }
    File::open(folder)?.sync_all()?;
    Ok(true)
}

/// The folder that the file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::tests::{DEVELOPMENT, PRODUCTION, config};
    use super::*;

    const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn with_file(base: &[(&str, &str)], path: &Path) -> Config {
        let mut settings = base.to_vec();
        settings.retain(|(name, _)| *name != "KEYWRIGHT_SECRET");
        settings.push(("KEYWRIGHT_SECRET_FILE", path.to_str().unwrap()));
        config(&settings)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_first_start_in_development_makes_the_file_and_the_second_reads_it() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a/b/secret");
        let config = with_file(DEVELOPMENT, &path);

        let first = config.load_or_create_secret(|bytes| bytes.fill(7)).unwrap();
        let second = config.load_or_create_secret(|_| panic!("the file is there")).unwrap();

        assert_eq!(first.bytes.expose(), &[7; 32]);
        assert_eq!(first.created.as_deref(), Some(path.as_path()));
        assert_eq!(second.bytes.expose(), first.bytes.expose());
        assert_eq!((second.created, second.warnings), (None, Vec::new()));
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn of_starts_at_once_one_makes_the_file_and_all_have_its_secret() {
        let folder = TempDir::new().unwrap();
        let config = with_file(DEVELOPMENT, &folder.path().join("secret"));

        let loaded: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..16u8)
                .map(|n| {
                    let config = &config;
                    scope.spawn(move || config.load_or_create_secret(|bytes| bytes.fill(n)).unwrap())
                })
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });

        assert_eq!(loaded.iter().filter(|secret| secret.created.is_some()).count(), 1);
        assert!(loaded.iter().all(|secret| secret.bytes.expose() == loaded[0].bytes.expose()));
    }

    #[test]
    fn outside_development_a_missing_file_is_refused() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, SECRET).unwrap();
        let config = with_file(PRODUCTION, &path);
        fs::remove_file(&path).unwrap();

        let refusal =
            config.load_or_create_secret(|_| panic!("never in production")).unwrap_err().to_string();

        assert!(refusal.contains("environment variable KEYWRIGHT_SECRET_FILE"), "{refusal}");
        assert!(refusal.contains("does not exist"), "{refusal}");
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_others_may_read_is_taken_with_a_warning() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, format!("{SECRET}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();

        let loaded = with_file(PRODUCTION, &path).load_or_create_secret(|_| panic!("it is there")).unwrap();

        assert_eq!(loaded.bytes.expose(), &(0..32).collect::<Vec<u8>>());
        let [warning] = loaded.warnings.as_slice() else { panic!("{:?}", loaded.warnings) };
        assert!(
            warning.to_string().contains("mode 0640") && warning.to_string().contains("chmod 600"),
            "{warning}"
        );
    }

    #[test]
    fn garbage_is_refused_and_not_repeated() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("secret");
        for garbage in ["", "hunter2", "hunter2 hunter2 hunter2 hunter2 hunter2 hunter2 hunter2"] {
            fs::write(&path, garbage).unwrap();

            let refusal =
                with_file(DEVELOPMENT, &path).load_or_create_secret(|_| panic!("it is there")).unwrap_err();

            let (text, debug) = (refusal.to_string(), format!("{refusal:?}"));
            assert!(text.contains(path.to_str().unwrap()), "{text}");
            assert!(!text.contains("hunter2") && !debug.contains("hunter2"), "{text}");
        }
        fs::write(&path, [0xff; 10_000]).unwrap();
        assert!(with_file(DEVELOPMENT, &path).load_or_create_secret(|_| panic!("it is there")).is_err());
    }

    #[test]
    fn a_folder_in_its_place_is_refused() {
        let folder = TempDir::new().unwrap();

        let refusal =
            with_file(DEVELOPMENT, folder.path()).load_or_create_secret(|_| panic!("no")).unwrap_err();

        assert!(refusal.to_string().contains("cannot be read"), "{refusal}");
    }

    #[test]
    fn a_given_secret_goes_before_the_file_and_the_previous_one_comes_along() {
        let settings = [
            DEVELOPMENT,
            &[("KEYWRIGHT_SECRET", SECRET), ("KEYWRIGHT_SECRET_PREVIOUS", &BASE64.encode([9; 40]))],
        ];
        let loaded = config(&settings.concat()).load_or_create_secret(|_| panic!("it is given")).unwrap();

        assert_eq!(loaded.bytes.expose().len(), 32);
        assert_eq!(loaded.previous.as_ref().unwrap().expose(), &[9; 40]);
        assert_eq!(format!("{loaded:?}").matches("***").count(), 2);
    }

    #[test]
    fn the_previous_secret_stands_beside_the_file_unless_it_is_configured() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("secret");
        let beside = folder.path().join("secret.previous");
        fs::write(&path, SECRET).unwrap();
        let load = |settings: &[(&str, &str)]| {
            let mut config = with_file(PRODUCTION, &path);
            config.secret_previous = settings
                .iter()
                .find(|(name, _)| *name == "previous")
                .map(|(_, value)| SecretBytes::parse(value).unwrap());
            config.load_secret().map(Option::unwrap)
        };

        assert!(load(&[]).unwrap().previous.is_none());
        fs::write(&beside, BASE64.encode([9; 32])).unwrap();
        let found = load(&[]).unwrap();
        assert_eq!(found.previous.unwrap().expose(), &[9; 32]);
        assert!(found.warnings.iter().any(|warning| warning.to_string().contains("secret.previous")));
        let configured = load(&[("previous", &BASE64.encode([8; 32]))]).unwrap();
        assert_eq!(configured.previous.unwrap().expose(), &[8; 32]);
        fs::write(&beside, SECRET).unwrap();
        assert!(load(&[]).unwrap().previous.is_none(), "the same secret is no previous one");
        fs::write(&beside, "hunter2").unwrap();
        assert!(load(&[]).unwrap_err().to_string().contains("secret.previous"));
    }
}
