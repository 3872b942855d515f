//! Device authorizations (RFC 8628).

use std::time::Duration;

use super::duration::{Positive, Rate};
use super::error::ConfigError;
use super::reader::Reader;

/// `device.*`
#[derive(Clone, Debug)]
pub struct Device {
    /// `device.lifetime`: how long a code can be approved and claimed. Default: 10 minutes.
    pub lifetime: Duration,
    /// `device.interval`: how long a device waits between polls. Default: 5 seconds.
    pub interval: Duration,
    /// `device.max_waiting`: how many polls may wait for a decision at once; 0 for none. Default: 1000.
    pub max_waiting: usize,
    /// `device.misses_per_account`: wrong user codes that one account may enter. Default: 10 in 10 minutes.
    pub misses_per_account: Rate,
    /// `device.misses_per_address`: wrong user codes from one address. Default: 100 in 10 minutes.
    pub misses_per_address: Rate,
}

impl Device {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            lifetime: reader.value::<Positive>("device.lifetime", "10m")?.0,
            interval: reader.value::<Positive>("device.interval", "5s")?.0,
            max_waiting: reader.value("device.max_waiting", "1000")?,
            misses_per_account: reader.value("device.misses_per_account", "10/10m")?,
            misses_per_address: reader.value("device.misses_per_address", "100/10m")?,
        })
    }
}
