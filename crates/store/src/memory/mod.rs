//! The store that forgets: one mutex over plain maps. It keeps every promise of the ports, races included, so
//! that tests may swap it in.

mod activity;
mod device_authorization;
mod magic_link;
mod mail;
mod passkey;
mod session;
mod signing_key;
mod user;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use keywright_domain::StoreError;
use keywright_domain::activity::Activity;
use keywright_domain::device_authorization::DeviceAuthorization;
use keywright_domain::id::{
    ActivityId, CeremonyId, DeviceAuthorizationId, MagicLinkId, MailId, PasskeyId, SessionId, UserId,
};
use keywright_domain::magic_link::MagicLink;
use keywright_domain::mail::Mail;
use keywright_domain::passkey::{Ceremony, Passkey};
use keywright_domain::service::Health;
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
}
