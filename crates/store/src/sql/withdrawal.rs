//! Approvals of devices that are taken back.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::Withdrawn;
use keywright_domain::device_authorization::{DeviceAuthorization, Withdrawing};
use keywright_domain::id::{DeviceAuthorizationId, UserId};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::EndReason;

use super::error::Failure;
use super::{Connection, activity, device_authorization, session};
use crate::rows::{Key, Millis};
use crate::schema::device_authorizations as devices;

/// Takes back one. None if it was changed meanwhile.
pub(super) fn one(
    connection: &mut Connection,
    id: DeviceAuthorizationId,
    at: &RequestContext,
) -> Result<Option<Withdrawn>, Failure> {
    let Some(before) = device_authorization::load(connection, id)? else { return Ok(Some(Withdrawn::Over)) };
    match before.withdraw(at.now) {
        Withdrawing::Over => Ok(Some(Withdrawn::Over)),
        Withdrawing::Withdrawn(state) => {
            let after = DeviceAuthorization { state, ..before.clone() };
            if !device_authorization::replace(connection, &before, &after)? {
                return Ok(None);
            }
            if let Some(by) = state.decided_by() {
                activity::add(connection, &after.activity(Event::DeviceDenied, by, at))?;
            }
            Ok(Some(Withdrawn::Withdrawn))
        }
        Withdrawing::EndSession(session) => {
            let ended = session::end(connection, session, EndReason::Ended, Event::SessionEnded, at)?;
            Ok(Some(ended.map_or(Withdrawn::Over, Withdrawn::Ended)))
        }
    }
}

/// Takes back what `user` has approved, or anybody, and no device has claimed yet. Before their sessions are ended: what was
/// claimed before is one of them by then.
pub(super) fn all(
    connection: &mut Connection,
    user: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let denied = (
        devices::state.eq("denied"),
        devices::state_at.eq(Some(Millis::from(now))),
        devices::authenticated_at.eq(None::<Millis>),
        devices::authentication_method.eq(None::<String>),
    );
    let approved = devices::table
        .filter(devices::decided_by.is_not_null())
        .filter(devices::expires_at.gt(Millis::from(now)))
        .filter(devices::state.eq("approved"));
    match user {
        Some(user) => {
            let theirs = approved.filter(devices::decided_by.eq(Key::from(user)));
            diesel::update(theirs).set(denied).execute(connection)?;
        }
        None => {
            diesel::update(approved).set(denied).execute(connection)?;
        }
    }
    Ok(())
}
