//! Cross-site request forgery: what changes something on the strength of a cookie, or asks for one, must come
//! from this server's own pages.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::ORIGIN;
use actix_web::web;
use keywright_domain::security_event::SecurityEvent;
use keywright_service::Service;

use crate::error_code::ErrorCode;
use crate::problem::Problem;
use crate::settings::Settings;

/// Refuses a request that does not come from the same origin: `Sec-Fetch-Site` says so (W3C Fetch Metadata),
/// or `Origin` where a browser does not send that. With neither it is refused.
pub fn require_same_origin(request: &HttpRequest, settings: &Settings) -> Result<(), Problem> {
    let only = |name: &str| {
        let mut values = request.headers().get_all(name);
        let first = values.next();
        if values.next().is_some() { Some("") } else { first.map(|value| value.to_str().unwrap_or("")) }
    };
    let is_same_origin = match (only("sec-fetch-site"), only(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == settings.origin,
        (None, None) => false,
    };
    if is_same_origin {
        return Ok(());
    }
    if let Some(service) = request.app_data::<web::Data<Service>>() {
        service.count(SecurityEvent::CsrfRejected);
    }
    let message = "A browser session only takes requests from this server's own pages";
    Err(Problem::new(StatusCode::FORBIDDEN, ErrorCode::CsrfRejected, message))
}

/// True if `request` may change something.
pub fn is_state_changing(request: &HttpRequest) -> bool {
    !request.method().is_safe()
}
