//! Every port to the store, gathered.

use std::sync::Arc;

use crate::activity::port::Activities;
use crate::device_authorization::port::DeviceAuthorizations;
use crate::email_change::port::EmailChanges;
use crate::health::Health;
use crate::magic_link::port::MagicLinks;
use crate::mail::port::Mails;
use crate::organization::port::Organizations;
use crate::passkey::port::Passkeys;
use crate::retention::port::Sweeper;
use crate::session::port::Sessions;
use crate::signing_key::port::SigningKeys;
use crate::user::port::Users;

/// Every port to the store.
#[derive(Clone)]
pub struct Stores {
    pub users: Arc<dyn Users>,
    pub sessions: Arc<dyn Sessions>,
    pub device_authorizations: Arc<dyn DeviceAuthorizations>,
    pub magic_links: Arc<dyn MagicLinks>,
    pub email_changes: Arc<dyn EmailChanges>,
    pub organizations: Arc<dyn Organizations>,
    pub passkeys: Arc<dyn Passkeys>,
    pub mails: Arc<dyn Mails>,
    pub activities: Arc<dyn Activities>,
    pub signing_keys: Arc<dyn SigningKeys>,
    pub sweeper: Arc<dyn Sweeper>,
    pub health: Arc<dyn Health>,
}

impl Stores {
    /// The ports of one store that has them all.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: Users
            + Sessions
            + DeviceAuthorizations
            + MagicLinks
            + EmailChanges
            + Organizations
            + Passkeys
            + Mails
            + Activities
            + SigningKeys
            + Sweeper
            + Health
            + 'static,
    {
        Self {
            users: store.clone(),
            sessions: store.clone(),
            device_authorizations: store.clone(),
            magic_links: store.clone(),
            email_changes: store.clone(),
            organizations: store.clone(),
            passkeys: store.clone(),
            mails: store.clone(),
            activities: store.clone(),
            signing_keys: store.clone(),
            sweeper: store.clone(),
            health: store,
        }
    }
}
