//! The device flow and the token endpoint (contract §3, RFC 8628).

use std::net::IpAddr;
use std::ops::RangeInclusive;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Json, Query};
use chrono::TimeDelta;
use keywright_domain::device_authorization::{Action, DeviceAuthorization, UserCode};
use keywright_service::Service;
use keywright_service::device_authorization::{Begin, begin, decide, look};
use keywright_service::session::refresh;
use keywright_web::body::{Body, FORM};
use keywright_web::caller::Caller;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::time::{Timestamp, seconds};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::openapi::problem::{OAuthRefused, Refused};
use crate::session::{TokenResponse, uncached};
use crate::waiting;

/// RFC 8628 §3.4.
pub(crate) const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// RFC 6749 §6.
pub(crate) const REFRESH_TOKEN_GRANT: &str = "refresh_token";

/// The seconds that a poll may wait.
const WAITS: RangeInclusive<i64> = 1..=30;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/api/v1/auth/device").post(start),
        Endpoint::at("/api/v1/auth/token").post(token),
        Endpoint::at("/api/v1/auth/device/verify").get(show).post(decision),
    ]
}

/// A device that wants to sign in (RFC 8628 §3.1).
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeviceAuthorizationRequest {
    /// A public client [default: cli].
    #[schema(examples("cli"))]
    pub client_id: Option<String>,
    /// Unknown scopes are dropped.
    pub scope: Option<String>,
    /// Up to 64 letters, digits, spaces and `. _ - ( ) '`. The person sees it as unverified.
    #[schema(examples("Ada's laptop"))]
    pub client_name: Option<String>,
}

/// The codes of a device flow (RFC 8628 §3.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceAuthorizationResponse {
    /// `kwd_…`: the device polls with it.
    #[schema(examples("kwd_AAAA"))]
    pub device_code: String,
    #[schema(examples("WDJB-MJHT"))]
    pub user_code: String,
    #[schema(examples("https://auth.example.com/device-verify"))]
    pub verification_uri: String,
    #[schema(examples("https://auth.example.com/device-verify?code=WDJB-MJHT"))]
    pub verification_uri_complete: String,
    /// Seconds until the codes expire.
    #[schema(examples(600))]
    pub expires_in: i64,
    /// Seconds to leave between polls.
    #[schema(examples(5))]
    pub interval: i64,
}

/// Begins the device flow (RFC 8628)
///
/// JSON is accepted as well.
#[utoipa::path(post, path = "/api/v1/auth/device", operation_id = "beginDevice", tag = "Devices",
    request_body(content = Option<DeviceAuthorizationRequest>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The codes", body = DeviceAuthorizationResponse), OAuthRefused::<401>))]
pub(crate) async fn start(
    body: Result<Body<DeviceAuthorizationRequest, FORM>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Body(DeviceAuthorizationRequest { client_id, scope, client_name }) = body.map_err(Problem::oauth)?;
    let begun = begin(&service, Begin { client_id, client_name, scope }, &at).await;
    let begun = begun.map_err(|error| Problem::from(error).oauth())?;
    Ok(uncached(DeviceAuthorizationResponse {
        device_code: begun.device_code.expose().to_owned(),
        user_code: begun.user_code.to_string(),
        verification_uri: begun.verification_uri.to_string(),
        verification_uri_complete: begun.verification_uri_complete.to_string(),
        expires_in: seconds(begun.expires_in),
        interval: seconds(begun.interval),
    }))
}

/// A grant to exchange for tokens: a device code (RFC 8628 §3.4) or a refresh token (RFC 6749 §6).
#[derive(Debug, Deserialize, ToSchema)]
pub struct TokenRequest {
    /// `urn:ietf:params:oauth:grant-type:device_code` or `refresh_token`. May be omitted with a device code.
    #[schema(examples("urn:ietf:params:oauth:grant-type:device_code"))]
    pub grant_type: Option<String>,
    #[schema(examples("kwd_AAAA"))]
    pub device_code: Option<String>,
    pub refresh_token: Option<String>,
    /// The client that the flow or the session belongs to.
    pub client_id: Option<String>,
    /// With a device code: seconds that the answer may wait for the decision [default: 0].
    #[schema(minimum = 1, maximum = 30)]
    pub wait: Option<u64>,
}

/// Grants tokens for a device code or a refresh token (RFC 6749)
///
/// 400 tells a device the state of its flow: `authorization_pending`, `slow_down`, `access_denied`, `expired_token` or
/// `invalid_grant`. JSON is accepted as well.
#[utoipa::path(post, path = "/api/v1/auth/token", operation_id = "token", tag = "Devices",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The tokens", body = TokenResponse)))]
pub(crate) async fn token(
    body: Result<Body<TokenRequest, FORM>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Body(request) = body.map_err(Problem::oauth)?;
    Ok(uncached(grant(request, &service, &at).await.map_err(Problem::oauth)?))
}

async fn grant(request: TokenRequest, service: &Service, at: &At) -> Result<TokenResponse, Problem> {
    let TokenRequest { grant_type, device_code, refresh_token, client_id, wait } = request;
    let client_id = client_id.as_deref();
    match (grant_type.as_deref(), device_code, refresh_token) {
        (Some(REFRESH_TOKEN_GRANT), _, Some(token)) => {
            Ok(TokenResponse::from(&refresh(service, &token, client_id, at).await?))
        }
        (Some(DEVICE_CODE_GRANT) | None, Some(code), _) => {
            let granted =
                waiting::poll(service, &code, client_id, wait.map(patience).transpose()?, at).await?;
            Ok(TokenResponse { scope: granted.scope, ..TokenResponse::from(&granted.tokens) })
        }
        (Some(REFRESH_TOKEN_GRANT), ..) => Err(missing("refresh_token")),
        (Some(DEVICE_CODE_GRANT), ..) => Err(missing("device_code")),
        (None, ..) => Err(missing("grant_type")),
        (Some(_), ..) => {
            let message = format!("grant_type can be {DEVICE_CODE_GRANT} or {REFRESH_TOKEN_GRANT}");
            Err(Problem::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", message))
        }
    }
}

fn missing(name: &str) -> Problem {
    Problem::invalid_request(format!("The parameter {name} is missing"))
}

/// The time that a poll may wait for the decision.
fn patience(seconds: u64) -> Result<TimeDelta, Problem> {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| WAITS.contains(seconds));
    let seconds = seconds.ok_or_else(|| Problem::validation("wait", "can be 1 to 30 seconds"))?;
    Ok(TimeDelta::seconds(seconds))
}

/// The device to look up.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeviceQuery {
    /// Case, spaces and hyphens do not matter.
    #[param(required, nullable = false, example = "WDJB-MJHT")]
    pub user_code: Option<String>,
}

