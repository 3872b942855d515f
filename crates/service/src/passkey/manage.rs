//! An owner looks after their passkeys.

use keywright_domain::activity::Event;
use keywright_domain::error::StoreError;
use keywright_domain::id::PasskeyId;
use keywright_domain::page::{Page, Paged};
use keywright_domain::passkey::port::Removal;
use keywright_domain::passkey::{BadPasskeyName, Passkey, PasskeyName};
use keywright_domain::request_context::RequestContext;

use crate::passkey::is_fresh;
use crate::service::Service;
use crate::session::Principal;

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

/// A page of the passkeys of `principal`, newest first.
pub async fn list(
    service: &Service,
    principal: &Principal,
    page: Page,
    at: &RequestContext,
) -> Result<Paged<Passkey>, StoreError> {
    service.stores.passkeys.list(principal.user.id, page, &at.wait_budget).await
}

/// Gives a passkey of `principal` the name `name`.
pub async fn rename(
    service: &Service,
    principal: &Principal,
    passkey: PasskeyId,
    name: &str,
    at: &RequestContext,
) -> Result<Passkey, ManageError> {
    let name = PasskeyName::parse(name)?;
    let renamed = service.stores.passkeys.rename(principal.user.id, passkey, &name, at).await?;
    let renamed = renamed.ok_or(ManageError::NotFound)?;
    service.count(Event::PasskeyRenamed);
    Ok(renamed)
}

/// Removes a passkey of `principal`, unless it is their last way in. Sessions that it opened live on.
pub async fn remove(
    service: &Service,
    principal: &Principal,
    passkey: PasskeyId,
    at: &RequestContext,
) -> Result<(), ManageError> {
    if !is_fresh(service, principal, at) {
        return Err(ManageError::NotFresh);
    }
    match service.stores.passkeys.remove(principal.user.id, passkey, at).await? {
        Removal::Removed => {
            service.count(Event::PasskeyRemoved);
            Ok(())
        }
        Removal::LastCredential => Err(ManageError::LastCredential),
        Removal::NotFound => Err(ManageError::NotFound),
    }
}
