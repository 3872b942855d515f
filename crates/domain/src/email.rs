//! E-mail addresses.

use std::fmt;

/// An address that mail can be sent to: `local@domain`, in lower case, at most 254 characters, in the
/// dot-atom form of RFC 5322 §3.4.1 (no quotes, no comments, no control characters).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// The text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an e-mail address")]
pub struct NotAnAddress;

impl EmailAddress {
    /// The address in `text`, surrounding spaces apart.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnAddress)?;
        if text.len() > 254 || local.len() > 64 || !is_dot_atom(local) || !is_domain(domain) {
            return Err(NotAnAddress);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain after the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_dot_atom(local: &str) -> bool {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_case() {
        let address = EmailAddress::parse(" Ada.Lovelace+cli@Example.COM ").unwrap();

        assert_eq!(address.as_str(), "ada.lovelace+cli@example.com");
        assert_eq!(address.domain(), "example.com");
    }

    #[test]
    fn what_is_no_address_or_carries_a_header_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let endless = format!("a@{}.com", "b.".repeat(200));
        for text in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a b@c.d",
            "a@b@c.d",
            "a@-b.c",
            "a..b@c.d",
            ".a@c.d",
            "a@c..d",
            "\"a b\"@c.d",
            "a@c.d\r\nBcc: x@y.z",
            "a@c.d\n",
            "a\r\n@c.d",
            "a@c.d\0",
            "a,b@c.d",
            "<a@c.d>",
            "a@[127.0.0.1]",
            &long,
            &endless,
        ] {
            assert_eq!(EmailAddress::parse(text), Err(NotAnAddress), "{text:?}");
        }
    }
}
