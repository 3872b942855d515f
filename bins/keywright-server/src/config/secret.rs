//! Values that are never printed.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value as Json, json};

use super::value::{Leaf, Reason};

/// Text that is shown in place of a secret.
pub(super) const MASK: &str = "***";

/// Least length of a secret.
pub(super) const MIN_BYTES: usize = 32;

/// Base64url, with or without the padding that some tools add.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A value that shows as `***` and cannot be serialised.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps `value`.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// At least 32 random bytes.
pub type SecretBytes = Secret<Vec<u8>>;

impl Leaf for SecretBytes {
    const SECRET: bool = true;

    fn expected() -> Cow<'static, str> {
        "32 random bytes or more in base64url, such as `openssl rand -base64 32 | tr '+/' '-_'` prints".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        let bytes = BASE64.decode(text).map_err(|_| "is not base64url")?;
        if bytes.len() < MIN_BYTES { Err("is shorter than 32 bytes".into()) } else { Ok(Self(bytes)) }
    }

    fn show(&self) -> Json {
        json!(MASK)
    }
}

/// A secret that its owner chose, such as a resource server's.
impl Leaf for Secret<String> {
    const SECRET: bool = true;

    fn expected() -> Cow<'static, str> {
        "one line of random text".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        String::parse(text).map(Self)
    }

    fn show(&self) -> Json {
        json!(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_base64url_of_32_bytes_with_or_without_padding() {
        for text in
            ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
        {
            let secret = SecretBytes::parse(text).unwrap();

            assert_eq!(secret.expose(), &(0..32).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn what_is_short_or_not_base64url_is_no_secret() {
        let short = BASE64.encode([7; 31]);
        for bad in [
            short.as_str(),
            "correct horse battery staple",
            "++++++++++++++++++++++++++++++++++++++++++++",
            "%",
        ] {
            assert!(SecretBytes::parse(bad).is_err(), "{bad}");
        }
        assert!(SecretBytes::parse(&BASE64.encode([0xfb; 33])).is_ok());
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = SecretBytes::parse(&BASE64.encode([7; 32])).unwrap();
        let text = Secret::new("hunter2".to_owned());

        assert_eq!(format!("{secret:?} {secret} {}", secret.show()), "*** *** \"***\"");
        assert_eq!(format!("{text:?} {text} {}", text.show()), "*** *** \"***\"");
    }
}
