//! How much one address, or one mailbox, may ask for.

use super::duration::Rate;
use super::error::ConfigError;
use super::reader::Reader;

/// `rate_limit.*`
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// `rate_limit.per_address`: requests from one address; `off` for no limit. Default: 100 a minute.
    pub per_address: Option<Rate>,
    /// `rate_limit.magic_link_per_email_and_network`: links to one address asked for by one network.
    /// Default: 5 in 15 minutes.
    pub magic_link_per_email_and_network: Rate,
    /// `rate_limit.magic_link_per_email`: links to one address, whoever asks. Default: 30 an hour.
    pub magic_link_per_email: Rate,
}

impl RateLimit {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            per_address: reader.value("rate_limit.per_address", "100/minute")?,
            magic_link_per_email_and_network: reader
                .value("rate_limit.magic_link_per_email_and_network", "5/15m")?,
            magic_link_per_email: reader.value("rate_limit.magic_link_per_email", "30/h")?,
        })
    }
}
