//! What goes for every operation, written once: the ways to sign in, the headers of every answer, and the
//! errors that follow from what an operation takes.

use std::collections::BTreeMap;

use keywright_web::endpoint::Endpoint;
use keywright_web::problem::ErrorShape;
use utoipa::Modify;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{Components, ObjectBuilder, Schema};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response, Type};

use super::problem::{self, Shape};

/// The fields of every answer.
const HEADERS: [(&str, Type, &str); 6] = [
    ("X-Request-Id", Type::String, "The caller's, if it sent a sane one, else a fresh one"),
    ("X-RateLimit-Limit", Type::Integer, "How many requests one address has in a window"),
    ("X-RateLimit-Remaining", Type::Integer, "How many of them are left"),
    ("X-RateLimit-Reset", Type::Integer, "When the window ends, in Unix seconds"),
    ("RateLimit", Type::String, "The same by draft-ietf-httpapi-ratelimit-headers"),
    ("RateLimit-Policy", Type::String, "The limit by draft-ietf-httpapi-ratelimit-headers"),
];

pub(super) struct Furnish;

impl Modify for Furnish {
    fn modify(&self, openapi: &mut OpenApi) {
        let endpoints = crate::endpoints();
        for (path, item) in &mut openapi.paths.paths {
            let is_probe = matches!(path.as_str(), "/healthz" | "/readyz");
            for (operation, changes) in operations(item) {
                if !is_probe {
                    refuse(operation, shape(&endpoints, path), changes);
                }
                if let Some(body) = &mut operation.request_body {
                    make_plain(body);
                }
                for response in operation.responses.responses.values_mut() {
                    if let RefOr::T(response) = response {
                        add_headers(response);
                    }
                }
            }
        }
        let components = openapi.components.get_or_insert_default();
        add_security(components);
        for (name, kind, text) in HEADERS {
            components.headers.insert(name.to_owned(), RefOr::T(header(kind, text)));
        }
        for (name, mut response) in problem::responses() {
            add_headers(&mut response);
            components.responses.insert(name, RefOr::T(response));
        }
    }
}

/// A body that may be left out is said to be just that, not to be null.
fn make_plain(body: &mut RefOr<RequestBody>) {
    let RefOr::T(body) = body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        let Some(RefOr::T(Schema::OneOf(choices))) = &content.schema else { continue };
        if let [only, RefOr::T(Schema::Object(_))] = choices.items.as_slice() {
            content.schema = Some(only.clone());
            body.required = None;
        }
    }
}

/// The operations of a path, and whether each may change something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    let PathItem { get, post, patch, delete, .. } = item;
    let all = [(get, false), (post, true), (patch, true), (delete, true)];
    all.into_iter().filter_map(|(operation, changes)| Some((operation.as_mut()?, changes)))
}

fn shape(endpoints: &[Endpoint], path: &str) -> Shape {
    let shapes = endpoints.iter().find(|endpoint| endpoint.path() == path).map(Endpoint::error_shapes);
    match shapes {
        Some([ErrorShape::OAuth]) => Shape::OAuth,
        Some([_, _]) => Shape::Either,
        _ => Shape::Rest,
    }
}

/// The errors that follow from the operation itself. What the handler says goes before.
fn refuse(operation: &mut Operation, shape: Shape, changes: bool) {
    let schemes = operation.security.iter().flatten().filter_map(|scheme| serde_json::to_string(scheme).ok());
    let schemes: Vec<String> = schemes.collect();
    let mut statuses = vec![429, 500, 503];
    if operation.request_body.is_some() {
        statuses.extend([400, 413, 415]);
    }
    if !schemes.is_empty() {
        statuses.push(401);
    }
    if changes && schemes.iter().any(|scheme| scheme.contains("cookie")) {
        statuses.push(403);
    }
    let mut derived: BTreeMap<_, _> =
        statuses.into_iter().filter_map(|status| problem::reference(shape, status)).collect();
    derived.append(&mut operation.responses.responses);
    operation.responses.responses = derived;
}

fn add_headers(response: &mut Response) {
    for (name, ..) in HEADERS {
        let reference = Ref::new(format!("#/components/headers/{name}"));
        response.headers.insert(name.to_owned(), RefOr::Ref(reference));
    }
}

/// A header with a value of this kind.
pub(super) fn header(kind: Type, description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(kind);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

fn add_security(components: &mut Components) {
    let mut bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    bearer = bearer.description(Some("An access token (RFC 6750). It goes before a cookie."));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));

    let about = "The session of a browser (`kw_session` over plain-http localhost). What changes something must \
                 come from the server's own pages.";
    let cookie = ApiKeyValue::with_description("__Host-kw_session", about);
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));

    let mut basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic);
    basic = basic.description(Some("A configured resource server (RFC 6749 §2.3.1)"));
    components.add_security_scheme("resource_server", SecurityScheme::Http(basic.build()));
}
