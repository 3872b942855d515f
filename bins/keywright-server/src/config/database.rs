//! Where the data lives.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use url::Url;

use super::error::ConfigError;
use super::reader::Reader;
use super::secret::{MASK, Secret};
use super::value::{Leaf, Reason};

/// `database.*`
#[derive(Clone, Debug)]
pub struct Database {
    /// `database.url`. Default: `sqlite://data/keywright.db`.
    pub url: DatabaseUrl,
    /// `database.pool_size`: how many connections at most. Default: 16.
    pub pool_size: NonZeroU32,
}

impl Database {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            url: reader.value("database.url", "sqlite://data/keywright.db")?,
            pool_size: reader.value("database.pool_size", "16")?,
        })
    }
}

/// Which database, and where.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`: a file, relative to the working directory unless the path begins with a slash.
    Sqlite(PathBuf),
    /// `postgres://…`
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL server, or of several that stand in for each other; it may hold a password. Shown
/// without it.
#[derive(Clone)]
pub struct PostgresUrl {
    text: Secret<String>,
    /// The same with the first host alone.
    first: Url,
    /// The other hosts, each after a comma.
    others: String,
}

impl PostgresUrl {
    /// The whole URL, password and all.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.first.clone();
        if shown.password().is_some() {
            // It has a password, so it may have another.
            let _ = shown.set_password(Some(MASK));
        }
        let parameters: Vec<_> = shown.query_pairs().into_owned().collect();
        if !parameters.is_empty() {
            let masked = |(name, value): (String, String)| {
                let secret = name.to_ascii_lowercase().contains("pass");
                (name, if secret { MASK.to_owned() } else { value })
            };
            shown.query_pairs_mut().clear().extend_pairs(parameters.into_iter().map(masked));
        }
        let (scheme, rest) = shown.as_str().split_once("://").unwrap_or_default();
        let (authority, path) = rest.split_at(authority_length(rest));
        write!(f, "{scheme}://{authority}{}{path}", self.others)
    }
}

/// Where the authority of a URL ends that begins after `://` (RFC 3986 §3.2).
fn authority_length(rest: &str) -> usize {
    rest.find(['/', '?', '#']).unwrap_or(rest.len())
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl Leaf for DatabaseUrl {
    const SECRET: bool = true;

    fn expected() -> Cow<'static, str> {
        "`sqlite://` and the path of a file, or `postgres://user:password@host/database`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        let Some((scheme, rest)) = text.split_once("://") else { return Err("is not a URL".into()) };
        match scheme {
            "sqlite" if rest.is_empty() => Err("names no file".into()),
            "sqlite" if rest.starts_with(':') => {
                Err("names no file, and a database in memory cannot be shared".into())
            }
            "sqlite" if rest.contains('?') => Err("has parameters, and a SQLite file takes none".into()),
            "sqlite" => PathBuf::parse(rest).map(Self::Sqlite),
            "postgres" | "postgresql" => postgres(text).map(Self::Postgres),
            _ => Err("names an unknown kind of database".into()),
        }
    }

    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

fn postgres(text: &str) -> Result<PostgresUrl, Reason> {
    const UNREADABLE: &str = "cannot be read (is the password percent-encoded?)";
    let (scheme, rest) = text.split_once("://").ok_or(UNREADABLE)?;
    let (authority, path) = rest.split_at(authority_length(rest));
    // A comma in a password is none between hosts.
    let hosts_at = authority.rfind('@').map_or(0, |at| at + 1);
    let (user, hosts) = authority.split_at(hosts_at);
    let (first, others) = hosts.split_at(hosts.find(',').unwrap_or(hosts.len()));
    let parse = |host: &str| Url::parse(&format!("{scheme}://{user}{host}{path}")).map_err(|_| UNREADABLE);
    let url = parse(first)?;
    for other in others.split(',').skip(1) {
        if parse(other)?.host_str().is_none_or(str::is_empty) {
            return Err("names a host that is empty".into());
        }
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no host".into());
    }
    // An unencoded `/`, `?` or `#` in a password can end the host early: what follows is no path then.
    if url.fragment().is_some() || url.path().contains('@') || url.query().unwrap_or_default().contains('@') {
        return Err("has a character in its user or password that must be percent-encoded".into());
    }
    Ok(PostgresUrl { text: Secret::new(text.to_owned()), first: url, others: others.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        DatabaseUrl::parse(text).ok().map(|url| url.to_string())
    }

    #[test]
    fn sqlite_is_a_path() {
        for path in ["data/keywright.db", "/var/lib/kw.db"] {
            let url = DatabaseUrl::parse(&format!("sqlite://{path}")).unwrap();

            assert!(matches!(&url, DatabaseUrl::Sqlite(found) if found.as_os_str() == path), "{url:?}");
            assert_eq!(url.to_string(), format!("sqlite://{path}"));
        }
    }

    #[test]
    fn postgres_keeps_its_password_and_never_shows_it() {
        let url = DatabaseUrl::parse(
            "postgresql://kw:hunter2@db.internal:5433/kw?sslmode=require&sslpassword=hunter2",
        )
        .unwrap();

        let DatabaseUrl::Postgres(postgres) = &url else { panic!("not postgres") };
        assert!(postgres.expose().contains("kw:hunter2@"));
        for text in [url.to_string(), format!("{url:?}"), url.show().to_string()] {
            assert!(
                text.contains("postgresql://kw:***@db.internal:5433/kw?sslmode=require&sslpassword=***"),
                "{text}"
            );
            assert!(!text.contains("hunter2"), "{text}");
        }
        assert_eq!(shown("postgres://db/kw").as_deref(), Some("postgres://db/kw"));
    }

    #[test]
    fn several_hosts_are_kept_and_their_password_is_not_shown() {
        let text = "postgres://kw:a%2Cb@db1:5432,db2:5433/kw?sslmode=verify-full";

        let DatabaseUrl::Postgres(postgres) = DatabaseUrl::parse(text).unwrap() else {
            panic!("not postgres")
        };
        assert_eq!(postgres.expose(), text);
        assert_eq!(postgres.to_string(), "postgres://kw:***@db1:5432,db2:5433/kw?sslmode=verify-full");
        assert_eq!(shown("postgres://db1,db2/kw").as_deref(), Some("postgres://db1,db2/kw"));
    }

    #[test]
    fn other_databases_and_nameless_ones_are_refused() {
        for bad in [
            "data/keywright.db",
            "sqlite:data/keywright.db",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://kw.db?mode=ro",
            "mysql://host/kw",
            "postgres://",
            "postgres:///kw",
            "postgres://db1,/kw",
            "postgres://db1:x,db2/kw",
            "postgres://kw:pa/ss@host/kw",
            "postgres://kw:12/ss@host/kw",
            "postgres://kw:12?ss@host/kw",
            "postgres://kw:12#ss@host/kw",
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }
}
