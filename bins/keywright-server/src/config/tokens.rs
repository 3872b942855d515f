//! Access tokens and the keys that sign them.

use std::time::Duration;

use super::duration::Positive;
use super::error::ConfigError;
use super::origin::WebOrigin;
use super::reader::Reader;
use super::value::choice;

/// `tokens.*`
#[derive(Clone, Debug)]
pub struct Tokens {
    /// `tokens.algorithm`. Default: `EdDSA`.
    pub algorithm: TokenAlgorithm,
    /// `tokens.audience`: the `aud` of every access token. Default: `public_url`.
    pub audience: String,
    /// `tokens.access_lifetime`. Default: 4 hours.
    pub access_lifetime: Duration,
    /// `tokens.key_rotation`: how long a key signs. Default: 30 days.
    pub key_rotation: Duration,
}

choice! {
    /// What access tokens are signed with (RFC 7518, RFC 8037).
    TokenAlgorithm {
        /// Ed25519.
        EdDsa = "EdDSA",
        /// P-256.
        Es256 = "ES256",
        /// RSA, for verifiers that know nothing else.
        Rs256 = "RS256",
    }
}

impl Tokens {
    pub(super) fn read(reader: &mut Reader, public_url: &WebOrigin) -> Result<Self, ConfigError> {
        Ok(Self {
            algorithm: reader.value("tokens.algorithm", "EdDSA")?,
            audience: reader.value_or("tokens.audience", || public_url.to_string())?,
            access_lifetime: reader.value::<Positive>("tokens.access_lifetime", "4h")?.0,
            key_rotation: reader.value::<Positive>("tokens.key_rotation", "30d")?.0,
        })
    }
}
