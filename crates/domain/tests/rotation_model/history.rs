//! What the contract says of a refresh token, judged by all that ever happened to its session.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::session::{Lifetimes, RotationRules};

/// A refresh that made a generation.
#[derive(Clone, Copy, Debug)]
pub struct Making {
    pub presented: u32,
    pub made: u32,
    /// By the clock of the server that answered.
    pub at: DateTime<Utc>,
    /// By a clock that is right.
    pub truly_at: DateTime<Utc>,
}

/// Everything that happened to a session, in order.
#[derive(Clone, Debug)]
pub struct History {
    pub opened_at: DateTime<Utc>,
    lifetimes: Lifetimes,
    makings: Vec<Making>,
    /// The generations whose access tokens were seen.
    sighted: BTreeSet<u32>,
    pub was_ended: bool,
}

/// What has to come of a token. Each carries the generation of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Renewed(u32),
    SameAgain(u32),
    NewSuccessor(u32),
    TakenAsCurrent(u32),
    Reuse,
    Over,
}

/// How long ago `then` was; never negative.
fn age(then: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    if now < then { TimeDelta::zero() } else { now - then }
}

impl History {
    pub fn new(opened_at: DateTime<Utc>, lifetimes: Lifetimes) -> Self {
        Self { opened_at, lifetimes, makings: Vec::new(), sighted: BTreeSet::new(), was_ended: false }
    }

    /// The generation whose token is live.
    pub fn live(&self) -> u32 {
        self.makings.last().map_or(0, |making| making.made)
    }

    /// The refresh of `generation` that made the live one, if it was of that generation.
    pub fn making_from(&self, generation: u32) -> Option<Making> {
        self.makings.last().copied().filter(|making| making.presented == generation)
    }

    /// The first refresh of `generation`.
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

    /// The contract, sentence by sentence.
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

    /// Notes that `presented` met `verdict`.
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

    /// Notes that an access token of `generation` was used.
    pub fn sighted(&mut self, generation: u32) {
        self.sighted.insert(generation);
    }
}
