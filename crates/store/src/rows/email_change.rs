//! A row of `email_changes`.

use diesel::prelude::*;
use keywright_domain::email_change::{EmailChange, EmailChangeState};
use keywright_domain::id::{EmailChangeId, SessionId, UserId};

use super::{BadRow, Key, Millis, Reading, ip_text, user_agent_text};
use crate::schema::email_changes;

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = email_changes, treat_none_as_default_value = false)]
pub struct EmailChangeRow {
    id: Key,
    user_id: Key,
    old_email: String,
    new_email: String,
    session_id: Key,
    asked_at: Millis,
    ip: Option<String>,
    user_agent: Option<String>,
    state: String,
    state_at: Option<Millis>,
}

/// A state, as the columns that hold it.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = email_changes, treat_none_as_null = true)]
pub struct StateChange {
    state: &'static str,
    state_at: Option<Millis>,
}

impl From<EmailChangeState> for StateChange {
    fn from(state: EmailChangeState) -> Self {
        Self { state: state.as_str(), state_at: state.settled_at().map(Into::into) }
    }
}

impl From<&EmailChange> for EmailChangeRow {
    fn from(change: &EmailChange) -> Self {
        Self {
            id: change.id.into(),
            user_id: change.user_id.into(),
            old_email: change.old.as_str().to_owned(),
            new_email: change.new.as_str().to_owned(),
            session_id: change.session_id.into(),
            asked_at: change.asked_at.into(),
            ip: ip_text(&change.client_info),
            user_agent: user_agent_text(&change.client_info).map(ToOwned::to_owned),
            state: change.state.as_str().to_owned(),
            state_at: change.state.settled_at().map(Into::into),
        }
    }
}

impl TryFrom<EmailChangeRow> for EmailChange {
    type Error = BadRow;

    fn try_from(row: EmailChangeRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "email_changes", row: &row.id.0 };
        let at = || reading.required_instant("state_at", row.state_at);
        Ok(Self {
            id: EmailChangeId(row.id.0),
            user_id: UserId(row.user_id.0),
            old: reading.email("old_email", &row.old_email)?,
            new: reading.email("new_email", &row.new_email)?,
            session_id: SessionId(row.session_id.0),
            asked_at: reading.instant("asked_at", row.asked_at)?,
            client_info: reading.origin(row.ip.as_deref(), row.user_agent.as_deref())?,
            state: match row.state.as_str() {
                "asked" => EmailChangeState::Asked,
                "done" => EmailChangeState::Done { at: at()? },
                "undone" => EmailChangeState::Undone { at: at()? },
                "superseded" => EmailChangeState::Superseded { at: at()? },
                _ => reading.known("state", None)?,
            },
        })
    }
}
