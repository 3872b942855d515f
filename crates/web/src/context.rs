//! What surrounds every request: its stamp, its limit, the headers of its answer and its line in the log.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError, web};
use keywright_domain::RequestContext;
use keywright_domain::client_info::{ClientInfo, UserAgent};
use keywright_domain::rate_limit::{Standing, network};
use keywright_domain::security_event::SecurityEvent;
use keywright_service::Service;
use tracing::Instrument;

use crate::metrics::Metrics;
use crate::problem::{Code, Problem};
use crate::rate_limit;
use crate::settings::Settings;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The stamp of the request.
#[derive(Clone, Debug)]
pub struct At(Arc<RequestContext>);

impl Deref for At {
    type Target = RequestContext;

    fn deref(&self) -> &RequestContext {
        &self.0
    }
}

impl FromRequest for At {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Without the middleware there is no stamp: a defect of the wiring.
        ready(request.extensions().get::<Self>().cloned().ok_or_else(Problem::internal))
    }
}

/// The middleware that goes around everything.
pub async fn surround(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (Some(service), Some(settings)) = (
        request.app_data::<web::Data<Service>>().cloned(),
        request.app_data::<web::Data<Settings>>().cloned(),
    ) else {
        return Err(Problem::internal().into());
    };
    let stamp = request_context(&request, &service, &settings);
    let at = At(Arc::new(stamp));
    let began = Instant::now();
    let standing = rate_limit::standing(&request, &settings, at.client_info.ip.map(network), at.now);
    request.extensions_mut().insert(at.clone());
    // As loud as an error, so that at every level of the log whatever is said of a request names it.
    let span = tracing::error_span!("request", request.id = %at.request_id, http.method = %request.method());

    let mut response = match standing {
        Some(standing) if !standing.is_allowed => {
            let problem = Problem::rate_limited(rate_limit::retry_after(&standing, at.now));
            let problem = if is_oauth(request.match_info().as_str(), request.headers()) {
                problem.oauth()
            } else {
                problem
            };
            request.into_response(problem.error_response())
        }
        // Whatever a handler or the router refuses is a response already.
        _ => next.call(request).instrument(span.clone()).await?.map_into_boxed_body(),
    };
    response = settings.cors.answer(response);

    let is_auth = response.request().match_info().as_str().starts_with("/api/v1/auth");
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&at.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if is_auth {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(standing) = standing {
        rate_limit::describe(headers, &standing, at.now);
    }
    if let Some(incident) = incident(&response, standing) {
        service.count(incident);
    }
    let answered = Answered { route: route(&response), status: response.status(), after: began.elapsed() };
    if let Some(metrics) = response.request().app_data::<web::Data<Metrics>>() {
        let method = response.request().method();
        metrics.answered(&answered.route, method, answered.status.as_u16(), answered.after);
    }
    span.in_scope(|| answered.log());
    Ok(response)
}

/// What an answer tells of besides what the flows have counted themselves.
fn incident(response: &ServiceResponse, standing: Option<Standing>) -> Option<SecurityEvent> {
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        let is_over = standing.is_some_and(|standing| !standing.is_allowed);
        return Some(match response.request().match_info().as_str() {
            _ if is_over => SecurityEvent::RateLimited,
            "/device-verify" | "/api/v1/auth/device/verify" => SecurityEvent::GuessLimited,
            _ => SecurityEvent::MailLimited,
        });
    }
    let code = response.response().extensions().get::<Code>().copied();
    (code == Some(Code("csrf_rejected"))).then_some(SecurityEvent::CsrfRejected)
}

fn request_context(request: &ServiceRequest, service: &Service, settings: &Settings) -> RequestContext {
    let text = |name: &HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let request_id = text(&REQUEST_ID).filter(|id| is_sane(id)).map(ToOwned::to_owned);
    let peer = request.peer_addr().map(|peer| peer.ip());
    let ip = peer.map(|peer| settings.proxies.client(peer, request.headers()));
    let user_agent = text(&USER_AGENT).and_then(UserAgent::new);
    service.request_context(request_id, ClientInfo { ip, user_agent })
}

/// Whether a caller's request id is safe to log and to send back.
fn is_sane(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Whether errors at `path`, as the router sees it, have the shape of RFC 6749 even before the request is read. A
/// revocation without an `Authorization` header has its token in the body.
pub fn is_oauth(path: &str, headers: &HeaderMap) -> bool {
    match path {
        "/api/v1/auth/device" | "/api/v1/auth/token" | "/api/v1/auth/refresh" | "/api/v1/auth/introspect" => {
            true
        }
        "/api/v1/auth/revoke" => !headers.contains_key(AUTHORIZATION),
        _ => false,
    }
}

/// The pattern of the route, never the path or the query, which may hold what is secret and are endless.
fn route(response: &ServiceResponse) -> String {
    response.request().match_pattern().unwrap_or_else(|| "none".to_owned())
}

/// How a request was answered.
struct Answered {
    route: String,
    status: StatusCode,
    after: Duration,
}

impl Answered {
    /// One line a request.
    fn log(&self) {
        let (route, status) = (self.route.as_str(), self.status.as_u16());
        let millis = u64::try_from(self.after.as_millis()).unwrap_or(u64::MAX);
        if matches!(route, "/healthz" | "/readyz" | "/metrics") && status == 200 {
            tracing::debug!(http.route = route, http.status = status, duration_ms = millis, "answered");
        } else {
            tracing::info!(http.route = route, http.status = status, duration_ms = millis, "answered");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sane_request_ids_are_kept() {
        assert!(is_sane("a"));
        assert!(is_sane(&"aZ09._-".repeat(18)));
        for bad in ["", "a b", "a\"b", "ä", "a/b", &"a".repeat(129)] {
            assert!(!is_sane(bad), "{bad}");
        }
    }
}
