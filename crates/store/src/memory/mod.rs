//! The store that forgets: one mutex over plain maps. It keeps every promise of the ports, races included, so
//! that tests may swap it in.

mod activity;
mod device_authorization;
mod magic_link;
mod mail;
mod session;
mod signing_key;
mod user;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::device_authorization::DeviceAuthorization;
use keywright_domain::id::{ActivityId, DeviceAuthorizationId, MagicLinkId, MailId, SessionId, UserId};
use keywright_domain::magic_link::MagicLink;
use keywright_domain::mail::Mail;
use keywright_domain::service::Health;
use keywright_domain::session::{EndReason, Session};
use keywright_domain::signing_key::SigningKey;
use keywright_domain::user::User;
use keywright_domain::{Stamp, StoreError};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Tables>);

/// Everything there is. The time-ordered ids keep the order of what was written.
#[derive(Debug, Default)]
struct Tables {
    users: HashMap<UserId, User>,
    sessions: HashMap<SessionId, Session>,
    device_authorizations: HashMap<DeviceAuthorizationId, DeviceAuthorization>,
    magic_links: HashMap<MagicLinkId, MagicLink>,
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
    fn record(&mut self, activity: Activity) {
        self.activities.insert(activity.id, activity);
    }

    /// Ends a live session and says so in its owner's activity.
    fn end(&mut self, id: SessionId, reason: EndReason, event: Option<Event>, at: &Stamp) -> bool {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.is_live(at.now)) else {
            return false;
        };
        *session = session.ended(reason, at.now);
        if let Some(event) = event {
            let activity = Activity::of_session(event, session, at);
            self.record(activity);
        }
        true
    }
}

#[async_trait]
impl Health for MemoryStore {
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
