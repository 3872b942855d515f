//! A signing key: what access tokens are signed with, and verified by everybody else (RFC 7517).

pub mod flow;
pub mod port;

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// What a key signs with (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    EdDsa,
}

impl Algorithm {
    /// The name in `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with this name.
    pub fn parse(name: &str) -> Option<Self> {
        (name == Self::EdDsa.as_str()).then_some(Self::EdDsa)
    }
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
    pub created_at: DateTime<Utc>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
