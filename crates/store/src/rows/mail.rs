//! A row of `mails`.

use diesel::prelude::*;
use keywright_domain::id::{
    ActivityId, DeviceAuthorizationId, EmailChangeId, MagicLinkId, MailId, SessionId,
};
use keywright_domain::mail::{Mail, MailState, Template};

use super::{BadRow, Key, Millis, Reading};
use crate::schema::mails;

/// The state of a dead letter.
pub const DEAD: &str = "dead";

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = mails, treat_none_as_default_value = false)]
pub struct MailRow {
    id: Key,
    recipient: String,
    template: String,
    record_id: Key,
    created_at: Millis,
    attempts: i64,
    state: String,
    due_at: Option<Millis>,
    settled_at: Option<Millis>,
}

/// State of a mail, as columns.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = mails, treat_none_as_null = true)]
pub struct MailChange {
    pub attempts: i64,
    pub state: &'static str,
    pub due_at: Option<Millis>,
    settled_at: Option<Millis>,
}

impl From<&Mail> for MailChange {
    fn from(mail: &Mail) -> Self {
        let (state, due_at, settled_at) = match mail.state {
            MailState::Due(at) => ("due", Some(at), None),
            MailState::Sent(at) => ("sent", None, Some(at)),
            MailState::Dead(at) => (DEAD, None, Some(at)),
            MailState::Dropped(at) => ("dropped", None, Some(at)),
        };
        Self {
            attempts: mail.attempts.into(),
            state,
            due_at: due_at.map(Into::into),
            settled_at: settled_at.map(Into::into),
        }
    }
}

impl From<&Mail> for MailRow {
    fn from(mail: &Mail) -> Self {
        let change = MailChange::from(mail);
        let (template, record_id) = match mail.template {
            Template::MagicLink(link) => ("magic_link", link.into()),
            Template::DeviceApproved(device) => ("device_approved", device.into()),
            Template::EmailChangeAsked(change) => ("email_change_asked", change.into()),
            Template::EmailChanged(change) => ("email_changed", change.into()),
            Template::Passkey(entry) => ("passkey", entry.into()),
            Template::RefreshReuse(session) => ("refresh_reuse", session.into()),
        };
        Self {
            id: mail.id.into(),
            recipient: mail.to.as_str().to_owned(),
            template: template.to_owned(),
            record_id,
            created_at: mail.created_at.into(),
            attempts: change.attempts,
            state: change.state.to_owned(),
            due_at: change.due_at,
            settled_at: change.settled_at,
        }
    }
}

impl TryFrom<MailRow> for Mail {
    type Error = BadRow;

    fn try_from(row: MailRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "mails", row: &row.id.0 };
        let settled = || reading.required_instant("settled_at", row.settled_at);
        Ok(Self {
            id: MailId(row.id.0),
            to: reading.email("recipient", &row.recipient)?,
            template: match row.template.as_str() {
                "magic_link" => Template::MagicLink(MagicLinkId(row.record_id.0)),
                "device_approved" => Template::DeviceApproved(DeviceAuthorizationId(row.record_id.0)),
                "email_change_asked" => Template::EmailChangeAsked(EmailChangeId(row.record_id.0)),
                "email_changed" => Template::EmailChanged(EmailChangeId(row.record_id.0)),
                "passkey" => Template::Passkey(ActivityId(row.record_id.0)),
                "refresh_reuse" => Template::RefreshReuse(SessionId(row.record_id.0)),
                _ => reading.known("template", None)?,
            },
            created_at: reading.instant("created_at", row.created_at)?,
            attempts: reading.count("attempts", row.attempts)?,
            state: match row.state.as_str() {
                "due" => MailState::Due(reading.required_instant("due_at", row.due_at)?),
                "sent" => MailState::Sent(settled()?),
                DEAD => MailState::Dead(settled()?),
                "dropped" => MailState::Dropped(settled()?),
                _ => reading.known("state", None)?,
            },
        })
    }
}
