//! What happened to the account (contract §7).

use actix_web::HttpResponse;
use actix_web::web;
use keywright_domain::activity::Activity;
use keywright_domain::client::ClientId;
use keywright_domain::client_info::UserAgent;
use keywright_service::Service;
use keywright_service::activity::list_activity;
use keywright_web::caller::Caller;
use keywright_web::endpoint::Endpoint;
use keywright_web::page::{self, Paging};
use keywright_web::problem::Problem;
use keywright_web::time::instant;
use serde_json::{Value, json};

use crate::openapi::activity as api;
use crate::openapi::page::Paging as PagingQuery;
use crate::openapi::problem::Refused;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/api/v1/auth/activity").get(list)]
}

/// An entry, as the API shows it.
fn shape(entry: &Activity) -> Value {
    json!({
        "id": entry.id,
        "event": entry.event.as_str(),
        "occurred_at": instant(entry.occurred_at),
        "ip_address": entry.client_info.ip,
        "user_agent": entry.client_info.user_agent.as_ref().map(UserAgent::as_str),
        "client_id": entry.client_id.as_ref().map(ClientId::as_str),
        "session_id": entry.session_id,
        "details": entry.details,
    })
}

/// What happened to the account, the newest first
#[utoipa::path(get, path = "/api/v1/auth/activity", operation_id = "listActivity", tag = "Account",
    params(PagingQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "A page of it", body = api::Activities), Refused::<422>))]
pub(crate) async fn list(
    caller: Caller,
    paging: Result<Paging, Problem>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let Paging(page) = paging?;
    Ok(page::answer(page, &list_activity(&service, &caller.0, page).await?, shape))
}
