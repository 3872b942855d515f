//! Settings of the composition root for HTTP.

use actix_web::dev::ServiceRequest;
use actix_web::web;
use keywright_domain::rate_limit::AddressLimit;

use crate::cors::Cors;
use crate::forwarded::TrustedProxies;
use crate::problem::Problem;

/// One for all workers.
#[derive(Debug)]
pub struct Settings {
    /// False only in development, over plain-http localhost: the session cookie is then not `Secure`.
    pub cookie_is_secure: bool,
    /// The origin that same-origin requests come from: that of `public_url`.
    pub origin: String,
    /// None turns it off.
    pub address_limit: Option<AddressLimit>,
    /// The peers whose word about a client's address counts.
    pub proxies: TrustedProxies,
    /// Whose pages may call the API.
    pub cors: Cors,
}

impl Settings {
    /// No limit, no trusted proxies and no other origins.
    pub fn new(origin: String, cookie_is_secure: bool) -> Self {
        Self {
            cookie_is_secure,
            origin,
            address_limit: None,
            proxies: TrustedProxies::default(),
            cors: Cors::default(),
        }
    }
}

/// The `T` that the composition root shares with all requests. Fails if it forgot to.
pub fn shared<T: 'static>(request: &ServiceRequest) -> Result<web::Data<T>, Problem> {
    request.app_data::<web::Data<T>>().cloned().ok_or_else(Problem::internal)
}
