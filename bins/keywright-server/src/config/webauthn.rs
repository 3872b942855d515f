//! The relying party that passkeys are made for (WebAuthn Level 3 §5.1.3).

use super::error::ConfigError;
use super::origin::{Domain, WebOrigin};
use super::reader::Reader;

/// `webauthn.*`
#[derive(Clone, Debug)]
pub struct Webauthn {
    /// `webauthn.rp_id`: the domain that passkeys belong to; to change it is to lose them. Default: the host
    /// of `public_url`.
    pub rp_id: Domain,
    /// `webauthn.rp_name`: what authenticators show. Default: the host of `public_url`.
    pub rp_name: String,
    /// `webauthn.origins`: the pages that may use the passkeys. Default: `public_url`.
    pub origins: Vec<WebOrigin>,
}

impl Webauthn {
    pub(super) fn read(reader: &mut Reader, public_url: &WebOrigin) -> Result<Self, ConfigError> {
        Ok(Self {
            rp_id: reader.value_or("webauthn.rp_id", || Domain::of(public_url))?,
            rp_name: reader.value_or("webauthn.rp_name", || public_url.host())?,
            origins: reader.list("webauthn.origins", || vec![public_url.clone()])?,
        })
    }
}
