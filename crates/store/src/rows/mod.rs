//! Rows, and how they become what the domain knows. Shared by every SQL backend.
//!
//! A row that cannot be is an error that names table, column and row, and shows no value.

pub mod activity;
pub mod device_authorization;
pub mod email_change;
pub mod magic_link;
pub mod magic_link_address;
pub mod mail;
pub mod organization;
pub mod passkey;
pub mod renewal;
pub mod session;
pub mod signing_key;
pub mod user;
mod value;

use std::fmt::Display;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use keywright_domain::client::ClientName;
use keywright_domain::client_info::{ClientInfo, UserAgent};
use keywright_domain::email::EmailAddress;
use keywright_domain::session::AuthenticationMethod;

pub use self::value::{Key, Lock, Millis, end_reason_text};

/// A row that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}.{column} of the row {row} {problem}")]
pub struct BadRow {
    table: &'static str,
    column: &'static str,
    row: String,
    problem: &'static str,
}

/// Which row is being read, so that what is wrong with it can be told.
#[derive(Clone, Copy)]
struct Reading<'a> {
    table: &'static str,
    row: &'a dyn Display,
}

impl Reading<'_> {
    fn bad(self, column: &'static str, problem: &'static str) -> BadRow {
        BadRow { table: self.table, column, row: self.row.to_string(), problem }
    }

    /// A value that this row cannot be without.
    fn required<T>(self, column: &'static str, value: Option<T>) -> Result<T, BadRow> {
        value.ok_or_else(|| self.bad(column, "is missing"))
    }

    /// A value that was read from a text or a number, if it is one.
    fn known<T>(self, column: &'static str, value: Option<T>) -> Result<T, BadRow> {
        value.ok_or_else(|| self.bad(column, "is none of the known values"))
    }

    fn instant(self, column: &'static str, value: Millis) -> Result<DateTime<Utc>, BadRow> {
        value.instant().ok_or_else(|| self.bad(column, "is no instant"))
    }

    fn optional_instant(
        self,
        column: &'static str,
        value: Option<Millis>,
    ) -> Result<Option<DateTime<Utc>>, BadRow> {
        value.map(|value| self.instant(column, value)).transpose()
    }

    /// The instant that this row cannot be without.
    fn required_instant(self, column: &'static str, value: Option<Millis>) -> Result<DateTime<Utc>, BadRow> {
        self.instant(column, self.required(column, value)?)
    }

    fn count(self, column: &'static str, value: i64) -> Result<u32, BadRow> {
        u32::try_from(value).map_err(|_| self.bad(column, "is no count"))
    }

    fn email(self, column: &'static str, value: &str) -> Result<EmailAddress, BadRow> {
        EmailAddress::parse(value).map_err(|_| self.bad(column, "is no e-mail address"))
    }

    fn client_name(self, value: Option<&str>) -> Result<Option<ClientName>, BadRow> {
        value
            .map(|name| ClientName::parse(name).ok().flatten())
            .map(|name| name.ok_or_else(|| self.bad("client_name", "is no name")))
            .transpose()
    }

    fn method(self, value: &str) -> Result<AuthenticationMethod, BadRow> {
        self.known("authentication_method", value::method(value))
    }

    fn origin(self, ip: Option<&str>, user_agent: Option<&str>) -> Result<ClientInfo, BadRow> {
        let ip = ip.map(str::parse::<IpAddr>).transpose().map_err(|_| self.bad("ip", "is no address"))?;
        Ok(ClientInfo { ip, user_agent: user_agent.and_then(UserAgent::new) })
    }
}

fn ip_text(origin: &ClientInfo) -> Option<String> {
    origin.ip.map(|ip| ip.to_string())
}

fn user_agent_text(origin: &ClientInfo) -> Option<&str> {
    origin.user_agent.as_ref().map(UserAgent::as_str)
}
