//! A signing key: what access tokens are signed with, and verified by everybody else (RFC 7517).

pub mod port;
pub mod schedule;
#[cfg(test)]
mod schedule_tests;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// Signature algorithm of a key (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// Every algorithm there is.
    pub const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// The name in `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// A key's place among the others: decided when it is made, and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The key after which it signs; none for the first of a store, and after an emergency. No two keys follow
    /// the same one, so that of servers that make the next key at once one does.
    pub follows: Option<String>,
    /// When it was made, and so published.
    pub created_at: DateTime<Utc>,
    /// When it begins to sign.
    pub signs_from: DateTime<Utc>,
}

/// One key, as the store keeps it.
#[derive(Clone, PartialEq)]
pub struct SigningKey {
    /// The thumbprint of its public half (RFC 7638).
    pub kid: String,
    pub algorithm: Algorithm,
    /// Its public half, as a JWK with `kid`, `alg` and `use`.
    pub public_jwk: Value,
    /// Its private half, sealed under the server's secret: useless without it.
    pub sealed_private_key: Vec<u8>,
    pub place: Place,
    /// The longest that any token signed with it may live.
    pub token_lifetime: TimeDelta,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
