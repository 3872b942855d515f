//! The opaque credentials: one mechanism for everything that a client keeps or a mail carries.
//!
//! `kw<kind>_` + base64url(key id ‖ record id ‖ generation ‖ MAC): 5 + 16 + 4 + 32 bytes, 76 characters, in
//! one canonical spelling. The MAC is HMAC-SHA-256 under a key that is derived for the kind. A forged or
//! mistyped one is refused without touching the store, the store holds nothing that can be replayed, and
//! one kind never passes for another.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::secret::{DerivationFailed, ServerSecret};

/// Purpose of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `kwr_`: renews a session's tokens.
    RefreshToken,
    /// `kwd_`: polls for the decision about a device (RFC 8628 §3.2).
    DeviceCode,
    /// `kwm_`: signs in by mail.
    MagicLink,
    /// `kws_`: the cookie of a browser session.
    BrowserSession,
    /// `kwc_`: names a WebAuthn ceremony.
    Ceremony,
    /// `kwa_`: does what a mail offers.
    Action,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 6] = [
        Self::RefreshToken,
        Self::DeviceCode,
        Self::MagicLink,
        Self::BrowserSession,
        Self::Ceremony,
        Self::Action,
    ];

    /// Prefix of a credential of this kind, by which people and secret scanners recognise it.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::RefreshToken => "kwr_",
            Self::DeviceCode => "kwd_",
            Self::MagicLink => "kwm_",
            Self::BrowserSession => "kws_",
            Self::Ceremony => "kwc_",
            Self::Action => "kwa_",
        }
    }
}

/// A credential to hand out. Shows itself only to [`Credential::expose`], and cannot be serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(String);

impl Credential {
    /// The secret text, for the one answer or mail that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}***", self.0.get(..4).unwrap_or_default())
    }
}

/// The record and generation that a genuine credential names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    pub record: Uuid,
    pub generation: u32,
}

/// Not one of ours: forged, truncated, misspelt, of another kind or under a secret that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a credential of this kind")]
pub struct NotGenuine;

const KEY_ID: usize = 5;
const RECORD: usize = 16;
const GENERATION: usize = 4;
const MAC: usize = 32;
const SIGNED: usize = KEY_ID + RECORD + GENERATION;
const TEXT: usize = (SIGNED + MAC) / 3 * 4;

/// The keys of one secret.
struct Keys {
    id: [u8; KEY_ID],
    macs: Vec<(Kind, hmac::Key)>,
    sign_in_code: hmac::Key,
    user_code: hmac::Key,
}

impl Keys {
    fn of(secret: &ServerSecret) -> Result<Self, DerivationFailed> {
        let key = |purpose: &str| {
            Ok::<_, DerivationFailed>(hmac::Key::new(hmac::HMAC_SHA256, &secret.derive(purpose)?))
        };
        let mut id = [0; KEY_ID];
        for (byte, derived) in id.iter_mut().zip(secret.derive("key id")?) {
            *byte = derived;
        }
        let mac = |kind: Kind| Ok((kind, key(&format!("credential {}", kind.prefix()))?));
        Ok(Self {
            id,
            macs: Kind::ALL.into_iter().map(mac).collect::<Result<_, DerivationFailed>>()?,
            sign_in_code: key("sign-in code")?,
            user_code: key("user code")?,
        })
    }

    fn mac(&self, kind: Kind, signed: &[u8]) -> Option<hmac::Tag> {
        let (_, key) = self.macs.iter().find(|(of, _)| *of == kind)?;
        Some(hmac::sign(key, signed))
    }
}

/// The keys that credentials are issued under, and those they are still accepted under.
pub struct Keyring {
    current: Keys,
    previous: Option<Keys>,
}

impl Keyring {
    /// Issues under `current`; accepts both.
    pub fn new(current: &ServerSecret, previous: Option<&ServerSecret>) -> Result<Self, DerivationFailed> {
        Ok(Self { current: Keys::of(current)?, previous: previous.map(Keys::of).transpose()? })
    }

