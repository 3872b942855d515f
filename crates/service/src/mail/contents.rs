//! Contents of mails, derived from their records.

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::action::Action;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::client::ClientId;
use keywright_domain::credential::Kind;
use keywright_domain::device_authorization::{self, DeviceAuthorization};
use keywright_domain::email_change::{self, EmailChange};
use keywright_domain::error::StoreError;
use keywright_domain::id::{ActivityId, DeviceAuthorizationId, MagicLinkId, SessionId};
use keywright_domain::magic_link::{self, MagicLink};
use keywright_domain::mail::{
    ActionLink, DeviceApprovedContent, EmailChangeContent, MagicLinkContent, Mail, MailContent, OutgoingMail,
    PasskeyContent, PasskeyNews, RefreshReuseContent, Template,
};
use keywright_domain::session::{self, Session};
use keywright_domain::wait_budget::WaitBudget;
use serde_json::Value;

use crate::service::Service;

/// The record that a mail is about.
pub(super) enum Record {
    MagicLink(MagicLink),
    /// With the instant of the decision.
    DeviceApproved(DeviceAuthorization, DateTime<Utc>),
    Passkey(Activity, PasskeyNews),
    EmailChangeAsked(EmailChange),
    /// With the instant of the change.
    EmailChanged(EmailChange, DateTime<Utc>),
    /// With the instant of its end.
    RefreshReuse(Session, DateTime<Utc>),
}

/// The record of `mail`. `None` if it is gone.
pub(super) async fn record(service: &Service, mail: &Mail) -> Result<Option<Record>, StoreError> {
    match mail.template {
        Template::MagicLink(id) => link(service, id).await,
        Template::DeviceApproved(id) => device(service, id, mail.created_at).await,
        Template::Passkey(id) => passkey(service, id).await,
        Template::EmailChangeAsked(id) => {
            Ok(service.stores.email_changes.find(id, &WaitBudget::NONE).await?.map(Record::EmailChangeAsked))
        }
        Template::EmailChanged(id) => {
            let found = service.stores.email_changes.find(id, &WaitBudget::NONE).await?;
            Ok(found.map(|found| Record::EmailChanged(found, mail.created_at)))
        }
        Template::RefreshReuse(id) => reuse(service, id).await,
    }
}

async fn link(service: &Service, id: MagicLinkId) -> Result<Option<Record>, StoreError> {
    Ok(service.stores.magic_links.find(id, &WaitBudget::NONE).await?.map(Record::MagicLink))
}

async fn device(
    service: &Service,
    id: DeviceAuthorizationId,
    approved_at: DateTime<Utc>,
) -> Result<Option<Record>, StoreError> {
    let found = service.stores.device_authorizations.find(id, &WaitBudget::NONE).await?;
    Ok(found.map(|found| Record::DeviceApproved(found, approved_at)))
}

async fn passkey(service: &Service, id: ActivityId) -> Result<Option<Record>, StoreError> {
    let Some(entry) = service.stores.activities.find(id, &WaitBudget::NONE).await? else { return Ok(None) };
    let news = match entry.event {
        Event::PasskeyAdded => PasskeyNews::Added,
        Event::PasskeyRemoved => PasskeyNews::Removed,
        Event::PasskeyCounterRejected => PasskeyNews::CounterRejected,
        _ => return Ok(None),
    };
    Ok(Some(Record::Passkey(entry, news)))
}

async fn reuse(service: &Service, id: SessionId) -> Result<Option<Record>, StoreError> {
    let Some((session, _)) = service.stores.sessions.find(id, &WaitBudget::NONE).await? else {
        return Ok(None);
    };
    Ok(match session.state {
        session::SessionState::Ended { at, .. } => Some(Record::RefreshReuse(session, at)),
        session::SessionState::Open => None,
    })
}

