//! An organization: accounts that belong together. Operators make them; people see theirs.

pub mod port;

use std::fmt;

use chrono::{DateTime, Utc};

use crate::id::OrganizationId;

/// One organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: OrganizationName,
    pub slug: Slug,
    pub created_at: DateTime<Utc>,
}

/// Role of an account in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Every organization that has members keeps at least one.
    Owner,
    Admin,
    Member,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Member];

    /// The role as clients see it and the store keeps it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// The role that `text` names.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Display name of an organization: 1-128 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationName(String);

impl OrganizationName {
    /// `text` without spaces around it, if that is a name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_name = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_name.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Unique name of an organization in addresses: 1-64 of `a-z`, `0-9` and `-`, which neither begins nor ends it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    /// `text`, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_slug = (1..=64).contains(&text.len())
            && text.bytes().all(is_letter)
            && !text.starts_with('-')
            && !text.ends_with('-');
        is_slug.then(|| Self(text.to_owned()))
    }

    /// The slug that `name` suggests; none if it has no letter or digit of ASCII.
    pub fn of(name: &OrganizationName) -> Option<Self> {
        let letter =
            |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' };
        let words: String = name.as_str().chars().map(letter).collect();
        let joined = words.split_whitespace().collect::<Vec<_>>().join("-");
        let short: String = joined.chars().take(64).collect();
        Self::parse(short.trim_end_matches('-'))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_plain_and_in_lower_case() {
        for good in ["a", "acme", "acme-2", &"a".repeat(64)] {
            assert_eq!(Slug::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "Acme", "a b", "ä", "a/b", &"a".repeat(65)] {
            assert_eq!(Slug::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_name_suggests_a_slug() {
        let of = |name| Slug::of(&OrganizationName::parse(name).unwrap()).map(|slug| slug.to_string());

        assert_eq!(of(" Acme  & Sons, Ltd. ").as_deref(), Some("acme-sons-ltd"));
        let long = "ab ".repeat(40);
        assert_eq!(of(&long).unwrap().len(), 64);
        assert_eq!(of("東京"), None);
    }

    #[test]
    fn names_have_bounds() {
        assert_eq!(OrganizationName::parse(" Acme ").unwrap().as_str(), "Acme");
        for bad in ["", "  ", "a\nb", &"a".repeat(129)] {
            assert_eq!(OrganizationName::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn every_role_is_found_by_its_text() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
