//! The device flow (RFC 8628).
//!
//! 1. [`begin`]: the device asks for a device code and a user code (§3.1, §3.2).
//! 2. [`look`]: the person sees what they are about to approve (§3.3, §5.4).
//! 3. [`decide`]: they approve or deny.
//! 4. [`poll`]: the device asks whether they have, and claims its session (§3.4, §3.5). One that waits is given a
//!    place ([`wait`]) and asks again ([`poll_again`]) when it is called ([`look_for_all`]), until it has to be answered
//!    ([`give_up`]).

mod consent;
mod wait;

use chrono::TimeDelta;
use keywright_domain::access_token::SigningFailed;
use keywright_domain::activity::Event;
use keywright_domain::client::{BadClientName, ClientId, ClientName, UnknownClient};
use keywright_domain::credential::{Credential, Kind};
use keywright_domain::device_authorization::port::{Begun, Poll, Polled};
use keywright_domain::device_authorization::{
    DeviceAuthorization, DeviceAuthorizationState, Polling, UserCode,
};
use keywright_domain::error::StoreError;
use keywright_domain::id::DeviceAuthorizationId;
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::SessionKind;
use url::Url;

pub use self::consent::{DecideError, decide, look};
pub use self::wait::{give_up, look_for_all, poll_again, wait};
use crate::pacer::Pacing;
use crate::service::Service;
use crate::session::{TokenPair, issue_tokens, seed};

/// Request of a device.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    pub client_id: Option<String>,
    pub client_name: Option<String>,
    pub scope: Option<String>,
}

/// Response to a device (§3.2).
#[derive(Clone, Debug)]
pub struct Beginning {
    pub device_code: Credential,
    pub user_code: UserCode,
    pub verification_uri: Url,
    pub verification_uri_complete: Url,
    pub expires_in: TimeDelta,
    pub interval: TimeDelta,
}

