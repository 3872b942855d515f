//! Sessions and their tokens (contract §6).

pub mod manage;

use actix_web::http::StatusCode;
use actix_web::http::header::PRAGMA;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use keywright_service::Service;
use keywright_service::session::{
    RefreshError, TokenPair, refresh, session_of, session_of_bearer, session_of_cookie, sign_out,
};
use keywright_web::body::{Body, FORM};
use keywright_web::caller::Shown;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::settings::Settings;
use keywright_web::time::seconds;
use keywright_web::{cookie, csrf};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::problem::{OAuthRefused, Refused};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/api/v1/auth/refresh").post(renew),
        Endpoint::at("/api/v1/auth/revoke").post(revoke),
        Endpoint::at("/api/v1/auth/logout").delete(log_out),
    ]
}

/// The only type of access token.
#[derive(Debug, Serialize, ToSchema)]
pub enum TokenType {
    Bearer,
}

/// Tokens (RFC 6749 §5.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenResponse {
    /// A JWT (RFC 9068). Its keys are at `/.well-known/jwks.json`.
    #[schema(examples("eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.AA"))]
    pub access_token: String,
    pub token_type: TokenType,
    /// Seconds until the access token expires.
    #[schema(examples(14400))]
    pub expires_in: i64,
    /// `kwr_…`: renews the tokens, once.
    #[schema(examples("kwr_AAAA"))]
    pub refresh_token: String,
    /// The granted scope, if it differs from the requested one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(""))]
    pub scope: Option<String>,
}

impl From<&TokenPair> for TokenResponse {
    fn from(tokens: &TokenPair) -> Self {
        Self {
            access_token: tokens.access_token.expose().to_owned(),
            token_type: TokenType::Bearer,
            expires_in: seconds(tokens.expires_in),
            refresh_token: tokens.refresh_token.expose().to_owned(),
            scope: None,
        }
    }
}

/// A token response, which no cache may store (RFC 6749 §5.1).
pub(crate) fn uncached<T: Serialize>(response: T) -> HttpResponse {
    HttpResponse::Ok().insert_header((PRAGMA, "no-cache")).json(response)
}

/// A refresh token to renew.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RefreshRequest {
    #[schema(examples("kwr_AAAA"))]
    pub refresh_token: String,
}

/// A token to revoke (RFC 7009 §2.1). Without one the session of the bearer is ended.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RevocationRequest {
    /// An access or refresh token. It is the target, whatever the header holds.
    pub token: Option<String>,
    /// Not needed.
    pub token_type_hint: Option<String>,
}

/// The end of a session. Empty for a token in the body (RFC 7009 §2.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct RevocationResponse {
    /// Always true.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub revoked: Option<bool>,
}

/// The session to end, if it is not the caller's own.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LogoutRequest {
    /// It is the target, whatever the headers hold.
    pub refresh_token: Option<String>,
}

/// The end of a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogoutResponse {
    /// Always true.
    pub revoked: bool,
}

/// Renews the tokens
///
/// The refresh token is used up. A copy of one that was used before ends the session.
#[utoipa::path(post, path = "/api/v1/auth/refresh", operation_id = "refresh", tag = "Tokens",
    request_body = RefreshRequest,
    responses((status = 200, description = "The new tokens", body = TokenResponse), OAuthRefused::<401>))]
pub(crate) async fn renew(
    body: Result<Body<RefreshRequest>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Body(RefreshRequest { refresh_token }) = body.map_err(Problem::oauth)?;
    match refresh(&service, &refresh_token, None, &at).await {
        Ok(tokens) => Ok(uncached(TokenResponse::from(&tokens))),
        Err(RefreshError::InvalidGrant) => {
            let message = RefreshError::InvalidGrant.to_string();
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "invalid_grant", message);
            Err(problem.with_challenge("Bearer".to_owned()).oauth())
        }
        Err(error) => Err(Problem::from(error).oauth()),
    }
}

/// Ends a session (RFC 7009)
///
/// A token in the body is the target, otherwise the bearer's own session is.
#[utoipa::path(post, path = "/api/v1/auth/revoke", operation_id = "revoke", tag = "Tokens",
    request_body(content = Option<RevocationRequest>, content_type = "application/x-www-form-urlencoded"),
    security((), ("bearer" = [])),
    responses((status = 200, description = "Over, whatever the token was", body = RevocationResponse)))]
pub(crate) async fn revoke(
    request: HttpRequest,
    body: Result<Body<RevocationRequest, FORM>, Problem>,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Body(RevocationRequest { token, .. }) = body.map_err(Problem::oauth)?;
    if let Some(token) = token {
        let found = session_of(&service, &token, &at).await;
        if let Some(session) = found.map_err(|error| Problem::from(error).oauth())? {
            sign_out(&service, session, &at).await.map_err(|error| Problem::from(error).oauth())?;
        }
        return Ok(HttpResponse::Ok().json(RevocationResponse { revoked: None }));
    }
    let Shown::Bearer(token) = Shown::by(&request, &settings) else { return Err(Problem::unauthorized()) };
    end_bearer(&service, &token, &at).await?;
    Ok(HttpResponse::Ok().json(RevocationResponse { revoked: Some(true) }))
}

/// Ends the session of who asks, or of a refresh token in the body
///
/// A cookie is cleared.
#[utoipa::path(delete, path = "/api/v1/auth/logout", operation_id = "logOut", tag = "Tokens",
    request_body = Option<LogoutRequest>,
    security((), ("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "Over", body = LogoutResponse), Refused::<422>))]
pub(crate) async fn log_out(
    request: HttpRequest,
    body: Body<LogoutRequest>,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    if let Some(token) = body.0.refresh_token {
        if let Some(session) = session_of(&service, &token, &at).await? {
            sign_out(&service, session, &at).await?;
        }
        return Ok(response.json(LogoutResponse { revoked: true }));
    }
    match Shown::by(&request, &settings) {
        Shown::Nothing => return Err(Problem::unauthorized()),
        Shown::Bearer(token) => end_bearer(&service, &token, &at).await?,
        Shown::Cookie(text) => {
            csrf::require_same_origin(&request, &settings)?;
            if let Some(session) = session_of_cookie(&service, &text) {
                sign_out(&service, session, &at).await?;
            }
            response.cookie(cookie::cleared(&settings));
        }
    }
    Ok(response.json(LogoutResponse { revoked: true }))
}

/// Ends the session of an access token. A session that has ended already is no error.
async fn end_bearer(service: &Service, token: &str, at: &At) -> Result<(), Problem> {
    let session = session_of_bearer(service, token, at).await?;
    Ok(sign_out(service, session, at).await?)
}
