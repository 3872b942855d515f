//! Every setting of the server. This table is the one place that names a setting: it makes the typed field, the reader,
//! the line that `config` prints, the text of `keywright.example.toml`, and the row in `docs/configuration.md`
//! (`just settings` writes both files).
//!
//! A default is the text that the file would hold, or one of
//!
//! - `(none, "example")`: no default;
//! - `(derived EXPRESSION, "in words", "in development")`: depends on settings above it;
//! - `(machine EXPRESSION, "in words", "example")`: depends on the machine;
//! - `(rows BUILT_IN, "example")`: tables, after the built-in ones.

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use chrono::TimeDelta;
use ipnet::IpNet;
use keywright_adapters::smtp::Sender;
use keywright_domain::client::Client;
use keywright_domain::rate_limit::Rate;
use keywright_domain::retention::Retention;
use keywright_domain::signing_key::Algorithm;
use keywright_domain::user::SignupPolicy;
use keywright_web::forwarded::ForwardedHeader;
use tracing::Level;

use super::client::{ResourceServer, built_in};
use super::database::DatabaseUrl;
use super::duration::OrZero;
use super::mail::MailUrl;
use super::origin::{Domain, WebOrigin};
use super::reader::Reader;
use super::secret::SecretBytes;
use super::source::Sources;
use super::value::LogFormat;

/// The documentation of one section of the file.
pub struct SectionText {
    /// The name of the TOML table. Empty for the keys above all tables.
    pub name: &'static str,
    /// One sentence.
    pub text: &'static str,
    /// The settings, in order.
    pub settings: &'static [SettingText],
}

/// The documentation of one setting.
pub struct SettingText {
    /// The name within the section.
    pub name: &'static str,
    /// The lines of its description.
    pub text: &'static [&'static str],
    /// The default.
    pub default: DefaultText,
}