/// Why a flow does not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    #[error(transparent)]
    UnknownClient(#[from] UnknownClient),
    #[error(transparent)]
    BadClientName(#[from] BadClientName),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tokens for a device (§3.5).
#[derive(Clone, Debug)]
pub struct Granted {
    pub tokens: TokenPair,
    /// The granted scope, where it differs from the requested one (RFC 6749 §5.1).
    pub scope: Option<String>,
}

/// Why a device gets nothing, yet or ever (§3.5).
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error("nobody has decided yet: keep polling")]
    AuthorizationPending,
    #[error("polled too soon: wait {} seconds between polls", interval.num_seconds())]
    SlowDown { interval: TimeDelta },
    #[error("the request was denied")]
    AccessDenied,
    #[error("the device code has expired: start again")]
    ExpiredToken,
    #[error("the device code is invalid or has been used")]
    InvalidGrant,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

/// Number of attempts to find a free user code. Even with a million live ones, a second attempt is rare.
const USER_CODE_ATTEMPTS: usize = 4;

/// Begins a flow.
pub async fn begin(service: &Service, begin: Begin, at: &RequestContext) -> Result<Beginning, BeginError> {
    let client = service.clients.find(begin.client_id.as_deref(), ClientId::CLI)?;
    let client_name = ClientName::parse(begin.client_name.as_deref().unwrap_or_default())?;
    let rules = &service.rules;

    for _ in 0..USER_CODE_ATTEMPTS {
        let user_code = UserCode::new(service.entropy.as_ref());
        let Some(digest) = user_code.digests(&service.keyring).first().copied() else { break };
        let authorization = DeviceAuthorization {
            id: DeviceAuthorizationId::new(at.now, service.entropy.as_ref()),
            user_code: digest,
            client_id: client.id.clone(),
            client_name: client_name.clone(),
            // There are no scopes yet, so whatever is asked for is more than is granted.
            scope_was_narrowed: begin.scope.as_deref().is_some_and(|scope| !scope.trim().is_empty()),
            requested_at: at.now,
            expires_at: at.now + rules.device_lifetime,
            client_info: at.client_info.clone(),
            state: DeviceAuthorizationState::Pending,
        };
        if service.stores.device_authorizations.begin(&authorization, &at.wait_budget).await? == Begun::Begun
        {
            return Ok(beginning(service, &authorization, user_code));
        }
    }
    Err(StoreError::broken("no free user code was found").into())
}

fn beginning(service: &Service, authorization: &DeviceAuthorization, user_code: UserCode) -> Beginning {
    let verification_uri = service.rules.page("/device-verify");
    let mut verification_uri_complete = verification_uri.clone();
    verification_uri_complete.query_pairs_mut().append_pair("code", &user_code.to_string());
    Beginning {
        device_code: service.keyring.issue(Kind::DeviceCode, authorization.id.0, 0),
        user_code,
        verification_uri,
        verification_uri_complete,
        expires_in: service.rules.device_lifetime,
        interval: service.rules.device_interval,
    }
}

/// Answers a device's poll, and hands out its session once.
///
/// 1. A device code that is not genuine is refused without touching the store.
/// 2. What is over for good is said before the pace is judged.
/// 3. A poll that comes too early claims nothing.
/// 4. An approved code is claimed by one guarded write.
pub async fn poll(
    service: &Service,
    device_code: &str,
    client_id: Option<&str>,
    at: &RequestContext,
) -> Result<Granted, PollError> {
    let presented =
        service.keyring.parse(Kind::DeviceCode, device_code).map_err(|_| PollError::InvalidGrant)?;
    let poll =
        Poll { id: DeviceAuthorizationId(presented.record), client_id: client_id.map(ToOwned::to_owned) };
    let rules = &service.rules;
    let turn = service.pacer.poll(poll.id, at.now, rules.device_interval, rules.device_lifetime);

    let answer = match turn.pacing {
        Pacing::SlowDown { interval } => {
            let over = over(service, &poll, at).await;
            Err(over.map_or_else(PollError::from, |over| over.unwrap_or(PollError::SlowDown { interval })))
        }
        Pacing::InTime => ask(service, &poll, at).await,
    };
    // Another client's poll is no poll of this code, and a poll that failed here may be repeated at once.
    if let Err(PollError::InvalidGrant | PollError::Store(_) | PollError::Signing(_)) = answer {
        service.pacer.take_back(&turn);
    }
    answer
}

pub(super) async fn ask(service: &Service, poll: &Poll, at: &RequestContext) -> Result<Granted, PollError> {
    let seed = seed(service, SessionKind::Device, ClientId::from_trusted(ClientId::CLI), None, at)?;
    match service.stores.device_authorizations.poll(poll, &seed, at).await? {
        Polled::Pending => Err(PollError::AuthorizationPending),
        Polled::Denied | Polled::AccountUnavailable => Err(PollError::AccessDenied),
        Polled::Expired => Err(PollError::ExpiredToken),
        Polled::Spent => Err(PollError::InvalidGrant),
        Polled::Claimed { session, authorization } => {
            service.pacer.forget(poll.id);
            service.count(Event::SignedIn);
            let scope = authorization.scope_was_narrowed.then(String::new);
            Ok(Granted { tokens: issue_tokens(service, &session, at)?, scope })
        }
    }
}

/// The answer that goes before `slow_down`, if there is one.
async fn over(service: &Service, poll: &Poll, at: &RequestContext) -> Result<Option<PollError>, StoreError> {
    let found = service.stores.device_authorizations.find(poll.id, &at.wait_budget).await?;
    let polling = found.map_or(Polling::Spent, |found| found.poll(poll.client_id.as_deref(), at.now));
    Ok(match polling {
        Polling::Denied => Some(PollError::AccessDenied),
        Polling::Expired => Some(PollError::ExpiredToken),
        Polling::Spent => Some(PollError::InvalidGrant),
        Polling::Pending => None,
        Polling::Claimable { by, .. } => {
            let approver = service.stores.users.find(by, &at.wait_budget).await?;
            let is_gone = !approver.is_some_and(|user| user.is_enabled());
            is_gone.then_some(PollError::AccessDenied)
        }
    })
}
