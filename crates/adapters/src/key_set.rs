//! The keys that a server works with: which one signs, which one a token names, and what is published.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Header, Validation};
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::schedule::schedule;
use serde_json::{Value, json};

use crate::jwk::{KeyError, OpenKey};
use crate::seal::Seal;

/// RFC 9068 §2.1.
pub(crate) const TYPE: &str = "at+jwt";

/// Keys that are open, in the order in which they sign. Never changed: another takes its place.
pub(crate) struct KeySet {
    keys: Vec<Arc<ReadyKey>>,
    published: Value,
}

/// A key with what it takes to sign and to verify.
pub(crate) struct ReadyKey {
    pub(crate) open: OpenKey,
    pub(crate) header: Header,
    /// The algorithm, and nothing else: the claims are judged elsewhere, because the library asks the clock of
    /// the system for the time and takes a list for an audience.
    pub(crate) validation: Validation,
    signs_from: DateTime<Utc>,
}

impl KeySet {
    /// No key at all.
    pub(crate) fn empty() -> Self {
        Self::of(Vec::new())
    }

    /// `keys`, as far as `seals` open them, and why the others are not in it. What is open in `self` stays so,
    /// whatever it is sealed under by now.
    pub(crate) fn replaced_by(&self, keys: &[SigningKey], seals: &[Seal]) -> (Self, Vec<KeyError>) {
        let mut refused = Vec::new();
        let mut ready = Vec::with_capacity(keys.len());
        // Only the order counts here, and that is the same at all times.
        for scheduled in schedule(keys, DateTime::UNIX_EPOCH) {
            let key = scheduled.key;
            let same = |known: &&Arc<ReadyKey>| {
                known.open.kid == key.kid && known.signs_from == key.place.signs_from
            };
            match self.keys.iter().find(same) {
                Some(known) => ready.push(known.clone()),
                None => match ReadyKey::open(key, seals) {
                    Ok(opened) => ready.push(Arc::new(opened)),
                    Err(error) => refused.push(error),
                },
            }
        }
        (Self::of(ready), refused)
    }

    /// The key that signs at `now`. A clock that is behind all keys is wrong, but no reason to issue nothing.
    pub(crate) fn signer(&self, now: DateTime<Utc>) -> Option<&ReadyKey> {
        let current = self.keys.iter().rfind(|key| key.signs_from <= now);
        current.or(self.keys.first()).map(AsRef::as_ref)
    }

    /// The key of this name.
    pub(crate) fn named(&self, kid: &str) -> Option<&ReadyKey> {
        self.keys.iter().find(|key| key.open.kid == kid).map(AsRef::as_ref)
    }

    /// The public halves as a JWK Set (RFC 7517 §5).
    pub(crate) fn published(&self) -> &Value {
        &self.published
    }

    fn of(keys: Vec<Arc<ReadyKey>>) -> Self {
        let published = json!({"keys": keys.iter().map(|key| &key.open.jwk).collect::<Vec<_>>()});
        Self { keys, published }
    }
}

impl ReadyKey {
    fn open(key: &SigningKey, seals: &[Seal]) -> Result<Self, KeyError> {
        let open = OpenKey::open(key, seals)?;
        let mut validation = Validation::new(open.algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let mut header = Header::new(open.algorithm);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(open.kid.clone());
        Ok(Self { open, header, validation, signs_from: key.place.signs_from })
    }
}
