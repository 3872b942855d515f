//! One line in the log for each request, after the cause of its failure, and its figures in the metrics.

use std::time::{Duration, Instant};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::settings::shared;

/// Middleware: logs and counts the answer.
pub async fn record<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let metrics = shared::<Metrics>(&request)?;
    let began = Instant::now();
    let response = next.call(request).await?;
    let duration = began.elapsed();
    if let Some(problem) = response.response().extensions().get::<Problem>() {
        problem.log();
    }
    // The pattern of the route: the path and the query may hold secrets, and are endless.
    let route = response.request().match_pattern().unwrap_or_else(|| "none".to_owned());
    let status = response.status().as_u16();
    metrics.answered(&route, response.request().method(), status, duration);
    log(&route, status, duration);
    Ok(response)
}

fn log(route: &str, status: u16, duration: Duration) {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if matches!(route, "/healthz" | "/readyz" | "/metrics") && status == 200 {
        tracing::debug!(http.route = route, http.status = status, duration_ms = millis, "answered");
    } else {
        tracing::info!(http.route = route, http.status = status, duration_ms = millis, "answered");
    }
}
