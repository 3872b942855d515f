//! The end of many sessions at once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::session::{EndReason, Session};
use keywright_domain::stamp::Stamp;

use super::error::Failure;
use super::{Connection, activity, session};
use crate::rows::session::SessionRow;
use crate::rows::{Key, Millis, end_reason_text};
use crate::schema::sessions;

/// Ends every session of `user` that is not over, by one statement, and says how many those were.
pub(super) fn end_all(
    connection: &mut Connection,
    user: UserId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<usize, Failure> {
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
    at: &Stamp,
) -> Result<u32, Failure> {
    let open = sessions::table
        .filter(sessions::user_id.eq(Key::from(user)))
        .filter(sessions::id.ne(spared.map_or(Key::NONE, Key::from)))
        .filter(sessions::ended_at.is_null())
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
        let entry = Activity::of_session(Event::SessionEnded, &after, at).nth(number + ended, at);
        activity::add(connection, &entry)?;
        ended += 1;
    }
    Ok(ended)
}

/// Ends up to `limit` sessions of anybody that are not over, and records each.
pub(super) fn end_some(connection: &mut Connection, limit: u32, at: &Stamp) -> Result<u32, Failure> {
    let now = Millis::from(at.now);
    let live = sessions::table
        .filter(sessions::ended_at.is_null())
        .filter(sessions::idle_ends_at.gt(now))
        .filter(sessions::ends_at.gt(now));
    let found = live
        .order(sessions::id)
        .limit(limit.into())
        .select(SessionRow::as_select())
        .load::<SessionRow>(connection)?;
    let was_any = !found.is_empty();
    let mut ended = 0;
    for row in found {
        let before = Session::try_from(row)?;
        let change = (
            sessions::ended_at.eq(Some(now)),
            sessions::end_reason.eq(Some(end_reason_text(EndReason::Ended))),
        );
        // A refresh that came between changes nothing about the end.
        let open = sessions::table.find(Key::from(before.id)).filter(sessions::ended_at.is_null());
        if diesel::update(open).set(change).execute(connection)? > 0 {
            let entry = Activity::of_session(Event::SessionEnded, &before, at).nth(ended, at);
            activity::add(connection, &entry)?;
            ended += 1;
        }
    }
    // Others ended them all: there may be more.
    if was_any && ended == 0 { Err(Failure::Contended) } else { Ok(ended) }
}
