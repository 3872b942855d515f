//! The description of the API (OpenAPI 3.1), made from the handlers.
//!
//! A handler describes itself with `#[utoipa::path]`; the schemas are those of the types that it reads and writes.
//! `complete` adds the parts that all operations share.

mod complete;
mod example;
pub mod problem;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use keywright_web::endpoint::Endpoint;
use utoipa::OpenApi;

use self::complete::Complete;

/// The document as it is served, printed and kept in `docs/`.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
});

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keywright",
        description = "Self-hosted passwordless sign-in. Each GET is also a HEAD. An unknown path is 404, another \
            method 405, both as `Problem`. Unknown fields of a request are ignored, so clients may be newer than the \
            server. Clients must ignore fields that they do not know.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "This server")),
    paths(
        crate::magic_link::ask,
        crate::magic_link::redeem,
        crate::passkey::challenge_registration,
        crate::passkey::add,
        crate::passkey::challenge_sign_in,
        crate::passkey::log_in,
        crate::passkey::show,
        crate::passkey::change,
        crate::passkey::delete,
        crate::device_authorization::start,
        crate::device_authorization::token,
        crate::device_authorization::show,
        crate::device_authorization::decision,
        crate::session::renew,
        crate::session::revoke,
        crate::session::log_out,
        crate::introspection::inspect,
        crate::session::manage::list,
        crate::session::manage::end,
        crate::session::manage::revoke_others,
        crate::user::show,
        crate::user::change,
        crate::user::delete,
        crate::activity::list,
        crate::organization::list,
        crate::discovery::metadata,
        crate::discovery::key_set,
        crate::discovery::passkey_endpoints,
        crate::discovery::related_origins,
        show,
        crate::health::alive,
        crate::health::ready,
    ),
    components(schemas(problem::Problem, problem::OAuthProblem)),
    modifiers(&Complete),
    tags(
        (name = "Magic links", description = "Sign-in by a link or a code from an email"),
        (name = "Passkeys", description = "Sign-in by WebAuthn, and the passkeys of the caller"),
        (name = "Devices", description = "The device flow (RFC 8628)"),
        (name = "Tokens", description = "Renewal, end and introspection of tokens"),
        (name = "Sessions", description = "The sessions of the caller"),
        (name = "Account", description = "The account of the caller"),
        (name = "Discovery", description = "Metadata for programs"),
        (name = "Health", description = "Probes for monitoring"),
    ),
)]
struct Description;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/api/v1/openapi.json").get(show)]
}

/// The description as a value.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// The description as JSON, with a line feed at its end.
pub fn text() -> &'static str {
    &TEXT
}

/// Returns this document
#[utoipa::path(get, path = "/api/v1/openapi.json", operation_id = "openapi", tag = "Discovery",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Object)))]
pub(crate) async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .content_type(ContentType::json())
        .body(text())
}
