//! What the flows work with: the ports, the keys and the rules, gathered once by the composition root.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::access_token::AccessTokens;
use crate::activity::port::Activities;
use crate::client::Clients;
use crate::clock::Clock;
use crate::credential::Keyring;
use crate::device_authorization::guess::Misses;
use crate::device_authorization::pace::Pacer;
use crate::device_authorization::port::DeviceAuthorizations;
use crate::device_authorization::waiting::WaitingRoom;
use crate::email_change::port::EmailChanges;
use crate::entropy::Entropy;
use crate::error::StoreError;
use crate::magic_link::LinkBudget;
use crate::magic_link::port::MagicLinks;
use crate::mail::Typesetter;
use crate::mail::port::Mails;
use crate::organization::port::Organizations;
use crate::origin::Origin;
use crate::passkey::port::{Passkeys, Webauthn};
use crate::resource_server::ResourceServers;
use crate::retention::Retention;
use crate::retention::port::Sweeper;
use crate::session::port::Sessions;
use crate::session::{Lifetimes, RotationRules};
use crate::signing_key::port::SigningKeys;
use crate::signing_key::reload::Reloads;
use crate::stamp::Stamp;
use crate::tally::{Incident, Tally};
use crate::user::SignupPolicy;
use crate::user::port::Users;

/// Whether the store can be worked with.
#[async_trait]
pub trait Health: Send + Sync {
    /// Fails unless the store can be read, can be written, and its migrations are applied.
    async fn check(&self) -> Result<(), StoreError>;

    /// The figures at `now`. For a look now and then: it may read every session.
    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures, StoreError>;
}

/// How much there is of what an operator watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Sessions that are neither ended nor past their time.
    pub live_sessions: u64,
    /// Mails that wait, whether or not their time has come.
    pub due_mails: u64,
    /// Mails that were given up.
    pub dead_mails: u64,
    /// Writes that wait for their turn; none if they need not queue.
    pub waiting_writes: Option<u64>,
}

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

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Where people and clients reach this server: an origin, without a path.
    pub public_url: Url,
    /// For whom access tokens are: their `aud`.
    pub audience: String,
    pub access_lifetime: TimeDelta,
    pub lifetimes: Lifetimes,
    pub rotation: RotationRules,
    /// How old a sign-in may be for what is sensitive.
    pub fresh: TimeDelta,
    pub device_lifetime: TimeDelta,
    pub device_interval: TimeDelta,
    pub magic_link_lifetime: TimeDelta,
    /// How many links one address may have sent.
    pub link_budget: LinkBudget,
    /// Origins besides this server's that a sign-in may lead to.
    pub redirect_origins: Vec<String>,
    pub signup: SignupPolicy,
    /// How long what is over stays.
    pub retention: Retention,
}

impl Rules {
    /// The address of a page of this server; `path` begins with a slash.
    pub fn page(&self, path: &str) -> Url {
        let mut url = self.public_url.clone();
        url.set_path(path);
        url
    }

    /// The origin of this server, without a slash at its end: its `iss` (RFC 8414 §2).
    pub fn issuer(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }
}

/// Keywright, without the world around it.
pub struct Service {
    pub stores: Stores,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub keyring: Keyring,
    pub tokens: Arc<dyn AccessTokens>,
    pub typesetter: Arc<dyn Typesetter>,
    pub webauthn: Arc<dyn Webauthn>,
    pub clients: Clients,
    pub rules: Rules,
    pub pacer: Pacer,
    pub resource_servers: ResourceServers,
    pub tally: Arc<dyn Tally>,
    pub waiting: WaitingRoom,
    pub misses: Misses,
    pub key_reloads: Reloads,
}

impl Service {
    /// The stamp of a request.
    pub fn stamp(&self, request_id: Option<String>, origin: Origin) -> Stamp {
        Stamp::new(self.clock.as_ref(), self.entropy.as_ref(), request_id, origin)
    }

    /// Counts what happened.
    pub fn count(&self, incident: impl Into<Incident>) {
        self.tally.count(incident.into());
    }

    /// The figures of the store as it is now.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        self.stores.health.figures(self.clock.now()).await
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("rules", &self.rules).finish_non_exhaustive()
    }
}
