//! The chain of refresh tokens that keeps a session alive, and the rules of its rotation.
//!
//! 1. A sign-in opens the chain at generation 0.
//! 2. A refresh token of generation *n* is presented (RFC 6749 §6).
//! 3. The chain judges it: rotate, repeat, replace, ahead, or reuse (RFC 9700 §4.14.2).

use chrono::{DateTime, TimeDelta, Utc};

/// Number of renewals of a session's refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

impl Generation {
    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Where a chain stands. These values are its whole history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The one generation that may be presented.
    pub current: Generation,
    /// The generation whose presentation made `current`; none before the first refresh.
    pub parent: Option<Generation>,
    /// The highest generation of which anything has been seen in use.
    pub seen: Generation,
    /// When `parent` was first presented.
    pub spent_at: DateTime<Utc>,
    /// When `current` was made.
    pub made_at: DateTime<Utc>,
}

/// Tolerance of a chain. Both at zero is strict mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationRules {
    /// Time after its creation in which the live successor is handed out again, for racing processes.
    pub retry_window: TimeDelta,
    /// How long after its first use a spent generation is taken while its successor is unseen: for answers
    /// that were lost.
    pub lost_response_window: TimeDelta,
}

/// Judgement of a presented generation. Each variant carries the chain as it must be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presentation {
    /// The current one: renewed.
    Rotate(Chain),
    /// Its parent again, at once: the same successor, nothing to store.
    Repeat(Chain),
    /// Its parent again, later, while nobody has seen the successor: a new one, the lost one retired.
    Replace(Chain),
    /// One that the store has forgotten (a restored backup): taken as current.
    Ahead(Chain),
    /// Anything else: somebody holds a copy.
    Reuse,
}

impl Chain {
    /// A chain that has never been refreshed.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { current: Generation(0), parent: None, seen: Generation(0), spent_at: now, made_at: now }
    }

    /// Judges `presented`.
    pub fn present(&self, presented: Generation, now: DateTime<Utc>, rules: RotationRules) -> Presentation {
        if presented > self.current {
            return Presentation::Ahead(self.renewed(presented, now));
        }
        if presented == self.current {
            return Presentation::Rotate(self.renewed(presented, now));
        }
        if Some(presented) != self.parent {
            return Presentation::Reuse;
        }
        // A racer may carry an earlier instant than the winner: an age is never negative.
        let age = |since: DateTime<Utc>| (now - since).max(TimeDelta::zero());
        if age(self.made_at) < rules.retry_window {
            return Presentation::Repeat(*self);
        }
        if self.seen <= presented && age(self.spent_at) < rules.lost_response_window {
            return Presentation::Replace(Self { current: self.current.next(), made_at: now, ..*self });
        }
        Presentation::Reuse
    }

    /// The chain after something issued with `generation` was seen in use; none if that is no news.
    pub fn after_seen(&self, generation: Generation) -> Option<Self> {
        (generation > self.seen).then_some(Self { seen: generation, ..*self })
    }

    fn renewed(&self, spent: Generation, now: DateTime<Utc>) -> Self {
        Self {
            current: spent.next(),
            parent: Some(spent),
            seen: self.seen.max(spent),
            spent_at: now,
            made_at: now,
        }
    }
}
