//! The cookie of a browser session.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use keywright_domain::credential::Credential;

use crate::settings::Settings;

/// Its name: with the `__Host-` prefix browsers refuse it from subdomains and over plain http (RFC 6265bis).
fn name(settings: &Settings) -> &'static str {
    if settings.cookie_is_secure { "__Host-kw_session" } else { "kw_session" }
}

fn cookie(settings: &Settings, value: String) -> Cookie<'static> {
    Cookie::build(name(settings), value)
        .path("/")
        .secure(settings.cookie_is_secure)
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

/// The cookie that holds `credential`.
pub fn holding(settings: &Settings, credential: &Credential) -> Cookie<'static> {
    cookie(settings, credential.expose().to_owned())
}

/// What makes a browser forget the cookie.
pub fn cleared(settings: &Settings) -> Cookie<'static> {
    let mut cookie = cookie(settings, String::new());
    cookie.make_removal();
    cookie
}

/// The text of the cookie that `request` carries.
pub fn of(request: &HttpRequest, settings: &Settings) -> Option<String> {
    request.cookie(name(settings)).map(|cookie| cookie.value().to_owned())
}
