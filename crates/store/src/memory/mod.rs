//! The store that forgets: one mutex over plain maps. It keeps every promise of the ports, races included, so
//! that tests may swap it in.

mod activity;
mod device_authorization;
mod email_change;
mod magic_link;
mod mail;
mod organization;
mod passkey;
mod retention;
mod session;
mod signing_key;
mod user;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use keywright_domain::StoreError;
use keywright_domain::activity::Activity;
use keywright_domain::device_authorization::DeviceAuthorization;
use keywright_domain::email::EmailAddress;
use keywright_domain::email_change::EmailChange;
use keywright_domain::health::{Figures, Health};
use keywright_domain::id::{
    ActivityId, CeremonyId, DeviceAuthorizationId, EmailChangeId, MagicLinkId, MailId, OrganizationId,
    PasskeyId, SessionId, UserId,
};
use keywright_domain::magic_link::{MagicLink, WrongCodes};
use keywright_domain::mail::{Mail, MailState};
use keywright_domain::organization::{Organization, Role};
use keywright_domain::passkey::{Ceremony, Passkey};
use keywright_domain::session::Session;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::user::User;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Tables>);

/// Everything there is.
#[derive(Debug, Default)]
struct Tables {
    users: BTreeMap<UserId, User>,
    sessions: BTreeMap<SessionId, Session>,
    device_authorizations: BTreeMap<DeviceAuthorizationId, DeviceAuthorization>,
    magic_links: BTreeMap<MagicLinkId, MagicLink>,
    email_changes: BTreeMap<EmailChangeId, EmailChange>,
    organizations: BTreeMap<OrganizationId, Organization>,
    memberships: BTreeMap<(OrganizationId, UserId), Role>,
    wrong_codes: BTreeMap<EmailAddress, WrongCodes>,
    passkeys: BTreeMap<PasskeyId, Passkey>,
    ceremonies: BTreeMap<CeremonyId, Ceremony>,
    mails: BTreeMap<MailId, Mail>,
    activities: BTreeMap<ActivityId, Activity>,
    signing_keys: Vec<SigningKey>,
}

impl MemoryStore {
    /// All tables, for one command. Commands change them only after all that can fail, so a lock that a panic
    /// has poisoned guards nothing half done.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    /// Adds an entry: the last thing that can fail, so before anything else is changed.
    fn record(&mut self, activity: Activity) -> Result<(), StoreError> {
        is_free(&self.activities, &activity.id)?;
        self.activities.insert(activity.id, activity);
        Ok(())
    }

    /// Adds an entry and a mail, or neither: the last thing that can fail, too.
    fn record_and_tell(&mut self, activity: Activity, mail: Option<Mail>) -> Result<(), StoreError> {
        if let Some(mail) = &mail {
            is_free(&self.mails, &mail.id)?;
        }
        self.record(activity)?;
        if let Some(mail) = mail {
            self.mails.insert(mail.id, mail);
        }
        Ok(())
    }
}

/// Fails if there is a row with this id already, as the primary key of a database would.
fn is_free<K: Ord + Display, V>(table: &BTreeMap<K, V>, id: &K) -> Result<(), StoreError> {
    if table.contains_key(id) { Err(StoreError::broken(format!("the id {id} is taken"))) } else { Ok(()) }
}

#[async_trait]
impl Health for MemoryStore {
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError> {
        let tables = self.tables();
        let live = tables.sessions.values().filter(|session| session.is_live(now)).count();
        let mails = |is_meant: fn(&Mail) -> bool| tables.mails.values().filter(|mail| is_meant(mail)).count();
        Ok(Figures {
            live_sessions: live as u64,
            due_mails: mails(|mail| matches!(mail.state, MailState::Due(_))) as u64,
            dead_mails: mails(|mail| matches!(mail.state, MailState::Dead(_))) as u64,
            waiting_writes: None,
        })
    }
}
