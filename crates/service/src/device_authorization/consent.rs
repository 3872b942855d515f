//! The person's part of the device flow (RFC 8628 §3.3): they look, and decide.

use chrono::TimeDelta;
use keywright_domain::device_authorization::port::Decided;
use keywright_domain::device_authorization::{Action, Decision, DeviceAuthorization, UserCode};
use keywright_domain::error::StoreError;
use keywright_domain::id::UserId;
use keywright_domain::request_context::RequestContext;
use keywright_domain::security_event::SecurityEvent;
use keywright_domain::session::SessionKind;

use crate::service::Service;
use crate::session::Principal;
use crate::user_code_misses::TooManyMisses;

/// Why a person cannot see or decide about a device.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// Unknown, expired, or decided by another account.
    #[error("no such code: it may be mistyped or expired")]
    NotFound,
    #[error("the code has been decided already")]
    AlreadyDecided,
    /// A device must not approve devices: a stolen token would beget more.
    #[error("a session that was opened by the device flow cannot approve another device")]
    OpenedByDevice,
    #[error("sign in again to decide about a device")]
    NotFresh,
    /// It was ended since the request began.
    #[error("the session is over")]
    SessionOver,
    #[error("too many wrong codes")]
    TooManyMisses { retry_after: TimeDelta },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The device that `principal` is about to decide about.
pub async fn look(
    service: &Service,
    principal: &Principal,
    user_code: &str,
    at: &RequestContext,
) -> Result<(UserCode, DeviceAuthorization), DecideError> {
    may_decide(service, principal, at)?;
    find(service, principal.user.id, user_code, at).await
}

/// Decides about the device that shows `user_code`.
pub async fn decide(
    service: &Service,
    principal: &Principal,
    user_code: &str,
    action: Action,
    at: &RequestContext,
) -> Result<DeviceAuthorization, DecideError> {
    may_decide(service, principal, at)?;
    let by = principal.user.id;
    let (_, found) = find(service, by, user_code, at).await?;
    let session = &principal.session;
    let decision = Decision { by, session: session.id, authentication: session.authentication, action };
    match service.stores.device_authorizations.decide(found.id, decision, at).await? {
        Decided::Decided(authorization) => {
            service.count(decision.event());
            service.waiting.call(authorization.id);
            Ok(authorization)
        }
        Decided::AlreadyDecided => Err(DecideError::AlreadyDecided),
        Decided::NotFound => Err(missed(service, by, at)),
        Decided::SessionOver => Err(DecideError::SessionOver),
    }
}

fn may_decide(service: &Service, principal: &Principal, at: &RequestContext) -> Result<(), DecideError> {
    let session = &principal.session;
    match session.kind {
        SessionKind::Browser => Ok(()),
        SessionKind::Device => Err(DecideError::OpenedByDevice),
        SessionKind::Tokens if session.is_fresh(at.now, service.rules.fresh) => Ok(()),
        SessionKind::Tokens => Err(DecideError::NotFresh),
    }
}

/// The code as `user` may see it. Who has missed too often is refused, be the code right or wrong: asked before,
/// so that a guess costs nothing then, and after, so that guesses side by side are no way around it.
async fn find(
    service: &Service,
    user: UserId,
    user_code: &str,
    at: &RequestContext,
) -> Result<(UserCode, DeviceAuthorization), DecideError> {
    service.misses.check(user, at).map_err(|misses| limited(service, misses))?;
    let Some(user_code) = UserCode::parse(user_code) else { return Err(missed(service, user, at)) };
    let digests = user_code.digests(&service.keyring);
    let found =
        service.stores.device_authorizations.find_by_user_code(&digests, at.now, &at.wait_budget).await?;
    let Some(found) = found.filter(|found| found.is_visible_to(user, at.now)) else {
        return Err(missed(service, user, at));
    };
    service.misses.check(user, at).map_err(|misses| limited(service, misses))?;
    Ok((user_code, found))
}

fn missed(service: &Service, user: UserId, at: &RequestContext) -> DecideError {
    match service.misses.miss(user, at) {
        Ok(()) => DecideError::NotFound,
        Err(misses) => limited(service, misses),
    }
}

fn limited(service: &Service, TooManyMisses { retry_after }: TooManyMisses) -> DecideError {
    service.count(SecurityEvent::GuessLimited);
    DecideError::TooManyMisses { retry_after }
}
