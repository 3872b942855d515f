//! Activity.

use async_trait::async_trait;
use diesel::prelude::*;
use keywright_domain::activity::Activity;
use keywright_domain::activity::port::Activities;
use keywright_domain::error::StoreError;
use keywright_domain::id::{ActivityId, UserId};
use keywright_domain::page::{Page, Paged};
use keywright_domain::wait_budget::WaitBudget;

use super::error::Failure;
use super::{Connection, Store};
use super::{One, Part};
use crate::rows::Key;
use crate::rows::activity::ActivityRow;
use crate::schema::activities::{self as table, dsl};

#[async_trait]
impl Activities for Store {
    async fn find(&self, entry: ActivityId, wait: &WaitBudget) -> Result<Option<Activity>, StoreError> {
        self.read(wait.clone(), move |connection| {
            let found = table::table.find(Key::from(entry)).select(ActivityRow::as_select());
            Ok(found.one(connection).optional()?.map(Activity::try_from).transpose()?)
        })
        .await
    }

    async fn list(&self, user: UserId, page: Page, wait: &WaitBudget) -> Result<Paged<Activity>, StoreError> {
        let (user, part) = (Key::from(user), Part::of(page));
        self.read(wait.clone(), move |connection| {
            let theirs = table::table.filter(dsl::user_id.eq(user));
            let rows = theirs
                .order((dsl::occurred_at.desc(), dsl::id.desc()))
                .limit(part.limit)
                .offset(part.offset)
                .select(ActivityRow::as_select())
                .load(connection)?;
            let total: i64 = theirs.count().one(connection)?;
            let items = rows.into_iter().map(Activity::try_from).collect::<Result<_, _>>()?;
            Ok(Paged { items, total: total.unsigned_abs() })
        })
        .await
    }
}

/// Writes an entry, in the command that causes it.
pub(super) fn add(connection: &mut Connection, activity: &Activity) -> Result<(), Failure> {
    diesel::insert_into(table::table).values(ActivityRow::from(activity)).execute(connection)?;
    Ok(())
}
