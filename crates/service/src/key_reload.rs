//! How often a server may look for keys that it does not know: whoever sends tokens with made-up key ids must not
//! make it ask the store each time.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Lets one reload through in each second.
#[derive(Debug, Default)]
pub struct Reloads(Mutex<Option<DateTime<Utc>>>);

impl Reloads {
    const PAUSE: TimeDelta = TimeDelta::seconds(1);

    /// True if the caller may reload at `now`. Then nobody else may for a second.
    pub fn admit(&self, now: DateTime<Utc>) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not keep everybody waiting until it has caught up.
        let is_due = last.is_none_or(|last| (now - last).abs() >= Self::PAUSE);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_is_let_through_wherever_the_clock_goes() {
        let reloads = Reloads::default();
        let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();

        let admitted = [5000, 5000, 5999, 6000, 6001, 0, 1, 1000].map(|millis| reloads.admit(at(millis)));

        assert_eq!(admitted, [true, false, false, true, false, true, false, true]);
    }
}
