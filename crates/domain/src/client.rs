//! The OAuth clients of this server. All are public (RFC 6749 §2.1): none has a secret.

use std::fmt;

/// A client's identifier: the built-in `cli` or `web`, or one from the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(String);

impl ClientId {
    /// The built-in client of command-line tools.
    pub const CLI: &'static str = "cli";
    /// The built-in client of browsers.
    pub const WEB: &'static str = "web";

    /// An identifier that the store remembers or the configuration names.
    pub fn from_trusted(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The built-in client of browsers.
    pub fn web() -> Self {
        Self(Self::WEB.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client that may use this server.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: ClientId,
    /// Display name.
    pub name: String,
}

/// The client is not registered (RFC 6749 §5.2, `invalid_client`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client is unknown: use a registered client_id, or leave it out")]
pub struct UnknownClient;

/// Every client that may use this server.
#[derive(Clone, Debug)]
pub struct Clients(Vec<Client>);

impl Clients {
    /// These clients, the built-in ones included.
    pub fn new(clients: Vec<Client>) -> Self {
        Self(clients)
    }

    /// The client that `id` names, or the built-in `default` when there is no `id`.
    pub fn find(&self, id: Option<&str>, default: &str) -> Result<&Client, UnknownClient> {
        let id = id.unwrap_or(default);
        self.0.iter().find(|client| client.id.as_str() == id).ok_or(UnknownClient)
    }
}

/// Name that a client claims for its device: at most 64 letters, digits, spaces and `. _ - ( ) '`.
/// Anybody can claim any name, so people are shown it as unverified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName(String);

/// The name has characters that it may not have, or too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("client_name takes at most 64 letters, digits, spaces and . _ - ( ) '")]
pub struct BadClientName;

impl ClientName {
    /// The name in `text`; none if it is blank.
    pub fn parse(text: &str) -> Result<Option<Self>, BadClientName> {
        let text = text.trim_matches(' ');
        if text.chars().count() > 64 || !text.chars().all(|c| c.is_alphanumeric() || " ._-()'".contains(c)) {
            return Err(BadClientName);
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_text_of_64_characters() {
        assert_eq!(ClientName::parse(" Ada's laptop (2) ").unwrap().unwrap().as_str(), "Ada's laptop (2)");
        assert_eq!(ClientName::parse("   "), Ok(None));
        assert!(ClientName::parse(&"é".repeat(64)).is_ok());
        for bad in [&"a".repeat(65), "<b>", "a\nb", "a\u{202e}b", "a;b", "http://x"] {
            assert_eq!(ClientName::parse(bad), Err(BadClientName), "{bad:?}");
        }
    }
}
