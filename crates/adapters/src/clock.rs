//! The clock of the system, and one that tests move.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::clock::Clock;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that owns the time")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved: for tests, here and in other crates, which share it in an `Arc`.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves it to `now`, which may lie in its past.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.time() = now;
    }

    /// Moves it by `step`, which may be negative.
    pub fn advance(&self, step: TimeDelta) {
        *self.time() += step;
    }

    fn time(&self) -> MutexGuard<'_, DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.time()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_time_of_the_system_does_not_stand_still() {
        let before = SystemClock.now();

        while SystemClock.now() == before {}

        assert!(SystemClock.now() > before);
    }

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let clock = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH));
        let seen: Arc<dyn Clock> = clock.clone();

        clock.advance(TimeDelta::seconds(90));
        let advanced = seen.now();
        clock.set(DateTime::UNIX_EPOCH);

        assert_eq!(advanced, DateTime::UNIX_EPOCH + TimeDelta::seconds(90));
        assert_eq!(seen.now(), DateTime::UNIX_EPOCH);
    }
}
