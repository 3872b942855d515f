//! The current time, behind a port: tests move it and never sleep.

use chrono::{DateTime, SubsecRound, Utc};

/// A source of instants.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;
}

/// `instant` as every store keeps it: in whole milliseconds.
pub fn to_stored_precision(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(3)
}
