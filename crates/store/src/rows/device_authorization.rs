//! A row of `device_authorizations`.

use diesel::prelude::*;
use keywright_domain::client::{ClientId, ClientName};
use keywright_domain::device_authorization::{DeviceAuthorization, DeviceAuthorizationState, UserCodeDigest};
use keywright_domain::id::{DeviceAuthorizationId, SessionId, UserId};
use keywright_domain::session::Authentication;

use super::value::method_text;
use super::{BadRow, Key, Millis, Reading, ip_text, user_agent_text};
use crate::schema::device_authorizations;

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = device_authorizations, treat_none_as_default_value = false)]
pub struct DeviceAuthorizationRow {
    id: Key,
    user_code: Vec<u8>,
    client_id: String,
    client_name: Option<String>,
    scope_was_narrowed: bool,
    requested_at: Millis,
    expires_at: Millis,
    ip: Option<String>,
    user_agent: Option<String>,
    state: String,
    state_at: Option<Millis>,
    decided_by: Option<Key>,
    authenticated_at: Option<Millis>,
    authentication_method: Option<String>,
    session_id: Option<Key>,
}

/// A state, as the columns that hold it.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = device_authorizations, treat_none_as_null = true)]
pub struct StateChange {
    pub state: &'static str,
    state_at: Option<Millis>,
    decided_by: Option<Key>,
    authenticated_at: Option<Millis>,
    authentication_method: Option<String>,
    session_id: Option<Key>,
}

impl From<DeviceAuthorizationState> for StateChange {
    fn from(state: DeviceAuthorizationState) -> Self {
        let (state_at, authentication, session) = match state {
            DeviceAuthorizationState::Pending => (None, None, None),
            DeviceAuthorizationState::Approved { at, authentication, .. } => {
                (Some(at), Some(authentication), None)
            }
            DeviceAuthorizationState::Denied { at, .. } => (Some(at), None, None),
            DeviceAuthorizationState::Claimed { at, session, .. } => (Some(at), None, Some(session)),
        };
        Self {
            state: state.as_str(),
            state_at: state_at.map(Into::into),
            decided_by: state.decided_by().map(Into::into),
            authenticated_at: authentication.map(|authentication| authentication.at.into()),
            authentication_method: authentication
                .map(|authentication| method_text(authentication.method).to_owned()),
            session_id: session.map(Into::into),
        }
    }
}

impl From<&DeviceAuthorization> for DeviceAuthorizationRow {
    fn from(authorization: &DeviceAuthorization) -> Self {
        let state = StateChange::from(authorization.state);
        Self {
            id: authorization.id.into(),
            user_code: authorization.user_code.0.to_vec(),
            client_id: authorization.client_id.as_str().to_owned(),
            client_name: authorization.client_name.as_ref().map(ClientName::as_str).map(ToOwned::to_owned),
            scope_was_narrowed: authorization.scope_was_narrowed,
            requested_at: authorization.requested_at.into(),
            expires_at: authorization.expires_at.into(),
            ip: ip_text(&authorization.client_info),
            user_agent: user_agent_text(&authorization.client_info).map(ToOwned::to_owned),
            state: state.state.to_owned(),
            state_at: state.state_at,
            decided_by: state.decided_by,
            authenticated_at: state.authenticated_at,
            authentication_method: state.authentication_method,
            session_id: state.session_id,
        }
    }
}

impl TryFrom<DeviceAuthorizationRow> for DeviceAuthorization {
    type Error = BadRow;

    fn try_from(row: DeviceAuthorizationRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "device_authorizations", row: &row.id.0 };
        let digest = <[u8; 32]>::try_from(row.user_code.as_slice());
        Ok(Self {
            id: DeviceAuthorizationId(row.id.0),
            user_code: UserCodeDigest(digest.map_err(|_| reading.bad("user_code", "is no digest"))?),
            client_name: reading.client_name(row.client_name.as_deref())?,
            scope_was_narrowed: row.scope_was_narrowed,
            requested_at: reading.instant("requested_at", row.requested_at)?,
            expires_at: reading.instant("expires_at", row.expires_at)?,
            client_info: reading.origin(row.ip.as_deref(), row.user_agent.as_deref())?,
            state: state(reading, &row)?,
            client_id: ClientId::from_trusted(row.client_id),
        })
    }
}

