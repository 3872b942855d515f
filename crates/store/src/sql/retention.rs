//! Retention.
//!
//! One server sweeps at a time, a batch long: whoever comes next sees what is left. The rows of a batch are found by an
//! index and removed by their primary keys, as far as they are still over then.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use keywright_domain::error::StoreError;
use keywright_domain::magic_link::WrongCodes;
use keywright_domain::retention::port::{Sweeper, Swept};
use keywright_domain::retention::{ClientInfoTable, Removal, session_over_at};
use keywright_domain::session::Session;
use keywright_domain::wait_budget::WaitBudget;

use super::error::Failure;
use super::{Connection, Store, lock};
use crate::rows::magic_link_address::MagicLinkAddressRow;
use crate::rows::session::SessionRow;
use crate::rows::{Key, Lock, Millis};
use crate::schema::{
    activities, ceremonies, device_authorizations, email_changes, magic_link_addresses, magic_links, mails,
    sessions,
};

#[async_trait]
impl Sweeper for Store {
    async fn remove(&self, removal: Removal, before: DateTime<Utc>, batch: u32) -> Result<Swept, StoreError> {
        self.write(WaitBudget::NONE, move |connection| {
            lock::lock(connection, Lock::Retention)?;
            remove(connection, removal, before, batch)
        })
        .await
    }

    async fn clear(
        &self,
        origins: ClientInfoTable,
        before: DateTime<Utc>,
        batch: u32,
    ) -> Result<Swept, StoreError> {
        self.write(WaitBudget::NONE, move |connection| {
            lock::lock(connection, Lock::Retention)?;
            clear(connection, origins, before.into(), batch.into())
        })
        .await
    }
}

/// A batch of the rows that are `$over`, the longest over first.
macro_rules! remove {
    ($connection:ident, $batch:expr, $table:ident, $since:expr, $over:expr) => {{
        let over = $table::table.filter($over).order($since).limit($batch).select($table::id);
        let keys: Vec<Key> = over.load($connection)?;
        let looked_at = keys.len();
        let done = if keys.is_empty() {
            0
        } else {
            diesel::delete($table::table.filter($table::id.eq_any(keys)).filter($over))
                .execute($connection)?
        };
        Ok(swept(looked_at, done))
    }};
}

/// A batch of the rows that were made before an instant and have an address or a user agent.
macro_rules! clear {
    ($connection:ident, $before:ident, $batch:ident, $table:ident, $made_at:ident) => {{
        let keys: Vec<Key> = $table::table
            .filter($table::$made_at.lt($before))
            // Word for word the condition of the index.
            .filter($table::ip.is_not_null().or($table::user_agent.is_not_null()))
            .order($table::$made_at)
            .limit($batch)
            .select($table::id)
            .load($connection)?;
        let looked_at = keys.len();
        let done = if keys.is_empty() {
            0
        } else {
            let nothing = ($table::ip.eq(None::<String>), $table::user_agent.eq(None::<String>));
            diesel::update($table::table.filter($table::id.eq_any(keys))).set(nothing).execute($connection)?
        };
        Ok(swept(looked_at, done))
    }};
}

fn remove(
    connection: &mut Connection,
    removal: Removal,
    instant: DateTime<Utc>,
    size: u32,
) -> Result<Swept, Failure> {
    use {
        activities as activity, ceremonies as challenge, device_authorizations as device,
        email_changes as change, magic_links as link, mails as mail, sessions as session,
    };
    let (before, batch) = (Millis::from(instant), i64::from(size));
    match removal {
        Removal::UndecidedDevices => {
            let over = device::decided_by.is_null().and(device::expires_at.lt(before));
            remove!(connection, batch, device, device::expires_at, over)
        }
        Removal::DecidedDevices => {
            let over = device::decided_by.is_not_null().and(device::expires_at.lt(before));
            remove!(connection, batch, device, device::expires_at, over)
        }
        Removal::MagicLinks => {
            remove!(connection, batch, link, link::expires_at, link::expires_at.lt(before))
        }
        Removal::MagicLinkAddresses => remove_addresses(connection, instant, batch),
        Removal::Mails => {
            remove!(connection, batch, mail, mail::settled_at, mail::settled_at.lt(before))
        }
        Removal::EmailChanges => {
            remove!(connection, batch, change, change::asked_at, change::asked_at.lt(before))
        }
        Removal::Activities => {
            remove!(connection, batch, activity, activity::occurred_at, activity::occurred_at.lt(before))
        }
        Removal::EndedSessions => {
            remove!(connection, batch, session, session::ended_at, session::ended_at.lt(before))
        }
        Removal::LapsedSessions => remove_lapsed(connection, instant, batch),
        Removal::Challenges => {
            remove!(connection, batch, challenge, challenge::expires_at, challenge::expires_at.lt(before))
        }
    }
}

