//! Showing and doing what a mail offers.

use keywright_domain::action::{Action, LIFETIME};
use keywright_domain::activity::Event;
use keywright_domain::credential::{Credential, Kind};
use keywright_domain::device_authorization::port::Withdrawn;
use keywright_domain::device_authorization::{DeviceAuthorization, Withdrawing};
use keywright_domain::email::EmailAddress;
use keywright_domain::email_change::EmailChange;
use keywright_domain::email_change::port::Settling;
use keywright_domain::error::StoreError;
use keywright_domain::id::{DeviceAuthorizationId, MailId};
use keywright_domain::mail::Mail;
use keywright_domain::request_context::RequestContext;

use crate::service::Service;

/// The offered action, for the page that asks for the press.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Whose mail it is.
    pub to: EmailAddress,
    pub offered: Offered,
    /// True if there is anything left to do.
    pub is_open: bool,
}

/// An action with its object.
#[derive(Clone, Debug)]
pub enum Offered {
    EndDeviceSession(Box<DeviceAuthorization>),
    ProveEmail(Box<EmailChange>),
    UndoEmail(Box<EmailChange>),
}

/// Outcome of a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Done,
    /// Done before, or over by itself.
    NothingLeft,
}

/// Why nothing is shown or done.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// Forged, of another kind, unknown or too old: all alike.
    #[error("the link is invalid or too old")]
    Refused,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The credential for `action`, which `mail` offers.
pub fn issue(service: &Service, mail: MailId, action: Action) -> Credential {
    service.keyring.issue(Kind::Action, mail.0, action.code())
}

/// Previews the action of `token`. Changes nothing.
pub async fn look(service: &Service, token: &str, at: &RequestContext) -> Result<Offer, ActionError> {
    let (mail, action) = find(service, token, at).await?;
    match action {
        Action::EndDeviceSession(id) => {
            let device = service
                .stores
                .device_authorizations
                .find(id, &at.wait_budget)
                .await?
                .ok_or(ActionError::Refused)?;
            let is_open = is_open(service, &device, at).await?;
            Ok(Offer { to: mail.to, offered: Offered::EndDeviceSession(Box::new(device)), is_open })
        }
        Action::ProveEmail(id) => {
            let change =
                service.stores.email_changes.find(id, &at.wait_budget).await?.ok_or(ActionError::Refused)?;
            let is_open = change.is_provable(at.now);
            Ok(Offer { to: mail.to, offered: Offered::ProveEmail(Box::new(change)), is_open })
        }
        Action::UndoEmail(id) => {
            let change =
                service.stores.email_changes.find(id, &at.wait_budget).await?.ok_or(ActionError::Refused)?;
            let is_open = change.is_undoable(at.now);
            Ok(Offer { to: mail.to, offered: Offered::UndoEmail(Box::new(change)), is_open })
        }
    }
}

/// Does what `token` is for.
pub async fn act(service: &Service, token: &str, at: &RequestContext) -> Result<Done, ActionError> {
    match find(service, token, at).await?.1 {
        Action::EndDeviceSession(id) => Ok(end_device_session(service, id, at).await?),
        Action::ProveEmail(id) => Ok(settled(service, service.stores.email_changes.prove(id, at).await?)),
        Action::UndoEmail(id) => Ok(settled(service, service.stores.email_changes.undo(id, at).await?)),
    }
}

fn settled(service: &Service, settling: Settling) -> Done {
    match settling {
        Settling::Settled => {
            service.count(Event::EmailChanged);
            Done::Done
        }
        Settling::Over => Done::NothingLeft,
    }
}

async fn end_device_session(
    service: &Service,
    id: DeviceAuthorizationId,
    at: &RequestContext,
) -> Result<Done, StoreError> {
    Ok(match service.stores.device_authorizations.withdraw(id, at).await? {
        Withdrawn::Withdrawn => {
            service.count(Event::DeviceDenied);
            service.waiting.call(id);
            Done::Done
        }
        Withdrawn::Ended(_) => {
            service.count(Event::SessionEnded);
            Done::Done
        }
        Withdrawn::Over => Done::NothingLeft,
    })
}

/// The mail that offers what `token` names, and the action.
async fn find(service: &Service, token: &str, at: &RequestContext) -> Result<(Mail, Action), ActionError> {
    let presented = service.keyring.parse(Kind::Action, token).map_err(|_| ActionError::Refused)?;
    let mail = service.stores.mails.find(MailId(presented.record), &at.wait_budget).await?;
    let mail = mail.filter(|mail| at.now < mail.created_at + LIFETIME).ok_or(ActionError::Refused)?;
    let action = Action::of(mail.template).filter(|action| action.code() == presented.generation);
    Ok((mail, action.ok_or(ActionError::Refused)?))
}

async fn is_open(
    service: &Service,
    device: &DeviceAuthorization,
    at: &RequestContext,
) -> Result<bool, StoreError> {
    Ok(match device.withdraw(at.now) {
        Withdrawing::Withdrawn(_) => true,
        Withdrawing::EndSession(session) => {
            let found = service.stores.sessions.find(session, &at.wait_budget).await?;
            found.is_some_and(|(session, _)| session.is_live(at.now))
        }
        Withdrawing::Over => false,
    })
}
