//! The pace of polls (RFC 8628 §3.5), kept in memory: a pending poll writes nothing to the store.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::id::DeviceAuthorizationId;

/// Growth of the interval each time it is ignored, and its limit.
const STEP: TimeDelta = TimeDelta::seconds(5);
const LONGEST: TimeDelta = TimeDelta::seconds(60);
/// Tolerance for early polls: timers of clients and networks are not exact.
const TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// Judgement of the pace of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    InTime,
    /// Too early; the interval that holds from now on.
    SlowDown {
        interval: TimeDelta,
    },
}

/// A poll whose pace was judged.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub pacing: Pacing,
    id: DeviceAuthorizationId,
    /// The pace before and after it.
    before: Option<Pace>,
    after: Pace,
}

/// The pace of one device code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pace {
    interval: TimeDelta,
    /// The last poll that was not told to slow down.
    last: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// The pace of every device code that is being polled at this server.
#[derive(Debug, Default)]
pub struct Pacer(Mutex<HashMap<DeviceAuthorizationId, Pace>>);

impl Pacer {
    /// Number of remembered codes above which expired ones are dropped.
    const SWEEP_AT: usize = 10_000;

    /// Judges a poll for `id` at `now`. A code that is polled for the first time starts at `interval` and is
    /// forgotten after `lifetime`.
    pub fn poll(
        &self,
        id: DeviceAuthorizationId,
        now: DateTime<Utc>,
        interval: TimeDelta,
        lifetime: TimeDelta,
    ) -> Turn {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = paces.get(&id).copied();
        if before.is_none() && paces.len() >= Self::SWEEP_AT {
            paces.retain(|_, pace| now < pace.expires_at);
        }
        let (pacing, after) = match before {
            None => (Pacing::InTime, Pace { interval, last: now, expires_at: now + lifetime }),
            Some(pace) if now - pace.last < pace.interval - TOLERANCE => {
                let interval = (pace.interval + STEP).min(LONGEST.max(pace.interval));
                (Pacing::SlowDown { interval }, Pace { interval, ..pace })
            }
            Some(pace) => (Pacing::InTime, Pace { last: now, ..pace }),
        };
        paces.insert(id, after);
        Turn { pacing, id, before, after }
    }

    /// Has a poll not count that was told nothing about its code, unless another has come since.
    pub fn take_back(&self, turn: &Turn) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paces.get(&turn.id) != Some(&turn.after) {
            return;
        }
        match turn.before {
            Some(before) => paces.insert(turn.id, before),
            None => paces.remove(&turn.id),
        };
    }

    /// Has the next poll of `id` come in time, whenever it comes: one that waited was told nothing.
    pub fn excuse(&self, id: DeviceAuthorizationId) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pace) = paces.get_mut(&id) {
            pace.last -= pace.interval;
        }
    }

    /// Begins the next interval of `id` at `now`, when a poll that waited is answered.
    pub fn answered(&self, id: DeviceAuthorizationId, now: DateTime<Utc>) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pace) = paces.get_mut(&id) {
            pace.last = pace.last.max(now);
        }
    }

    /// Forgets a code whose flow is over.
    pub fn forget(&self, id: DeviceAuthorizationId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ID: DeviceAuthorizationId = DeviceAuthorizationId(Uuid::nil());

    fn poll(pacer: &Pacer, second: i64) -> Pacing {
        turn(pacer, second).pacing
    }

    fn turn(pacer: &Pacer, second: i64) -> Turn {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        pacer.poll(ID, now, TimeDelta::seconds(5), TimeDelta::seconds(600))
    }

    fn slow_down(seconds: i64) -> Pacing {
        Pacing::SlowDown { interval: TimeDelta::seconds(seconds) }
    }

    #[test]
    fn a_client_that_keeps_its_interval_is_never_told_to_slow_down() {
        let pacer = Pacer::default();

        for second in [0, 5, 9, 13, 100] {
            assert_eq!(poll(&pacer, second), Pacing::InTime, "{second}");
        }
    }

    #[test]
    fn the_interval_grows_by_five_seconds_to_at_most_sixty() {
        let pacer = Pacer::default();
        poll(&pacer, 0);

        let told: Vec<_> = (0..13).map(|_| poll(&pacer, 1)).collect();

        let expected: Vec<_> = (2..=12).map(|step| slow_down(step * 5)).chain([slow_down(60); 2]).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_client_that_obeys_recovers() {
        let pacer = Pacer::default();
        poll(&pacer, 0);
        assert_eq!(poll(&pacer, 3), slow_down(10));

        assert_eq!(poll(&pacer, 8), slow_down(15), "only five seconds after the one that counted");
        assert_eq!(poll(&pacer, 23), Pacing::InTime);
        assert_eq!(poll(&pacer, 37), Pacing::InTime, "the new interval, less the tolerance");
        assert_eq!(poll(&pacer, 50), slow_down(20));
    }

    #[test]
    fn a_clock_that_steps_back_is_told_to_slow_down_and_recovers() {
        let pacer = Pacer::default();
        poll(&pacer, 100);

        assert_eq!(poll(&pacer, 90), slow_down(10));
        assert_eq!(poll(&pacer, 109), Pacing::InTime);
    }

    #[test]
    fn the_interval_after_a_poll_that_waited_starts_at_its_answer() {
        let pacer = Pacer::default();
        poll(&pacer, 0);

        pacer.answered(ID, DateTime::UNIX_EPOCH + TimeDelta::seconds(30));

        assert_eq!(poll(&pacer, 33), slow_down(10));
        assert_eq!(poll(&pacer, 39), Pacing::InTime);
    }

    #[test]
    fn who_waited_for_nothing_is_excused_and_keeps_the_interval() {
        let pacer = Pacer::default();
        poll(&pacer, 0);
        assert_eq!(poll(&pacer, 1), slow_down(10));

        pacer.excuse(ID);

        assert_eq!(poll(&pacer, 1), Pacing::InTime);
        assert_eq!(poll(&pacer, 2), slow_down(15));
    }

    #[test]
    fn a_code_that_is_over_is_forgotten() {
        let pacer = Pacer::default();
        poll(&pacer, 0);

        pacer.forget(ID);

        assert_eq!(poll(&pacer, 1), Pacing::InTime);
    }

    #[test]
    fn a_poll_that_is_taken_back_does_not_count_and_takes_no_other_with_it() {
        let pacer = Pacer::default();

        pacer.take_back(&turn(&pacer, 0));
        assert_eq!(poll(&pacer, 0), Pacing::InTime, "the first one that counts");
        pacer.take_back(&turn(&pacer, 5));
        assert_eq!(poll(&pacer, 5), Pacing::InTime);
        pacer.take_back(&turn(&pacer, 6));
        assert_eq!(poll(&pacer, 6), slow_down(10), "the interval has not grown before");

        let first = turn(&pacer, 20);
        let second = turn(&pacer, 40);
        pacer.take_back(&first);
        assert_eq!((second.pacing, poll(&pacer, 41)), (Pacing::InTime, slow_down(15)));
    }
}
