//! Passkeys, as people use them (WebAuthn §7).
//!
//! 1. [`begin_registration`] and [`register`]: a person who has just signed in adds a passkey.
//! 2. [`begin_sign_in`] and [`sign_in`]: somebody signs in with one.
//! 3. [`rename`] and [`remove`]: its owner looks after it.

use serde_json::Value;

use super::ceremony::{Ceremony, CeremonyKind};
use super::port::{CeremonyFailed, NotVerified, Registration, Removal, SignIn, SigningIn, Started};
use super::{BadPasskeyName, MOST, Passkey, PasskeyName};
use crate::access_token::SigningFailed;
use crate::client::UnknownClient;
use crate::credential::{Credential, Kind};
use crate::error::StoreError;
use crate::id::{CeremonyId, PasskeyId};
use crate::page::{Page, Paged};
use crate::service::Service;
use crate::session::Session;
use crate::session::flow::{Principal, seed};
use crate::session::sign_in::{Grant, Wanted};
use crate::stamp::Stamp;
use crate::user::User;

/// A challenge, and what the browser is asked.
#[derive(Clone, Debug)]
pub struct Begun {
    pub challenge_id: Credential,
    /// The options in the W3C JSON form.
    pub public_key: Value,
}

/// A sign-in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    pub session: Session,
    pub grant: Grant,
}

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
    /// The account was deleted or disabled meanwhile.
    #[error("the account is gone")]
    Gone,
    #[error(transparent)]
    Ceremony(#[from] CeremonyFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// An unknown, used, expired or foreign challenge, an unknown passkey, a wrong answer, a disabled account:
    /// all alike to whoever asks. The cause is for the log.
    #[error("the passkey was not accepted: try again, or sign in by e-mail")]
    Refused(String),
    #[error(transparent)]
    UnknownClient(#[from] UnknownClient),
    #[error(transparent)]
    Ceremony(#[from] CeremonyFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

/// Why a passkey is not renamed or removed.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    #[error("the sign-in is not recent enough")]
    NotFresh,
    #[error("name {0}")]
    Name(#[from] BadPasskeyName),
    #[error("there is no such passkey")]
    NotFound,
    #[error("this is the account's last way to sign in: add another one first")]
    LastCredential,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotVerified> for SignInError {
    fn from(error: NotVerified) -> Self {
        Self::Refused(error.0)
    }
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
    at: &Stamp,
) -> Result<Begun, RegisterError> {
    if !is_fresh(service, principal, at) {
        return Err(RegisterError::NotFresh);
    }
    let user = &principal.user;
    let existing = service.stores.passkeys.list(user.id, Page::WIDEST).await?;
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
    at: &Stamp,
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
    match service.stores.passkeys.register(&passkey, at).await? {
        Registration::Registered => Ok(passkey),
        Registration::AlreadyRegistered => Err(RegisterError::AlreadyRegistered),
        Registration::TooMany => Err(RegisterError::TooMany),
        Registration::AccountUnavailable => Err(RegisterError::Gone),
    }
}

/// Begins a sign-in by whoever holds a passkey of this server.
pub async fn begin_sign_in(service: &Service, at: &Stamp) -> Result<Begun, SignInError> {
    let started = service.webauthn.begin_sign_in()?;
    Ok(begin(service, CeremonyKind::SignIn, started, at).await?)
}

/// Signs in whoever's passkey `credential` is of, in answer to the challenge `challenge_id`, which is used up
/// whatever comes of it.
pub async fn sign_in(
    service: &Service,
    challenge_id: &str,
    credential: &Value,
    wanted: Wanted,
    at: &Stamp,
) -> Result<SignedIn, SignInError> {
    let (kind, client_id, renew) = wanted.resolve(service)?;
    let refused = |cause: &str| SignInError::Refused(cause.to_owned());
    let ceremony = take(service, challenge_id, CeremonyKind::SignIn, at).await?;
    let ceremony = ceremony.ok_or_else(|| refused(NO_CHALLENGE))?;
    let claimed = service.webauthn.claimed(credential)?;
    let passkey = service.stores.passkeys.find(&claimed.credential_id).await?;
    let passkey = passkey.ok_or_else(|| refused("the passkey is unknown"))?;
    if passkey.user_id != claimed.user_id {
        return Err(refused("the user handle is another account's"));
    }
    let assertion = service.webauthn.finish_sign_in(&ceremony.state, &passkey, credential)?;
    let seed = seed(service, kind, client_id, None, at);
    let sign_in = SignIn { passkey: passkey.id, assertion, seed, renew };
    match service.stores.passkeys.sign_in(&sign_in, at).await? {
        SigningIn::SignedIn { session, user } => {
            let grant = Grant::of(service, &session, at)?;
            Ok(SignedIn { user, session, grant })
        }
        SigningIn::CounterRejected => Err(refused("the signature counter did not rise")),
        SigningIn::Refused => Err(refused("the account may not sign in")),
    }
}

/// A page of the passkeys of `principal`, newest first.
pub async fn list(
    service: &Service,
    principal: &Principal,
    page: Page,
) -> Result<Paged<Passkey>, StoreError> {
    service.stores.passkeys.list(principal.user.id, page).await
}

/// Gives a passkey of `principal` the name `name`.
pub async fn rename(
    service: &Service,
    principal: &Principal,
    passkey: PasskeyId,
    name: &str,
    at: &Stamp,
) -> Result<Passkey, ManageError> {
    let name = PasskeyName::parse(name)?;
    let renamed = service.stores.passkeys.rename(principal.user.id, passkey, &name, at).await?;
    renamed.ok_or(ManageError::NotFound)
}

/// Removes a passkey of `principal`, unless it is their last way in. Sessions that it opened live on.
pub async fn remove(
    service: &Service,
    principal: &Principal,
    passkey: PasskeyId,
    at: &Stamp,
) -> Result<(), ManageError> {
    if !is_fresh(service, principal, at) {
        return Err(ManageError::NotFresh);
    }
    match service.stores.passkeys.remove(principal.user.id, passkey, at).await? {
        Removal::Removed => Ok(()),
        Removal::LastCredential => Err(ManageError::LastCredential),
        Removal::NotFound => Err(ManageError::NotFound),
    }
}

const NO_CHALLENGE: &str = "the challenge is unknown, used, expired or for something else";

fn is_fresh(service: &Service, principal: &Principal, at: &Stamp) -> bool {
    principal.session.is_fresh(at.now, service.rules.fresh)
}

async fn begin(
    service: &Service,
    kind: CeremonyKind,
    started: Started,
    at: &Stamp,
) -> Result<Begun, StoreError> {
    let id = CeremonyId::new(at.now, service.entropy.as_ref());
    let ceremony = Ceremony::new(id, kind, started.state, at.now);
    service.stores.passkeys.begin(&ceremony).await?;
    let challenge_id = service.keyring.issue(Kind::Ceremony, id.0, 0);
    Ok(Begun { challenge_id, public_key: started.public_key })
}

/// Takes the challenge that `challenge_id` names. None unless it may be answered as `kind`; then it is gone all
/// the same.
async fn take(
    service: &Service,
    challenge_id: &str,
    kind: CeremonyKind,
    at: &Stamp,
) -> Result<Option<Ceremony>, StoreError> {
    let Ok(genuine) = service.keyring.parse(Kind::Ceremony, challenge_id) else { return Ok(None) };
    let taken = service.stores.passkeys.take(CeremonyId(genuine.record)).await?;
    Ok(taken.filter(|ceremony| ceremony.admits(kind, at.now)))
}