/// The documentation of a default.
pub enum DefaultText {
    /// A fixed value, as the file would hold it.
    Fixed(&'static str),
    /// No default; an example value.
    None(&'static str),
    /// Derived from other settings: in words, and its value in development.
    Derived(&'static str, &'static str),
    /// Dependent on the machine: in words, and an example value.
    Machine(&'static str, &'static str),
    /// Tables: an example.
    Rows(&'static str),
}

macro_rules! settings {
    (
        top { $($(#[doc = $top_doc:literal])+ $top:ident: $top_type:ty = $top_default:tt;)+ }
        $(section $kind:tt $section:ident: $Section:ident $section_doc:literal {
            $($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:tt;)+
        })+
        tables { $($(#[doc = $table_doc:literal])+ $table:ident: $table_type:ty = $table_default:tt;)+ }
    ) => {
        /// Every setting of the server, each valid by itself. Debug shows secrets as `***`.
        #[derive(Clone, Debug)]
        pub struct Config {
            $($(#[doc = $top_doc])+ pub $top: $top_type,)+
            $(#[doc = $section_doc] pub $section: $Section,)+
            $($(#[doc = $table_doc])+ pub $table: $table_type,)+
            /// The source of each value.
            pub sources: Sources,
        }

        $(settings!(@section $kind #[doc = $section_doc] $Section { $($(#[doc = $doc])+ $name: $type,)+ });)+

        impl Config {
            /// Takes every setting from `reader`. `None` if `reader` has found a mistake.
            pub(super) fn read_from(reader: &mut Reader) -> Option<Self> {
                $(let $top: Option<$top_type> = settings!(@read reader, stringify!($top), $top_default);)+
                $(let $section = {
                    $(let $name: Option<$type> = settings!(
                        @read reader, concat!(stringify!($section), ".", stringify!($name)), $default
                    );)+
                    move || Some($Section { $($name: $name?,)+ })
                };)+
                $(let $table: Option<$table_type> = settings!(@read reader, stringify!($table), $table_default);)+
                Some(Self {
                    $($section: $section()?,)+
                    $($top: $top?,)+
                    $($table: $table?,)+
                    sources: reader.sources.clone(),
                })
            }
        }

        /// The documentation of every setting, in the order of the file.
        pub static SECTIONS: &[SectionText] = &[
            SectionText { name: "", text: "Keys above all tables.", settings: &[$(settings!(
                @text $top, [$($top_doc),+], $top_default
            )),+] },
            $(SectionText { name: stringify!($section), text: $section_doc, settings: &[$(settings!(
                @text $name, [$($doc),+], $default
            )),+] },)+
            SectionText { name: "", text: "Arrays of tables.", settings: &[$(settings!(
                @text $table, [$($table_doc),+], $table_default
            )),+] },
        ];
    };

    (@section [new] $(#[$meta:meta])* $Section:ident { $($(#[$field_meta:meta])+ $name:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $Section { $($(#[$field_meta])+ pub $name: $type,)+ }
    };
    // The struct is the domain's.
    (@section [domain] $($rest:tt)*) => {};

    (@read $reader:ident, $key:expr, $text:literal) => { $reader.value($key, $text) };
    (@read $reader:ident, $key:expr, (none, $example:literal)) => { $reader.optional($key) };
    (@read $reader:ident, $key:expr, (derived $value:expr, $words:literal, $shown:literal)) => {
        $reader.value_or($key, || $value)
    };
    (@read $reader:ident, $key:expr, (machine $value:expr, $words:literal, $example:literal)) => {
        $reader.value_or($key, || Some($value))
    };
    (@read $reader:ident, $key:expr, (rows $built_in:expr, $example:literal)) => { $reader.rows($key, $built_in) };

    (@text $name:ident, $text:tt, $default:tt) => {
        SettingText { name: stringify!($name), text: &$text, default: settings!(@default $default) }
    };
    (@default $text:literal) => { DefaultText::Fixed($text) };
    (@default (none, $example:literal)) => { DefaultText::None($example) };
    (@default (derived $value:expr, $words:literal, $shown:literal)) => { DefaultText::Derived($words, $shown) };
    (@default (machine $value:expr, $words:literal, $shown:literal)) => { DefaultText::Machine($words, $shown) };
    (@default (rows $built_in:expr, $example:literal)) => { DefaultText::Rows($example) };
}

settings! {
    top {
        /// Origin that browsers see: in every link, in `iss`, and for passkeys; never taken from `Host`. With
        /// `http://localhost` and a loopback listener this is a development server. Anything else needs https, a
        /// secret and a mail server.
        public_url: WebOrigin = "http://localhost:8080";
        /// Secret from which every key is derived: 32 random bytes or more in base64url, as
        /// `openssl rand -base64 32 | tr '+/' '-_'` prints. Takes precedence over `secret_file`.
        secret: Option<SecretBytes> = (none, "…");
        /// File that holds the secret, relative to the working directory. In development the first start creates it;
        /// in production it has to exist.
        secret_file: PathBuf = "data/secret";
        /// Secret before the last rotation: its credentials are accepted until they expire. If it is not set, the
        /// server reads the file beside `secret_file` whose name ends in `.previous`, where
        /// `keywright-server secret rotate` puts it. If `secret` is set, rotate by hand: put the old value here and a
        /// new one into `secret`. Restart every server after either.
        secret_previous: Option<SecretBytes> = (none, "…");
    }
    section [new] server: Server "Listeners, threads and trusted proxies." {
        /// Address of the public listener. Port 0 picks a free port.
        listen: SocketAddr = "127.0.0.1:8080";
        /// Address of the listener for `/metrics` and the probes, for your own network only; `off` for none.
        admin_listen: Option<SocketAddr> = "127.0.0.1:8081";
        /// Addresses or networks of your proxies, such as `["10.0.0.0/8"]`. The forwarding header counts only from
        /// these.
        trusted_proxies: Vec<IpNet> = "[]";
        /// Forwarding header to read: `x-forwarded-for` or `forwarded`. The other one is ignored.
        forwarded_header: ForwardedHeader = "x-forwarded-for";
        /// Threads that serve requests.
        workers: NonZeroUsize = (
            machine thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            "the number of cores",
            "4"
        );
    }
    section [new] database: Database "The database." {
        /// `sqlite://` and a path, relative to the working directory unless it begins with a slash, or a
        /// `postgres://` URL.
        url: DatabaseUrl = "sqlite://data/keywright.db";
        /// Maximum number of connections.
        pool_size: NonZeroUsize = "16";
    }
    section [new] mail: Mail "Outgoing mail." {
        /// `inbox:` keeps mail in the development inbox. For a mail server: `smtps://user:password@host`,
        /// `smtp+starttls://user:password@host` or, without protection, `smtp://host`. User and password are
        /// percent-encoded.
        url: MailUrl = "inbox:";
        /// Sender.
        from: Sender = "Keywright <no-reply@localhost>";
        /// PEM file of authorities to trust for the mail server's certificate, besides the system's. The environment
        /// variable `SSL_CERT_FILE` replaces the system's own.
        ca_file: Option<PathBuf> = (none, "mail-ca.pem");
    }
    section [new] signup: Signup "New accounts." {
        /// `open` lets anyone create an account, `domains` only the addresses of `signup.domains`, `closed` nobody.
        policy: SignupPolicy = "open";
        /// Domains whose addresses may sign up under the policy `domains`.
        domains: Vec<Domain> = "[]";
    }
    section [new] tokens: Tokens "Access tokens and the keys that sign them." {
        /// Signature algorithm: `EdDSA`, `ES256` or `RS256` (2048 bits; longer tokens). After a change, the next key
        /// uses it: that key is published at once and signs ten minutes later. Tokens of the old key stay valid.
        algorithm: Algorithm = "EdDSA";
        /// `aud` of every access token.
        audience: String = (
            derived public_url.as_ref().map(ToString::to_string), "`public_url`", "http://localhost:8080"
        );
        /// Lifetime of an access token.
        access_lifetime: TimeDelta = "4h";
        /// Time a key signs before the next one takes over. The next key is published ten minutes earlier, so a
        /// shorter time counts as ten minutes. A key is removed when its last token has expired.
        key_rotation: TimeDelta = "30d";
    }
    section [new] session: Session "Lifetimes of sessions and tolerance of refresh tokens." {
        /// Time after its last refresh at which a session ends.
        idle: TimeDelta = "30d";
        /// Time after its sign-in at which a session ends in any case.
        absolute: TimeDelta = "180d";
        /// Time in which a spent refresh token gets the same successor again; `0s` for never.
        retry_window: OrZero = "60s";
        /// Time in which a spent refresh token gets a new successor, as long as the first has not been used; `0s` for
        /// never. With `0s` for both windows a refresh token works once.
        lost_response_window: OrZero = "1h";
        /// Maximum age of a sign-in for sensitive actions.
        fresh: TimeDelta = "15m";
    }
    section [new] device: Device "Device authorizations (RFC 8628)." {
        /// Time in which a device code can be approved and claimed.
        lifetime: TimeDelta = "10m";
        /// Time between two polls of a device.
        interval: TimeDelta = "5s";
        /// Maximum number of polls that wait for a decision; further polls are answered at once.
        max_waiting: usize = "1000";
        /// Wrong user codes that one account may enter.
        misses_per_account: Rate = "10/10m";
        /// Wrong user codes that one address may enter.
        misses_per_address: Rate = "100/10m";
    }
    section [new] magic_link: MagicLink "Sign-in by mail." {
        /// Time in which a link, or its code, signs in.
        lifetime: TimeDelta = "15m";
        /// Origins that `redirect_to` may name besides this server, such as `["https://app.example.com"]`.
        redirect_origins: Vec<WebOrigin> = "[]";
    }
    section [new] webauthn: Webauthn "The relying party of passkeys (WebAuthn Level 3 §5.1.3)." {
        /// Domain that passkeys belong to: the host of `public_url` or a domain above it. A change makes all passkeys
        /// useless.
        rp_id: Domain = (
            derived public_url.as_ref().map(Domain::from_origin), "the host of `public_url`", "localhost"
        );
        /// Name that authenticators show.
        rp_name: String = (derived public_url.as_ref().map(WebOrigin::host), "the host of `public_url`", "localhost");
        /// Origins of the pages that may use the passkeys.
        origins: Vec<WebOrigin> = (
            derived public_url.clone().map(|origin| vec![origin]), "`public_url`", "[\"http://localhost:8080\"]"
        );
    }
    section [new] rate_limit: RateLimit "Limits per address and per mailbox." {
        /// Requests from one address; `off` for no limit.
        per_address: Option<Rate> = "100/minute";
        /// Magic links to one email address that one network requests.
        magic_link_per_email_and_network: Rate = "5/15m";
        /// Magic links to one email address that all networks request together.
        magic_link_per_email: Rate = "30/h";
    }
    section [domain] retention: Retention "Time after which old data is removed. Data in use stays longer: docs/retention.md." {
        /// IP addresses and user agents, in records that stay longer themselves.
        client_info: TimeDelta = "30d";
        /// Sessions, after their end.
        sessions: TimeDelta = "30d";
        /// Activity of an account.
        activity: TimeDelta = "365d";
        /// Device authorizations, after their expiry.
        device_authorizations: TimeDelta = "1d";
        /// Magic links, after their expiry.
        magic_links: TimeDelta = "1d";
        /// Mails, after they were sent or abandoned.
        mails: TimeDelta = "14d";
        /// Changes of email addresses, after they were requested.
        email_changes: TimeDelta = "60d";
    }
    section [new] cors: Cors "Cross-origin requests." {
        /// Origins whose pages may call the API from a browser, never with cookies, such as
        /// `["https://app.example.com"]`.
        origins: Vec<WebOrigin> = "[]";
    }
    section [new] log: Log "The log, on standard error." {
        /// `pretty` or `json`.
        format: LogFormat = (
            machine if io::stderr().is_terminal() { LogFormat::Pretty } else { LogFormat::Json },
            "`pretty` on a terminal, else `json`",
            "json"
        );
        /// Least severe level that is logged: `error`, `warn`, `info`, `debug` or `trace`.
        level: Level = "info";
    }
    tables {
        /// Public clients besides the built-in `cli` and `web`: one table each.
        clients: Vec<Client> = (rows built_in(), "id = \"tv\"\nname = \"Television\"");
        /// Services that may introspect tokens: one table each.
        resource_servers: Vec<ResourceServer> = (rows Vec::new(), "id = \"api\"\nsecret = \"…\"");
    }
}
