//! Sessions and their tokens (contract §6).

pub mod manage;

use actix_web::http::StatusCode;
use actix_web::http::header::PRAGMA;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use keywright_service::Service;
use keywright_service::session::sign_in::Grant;
use keywright_service::session::{
    RefreshError, TokenPair, refresh, session_of, session_of_bearer, session_of_cookie, sign_out,
};
use keywright_web::body::{Json, JsonOrForm};
use keywright_web::caller::Shown;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::error_code::ErrorCode;
use keywright_web::problem::{ErrorShape, Problem};
use keywright_web::settings::Settings;
use keywright_web::time::seconds;
use keywright_web::{cookie, csrf};
use serde_json::{Map, Value, json};

use crate::openapi::problem::{OAuthRefused, Refused};
use crate::openapi::session as api;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::oauth("/api/v1/auth/refresh").post(renew),
        Endpoint::oauth_unless_authorized("/api/v1/auth/revoke").post(revoke),
        Endpoint::at("/api/v1/auth/logout").delete(log_out),
    ]
}

/// The token answer of RFC 6749 §5.1.
pub(crate) fn tokens(tokens: &TokenPair) -> Value {
    json!({
        "access_token": tokens.access_token.expose(),
        "token_type": "Bearer",
        "expires_in": seconds(tokens.expires_in),
        "refresh_token": tokens.refresh_token.expose(),
    })
}

/// What a sign-in is answered with: `fields`, and tokens beside them or a cookie.
pub(crate) fn granted(grant: &Grant, mut fields: Map<String, Value>, settings: &Settings) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    match grant {
        Grant::Tokens(pair) => {
            if let Value::Object(mut pair) = tokens(pair) {
                fields.append(&mut pair);
            }
        }
        Grant::Cookie(credential) => {
            response.cookie(cookie::holding(settings, credential));
        }
    }
    response.json(Value::Object(fields))
}

/// Renews the tokens
///
/// The refresh token is used up. A copy of one that was used before ends the session.
#[utoipa::path(post, path = "/api/v1/auth/refresh", operation_id = "refresh", tag = "Tokens",
    request_body = api::RefreshRequest,
    responses((status = 200, description = "The new tokens", body = api::Tokens), OAuthRefused::<401>))]
pub(crate) async fn renew(
    body: Result<Json, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Json(fields) = body?;
    let refresh_token = fields.required("refresh_token")?;
    match refresh(&service, refresh_token, None, &at).await {
        Ok(pair) => Ok(HttpResponse::Ok().insert_header((PRAGMA, "no-cache")).json(tokens(&pair))),
        Err(RefreshError::InvalidGrant) => {
            let message = RefreshError::InvalidGrant.to_string();
            let problem = Problem::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidGrant, message);
            Err(problem.with_challenge("Bearer".to_owned()))
        }
        Err(error) => Err(Problem::from(error)),
    }
}

/// Ends a session (RFC 7009)
///
/// A token in the body is the target, otherwise the bearer's own session is.
#[utoipa::path(post, path = "/api/v1/auth/revoke", operation_id = "revoke", tag = "Tokens",
    request_body(content((Option<api::RevokeRequest> = "application/json"), (Option<api::RevokeRequest> = "application/x-www-form-urlencoded"))),
    security((), ("bearer" = [])),
    responses((status = 200, description = "Over, whatever the token was", body = api::RevokeAnswer)))]
pub(crate) async fn revoke(
    request: HttpRequest,
    body: Result<JsonOrForm, Problem>,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let oauth = |problem: Problem| problem.shaped(ErrorShape::OAuth);
    let JsonOrForm(fields) = body.map_err(oauth)?;
    if let Some(token) = fields.text("token").map_err(oauth)? {
        // An unknown hint is no error, one that is not a string is (as in introspection).
        fields.text("token_type_hint").map_err(oauth)?;
        if let Some(session) = session_of(&service, token, &at).await.map_err(|error| oauth(error.into()))? {
            sign_out(&service, session, &at).await.map_err(|error| oauth(error.into()))?;
        }
        return Ok(HttpResponse::Ok().json(json!({})));
    }
    // Without a token in the body this is no request of RFC 7009.
    let rest = |problem: Problem| problem.shaped(ErrorShape::Rest);
    let Shown::Bearer(token) = Shown::by(&request, &settings) else {
        return Err(rest(Problem::unauthorized()));
    };
    end_bearer(&service, &token, &at).await.map_err(rest)
}

/// Ends the session of who asks, or of a refresh token in the body
///
/// A cookie is cleared.
#[utoipa::path(delete, path = "/api/v1/auth/logout", operation_id = "logOut", tag = "Tokens",
    request_body = Option<api::LogoutRequest>,
    security((), ("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "Over", body = api::LogoutAnswer), Refused::<422>))]
pub(crate) async fn log_out(
    request: HttpRequest,
    body: Json,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    if let Some(token) = body.0.text("refresh_token")? {
        if let Some(session) = session_of(&service, token, &at).await? {
            sign_out(&service, session, &at).await?;
        }
        return Ok(revoked());
    }
    match Shown::by(&request, &settings) {
        Shown::Nothing => Err(Problem::unauthorized()),
        Shown::Bearer(token) => end_bearer(&service, &token, &at).await,
        Shown::Cookie(text) => {
            csrf::require_same_origin(&request, &settings)?;
            if let Some(session) = session_of_cookie(&service, &text) {
                sign_out(&service, session, &at).await?;
            }
            let mut response = revoked();
            // Fails only for a cookie that is no header value, and this one is ours.
            let _ = response.add_cookie(&cookie::cleared(&settings));
            Ok(response)
        }
    }
}

/// Ends the session of an access token. One that is over already is ended again: 200.
async fn end_bearer(service: &Service, token: &str, at: &At) -> Result<HttpResponse, Problem> {
    let session = session_of_bearer(service, token, at).await?;
    sign_out(service, session, at).await?;
    Ok(revoked())
}

fn revoked() -> HttpResponse {
    HttpResponse::Ok().json(json!({"revoked": true}))
}
