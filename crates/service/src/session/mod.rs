//! Sessions in use: tokens are issued, refreshed (RFC 6749 §6), checked (RFC 6750) and revoked (RFC 7009).

pub mod introspection;
pub mod manage;
pub mod sign_in;

use chrono::TimeDelta;
use keywright_domain::access_token::{AccessClaims, AccessToken, InvalidAccessToken, SigningFailed};
use keywright_domain::activity::Event;
use keywright_domain::client::{ClientId, ClientName};
use keywright_domain::credential::{Credential, Kind};
use keywright_domain::entropy::random;
use keywright_domain::error::StoreError;
use keywright_domain::id::{SessionId, version_7};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{EndReason, Generation, Refresh, Session, SessionKind, SessionSeed};
use keywright_domain::user::User;

use crate::service::Service;
use crate::signing_key::{self as signing_key, VerificationError};

/// An access token and the refresh token that renews it.
#[derive(Clone, Debug)]
pub struct TokenPair {
    pub access_token: AccessToken,
    /// Lifetime of the access token.
    pub expires_in: TimeDelta,
    pub refresh_token: Credential,
}

/// Why a refresh token renews nothing.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Forged, ended, expired, reused or another client's: alike to whoever asks.
    #[error("the refresh token is invalid, expired or revoked: sign in again")]
    InvalidGrant,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

/// The account and the session that make a request.
#[derive(Clone, Debug)]
pub struct Principal {
    pub user: User,
    pub session: Session,
}

/// Why a request is nobody's.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    #[error(transparent)]
    InvalidToken(#[from] InvalidAccessToken),
    /// Its session is over, or its owner's account disabled.
    #[error("the session has ended: sign in again")]
    SessionOver,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VerificationError> for AuthenticateError {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::Invalid(error) => error.into(),
            VerificationError::Store(error) => error.into(),
        }
    }
}

/// The session that a sign-in of `kind` through `client_id` will open. Fails if its tokens could not be signed.
pub fn seed(
    service: &Service,
    kind: SessionKind,
    client_id: ClientId,
    client_name: Option<ClientName>,
    at: &RequestContext,
) -> Result<SessionSeed, SigningFailed> {
    if kind != SessionKind::Browser {
        service.tokens.check_can_sign(at.now)?;
    }
    let id = SessionId::new(at.now, service.entropy.as_ref());
    Ok(SessionSeed { id, kind, client_id, client_name, lifetimes: service.rules.lifetimes })
}

/// The tokens of `session` at its current generation.
pub fn issue_tokens(
    service: &Service,
    session: &Session,
    at: &RequestContext,
) -> Result<TokenPair, SigningFailed> {
    let token_id = version_7(at.now, random(service.entropy.as_ref()));
    let claims = AccessClaims::of(session, token_id, at.now, service.rules.access_lifetime);
    let access_token = service.tokens.sign(&claims)?;
    let refresh_token = service.keyring.issue(Kind::RefreshToken, session.id.0, session.chain.current.0);
    Ok(TokenPair { access_token, expires_in: claims.expires_at - at.now, refresh_token })
}

/// The cookie of a browser session.
pub fn issue_cookie(service: &Service, session: &Session) -> Credential {
    service.keyring.issue(Kind::BrowserSession, session.id.0, 0)
}

/// Renews the tokens of the session that `refresh_token` names.
pub async fn refresh(
    service: &Service,
    refresh_token: &str,
    client_id: Option<&str>,
    at: &RequestContext,
) -> Result<TokenPair, RefreshError> {
    let presented =
        service.keyring.parse(Kind::RefreshToken, refresh_token).map_err(|_| RefreshError::InvalidGrant)?;
    // No client is called so, and not every store can even compare it.
    if client_id.is_some_and(|id| id.contains('\0')) {
        return Err(RefreshError::InvalidGrant);
    }
    let refresh = Refresh {
        session: SessionId(presented.record),
        presented: Generation(presented.generation),
        client_id: client_id.map(ToOwned::to_owned),
        rules: service.rules.rotation,
        idle: service.rules.lifetimes.idle,
    };
    service.tokens.check_can_sign(at.now)?;
    match service.stores.sessions.rotate(&refresh, at).await? {
        Rotation::Renewed(session) => Ok(issue_tokens(service, &session, at)?),
        Rotation::Ahead(session) => {
            service.count(Event::RefreshAheadOfStore);
            Ok(issue_tokens(service, &session, at)?)
        }
        Rotation::ReuseFound(_) => {
            service.count(Event::RefreshReuseDetected);
            Err(RefreshError::InvalidGrant)
        }
        Rotation::Over => Err(RefreshError::InvalidGrant),
    }
}

