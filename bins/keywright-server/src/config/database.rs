//! The address of the database.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};
use url::Url;

use super::secret::{MASK, Secret};
use super::value::{Leaf, Reason};

/// The kind and the place of a database.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`: a file, relative to the working directory unless the path begins with a slash.
    Sqlite(PathBuf),
    /// `postgres://…`
    Postgres(PostgresUrl),
}

/// The URL of a PostgreSQL server, or of several that stand in for each other. It may hold a password and is shown
/// without it.
#[derive(Clone)]
pub struct PostgresUrl {
    text: Secret<String>,
    shown: String,
}

impl PostgresUrl {
    /// The whole URL with its password.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
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
    // Where the authority ends (RFC 3986 §3.2).
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A comma before the `@` is part of a password.
    let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    // An unencoded `/`, `?` or `#` in a password can end the authority early.
    if path.contains(['@', '#']) || query.contains(['@', '#']) {
        return Err("has a character in its user or password that must be percent-encoded".into());
    }
    let names_host = |parameter: &str| {
        parameter
            .split_once('=')
            .is_some_and(|(name, value)| ["host", "hostaddr"].contains(&name) && !value.is_empty())
    };
    // A socket cannot always stand in the authority: `postgres:///kw?host=/run/postgresql`.
    if hosts.is_empty() && !query.split('&').any(names_host) {
        return Err("names no host".into());
    }
    for host in hosts.split(',') {
        if host.is_empty() && !hosts.is_empty() {
            return Err("names a host that is empty".into());
        }
        let host = if host.is_empty() { "localhost" } else { host };
        let url = Url::parse(&format!("{scheme}://{user}{host}{path}")).map_err(|_| UNREADABLE)?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err("names no host".into());
        }
    }
    let user = user.split_once(':').map_or_else(|| user.to_owned(), |(user, _)| format!("{user}:{MASK}@"));
    let parameters = query.split('&').map(masked).collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    let shown = format!("{scheme}://{user}{hosts}{path}{mark}{parameters}");
    Ok(PostgresUrl { text: Secret::new(text.to_owned()), shown })
}

/// A parameter of a URL, with its value masked if that may be a secret.
fn masked(parameter: &str) -> Cow<'_, str> {
    let name = parameter.split('=').next().unwrap_or_default();
    let is_secret = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase().contains("pass");
    if is_secret { format!("{name}={MASK}").into() } else { parameter.into() }
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
    fn sockets_are_taken_and_nothing_of_the_url_is_dropped() {
        for text in [
            "postgres:///kw?host=/run/postgresql",
            "postgres:///kw?user=kw&hostaddr=10.0.0.1",
            "postgres://kw@/kw?host=/run/postgresql&connect_timeout=3",
            "postgres://%2Frun%2Fpostgresql/kw",
            "postgres://kw@%2Frun%2Fpostgresql,db2:5433/kw?application_name=auth&keepalives=0",
        ] {
            let DatabaseUrl::Postgres(url) = DatabaseUrl::parse(text).unwrap() else { panic!("{text}") };

            assert_eq!((url.expose(), url.to_string().as_str()), (text, text));
        }
        let text = "postgres://kw:hunter2@/kw?host=/run/postgresql&%70assword=hunter2";
        let masked = "postgres://kw:***@/kw?host=/run/postgresql&%70assword=***";
        assert_eq!(shown(text).as_deref(), Some(masked));
        for bad in ["postgres:///kw?host=", "postgres:///kw?ghost=/run", "postgres://kw@/kw"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
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
