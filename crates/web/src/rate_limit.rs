//! The per-address limit on the wire: who is counted, and what every answer says about it.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::rate_limit::Standing;

use crate::settings::Settings;

/// How a request stands with the limit. None if it is not counted.
pub fn standing(
    request: &ServiceRequest,
    settings: &Settings,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
) -> Option<Standing> {
    if matches!(request.match_info().as_str(), "/healthz" | "/readyz") {
        return None;
    }
    let limit = settings.address_limit.as_ref()?;
    Some(limit.count(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), now))
}

/// In how many seconds the next request is welcome: at least one.
pub fn retry_after(standing: &Standing, now: DateTime<Utc>) -> i64 {
    whole_seconds(standing.resets_at - now)
}

/// `wait` in whole seconds, rounded up: at least one.
pub fn whole_seconds(wait: TimeDelta) -> i64 {
    (wait.num_milliseconds() + 999).div_euclid(1000).max(1)
}

/// Says how the caller stands, in the customary fields and in those of draft-ietf-httpapi-ratelimit-headers.
pub fn describe(headers: &mut HeaderMap, standing: &Standing, now: DateTime<Utc>) {
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
