//! Where a sign-in may lead.

use url::Url;

/// A path on this server, or a URL on an origin that the configuration allows. Checked when it is asked for,
/// so that a mail never becomes an open redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectTo(String);

/// It leads elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither a path on this server nor a URL on an allowed origin")]
pub struct LeadsElsewhere;

impl RedirectTo {
    /// Greatest length, in bytes.
    pub const MAX: usize = 2048;

    /// The target in `text`, on the server at `public_url` or on one of `origins` (`https://host[:port]`).
    pub fn parse(text: &str, public_url: &Url, origins: &[String]) -> Result<Self, LeadsElsewhere> {
        let is_plain = text.chars().all(|c| !c.is_control() && !c.is_whitespace() && c != '\\');
        if text.len() > Self::MAX || !is_plain {
            return Err(LeadsElsewhere);
        }
        let leads_here = || {
            let target = public_url.join(text).ok()?;
            // Who resolves it by steps must not come to `//host` either.
            let leads_away = text.starts_with("//") || target.path().starts_with("//");
            (text.starts_with('/') && !leads_away && target.origin() == public_url.origin()).then_some(())
        };
        let leads_to_allowed = || {
            let target = Url::parse(text).ok()?;
            let has_no_login = target.username().is_empty() && target.password().is_none();
            // Only in full it is the same to everybody: browsers take `https:host` for a path, and `blob:` has the origin of
            // what is inside.
            let is_in_full = text.split_once("://").is_some_and(|(scheme, rest)| {
                scheme.eq_ignore_ascii_case(target.scheme()) && !rest.starts_with('/')
            });
            let is_allowed =
                |origin: &String| Url::parse(origin).is_ok_and(|allowed| allowed.origin() == target.origin());
            let is_known = target.origin().is_tuple() && origins.iter().any(is_allowed);
            (is_in_full && has_no_login && is_known).then_some(())
        };
        leads_here().or_else(leads_to_allowed).map(|()| Self(text.to_owned())).ok_or(LeadsElsewhere)
    }

    /// The text as stored.
    pub fn from_trusted(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The path or URL, as it was asked for.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RedirectTo, LeadsElsewhere> {
        let public_url = Url::parse("https://auth.example.com").unwrap();
        RedirectTo::parse(text, &public_url, &["https://app.example.com".to_owned()])
    }

    #[test]
    fn paths_here_and_urls_on_allowed_origins_are_kept_as_they_are() {
        for text in [
            "/",
            "/account?x=1#y",
            "/a//b",
            "HTTPS://app.example.com/",
            "https://app.example.com/in?next=%2F",
            "https://app.example.com:443/",
        ] {
            assert_eq!(parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn everything_else_leads_elsewhere() {
        let long = format!("/{}", "a".repeat(RedirectTo::MAX));
        for text in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/..//evil.example",
            "/.//evil.example",
            "/a/%2e%2e//evil.example",
            "https://evil.example",
            "https:app.example.com",
            "https:/app.example.com",
            "https:///app.example.com",
            "blob:https://app.example.com/x",
            "https://auth.example.com/account",
            "http://app.example.com/",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://me:pw@app.example.com/",
            "https://app.example.com:444/",
            "javascript:alert(1)",
            "data:text/html,x",
            " /account",
            &long,
        ] {
            assert_eq!(parse(text), Err(LeadsElsewhere), "{text:?}");
        }
    }
}
