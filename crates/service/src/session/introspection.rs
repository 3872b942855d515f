//! Introspection (RFC 7662): what a resource server is told about a token.
//!
//! 1. A token that is not genuine, expired or of another kind is inactive, whatever it is.
//! 2. So is one whose session is over, or whose owner's account is disabled.
//! 3. An access token is good until then, and asking about it is the sight of its generation (contract §2.3).
//! 4. Of a session's refresh tokens only the current one is active. Asking spends nothing.

use keywright_domain::access_token::AccessClaims;
use keywright_domain::credential::Kind;
use keywright_domain::error::StoreError;
use keywright_domain::id::SessionId;
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::{Generation, Presentation, Session, SessionKind};

use crate::service::Service;
use crate::session::{AuthenticateError, bearer, live};

/// Judgement of a token.
#[derive(Clone, Debug)]
pub enum Introspection {
    /// Anything that is not good: alike to whoever asks (RFC 7662 §2.2).
    Inactive,
    AccessToken(AccessClaims),
    /// The one live refresh token of this session.
    RefreshToken(Session),
}

/// Introspects `token`.
pub async fn introspect(
    service: &Service,
    token: &str,
    at: &RequestContext,
) -> Result<Introspection, StoreError> {
    let found = match service.keyring.parse(Kind::RefreshToken, token) {
        Ok(presented) => {
            let session = live(service, SessionId(presented.record), at).await.map(|found| found.session);
            let generation = Generation(presented.generation);
            let is_current = |session: &Session| is_current(service, session, generation, at);
            session.map(|session| {
                Some(session).filter(is_current).map_or(Introspection::Inactive, Introspection::RefreshToken)
            })
        }
        Err(_) => bearer(service, token, at).await.map(|(claims, _)| Introspection::AccessToken(claims)),
    };
    match found {
        Ok(found) => Ok(found),
        Err(AuthenticateError::InvalidToken(_) | AuthenticateError::SessionOver) => {
            Ok(Introspection::Inactive)
        }
        Err(AuthenticateError::Store(error)) => Err(error),
    }
}

/// True if `presented` would be rotated. One that is only taken once more, for racers and lost answers, is spent.
fn is_current(service: &Service, session: &Session, presented: Generation, at: &RequestContext) -> bool {
    let presentation = session.chain.present(presented, at.now, service.rules.rotation);
    let is_taken = matches!(presentation, Presentation::Rotate(_) | Presentation::Ahead(_));
    is_taken && session.kind != SessionKind::Browser
}
