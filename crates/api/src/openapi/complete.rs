//! The parts that all operations share: authentication, headers, examples, and the errors that follow from what an
//! operation takes.

use std::collections::{BTreeMap, BTreeSet};

use keywright_web::endpoint::Endpoint;
use keywright_web::problem::ErrorShape;
use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{Components, Schema};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, Type};

use super::example::Examples;
use super::problem::{self, Format, header};

/// The headers of every response.
const HEADERS: [(&str, Type, &str); 6] = [
    ("X-Request-Id", Type::String, "The request's own id if it is safe to repeat, else a new one"),
    ("X-RateLimit-Limit", Type::Integer, "Requests per client address in a window"),
    ("X-RateLimit-Remaining", Type::Integer, "Requests left in the window"),
    ("X-RateLimit-Reset", Type::Integer, "End of the window in Unix seconds"),
    ("RateLimit", Type::String, "The same by draft-ietf-httpapi-ratelimit-headers"),
    ("RateLimit-Policy", Type::String, "The limit by draft-ietf-httpapi-ratelimit-headers"),
];

pub(super) struct Complete;

impl Modify for Complete {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let examples = Examples::new(&components.schemas);
        let mut used = BTreeSet::new();
        let endpoints = crate::endpoints();
        for (path, item) in &mut openapi.paths.paths {
            let format = format(&endpoints, path);
            for (operation, changes) in operations(item) {
                add_errors(operation, path, format, changes);
                if let Some(RefOr::T(body)) = &mut operation.request_body {
                    make_optional(body);
                    body.content.values_mut().for_each(|content| add_example(content, &examples));
                }
                for response in operation.responses.responses.values_mut() {
                    match response {
                        RefOr::Ref(reference) => {
                            used.extend(reference.ref_location.rsplit('/').next().map(ToOwned::to_owned));
                        }
                        RefOr::T(response) => {
                            add_headers(response);
                            response.content.values_mut().for_each(|content| add_example(content, &examples));
                        }
                    }
                }
            }
        }
        add_security(components);
        for (name, kind, text) in HEADERS {
            components.headers.insert(name.to_owned(), RefOr::T(header(kind, text)));
        }
        for (name, mut response) in problem::responses().into_iter().filter(|(name, _)| used.contains(name)) {
            add_headers(&mut response);
            components.responses.insert(name, RefOr::T(response));
        }
    }
}

/// Describes a body that may be omitted as optional, not as null.
fn make_optional(body: &mut RequestBody) {
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        let Some(RefOr::T(Schema::OneOf(choices))) = &content.schema else { continue };
        if let [only, RefOr::T(Schema::Object(_))] = choices.items.as_slice() {
            content.schema = Some(only.clone());
            body.required = None;
        }
    }
}

fn add_example(content: &mut RefOr<Content>, examples: &Examples) {
    let RefOr::T(content) = content else { return };
    content.example = content.schema.as_ref().and_then(|schema| examples.example(schema));
}

/// The operations of a path; true for those that change something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    let PathItem { get, post, patch, delete, .. } = item;
    let all = [(get, false), (post, true), (patch, true), (delete, true)];
    all.into_iter().filter_map(|(operation, changes)| Some((operation.as_mut()?, changes)))
}

fn format(endpoints: &[Endpoint], path: &str) -> Format {
    let shapes = endpoints.iter().find(|endpoint| endpoint.path() == path).map(Endpoint::error_shapes);
    match shapes {
        Some([ErrorShape::OAuth]) => Format::OAuth,
        Some([_, _]) => Format::Either,
        _ => Format::Rest,
    }
}

/// Adds the errors that follow from the operation itself. Those of the handler take precedence.
fn add_errors(operation: &mut Operation, path: &str, format: Format, changes: bool) {
    let schemes: Vec<SecurityRequirement> = operation.security.get_or_insert_default().clone();
    let schemes: Vec<String> =
        schemes.iter().filter_map(|scheme| serde_json::to_string(scheme).ok()).collect();
    // Probes are neither limited nor refused for their contents.
    let mut statuses = if matches!(path, "/healthz" | "/readyz") { vec![405] } else { vec![429, 500, 503] };
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
        statuses.into_iter().filter_map(|status| problem::reference(format, status)).collect();
    derived.append(&mut operation.responses.responses);
    operation.responses.responses = derived;
}

fn add_headers(response: &mut Response) {
    for (name, ..) in HEADERS {
        let reference = Ref::new(format!("#/components/headers/{name}"));
        response.headers.insert(name.to_owned(), RefOr::Ref(reference));
    }
}

fn add_security(components: &mut Components) {
    let mut bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    bearer = bearer.description(Some("An access token (RFC 6750). It takes precedence over a cookie."));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));

    let description = "The session of a browser (`kw_session` over plain-http localhost). Requests that change \
                       something must come from the server's own pages.";
    let cookie = ApiKeyValue::with_description("__Host-kw_session", description);
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));

    let mut basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic);
    basic = basic.description(Some("A configured resource server (RFC 6749 §2.3.1)"));
    components.add_security_scheme("resource_server", SecurityScheme::Http(basic.build()));
}
