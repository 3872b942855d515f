//! A person's sessions, as they see and end them (contract §6).

use actix_web::HttpResponse;
use actix_web::web::{self, Path};
use keywright_domain::client::ClientName;
use keywright_domain::client_info::UserAgent;
use keywright_domain::id::SessionId;
use keywright_domain::session::Session;
use keywright_service::Service;
use keywright_service::session::manage::{EndError, end_others, end_session, list_sessions};
use keywright_web::caller::Caller;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::page::{self, Paging};
use keywright_web::problem::Problem;
use keywright_web::time::instant;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::openapi::page::Paging as PagingQuery;
use crate::openapi::problem::Refused;
use crate::openapi::session as api;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/api/v1/auth/sessions").get(list),
        Endpoint::at("/api/v1/auth/sessions/revoke_others").post(revoke_others),
        Endpoint::at("/api/v1/auth/sessions/{id}").delete(end),
    ]
}

/// A session, as the API shows it to whoever asks by the session `current`.
fn shape(session: &Session, current: SessionId) -> Value {
    json!({
        "id": session.id,
        "client_id": session.client_id.as_str(),
        "client_name": session.client_name.as_ref().map(ClientName::as_str),
        "created_at": instant(session.created_at),
        "last_used_at": instant(session.last_used_at),
        "expires_at": instant(session.expires_at()),
        "ip_address": session.client_info.ip,
        "user_agent": session.client_info.user_agent.as_ref().map(UserAgent::as_str),
        "amr": session.authentication.method.amr(),
        "current": session.id == current,
    })
}

/// The live sessions of the caller
#[utoipa::path(get, path = "/api/v1/auth/sessions", operation_id = "listSessions", tag = "Sessions",
    params(PagingQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "A page of them", body = api::Sessions), Refused::<422>))]
pub(crate) async fn list(
    caller: Caller,
    paging: Result<Paging, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Paging(page) = paging?;
    let sessions = list_sessions(&service, &caller.0, page, &at).await?;
    Ok(page::answer(page, &sessions, |session| shape(session, caller.0.session.id)))
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
    responses((status = 200, description = "They have ended", body = api::RevokedSessions)))]
pub(crate) async fn revoke_others(
    caller: Caller,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let revoked = end_others(&service, &caller.0, &at).await?;
    Ok(HttpResponse::Ok().json(json!({"revoked": revoked})))
}
