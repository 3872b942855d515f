//! What went wrong, as clients are told. REST endpoints and OAuth endpoints (RFC 6749 §5.2) say the same in
//! two shapes.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use keywright_domain::StoreError;
use keywright_domain::access_token::SigningFailed;
use serde_json::{Map, Value, json};
use tracing::Level;

use crate::error_code::ErrorCode;

/// The shape of an error in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{"error": sentence, "code": code, "details"?: {field: [sentence]}}`
    Rest,
    /// `{"error": code, "error_description": sentence}`
    OAuth,
}

/// A cause for the log. It is never sent.
#[derive(Clone, Debug)]
struct Cause {
    level: Level,
    message: &'static str,
    text: String,
}

/// An error answer. Never a message, type or path from inside.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub code: ErrorCode,
    pub message: String,
    /// The shape, where the handler and not the endpoint decides it.
    pub(crate) shape: Option<ErrorShape>,
    details: Map<String, Value>,
    challenge: Option<String>,
    retry_after: Option<i64>,
    allow: Option<String>,
    interval: Option<i64>,
    cause: Option<Cause>,
}

impl Problem {
    /// A problem in the shape of REST.
    pub fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            shape: None,
            details: Map::new(),
            challenge: None,
            retry_after: None,
            allow: None,
            interval: None,
            cause: None,
        }
    }

    /// A parameter is missing or repeated.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, message)
    }

    /// The body cannot be read.
    pub fn invalid_json(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidJson, message)
    }

    /// A field has a value that it cannot have. `message` follows the field's name.
    pub fn validation(field: &str, message: &str) -> Self {
        Self::validations([(field, message)])
    }

    /// Fields have values that they cannot have.
    pub fn validations<'a>(errors: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::ValidationFailed, "");
        let (problem, sentences) =
            errors.into_iter().fold((problem, Vec::new()), |(problem, mut all), (field, message)| {
                all.push(format!("{field} {message}"));
                (problem.with_detail(field, message), all)
            });
        Self { message: format!("Validation failed: {}", sentences.join("; ")), ..problem }
    }

    /// The problem with what is wrong with a field.
    #[must_use]
    pub fn with_detail(mut self, field: &str, message: &str) -> Self {
        if let Value::Array(messages) = self.details.entry(field).or_insert_with(|| json!([])) {
            messages.push(json!(message));
        }
        self
    }

    /// There is no credential (RFC 6750 §3.1: then the challenge has no error).
    pub fn unauthorized() -> Self {
        let message = "Sign in: send an access token as a bearer token, or a session cookie";
        Self::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized, message)
            .with_challenge("Bearer".to_owned())
    }

    /// The credential is malformed, expired, revoked or foreign (RFC 6750 §3.1).
    pub fn invalid_token(message: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken, message);
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
        Self::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden, message)
    }

    /// The caller must sign in again first.
    pub fn reauthentication_required() -> Self {
        let message = "This needs a recent sign-in: sign in again and repeat the request";
        Self::new(StatusCode::FORBIDDEN, ErrorCode::ReauthenticationRequired, message)
    }

    /// There is no such thing, or it is not the caller's.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, message)
    }

    /// It cannot be done as things stand.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, ErrorCode::Conflict, message)
    }

    /// The path takes other methods.
    pub fn method_not_allowed(allow: String) -> Self {
        let message = format!("This path takes {allow}");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed, message);
        Self { allow: Some(allow), ..problem }
    }

    /// Too many requests; the next one is welcome in `retry_after` seconds.
    pub fn rate_limited(retry_after: i64) -> Self {
        let message = format!("Too many requests: try again in {retry_after} seconds");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited, message);
        Self { retry_after: Some(retry_after), ..problem }
    }

    /// The store cannot be reached just now.
    pub fn unavailable() -> Self {
        let message = "The service is temporarily unavailable: try again shortly";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, message);
        Self { retry_after: Some(1), ..problem }
    }

    /// A defect of the server. The cause is logged, never sent.
    pub fn internal() -> Self {
        let message = "Something went wrong on the server: it has been logged";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalError, message)
    }

    /// The problem in `shape`. RFC 6749 §5.2 has no other word for a bad body or value than `invalid_request`.
    #[must_use]
    pub fn shaped(self, shape: ErrorShape) -> Self {
        let (status, code) = match (shape, self.code) {
            (ErrorShape::OAuth, ErrorCode::ValidationFailed | ErrorCode::InvalidJson) => {
                (StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest)
            }
            (_, code) => (self.status, code),
        };
        Self { status, code, shape: Some(shape), ..self }
    }

    /// The problem with its cause, which is logged once, when the request is answered.
    #[must_use]
    pub fn caused_by(self, level: Level, message: &'static str, cause: &dyn fmt::Display) -> Self {
        Self { cause: Some(Cause { level, message, text: cause.to_string() }), ..self }
    }

    /// Logs the cause, if there is one.
    pub fn log(&self) {
        let Some(Cause { level, message, text }) = &self.cause else { return };
        if *level == Level::ERROR {
            tracing::error!(error.cause = %text, "{message}");
        } else {
            tracing::info!(error.cause = %text, "{message}");
        }
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
        let shape = self.shape.unwrap_or(ErrorShape::Rest);
        let mut body = match shape {
            ErrorShape::Rest => json!({"error": self.message, "code": self.code}),
            ErrorShape::OAuth => json!({"error": self.code, "error_description": self.message}),
        };
        if let Value::Object(fields) = &mut body {
            if shape == ErrorShape::Rest && !self.details.is_empty() {
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
        if self.shape == Some(ErrorShape::OAuth) {
            response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
        }
        let mut response = response.json(self.body());
        response.extensions_mut().insert(self.clone());
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
                Self::unavailable().caused_by(Level::ERROR, "the store is unavailable", &cause)
            }
            StoreError::Broken(cause) => {
                Self::internal().caused_by(Level::ERROR, "the store is broken", &cause)
            }
        }
    }
}

impl From<SigningFailed> for Problem {
    fn from(error: SigningFailed) -> Self {
        Self::internal().caused_by(Level::ERROR, "signing an access token failed", &error)
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
            problem.shaped(ErrorShape::OAuth).body(),
            json!({"error": "invalid_request",
                   "error_description": "Validation failed: email is not an e-mail address"})
        );
    }

    #[test]
    fn a_failed_store_never_looks_like_a_bad_credential() {
        let problem = Problem::from(StoreError::unavailable("the cause")).shaped(ErrorShape::OAuth);

        let response = problem.error_response();
        assert_eq!((problem.status.as_u16(), problem.code), (503, ErrorCode::Unavailable));
        assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), "1");
        assert!(!problem.body().to_string().contains("the cause"));
        assert_eq!(response.extensions().get::<Problem>().unwrap().code, ErrorCode::Unavailable);
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
