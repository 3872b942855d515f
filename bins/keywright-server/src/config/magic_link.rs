//! Sign-in by mail.

use std::time::Duration;

use super::duration::Positive;
use super::error::ConfigError;
use super::origin::WebOrigin;
use super::reader::Reader;

/// `magic_link.*`
#[derive(Clone, Debug)]
pub struct MagicLink {
    /// `magic_link.lifetime`: how long a link or its code signs in. Default: 15 minutes.
    pub lifetime: Duration,
    /// `magic_link.redirect_origins`: where `redirect_to` may lead besides this server. Default: none.
    pub redirect_origins: Vec<WebOrigin>,
}

impl MagicLink {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            lifetime: reader.value::<Positive>("magic_link.lifetime", "15m")?.0,
            redirect_origins: reader.list("magic_link.redirect_origins", Vec::new)?,
        })
    }
}
