//! The typed configuration: built-in defaults, then the file, then the environment; later wins.
//!
//! Every key is read in one place, beside its default. Whatever is refused is refused with one sentence that
//! names the key, where its value came from and what to do; no secret is ever part of it.

mod client;
mod database;
mod device;
mod duration;
mod error;
mod file;
mod log;
mod magic_link;
mod mail;
mod origin;
mod rate_limit;
mod reader;
mod retention;
mod row;
mod safety;
mod secret;
mod secret_file;
mod secret_rotation;
mod server;
mod session;
mod signup;
mod source;
mod tokens;
mod unknown;
mod value;
mod webauthn;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

pub use self::client::{Client, ResourceServer};
pub use self::database::{Database, DatabaseUrl, PostgresUrl};
pub use self::device::Device;
pub use self::duration::Rate;
pub use self::error::{ConfigError, Refusal};
pub use self::log::{Log, LogFormat, LogLevel};
pub use self::magic_link::MagicLink;
pub use self::mail::{Mail, MailUrl, Mailbox, SmtpLogin, SmtpSecurity, SmtpServer};
pub use self::origin::{Domain, WebOrigin};
pub use self::rate_limit::RateLimit;
pub use self::retention::Retention;
pub use self::secret::{Secret, SecretBytes, SecretSettings};
pub use self::secret_file::LoadedSecret;
pub use self::secret_rotation::SecretFiles;
pub use self::server::{ForwardedHeader, Server};
pub use self::session::Session;
pub use self::signup::{Signup, SignupPolicy};
pub use self::source::{Setting, Source, Sources};
pub use self::tokens::{TokenAlgorithm, Tokens};
pub use self::webauthn::Webauthn;

use self::reader::{PREFIX, Reader};

/// Every setting of the server, valid by itself. Debug shows secrets as `***`.
#[derive(Clone, Debug)]
pub struct Config {
    /// `server.*`
    pub server: Server,
    /// `public_url`: the origin of every link, of `iss` and of WebAuthn; never taken from `Host`.
    /// Default: `http://localhost:8080`.
    pub public_url: WebOrigin,
    /// `database.*`
    pub database: Database,
    /// `secret`, `secret_file`, `secret_previous`
    pub secret: SecretSettings,
    /// `mail.*`
    pub mail: Mail,
    /// `signup.*`
    pub signup: Signup,
    /// `tokens.*`
    pub tokens: Tokens,
    /// `session.*`
    pub session: Session,
    /// `device.*`
    pub device: Device,
    /// `magic_link.*`
    pub magic_link: MagicLink,
    /// `webauthn.*`
    pub webauthn: Webauthn,
    /// `rate_limit.*`
    pub rate_limit: RateLimit,
    /// `retention.*`
    pub retention: Retention,
    /// `clients`, the built-in `cli` and `web` first.
    pub clients: Vec<Client>,
    /// `resource_servers`. Default: none.
    pub resource_servers: Vec<ResourceServer>,
    /// `cors.*`
    pub cors: Cors,
    /// `log.*`
    pub log: Log,
}

/// `cors.*`
#[derive(Clone, Debug)]
pub struct Cors {
    /// `cors.origins`: whose pages may call the API from a browser, never with cookies. Default: none.
    pub origins: Vec<WebOrigin>,
}

/// The configuration, and what there is to say about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Sentences for the log: unknown variables, and what is probably not meant.
    pub warnings: Vec<String>,
    /// Where each value came from; prints the effective tree.
    pub sources: Sources,
}

impl Config {
    /// The configuration that a server may start with: [`Config::read`] and [`Loaded::check`].
    ///
    /// `option` is the file that `--config` names; `environment` is all of it, see [`environment`].
    pub fn load(
        option: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigError> {
        let loaded = Self::read(option, environment)?;
        loaded.check()?;
        Ok(loaded)
    }

    /// The configuration as it is written, safe or not, for a command that only shows it.
    pub fn read(
        option: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigError> {
        let environment: BTreeMap<_, _> = environment.into_iter().collect();
        let file = file::open(
            option,
            environment.get(unknown::CONFIG).map(|path| (unknown::CONFIG, path.as_str())),
        )?;
        let mut reader = Reader::new(file, environment);
        let config = Self::take(&mut reader)?;
        let (sources, mut warnings) = reader.finish()?;
        warnings.extend(safety::advice(&config, &sources));
        Ok(Loaded { config, warnings, sources })
    }

    /// The sections, in the order of the documentation.
    fn take(reader: &mut Reader) -> Result<Self, ConfigError> {
        let server = Server::read(reader)?;
        let public_url = reader.value("public_url", "http://localhost:8080")?;
        Ok(Self {
            server,
            database: Database::read(reader)?,
            secret: SecretSettings::read(reader)?,
            mail: Mail::read(reader)?,
            signup: Signup::read(reader)?,
            tokens: Tokens::read(reader, &public_url)?,
            session: Session::read(reader)?,
            device: Device::read(reader)?,
            magic_link: MagicLink::read(reader)?,
            webauthn: Webauthn::read(reader, &public_url)?,
            rate_limit: RateLimit::read(reader)?,
            retention: Retention::read(reader)?,
            clients: client::clients(reader)?,
            resource_servers: client::resource_servers(reader)?,
            cors: Cors { origins: reader.list("cors.origins", Vec::new)? },
            log: Log::read(reader)?,
            public_url,
        })
    }
}

/// The variables of this process that may be meant for the server. One that is not UTF-8 keeps what is.
pub fn environment() -> Vec<(String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}
