//! Errors in the document: their two formats, and one response for each status, which operations refer to.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder, Type, schema};
use utoipa::{IntoResponses, ToSchema};

/// An error: a sentence for people, a stable code for programs.
#[derive(ToSchema)]
pub struct Problem {
    /// A sentence.
    pub error: String,
    #[schema(examples("validation_failed"))]
    pub code: String,
    /// With `validation_failed`: the errors of each field.
    #[schema(nullable = false)]
    pub details: Option<BTreeMap<String, Vec<String>>>,
}

/// An error as RFC 6749 §5.2 defines it.
#[derive(ToSchema)]
pub struct OAuthProblem {
    #[schema(examples("invalid_grant"))]
    pub error: String,
    /// A sentence.
    pub error_description: String,
    /// With `slow_down`: seconds to leave between polls from now on.
    #[schema(nullable = false)]
    pub interval: Option<i64>,
}

/// The format of an operation's errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Rest,
    OAuth,
    /// One or the other, depending on the request.
    Either,
}

/// A status, its usual code, its meaning and the headers that it adds.
struct Status {
    number: u16,
    name: &'static str,
    code: &'static str,
    meaning: &'static str,
    headers: &'static [&'static str],
}

const fn status(
    status: u16,
    name: &'static str,
    code: &'static str,
    meaning: &'static str,
    headers: &'static [&'static str],
) -> Status {
    Status { number: status, name, code, meaning, headers }
}

const STATUSES: [Status; 12] = [
    status(400, "BadRequest", "invalid_request", "The request is malformed or lacks a parameter", &[]),
    status(
        401,
        "Unauthorized",
        "invalid_token",
        "The credential is missing or invalid",
        &["WWW-Authenticate"],
    ),
    status(
        403,
        "Forbidden",
        "forbidden",
        "Not allowed, not from this origin, or only after a fresh sign-in",
        &[],
    ),
    status(404, "NotFound", "not_found", "It does not exist, or it is not the caller's", &[]),
    status(405, "MethodNotAllowed", "method_not_allowed", "The path takes other methods", &["Allow"]),
    status(409, "Conflict", "conflict", "The current state does not allow it", &[]),
    status(413, "PayloadTooLarge", "payload_too_large", "The body is larger than 64 KiB", &[]),
    status(415, "UnsupportedMediaType", "unsupported_media_type", "The body has another media type", &[]),
    status(422, "Invalid", "validation_failed", "A field has an invalid value", &[]),
    status(429, "RateLimited", "rate_limited", "Too many requests", &["Retry-After"]),
    status(500, "InternalError", "internal_error", "A defect of the server", &[]),
    status(503, "Unavailable", "unavailable", "The store is temporarily unreachable", &["Retry-After"]),
];

/// The error response with this status, for `responses(…)` of a handler.
pub struct Refused<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for Refused<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reference(Format::Rest, STATUS).into_iter().collect()
    }
}

/// The same in the format of OAuth.
pub struct OAuthRefused<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for OAuthRefused<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reference(Format::OAuth, STATUS).into_iter().collect()
    }
}

fn prefix(format: Format) -> &'static str {
    match format {
        Format::Rest => "",
        Format::OAuth => "OAuth",
        Format::Either => "Either",
    }
}

/// The status, and a reference to its response.
pub(super) fn reference(format: Format, status: u16) -> Option<(String, RefOr<Response>)> {
    let row = STATUSES.iter().find(|row| row.number == status)?;
    let name = format!("{}{}", prefix(format), row.name);
    Some((status.to_string(), RefOr::Ref(Ref::from_response_name(name))))
}

/// All responses that [`reference`] can refer to, by name.
pub(super) fn responses() -> Vec<(String, Response)> {
    let formats = [Format::Rest, Format::OAuth, Format::Either];
    let pairs = formats.into_iter().flat_map(|format| STATUSES.iter().map(move |row| (format, row)));
    pairs.map(|(format, row)| (format!("{}{}", prefix(format), row.name), response(format, row))).collect()
}

fn response(format: Format, row: &Status) -> Response {
    let rest = Ref::from_schema_name("Problem");
    let oauth = Ref::from_schema_name("OAuthProblem");
    let body: RefOr<schema::Schema> = match format {
        Format::Rest => rest.into(),
        Format::OAuth => oauth.into(),
        Format::Either => schema::OneOfBuilder::new().item(rest).item(oauth).into(),
    };
    let mut example = match format {
        Format::Rest => json!({"error": row.meaning, "code": row.code}),
        Format::OAuth | Format::Either => json!({"error": row.code, "error_description": row.meaning}),
    };
    if let (Format::Rest, 422, Some(fields)) = (format, row.number, example.as_object_mut()) {
        fields.insert("details".to_owned(), json!({"email": ["is not an e-mail address"]}));
    }
    example.sort_all_objects();
    let content = Content::builder().schema(Some(body)).example(Some(example)).build();
    let mut builder = ResponseBuilder::new().description(row.meaning).content("application/json", content);
    for name in row.headers {
        let (kind, text) = match *name {
            "Retry-After" => (Type::Integer, "Seconds to wait before the next attempt"),
            "Allow" => (Type::String, "The methods that the path takes"),
            _ => (Type::String, "The accepted ways to authenticate (RFC 6750 §3)"),
        };
        builder = builder.header(*name, header(kind, text));
    }
    builder.build()
}

/// A header with a value of this kind.
pub(super) fn header(kind: Type, description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(kind);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}
