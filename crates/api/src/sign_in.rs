//! The parts that every way to sign in shares.

use actix_web::{HttpRequest, HttpResponse};
use keywright_domain::user::User;
use keywright_service::Service;
use keywright_service::session::sign_in::{Grant, Wanted};
use keywright_web::caller::current_session;
use keywright_web::problem::Problem;
use keywright_web::settings::Settings;
use keywright_web::{cookie, csrf};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::session::{TokenResponse, TokenType};
use crate::user::UserResource;

/// `cookie` sets a session cookie for a browser instead of returning tokens. Only for the server's own pages.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionTransport {
    Cookie,
}

impl SessionTransport {
    /// The session that a request asks for: a cookie, or tokens for `client_id`.
    pub fn requested(
        transport: Option<Self>,
        client_id: Option<String>,
        request: &HttpRequest,
        service: &Service,
        settings: &Settings,
    ) -> Result<Wanted, Problem> {
        let Some(Self::Cookie) = transport else { return Ok(Wanted::Tokens { client_id }) };
        csrf::require_same_origin(request, settings)?;
        Ok(Wanted::Cookie { current: current_session(request, service, settings) })
    }
}

/// The account that signed in, with tokens unless a cookie was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInResponse {
    pub user: UserResource,
    /// With a magic link: true if this sign-in created the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub new_user: Option<bool>,
    /// With a magic link: the `redirect_to` of its request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("/account"))]
    pub redirect_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.AA"))]
    pub access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_type: Option<TokenType>,
    /// Seconds until the access token expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(14400))]
    pub expires_in: Option<i64>,
    /// `kwr_…`: renews the tokens, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("kwr_AAAA"))]
    pub refresh_token: Option<String>,
}

impl SignInResponse {
    pub(crate) fn new(user: &User, grant: &Grant) -> Self {
        let tokens = match grant {
            Grant::Tokens(tokens) => Some(TokenResponse::from(tokens)),
            Grant::Cookie(_) => None,
        };
        let (access_token, token_type, expires_in, refresh_token) = tokens
            .map(|tokens| (tokens.access_token, tokens.token_type, tokens.expires_in, tokens.refresh_token))
            .map_or((None, None, None, None), |(a, t, e, r)| (Some(a), Some(t), Some(e), Some(r)));
        Self {
            user: user.into(),
            new_user: None,
            redirect_to: None,
            access_token,
            token_type,
            expires_in,
            refresh_token,
        }
    }

    /// The response, with the cookie if one was granted.
    pub(crate) fn with_cookie(self, grant: &Grant, settings: &Settings) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Grant::Cookie(credential) = grant {
            response.cookie(cookie::holding(settings, credential));
        }
        response.json(self)
    }
}
