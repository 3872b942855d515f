//! The time that a request may wait for the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The time that a request may wait for the store: one budget, shared by all its commands and by all clones.
///
/// Only time spent on the store counts. A slow body or a poll that waits for a decision uses up nothing.
#[derive(Clone, Debug, Default)]
pub struct WaitBudget(Option<Arc<AtomicU64>>);

impl WaitBudget {
    /// No budget, for workers and the command line: each command may take as long as the store allows one.
    pub const NONE: Self = Self(None);

    /// A budget of `time`, in whole microseconds.
    pub fn new(time: Duration) -> Self {
        Self(Some(Arc::new(AtomicU64::new(micros(time)))))
    }

    /// Returns the time that the next command may take, which is at most `limit`.
    pub fn limit(&self, limit: Duration) -> Duration {
        let left = self.0.as_ref().map(|left| Duration::from_micros(left.load(Ordering::Relaxed)));
        left.map_or(limit, |left| left.min(limit))
    }

    /// Takes the `time` that a command took off the budget.
    pub fn spend(&self, time: Duration) {
        if let Some(left) = &self.0 {
            let spend = |left: u64| Some(left.saturating_sub(micros(time)));
            // The update cannot fail: it always gives a new value.
            let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_spend_one_budget_and_no_more_than_it_holds() {
        let budget = WaitBudget::new(Duration::from_secs(4));
        let clone = budget.clone();

        clone.spend(Duration::from_secs(3));

        assert_eq!(budget.limit(Duration::from_secs(4)), Duration::from_secs(1));
        assert_eq!(budget.limit(Duration::from_millis(10)), Duration::from_millis(10));
        budget.spend(Duration::from_secs(2));
        assert_eq!(clone.limit(Duration::from_secs(4)), Duration::ZERO);
    }

    #[test]
    fn without_a_budget_each_command_has_the_whole_limit() {
        WaitBudget::NONE.spend(Duration::MAX);

        assert_eq!(WaitBudget::NONE.limit(Duration::from_secs(4)), Duration::from_secs(4));
    }
}
