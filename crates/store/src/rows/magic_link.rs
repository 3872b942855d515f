//! A row of `magic_links`.

use diesel::prelude::*;
use keywright_domain::id::MagicLinkId;
use keywright_domain::magic_link::{MagicLink, MagicLinkState, RedirectTo};

use super::{BadRow, Key, Millis, Reading, ip_text, user_agent_text};
use crate::schema::magic_links;

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = magic_links, treat_none_as_default_value = false)]
pub struct MagicLinkRow {
    id: Key,
    email: String,
    redirect_to: Option<String>,
    requested_at: Millis,
    expires_at: Millis,
    ip: Option<String>,
    user_agent: Option<String>,
    state: String,
    state_at: Option<Millis>,
    wrong_codes: Option<i64>,
}

/// A state, as the columns that hold it.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = magic_links, treat_none_as_null = true)]
pub struct StateChange {
    pub state: &'static str,
    state_at: Option<Millis>,
    pub wrong_codes: Option<i64>,
}

impl From<MagicLinkState> for StateChange {
    fn from(state: MagicLinkState) -> Self {
        match state {
            MagicLinkState::Open { wrong_codes } => {
                Self { state: "open", state_at: None, wrong_codes: Some(wrong_codes.into()) }
            }
            MagicLinkState::Redeemed { at } => {
                Self { state: "redeemed", state_at: Some(at.into()), wrong_codes: None }
            }
            MagicLinkState::Killed { at } => {
                Self { state: "killed", state_at: Some(at.into()), wrong_codes: None }
            }
        }
    }
}

impl From<&MagicLink> for MagicLinkRow {
    fn from(link: &MagicLink) -> Self {
        let state = StateChange::from(link.state);
        Self {
            id: link.id.into(),
            email: link.email.as_str().to_owned(),
            redirect_to: link.redirect_to.as_ref().map(|target| target.as_str().to_owned()),
            requested_at: link.requested_at.into(),
            expires_at: link.expires_at.into(),
            ip: ip_text(&link.client_info),
            user_agent: user_agent_text(&link.client_info).map(ToOwned::to_owned),
            state: state.state.to_owned(),
            state_at: state.state_at,
            wrong_codes: state.wrong_codes,
        }
    }
}

impl TryFrom<MagicLinkRow> for MagicLink {
    type Error = BadRow;

    fn try_from(row: MagicLinkRow) -> Result<Self, BadRow> {
        let reading = Reading { table: "magic_links", row: &row.id.0 };
        Ok(Self {
            id: MagicLinkId(row.id.0),
            email: reading.email("email", &row.email)?,
            requested_at: reading.instant("requested_at", row.requested_at)?,
            expires_at: reading.instant("expires_at", row.expires_at)?,
            client_info: reading.origin(row.ip.as_deref(), row.user_agent.as_deref())?,
            state: state(reading, &row)?,
            redirect_to: row.redirect_to.map(RedirectTo::from_trusted),
        })
    }
}

fn state(reading: Reading<'_>, row: &MagicLinkRow) -> Result<MagicLinkState, BadRow> {
    let at = || reading.required_instant("state_at", row.state_at);
    match row.state.as_str() {
        "open" => {
            let wrong_codes = reading.required("wrong_codes", row.wrong_codes)?;
            Ok(MagicLinkState::Open { wrong_codes: reading.count("wrong_codes", wrong_codes)? })
        }
        "redeemed" => Ok(MagicLinkState::Redeemed { at: at()? }),
        "killed" => Ok(MagicLinkState::Killed { at: at()? }),
        _ => reading.known("state", None),
    }
}