    /// The credential of `kind` for `record` at `generation`. The same arguments give the same text.
    pub fn issue(&self, kind: Kind, record: Uuid, generation: u32) -> Credential {
        let mut bytes = Vec::with_capacity(SIGNED + MAC);
        bytes.extend_from_slice(&self.current.id);
        bytes.extend_from_slice(record.as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        if let Some(tag) = self.current.mac(kind, &bytes) {
            bytes.extend_from_slice(tag.as_ref());
        }
        let mut text = String::with_capacity(4 + TEXT);
        text.push_str(kind.prefix());
        URL_SAFE_NO_PAD.encode_string(&bytes, &mut text);
        Credential(text)
    }

    /// Parses `text` as a genuine credential of `kind`.
    pub fn parse(&self, kind: Kind, text: &str) -> Result<Presented, NotGenuine> {
        let encoded = text.strip_prefix(kind.prefix()).ok_or(NotGenuine)?;
        if encoded.len() != TEXT {
            return Err(NotGenuine);
        }
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| NotGenuine)?;
        let (signed, mac) = bytes.split_at_checked(SIGNED).ok_or(NotGenuine)?;
        let (key_id, body) = signed.split_at_checked(KEY_ID).ok_or(NotGenuine)?;
        let (record, generation) = body.split_at_checked(RECORD).ok_or(NotGenuine)?;

        let genuine = self.keys().filter(|keys| keys.id == key_id).any(|keys| {
            keys.mac(kind, signed)
                .is_some_and(|tag| constant_time::verify_slices_are_equal(tag.as_ref(), mac).is_ok())
        });
        if !genuine {
            return Err(NotGenuine);
        }
        Ok(Presented {
            record: Uuid::from_slice(record).map_err(|_| NotGenuine)?,
            generation: u32::from_be_bytes(generation.try_into().map_err(|_| NotGenuine)?),
        })
    }

    /// The six digits that go out beside the magic link `link`.
    pub fn sign_in_code(&self, link: Uuid) -> SignInCode {
        SignInCode::of(&self.current, link)
    }

    /// True if `code` is the one of `link`, compared in constant time.
    pub fn is_sign_in_code(&self, link: Uuid, code: &str) -> bool {
        self.keys().fold(false, |found, keys| {
            let expected = SignInCode::of(keys, link);
            found | constant_time::verify_slices_are_equal(expected.0.as_bytes(), code.as_bytes()).is_ok()
        })
    }

    /// Under what the store may keep `user_code`: now, and (second) before the last rotation of the secret.
    pub fn user_code_digests(&self, user_code: &str) -> Vec<[u8; 32]> {
        let digest = |keys: &Keys| {
            let mut digest = [0; 32];
            for (byte, mac) in
                digest.iter_mut().zip(hmac::sign(&keys.user_code, user_code.as_bytes()).as_ref())
            {
                *byte = *mac;
            }
            digest
        };
        self.keys().map(digest).collect()
    }

    fn keys(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(***)")
    }
}

/// Six digits for signing in on the device that asked for a magic link.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInCode(String);

impl SignInCode {
    fn of(keys: &Keys, link: Uuid) -> Self {
        let tag = hmac::sign(&keys.sign_in_code, link.as_bytes());
        let number = tag.as_ref().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        Self(format!("{:06}", number % 1_000_000))
    }

