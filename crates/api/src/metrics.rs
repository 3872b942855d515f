//! The metrics, as Prometheus reads them: on the admin listener only (contract §9).

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use keywright_service::Service;
use keywright_web::endpoint::Endpoint;
use keywright_web::metrics::{Metrics, PATIENCE};
use keywright_web::problem::Problem;
use tracing::Level;

/// The content type of the text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/metrics").get(scrape)]
}

/// `GET /metrics`
async fn scrape(service: web::Data<Service>, metrics: web::Data<Metrics>) -> Result<HttpResponse, Problem> {
    let check = tokio::time::timeout(PATIENCE, service.stores.health.check()).await;
    let is_up = matches!(check, Ok(Ok(())));
    let figures = if is_up { metrics.counted(|| service.figures()).await } else { None };
    let text = metrics
        .text(is_up, figures.as_ref())
        .map_err(|error| Problem::internal().caused_by(Level::ERROR, "writing the metrics failed", &error))?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, TEXT))
        .body(text))
}
