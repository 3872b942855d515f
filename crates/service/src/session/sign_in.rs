//! The common part of all sign-ins.

use keywright_domain::access_token::SigningFailed;
use keywright_domain::client::{ClientId, UnknownClient};
use keywright_domain::credential::Credential;
use keywright_domain::id::SessionId;
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::{Session, SessionKind};

use crate::service::Service;
use crate::session::{TokenPair, issue_cookie, issue_tokens};

/// The requested result of a sign-in.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Tokens for a public client; the built-in `web` if none is named.
    Tokens { client_id: Option<String> },
    /// A browser's cookie. The live session that the browser has already is renewed if it is the same
    /// account's.
    Cookie { current: Option<SessionId> },
}

impl Wanted {
    /// The kind of the session, its client, and the session that it may renew.
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

/// The result of a sign-in.
#[derive(Clone, Debug)]
pub enum Grant {
    Tokens(TokenPair),
    Cookie(Credential),
}

impl Grant {
    /// Issues the tokens or the cookie of `session`.
    pub fn of(service: &Service, session: &Session, at: &RequestContext) -> Result<Self, SigningFailed> {
        Ok(match session.kind {
            SessionKind::Browser => Self::Cookie(issue_cookie(service, session)),
            SessionKind::Tokens | SessionKind::Device => Self::Tokens(issue_tokens(service, session, at)?),
        })
    }
}
