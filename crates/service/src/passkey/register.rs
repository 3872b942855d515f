//! A person who has just signed in adds a passkey (WebAuthn §7.1).

use keywright_domain::activity::Event;
use keywright_domain::error::StoreError;
use keywright_domain::id::PasskeyId;
use keywright_domain::page::Page;
use keywright_domain::passkey::port::{CeremonyFailed, NotVerified, Registration};
use keywright_domain::passkey::{BadPasskeyName, CeremonyKind, MOST, Passkey, PasskeyName};
use keywright_domain::request_context::RequestContext;
use serde_json::Value;

use crate::passkey::{Begun, NO_CHALLENGE, begin, is_fresh, take};
use crate::service::Service;
use crate::session::Principal;

/// Why a passkey is not added.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("the sign-in is not recent enough")]
    NotFresh,
    #[error("name {0}")]
    Name(#[from] BadPasskeyName),
    /// The challenge is unknown, used, expired, somebody else's or for a sign-in, or the answer is not right.
    #[error("the passkey was not accepted: start again")]
    Refused(String),
    #[error("this passkey is registered already")]
    AlreadyRegistered,
    #[error("an account can have at most {MOST} passkeys: remove one first")]
    TooMany,
    /// The account was deleted or disabled, or the session ended, meanwhile.
    #[error("the session is over")]
    Gone,
    #[error(transparent)]
    Ceremony(#[from] CeremonyFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotVerified> for RegisterError {
    fn from(error: NotVerified) -> Self {
        Self::Refused(error.0)
    }
}

/// Begins the registration of a passkey by `principal`.
pub async fn begin_registration(
    service: &Service,
    principal: &Principal,
    at: &RequestContext,
) -> Result<Begun, RegisterError> {
    if !is_fresh(service, principal, at) {
        return Err(RegisterError::NotFresh);
    }
    let user = &principal.user;
    let existing = service.stores.passkeys.list(user.id, Page::WIDEST, &at.wait_budget).await?;
    if existing.total >= u64::from(MOST) {
        return Err(RegisterError::TooMany);
    }
    let started = service.webauthn.begin_registration(user, &existing.items)?;
    Ok(begin(service, CeremonyKind::Registration(user.id), started, at).await?)
}

/// Adds the passkey that `credential` is, in answer to the challenge `challenge_id`, which is used up whatever
/// comes of it.
pub async fn register(
    service: &Service,
    principal: &Principal,
    challenge_id: &str,
    credential: &Value,
    name: Option<&str>,
    at: &RequestContext,
) -> Result<Passkey, RegisterError> {
    if !is_fresh(service, principal, at) {
        return Err(RegisterError::NotFresh);
    }
    let name = name.map(PasskeyName::parse).transpose()?;
    let kind = CeremonyKind::Registration(principal.user.id);
    let ceremony = take(service, challenge_id, kind, at).await?;
    let ceremony = ceremony.ok_or_else(|| RegisterError::Refused(NO_CHALLENGE.to_owned()))?;
    let attested = service.webauthn.finish_registration(&ceremony.state, credential)?;
    let passkey = Passkey {
        id: PasskeyId::new(service.entropy.as_ref()),
        user_id: principal.user.id,
        credential_id: attested.credential_id,
        data: attested.data,
        name: name.unwrap_or_else(|| PasskeyName::usual(attested.aaguid)),
        created_at: at.now,
        last_used_at: None,
        counter: attested.counter,
        backup_eligible: attested.backup_eligible,
        backed_up: attested.backed_up,
        transports: attested.transports,
        aaguid: attested.aaguid,
    };
    // The request may have taken its time, and its session have been ended meanwhile. Who ends it is remembered for days.
    let session = service.stores.sessions.find(principal.session.id, &at.wait_budget).await?;
    if session.is_some_and(|(session, _)| !session.is_live(service.clock.now())) {
        return Err(RegisterError::Gone);
    }
    match service.stores.passkeys.register(&passkey, at).await? {
        Registration::Registered => {
            service.count(Event::PasskeyAdded);
            Ok(passkey)
        }
        Registration::AlreadyRegistered => Err(RegisterError::AlreadyRegistered),
        Registration::TooMany => Err(RegisterError::TooMany),
        Registration::AccountUnavailable => Err(RegisterError::Gone),
    }
}
