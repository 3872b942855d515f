//! The server's secret: the root of every key but those that outlive it.

use std::fmt;

use aws_lc_rs::hkdf;

/// At least 32 random bytes, from which every other key is derived (HKDF-SHA-256, RFC 5869).
#[derive(Clone)]
pub struct ServerSecret(Vec<u8>);

/// The secret is too short to be one.
#[derive(Debug, thiserror::Error)]
#[error("a secret has at least {} bytes", ServerSecret::MIN_BYTES)]
pub struct TooShort;

/// The crypto library refused to derive a key.
#[derive(Debug, thiserror::Error)]
#[error("no key could be derived from the secret")]
pub struct DerivationFailed;

impl ServerSecret {
    /// Fewer bytes than these are refused.
    pub const MIN_BYTES: usize = 32;

    /// A secret of these bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, TooShort> {
        if bytes.len() < Self::MIN_BYTES { Err(TooShort) } else { Ok(Self(bytes)) }
    }

    /// The key for `purpose`. Different purposes give unrelated keys.
    pub fn derive(&self, purpose: &str) -> Result<[u8; 32], DerivationFailed> {
        let mut key = [0; 32];
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"keywright/v1")
            .extract(&self.0)
            .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .map_err(|_| DerivationFailed)?;
        Ok(key)
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(***)")
    }
}
