//! The device flow and the token endpoint (contract §3, RFC 8628).

use std::ops::RangeInclusive;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::PRAGMA;
use actix_web::web::{self, Query};
use chrono::TimeDelta;
use keywright_domain::client::ClientName;
use keywright_domain::client_info::UserAgent;
use keywright_domain::device_authorization::{Action, DeviceAuthorization, UserCode};
use keywright_service::Service;
use keywright_service::device_authorization::{Begin, Beginning, begin, decide, look};
use keywright_service::session::refresh;
use keywright_web::body::{Fields, Json, JsonOrForm};
use keywright_web::caller::Caller;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::error_code::ErrorCode;
use keywright_web::problem::Problem;
use keywright_web::time::{instant, seconds};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::openapi::device_authorization as api;
use crate::openapi::problem::{OAuthRefused, Refused};
use crate::openapi::session;
use crate::session::tokens;
use crate::waiting;

/// RFC 8628 §3.4.
pub(crate) const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How long a poll may wait, in seconds.
const WAITS: RangeInclusive<i64> = 1..=30;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::oauth("/api/v1/auth/device").post(start),
        Endpoint::oauth("/api/v1/auth/token").post(token),
        Endpoint::at("/api/v1/auth/device/verify").get(show).post(decision),
    ]
}

/// Begins the device flow (RFC 8628)
#[utoipa::path(post, path = "/api/v1/auth/device", operation_id = "beginDevice", tag = "Devices",
    request_body(content((Option<api::DeviceRequest> = "application/json"), (Option<api::DeviceRequest> = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "What to show and what to poll with", body = api::DeviceAnswer), OAuthRefused::<401>))]
pub(crate) async fn start(
    body: Result<JsonOrForm, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let JsonOrForm(fields) = body?;
    let asked = asked(&fields)?;
    let Beginning {
        device_code,
        user_code,
        verification_uri,
        verification_uri_complete,
        expires_in,
        interval,
    } = begin(&service, asked, &at).await?;
    Ok(HttpResponse::Ok().insert_header((PRAGMA, "no-cache")).json(json!({
        "device_code": device_code.expose(),
        "user_code": user_code.to_string(),
        "verification_uri": verification_uri.as_str(),
        "verification_uri_complete": verification_uri_complete.as_str(),
        "expires_in": seconds(expires_in),
        "interval": seconds(interval),
    })))
}

fn asked(fields: &Fields) -> Result<Begin, Problem> {
    let text = |name| fields.text(name).map(|text| text.map(ToOwned::to_owned));
    Ok(Begin { client_id: text("client_id")?, client_name: text("client_name")?, scope: text("scope")? })
}

/// Grants tokens for a device code or a refresh token (RFC 6749)
///
/// 400 tells a device how things stand: `authorization_pending`, `slow_down`, `access_denied`, `expired_token` or
/// `invalid_grant`.
#[utoipa::path(post, path = "/api/v1/auth/token", operation_id = "token", tag = "Devices",
    request_body(content((api::TokenRequest = "application/json"), (api::TokenRequest = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "The tokens", body = session::Tokens)))]
pub(crate) async fn token(
    body: Result<JsonOrForm, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let JsonOrForm(fields) = body?;
    let answer = granted(&fields, &service, &at).await?;
    Ok(HttpResponse::Ok().insert_header((PRAGMA, "no-cache")).json(answer))
}

async fn granted(fields: &Fields, service: &Service, at: &At) -> Result<Value, Problem> {
    let client_id = fields.text("client_id")?;
    let device_code = fields.text("device_code")?;
    match fields.text("grant_type")? {
        Some("refresh_token") => {
            Ok(tokens(&refresh(service, fields.required("refresh_token")?, client_id, at).await?))
        }
        Some(DEVICE_CODE_GRANT) => polled(fields, fields.required("device_code")?, service, at).await,
        None if device_code.is_some() => polled(fields, device_code.unwrap_or_default(), service, at).await,
        None => Err(Problem::invalid_request("The parameter grant_type is missing")),
        Some(_) => {
            let message = format!("grant_type can be {DEVICE_CODE_GRANT} or refresh_token");
            Err(Problem::new(StatusCode::BAD_REQUEST, ErrorCode::UnsupportedGrantType, message))
        }
    }
}

async fn polled(fields: &Fields, device_code: &str, service: &Service, at: &At) -> Result<Value, Problem> {
    let (client_id, wait) = (fields.text("client_id")?, wait(fields)?);
    let granted = waiting::poll(service, device_code, client_id, wait, at).await?;
    let mut answer = tokens(&granted.tokens);
    if let (Some(scope), Value::Object(fields)) = (granted.scope, &mut answer) {
        fields.insert("scope".to_owned(), json!(scope));
    }
    Ok(answer)
}

/// How long the client would wait for the decision.
fn wait(fields: &Fields) -> Result<Option<TimeDelta>, Problem> {
    let Some(wait) = fields.number("wait")? else { return Ok(None) };
    let seconds = i64::try_from(wait).ok().filter(|seconds| WAITS.contains(seconds));
    let seconds = seconds.ok_or_else(|| Problem::validation("wait", "can be 1 to 30 seconds"))?;
    Ok(Some(TimeDelta::seconds(seconds)))
}

#[derive(Deserialize)]
pub(crate) struct Shown {
    user_code: Option<String>,
}

/// What the person is asked to decide about
///
/// By a browser session, or by a bearer that has signed in recently and not by the device flow.
#[utoipa::path(get, path = "/api/v1/auth/device/verify", operation_id = "showDevice", tag = "Devices",
    params(api::DeviceQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The device", body = api::DeviceAuthorizationAnswer),
        Refused::<400>, Refused::<403>, Refused::<404>))]
pub(crate) async fn show(
    caller: Caller,
    query: Result<Query<Shown>, actix_web::Error>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let query = query.map_err(|_| Problem::invalid_request("The query of the address cannot be read"))?;
    let Some(user_code) = &query.user_code else {
        return Err(Problem::invalid_request("The parameter user_code is missing"));
    };
    let (user_code, found) = look(&service, &caller.0, user_code, &at).await?;
    Ok(HttpResponse::Ok().json(json!({"device_authorization": shape(&user_code, &found)})))
}

fn shape(user_code: &UserCode, authorization: &DeviceAuthorization) -> Value {
    json!({
        "user_code": user_code.to_string(),
        "client_id": authorization.client_id.as_str(),
        "client_name": authorization.client_name.as_ref().map(ClientName::as_str),
        "requested_at": instant(authorization.requested_at),
        "expires_at": instant(authorization.expires_at),
        "ip_address": authorization.client_info.ip,
        "user_agent": authorization.client_info.user_agent.as_ref().map(UserAgent::as_str),
        "status": authorization.state.as_str(),
    })
}

/// Approves or denies a device
#[utoipa::path(post, path = "/api/v1/auth/device/verify", operation_id = "decideDevice", tag = "Devices",
    request_body = api::DecisionRequest,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The decision", body = api::DecisionAnswer),
        Refused::<404>, Refused::<409>, Refused::<422>))]
pub(crate) async fn decision(
    caller: Caller,
    body: Result<Json, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Json(fields) = body?;
    let user_code = fields.required("user_code")?;
    let action = match fields.text("action")? {
        None | Some("approve") => Action::Approve,
        Some("deny") => Action::Deny,
        Some(_) => return Err(Problem::validation("action", "can be approve or deny")),
    };
    let decided = decide(&service, &caller.0, user_code, action, &at).await?;
    Ok(HttpResponse::Ok().json(json!({"status": decided.state.as_str()})))
}
