//! What every sign-in has in common, whatever proves who signs in.

use keywright_domain::access_token::SigningFailed;
use keywright_domain::client::{ClientId, UnknownClient};
use keywright_domain::credential::Credential;
use keywright_domain::id::SessionId;
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::{Session, SessionKind};

use crate::service::Service;
use crate::session::{TokenPair, issue_cookie, issue_tokens};

/// What a sign-in shall be.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Tokens for a public client; the built-in `web` if none is named.
    Tokens { client_id: Option<String> },
    /// A browser's cookie. The live session that the browser has already is renewed if it is the same
    /// account's.
    Cookie { current: Option<SessionId> },
}

impl Wanted {
    /// What the session will live in, through which client, and which one it may renew.
    pub fn resolve(
        self,
        service: &Service,
    ) -> Result<(SessionKind, ClientId, Option<SessionId>), UnknownClient> {
        Ok(match self {
            Self::Cookie { current } => (SessionKind::Browser, ClientId::web(), current),
            Self::Tokens { client_id } => {
                let client = service.clients.find(client_id.as_deref(), ClientId::WEB)?;
                (SessionKind::Tokens, client.id.clone(), None)
            }
        })
    }
}

/// What a sign-in hands out.
#[derive(Clone, Debug)]
pub enum Grant {
    Tokens(TokenPair),
    Cookie(Credential),
}

impl Grant {
    /// What whoever opened `session` is given.
    pub fn of(service: &Service, session: &Session, at: &RequestContext) -> Result<Self, SigningFailed> {
        Ok(match session.kind {
            SessionKind::Browser => Self::Cookie(issue_cookie(service, session)),
            SessionKind::Tokens | SessionKind::Device => Self::Tokens(issue_tokens(service, session, at)?),
        })
    }
}