fn state(reading: Reading<'_>, row: &DeviceAuthorizationRow) -> Result<DeviceAuthorizationState, BadRow> {
    let by = || reading.required("decided_by", row.decided_by).map(|by| UserId(by.0));
    let at = || reading.required_instant("state_at", row.state_at);
    match row.state.as_str() {
        "pending" if row.decided_by.is_some() => {
            Err(reading.bad("decided_by", "is there, but it is pending"))
        }
        "pending" => Ok(DeviceAuthorizationState::Pending),
        "approved" => Ok(DeviceAuthorizationState::Approved {
            by: by()?,
            at: at()?,
            authentication: Authentication {
                at: reading.required_instant("authenticated_at", row.authenticated_at)?,
                method: reading
                    .required("authentication_method", row.authentication_method.as_deref())
                    .and_then(|method| reading.method(method))?,
            },
        }),
        "denied" => Ok(DeviceAuthorizationState::Denied { by: by()?, at: at()? }),
        "claimed" => {
            let session = reading.required("session_id", row.session_id)?;
            Ok(DeviceAuthorizationState::Claimed { by: by()?, at: at()?, session: SessionId(session.0) })
        }
        _ => reading.known("state", None),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use keywright_domain::client_info::ClientInfo;
    use keywright_domain::session::AuthenticationMethod;
    use uuid::Uuid;

    use super::*;

    const BY: UserId = UserId(Uuid::from_u128(1));

    fn authorization(state: DeviceAuthorizationState) -> DeviceAuthorization {
        DeviceAuthorization {
            id: DeviceAuthorizationId(Uuid::from_u128(2)),
            user_code: UserCodeDigest([3; 32]),
            client_id: ClientId::web(),
            client_name: None,
            scope_was_narrowed: true,
            requested_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(10),
            client_info: ClientInfo::default(),
            state,
        }
    }

    fn approved() -> DeviceAuthorizationState {
        let at = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1);
        let authentication = Authentication { at, method: AuthenticationMethod::MagicLink };
        DeviceAuthorizationState::Approved { by: BY, at, authentication }
    }

    #[test]
    fn every_state_that_is_written_is_read() {
        let at = DateTime::UNIX_EPOCH;
        let session = SessionId(Uuid::from_u128(4));
        for state in [
            DeviceAuthorizationState::Pending,
            approved(),
            DeviceAuthorizationState::Denied { by: BY, at },
            DeviceAuthorizationState::Claimed { by: BY, at, session },
        ] {
            let authorization = authorization(state);

            assert_eq!(
                DeviceAuthorization::try_from(DeviceAuthorizationRow::from(&authorization)),
                Ok(authorization)
            );
        }
    }

    #[test]
    fn a_state_that_cannot_be_is_named() {
        let problem = |break_it: fn(&mut DeviceAuthorizationRow)| {
            let mut row = DeviceAuthorizationRow::from(&authorization(approved()));
            break_it(&mut row);
            let problem = DeviceAuthorization::try_from(row).unwrap_err().to_string();
            problem.replace(" of the row 00000000-0000-0000-0000-000000000002", "")
        };

        assert_eq!(problem(|row| row.decided_by = None), "device_authorizations.decided_by is missing");
        assert_eq!(
            problem(|row| row.authentication_method = None),
            "device_authorizations.authentication_method is missing"
        );
        assert_eq!(
            problem(|row| row.state = "claimed".into()),
            "device_authorizations.session_id is missing"
        );
        assert_eq!(
            problem(|row| row.state = "pending".into()),
            "device_authorizations.decided_by is there, but it is pending"
        );
        assert_eq!(
            problem(|row| row.state = "x".into()),
            "device_authorizations.state is none of the known values"
        );
        assert_eq!(problem(|row| row.user_code = vec![]), "device_authorizations.user_code is no digest");
    }
}
