//! How long what is over stays (docs/retention.md).

use std::time::Duration;

use super::duration::Positive;
use super::error::ConfigError;
use super::reader::Reader;

/// `retention.*`
#[derive(Clone, Debug)]
pub struct Retention {
    /// `retention.origins`: how long IP addresses and user agents stay. Default: 30 days.
    pub origins: Duration,
    /// `retention.sessions`: how long a session stays after its end. Default: 30 days.
    pub sessions: Duration,
    /// `retention.activity`: how long an account's activity stays. Default: 365 days.
    pub activity: Duration,
    /// `retention.device_authorizations`: how long they stay after their expiry. Default: 1 day.
    pub device_authorizations: Duration,
    /// `retention.magic_links`: how long a link stays after its expiry. Default: 1 day.
    pub magic_links: Duration,
    /// `retention.mails`: how long a mail stays after it was sent or given up. Default: 14 days.
    pub mails: Duration,
    /// `retention.email_changes`: how long a change of an address stays after it was asked for. Default: 60 days.
    pub email_changes: Duration,
}

impl Retention {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            origins: reader.value::<Positive>("retention.origins", "30d")?.0,
            sessions: reader.value::<Positive>("retention.sessions", "30d")?.0,
            activity: reader.value::<Positive>("retention.activity", "365d")?.0,
            device_authorizations: reader.value::<Positive>("retention.device_authorizations", "1d")?.0,
            magic_links: reader.value::<Positive>("retention.magic_links", "1d")?.0,
            mails: reader.value::<Positive>("retention.mails", "14d")?.0,
            email_changes: reader.value::<Positive>("retention.email_changes", "60d")?.0,
        })
    }
}
