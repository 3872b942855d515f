//! How mail leaves the server.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value as Json, json};
use url::{Host, Url};

use super::error::ConfigError;
use super::reader::Reader;
use super::secret::{MASK, Secret};
use super::value::{Leaf, Reason};

/// What a user is encoded by when it is shown.
const USER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// `mail.*`
#[derive(Clone, Debug)]
pub struct Mail {
    /// `mail.url`. Default: `inbox:`.
    pub url: MailUrl,
    /// `mail.from`: the sender. Default: `Keywright <no-reply@localhost>`.
    pub from: Mailbox,
    /// `mail.ca_file`: authorities that the mail server's certificate may be from besides the system's, as PEM.
    /// Default: none.
    pub ca_file: Option<PathBuf>,
}

impl Mail {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            url: reader.value("mail.url", "inbox:")?,
            from: reader.value("mail.from", "Keywright <no-reply@localhost>")?,
            ca_file: reader.optional("mail.ca_file")?,
        })
    }
}

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
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// A name or an address (an IPv6 one without brackets).
    pub host: String,
    /// Default: 25, 465 or 587, as the scheme has it.
    pub port: u16,
    /// Who signs in, if anybody does.
    pub login: Option<SmtpLogin>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// `smtp://`: not at all.
    Plain,
    /// `smtp+starttls://`: TLS after `STARTTLS`, and nothing without it.
    StartTls,
    /// `smtps://`: TLS from the first byte.
    Tls,
}

/// A user of a mail server.
#[derive(Clone, Debug)]
pub struct SmtpLogin {
    /// The user's name, decoded.
    pub user: String,
    /// The password, decoded.
    pub password: Secret<String>,
}

impl SmtpSecurity {
    fn of(scheme: &str) -> Option<Self> {
        [Self::Plain, Self::StartTls, Self::Tls].into_iter().find(|security| security.scheme() == scheme)
    }

    fn scheme(self) -> &'static str {
        match self {
            Self::Plain => "smtp",
            Self::StartTls => "smtp+starttls",
            Self::Tls => "smtps",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Plain => 25,
            Self::StartTls => 587,
            Self::Tls => 465,
        }
    }
}

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
        let security = SmtpSecurity::of(url.scheme()).ok_or("has an unknown scheme")?;
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
        let port = url.port().unwrap_or_else(|| security.port());
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
        (user, Some(password)) => {
            Ok(Some(SmtpLogin { user: decoded(user)?, password: Secret::new(decoded(password)?) }))
        }
    }
}

impl fmt::Display for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Smtp(server) = self else { return f.write_str("inbox:") };
        write!(f, "{}://", server.security.scheme())?;
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

/// Whom mail is from: an address, and a name for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// What people see.
    pub name: Option<String>,
    /// `local@domain`
    pub address: String,
}

impl Leaf for Mailbox {
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
        json!(self.to_string())
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
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
        assert_eq!((login.user.as_str(), login.password.expose().as_str()), ("me@example.com", "hunter/2"));
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
        let named = Mailbox::parse("Keywright <no-reply@localhost>").unwrap();
        assert_eq!(
            (named.name.as_deref(), named.address.as_str()),
            (Some("Keywright"), "no-reply@localhost")
        );
        assert_eq!(named.to_string(), "Keywright <no-reply@localhost>");

        let quoted = Mailbox::parse("\"Keywright\" <a@b.example>").unwrap();
        assert_eq!(quoted.to_string(), "Keywright <a@b.example>");

        let bare = Mailbox::parse("a@b.example").unwrap();
        assert_eq!((bare.name.as_deref(), bare.to_string().as_str()), (None, "a@b.example"));
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
            assert!(Mailbox::parse(bad).is_err(), "{bad}");
        }
    }
}
