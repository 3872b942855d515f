//! The caller of a request: by a bearer token (RFC 6750) or by a browser session.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use keywright_domain::id::SessionId;
use keywright_service::Service;
use keywright_service::session::{
    AuthenticateError, Principal, authenticate_bearer, authenticate_cookie, session_of_cookie,
};

use crate::context::At;
use crate::cookie;
use crate::csrf;
use crate::problem::Problem;
use crate::settings::Settings;

/// The credential of a request. An `Authorization` header, valid or not, hides the cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    /// A bearer token; empty if the header is no good.
    Bearer(String),
    Cookie(String),
}

impl Shown {
    /// Extracts the credential of `request`.
    pub fn by(request: &HttpRequest, settings: &Settings) -> Self {
        let mut headers = request.headers().get_all(AUTHORIZATION);
        let Some(header) = headers.next() else {
            return cookie::of(request, settings).map_or(Self::Nothing, Self::Cookie);
        };
        if headers.next().is_some() {
            return Self::Bearer(String::new());
        }
        let text = header.to_str().unwrap_or("Bearer");
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            Self::Bearer(token.trim().to_owned())
        } else {
            Self::Nothing
        }
    }
}

/// The browser session that `request` carries already, live or not. An `Authorization` header hides it.
pub fn current_session(request: &HttpRequest, service: &Service, settings: &Settings) -> Option<SessionId> {
    match Shown::by(request, settings) {
        Shown::Cookie(cookie) => session_of_cookie(service, &cookie),
        Shown::Nothing | Shown::Bearer(_) => None,
    }
}

/// The signed-in caller.
///
/// A handler that also takes a body takes it as a `Result`: actix drives extractors side by side, and who is not
/// signed in is told that first, however bad the body is.
#[derive(Clone, Debug)]
pub struct Caller(pub Principal);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let parts = (
            web::Data::<Service>::from_request(&request, payload),
            web::Data::<Settings>::from_request(&request, payload),
            At::from_request(&request, payload),
        );
        Box::pin(async move {
            let missing = |_| Problem::internal();
            let (service, settings) = (parts.0.await.map_err(missing)?, parts.1.await.map_err(missing)?);
            let at = parts.2.await?;
            let principal = match Shown::by(&request, &settings) {
                Shown::Nothing => return Err(Problem::unauthorized()),
                Shown::Bearer(token) => authenticate_bearer(&service, &token, &at).await?,
                Shown::Cookie(cookie) => {
                    if csrf::is_state_changing(&request) {
                        csrf::require_same_origin(&request, &settings)?;
                    }
                    authenticate_cookie(&service, &cookie, &at).await?
                }
            };
            Ok(Self(principal))
        })
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::InvalidToken(_) | AuthenticateError::SessionOver => {
                Self::invalid_token(error.to_string())
            }
            AuthenticateError::Store(error) => error.into(),
        }
    }
}
