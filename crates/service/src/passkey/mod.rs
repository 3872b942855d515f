//! Passkeys, as people use them (WebAuthn §7).
//!
//! 1. [`begin_registration`] and [`register`]: a person who has just signed in adds a passkey.
//! 2. [`begin_sign_in`] and [`sign_in`]: somebody signs in with one.
//! 3. [`rename`] and [`remove`]: its owner looks after it.

mod manage;
mod register;
mod sign_in;

use keywright_domain::credential::{Credential, Kind};
use keywright_domain::error::StoreError;
use keywright_domain::id::CeremonyId;
use keywright_domain::passkey::ceremony::{Ceremony, CeremonyKind};
use keywright_domain::passkey::port::Started;
use keywright_domain::request_context::RequestContext;
use serde_json::Value;

pub use crate::passkey::manage::{ManageError, list, remove, rename};
pub use crate::passkey::register::{RegisterError, begin_registration, register};
pub use crate::passkey::sign_in::{SignInError, SignedIn, begin_sign_in, sign_in};
use crate::service::Service;
use crate::session::Principal;

/// A challenge, and what the browser is asked.
#[derive(Clone, Debug)]
pub struct Begun {
    pub challenge_id: Credential,
    /// The options in the W3C JSON form.
    pub public_key: Value,
}

/// Why there is nothing to answer, for the log.
const NO_CHALLENGE: &str = "the challenge is unknown, used, expired or for something else";

fn is_fresh(service: &Service, principal: &Principal, at: &RequestContext) -> bool {
    principal.session.is_fresh(at.now, service.rules.fresh)
}

async fn begin(
    service: &Service,
    kind: CeremonyKind,
    started: Started,
    at: &RequestContext,
) -> Result<Begun, StoreError> {
    let id = CeremonyId::new(at.now, service.entropy.as_ref());
    let ceremony = Ceremony::new(id, kind, started.state, at.now);
    service.stores.passkeys.begin(&ceremony, &at.wait_budget).await?;
    let challenge_id = service.keyring.issue(Kind::Ceremony, id.0, 0);
    Ok(Begun { challenge_id, public_key: started.public_key })
}

/// Takes the challenge that `challenge_id` names. None unless it may be answered as `kind`; then it is gone all
/// the same.
async fn take(
    service: &Service,
    challenge_id: &str,
    kind: CeremonyKind,
    at: &RequestContext,
) -> Result<Option<Ceremony>, StoreError> {
    let Ok(genuine) = service.keyring.parse(Kind::Ceremony, challenge_id) else { return Ok(None) };
    let taken = service.stores.passkeys.take(CeremonyId(genuine.record), &at.wait_budget).await?;
    Ok(taken.filter(|ceremony| ceremony.admits(kind, at.now)))
}
