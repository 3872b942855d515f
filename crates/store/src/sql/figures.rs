//! Gauges for monitoring.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use keywright_domain::health::Figures;

use super::Connection;
use super::One;
use super::error::Failure;
use crate::rows::Millis;
use crate::schema::{mails, sessions};

/// The figures at `now`. What waits to be written is not in the tables.
pub fn count(connection: &mut Connection, now: DateTime<Utc>) -> Result<Figures, Failure> {
    let now = Millis::from(now);
    let live = sessions::table
        .filter(sessions::ended_at.is_null())
        .filter(sessions::idle_ends_at.gt(now))
        .filter(sessions::ends_at.gt(now));
    let live: i64 = live.count().one(connection)?;
    let due: i64 = mails::table.filter(mails::due_at.is_not_null()).count().one(connection)?;
    let dead: i64 = mails::table.filter(mails::state.eq("dead")).count().one(connection)?;
    Ok(Figures {
        live_sessions: live.unsigned_abs(),
        due_mails: due.unsigned_abs(),
        dead_mails: dead.unsigned_abs(),
        waiting_writes: None,
    })
}