    /// The digits, for the one mail that carries them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignInCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInCode(***)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(byte: u8) -> ServerSecret {
        ServerSecret::new(vec![byte; 32]).unwrap()
    }

    fn keyring() -> Keyring {
        Keyring::new(&secret(1), None).unwrap()
    }

    fn kinds() -> impl Strategy<Value = Kind> {
        proptest::sample::select(Kind::ALL.as_slice())
    }

    proptest! {
        #[test]
        fn what_is_issued_is_accepted(kind in kinds(), record: [u8; 16], generation: u32) {
            let record = Uuid::from_bytes(record);

            let issued = keyring().issue(kind, record, generation);

            prop_assert_eq!(keyring().parse(kind, issued.expose()), Ok(Presented { record, generation }));
            prop_assert_eq!(issued.expose().len(), 80);
        }

        #[test]
        fn one_kind_never_passes_for_another(kind in kinds(), other in kinds(), record: [u8; 16]) {
            prop_assume!(kind != other);
            let issued = keyring().issue(kind, Uuid::from_bytes(record), 0);

            let renamed = issued.expose().replacen(kind.prefix(), other.prefix(), 1);

            prop_assert_eq!(keyring().parse(other, issued.expose()), Err(NotGenuine));
            prop_assert_eq!(keyring().parse(other, &renamed), Err(NotGenuine));
        }

        #[test]
        fn any_change_of_a_character_is_refused(kind in kinds(), record: [u8; 16], at in 0_usize..80, to in "[ -~]") {
            let issued = keyring().issue(kind, Uuid::from_bytes(record), 3).expose().to_owned();
            prop_assume!(issued.get(at..=at) != Some(&to));

            let mut altered = issued;
            altered.replace_range(at..=at, &to);

            prop_assert_eq!(keyring().parse(kind, &altered), Err(NotGenuine));
        }

        #[test]
        fn parsing_never_panics(kind in kinds(), text in "\\PC*", tail in "[A-Za-z0-9_=+/-]{0,90}") {
            prop_assert_eq!(keyring().parse(kind, &text), Err(NotGenuine));
            prop_assert_eq!(keyring().parse(kind, &format!("{}{tail}", kind.prefix())), Err(NotGenuine));
        }
    }

    #[test]
    fn a_truncated_or_padded_one_is_refused() {
        let issued = keyring().issue(Kind::RefreshToken, Uuid::nil(), 0);
        let text = issued.expose();

        for altered in
            [text.get(..79).unwrap(), &format!("{text}A"), &format!("{text}="), &format!(" {text}"), ""]
        {
            assert_eq!(keyring().parse(Kind::RefreshToken, altered), Err(NotGenuine), "{altered}");
        }
    }

    #[test]
    fn the_previous_secret_is_accepted_and_never_used_to_issue() {
        let old = keyring().issue(Kind::DeviceCode, Uuid::nil(), 0);
        let rotated = Keyring::new(&secret(2), Some(&secret(1))).unwrap();

        let new = rotated.issue(Kind::DeviceCode, Uuid::nil(), 0);

        assert!(rotated.parse(Kind::DeviceCode, old.expose()).is_ok());
        assert_eq!(keyring().parse(Kind::DeviceCode, new.expose()), Err(NotGenuine));
        assert!(rotated.is_sign_in_code(Uuid::nil(), keyring().sign_in_code(Uuid::nil()).expose()));
        assert_eq!(rotated.user_code_digests("BCDFGHJK")[1], keyring().user_code_digests("BCDFGHJK")[0]);
    }

    #[test]
    fn a_code_is_six_digits_and_only_its_own() {
        let keyring = keyring();
        let code = keyring.sign_in_code(Uuid::from_u128(1));

        assert_eq!(code.expose().len(), 6);
        assert!(code.expose().bytes().all(|digit| digit.is_ascii_digit()));
        assert!(keyring.is_sign_in_code(Uuid::from_u128(1), code.expose()));
        assert!(!keyring.is_sign_in_code(Uuid::from_u128(2), code.expose()));
        assert!(!keyring.is_sign_in_code(Uuid::from_u128(1), ""));
    }

    #[test]
    fn nothing_shows_itself() {
        let keyring = keyring();
        let issued = keyring.issue(Kind::RefreshToken, Uuid::nil(), 0);

        assert_eq!(format!("{issued:?}"), "kwr_***");
        assert_eq!(format!("{:?}", keyring.sign_in_code(Uuid::nil())), "SignInCode(***)");
        assert_eq!(format!("{keyring:?}"), "Keyring(***)");
        assert_eq!(format!("{:?}", secret(9)), "ServerSecret(***)");
    }
}
