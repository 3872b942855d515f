//! The parts that the use cases work with: ports, keys and rules, gathered once by the composition root.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keywright_domain::access_token::AccessTokens;
use keywright_domain::client::Clients;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::clock::Clock;
use keywright_domain::credential::Keyring;
use keywright_domain::entropy::Entropy;
use keywright_domain::health::Figures;
use keywright_domain::magic_link::LinkBudget;
use keywright_domain::mail::MailRenderer;
use keywright_domain::passkey::port::Webauthn;
use keywright_domain::resource_server::ResourceServers;
use keywright_domain::retention::Retention;
use keywright_domain::security_event::{SecurityCounters, SecurityEvent};
use keywright_domain::session::{Lifetimes, RotationRules};
use keywright_domain::user::SignupPolicy;
use keywright_domain::wait_budget::WaitBudget;
use keywright_domain::{RequestContext, StoreError, Stores};
use url::Url;

use crate::key_reload::Reloads;
use crate::pacer::Pacer;
use crate::user_code_misses::Misses;
use crate::waiting_room::WaitingRoom;

/// The longest that a request waits for the store, all its commands together: the answer, 503, has to come within five
/// seconds (contract §1.1).
const STORE_PATIENCE: Duration = Duration::from_secs(4);

/// The operator's decisions.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Where people and clients reach this server: an origin, without a path.
    pub public_url: Url,
    /// For whom access tokens are: their `aud`.
    pub audience: String,
    pub access_lifetime: TimeDelta,
    pub lifetimes: Lifetimes,
    pub rotation: RotationRules,
    /// Greatest age of a sign-in for sensitive actions.
    pub fresh: TimeDelta,
    pub device_lifetime: TimeDelta,
    pub device_interval: TimeDelta,
    pub magic_link_lifetime: TimeDelta,
    /// Budget of links for one address.
    pub link_budget: LinkBudget,
    /// Origins besides this server's that a sign-in may lead to.
    pub redirect_origins: Vec<String>,
    pub signup: SignupPolicy,
    /// Time that expired records stay.
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
    pub mail_renderer: Arc<dyn MailRenderer>,
    pub webauthn: Arc<dyn Webauthn>,
    pub clients: Clients,
    pub rules: Rules,
    pub pacer: Pacer,
    pub resource_servers: ResourceServers,
    pub security_counters: Arc<dyn SecurityCounters>,
    pub waiting: WaitingRoom,
    pub misses: Misses,
    pub key_reloads: Reloads,
}

impl Service {
    /// The context of a request, with a wait budget for all its commands.
    pub fn request_context(&self, request_id: Option<String>, client_info: ClientInfo) -> RequestContext {
        let mut context =
            RequestContext::new(self.clock.as_ref(), self.entropy.as_ref(), request_id, client_info);
        context.wait_budget = WaitBudget::new(STORE_PATIENCE);
        context
    }

    /// Counts what happened.
    pub fn count(&self, incident: impl Into<SecurityEvent>) {
        self.security_counters.count(incident.into());
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
