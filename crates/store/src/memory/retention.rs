use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use keywright_domain::StoreError;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::retention::port::{Sweeper, Swept};
use keywright_domain::retention::{ClientInfoTable, Removal, mail_settled_at, session_over_at};

use super::MemoryStore;

#[async_trait]
impl Sweeper for MemoryStore {
    async fn remove(&self, removal: Removal, before: DateTime<Utc>, batch: u32) -> Result<Swept, StoreError> {
        let mut tables = self.tables();
        Ok(match removal {
            Removal::UndecidedDevices | Removal::DecidedDevices => {
                remove(&mut tables.device_authorizations, batch, |device| {
                    Removal::of_device(device) == removal && device.expires_at < before
                })
            }
            Removal::MagicLinks => remove(&mut tables.magic_links, batch, |link| link.expires_at < before),
            Removal::MagicLinkAddresses => remove(&mut tables.wrong_codes, batch, |codes| {
                codes.quiet_at().is_none_or(|quiet_at| quiet_at < before)
            }),
            Removal::Mails => remove(&mut tables.mails, batch, |mail| {
                mail_settled_at(mail).is_some_and(|settled_at| settled_at < before)
            }),
            Removal::EmailChanges => {
                remove(&mut tables.email_changes, batch, |change| change.asked_at < before)
            }
            Removal::Activities => {
                remove(&mut tables.activities, batch, |activity| activity.occurred_at < before)
            }
            Removal::Challenges => {
                remove(&mut tables.ceremonies, batch, |ceremony| ceremony.expires_at < before)
            }
            Removal::EndedSessions | Removal::LapsedSessions => {
                remove(&mut tables.sessions, batch, |session| {
                    Removal::of_session(session) == removal && session_over_at(session) < before
                })
            }
        })
    }

    async fn clear(
        &self,
        origins: ClientInfoTable,
        before: DateTime<Utc>,
        batch: u32,
    ) -> Result<Swept, StoreError> {
        let mut guard = self.tables();
        let tables = &mut *guard;
        Ok(match origins {
            ClientInfoTable::Sessions => {
                let rows = tables.sessions.values_mut().map(|row| (row.created_at, &mut row.client_info));
                clear(rows, before, batch)
            }
            ClientInfoTable::Activities => {
                let rows = tables.activities.values_mut().map(|row| (row.occurred_at, &mut row.client_info));
                clear(rows, before, batch)
            }
            ClientInfoTable::DeviceAuthorizations => {
                let rows = tables.device_authorizations.values_mut();
                clear(rows.map(|row| (row.requested_at, &mut row.client_info)), before, batch)
            }
            ClientInfoTable::MagicLinks => {
                let rows =
                    tables.magic_links.values_mut().map(|row| (row.requested_at, &mut row.client_info));
                clear(rows, before, batch)
            }
            ClientInfoTable::EmailChanges => {
                let rows = tables.email_changes.values_mut().map(|row| (row.asked_at, &mut row.client_info));
                clear(rows, before, batch)
            }
        })
    }
}

fn remove<K: Clone + Ord, V>(table: &mut BTreeMap<K, V>, batch: u32, is_over: impl Fn(&V) -> bool) -> Swept {
    let over = table.iter().filter(|(_, row)| is_over(row)).map(|(key, _)| key.clone());
    let over: Vec<_> = over.take(usize::try_from(batch).unwrap_or(usize::MAX)).collect();
    let mut swept = Swept::default();
    for key in over {
        table.remove(&key);
        swept = Swept { looked_at: swept.looked_at + 1, done: swept.done + 1 };
    }
    swept
}

fn clear<'a>(
    rows: impl Iterator<Item = (DateTime<Utc>, &'a mut ClientInfo)>,
    before: DateTime<Utc>,
    batch: u32,
) -> Swept {
    let is_due = |(made_at, origin): &(DateTime<Utc>, &mut ClientInfo)| {
        *made_at < before && **origin != ClientInfo::default()
    };
    let mut swept = Swept::default();
    for (_, origin) in rows.filter(is_due).take(usize::try_from(batch).unwrap_or(usize::MAX)) {
        *origin = ClientInfo::default();
        swept = Swept { looked_at: swept.looked_at + 1, done: swept.done + 1 };
    }
    swept
}
