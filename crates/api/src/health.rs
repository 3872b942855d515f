//! Liveness and readiness (contract §9).

use std::time::Duration;

use actix_web::web::{self, Json};
use keywright_service::Service;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::problem::Refused;

/// The time that the store may take to answer a probe.
const PATIENCE: Duration = Duration::from_millis(1800);

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/healthz").get(alive), Endpoint::at("/readyz").get(ready)]
}

/// The state of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthResponse {
    #[schema(examples("ok"))]
    pub status: &'static str,
}

/// Reports that the server is alive
#[utoipa::path(get, path = "/healthz", operation_id = "alive", tag = "Health",
    responses((status = 200, description = "The server is alive", body = HealthResponse)))]
pub(crate) async fn alive() -> Json<HealthResponse> {
    Json(HealthResponse { status: "ok" })
}

/// Reports that the server can work
///
/// The store can be written, its migrations are applied, and there is a signing key.
#[utoipa::path(get, path = "/readyz", operation_id = "ready", tag = "Health",
    responses((status = 200, description = "The server can work", body = HealthResponse), Refused::<500>, Refused::<503>))]
pub(crate) async fn ready(service: web::Data<Service>) -> Result<Json<HealthResponse>, Problem> {
    match tokio::time::timeout(PATIENCE, service.stores.health.check()).await {
        Ok(checked) => checked?,
        Err(_) => return Err(Problem::unavailable()),
    }
    let key_set = service.tokens.key_set();
    if key_set.get("keys").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(Problem::unavailable());
    }
    Ok(Json(HealthResponse { status: "ready" }))
}
