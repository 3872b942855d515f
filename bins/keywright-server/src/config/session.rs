//! How long a session lives, and how forgiving its refresh chain is.

use std::time::Duration;

use super::duration::{OrZero, Positive};
use super::error::ConfigError;
use super::reader::Reader;

/// `session.*`
#[derive(Clone, Debug)]
pub struct Session {
    /// `session.idle`: it ends so long after its last refresh. Default: 30 days.
    pub idle: Duration,
    /// `session.absolute`: it ends so long after its sign-in, whatever happens. Default: 180 days.
    pub absolute: Duration,
    /// `session.retry_window`: how long a spent refresh token gets the same successor. Zero is strict.
    /// Default: 60 seconds.
    pub retry_window: Duration,
    /// `session.lost_response_window`: how long it gets another one while nobody has seen the first. Zero is
    /// strict. Default: 1 hour.
    pub lost_response_window: Duration,
    /// `session.fresh`: how old a sign-in may be for sensitive actions. Default: 15 minutes.
    pub fresh: Duration,
}

impl Session {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            idle: reader.value::<Positive>("session.idle", "30d")?.0,
            absolute: reader.value::<Positive>("session.absolute", "180d")?.0,
            retry_window: reader.value::<OrZero>("session.retry_window", "60s")?.0,
            lost_response_window: reader.value::<OrZero>("session.lost_response_window", "1h")?.0,
            fresh: reader.value::<Positive>("session.fresh", "15m")?.0,
        })
    }
}
