//! What stock OAuth clients and verifiers look up: RFC 8414 metadata and the RFC 7517 key set.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ETAG, EntityTag, IfNoneMatch};
use actix_web::web::{self, Header};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_domain::signing_key::schedule::KEY_SET_MAX_AGE;
use keywright_service::Service;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use serde_json::json;

use crate::device_authorization::DEVICE_CODE_GRANT;
use crate::openapi::discovery as api;
use crate::openapi::problem::Refused;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/.well-known/oauth-authorization-server").get(metadata),
        Endpoint::at("/.well-known/jwks.json").get(key_set),
        Endpoint::at("/.well-known/passkey-endpoints").get(passkey_endpoints),
        Endpoint::at("/.well-known/webauthn").get(related_origins),
    ]
}

/// Where OAuth clients find what they need (RFC 8414)
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", operation_id = "metadata", tag = "Discovery",
    responses((status = 200, description = "The metadata", body = api::Metadata)))]
pub(crate) async fn metadata(service: web::Data<Service>) -> HttpResponse {
    let page = |path| service.rules.page(path).to_string();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(json!({
        "issuer": service.rules.issuer(),
        "token_endpoint": page("/api/v1/auth/token"),
        "device_authorization_endpoint": page("/api/v1/auth/device"),
        "revocation_endpoint": page("/api/v1/auth/revoke"),
        "introspection_endpoint": page("/api/v1/auth/introspect"),
        "jwks_uri": page("/.well-known/jwks.json"),
        "grant_types_supported": [DEVICE_CODE_GRANT, "refresh_token"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}

/// Where passkey managers send people
///
/// W3C, A Well-Known URL for Relying Party Passkey Endpoints.
#[utoipa::path(get, path = "/.well-known/passkey-endpoints", operation_id = "passkeyEndpoints", tag = "Discovery",
    responses((status = 200, description = "The pages", body = api::PasskeyEndpoints)))]
pub(crate) async fn passkey_endpoints(service: web::Data<Service>) -> HttpResponse {
    let account = service.rules.page("/account").to_string();
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(json!({"enroll": account, "manage": account}))
}

/// The origins that may use the passkeys of this server besides its own, where there are any
///
/// WebAuthn Level 3 §5.11.1.
#[utoipa::path(get, path = "/.well-known/webauthn", operation_id = "relatedOrigins", tag = "Discovery",
    responses((status = 200, description = "The origins", body = api::RelatedOrigins), Refused::<404>))]
pub(crate) async fn related_origins(service: web::Data<Service>) -> Result<HttpResponse, Problem> {
    let (origins, own) = (service.webauthn.origins(), service.rules.issuer());
    if origins.iter().all(|origin| *origin == own) {
        return Err(Problem::not_found("no related origins are configured"));
    }
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(json!({"origins": origins})))
}

/// The public keys of access tokens (RFC 7517)
#[utoipa::path(get, path = "/.well-known/jwks.json", operation_id = "keySet", tag = "Discovery",
    params(("If-None-Match" = Option<String>, Header, description = "The ETag that is known")),
    responses((status = 200, description = "The keys", body = api::KeySet, content_type = "application/jwk-set+json",
        headers(("ETag" = String))), (status = 304, description = "As known")))]
pub(crate) async fn key_set(service: web::Data<Service>, known: Option<Header<IfNoneMatch>>) -> HttpResponse {
    let key_set = service.tokens.key_set().to_string();
    let tag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(digest(&SHA256, key_set.as_bytes())));
    let is_known = known.is_some_and(|Header(known)| match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|known| known.weak_eq(&tag)),
    });
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // A new key signs only after it has been published this long, and longer.
    let caching = format!("public, max-age={}", KEY_SET_MAX_AGE.num_seconds());
    response.insert_header((CACHE_CONTROL, caching)).insert_header((ETAG, tag.to_string()));
    if is_known {
        return response.finish();
    }
    response.content_type("application/jwk-set+json").body(key_set)
}
