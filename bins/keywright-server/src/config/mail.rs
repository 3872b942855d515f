//! The mail server and the sender.

use std::borrow::Cow;
use std::fmt;

use keywright_adapters::smtp::{Sender, SmtpLogin, SmtpSecurity};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value as Json, json};
use url::{Host, Url};

use super::secret::MASK;
use super::value::{Leaf, Reason};

/// Characters to encode in a user name that is shown.
const USER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// Where mail goes. Shown without the password.
#[derive(Clone, Debug)]
pub enum MailUrl {
    /// Kept in the development inbox.
    Inbox,
    /// Handed to a mail server.
    Smtp(SmtpServer),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    /// Protection of the connection.
    pub security: SmtpSecurity,
    /// A name or an address (an IPv6 one without brackets).
    pub host: String,
    /// The default depends on the scheme: 25, 587 or 465.
    pub port: u16,
    /// Credentials, if the server requires any.
    pub login: Option<SmtpLogin>,
}

/// The scheme of each kind of protection.
const SCHEMES: [(&str, SmtpSecurity); 3] =
    [("smtp", SmtpSecurity::Plain), ("smtp+starttls", SmtpSecurity::StartTls), ("smtps", SmtpSecurity::Tls)];

impl Leaf for MailUrl {
    const SECRET: bool = true;

    fn expected() -> Cow<'static, str> {
        "`inbox:`, `smtp://host`, `smtps://user:password@host` or `smtp+starttls://user:password@host`, with \
         user and password percent-encoded"
            .into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        if text == "inbox:" {
            return Ok(Self::Inbox);
        }
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        let security =
            SCHEMES.iter().find_map(|(scheme, security)| (*scheme == url.scheme()).then_some(*security));
        let security = security.ok_or("has an unknown scheme")?;
        let host = match url.host().ok_or("names no host")? {
            Host::Ipv6(address) => address.to_string(),
            Host::Ipv4(address) => address.to_string(),
            Host::Domain(name) => name.to_ascii_lowercase(),
        };
        if host.is_empty() || host.contains('%') {
            return Err("names no host".into());
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("has more than a scheme, a user, a password, a host and a port".into());
        }
        let port = url.port().unwrap_or_else(|| security.default_port());
        Ok(Self::Smtp(SmtpServer { security, host, port, login: login(&url)? }))
    }

    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

fn login(url: &Url) -> Result<Option<SmtpLogin>, Reason> {
    let decoded = |text| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(Cow::into_owned).map_err(|_| "has a user or a password that is not UTF-8")
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) => Err("has a password and no user".into()),
        (_, None | Some("")) => Err("has a user and no password".into()),
        (user, Some(password)) => Ok(Some(SmtpLogin { user: decoded(user)?, password: decoded(password)? })),
    }
}

impl fmt::Display for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Smtp(server) = self else { return f.write_str("inbox:") };
        let scheme =
            SCHEMES.iter().find_map(|(scheme, security)| (*security == server.security).then_some(*scheme));
        write!(f, "{}://", scheme.unwrap_or_default())?;
        if let Some(login) = &server.login {
            write!(f, "{}:{MASK}@", utf8_percent_encode(&login.user, USER))?;
        }
        let ipv6 = server.host.contains(':');
        if ipv6 {
            write!(f, "[{}]:{}", server.host, server.port)
        } else {
            write!(f, "{}:{}", server.host, server.port)
        }
    }
}

impl Leaf for Sender {
    fn expected() -> Cow<'static, str> {
        "an address, or a name and an address, such as `Keywright <no-reply@example.com>`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        let text = String::parse(text)?;
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"'), address.trim()),
            None => ("", text.as_str()),
        };
        let parts = address.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let plain = |text: &str| !text.contains(|c: char| c.is_whitespace() || "<>@,;:\"()[]\\".contains(c));
        if !parts.is_some_and(|(local, domain)| plain(local) && plain(domain)) {
            return Err("has no e-mail address".into());
        }
        if name.contains(['<', '>', '"']) {
            return Err("has a name that no e-mail takes".into());
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address: address.to_owned() })
    }

    fn show(&self) -> Json {
        match &self.name {
            Some(name) => json!(format!("{name} <{}>", self.address)),
            None => json!(self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> SmtpServer {
        let Ok(MailUrl::Smtp(server)) = MailUrl::parse(text) else { panic!("{text}") };
        server
    }

    #[test]
    fn the_scheme_decides_protection_and_port() {
        for (text, security, port) in [
            ("smtp://mail.example.com", SmtpSecurity::Plain, 25),
            ("smtp+starttls://mail.example.com", SmtpSecurity::StartTls, 587),
            ("smtps://Mail.Example.Com/", SmtpSecurity::Tls, 465),
            ("smtps://mail.example.com:2465", SmtpSecurity::Tls, 2465),
        ] {
            let server = server(text);

            assert_eq!((server.security, server.port), (security, port), "{text}");
            assert_eq!(server.host, "mail.example.com");
            assert!(server.login.is_none());
        }
        assert_eq!(server("smtp://[::1]:1025").host, "::1");
        assert!(matches!(MailUrl::parse("inbox:"), Ok(MailUrl::Inbox)));
    }

    #[test]
    fn user_and_password_are_decoded_and_the_password_is_never_shown() {
        let url = MailUrl::parse("smtps://me%40example.com:hunter%2f2@mail.example.com").unwrap();

        let MailUrl::Smtp(server) = &url else { panic!("not smtp") };
        let login = server.login.as_ref().unwrap();
        assert_eq!((login.user.as_str(), login.password.as_str()), ("me@example.com", "hunter/2"));
        assert_eq!(url.to_string(), "smtps://me%40example.com:***@mail.example.com:465");
        for text in [url.to_string(), format!("{url:?}"), url.show().to_string()] {
            assert!(!text.contains("hunter"), "{text}");
        }
        assert_eq!(MailUrl::parse("smtp://[::1]").unwrap().to_string(), "smtp://[::1]:25");
    }

    #[test]
    fn what_is_no_mail_server_is_refused() {
        for bad in [
            "inbox",
            "inbox:x",
            "mail.example.com",
            "smtp:mail.example.com",
            "smtp://",
            "https://mail.example.com",
            "smtp://mail.example.com/path",
            "smtp://mail.example.com?tls=1",
            "smtp://user@mail.example.com",
            "smtp://user:@mail.example.com",
            "smtp://:password@mail.example.com",
            "smtp://user:12/x@mail.example.com",
            "smtp://user:%ff@mail.example.com",
        ] {
            assert!(MailUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_sender_has_an_address_and_maybe_a_name() {
        let named = Sender::parse("Keywright <no-reply@localhost>").unwrap();
        assert_eq!(
            (named.name.as_deref(), named.address.as_str()),
            (Some("Keywright"), "no-reply@localhost")
        );
        assert_eq!(named.show(), "Keywright <no-reply@localhost>");

        let quoted = Sender::parse("\"Keywright\" <a@b.example>").unwrap();
        assert_eq!(quoted.show(), "Keywright <a@b.example>");

        let bare = Sender::parse("a@b.example").unwrap();
        assert_eq!((bare.name.as_deref(), bare.show()), (None, json!("a@b.example")));
    }

    #[test]
    fn a_sender_that_would_break_a_header_is_refused() {
        for bad in [
            "Keywright",
            "<a@b",
            "a@b\r\nBcc: c@d",
            "a b@c",
            "x <a@b> <c@d>",
            "@b",
            "a@",
            "a@b@c",
            "a@b, c@d",
        ] {
            assert!(Sender::parse(bad).is_err(), "{bad}");
        }
    }
}
