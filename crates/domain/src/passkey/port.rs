//! The ports for passkeys: storage and WebAuthn.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use super::{Assertion, Ceremony, CredentialId, Passkey, PasskeyName, Transports};
use crate::error::StoreError;
use crate::id::{CeremonyId, PasskeyId, SessionId, UserId};
use crate::page::{Page, Paged};
use crate::request_context::RequestContext;
use crate::session::{Session, SessionSeed};
use crate::user::User;

/// Outcome of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Registered,
    /// Somebody, whoever it is, has a passkey with this credential id.
    AlreadyRegistered,
    /// The account holds as many as it may ([`super::MOST`]).
    TooMany,
    /// The account is gone or disabled.
    AccountUnavailable,
}

/// An answer to a sign-in whose signature is right, and what the sign-in will be.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub passkey: PasskeyId,
    pub assertion: Assertion,
    pub seed: SessionSeed,
    /// The live browser session that the request carries. If it is the same account's it is renewed
    /// ([`Session::reauthenticated`]) and no other is opened.
    pub renew: Option<SessionId>,
}

/// Outcome of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SigningIn {
    SignedIn {
        session: Session,
        user: User,
    },
    /// The counter did not rise: its owner's activity says so, and nothing else has changed.
    CounterRejected,
    /// The passkey is gone, or its account may not sign in.
    Refused,
}

/// Outcome of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    Removed,
    /// The account would have no way left to sign in.
    LastCredential,
    /// There is no such passkey, or it is another account's.
    NotFound,
}

/// Every passkey and every challenge.
#[async_trait]
pub trait Passkeys: Send + Sync {
    /// Remembers a new challenge.
    async fn begin(&self, ceremony: &Ceremony, wait: &WaitBudget) -> Result<(), StoreError>;

    /// Takes a challenge away, whatever it was made for: of any number of racers one gets it.
    async fn take(&self, ceremony: CeremonyId, wait: &WaitBudget) -> Result<Option<Ceremony>, StoreError>;

    /// Adds a passkey to its account and writes that to the activity, in one commit: of any number of racers
    /// with one credential id one adds it, and no account comes to hold more than [`super::MOST`].
    async fn register(&self, passkey: &Passkey, at: &RequestContext) -> Result<Registration, StoreError>;

    /// The passkey with this credential id.
    async fn find(&self, credential: &CredentialId, wait: &WaitBudget)
    -> Result<Option<Passkey>, StoreError>;

    /// A page of the passkeys of `user`, newest first.
    async fn list(&self, user: UserId, page: Page, wait: &WaitBudget) -> Result<Paged<Passkey>, StoreError>;

    /// Judges by [`Passkey::used`] and stores what it says, atomically: of any number of racers with one
    /// counter (other than 0) one signs in. In the same commit the session is opened or renewed and the sign-in,
    /// or that the counter was rejected, is written to the activity. An account that is disabled is refused
    /// before anything is stored.
    async fn sign_in(&self, sign_in: &SignIn, at: &RequestContext) -> Result<SigningIn, StoreError>;

    /// Gives a passkey of `user` another name and writes that to the activity, unless it has that name
    /// already. The passkey as it is then; none if it is not theirs.
    async fn rename(
        &self,
        user: UserId,
        passkey: PasskeyId,
        name: &PasskeyName,
        at: &RequestContext,
    ) -> Result<Option<Passkey>, StoreError>;

    /// Removes a passkey of `user` and writes that to the activity, in one commit. Of any number of racers
    /// none removes the last way in of an account ([`User::can_sign_in_by_mail`]).
    async fn remove(
        &self,
        user: UserId,
        passkey: PasskeyId,
        at: &RequestContext,
    ) -> Result<Removal, StoreError>;
}

/// A ceremony that has begun.
#[derive(Clone, Debug)]
pub struct Started {
    /// The options, as `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON` take them (§5.1.8,
    /// §5.1.9).
    pub public_key: Value,
    /// Verification state, which only [`Webauthn`] reads.
    pub state: String,
}

/// A new credential, verified (§7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    pub credential_id: CredentialId,
    /// [`Passkey::data`]
    pub data: String,
    pub counter: u32,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub transports: Transports,
    pub aaguid: Uuid,
}

/// Whose passkey an answer claims to be of, before anything is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub user_id: UserId,
    pub credential_id: CredentialId,
}

/// The answer is not what the challenge asks for. The cause is for the log; it holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotVerified(pub String);

/// A ceremony could not be begun: a defect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ceremony could not be begun: {0}")]
pub struct CeremonyFailed(pub String);

/// The WebAuthn relying party. `credential` is the result of `PublicKeyCredential.toJSON()`.
pub trait Webauthn: Send + Sync {
    /// The RP ID that passkeys are bound to (§4): a domain.
    fn rp_id(&self) -> &str;

    /// The origins whose pages may use the passkeys (§13.4.9), as browsers write them.
    fn origins(&self) -> &[String];

    /// Begins a registration by `user`, who has the passkeys `existing` already.
    fn begin_registration(&self, user: &User, existing: &[Passkey]) -> Result<Started, CeremonyFailed>;

    /// Verifies the answer to a registration (§7.1). Whether the credential is a new one is the store's to say.
    fn finish_registration(&self, state: &str, credential: &Value) -> Result<Attested, NotVerified>;

    /// Begins a sign-in by whoever it will turn out to be.
    fn begin_sign_in(&self) -> Result<Started, CeremonyFailed>;

    /// Whose passkey `credential` claims to be of.
    fn claimed(&self, credential: &Value) -> Result<Claimed, NotVerified>;

    /// Verifies the answer to a sign-in with `passkey` (§7.2), all but its counter: [`Passkey::used`] judges
    /// that.
    fn finish_sign_in(
        &self,
        state: &str,
        passkey: &Passkey,
        credential: &Value,
    ) -> Result<Assertion, NotVerified>;
}
