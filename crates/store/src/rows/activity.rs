//! A row of `activities`.

use diesel::prelude::*;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::client::ClientId;
use keywright_domain::id::{ActivityId, SessionId, UserId};

use super::{BadRow, Key, Millis, Reading, ip_text, user_agent_text};
use crate::schema::activities;

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = activities, treat_none_as_default_value = false)]
pub struct ActivityRow {
    id: Key,
    user_id: Key,
    event: String,
    occurred_at: Millis,
    ip: Option<String>,
    user_agent: Option<String>,
    client_id: Option<String>,
    session_id: Option<Key>,
    details: String,
}

impl From<&Activity> for ActivityRow {
    fn from(activity: &Activity) -> Self {
        Self {
            id: activity.id.into(),
            user_id: activity.user_id.into(),
            event: activity.event.as_str().to_owned(),
            occurred_at: activity.occurred_at.into(),
            ip: ip_text(&activity.client_info),
            user_agent: user_agent_text(&activity.client_info).map(ToOwned::to_owned),
            client_id: activity.client_id.as_ref().map(|client| client.as_str().to_owned()),
            session_id: activity.session_id.map(Into::into),
            details: activity.details.to_string(),
        }
    }
}

impl TryFrom<ActivityRow> for Activity {
    type Error = BadRow;

    fn try_from(row: ActivityRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "activities", row: &row.id.0 };
        Ok(Self {
            id: ActivityId(row.id.0),
            user_id: UserId(row.user_id.0),
            event: reading.known("event", Event::parse(&row.event))?,
            occurred_at: reading.instant("occurred_at", row.occurred_at)?,
            client_info: reading.origin(row.ip.as_deref(), row.user_agent.as_deref())?,
            session_id: row.session_id.map(|session| SessionId(session.0)),
            details: serde_json::from_str(&row.details).map_err(|_| reading.bad("details", "is no JSON"))?,
            client_id: row.client_id.map(ClientId::from_trusted),
        })
    }
}
