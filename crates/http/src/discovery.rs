//! What stock OAuth clients and verifiers look up: RFC 8414 metadata and the RFC 7517 key set.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ETAG, EntityTag, IfNoneMatch};
use actix_web::web::{self, Header, ServiceConfig};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_domain::Service;
use keywright_domain::signing_key::schedule::KEY_SET_MAX_AGE;
use serde_json::json;

use crate::device_authorization::DEVICE_CODE_GRANT;
use crate::endpoint::Endpoint;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/.well-known/oauth-authorization-server").get(metadata))
        .service(Endpoint::at("/.well-known/jwks.json").get(key_set));
}

/// `GET /.well-known/oauth-authorization-server`
async fn metadata(service: web::Data<Service>) -> HttpResponse {
    let page = |path| service.rules.page(path).to_string();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(json!({
        "issuer": service.rules.issuer(),
        "token_endpoint": page("/api/v1/auth/token"),
        "device_authorization_endpoint": page("/api/v1/auth/device"),
        "revocation_endpoint": page("/api/v1/auth/revoke"),
        "jwks_uri": page("/.well-known/jwks.json"),
        "grant_types_supported": [DEVICE_CODE_GRANT, "refresh_token"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
    }))
}

/// `GET /.well-known/jwks.json`
async fn key_set(service: web::Data<Service>, known: Option<Header<IfNoneMatch>>) -> HttpResponse {
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
