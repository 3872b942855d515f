//! The user code: what a person reads on one screen and types on another (RFC 8628 §6.1).

use std::fmt;

use crate::credential::Keyring;
use crate::entropy::{Entropy, random};

const ALPHABET: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
const LETTERS: usize = 8;

/// Eight letters of `BCDFGHJKLMNPQRSTVWXZ` (20^8 of them, 34.5 bits), shown as `WDJB-MJHT`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

/// HMAC of a user code. The store holds no code itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserCodeDigest(pub [u8; 32]);

impl UserCode {
    /// A random one, each letter alike.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut code = String::with_capacity(LETTERS);
        while code.len() < LETTERS {
            // 240 is the largest multiple of 20 below 256: more would favour the first letters.
            let bytes: [u8; 16] = random(entropy);
            let letters = bytes.into_iter().filter(|byte| *byte < 240);
            let letters = letters.filter_map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()));
            code.extend(letters.take(LETTERS - code.len()).map(|letter| char::from(*letter)));
        }
        Self(code)
    }

    /// The code in `text`, whatever its case, spaces and hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let code: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let is_code = code.len() == LETTERS && code.bytes().all(|letter| ALPHABET.contains(&letter));
        is_code.then_some(Self(code))
    }

    /// Digests under each accepted secret, newest first. Never empty.
    pub fn digests(&self, keyring: &Keyring) -> Vec<UserCodeDigest> {
        keyring.user_code_digests(&self.0).into_iter().map(UserCodeDigest).collect()
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(LETTERS / 2).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(***)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use proptest::prelude::*;

    use super::*;

    /// Every byte in turn.
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    #[test]
    fn every_letter_is_as_likely_as_any_other() {
        let entropy = Counting(AtomicU8::new(0));
        let mut letters = std::collections::BTreeMap::new();

        // Each code takes 16 of the 256 bytes, and keeps 8: all 16 turns see the same share of them.
        for _ in 0..16 {
            for letter in UserCode::new(&entropy).0.chars() {
                *letters.entry(letter).or_insert(0) += 1;
            }
        }

        assert_eq!(letters.values().sum::<i32>(), 128);
        assert!(letters.keys().all(|letter| ALPHABET.contains(&(*letter as u8))));
    }

    #[test]
    fn case_spaces_and_hyphens_do_not_matter() {
        let code = UserCode::parse("WDJB-MJHT").unwrap();

        for text in ["wdjbmjht", " w d j b - m j h t ", "WDJB–MJHT".replace('–', "-").as_str(), "--WDJBMJHT"]
        {
            assert_eq!(UserCode::parse(text).as_ref(), Some(&code), "{text}");
        }
        assert_eq!(code.to_string(), "WDJB-MJHT");
        assert_eq!(format!("{code:?}"), "UserCode(***)");
    }

    #[test]
    fn vowels_digits_and_other_lengths_are_no_code() {
        for text in ["", "WDJB-MJH", "WDJB-MJHTT", "ADJB-MJHT", "WDJB-MJH1", "ẞDJB-MJHT", &"W".repeat(65)] {
            assert_eq!(UserCode::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_shows_what_it_parsed(text in "\\PC*") {
            if let Some(code) = UserCode::parse(&text) {
                prop_assert_eq!(UserCode::parse(&code.to_string()), Some(code));
            }
        }
    }
}