fn clear(
    connection: &mut Connection,
    origins: ClientInfoTable,
    before: Millis,
    batch: i64,
) -> Result<Swept, Failure> {
    match origins {
        ClientInfoTable::Sessions => clear!(connection, before, batch, sessions, created_at),
        ClientInfoTable::Activities => clear!(connection, before, batch, activities, occurred_at),
        ClientInfoTable::DeviceAuthorizations => {
            clear!(connection, before, batch, device_authorizations, requested_at)
        }
        ClientInfoTable::MagicLinks => clear!(connection, before, batch, magic_links, requested_at),
        ClientInfoTable::EmailChanges => clear!(connection, before, batch, email_changes, asked_at),
    }
}

/// No index knows when a session lapses, because a refresh would have to change it. So each is looked at when it would
/// have lapsed, had it not been used since the last look.
fn remove_lapsed(connection: &mut Connection, before: DateTime<Utc>, batch: i64) -> Result<Swept, Failure> {
    let rows = sessions::table
        .filter(sessions::look_at.lt(Millis::from(before)))
        .order(sessions::look_at)
        .limit(batch)
        .select(SessionRow::as_select())
        .load(connection)?;
    let looked_at = rows.len();
    let mut done = 0;
    for row in rows {
        let session = Session::try_from(row)?;
        let over_at = session_over_at(&session);
        let found = sessions::table.find(Key::from(session.id));
        if over_at < before {
            let unused = found.filter(sessions::last_used_at.eq(Millis::from(session.last_used_at)));
            done += diesel::delete(unused).execute(connection)?;
        } else {
            diesel::update(found).set(sessions::look_at.eq(Millis::from(over_at))).execute(connection)?;
        }
    }
    Ok(swept(looked_at, done))
}

/// An address is looked at once it was asked for, and again when what it says will be over.
fn remove_addresses(
    connection: &mut Connection,
    before: DateTime<Utc>,
    batch: i64,
) -> Result<Swept, Failure> {
    use magic_link_addresses as address;
    let rows: Vec<(String, String, MagicLinkAddressRow)> = address::table
        .filter(address::look_at.lt(Millis::from(before)))
        .order(address::look_at)
        .limit(batch)
        .select((address::email, address::wrong_codes, MagicLinkAddressRow::as_select()))
        .load(connection)?;
    let looked_at = rows.len();
    let mut done = 0;
    for (email, wrong_codes, row) in rows {
        let quiet_at = WrongCodes::try_from(row)?.quiet_at();
        let found = address::table.find(email);
        if let Some(quiet_at) = quiet_at.filter(|quiet_at| *quiet_at >= before) {
            let look_at = address::look_at.eq(Millis::from(quiet_at));
            diesel::update(found).set(look_at).execute(connection)?;
            continue;
        }
        // One more may have been tried meanwhile.
        let off = address::codes_off_until;
        let unchanged = found
            .filter(address::wrong_codes.eq(wrong_codes))
            .filter(off.is_null().or(off.lt(Millis::from(before))));
        done += diesel::delete(unchanged).execute(connection)?;
    }
    Ok(swept(looked_at, done))
}

/// No batch holds more than counts here.
fn swept(looked_at: usize, done: usize) -> Swept {
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    Swept { looked_at: count(looked_at), done: count(done) }
}
