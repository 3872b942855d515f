//! What went wrong, as clients are told. REST endpoints and OAuth endpoints (RFC 6749 §5.2) say the same in
//! two shapes.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use keywright_domain::StoreError;
use keywright_domain::access_token::SigningFailed;
use serde_json::{Map, Value, json};

/// How an error is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `{"error": sentence, "code": code, "details"?: {field: [sentence]}}`
    Rest,
    /// `{"error": code, "error_description": sentence}`
    OAuth,
}

/// The code of the problem that a response tells of, for what surrounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub &'static str);

/// An error answer. Never a message, type or path from inside.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    shape: Shape,
    details: Map<String, Value>,
    challenge: Option<String>,
    retry_after: Option<i64>,
    allow: Option<String>,
    interval: Option<i64>,
}

impl Problem {
    /// A problem in the shape of REST.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            shape: Shape::Rest,
            details: Map::new(),
            challenge: None,
            retry_after: None,
            allow: None,
            interval: None,
        }
    }

    /// A parameter is missing or repeated.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// The body cannot be read.
    pub fn invalid_json(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", message)
    }

    /// A field has a value that it cannot have. `message` follows the field's name.
    pub fn validation(field: &str, message: &str) -> Self {
        Self::validations([(field, message)])
    }

    /// Fields have values that they cannot have.
    pub fn validations<'a>(errors: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut details: Map<String, Value> = Map::new();
        let mut sentences = Vec::new();
        for (field, message) in errors {
            sentences.push(format!("{field} {message}"));
            if let Value::Array(messages) = details.entry(field).or_insert_with(|| json!([])) {
                messages.push(json!(message));
            }
        }
        let message = format!("Validation failed: {}", sentences.join("; "));
        Self { details, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed", message) }
    }

    /// There is no credential (RFC 6750 §3.1: then the challenge has no error).
    pub fn unauthorized() -> Self {
        let message = "Sign in: send an access token as a bearer token, or a session cookie";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message).with_challenge("Bearer".to_owned())
    }

    /// The credential is malformed, expired, revoked or foreign (RFC 6750 §3.1).
    pub fn invalid_token(message: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::UNAUTHORIZED, "invalid_token", message);
        let description: String = problem
            .message
            .chars()
            .filter(|c| c.is_ascii_graphic() || *c == ' ')
            .filter(|c| *c != '"' && *c != '\\')
            .collect();
        problem.with_challenge(format!(r#"Bearer error="invalid_token", error_description="{description}""#))
    }

    /// The caller may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// The caller must sign in again first.
    pub fn reauthentication_required() -> Self {
        let message = "This needs a recent sign-in: sign in again and repeat the request";
        Self::new(StatusCode::FORBIDDEN, "reauthentication_required", message)
    }

    /// There is no such thing, or it is not the caller's.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// It cannot be done as things stand.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// The path takes other methods.
    pub fn method_not_allowed(allow: String) -> Self {
        let message = format!("This path takes {allow}");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
        Self { allow: Some(allow), ..problem }
    }

    /// Too many requests; the next one is welcome in `retry_after` seconds.
    pub fn rate_limited(retry_after: i64) -> Self {
        let message = format!("Too many requests: try again in {retry_after} seconds");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message);
        Self { retry_after: Some(retry_after), ..problem }
    }

    /// The store cannot be reached just now.
    pub fn unavailable() -> Self {
        let message = "The service is temporarily unavailable: try again shortly";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
        Self { retry_after: Some(1), ..problem }
    }

    /// A defect of the server. The cause is logged, never sent.
    pub fn internal() -> Self {
        let message = "Something went wrong on the server: it has been logged";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
    }

    /// The same as RFC 6749 §5.2 has it: a bad body or value is `invalid_request`.
    #[must_use]
    pub fn oauth(self) -> Self {
        let (status, code) = match self.code {
            "validation_failed" | "invalid_json" => (StatusCode::BAD_REQUEST, "invalid_request"),
            code => (self.status, code),
        };
        Self { status, code, shape: Shape::OAuth, ..self }
    }

    /// The same with a challenge (RFC 9110 §11.6.1).
    #[must_use]
    pub fn with_challenge(self, challenge: String) -> Self {
        Self { challenge: Some(challenge), ..self }
    }

    /// The same with the interval that a device must keep from now on, in seconds.
    #[must_use]
    pub fn with_interval(self, interval: i64) -> Self {
        Self { interval: Some(interval), ..self }
    }

    fn body(&self) -> Value {
        let mut body = match self.shape {
            Shape::Rest => json!({"error": self.message, "code": self.code}),
            Shape::OAuth => json!({"error": self.code, "error_description": self.message}),
        };
        if let Value::Object(fields) = &mut body {
            if self.shape == Shape::Rest && !self.details.is_empty() {
                fields.insert("details".to_owned(), Value::Object(self.details.clone()));
            }
            // Who tries methods need not know that this path is one of OAuth's.
            self.allow.as_ref().map(|_| fields.insert("code".to_owned(), json!(self.code)));
            self.interval.map(|interval| fields.insert("interval".to_owned(), json!(interval)));
        }
        body
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(challenge) = &self.challenge {
            response.insert_header((WWW_AUTHENTICATE, challenge.as_str()));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((ALLOW, allow.as_str()));
        }
        if self.shape == Shape::OAuth {
            response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
        }
        let mut response = response.json(self.body());
        response.extensions_mut().insert(Code(self.code));
        response
    }
}

impl actix_web::Responder for Problem {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        self.error_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => {
                tracing::error!(error.cause = %cause, "the store is unavailable");
                Self::unavailable()
            }
            StoreError::Broken(cause) => {
                tracing::error!(error.cause = %cause, "the store is broken");
                Self::internal()
            }
        }
    }
}

impl From<SigningFailed> for Problem {
    fn from(error: SigningFailed) -> Self {
        tracing::error!(error.cause = %error, "an access token could not be signed");
        Self::internal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_two_shapes() {
        let problem = Problem::validation("email", "is not an e-mail address");

        assert_eq!(
            problem.body(),
            json!({"error": "Validation failed: email is not an e-mail address", "code": "validation_failed",
                   "details": {"email": ["is not an e-mail address"]}})
        );
        assert_eq!(
            problem.oauth().body(),
            json!({"error": "invalid_request",
                   "error_description": "Validation failed: email is not an e-mail address"})
        );
    }

    #[test]
    fn a_failed_store_never_looks_like_a_bad_credential() {
        let problem = Problem::from(StoreError::unavailable("the cause")).oauth();

        let response = problem.error_response();
        assert_eq!((problem.status.as_u16(), problem.code), (503, "unavailable"));
        assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), "1");
        assert!(!problem.body().to_string().contains("the cause"));
        assert_eq!(response.extensions().get::<Code>(), Some(&Code("unavailable")));
    }

    #[test]
    fn a_challenge_is_one_line_without_quotes_inside() {
        let problem = Problem::invalid_token("a \"b\"\r\nc");

        assert_eq!(
            problem.challenge.as_deref(),
            Some(r#"Bearer error="invalid_token", error_description="a bc""#)
        );
    }
}
