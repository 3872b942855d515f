//! Discovery for stock OAuth clients and verifiers: RFC 8414 metadata and the RFC 7517 key set.

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
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::device_authorization::{DEVICE_CODE_GRANT, REFRESH_TOKEN_GRANT};
use crate::openapi::problem::Refused;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/.well-known/oauth-authorization-server").get(metadata),
        Endpoint::at("/.well-known/jwks.json").get(key_set),
        Endpoint::at("/.well-known/passkey-endpoints").get(passkey_endpoints),
        Endpoint::at("/.well-known/webauthn").get(related_origins),
    ]
}

/// Authorization server metadata (RFC 8414 §2).
#[derive(Debug, Serialize, ToSchema)]
pub struct MetadataResponse {
    pub issuer: String,
    pub token_endpoint: String,
    pub device_authorization_endpoint: String,
    pub revocation_endpoint: String,
    pub introspection_endpoint: String,
    pub jwks_uri: String,
    pub grant_types_supported: &'static [&'static str],
    pub response_types_supported: &'static [&'static str],
    pub token_endpoint_auth_methods_supported: &'static [&'static str],
    pub revocation_endpoint_auth_methods_supported: &'static [&'static str],
    pub introspection_endpoint_auth_methods_supported: &'static [&'static str],
}

/// A key set (RFC 7517 §5).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KeySetResponse {
    pub keys: Vec<Key>,
}

/// A public key (RFC 7517 §4), with the members of its type.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Key {
    #[schema(examples("OKP"))]
    pub kty: String,
    pub kid: String,
    #[schema(examples("EdDSA"))]
    pub alg: String,
    /// Always `sig`.
    #[schema(examples("sig"))]
    pub r#use: String,
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

/// The pages where people manage their passkeys (W3C, A Well-Known URL for Relying Party Passkey Endpoints).
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyEndpointsResponse {
    pub enroll: String,
    pub manage: String,
}

/// Related origins (WebAuthn Level 3 §5.11.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedOriginsResponse {
    pub origins: Vec<String>,
}

/// Describes the OAuth endpoints (RFC 8414)
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", operation_id = "metadata", tag = "Discovery",
    responses((status = 200, description = "The metadata", body = MetadataResponse)))]
pub(crate) async fn metadata(service: web::Data<Service>) -> HttpResponse {
    let page = |path| service.rules.page(path).to_string();
    cached(MetadataResponse {
        issuer: service.rules.issuer().clone(),
        token_endpoint: page("/api/v1/auth/token"),
        device_authorization_endpoint: page("/api/v1/auth/device"),
        revocation_endpoint: page("/api/v1/auth/revoke"),
        introspection_endpoint: page("/api/v1/auth/introspect"),
        jwks_uri: page("/.well-known/jwks.json"),
        grant_types_supported: &[DEVICE_CODE_GRANT, REFRESH_TOKEN_GRANT],
        response_types_supported: &[],
        token_endpoint_auth_methods_supported: &["none"],
        revocation_endpoint_auth_methods_supported: &["none"],
        introspection_endpoint_auth_methods_supported: &["client_secret_basic", "client_secret_post"],
    })
}

/// Names the pages where passkeys are managed
///
/// For passkey managers: W3C, A Well-Known URL for Relying Party Passkey Endpoints.
#[utoipa::path(get, path = "/.well-known/passkey-endpoints", operation_id = "passkeyEndpoints", tag = "Discovery",
    responses((status = 200, description = "The pages", body = PasskeyEndpointsResponse)))]
pub(crate) async fn passkey_endpoints(service: web::Data<Service>) -> HttpResponse {
    let account = service.rules.page("/account").to_string();
    cached(PasskeyEndpointsResponse { enroll: account.clone(), manage: account })
}

/// Lists further origins that may use this server's passkeys, if any are configured
///
/// WebAuthn Level 3 §5.11.1.
#[utoipa::path(get, path = "/.well-known/webauthn", operation_id = "relatedOrigins", tag = "Discovery",
    responses((status = 200, description = "The origins", body = RelatedOriginsResponse), Refused::<404>))]
pub(crate) async fn related_origins(service: web::Data<Service>) -> Result<HttpResponse, Problem> {
    let (origins, own) = (service.webauthn.origins(), service.rules.issuer());
    if origins.iter().all(|origin| *origin == own) {
        return Err(Problem::not_found("no related origins are configured"));
    }
    Ok(cached(RelatedOriginsResponse { origins: origins.to_vec() }))
}

/// A response that may be cached for 5 minutes.
fn cached(response: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(response)
}

/// Lists the public keys of access tokens (RFC 7517)
#[utoipa::path(get, path = "/.well-known/jwks.json", operation_id = "keySet", tag = "Discovery",
    params(("If-None-Match" = Option<String>, Header, description = "The ETag of a cached key set")),
    responses((status = 200, description = "The keys", body = KeySetResponse, content_type = "application/jwk-set+json",
        headers(("ETag" = String))), (status = 304, description = "Not modified")))]
pub(crate) async fn key_set(
    service: web::Data<Service>,
    known: Option<Header<IfNoneMatch>>,
) -> Result<HttpResponse, Problem> {
    let key_set: KeySetResponse =
        serde_json::from_value(service.tokens.key_set()).map_err(|error| malformed(&error))?;
    let key_set = serde_json::to_string(&key_set).map_err(|error| malformed(&error))?;
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
        return Ok(response.finish());
    }
    Ok(response.content_type("application/jwk-set+json").body(key_set))
}

fn malformed(error: &serde_json::Error) -> Problem {
    tracing::error!(error.cause = %error, "malformed signing key");
    Problem::internal()
}
