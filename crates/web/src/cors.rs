//! Whose pages may call the API from a browser (Fetch §3.2): exactly the configured origins, and never with
//! cookies. It is one rule for `/api/v1/` and `/.well-known/`; the pages are nobody else's.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW,
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, ORIGIN, PRAGMA, VARY,
};
use actix_web::http::{Method, StatusCode};

/// Request headers that a page may send.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, X-Request-Id");

/// Response headers that a page may read, besides the safelisted ones.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, \
     RateLimit, RateLimit-Policy, WWW-Authenticate",
);

/// Time that a browser may cache a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins whose pages may call the API.
#[derive(Clone, Debug, Default)]
pub struct Cors {
    origins: Vec<String>,
}

impl Cors {
    /// These origins, each as a browser writes it.
    pub fn new(origins: Vec<String>) -> Self {
        Self { origins }
    }

    /// `response` as its caller's page may see it. A preflight of a known path is answered with the methods that the
    /// path takes.
    pub fn answer(&self, mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        if self.origins.is_empty() || !is_shared(response.request().path()) {
            return response;
        }
        if let Some(origin) = self.known(response.request().headers()) {
            if let Some(methods) = preflight_methods(&response) {
                response = welcome(response, methods);
            }
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
        response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
        response
    }

    /// The origin that a request comes from, if there is exactly one and it is known.
    fn known(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut origins = headers.get_all(ORIGIN);
        let origin = origins.next().filter(|_| origins.next().is_none())?;
        self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

fn is_shared(path: &str) -> bool {
    path.starts_with("/api/v1/") || path.starts_with("/.well-known/")
}

/// Methods of the path of a preflight. No path takes OPTIONS, so they are in the refusal's `Allow`.
fn preflight_methods<B>(response: &ServiceResponse<B>) -> Option<HeaderValue> {
    let request = response.request();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let is_refused = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    if is_preflight && is_refused { response.headers().get(ALLOW).cloned() } else { None }
}

/// Turns the refusal of a preflight into its answer. The other headers stay.
fn welcome(response: ServiceResponse<BoxBody>, methods: HeaderValue) -> ServiceResponse<BoxBody> {
    response.map_body(|head, _| {
        head.status = StatusCode::NO_CONTENT;
        head.reason = None;
        for name in [ALLOW, CONTENT_TYPE, CACHE_CONTROL, PRAGMA] {
            head.headers.remove(name);
        }
        head.headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        head.headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        head.headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        BoxBody::new(())
    })
}
