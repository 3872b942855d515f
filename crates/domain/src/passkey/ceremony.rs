//! A ceremony: one challenge, and what answers it may be given to.

use chrono::{DateTime, TimeDelta, Utc};

use crate::id::{CeremonyId, UserId};

/// Lifetime of a challenge.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// Purpose of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CeremonyKind {
    /// A new passkey for this account.
    Registration(UserId),
    /// A sign-in by whoever it turns out to be.
    SignIn,
}

/// One challenge that the server has made. It is taken by its first answer, right or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    pub id: CeremonyId,
    pub kind: CeremonyKind,
    /// The adapter's verification state, as it wrote it.
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl Ceremony {
    /// A challenge made at `now`.
    pub fn new(id: CeremonyId, kind: CeremonyKind, state: String, now: DateTime<Utc>) -> Self {
        Self { id, kind, state, created_at: now, expires_at: now + LIFETIME }
    }

    /// True if what was made as `kind`, and for whom, may be answered with it at `now`.
    pub fn admits(&self, kind: CeremonyKind, now: DateTime<Utc>) -> bool {
        self.kind == kind && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_challenge_is_for_one_account_one_kind_and_five_minutes() {
        let now = DateTime::UNIX_EPOCH;
        let (ada, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let of = |kind| Ceremony::new(CeremonyId(Uuid::nil()), kind, String::new(), now);
        let (registration, sign_in) = (of(CeremonyKind::Registration(ada)), of(CeremonyKind::SignIn));
        let last = now + LIFETIME - TimeDelta::milliseconds(1);

        assert!(registration.admits(CeremonyKind::Registration(ada), last));
        assert!(sign_in.admits(CeremonyKind::SignIn, last));
        for (ceremony, kind, instant) in [
            (&registration, CeremonyKind::Registration(bob), now),
            (&registration, CeremonyKind::SignIn, now),
            (&sign_in, CeremonyKind::Registration(ada), now),
            (&registration, CeremonyKind::Registration(ada), now + LIFETIME),
            (&sign_in, CeremonyKind::SignIn, now + LIFETIME),
        ] {
            assert!(!ceremony.admits(kind, instant), "{ceremony:?} {kind:?}");
        }
    }
}
