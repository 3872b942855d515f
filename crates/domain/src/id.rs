//! Typed identifiers: UUID version 4 for users, version 7 for the high-volume records (RFC 9562).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::entropy::{Entropy, random};

/// A version 7 UUID of `now` and ten random bytes.
pub fn version_7(now: DateTime<Utc>, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! time_ordered {
    ($($name:ident),+) => {$(
        impl $name {
            /// A new one, ordered by `now`.
            pub fn new(now: DateTime<Utc>, entropy: &dyn Entropy) -> Self {
                Self(version_7(now, random(entropy)))
            }
        }
    )+};
}

id!(
    /// A person's account.
    UserId
);
id!(
    /// One sign-in on one device.
    SessionId
);
id!(
    /// One run of the device flow.
    DeviceAuthorizationId
);
id!(
    /// One magic link; clients know it as `request_id`.
    MagicLinkId
);
id!(
    /// One change of an account's address.
    EmailChangeId
);
id!(
    /// One organization.
    OrganizationId
);
id!(
    /// One passkey.
    PasskeyId
);
id!(
    /// One WebAuthn ceremony; clients know it as `challenge_id`.
    CeremonyId
);
id!(
    /// One message to be sent.
    MailId
);
id!(
    /// One entry of an account's activity.
    ActivityId
);
id!(
    /// One renewal of a session.
    RotationId
);

time_ordered!(EmailChangeId, SessionId, DeviceAuthorizationId, MagicLinkId, CeremonyId, MailId, ActivityId);

macro_rules! random {
    ($($name:ident),+) => {$(
        impl $name {
            /// A new random one.
            pub fn new(entropy: &dyn Entropy) -> Self {
                Self(Builder::from_random_bytes(random(entropy)).into_uuid())
            }
        }
    )+};
}

random!(UserId, OrganizationId, PasskeyId);
