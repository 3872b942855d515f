//! The context of every request: its instant, its id and its client.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue, USER_AGENT};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use keywright_domain::RequestContext;
use keywright_domain::client_info::{ClientInfo, UserAgent};
use keywright_service::Service;
use tracing::Instrument;

use crate::problem::Problem;
use crate::settings::{Settings, shared};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The context of the request.
#[derive(Clone, Debug)]
pub struct At(Arc<RequestContext>);

impl At {
    /// The context that [`provide`] gave to `request`. Fails without that middleware.
    pub(crate) fn of_request(request: &HttpRequest) -> Result<Self, Problem> {
        request.extensions().get::<Self>().cloned().ok_or_else(Problem::internal)
    }
}

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
        ready(Self::of_request(request))
    }
}

/// Middleware: gives the request its context, names it in every log line, and answers with its id.
pub async fn provide<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let (service, settings) = (shared::<Service>(&request)?, shared::<Settings>(&request)?);
    let context = At(Arc::new(context(&request, &service, &settings)));
    request.extensions_mut().insert(context.clone());
    // An error span, so that log lines name the request at every log level.
    let span =
        tracing::error_span!("request", request.id = %context.request_id, http.method = %request.method());
    let mut response = next.call(request).instrument(span).await?;
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}

fn context(request: &ServiceRequest, service: &Service, settings: &Settings) -> RequestContext {
    let text = |name: &HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let request_id = text(&REQUEST_ID).filter(|id| is_sane(id)).map(ToOwned::to_owned);
    let peer = request.peer_addr().map(|peer| peer.ip());
    let ip = peer.map(|peer| settings.proxies.client(peer, request.headers()));
    let user_agent = text(&USER_AGENT).and_then(UserAgent::new);
    service.request_context(request_id, ClientInfo { ip, user_agent })
}

/// True if a caller's request id is safe to log and to send back.
fn is_sane(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
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
