//! A seal: keeps private keys from whoever reads the store without the server's secret.
//!
//! What is sealed is a random nonce and AES-256-GCM of the bytes, bound to the name under which they are kept,
//! so that one row's bytes do not pass for another's.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use keywright_domain::secret::{DerivationFailed, ServerSecret};

const PURPOSE: &str = "signing key seal";

/// A key that seals and opens.
pub(crate) struct Seal(RandomizedNonceKey);

/// The seal could not be made, or could not be put on: a defect of the crypto library.
#[derive(Debug, thiserror::Error)]
pub enum SealingFailed {
    #[error(transparent)]
    Derivation(#[from] DerivationFailed),
    #[error("nothing can be sealed with the secret")]
    Sealing(#[from] Unspecified),
}

impl Seal {
    /// The seal under `secret`.
    pub(crate) fn of(secret: &ServerSecret) -> Result<Self, SealingFailed> {
        Ok(Self(RandomizedNonceKey::new(&AES_256_GCM, &secret.derive(PURPOSE)?)?))
    }

    /// The seals under all of `secrets`.
    pub(crate) fn all_of(secrets: &[ServerSecret]) -> Result<Vec<Self>, SealingFailed> {
        secrets.iter().map(Self::of).collect()
    }

    /// `plain`, sealed for the place `name`.
    pub(crate) fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, SealingFailed> {
        let mut encrypted = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(name), &mut encrypted)?;
        Ok([nonce.as_ref().as_slice(), &encrypted].concat())
    }

    /// Opens what was sealed for the place `name` under any of `seals`. `None` also if it was tampered with.
    pub(crate) fn open(seals: &[Self], name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, encrypted) = sealed.split_first_chunk::<NONCE_LEN>()?;
        seals.iter().find_map(|seal| {
            let mut opened = encrypted.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let plain = seal.0.open_in_place(nonce, Aad::from(name), &mut opened).ok()?.len();
            opened.truncate(plain);
            Some(opened)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(byte: u8) -> ServerSecret {
        ServerSecret::new(vec![byte; 32]).unwrap()
    }

    fn seals(bytes: &[u8]) -> Vec<Seal> {
        Seal::all_of(&bytes.iter().copied().map(secret).collect::<Vec<_>>()).unwrap()
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        Seal::of(&secret(1)).unwrap().seal("name", plain).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_the_current_and_the_previous_secret_and_no_other() {
        let sealed = sealed(b"private");

        assert_eq!(Seal::open(&seals(&[1]), "name", &sealed).as_deref(), Some(b"private".as_slice()));
        assert_eq!(Seal::open(&seals(&[2, 1]), "name", &sealed).as_deref(), Some(b"private".as_slice()));
        assert_eq!(Seal::open(&seals(&[2, 3]), "name", &sealed), None);
        assert_eq!(Seal::open(&[], "name", &sealed), None);
    }

    #[test]
    fn what_is_sealed_for_one_place_does_not_open_in_another() {
        assert_eq!(Seal::open(&seals(&[1]), "other", &sealed(b"private")), None);
    }

    #[test]
    fn the_same_bytes_are_sealed_differently_each_time_and_never_readable() {
        let (one, other) = (sealed(b"private"), sealed(b"private"));

        assert_ne!(one, other);
        assert!(!one.windows(7).any(|window| window == b"private"));
    }

    proptest! {
        #[test]
        fn any_change_is_noticed(plain: Vec<u8>, at: prop::sample::Index, flip in 1_u8.., keep: prop::sample::Index) {
            let sealed = sealed(&plain);
            let mut altered = sealed.clone();
            altered[at.index(sealed.len())] ^= flip;

            prop_assert_eq!(Seal::open(&seals(&[1]), "name", &sealed), Some(plain));
            prop_assert_eq!(Seal::open(&seals(&[1]), "name", &altered), None);
            prop_assert_eq!(Seal::open(&seals(&[1]), "name", &sealed[..keep.index(sealed.len())]), None);
        }
    }
}
