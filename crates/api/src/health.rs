//! Whether the server is alive, and whether it can work (contract §9).

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web;
use keywright_service::Service;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use serde_json::{Value, json};

use crate::openapi::discovery as api;
use crate::openapi::problem::Refused;

/// How long the store may take to answer a probe.
const PATIENCE: Duration = Duration::from_millis(1800);

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/healthz").get(alive), Endpoint::at("/readyz").get(ready)]
}

/// Whether the server is alive
#[utoipa::path(get, path = "/healthz", operation_id = "alive", tag = "Health",
    responses((status = 200, description = "It is", body = api::Health)))]
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Whether the server can work
///
/// The store can be written, its migrations are applied, and there is a signing key.
#[utoipa::path(get, path = "/readyz", operation_id = "ready", tag = "Health",
    responses((status = 200, description = "It can", body = api::Health), Refused::<500>, Refused::<503>))]
pub(crate) async fn ready(service: web::Data<Service>) -> Result<HttpResponse, Problem> {
    match tokio::time::timeout(PATIENCE, service.stores.health.check()).await {
        Ok(checked) => checked?,
        Err(_) => return Err(Problem::unavailable()),
    }
    let key_set = service.tokens.key_set();
    if key_set.get("keys").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(Problem::unavailable());
    }
    Ok(HttpResponse::Ok().json(json!({"status": "ready"})))
}
