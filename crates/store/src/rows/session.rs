//! A row of `sessions`.

use diesel::prelude::*;
use keywright_domain::client::{ClientId, ClientName};
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::session::{Authentication, Chain, Generation, Session, SessionState};

use super::value::{end_reason, end_reason_text, kind, kind_text, method_text};
use super::{BadRow, Key, Millis, Reading, ip_text, user_agent_text};
use crate::schema::sessions;

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct SessionRow {
    id: Key,
    user_id: Key,
    kind: String,
    client_id: String,
    client_name: Option<String>,
    authenticated_at: Millis,
    authentication_method: String,
    created_at: Millis,
    last_used_at: Millis,
    idle_ends_at: Millis,
    ends_at: Millis,
    ended_at: Option<Millis>,
    end_reason: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    generation: i64,
    parent: Option<i64>,
    seen: i64,
    spent_at: Millis,
    made_at: Millis,
    look_at: Millis,
    renewed_by: Option<Key>,
}

/// Columns of a session that a transition changes.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
pub struct SessionChange {
    authenticated_at: Millis,
    authentication_method: &'static str,
    last_used_at: Millis,
    idle_ends_at: Millis,
    ended_at: Option<Millis>,
    end_reason: Option<String>,
    generation: i64,
    parent: Option<i64>,
    seen: i64,
    spent_at: Millis,
    made_at: Millis,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        let change = SessionChange::from(session);
        Self {
            id: session.id.into(),
            user_id: session.user_id.into(),
            kind: kind_text(session.kind).to_owned(),
            client_id: session.client_id.as_str().to_owned(),
            client_name: session.client_name.as_ref().map(ClientName::as_str).map(ToOwned::to_owned),
            authenticated_at: change.authenticated_at,
            authentication_method: change.authentication_method.to_owned(),
            created_at: session.created_at.into(),
            last_used_at: change.last_used_at,
            idle_ends_at: change.idle_ends_at,
            ends_at: session.ends_at.into(),
            ended_at: change.ended_at,
            end_reason: change.end_reason,
            ip: ip_text(&session.client_info),
            user_agent: user_agent_text(&session.client_info).map(ToOwned::to_owned),
            generation: change.generation,
            parent: change.parent,
            seen: change.seen,
            spent_at: change.spent_at,
            made_at: change.made_at,
            look_at: session.expires_at().into(),
            renewed_by: None,
        }
    }
}

impl From<&Session> for SessionChange {
    fn from(session: &Session) -> Self {
        let (ended_at, end_reason) = match session.state {
            SessionState::Open => (None, None),
            SessionState::Ended { at, reason } => (Some(at.into()), Some(end_reason_text(reason).to_owned())),
        };
        let chain = &session.chain;
        Self {
            authenticated_at: session.authentication.at.into(),
            authentication_method: method_text(session.authentication.method),
            last_used_at: session.last_used_at.into(),
            idle_ends_at: session.idle_ends_at.into(),
            ended_at,
            end_reason,
            generation: chain.current.0.into(),
            parent: chain.parent.map(|parent| parent.0.into()),
            seen: chain.seen.0.into(),
            spent_at: chain.spent_at.into(),
            made_at: chain.made_at.into(),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = BadRow;

    fn try_from(row: SessionRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "sessions", row: &row.id.0 };
        let instant = |column, value| reading.instant(column, value);
        let generation = |column, value| reading.count(column, value).map(Generation);
        Ok(Self {
            id: SessionId(row.id.0),
            user_id: UserId(row.user_id.0),
            kind: reading.known("kind", kind(&row.kind))?,
            client_name: reading.client_name(row.client_name.as_deref())?,
            authentication: Authentication {
                at: instant("authenticated_at", row.authenticated_at)?,
                method: reading.method(&row.authentication_method)?,
            },
            created_at: instant("created_at", row.created_at)?,
            last_used_at: instant("last_used_at", row.last_used_at)?,
            idle_ends_at: instant("idle_ends_at", row.idle_ends_at)?,
            ends_at: instant("ends_at", row.ends_at)?,
            state: state(reading, row.ended_at, row.end_reason.as_deref())?,
            client_info: reading.origin(row.ip.as_deref(), row.user_agent.as_deref())?,
            chain: Chain {
                current: generation("generation", row.generation)?,
                parent: row.parent.map(|parent| generation("parent", parent)).transpose()?,
                seen: generation("seen", row.seen)?,
                spent_at: instant("spent_at", row.spent_at)?,
                made_at: instant("made_at", row.made_at)?,
            },
            client_id: ClientId::from_trusted(row.client_id),
        })
    }
}

fn state(
    reading: Reading<'_>,
    ended_at: Option<Millis>,
    reason: Option<&str>,
) -> Result<SessionState, BadRow> {
    match (ended_at, reason) {
        (None, None) => Ok(SessionState::Open),
        (Some(at), Some(reason)) => Ok(SessionState::Ended {
            at: reading.instant("ended_at", at)?,
            reason: reading.known("end_reason", end_reason(reason))?,
        }),
        (Some(_), None) => Err(reading.bad("end_reason", "is missing")),
        (None, Some(_)) => Err(reading.bad("end_reason", "is there, but it has not ended")),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use keywright_domain::client_info::{ClientInfo, UserAgent};
    use keywright_domain::session::{AuthenticationMethod, EndReason, SessionKind};
    use uuid::Uuid;

    use super::*;

    fn session() -> Session {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        Session {
            id: SessionId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            kind: SessionKind::Device,
            client_id: ClientId::web(),
            client_name: ClientName::parse("Ada's laptop").unwrap(),
            authentication: Authentication { at: at(1), method: AuthenticationMethod::BoundPasskey },
            created_at: at(2),
            last_used_at: at(3),
            idle_ends_at: at(4),
            ends_at: at(5),
            state: SessionState::Ended { at: at(6), reason: EndReason::Reuse },
            client_info: ClientInfo {
                ip: Some("2001:db8::1".parse().unwrap()),
                user_agent: UserAgent::new("kw/1"),
            },
            chain: Chain {
                current: Generation(u32::MAX),
                parent: Some(Generation(7)),
                seen: Generation(8),
                spent_at: at(9),
                made_at: at(10),
            },
        }
    }

    fn problem(break_it: impl FnOnce(&mut SessionRow)) -> String {
        let mut row = SessionRow::from(&session());
        break_it(&mut row);
        Session::try_from(row).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let open = Session { state: SessionState::Open, client_info: ClientInfo::default(), ..session() };

        assert_eq!(Session::try_from(SessionRow::from(&session())), Ok(session()));
        assert_eq!(Session::try_from(SessionRow::from(&open)), Ok(open));
    }

    #[test]
    fn a_row_that_cannot_be_is_named_and_not_shown() {
        let row = "of the row 00000000-0000-0000-0000-000000000001";

        assert_eq!(
            problem(|row| row.kind = "x".into()),
            format!("sessions.kind {row} is none of the known values")
        );
        assert_eq!(problem(|row| row.end_reason = None), format!("sessions.end_reason {row} is missing"));
        assert_eq!(
            problem(|row| row.ended_at = None),
            format!("sessions.end_reason {row} is there, but it has not ended")
        );
        assert_eq!(problem(|row| row.generation = -1), format!("sessions.generation {row} is no count"));
        assert_eq!(problem(|row| row.ip = Some("x".into())), format!("sessions.ip {row} is no address"));
    }
}
