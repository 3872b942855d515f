//! Signing keys: made and sealed, opened and published (RFC 7517, RFC 7518, RFC 8037).

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{DecodingKey, EncodingKey, errors};
use keywright_domain::secret::ServerSecret;
use keywright_domain::signing_key::port::{MakingFailed, SigningKeyMaker};
use keywright_domain::signing_key::{Algorithm, Place, SigningKey};

use crate::seal::{Seal, SealingFailed};

/// Makes keys, sealed under the server's current secret.
pub struct KeyMaker {
    current: Seal,
    previous: Vec<Seal>,
}

impl KeyMaker {
    /// A maker whose keys `current` opens. What it reseals may be under `previous`.
    pub fn new(current: &ServerSecret, previous: &[ServerSecret]) -> Result<Self, SealingFailed> {
        Ok(Self { current: Seal::of(current)?, previous: Seal::all_of(previous)? })
    }

    fn made(
        &self,
        algorithm: Algorithm,
        place: Place,
        token_lifetime: TimeDelta,
    ) -> Result<SigningKey, Failed> {
        let pkcs8 = key_pair(algorithm)?;
        let (kid, jwk) = public_half(&private_half(algorithm, &pkcs8)?, algorithm)?;
        Ok(SigningKey {
            algorithm,
            public_jwk: serde_json::to_value(jwk)?,
            sealed_private_key: self.current.seal(&kid, &pkcs8)?,
            place,
            token_lifetime,
            kid,
        })
    }
}

impl SigningKeyMaker for KeyMaker {
    fn make(
        &self,
        algorithm: Algorithm,
        place: Place,
        token_lifetime: TimeDelta,
    ) -> Result<SigningKey, MakingFailed> {
        self.made(algorithm, place, token_lifetime).map_err(|error| MakingFailed(Box::new(error)))
    }

    fn reseal(&self, key: &SigningKey) -> Result<Option<Vec<u8>>, MakingFailed> {
        let (kid, sealed) = (&key.kid, &key.sealed_private_key);
        if Seal::open(std::slice::from_ref(&self.current), kid, sealed).is_some() {
            return Ok(None);
        }
        let opened = Seal::open(&self.previous, kid, sealed);
        let resealed = opened.map(|private| self.current.seal(kid, &private)).transpose();
        resealed.map_err(|error| MakingFailed(Box::new(error)))
    }
}

/// A new key pair: PKCS #8, version 1, which is the private half, from which the public one is derived.
fn key_pair(algorithm: Algorithm) -> Result<Vec<u8>, Unspecified> {
    Ok(match algorithm {
        Algorithm::EdDsa => Ed25519KeyPair::generate()?.to_pkcs8v1()?.as_ref().to_vec(),
        Algorithm::Es256 => {
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?.to_pkcs8v1()?.as_ref().to_vec()
        }
        Algorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
            AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)?.as_ref().to_vec()
        }
    })
}