/// A device that asks for a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceAuthorization)]
pub struct DeviceAuthorizationResource {
    #[schema(examples("WDJB-MJHT"))]
    pub user_code: String,
    #[schema(examples("cli"))]
    pub client_id: String,
    /// The device's own name for itself, unverified.
    #[schema(required, examples("Ada's laptop"))]
    pub client_name: Option<String>,
    pub requested_at: Timestamp,
    pub expires_at: Timestamp,
    /// Null once it is older than its retention.
    #[schema(required, value_type = Option<String>, examples("192.0.2.1"))]
    pub ip_address: Option<IpAddr>,
    /// Null once it is older than its retention.
    #[schema(required)]
    pub user_agent: Option<String>,
    /// `pending`, `approved`, `denied` or `claimed`.
    #[schema(examples("pending"))]
    pub status: &'static str,
}

impl DeviceAuthorizationResource {
    fn new(user_code: &UserCode, device: &DeviceAuthorization) -> Self {
        Self {
            user_code: user_code.to_string(),
            client_id: device.client_id.as_str().to_owned(),
            client_name: device.client_name.as_ref().map(|name| name.as_str().to_owned()),
            requested_at: Timestamp(device.requested_at),
            expires_at: Timestamp(device.expires_at),
            ip_address: device.client_info.ip,
            user_agent: device.client_info.user_agent.as_ref().map(|agent| agent.as_str().to_owned()),
            status: device.state.as_str(),
        }
    }
}

/// A device that asks for a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceResponse {
    pub device_authorization: DeviceAuthorizationResource,
}

/// Shows the device that the caller is asked to decide about
///
/// Needs a browser session, or a bearer that has signed in recently and not by the device flow.
#[utoipa::path(get, path = "/api/v1/auth/device/verify", operation_id = "showDevice", tag = "Devices",
    params(DeviceQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The device", body = DeviceResponse),
        Refused::<400>, Refused::<403>, Refused::<404>))]
pub(crate) async fn show(
    caller: Caller,
    query: Result<Query<DeviceQuery>, actix_web::Error>,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<DeviceResponse>, Problem> {
    let query = query.map_err(|_| Problem::invalid_request("The query string is malformed"))?;
    let user_code = query.user_code.as_deref().ok_or_else(|| missing("user_code"))?;
    let (user_code, found) = look(&service, &caller.0, user_code, &at).await?;
    Ok(Json(DeviceResponse { device_authorization: DeviceAuthorizationResource::new(&user_code, &found) }))
}

/// A decision about a device.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DecisionRequest {
    /// Case, spaces and hyphens do not matter.
    #[schema(examples("WDJB-MJHT"))]
    pub user_code: String,
    /// [default: approve]
    pub action: Option<Decision>,
}

/// The choice about a device.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    Deny,
}

/// The state of a device after the decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionResponse {
    /// `approved` or `denied`.
    #[schema(examples("approved"))]
    pub status: &'static str,
}

/// Approves or denies a device
#[utoipa::path(post, path = "/api/v1/auth/device/verify", operation_id = "decideDevice", tag = "Devices",
    request_body = DecisionRequest,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The decision", body = DecisionResponse),
        Refused::<404>, Refused::<409>, Refused::<422>))]
pub(crate) async fn decision(
    caller: Caller,
    body: Result<Body<DecisionRequest>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<DecisionResponse>, Problem> {
    let Body(DecisionRequest { user_code, action }) = body?;
    let action = match action {
        None | Some(Decision::Approve) => Action::Approve,
        Some(Decision::Deny) => Action::Deny,
    };
    let decided = decide(&service, &caller.0, &user_code, action, &at).await?;
    Ok(Json(DecisionResponse { status: decided.state.as_str() }))
}
