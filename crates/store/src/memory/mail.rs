use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::StoreError;
use keywright_domain::id::MailId;
use keywright_domain::mail::port::Mails;
use keywright_domain::mail::{Delivery, Mail, MailState};
use keywright_domain::wait_budget::WaitBudget;

use super::MemoryStore;

#[async_trait]
impl Mails for MemoryStore {
    async fn lease(&self, limit: u32, lease: TimeDelta, now: DateTime<Utc>) -> Result<Vec<Mail>, StoreError> {
        let mut tables = self.tables();
        let due_at = |mail: &Mail| match mail.state {
            MailState::Due(due) if due <= now => Some((due, mail.id)),
            _ => None,
        };
        let mut due: Vec<_> = tables.mails.values().filter_map(due_at).collect();
        due.sort_unstable();
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let mut leased = Vec::new();
        for (_, id) in due {
            if let Some(mail) = tables.mails.get_mut(&id) {
                *mail = mail.leased(now, lease).unwrap_or_else(|| mail.clone());
                leased.push(mail.clone());
            }
        }
        Ok(leased)
    }

    async fn settle(
        &self,
        mail: MailId,
        attempts: u32,
        delivery: Delivery,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let Some(mail) = tables.mails.get_mut(&mail) else { return Ok(false) };
        let settled = mail.settled(attempts, delivery, now);
        let is_theirs = settled.is_some();
        if let Some(settled) = settled {
            *mail = settled;
        }
        Ok(is_theirs)
    }

    async fn find(&self, mail: MailId, _: &WaitBudget) -> Result<Option<Mail>, StoreError> {
        Ok(self.tables().mails.get(&mail).cloned())
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        Ok(newest(self.tables().mails.values(), limit))
    }

    async fn list_dead(&self, limit: u32) -> Result<Vec<Mail>, StoreError> {
        let tables = self.tables();
        Ok(newest(tables.mails.values().filter(|mail| matches!(mail.state, MailState::Dead(_))), limit))
    }

    async fn requeue(&self, mail: MailId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let Some(mail) = tables.mails.get_mut(&mail) else { return Ok(false) };
        let Some(requeued) = mail.requeued(now) else { return Ok(false) };
        *mail = requeued;
        Ok(true)
    }
}

fn newest<'a>(mails: impl Iterator<Item = &'a Mail>, limit: u32) -> Vec<Mail> {
    let mut newest: Vec<_> = mails.cloned().collect();
    newest.sort_by_key(|mail| std::cmp::Reverse((mail.created_at, mail.id)));
    newest.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    newest
}
