//! Mails.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use keywright_domain::error::StoreError;
use keywright_domain::id::MailId;
use keywright_domain::mail::port::Mails;
use keywright_domain::mail::{Delivery, Mail};
use keywright_domain::wait_budget::WaitBudget;

use super::One;
use super::error::Failure;
use super::{Connection, Store, lock, retry_on_conflict};
use crate::rows::mail::{DEAD, MailChange, MailRow};
use crate::rows::{Key, Millis};
use crate::schema::mails::{self as table, dsl};

#[async_trait]
impl Mails for Store {
    async fn lease(&self, limit: u32, lease: TimeDelta, now: DateTime<Utc>) -> Result<Vec<Mail>, StoreError> {
        let due = Millis::from(now);
        let is_any_due = self.read(WaitBudget::NONE, move |connection| {
            let due = table::table.filter(dsl::due_at.le(due));
            Ok(diesel::select(exists(due)).one(connection)?)
        });
        // Workers ask often and seldom find anything: then nobody waits for the writer.
        if !is_any_due.await? {
            return Ok(Vec::new());
        }
        self.write(WaitBudget::NONE, move |connection| {
            let rows = lock::due_mails(connection, due, limit.into())?;
            let mut leased = Vec::with_capacity(rows.len());
            for row in rows {
                let before = Mail::try_from(row)?;
                // One that somebody else has leased meanwhile is theirs.
                if let Some(after) = before.leased(now, lease)
                    && replace(connection, &before, &after)?
                {
                    leased.push(after);
                }
            }
            Ok(leased)
        })
        .await
    }

    async fn settle(
        &self,
        mail: MailId,
        attempts: u32,
        delivery: Delivery,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.write(WaitBudget::NONE, move |connection| {
            retry_on_conflict(|| {
                let Some(before) = load(connection, mail)? else { return Ok(Some(false)) };
                let Some(after) = before.settled(attempts, delivery, now) else { return Ok(Some(false)) };
                Ok(replace(connection, &before, &after)?.then_some(true))
            })
        })
        .await
    }

    async fn find(&self, mail: MailId, wait: &WaitBudget) -> Result<Option<Mail>, StoreError> {
        self.read(wait.clone(), move |connection| load(connection, mail)).await
    }

    async fn list_dead(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        self.read(WaitBudget::NONE, move |connection| {
            let rows = table::table
                .filter(dsl::state.eq(DEAD))
                .order((dsl::created_at.desc(), dsl::id.desc()))
                .limit(limit.into())
                .select(MailRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(Mail::try_from).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn requeue(&self, mail: MailId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.write(WaitBudget::NONE, move |connection| {
            let Some(after) = load(connection, mail)?.and_then(|before| before.requeued(now)) else {
                return Ok(false);
            };
            // Nothing but this makes a dead letter another one, so its state is all that was judged.
            let requeued = diesel::update(table::table.find(Key::from(mail)))
                .filter(dsl::state.eq(DEAD))
                .set(MailChange::from(&after))
                .execute(connection)?;
            Ok(requeued > 0)
        })
        .await
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        self.read(WaitBudget::NONE, move |connection| {
            let rows = table::table
                .order((dsl::created_at.desc(), dsl::id.desc()))
                .limit(limit.into())
                .select(MailRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(Mail::try_from).collect::<Result<_, _>>()?)
        })
        .await
    }
}

pub(super) fn add(connection: &mut Connection, mail: &Mail) -> Result<(), Failure> {
    diesel::insert_into(table::table).values(MailRow::from(mail)).execute(connection)?;
    Ok(())
}

fn load(connection: &mut Connection, id: MailId) -> Result<Option<Mail>, Failure> {
    let row = table::table.find(Key::from(id)).select(MailRow::as_select()).one(connection).optional()?;
    Ok(row.map(Mail::try_from).transpose()?)
}

/// Stores `after`, unless the mail was leased or settled meanwhile.
fn replace(connection: &mut Connection, before: &Mail, after: &Mail) -> Result<bool, Failure> {
    let judged = MailChange::from(before);
    let replaced = diesel::update(table::table.find(Key::from(before.id)))
        .filter(dsl::state.eq(judged.state))
        .filter(dsl::attempts.eq(judged.attempts))
        .filter(dsl::due_at.eq(judged.due_at))
        .set(MailChange::from(after))
        .execute(connection)?;
    Ok(replaced > 0)
}
