//! Web origins (RFC 6454): scheme, host and port, one spelling each. And domains.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Value as Json, json};
use url::{Host, Url};

use super::value::{Leaf, Reason};

/// An `http` or `https` origin. The host is lower-case ASCII and the default port is left out, so two
/// spellings of one origin are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(Url);

impl WebOrigin {
    /// The origin as a URL whose path is `/`.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// `https`, not `http`.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host as it stands in a URL (an IPv6 address in brackets).
    pub fn host(&self) -> String {
        self.0.host_str().unwrap_or_default().to_owned()
    }

    /// The host, when it is a name.
    pub fn domain(&self) -> Option<&str> {
        self.0.domain()
    }

    /// The port that a browser connects to.
    pub fn port_or_default(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The host is exactly `localhost`, which browsers trust without `https`.
    pub fn is_localhost(&self) -> bool {
        self.domain() == Some("localhost")
    }
}

/// Without a trailing slash.
impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Leaf for WebOrigin {
    fn expected() -> Cow<'static, str> {
        "a scheme, a host and, where needed, a port, such as `https://auth.example.com`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        if text.contains('@') {
            return Err("has a user name or a password".into());
        }
        if text.contains(['*', '\\']) || text.contains(char::is_whitespace) {
            return Err("has characters that no origin has".into());
        }
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("is neither http:// nor https://".into());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("has a query or a fragment".into());
        }
        if url.path() != "/" || !text.contains("://") {
            return Err("has a path".into());
        }
        if url.port() == Some(0) {
            return Err("has the port 0".into());
        }
        Ok(Self(url))
    }

    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

/// A domain name in lower-case ASCII, such as `example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain(String);

impl Domain {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host of an origin, which may be an IP address.
    pub(super) fn from_origin(origin: &WebOrigin) -> Self {
        Self(origin.host())
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Leaf for Domain {
    fn expected() -> Cow<'static, str> {
        "a domain name without a scheme, a port or an `@`, such as `example.com`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        let name = match Host::parse(text).map_err(|_| "is not a domain name")? {
            Host::Domain(name) => name,
            Host::Ipv4(_) | Host::Ipv6(_) => return Err("is an IP address, not a domain name".into()),
        };
        let label = |label: &str| {
            let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            plain && !label.is_empty() && label.len() <= 63
        };
        if name.len() <= 253 && name.split('.').all(label) {
            Ok(Self(name))
        } else {
            Err("is not a domain name".into())
        }
    }

    fn show(&self) -> Json {
        json!(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        WebOrigin::parse(text).ok().map(|origin| origin.to_string())
    }

    #[test]
    fn an_origin_has_one_spelling() {
        for (text, origin) in [
            ("https://auth.example.com", "https://auth.example.com"),
            ("https://auth.example.com/", "https://auth.example.com"),
            ("HTTPS://Auth.Example.COM:443/", "https://auth.example.com"),
            ("https://auth.example.com:8443", "https://auth.example.com:8443"),
            ("http://localhost:80", "http://localhost"),
            ("http://LOCALHOST:8080", "http://localhost:8080"),
            ("https://münchen.example", "https://xn--mnchen-3ya.example"),
            ("https://[::1]:443", "https://[::1]"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(origin), "{text}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for (text, reason) in [
            ("https://example.com/auth", "has a path"),
            ("https://example.com//", "has a path"),
            ("https:example.com", "has a path"),
            ("https://example.com?x=1", "has a query or a fragment"),
            ("https://example.com/?", "has a query or a fragment"),
            ("https://example.com#x", "has a query or a fragment"),
            ("https://user@example.com", "has a user name or a password"),
            ("https://user:pass@example.com", "has a user name or a password"),
            ("https://@example.com", "has a user name or a password"),
            ("ftp://example.com", "is neither http:// nor https://"),
            ("example.com", "is not a URL"),
            ("null", "is not a URL"),
            ("https://", "is not a URL"),
            ("https://*.example.com", "has characters that no origin has"),
            ("*", "has characters that no origin has"),
            ("https://example.com:0", "has the port 0"),
            ("https://example.com:70000", "is not a URL"),
        ] {
            assert_eq!(WebOrigin::parse(text), Err(reason.into()), "{text}");
        }
    }

    #[test]
    fn localhost_is_that_name_alone() {
        let is_localhost = |text: &str| WebOrigin::parse(text).unwrap().is_localhost();

        assert!(is_localhost("http://localhost:8080"));
        for other in [
            "http://127.0.0.1",
            "http://[::1]",
            "http://localhost.",
            "http://app.localhost",
            "http://localhost.example",
        ] {
            assert!(!is_localhost(other), "{other}");
        }
    }

    #[test]
    fn an_origin_knows_its_parts() {
        let origin = WebOrigin::parse("https://auth.example.com").unwrap();

        assert!(origin.is_https());
        assert_eq!((origin.url().port(), origin.port_or_default()), (None, 443));
        assert_eq!((origin.host().as_str(), origin.domain()), ("auth.example.com", Some("auth.example.com")));
        let address = WebOrigin::parse("http://[::1]:81").unwrap();
        assert_eq!(
            (address.host().as_str(), address.domain(), address.url().port()),
            ("[::1]", None, Some(81))
        );
    }

    #[test]
    fn domains_are_names_in_lower_case() {
        assert_eq!(Domain::parse("Example.COM").unwrap().as_str(), "example.com");
        assert_eq!(Domain::parse("münchen.example").unwrap().as_str(), "xn--mnchen-3ya.example");
        for bad in [
            "10.0.0.1",
            "[::1]",
            "https://example.com",
            "example.com:80",
            "@example.com",
            "a@b.c",
            "*.b.c",
            ".b",
            "b.",
            "a b",
        ] {
            assert!(Domain::parse(bad).is_err(), "{bad}");
        }
    }
}
