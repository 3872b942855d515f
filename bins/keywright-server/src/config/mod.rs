//! The typed configuration: built-in defaults, then the file, then the environment; later layers win.
//!
//! Every mistake is reported at once. Each names the key, the source of its value and the remedy; no secret is ever
//! part of it.

mod client;
mod database;
mod duration;
mod error;
mod file;
mod mail;
mod origin;
mod reader;
mod row;
mod safety;
mod secret;
mod secret_file;
mod secret_rotation;
mod settings;
mod source;
mod unknown;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

pub use self::client::ResourceServer;
pub use self::database::{DatabaseUrl, PostgresUrl};
pub use self::duration::OrZero;
pub use self::error::{ConfigError, Finding};
pub use self::mail::{MailUrl, SmtpServer};
pub use self::origin::{Domain, WebOrigin};
pub use self::secret::{Secret, SecretBytes};
pub use self::secret_file::LoadedSecret;
pub use self::secret_rotation::SecretFiles;
pub use self::settings::*;
pub use self::source::{Setting, Source, Sources};
pub use self::value::LogFormat;

use self::reader::Reader;
use self::source::PREFIX;

/// A configuration that was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Unknown variables and probable mistakes.
    pub warnings: Vec<Finding>,
}

impl Config {
    /// The configuration that a server may start with: [`Config::read`] and [`Config::check`].
    ///
    /// `option` is the file that `--config` names; `environment` is all of it, see [`environment`].
    pub fn load(
        option: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigError> {
        let loaded = Self::read(option, environment)?;
        loaded.config.check()?;
        Ok(loaded)
    }

    /// The configuration as it is written, safe or not, for a command that only shows it.
    pub fn read(
        option: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigError> {
        let environment: BTreeMap<_, _> = environment.into_iter().collect();
        let variable = environment.get(unknown::CONFIG).map(|path| (unknown::CONFIG, path.as_str()));
        let mut reader = Reader::new(file::open(option, variable)?, environment);
        let config = Self::read_from(&mut reader);
        let (mistakes, mut warnings) = reader.finish();
        ConfigError::check(mistakes.clone())?;
        let config = config.ok_or(ConfigError(mistakes))?;
        warnings.extend(config.warnings());
        Ok(Loaded { config, warnings })
    }
}

/// The environment variables of this process that begin with the prefix. Bytes that are not UTF-8 are replaced.
pub fn environment() -> Vec<(String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}
