//! A user: a person's account.

pub mod port;

use chrono::{DateTime, Utc};

use crate::email::EmailAddress;
use crate::id::UserId;

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: EmailAddress,
    /// True if its owner has proved that they receive mail there.
    pub email_verified: bool,
    /// The address that the owner wants instead and has yet to prove.
    pub pending_email: Option<EmailAddress>,
    pub profile: Profile,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Since when it may not sign in, by an operator's decision.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// A person's own profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// 1-128 characters.
    pub name: Option<String>,
    /// An https URL.
    pub avatar_url: Option<String>,
    /// A BCP 47 language tag.
    pub locale: Option<String>,
    /// An IANA time zone name.
    pub time_zone: Option<String>,
}

/// A change of a profile; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    pub name: Option<String>,
    /// The inner none removes it.
    pub avatar_url: Option<Option<String>>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
}

/// The policy for opening accounts by signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignupPolicy {
    /// Everybody who receives mail at their address.
    Open,
    /// Everybody with an address in one of these domains (lower case).
    Domains(Vec<String>),
    /// Nobody: accounts are made by an operator.
    Closed,
}

impl SignupPolicy {
    /// True if `email` may open an account.
    pub fn admits(&self, email: &EmailAddress) -> bool {
        match self {
            Self::Open => true,
            Self::Domains(domains) => domains.iter().any(|domain| domain == email.domain()),
            Self::Closed => false,
        }
    }
}

impl User {
    /// A new account whose owner has proved their address.
    pub fn signed_up(id: UserId, email: EmailAddress, now: DateTime<Utc>) -> Self {
        Self {
            id,
            email,
            email_verified: true,
            pending_email: None,
            profile: Profile::default(),
            created_at: now,
            updated_at: now,
            last_sign_in_at: Some(now),
            disabled_at: None,
        }
    }

    /// A new account whose owner has yet to prove their address.
    pub fn unproven(id: UserId, email: EmailAddress, now: DateTime<Utc>) -> Self {
        Self { email_verified: false, last_sign_in_at: None, ..Self::signed_up(id, email, now) }
    }

    /// True if it may sign in and use what it has.
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// The same after its owner signed in by proving the address. Nothing stays of whoever used the account before
    /// that: the profile is as that of a new one, and the passkeys and sessions are to go, too.
    #[must_use]
    pub fn signed_in_by_mail(&self, now: DateTime<Utc>) -> Self {
        let profile = if self.email_verified { self.profile.clone() } else { Profile::default() };
        Self { email_verified: true, last_sign_in_at: Some(now), profile, ..self.clone() }
    }

    /// The same after its owner signed in with a passkey.
    #[must_use]
    pub fn signed_in_by_passkey(&self, now: DateTime<Utc>) -> Self {
        Self { last_sign_in_at: Some(now), ..self.clone() }
    }

    /// True if a magic link is a way in for its owner.
    pub fn can_sign_in_by_mail(&self) -> bool {
        self.email_verified
    }

    /// The same with its profile changed, and the names of the fields that are different now.
    pub fn with_profile(&self, change: &ProfileChange, now: DateTime<Utc>) -> (Self, Vec<&'static str>) {
        let before = &self.profile;
        let profile = Profile {
            name: change.name.clone().or_else(|| before.name.clone()),
            avatar_url: change.avatar_url.clone().unwrap_or_else(|| before.avatar_url.clone()),
            locale: change.locale.clone().or_else(|| before.locale.clone()),
            time_zone: change.time_zone.clone().or_else(|| before.time_zone.clone()),
        };
        let changed: Vec<_> = [
            ("name", profile.name != before.name),
            ("avatar_url", profile.avatar_url != before.avatar_url),
            ("locale", profile.locale != before.locale),
            ("time_zone", profile.time_zone != before.time_zone),
        ]
        .into_iter()
        .filter_map(|(field, is_changed)| is_changed.then_some(field))
        .collect();
        if changed.is_empty() {
            return (self.clone(), changed);
        }
        (Self { profile, updated_at: now, ..self.clone() }, changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> User {
        User::signed_up(
            UserId(uuid::Uuid::nil()),
            EmailAddress::parse("ada@example.com").unwrap(),
            DateTime::UNIX_EPOCH,
        )
    }

    #[test]
    fn a_change_touches_only_what_it_names() {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(1);
        let named = ProfileChange { name: Some("Ada".into()), ..ProfileChange::default() };

        let (user, changed) = ada().with_profile(&named, now);
        let (again, nothing) = user.with_profile(&named, now + chrono::TimeDelta::hours(1));

        assert_eq!(changed, ["name"]);
        assert_eq!((user.profile.name.as_deref(), user.updated_at), (Some("Ada"), now));
        assert_eq!((again, nothing), (user, vec![]));
    }

    #[test]
    fn an_avatar_can_be_removed() {
        let set =
            ProfileChange { avatar_url: Some(Some("https://a.b/c".into())), ..ProfileChange::default() };
        let removed = ProfileChange { avatar_url: Some(None), ..ProfileChange::default() };

        let (with, _) = ada().with_profile(&set, DateTime::UNIX_EPOCH);
        let (without, changed) = with.with_profile(&removed, DateTime::UNIX_EPOCH);

        assert_eq!(with.profile.avatar_url.as_deref(), Some("https://a.b/c"));
        assert_eq!((without.profile.avatar_url, changed), (None, vec!["avatar_url"]));
    }

    #[test]
    fn a_policy_admits_by_domain() {
        let email = EmailAddress::parse("ada@example.com").unwrap();

        assert!(SignupPolicy::Open.admits(&email));
        assert!(SignupPolicy::Domains(vec!["example.com".into()]).admits(&email));
        assert!(!SignupPolicy::Domains(vec!["ample.com".into()]).admits(&email));
        assert!(!SignupPolicy::Closed.admits(&email));
    }
}
