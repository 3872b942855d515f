//! The caller's sessions (contract §6).

use std::net::IpAddr;

use actix_web::HttpResponse;
use actix_web::web::{self, Json, Path};
use keywright_domain::id::SessionId;
use keywright_domain::session::Session;
use keywright_service::Service;
use keywright_service::session::manage::{EndError, end_others, end_session, list_sessions};
use keywright_web::caller::Caller;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::openapi::problem::Refused;
use crate::page::{ListResponse, Paging};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/api/v1/auth/sessions").get(list),
        Endpoint::at("/api/v1/auth/sessions/revoke_others").post(revoke_others),
        Endpoint::at("/api/v1/auth/sessions/{id}").delete(end),
    ]
}

/// A sign-in on one device.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionResource {
    pub id: Uuid,
    #[schema(examples("web"))]
    pub client_id: String,
    /// The device's own name for itself, unverified.
    #[schema(required, examples("Ada's laptop"))]
    pub client_name: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    /// Null once it is older than its retention.
    #[schema(required, value_type = Option<String>, examples("192.0.2.1"))]
    pub ip_address: Option<IpAddr>,
    /// Null once it is older than its retention.
    #[schema(required)]
    pub user_agent: Option<String>,
    /// RFC 8176: `["otp"]` for a magic link, `["hwk","user"]` or `["swk","user"]` for a passkey.
    pub amr: &'static [&'static str],
    /// True for the session that the request was made with.
    pub current: bool,
}

/// A page of sessions.
pub type SessionList = ListResponse<SessionResource>;

impl SessionResource {
    /// `session` as seen from the session `current`.
    pub fn new(session: &Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id.0,
            client_id: session.client_id.as_str().to_owned(),
            client_name: session.client_name.as_ref().map(|name| name.as_str().to_owned()),
            created_at: Timestamp(session.created_at),
            last_used_at: Timestamp(session.last_used_at),
            expires_at: Timestamp(session.expires_at()),
            ip_address: session.client_info.ip,
            user_agent: session.client_info.user_agent.as_ref().map(|agent| agent.as_str().to_owned()),
            amr: session.authentication.method.amr(),
            current: current == Some(session.id),
        }
    }
}

/// The number of sessions that were ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevokedSessionsResponse {
    #[schema(examples(2))]
    pub revoked: u64,
}

/// Lists the live sessions of the caller
#[utoipa::path(get, path = "/api/v1/auth/sessions", operation_id = "listSessions", tag = "Sessions",
    params(Paging),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "A page of sessions", body = SessionList), Refused::<422>))]
pub(crate) async fn list(
    caller: Caller,
    paging: Result<Paging, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<SessionList>, Problem> {
    let Paging(page) = paging?;
    let sessions = list_sessions(&service, &caller.0, page, &at).await?;
    let current = Some(caller.0.session.id);
    Ok(Json(ListResponse::new(page, &sessions, |session| SessionResource::new(session, current))))
}

/// Ends a session of the caller
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{id}", operation_id = "endSession", tag = "Sessions",
    params(("id" = Uuid, Path, description = "The session")),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204, description = "It has ended"), Refused::<404>))]
pub(crate) async fn end(
    caller: Caller,
    id: Path<String>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::from(EndError::NotFound))?;
    end_session(&service, &caller.0, SessionId(id), &at).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends every session of the caller but the one that asks
#[utoipa::path(post, path = "/api/v1/auth/sessions/revoke_others", operation_id = "endOtherSessions", tag = "Sessions",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "They have ended", body = RevokedSessionsResponse)))]
pub(crate) async fn revoke_others(
    caller: Caller,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<RevokedSessionsResponse>, Problem> {
    let revoked = end_others(&service, &caller.0, &at).await?;
    Ok(Json(RevokedSessionsResponse { revoked: revoked.into() }))
}
