//! Asking for a change of the account's address. It is proven and undone by what mails offer ([`keywright_domain::action`]).

use chrono::TimeDelta;
use keywright_domain::activity::Event;
use keywright_domain::email::EmailAddress;
use keywright_domain::email_change::port::Asking;
use keywright_domain::email_change::{EmailChange, EmailChangeState};
use keywright_domain::error::StoreError;
use keywright_domain::id::EmailChangeId;
use keywright_domain::request_context::RequestContext;
use keywright_domain::security_event::SecurityEvent;
use keywright_domain::user::{ProfileChange, User};

use crate::service::Service;
use crate::session::Principal;
use crate::user::{FieldError, checked, count_change};

/// Why no change is asked for.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("sign in again to change the address")]
    NotFresh,
    #[error("is not an e-mail address")]
    Invalid,
    #[error("{} field(s) of the profile refused", .0.len())]
    Profile(Vec<FieldError>),
    #[error("too many changes of the address were asked for")]
    OverBudget { retry_after: TimeDelta },
    #[error("the account is gone")]
    Gone,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The address that `principal` wants, who must have signed in a short while ago. Neither the answer nor its time tells
/// whether another account has it.
pub fn wanted(
    service: &Service,
    principal: &Principal,
    email: &str,
    at: &RequestContext,
) -> Result<EmailAddress, AskError> {
    if !principal.session.is_fresh(at.now, service.rules.fresh) {
        return Err(AskError::NotFresh);
    }
    EmailAddress::parse(email).map_err(|_| AskError::Invalid)
}

/// Asks for the account of `principal` to go by `new`, and changes its profile with that. Their own address takes back what
/// they asked for before.
pub async fn ask(
    service: &Service,
    principal: &Principal,
    new: EmailAddress,
    profile: &ProfileChange,
    at: &RequestContext,
) -> Result<User, AskError> {
    let changes = &service.stores.email_changes;
    let user = &principal.user;
    let profile = checked(profile).map_err(AskError::Profile)?;
    if new == user.email {
        let withdrawn = changes.withdraw(user.id, &profile, at).await?.ok_or(AskError::Gone)?;
        count_change(service, user, &withdrawn);
        return Ok(withdrawn);
    }
    let change = EmailChange {
        id: EmailChangeId::new(at.now, service.entropy.as_ref()),
        user_id: user.id,
        old: user.email.clone(),
        new,
        session_id: principal.session.id,
        asked_at: at.now,
        client_info: at.client_info.clone(),
        state: EmailChangeState::Asked,
    };
    let mail = change.asked_mail(at);
    match changes.ask(&change, &profile, &mail, at).await? {
        Asking::Asked(asked) => {
            service.count(Event::EmailChangeRequested);
            count_change(service, user, &asked);
            Ok(asked)
        }
        Asking::OverBudget { until } => {
            service.count(SecurityEvent::MailLimited);
            Err(AskError::OverBudget { retry_after: until - at.now })
        }
        Asking::Gone => Err(AskError::Gone),
    }
}