/// A signer from PKCS #8.
fn private_half(algorithm: Algorithm, pkcs8: &[u8]) -> Result<EncodingKey, errors::Error> {
    match algorithm {
        Algorithm::EdDsa => Ok(EncodingKey::from_ed_der(pkcs8)),
        Algorithm::Es256 => Ok(EncodingKey::from_ec_der(pkcs8)),
        Algorithm::Rs256 => {
            // As DER the library takes an RSA key only without its envelope, which it removes from PEM.
            let text = STANDARD.encode(pkcs8);
            let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
            EncodingKey::from_rsa_pem(pem.as_bytes())
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
         as the secret or as the previous one; if that secret is lost, run `keywright-server keys rotate \
         --emergency`, which ends every access token"
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
        let private = private_half(key.algorithm, &opened).map_err(broken)?;
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
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn secret(byte: u8) -> ServerSecret {
        ServerSecret::new(vec![byte; 32]).unwrap()
    }

    fn key() -> SigningKey {
        key_of(Algorithm::EdDsa)
    }

    fn key_of(algorithm: Algorithm) -> SigningKey {
        let place =
            Place { follows: None, created_at: DateTime::UNIX_EPOCH, signs_from: DateTime::UNIX_EPOCH };
        let maker = KeyMaker::new(&secret(1), &[]).unwrap();
        maker.make(algorithm, place, TimeDelta::hours(4)).unwrap()
    }

    fn thumbprint(canonical: &str) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
    }

    fn open(key: &SigningKey, secrets: &[ServerSecret]) -> Result<OpenKey, KeyError> {
        OpenKey::open(key, &Seal::all_of(secrets).unwrap())
    }

    #[test]
    fn a_key_is_published_with_its_thumbprint_and_nothing_private() {
        let key = key();

        let x = key.public_jwk["x"].as_str().unwrap();
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        assert_eq!(key.kid, thumbprint(&canonical));
        assert_eq!(
            key.public_jwk,
            json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.kid, "alg": "EdDSA", "use": "sig"})
        );
        assert_eq!(URL_SAFE_NO_PAD.decode(x).unwrap().len(), 32);
    }

    #[test]
    fn a_p_256_key_is_published_with_its_point() {
        let key = key_of(Algorithm::Es256);

        let member = |name: &str| key.public_jwk[name].as_str().unwrap().to_owned();
        let (x, y) = (member("x"), member("y"));
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        assert_eq!(key.kid, thumbprint(&canonical));
        assert_eq!(
            key.public_jwk,
            json!({
                "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": key.kid, "alg": "ES256", "use": "sig"
            })
        );
        assert_eq!([x, y].map(|coordinate| URL_SAFE_NO_PAD.decode(coordinate).unwrap().len()), [32, 32]);
    }

    #[test]
    fn an_rsa_key_is_published_with_its_modulus_of_2048_bits() {
        let key = key_of(Algorithm::Rs256);

        let n = key.public_jwk["n"].as_str().unwrap();
        let canonical = format!(r#"{{"e":"AQAB","kty":"RSA","n":"{n}"}}"#);
        assert_eq!(key.kid, thumbprint(&canonical));
        assert_eq!(
            key.public_jwk,
            json!({"kty": "RSA", "n": n, "e": "AQAB", "kid": key.kid, "alg": "RS256", "use": "sig"})
        );
        let modulus = URL_SAFE_NO_PAD.decode(n).unwrap();
        assert_eq!(modulus.len(), 256);
        assert!(modulus[0] >= 0x80, "no leading zero, and no bit less");
    }

    #[test]
    fn no_two_keys_are_the_same() {
        for algorithm in Algorithm::ALL {
            assert_ne!(key_of(algorithm).kid, key_of(algorithm).kid);
        }
    }

    #[test]
    fn a_key_of_any_algorithm_is_opened_as_it_was_made() {
        for algorithm in Algorithm::ALL {
            let key = key_of(algorithm);

            let opened = open(&key, &[secret(1)]).unwrap();

            assert_eq!(serde_json::to_value(&opened.jwk).unwrap(), key.public_jwk);
            assert_eq!(opened.kid, key.kid);
        }
    }

    #[test]
    fn a_key_under_the_algorithm_of_another_is_refused() {
        for algorithm in Algorithm::ALL {
            for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
                let confused = SigningKey { algorithm: other, ..key_of(algorithm) };

                assert!(open(&confused, &[secret(1)]).is_err(), "{algorithm:?} as {other:?}");
            }
        }
    }

    #[test]
    fn what_the_previous_secret_sealed_is_resealed_under_the_current_one_and_only_that() {
        let (key, previous) = (key(), [secret(1)]);
        let maker = KeyMaker::new(&secret(2), &previous).unwrap();

        let sealed = maker.reseal(&key).unwrap().unwrap();

        let resealed = SigningKey { sealed_private_key: sealed, ..key.clone() };
        assert!(open(&resealed, &[secret(2)]).is_ok());
        assert!(open(&resealed, &[secret(1)]).is_err());
        assert_eq!(maker.reseal(&resealed).unwrap(), None);
        assert_eq!(KeyMaker::new(&secret(3), &[]).unwrap().reseal(&key).unwrap(), None, "nobody's");
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
