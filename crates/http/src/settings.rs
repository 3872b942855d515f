//! What the composition root decides about HTTP.

use keywright_domain::rate_limit::AddressLimit;

/// One for all workers.
#[derive(Debug)]
pub struct Settings {
    /// False only in development, over plain-http localhost: the session cookie is then not `Secure`.
    pub cookie_is_secure: bool,
    /// The origin that same-origin requests come from: that of `public_url`.
    pub origin: String,
    /// None turns it off.
    pub address_limit: Option<AddressLimit>,
}