/// True if it is worth sending at `now`. Asked when the mail's turn has come, so that the answer to a request for
/// a link costs the same whether or not the address has an account.
pub(super) async fn is_worth_sending(
    service: &Service,
    record: &Record,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    match record {
        Record::MagicLink(link) => can_sign_in(service, link, now).await,
        // What was taken back before the mail came about needs no mail.
        Record::DeviceApproved(device, _) => {
            Ok(!matches!(device.state, device_authorization::DeviceAuthorizationState::Denied { .. }))
        }
        // Whether another account has the address is found out here, where nobody waits for an answer.
        Record::EmailChangeAsked(change) => {
            let is_free = service.stores.users.find_by_email(&change.new, &WaitBudget::NONE).await?.is_none();
            Ok(change.is_provable(now) && is_free)
        }
        Record::EmailChanged(change, _) => Ok(change.is_undoable(now)),
        Record::RefreshReuse(..) | Record::Passkey(..) => Ok(true),
    }
}

/// True if the link can still sign somebody in.
async fn can_sign_in(service: &Service, link: &MagicLink, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let is_open = matches!(link.state, magic_link::MagicLinkState::Open { .. }) && now < link.expires_at;
    if !is_open {
        return Ok(false);
    }
    Ok(match service.stores.users.find_by_email(&link.email, &WaitBudget::NONE).await? {
        Some(user) => user.is_enabled(),
        None => service.rules.signup.admits(&link.email),
    })
}

/// The letter that `mail` is.
pub(super) fn letter(service: &Service, mail: &Mail, record: Record) -> OutgoingMail {
    let content = match record {
        Record::MagicLink(link) => MailContent::MagicLink(MagicLinkContent {
            page: service.rules.page("/magic-link"),
            token: service.keyring.issue(Kind::MagicLink, link.id.0, 0),
            code: service.keyring.sign_in_code(link.id.0),
            lifetime: link.expires_at - link.requested_at,
            requester: link.client_info,
        }),
        Record::DeviceApproved(device, approved_at) => MailContent::DeviceApproved(DeviceApprovedContent {
            client: client(service, &device.client_id),
            client_name: device.client_name,
            device: device.client_info,
            requested_at: device.requested_at,
            approved_at,
            end: action_link(service, mail, Action::EndDeviceSession(device.id)),
        }),
        Record::Passkey(entry, news) => MailContent::Passkey(PasskeyContent {
            news,
            name: entry.details.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            at: entry.occurred_at,
            by: entry.client_info,
            account: service.rules.page("/account"),
        }),
        Record::EmailChangeAsked(change) => {
            let action = action_link(service, mail, Action::ProveEmail(change.id));
            MailContent::EmailChangeAsked(change_letter(
                change.asked_at,
                email_change::PROVABLE,
                action,
                change,
            ))
        }
        Record::EmailChanged(change, at) => {
            let action = action_link(service, mail, Action::UndoEmail(change.id));
            MailContent::EmailChanged(change_letter(at, email_change::UNDOABLE, action, change))
        }
        Record::RefreshReuse(session, ended_at) => MailContent::RefreshReuse(RefreshReuseContent {
            client: client(service, &session.client_id),
            client_name: session.client_name,
            opened_from: session.client_info,
            opened_at: session.created_at,
            ended_at,
            account: service.rules.page("/account"),
        }),
    };
    OutgoingMail { id: mail.id, to: mail.to.clone(), date: mail.created_at, content }
}

fn change_letter(
    at: DateTime<Utc>,
    lifetime: TimeDelta,
    action: ActionLink,
    change: EmailChange,
) -> EmailChangeContent {
    EmailChangeContent {
        old: change.old,
        new: change.new,
        at,
        requester: change.client_info,
        action,
        lifetime,
    }
}

fn action_link(service: &Service, mail: &Mail, action: Action) -> ActionLink {
    ActionLink { page: service.rules.page("/action"), token: crate::action::issue(service, mail.id, action) }
}

/// Display name of a client; its id if it is no longer registered.
fn client(service: &Service, id: &ClientId) -> String {
    let found = service.clients.find(Some(id.as_str()), "");
    found.map_or_else(|_| id.as_str().to_owned(), |client| client.name.clone())
}