/// Authenticates the access token `token`. Its session must still be live.
pub async fn authenticate_bearer(
    service: &Service,
    token: &str,
    at: &RequestContext,
) -> Result<Principal, AuthenticateError> {
    bearer(service, token, at).await.map(|(_, principal)| principal)
}

/// Claims and principal of the access token `token`. Marks its generation as seen.
pub(super) async fn bearer(
    service: &Service,
    token: &str,
    at: &RequestContext,
) -> Result<(AccessClaims, Principal), AuthenticateError> {
    let claims = signing_key::verify(service, token, at).await?;
    let principal = live(service, claims.session_id, at).await?;
    if principal.user.id != claims.user_id || principal.session.kind == SessionKind::Browser {
        return Err(AuthenticateError::SessionOver);
    }
    if principal.session.chain.after_seen(claims.generation).is_some() {
        service.stores.sessions.mark_seen(claims.session_id, claims.generation, &at.wait_budget).await?;
    }
    Ok((claims, principal))
}

/// Authenticates the browser cookie `cookie`.
pub async fn authenticate_cookie(
    service: &Service,
    cookie: &str,
    at: &RequestContext,
) -> Result<Principal, AuthenticateError> {
    let presented =
        service.keyring.parse(Kind::BrowserSession, cookie).map_err(|_| AuthenticateError::SessionOver)?;
    let principal = live(service, SessionId(presented.record), at).await?;
    if principal.session.kind != SessionKind::Browser {
        return Err(AuthenticateError::SessionOver);
    }
    let idle = service.rules.lifetimes.idle;
    if principal.session.after_use(at.now, idle).is_some() {
        service.stores.sessions.touch(principal.session.id, at.now, idle, &at.wait_budget).await?;
    }
    Ok(principal)
}

pub(super) async fn live(
    service: &Service,
    id: SessionId,
    at: &RequestContext,
) -> Result<Principal, AuthenticateError> {
    let found = service.stores.sessions.find(id, &at.wait_budget).await?;
    let (session, user) = found.ok_or(AuthenticateError::SessionOver)?;
    if !session.is_live(at.now) || !user.is_enabled() {
        return Err(AuthenticateError::SessionOver);
    }
    Ok(Principal { user, session })
}

/// The session that `token` belongs to: a refresh token of any generation, or an unexpired access token. None
/// if it is neither (RFC 7009 §2.2: then there is nothing to revoke).
pub async fn session_of(
    service: &Service,
    token: &str,
    at: &RequestContext,
) -> Result<Option<SessionId>, StoreError> {
    if let Ok(presented) = service.keyring.parse(Kind::RefreshToken, token) {
        return Ok(Some(SessionId(presented.record)));
    }
    match signing_key::verify(service, token, at).await {
        Ok(claims) => Ok(Some(claims.session_id)),
        Err(VerificationError::Invalid(_)) => Ok(None),
        Err(VerificationError::Store(error)) => Err(error),
    }
}

/// The session of the access token `token`, whether or not it is over already.
pub async fn session_of_bearer(
    service: &Service,
    token: &str,
    at: &RequestContext,
) -> Result<SessionId, VerificationError> {
    Ok(signing_key::verify(service, token, at).await?.session_id)
}

/// The session of the browser cookie `cookie`, whether or not it is over already.
pub fn session_of_cookie(service: &Service, cookie: &str) -> Option<SessionId> {
    let presented = service.keyring.parse(Kind::BrowserSession, cookie).ok()?;
    Some(SessionId(presented.record))
}

/// Ends `session` on behalf of its holder; one that is over stays so.
pub async fn sign_out(service: &Service, session: SessionId, at: &RequestContext) -> Result<(), StoreError> {
    if service.stores.sessions.end(session, EndReason::SignedOut, Event::SignedOut, at).await? {
        service.count(Event::SignedOut);
    }
    Ok(())
}
