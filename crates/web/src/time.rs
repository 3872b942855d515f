//! Instants and durations as the API writes them.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// RFC 3339 in UTC with `Z` and whole seconds.
pub fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Whole seconds, never less than none.
pub fn seconds(duration: TimeDelta) -> i64 {
    duration.num_seconds().max(0)
}
