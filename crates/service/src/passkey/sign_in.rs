//! Somebody signs in with a passkey (WebAuthn §7.2).

use keywright_domain::access_token::SigningFailed;
use keywright_domain::activity::Event;
use keywright_domain::client::UnknownClient;
use keywright_domain::error::StoreError;
use keywright_domain::passkey::CeremonyKind;
use keywright_domain::passkey::port::{CeremonyFailed, NotVerified, SignIn, SigningIn};
use keywright_domain::request_context::RequestContext;
use keywright_domain::security_event::SecurityEvent;
use keywright_domain::session::Session;
use keywright_domain::user::User;
use serde_json::Value;

use crate::passkey::{Begun, NO_CHALLENGE, begin, take};
use crate::service::Service;
use crate::session::seed;
use crate::session::sign_in::{Grant, Wanted};

/// A sign-in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    pub session: Session,
    pub grant: Grant,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// An unknown, used, expired or foreign challenge, an unknown passkey, a wrong answer, a disabled account:
    /// all alike to whoever asks. The cause is for the log.
    #[error("the passkey was not accepted: try again, or sign in by e-mail")]
    Refused(String),
    /// The same, and there is no such passkey any more: the browser may tell its authenticator so. A credential
    /// id is too long to be guessed, so this tells nobody anything about an account.
    #[error("the passkey was not accepted: try again, or sign in by e-mail")]
    UnknownPasskey,
    #[error(transparent)]
    UnknownClient(#[from] UnknownClient),
    #[error(transparent)]
    Ceremony(#[from] CeremonyFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

impl From<NotVerified> for SignInError {
    fn from(error: NotVerified) -> Self {
        Self::Refused(error.0)
    }
}

/// Begins a sign-in by whoever holds a passkey of this server.
pub async fn begin_sign_in(service: &Service, at: &RequestContext) -> Result<Begun, SignInError> {
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
    at: &RequestContext,
) -> Result<SignedIn, SignInError> {
    let outcome = answer(service, challenge_id, credential, wanted, at).await;
    match &outcome {
        Ok(_) => service.count(Event::SignedIn),
        Err(SignInError::Refused(_) | SignInError::UnknownPasskey) => {
            service.count(SecurityEvent::SignInFailed);
        }
        Err(_) => {}
    }
    outcome
}

async fn answer(
    service: &Service,
    challenge_id: &str,
    credential: &Value,
    wanted: Wanted,
    at: &RequestContext,
) -> Result<SignedIn, SignInError> {
    let (kind, client_id, renew) = wanted.resolve(service)?;
    let refused = |cause: &str| SignInError::Refused(cause.to_owned());
    let seed = seed(service, kind, client_id, None, at)?;
    let ceremony = take(service, challenge_id, CeremonyKind::SignIn, at).await?;
    let ceremony = ceremony.ok_or_else(|| refused(NO_CHALLENGE))?;
    let claimed = service.webauthn.claimed(credential)?;
    let passkey = service.stores.passkeys.find(&claimed.credential_id, &at.wait_budget).await?;
    let passkey = passkey.ok_or(SignInError::UnknownPasskey)?;
    if passkey.user_id != claimed.user_id {
        return Err(refused("the user handle is another account's"));
    }
    let assertion = service.webauthn.finish_sign_in(&ceremony.state, &passkey, credential)?;
    let sign_in = SignIn { passkey: passkey.id, assertion, seed, renew };
    match service.stores.passkeys.sign_in(&sign_in, at).await? {
        SigningIn::SignedIn { session, user } => {
            let grant = Grant::of(service, &session, at)?;
            Ok(SignedIn { user, session, grant })
        }
        SigningIn::CounterRejected => {
            service.count(Event::PasskeyCounterRejected);
            Err(refused("the signature counter did not rise"))
        }
        SigningIn::Refused => Err(refused("the account may not sign in")),
    }
}
