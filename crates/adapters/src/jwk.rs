//! Signing keys: made and sealed, opened and published (RFC 7517, RFC 8037).

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::Ed25519KeyPair;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{DecodingKey, EncodingKey, errors};
use keywright_domain::clock::to_stored_precision;
use keywright_domain::secret::ServerSecret;
use keywright_domain::signing_key::port::{MakingFailed, SigningKeyMaker};
use keywright_domain::signing_key::{Algorithm, SigningKey};

use crate::seal::{Seal, SealingFailed};

/// Makes Ed25519 keys, sealed under the server's current secret.
pub struct Ed25519KeyMaker(Seal);

impl Ed25519KeyMaker {
    /// A maker whose keys `secret` opens.
    pub fn new(secret: &ServerSecret) -> Result<Self, SealingFailed> {
        Ok(Self(Seal::of(secret)?))
    }

    fn ed25519(&self, now: DateTime<Utc>) -> Result<SigningKey, Failed> {
        // Version 1: the private half alone, which is what the public one is derived from.
        let pkcs8 = Ed25519KeyPair::generate()?.to_pkcs8v1()?;
        let (kid, jwk) = public_half(&EncodingKey::from_ed_der(pkcs8.as_ref()), Algorithm::EdDsa)?;
        Ok(SigningKey {
            algorithm: Algorithm::EdDsa,
            public_jwk: serde_json::to_value(jwk)?,
            sealed_private_key: self.0.seal(&kid, pkcs8.as_ref())?,
            created_at: to_stored_precision(now),
            kid,
        })
    }
}

impl SigningKeyMaker for Ed25519KeyMaker {
    fn make(&self, algorithm: Algorithm, now: DateTime<Utc>) -> Result<SigningKey, MakingFailed> {
        match algorithm {
            Algorithm::EdDsa => self.ed25519(now).map_err(|error| MakingFailed(Box::new(error))),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the crypto library made no key pair")]
    KeyPair(#[from] Unspecified),
    #[error(transparent)]
    PublicHalf(#[from] errors::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Sealing(#[from] SealingFailed),
}

/// Why access tokens can be neither signed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("there is no signing key")]
    None,
    #[error(
        "the signing key {kid} cannot be opened with this secret: start with the secret that it was made under, \
         as the secret or as the previous one; if that secret is lost, delete this key from the store, which \
         ends every access token that it signed"
    )]
    CannotOpen { kid: String },
    #[error(
        "the signing key {kid} is kept under a name that is not its own: the store has been tampered with"
    )]
    Misnamed { kid: String },
    #[error("the signing key {kid} is broken: {cause}")]
    Broken { kid: String, cause: errors::Error },
    #[error(transparent)]
    Secret(#[from] SealingFailed),
}

/// A signing key that is ready for use.
pub(crate) struct OpenKey {
    pub(crate) kid: String,
    pub(crate) algorithm: jsonwebtoken::Algorithm,
    pub(crate) private: EncodingKey,
    pub(crate) public: DecodingKey,
    pub(crate) jwk: Jwk,
}

impl OpenKey {
    /// Opens `key`. Its public half is derived from what was sealed, not taken from the store: who can write
    /// to the store but has no secret cannot bring in a key of their own.
    pub(crate) fn open(key: &SigningKey, seals: &[Seal]) -> Result<Self, KeyError> {
        let kid = key.kid.clone();
        let broken = |cause| KeyError::Broken { kid: kid.clone(), cause };
        let Some(opened) = Seal::open(seals, &kid, &key.sealed_private_key) else {
            return Err(KeyError::CannotOpen { kid });
        };
        let private = match key.algorithm {
            Algorithm::EdDsa => EncodingKey::from_ed_der(&opened),
        };
        let (own_kid, jwk) = public_half(&private, key.algorithm).map_err(broken)?;
        if own_kid != kid {
            return Err(KeyError::Misnamed { kid });
        }
        let public = DecodingKey::from_jwk(&jwk).map_err(broken)?;
        Ok(Self { algorithm: jws(key.algorithm), private, public, jwk, kid })
    }
}

