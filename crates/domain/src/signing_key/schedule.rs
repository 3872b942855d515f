//! When each signing key is published, signs, and goes. Everything follows from the keys and the time.
//!
//! 1. A key is published when it is made, and signs from [`LEAD`] later on: by then every verifier that keeps the
//!    key set as long as it may has seen it. The first key of a store signs at once.
//! 2. It signs until the next one does: `rotation` later.
//! 3. It stays published until the last token that it signed has expired for everybody, and then is deleted.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Algorithm, Place, SigningKey};

/// Time that a verifier may cache the key set.
pub const KEY_SET_MAX_AGE: TimeDelta = TimeDelta::minutes(5);

/// How long before it first signs a key is published: twice what a verifier may keep, so that one lost fetch, a
/// clock that is wrong, or a server that learns late of the key, does no harm.
pub const LEAD: TimeDelta = TimeDelta::minutes(10);

/// How long a key stays when its last token has expired: the 30 s by which clocks may differ (RFC 9068 has no figure;
/// the contract has), and as much for a server that learns late of the key after it.
pub const LINGER: TimeDelta = TimeDelta::seconds(60);

/// The operator's rules for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRules {
    /// Algorithm of the next key.
    pub algorithm: Algorithm,
    /// Time that a key signs; at least [`LEAD`].
    pub rotation: TimeDelta,
    /// Lifetime of an access token.
    pub token_lifetime: TimeDelta,
}

/// The current part of a key in the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningKeyState {
    /// It is published, and will sign.
    Next,
    /// It signs.
    Current,
    /// It has signed what may still be good.
    Previous,
}

impl SigningKeyState {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

/// A key and what follows from its place.
#[derive(Clone, Copy, Debug)]
pub struct Scheduled<'a> {
    pub key: &'a SigningKey,
    pub state: SigningKeyState,
    /// When the next key begins to sign; none as long as there is no next key.
    pub signs_until: Option<DateTime<Utc>>,
    /// When the last token that it signed has expired for everybody, and it is deleted.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A due step of key maintenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make the next key, in this place.
    Make(Place),
    /// Tokens of this key live longer than it says.
    Lengthen(String),
    /// Delete this key.
    Remove(String),
}

/// The keys in the order in which they sign, and where each of them stands at `now`. One of them is current,
/// unless there is none: should the clock be behind them all, the first.
pub fn schedule(keys: &[SigningKey], now: DateTime<Utc>) -> Vec<Scheduled<'_>> {
    let mut keys: Vec<&SigningKey> = keys.iter().collect();
    keys.sort_by_key(|key| (key.place.signs_from, key.place.created_at, &key.kid));
    let current = keys.iter().rposition(|key| key.place.signs_from <= now).unwrap_or(0);
    let next = keys.iter().skip(1).map(Some).chain([None]);
    let scheduled = keys.iter().zip(next).enumerate().map(|(index, (key, next))| {
        let signs_until = next.map(|next| next.place.signs_from);
        Scheduled {
            key,
            state: match index.cmp(&current) {
                std::cmp::Ordering::Less => SigningKeyState::Previous,
                std::cmp::Ordering::Equal => SigningKeyState::Current,
                std::cmp::Ordering::Greater => SigningKeyState::Next,
            },
            signs_until,
            expires_at: signs_until.map(|until| after(after(until, key.token_lifetime), LINGER)),
        }
    });
    scheduled.collect()
}

/// The first due step. The caller asks again after taking it.
pub fn next_step(keys: &[SigningKey], rules: &KeyRules, now: DateTime<Utc>) -> Option<Step> {
    let scheduled = schedule(keys, now);
    let Some(newest) = scheduled.last() else {
        return Some(Step::Make(Place { follows: None, created_at: now, signs_from: now }));
    };
    let is_short = |key: &&Scheduled<'_>| {
        key.state != SigningKeyState::Previous && key.key.token_lifetime < rules.token_lifetime
    };
    if let Some(short) = scheduled.iter().find(is_short) {
        return Some(Step::Lengthen(short.key.kid.clone()));
    }
    let is_over = |key: &&Scheduled<'_>| {
        key.state == SigningKeyState::Previous && key.expires_at.is_some_and(|expires_at| expires_at <= now)
    };
    if let Some(over) = scheduled.iter().find(is_over) {
        return Some(Step::Remove(over.key.kid.clone()));
    }
    // One next key at a time: servers that are configured differently would else make them without end.
    if newest.state == SigningKeyState::Next {
        return None;
    }
    if newest.key.algorithm != rules.algorithm {
        return Some(Step::Make(following(newest.key, now)));
    }
    let turn = after(newest.key.place.signs_from, rules.rotation);
    if now < turn - LEAD {
        return None;
    }
    let place = following(newest.key, now);
    Some(Step::Make(Place { signs_from: place.signs_from.max(turn), ..place }))
}

/// The place after `newest` for a key that is made now, out of turn.
pub fn following(newest: &SigningKey, now: DateTime<Utc>) -> Place {
    Place { follows: Some(newest.kid.clone()), created_at: now, signs_from: after(now, LEAD) }
}

/// Never beyond the calendar.
fn after(instant: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
    instant.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
