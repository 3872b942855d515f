//! A passkey: a person signs in with a key that never leaves their authenticator (WebAuthn Level 3).
//!
//! 1. A ceremony begins: a challenge, for a registration by a person or for a sign-in by anybody.
//! 2. The authenticator answers it, once, within five minutes (§7.1, §7.2).
//! 3. The registration makes a passkey; the sign-in opens a session.

pub mod ceremony;
pub mod port;
pub mod provider;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

pub use self::ceremony::{Ceremony, CeremonyKind};
use crate::activity::{Activity, Event};
use crate::id::{PasskeyId, UserId};
use crate::request_context::RequestContext;
use crate::session::{Authentication, AuthenticationMethod};

/// Largest number of passkeys of an account.
pub const MOST: u32 = 20;

/// Credential id of a passkey, unique among all authenticators: at most 1023 bytes (WebAuthn §4).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(pub Vec<u8>);

/// One passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    pub id: PasskeyId,
    pub user_id: UserId,
    pub credential_id: CredentialId,
    /// The public key and what else the verification needs, as its adapter wrote it. No secret.
    pub data: String,
    pub name: PasskeyName,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    /// The signature counter of its last use; 0 if the authenticator has none (§6.1.1).
    pub counter: u32,
    /// True if it can be on more than one device. Never changes (§6.1.3).
    pub backup_eligible: bool,
    /// True if it was at its last use.
    pub backed_up: bool,
    /// Hints for browsers on how to reach it, at most [`Transports::MOST`].
    pub transports: Transports,
    /// The authenticator's model; all zeros if it does not say.
    pub aaguid: Uuid,
}

/// Display name of a passkey: 1-128 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyName(String);

/// The name is empty, too long, or has control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 128 characters, none of them control characters")]
pub struct BadPasskeyName;

impl PasskeyName {
    /// The name in `text`, surrounding space apart.
    pub fn parse(text: &str) -> Result<Self, BadPasskeyName> {
        let text = text.trim();
        let is_name = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_name.then(|| Self(text.to_owned())).ok_or(BadPasskeyName)
    }

    /// Initial name of a passkey from the authenticator `aaguid`.
    pub fn usual(aaguid: Uuid) -> Self {
        Self(provider::name(aaguid).unwrap_or("Passkey").to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Transports of an authenticator (§5.8.4): short lower-case words, sorted and unique.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transports(Vec<String>);

impl Transports {
    /// Largest number of transports kept.
    pub const MOST: usize = 8;

    /// Those of `words` that look like transports. They are hints from the browser, so the rest is dropped.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let is_word = |word: &&str| {
            (1..=16).contains(&word.len())
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        let mut kept: Vec<_> =
            words.into_iter().filter(is_word).take(Self::MOST).map(ToOwned::to_owned).collect();
        kept.sort_unstable();
        kept.dedup();
        Self(kept)
    }

    /// The words.
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

/// The verified content of an authenticator's assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assertion {
    pub counter: u32,
    pub backed_up: bool,
}

/// Judgement of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// The passkey as it must be stored, and what its owner has proved.
    Accepted(Passkey, Authentication),
    /// The counter did not rise: two authenticators may hold this passkey. Nothing changes.
    CounterRejected,
}

impl Passkey {
    /// An activity of its owner that concerns this passkey.
    pub fn activity(&self, event: Event, at: &RequestContext) -> Activity {
        let details = json!({ "passkey_id": self.id, "name": self.name.as_str() });
        Activity::new(event, self.user_id, at).with_details(details)
    }

    /// Judges an answer at `now` (§7.2 step 22): the counter must rise, unless neither side has one.
    pub fn used(&self, assertion: Assertion, now: DateTime<Utc>) -> Use {
        let has_counter = assertion.counter > 0 || self.counter > 0;
        if has_counter && assertion.counter <= self.counter {
            return Use::CounterRejected;
        }
        let used = Self {
            counter: assertion.counter,
            backed_up: assertion.backed_up,
            last_used_at: Some(now.max(self.last_used_at.unwrap_or(now))),
            ..self.clone()
        };
        let authentication = Authentication { at: now, method: self.method() };
        Use::Accepted(used, authentication)
    }

    /// The authentication method: synced if the passkey can leave its authenticator.
    pub fn method(&self) -> AuthenticationMethod {
        if self.backup_eligible {
            AuthenticationMethod::SyncedPasskey
        } else {
            AuthenticationMethod::BoundPasskey
        }
    }

    /// The name of its authenticator, if it is known.
    pub fn provider(&self) -> Option<&'static str> {
        provider::name(self.aaguid)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn passkey(counter: u32) -> Passkey {
        Passkey {
            id: PasskeyId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            credential_id: CredentialId(vec![1]),
            data: "{}".into(),
            name: PasskeyName::parse("Laptop").unwrap(),
            created_at: at(0),
            last_used_at: None,
            counter,
            backup_eligible: true,
            backed_up: false,
            transports: Transports::default(),
            aaguid: Uuid::nil(),
        }
    }

    #[test]
    fn a_counter_must_rise_unless_there_is_none() {
        for (stored, presented, is_accepted) in [
            (0, 0, true),
            (0, 1, true),
            (1, 2, true),
            (5, u32::MAX, true),
            (1, 1, false),
            (1, 0, false),
            (u32::MAX, 0, false),
        ] {
            let used = passkey(stored).used(Assertion { counter: presented, backed_up: true }, at(9));

            match used {
                Use::Accepted(after, authentication) => {
                    assert!(is_accepted, "{stored} {presented}");
                    assert_eq!((after.counter, after.backed_up), (presented, true));
                    assert_eq!((after.last_used_at, authentication.at), (Some(at(9)), at(9)));
                }
                Use::CounterRejected => assert!(!is_accepted, "{stored} {presented}"),
            }
        }
    }

    #[test]
    fn what_it_proves_follows_from_its_eligibility() {
        let bound = Passkey { backup_eligible: false, ..passkey(0) };

        assert_eq!(passkey(0).method().amr(), ["swk", "user"]);
        assert_eq!(bound.method().amr(), ["hwk", "user"]);
    }

    #[test]
    fn a_use_with_an_earlier_instant_does_not_turn_back_the_last_one() {
        let used = Passkey { last_used_at: Some(at(9)), ..passkey(0) };

        let Use::Accepted(after, _) = used.used(Assertion { counter: 0, backed_up: false }, at(5)) else {
            panic!("not accepted")
        };

        assert_eq!(after.last_used_at, Some(at(9)));
    }

    #[test]
    fn names_have_their_bounds() {
        assert_eq!(PasskeyName::parse(" My key ").unwrap().as_str(), "My key");
        assert!(PasskeyName::parse(&"é".repeat(128)).is_ok());
        for bad in ["", "  ", "a\u{0}b", "a\nb", &"a".repeat(129)] {
            assert_eq!(PasskeyName::parse(bad), Err(BadPasskeyName), "{bad:?}");
        }
    }

    #[test]
    fn transports_are_short_words_each_once() {
        let long = "a".repeat(17);
        let kept = Transports::new(["usb", "internal", "usb", "smart-card", "", "<b>", "USB", &long]);

        assert_eq!(kept.words(), ["internal", "smart-card", "usb"]);
        assert_eq!(Transports::new(["a", "b", "c", "d", "e", "f", "g", "h", "i"]).words().len(), 8);
    }
}
