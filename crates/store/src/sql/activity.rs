//! Activity.

use async_trait::async_trait;
use diesel::prelude::*;
use keywright_domain::activity::Activity;
use keywright_domain::activity::port::Activities;
use keywright_domain::error::StoreError;
use keywright_domain::id::UserId;

use super::error::Failure;
use super::{Connection, Store};
use crate::rows::Key;
use crate::rows::activity::ActivityRow;
use crate::schema::activities::{self as table, dsl};

#[async_trait]
impl Activities for Store {
    async fn newest(&self, user: UserId, limit: u32) -> Result<Vec<Activity>, StoreError> {
        self.read(move |connection| {
            let rows = table::table
                .filter(dsl::user_id.eq(Key::from(user)))
                .order((dsl::occurred_at.desc(), dsl::id.desc()))
                .limit(limit.into())
                .select(ActivityRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(Activity::try_from).collect::<Result<_, _>>()?)
        })
        .await
    }
}

/// Writes an entry, in the command that causes it.
pub(super) fn add(connection: &mut Connection, activity: &Activity) -> Result<(), Failure> {
    diesel::insert_into(table::table).values(ActivityRow::from(activity)).execute(connection)?;
    Ok(())
}
