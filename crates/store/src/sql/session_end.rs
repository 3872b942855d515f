//! The end of many sessions at once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use keywright_domain::activity::Event;
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::port::EndedPart;
use keywright_domain::session::{EndReason, Session};

use super::error::Failure;
use super::{Connection, activity, lock, session, withdrawal};
use crate::rows::session::SessionRow;
use crate::rows::{Key, Millis, end_reason_text};
use crate::schema::sessions;

/// Ends every session of `user` that is not over, by one statement, and says how many those were. What they approved is taken
/// back.
pub(super) fn end_all(
    connection: &mut Connection,
    user: UserId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<usize, Failure> {
    withdrawal::all(connection, Some(user), now)?;
    let live = sessions::table
        .filter(sessions::user_id.eq(Key::from(user)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::idle_ends_at.gt(Millis::from(now)))
        .filter(sessions::ends_at.gt(Millis::from(now)));
    let ended = (
        sessions::ended_at.eq(Some(Millis::from(now))),
        sessions::end_reason.eq(Some(end_reason_text(reason))),
    );
    Ok(diesel::update(live).set(ended).execute(connection)?)
}

/// Ends every session of `user` that is not over, but for `spared`, and records each, as the activity with this `number`
/// and the following ones. Says how many those were.
pub(super) fn end_each(
    connection: &mut Connection,
    user: UserId,
    spared: Option<SessionId>,
    number: u32,
    at: &RequestContext,
) -> Result<u32, Failure> {
    // Held, so that nothing is approved or claimed meanwhile.
    lock::user(connection, user)?;
    withdrawal::all(connection, Some(user), at.now)?;
    let open = sessions::table
        .filter(sessions::user_id.eq(Key::from(user)))
        .filter(sessions::id.ne(spared.map_or(Key::NONE, Key::from)))
        .filter(sessions::ended_at.is_null())
        // In the order of everybody who ends many, so that nobody waits for one who waits for them.
        .order(sessions::id)
        .select(SessionRow::as_select())
        .load(connection)?;
    let mut ended = 0;
    for row in open {
        let before = Session::try_from(row)?;
        if !before.is_live(at.now) {
            continue;
        }
        let after = before.ended(EndReason::Ended, at.now);
        // A refresh came between: all of this is judged again.
        if !session::replace(connection, &before, &after)? {
            return Err(Failure::Contended);
        }
        let entry = after.activity(Event::SessionEnded, at).nth(number + ended, at);
        activity::add(connection, &entry)?;
        ended += 1;
    }
    Ok(ended)
}

/// Ends those of the next `limit` sessions after `after` that are not over, whoever's they are, and records each. Those
/// that are over are read, too: so each part costs the same, and all parts together as much as there are sessions.
pub(super) fn end_some(
    connection: &mut Connection,
    after: Option<SessionId>,
    limit: u32,
    at: &RequestContext,
) -> Result<EndedPart, Failure> {
    if after.is_none() {
        // What was claimed before is found in some part.
        withdrawal::all(connection, None, at.now)?;
    }
    let mut part = load_some(connection, after, limit)?;
    if part.is_empty() {
        // What was approved since, by who was not yet signed out.
        withdrawal::all(connection, None, at.now)?;
        part = load_some(connection, after, limit)?;
    }
    let last = part.last().map(|session| session.id);
    let mut count = 0;
    for before in part.into_iter().filter(|session| session.is_live(at.now)) {
        let change = (
            sessions::ended_at.eq(Some(Millis::from(at.now))),
            sessions::end_reason.eq(Some(end_reason_text(EndReason::Ended))),
        );
        // A refresh that came between changes nothing about the end.
        let open = sessions::table.find(Key::from(before.id)).filter(sessions::ended_at.is_null());
        if diesel::update(open).set(change).execute(connection)? > 0 {
            let entry = before.activity(Event::SessionEnded, at).nth(count, at);
            activity::add(connection, &entry)?;
            count += 1;
        }
    }
    Ok(EndedPart { count, last })
}

fn load_some(
    connection: &mut Connection,
    after: Option<SessionId>,
    limit: u32,
) -> Result<Vec<Session>, Failure> {
    let part = sessions::table
        .filter(sessions::id.gt(after.map_or(Key::NONE, Key::from)))
        .order(sessions::id)
        .limit(limit.into())
        .select(SessionRow::as_select())
        .load::<SessionRow>(connection)?;
    Ok(part.into_iter().map(Session::try_from).collect::<Result<_, _>>()?)
}
