//! The contract of a refresh token, judged by the full history of its session.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::session::{Lifetimes, RotationRules};

/// The refresh that made a generation.
#[derive(Clone, Copy, Debug)]
pub struct Making {
    pub presented: u32,
    pub made: u32,
    /// The time by the clock of the answering server.
    pub at: DateTime<Utc>,
    /// The true time.
    pub truly_at: DateTime<Utc>,
}

/// The events of a session, in order.
#[derive(Clone, Debug)]
pub struct History {
    pub opened_at: DateTime<Utc>,
    lifetimes: Lifetimes,
    makings: Vec<Making>,
    /// The generations whose access tokens were seen.
    sighted: BTreeSet<u32>,
    pub was_ended: bool,
}

/// The required result for a token, with the generation of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Renewed(u32),
    SameAgain(u32),
    NewSuccessor(u32),
    TakenAsCurrent(u32),
    Reuse,
    Over,
}

/// Returns the time since `then`, never negative.
fn age(then: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    if now < then { TimeDelta::zero() } else { now - then }
}

impl History {
    pub fn new(opened_at: DateTime<Utc>, lifetimes: Lifetimes) -> Self {
        Self { opened_at, lifetimes, makings: Vec::new(), sighted: BTreeSet::new(), was_ended: false }
    }

    /// Returns the live generation.
    pub fn live(&self) -> u32 {
        self.makings.last().map_or(0, |making| making.made)
    }

    /// Returns the refresh that made the live generation, if it presented `generation`.
    pub fn making_from(&self, generation: u32) -> Option<Making> {
        self.makings.last().copied().filter(|making| making.presented == generation)
    }

    /// Returns the first refresh that presented `generation`.
    pub fn first_use_of(&self, generation: u32) -> Option<Making> {
        self.makings.iter().copied().find(|making| making.presented == generation)
    }

    /// "No refresh extends it past the absolute end."
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.opened_at + self.lifetimes.absolute
    }

    /// "A session ends 30 days after its last refresh (idle) and 180 days after sign-in (absolute)."
    pub fn expires_at(&self) -> DateTime<Utc> {
        let last_refresh = self.makings.last().map_or(self.opened_at, |making| making.at);
        self.ends_at().min(last_refresh + self.lifetimes.idle)
    }

    pub fn is_live(&self, at: DateTime<Utc>) -> bool {
        !self.was_ended && at < self.expires_at()
    }

    /// "No refresh with it, no request or introspection with an access token whose `gen` is above n."
    fn later_was_seen(&self, generation: u32) -> bool {
        let is_later = |seen: &u32| *seen > generation;
        self.sighted.iter().any(is_later) || self.makings.iter().any(|making| is_later(&making.presented))
    }

    /// Judges `presented` by the contract, sentence by sentence.
    pub fn verdict(&self, presented: u32, at: DateTime<Utc>, rules: RotationRules) -> Verdict {
        let live = self.live();
        if !self.is_live(at) {
            return Verdict::Over;
        }
        // "A genuine generation ahead of the row is taken as current, never treated as reuse."
        if presented > live {
            return Verdict::TakenAsCurrent(presented + 1);
        }
        // "Refreshing generation n atomically makes it n+1."
        if presented == live {
            return Verdict::Renewed(presented + 1);
        }
        if let (Some(making), Some(first_use)) = (self.making_from(presented), self.first_use_of(presented)) {
            // "n presented again within the retry window, from the making of the live successor, while that
            // has not been refreshed, returns the same successor again."
            if age(making.at, at) < rules.retry_window {
                return Verdict::SameAgain(live);
            }
            // "After that, for up to an hour from the first use of n, n is taken while nothing issued with a
            // later generation has been seen. The answer is a new successor."
            if age(first_use.at, at) < rules.lost_response_window && !self.later_was_seen(presented) {
                return Verdict::NewSuccessor(live + 1);
            }
        }
        // "Any older generation, or n outside these rules, is reuse."
        Verdict::Reuse
    }

    /// Records the `verdict` on `presented`.
    pub fn presented(
        &mut self,
        presented: u32,
        verdict: Verdict,
        at: DateTime<Utc>,
        truly_at: DateTime<Utc>,
    ) {
        match verdict {
            Verdict::Renewed(made) | Verdict::NewSuccessor(made) | Verdict::TakenAsCurrent(made) => {
                self.makings.push(Making { presented, made, at, truly_at });
            }
            Verdict::Reuse => self.was_ended = true,
            Verdict::SameAgain(_) | Verdict::Over => {}
        }
    }

    /// Records the use of an access token of `generation`.
    pub fn sighted(&mut self, generation: u32) {
        self.sighted.insert(generation);
    }
}