/// The name of a key and its public half.
fn public_half(private: &EncodingKey, algorithm: Algorithm) -> Result<(String, Jwk), errors::Error> {
    let mut jwk = Jwk::from_encoding_key(private, jws(algorithm))?;
    let kid = jwk.thumbprint(ThumbprintHash::SHA256)?;
    jwk.common.key_id = Some(kid.clone());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok((kid, jwk))
}

const fn jws(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    fn secret(byte: u8) -> ServerSecret {
        ServerSecret::new(vec![byte; 32]).unwrap()
    }

    fn key() -> SigningKey {
        let maker = Ed25519KeyMaker::new(&secret(1)).unwrap();
        maker.make(Algorithm::EdDsa, DateTime::UNIX_EPOCH).unwrap()
    }

    fn open(key: &SigningKey, secrets: &[ServerSecret]) -> Result<OpenKey, KeyError> {
        OpenKey::open(key, &Seal::all_of(secrets).unwrap())
    }

    #[test]
    fn a_key_is_published_with_its_thumbprint_and_nothing_private() {
        let key = key();

        let x = key.public_jwk["x"].as_str().unwrap();
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        assert_eq!(key.kid, thumbprint);
        assert_eq!(
            key.public_jwk,
            json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.kid, "alg": "EdDSA", "use": "sig"})
        );
        assert_eq!(URL_SAFE_NO_PAD.decode(x).unwrap().len(), 32);
    }

    #[test]
    fn no_two_keys_are_the_same() {
        assert_ne!(key().kid, key().kid);
    }

    #[test]
    fn the_private_half_is_not_readable_in_the_store() {
        let key = key();
        let private =
            Seal::open(&[Seal::of(&secret(1)).unwrap()], &key.kid, &key.sealed_private_key).unwrap();

        let seed = &private[private.len() - 32..];

        assert!(!key.sealed_private_key.windows(32).any(|window| window == seed));
        assert!(!format!("{key:?}").contains("sealed"));
    }

    #[test]
    fn a_key_opens_with_the_secret_that_it_was_made_under_also_when_that_is_the_previous_one() {
        let key = key();

        assert!(open(&key, &[secret(1)]).is_ok());
        assert!(open(&key, &[secret(2), secret(1)]).is_ok());
    }

    #[test]
    fn a_key_under_another_secret_is_refused_with_what_to_do() {
        let key = key();

        let error = open(&key, &[secret(2), secret(3)]).err().unwrap().to_string();

        let start = format!("the signing key {} cannot be opened with this secret: start with", key.kid);
        assert!(error.starts_with(&start), "{error}");
    }

    #[test]
    fn a_key_under_the_name_of_another_is_refused() {
        let (mut renamed, mut swapped) = (key(), key());
        renamed.kid = "mine".to_owned();
        swapped.sealed_private_key = key().sealed_private_key;
        let seal = Seal::of(&secret(1)).unwrap();
        let mut resealed = key();
        let other = Seal::open(&[seal], &resealed.kid, &resealed.sealed_private_key).unwrap();
        resealed.kid = "mine".to_owned();
        resealed.sealed_private_key = Seal::of(&secret(1)).unwrap().seal("mine", &other).unwrap();

        assert!(matches!(open(&renamed, &[secret(1)]), Err(KeyError::CannotOpen { .. })));
        assert!(matches!(open(&swapped, &[secret(1)]), Err(KeyError::CannotOpen { .. })));
        assert!(matches!(open(&resealed, &[secret(1)]), Err(KeyError::Misnamed { .. })));
    }

    #[test]
    fn what_the_store_says_of_the_public_half_counts_for_nothing() {
        let mut forged = key();
        let genuine = forged.public_jwk.clone();
        forged.public_jwk = key().public_jwk;

        let opened = open(&forged, &[secret(1)]).unwrap();

        assert_eq!(serde_json::to_value(opened.jwk).unwrap(), genuine);
    }

    #[test]
    fn sealed_bytes_that_are_no_key_are_refused() {
        let mut broken = key();
        broken.sealed_private_key = Seal::of(&secret(1)).unwrap().seal(&broken.kid, b"no key").unwrap();

        assert!(matches!(open(&broken, &[secret(1)]), Err(KeyError::Broken { .. })));
    }
}
