//! The per-address limit on the wire: the requests that it counts, and what every answer says about it.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::RequestContext;
use keywright_domain::rate_limit::{Standing, network};
use keywright_domain::security_event::SecurityEvent;
use keywright_service::Service;

use crate::context::At;
use crate::endpoint;
use crate::problem::Problem;
use crate::settings::{Settings, shared};

/// Middleware: counts the request, and refuses one too many before it is handled.
pub async fn enforce(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let context = At::of_request(request.request())?;
    let (service, settings) = (shared::<Service>(&request)?, shared::<Settings>(&request)?);
    let Some(standing) = standing(&request, &settings, &context) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let mut response = if standing.is_allowed {
        next.call(request).await?.map_into_boxed_body()
    } else {
        service.count(SecurityEvent::RateLimited);
        let problem = Problem::rate_limited(retry_after(&standing, context.now));
        let shape = endpoint::error_shape(request.request());
        request.into_response(problem.shaped(shape).error_response())
    };
    describe(response.headers_mut(), &standing, context.now);
    Ok(response)
}

/// The standing of a request. `None` if the limit does not count it.
fn standing(request: &ServiceRequest, settings: &Settings, context: &RequestContext) -> Option<Standing> {
    if matches!(request.path(), "/healthz" | "/readyz") {
        return None;
    }
    let limit = settings.address_limit.as_ref()?;
    let address = context.client_info.ip.map(network);
    Some(limit.count(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), context.now))
}

/// In how many seconds the next request is welcome: at least one.
fn retry_after(standing: &Standing, now: DateTime<Utc>) -> i64 {
    whole_seconds(standing.resets_at - now)
}

/// `wait` in whole seconds, rounded up: at least one.
pub fn whole_seconds(wait: TimeDelta) -> i64 {
    (wait.num_milliseconds() + 999).div_euclid(1000).max(1)
}

/// Says how the caller stands, in the customary fields and in those of draft-ietf-httpapi-ratelimit-headers.
fn describe(headers: &mut HeaderMap, standing: &Standing, now: DateTime<Utc>) {
    let reset = retry_after(standing, now);
    let (limit, remaining) = (standing.rate.count, standing.remaining);
    let window = standing.rate.per.num_seconds().max(1);
    let resets_at = (standing.resets_at.timestamp_millis() + 999).div_euclid(1000);
    for (name, value) in [
        ("x-ratelimit-limit", limit.to_string()),
        ("x-ratelimit-remaining", remaining.to_string()),
        ("x-ratelimit-reset", resets_at.to_string()),
        ("ratelimit-policy", format!(r#""default";q={limit};w={window}"#)),
        ("ratelimit", format!(r#""default";r={remaining};t={reset}"#)),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
