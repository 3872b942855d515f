//! Keys in use: kept to their schedule, rotated out of turn, resealed, and reloaded.

use chrono::{DateTime, Utc};
use keywright_domain::access_token::{AccessClaims, InvalidAccessToken};
use keywright_domain::clock::to_stored_precision;
use keywright_domain::error::StoreError;
use keywright_domain::request_context::RequestContext;
use keywright_domain::signing_key::port::{MakingFailed, SigningKeyMaker, SigningKeys};
use keywright_domain::signing_key::schedule::{
    KeyRules, SigningKeyState, Step, following, next_step, schedule,
};
use keywright_domain::signing_key::{Place, SigningKey};
use keywright_domain::wait_budget::WaitBudget;

use crate::service::Service;

/// Largest number of steps in one call: more than a store ever needs at once.
const STEPS: usize = 64;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Making(#[from] MakingFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something that was done about a key, by its `kid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    Made(String),
    Removed(String),
    Resealed(String),
}

/// The keys as they are now.
#[derive(Debug)]
pub struct Kept {
    pub keys: Vec<SigningKey>,
    /// The steps of this call, without those that another server took in its place.
    pub done: Vec<Done>,
}

/// Does what the schedule wants by `now` and gives the keys; whatever is not sealed under the current secret is.
/// Any number of servers may do this at once.
pub async fn keep(
    keys: &dyn SigningKeys,
    maker: &dyn SigningKeyMaker,
    rules: &KeyRules,
    now: DateTime<Utc>,
) -> Result<Kept, KeysError> {
    let now = to_stored_precision(now);
    let mut done = Vec::new();
    for _ in 0..STEPS {
        let known = keys.list(&WaitBudget::NONE).await?;
        let Some(step) = next_step(&known, rules, now) else {
            let resealed = reseal(keys, maker, &known).await?;
            let known = if resealed.is_empty() { known } else { keys.list(&WaitBudget::NONE).await? };
            done.extend(resealed.into_iter().map(Done::Resealed));
            return Ok(Kept { keys: known, done });
        };
        match step {
            Step::Make(place) => {
                let made = maker.make(rules.algorithm, place, rules.token_lifetime)?;
                if keys.add(&made).await? {
                    done.push(Done::Made(made.kid));
                }
            }
            Step::Lengthen(kid) => keys.lengthen(&kid, rules.token_lifetime).await?,
            Step::Remove(kid) => {
                if let Some(over) = known.iter().find(|key| key.kid == kid)
                    && keys.remove(over).await?
                {
                    done.push(Done::Removed(kid));
                }
            }
        }
    }
    // Every step was somebody else's: the next call finds what is left.
    Ok(Kept { keys: keys.list(&WaitBudget::NONE).await?, done })
}

/// Seals under the current secret whatever is not, and names it.
pub async fn reseal(
    keys: &dyn SigningKeys,
    maker: &dyn SigningKeyMaker,
    known: &[SigningKey],
) -> Result<Vec<String>, KeysError> {
    let mut resealed = Vec::new();
    for key in known {
        if let Some(sealed) = maker.reseal(key)?
            && keys.reseal(key, &sealed).await?
        {
            resealed.push(key.kid.clone());
        }
    }
    Ok(resealed)
}

/// Outcome of a rotation out of turn.
#[derive(Debug, PartialEq)]
pub enum Rotated {
    /// The next key was made.
    Made(SigningKey),
    /// There is a next key already: it signs soon.
    UnderWay(SigningKey),
}

/// Makes the next key now, which signs when every verifier knows it.
pub async fn rotate(
    keys: &dyn SigningKeys,
    maker: &dyn SigningKeyMaker,
    rules: &KeyRules,
    now: DateTime<Utc>,
) -> Result<Rotated, KeysError> {
    let now = to_stored_precision(now);
    for _ in 0..STEPS {
        let known = keep(keys, maker, rules, now).await?.keys;
        let Some(newest) = schedule(&known, now).pop() else { continue };
        if newest.state == SigningKeyState::Next {
            return Ok(Rotated::UnderWay(newest.key.clone()));
        }
        let made = maker.make(rules.algorithm, following(newest.key, now), rules.token_lifetime)?;
        if keys.add(&made).await? {
            return Ok(Rotated::Made(made));
        }
        // Somebody else made the next key meanwhile: that one is under way.
    }
    Err(StoreError::unavailable("the signing keys change too often to be rotated").into())
}

/// Forgets every key and makes one that signs at once: whatever was signed before is refused from now on.
/// Sessions and their refresh tokens go on. None if somebody else did the same meanwhile.
pub async fn replace_all(
    keys: &dyn SigningKeys,
    maker: &dyn SigningKeyMaker,
    rules: &KeyRules,
    now: DateTime<Utc>,
) -> Result<Option<SigningKey>, KeysError> {
    let now = to_stored_precision(now);
    let place = Place { follows: None, created_at: now, signs_from: now };
    let made = maker.make(rules.algorithm, place, rules.token_lifetime)?;
    Ok(keys.replace_all(&made).await?.then_some(made))
}

/// Why an access token could not be believed.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    #[error(transparent)]
    Invalid(#[from] InvalidAccessToken),
    /// It may be good: its key could not be looked for.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a genuine, unexpired token says. Looks into the store, at most once a second, for a key that another
/// server has made since this one last looked.
pub async fn verify(
    service: &Service,
    token: &str,
    at: &RequestContext,
) -> Result<AccessClaims, VerificationError> {
    match service.tokens.verify(token, at.now) {
        Err(InvalidAccessToken::UnknownKey) if service.key_reloads.admit(at.now) => {
            service.tokens.adopt(&service.stores.signing_keys.list(&at.wait_budget).await?);
            Ok(service.tokens.verify(token, at.now)?)
        }
        verified => Ok(verified?),
    }
}
