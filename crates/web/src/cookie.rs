//! Cookies: how all of this server's are made, and the one of a browser session.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use keywright_domain::credential::Credential;

use crate::settings::Settings;

const SESSION: &str = "kw_session";

/// Full name of the cookie `short`: browsers refuse the `__Host-` prefix from subdomains and over plain http (RFC 6265bis).
fn name(settings: &Settings, short: &str) -> String {
    if settings.cookie_is_secure { format!("__Host-{short}") } else { short.to_owned() }
}

/// A cookie for this server alone, which no script reads. It comes along when a link from elsewhere, such as one of a
/// mail, leads here.
pub fn new(settings: &Settings, short: &str, value: String) -> Cookie<'static> {
    Cookie::build(name(settings, short), value)
        .path("/")
        .secure(settings.cookie_is_secure)
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

/// A header that makes a browser forget the cookie `short`.
pub fn removal(settings: &Settings, short: &str) -> Cookie<'static> {
    let mut cookie = new(settings, short, String::new());
    cookie.make_removal();
    cookie
}

/// The text of the cookie `short` that `request` carries.
pub fn text(request: &HttpRequest, settings: &Settings, short: &str) -> Option<String> {
    request.cookie(&name(settings, short)).map(|cookie| cookie.value().to_owned())
}

/// The cookie that holds `credential`.
pub fn holding(settings: &Settings, credential: &Credential) -> Cookie<'static> {
    new(settings, SESSION, credential.expose().to_owned())
}

/// A cookie that makes a browser forget the session.
pub fn cleared(settings: &Settings) -> Cookie<'static> {
    removal(settings, SESSION)
}

/// The text of the cookie that `request` carries.
pub fn of(request: &HttpRequest, settings: &Settings) -> Option<String> {
    text(request, settings, SESSION)
}
