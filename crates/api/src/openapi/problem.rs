//! Errors in the description: their two shapes, and each status as one response that operations refer to.

use std::collections::BTreeMap;

use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder, Type, schema};
use utoipa::{IntoResponses, ToSchema};

use super::furnish::header;

/// What went wrong: a sentence for people, a stable code for programs.
#[derive(ToSchema)]
pub struct Problem {
    /// A sentence.
    pub error: String,
    #[schema(examples("validation_failed"))]
    pub code: String,
    /// With `validation_failed`: what is wrong with each field.
    #[schema(nullable = false)]
    pub details: Option<BTreeMap<String, Vec<String>>>,
}

/// What went wrong, as RFC 6749 §5.2 has it.
#[derive(ToSchema)]
pub struct OAuthProblem {
    #[schema(examples("invalid_grant"))]
    pub error: String,
    /// A sentence.
    pub error_description: String,
    /// With `slow_down`: how many seconds to leave between polls from now on.
    #[schema(nullable = false)]
    pub interval: Option<i64>,
}

/// How the errors of an operation are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Rest,
    OAuth,
    /// One or the other, by what the request holds.
    Either,
}

/// A status with what it means, and the headers that it adds.
struct Status {
    code: u16,
    name: &'static str,
    means: &'static str,
    headers: &'static [&'static str],
}

const STATUSES: [Status; 12] = [
    Status {
        code: 400,
        name: "BadRequest",
        means: "The request cannot be read, or lacks a parameter",
        headers: &[],
    },
    Status {
        code: 401,
        name: "Unauthorized",
        means: "The credential is missing or no good",
        headers: &["WWW-Authenticate"],
    },
    Status {
        code: 403,
        name: "Forbidden",
        means: "Not allowed, not from this origin, or only after a fresh sign-in",
        headers: &[],
    },
    Status {
        code: 404,
        name: "NotFound",
        means: "There is no such thing, or it is not the caller's",
        headers: &[],
    },
    Status {
        code: 405,
        name: "MethodNotAllowed",
        means: "The path takes other methods",
        headers: &["Allow"],
    },
    Status { code: 409, name: "Conflict", means: "It cannot be done as things stand", headers: &[] },
    Status { code: 413, name: "PayloadTooLarge", means: "The body is larger than 64 KiB", headers: &[] },
    Status {
        code: 415,
        name: "UnsupportedMediaType",
        means: "The body has another media type",
        headers: &[],
    },
    Status { code: 422, name: "Invalid", means: "A field has a value that it cannot have", headers: &[] },
    Status { code: 429, name: "RateLimited", means: "Too many requests", headers: &["Retry-After"] },
    Status { code: 500, name: "InternalError", means: "A defect of the server", headers: &[] },
    Status {
        code: 503,
        name: "Unavailable",
        means: "The store cannot be reached just now",
        headers: &["Retry-After"],
    },
];

/// The error answer with this status, for `responses(…)` of a handler.
pub struct Refused<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for Refused<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reference(Shape::Rest, STATUS).into_iter().collect()
    }
}

/// The same in the shape of OAuth.
pub struct OAuthRefused<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for OAuthRefused<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reference(Shape::OAuth, STATUS).into_iter().collect()
    }
}

fn prefix(shape: Shape) -> &'static str {
    match shape {
        Shape::Rest => "",
        Shape::OAuth => "OAuth",
        Shape::Either => "Either",
    }
}

/// The status, and what refers to its response.
pub(super) fn reference(shape: Shape, status: u16) -> Option<(String, RefOr<Response>)> {
    let row = STATUSES.iter().find(|row| row.code == status)?;
    let name = format!("{}{}", prefix(shape), row.name);
    Some((status.to_string(), RefOr::Ref(Ref::from_response_name(name))))
}

/// Every response that [`reference`] can refer to, by its name.
pub(super) fn responses() -> Vec<(String, Response)> {
    let shapes = [Shape::Rest, Shape::OAuth, Shape::Either];
    let pairs = shapes.into_iter().flat_map(|shape| STATUSES.iter().map(move |row| (shape, row)));
    pairs.map(|(shape, row)| (format!("{}{}", prefix(shape), row.name), response(shape, row))).collect()
}

fn response(shape: Shape, row: &Status) -> Response {
    let rest = Ref::from_schema_name("Problem");
    let oauth = Ref::from_schema_name("OAuthProblem");
    let body: RefOr<schema::Schema> = match shape {
        Shape::Rest => rest.into(),
        Shape::OAuth => oauth.into(),
        Shape::Either => schema::OneOfBuilder::new().item(rest).item(oauth).into(),
    };
    let content = Content::new(Some(body));
    let mut builder = ResponseBuilder::new().description(row.means).content("application/json", content);
    for name in row.headers {
        let (kind, text) = match *name {
            "Retry-After" => (Type::Integer, "In how many seconds to try again"),
            "Allow" => (Type::String, "The methods that the path takes"),
            _ => (Type::String, "What to authenticate with (RFC 6750 §3)"),
        };
        builder = builder.header(*name, header(kind, text));
    }
    builder.build()
}
