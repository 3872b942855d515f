//! Introspection (contract §6, RFC 7662): resource servers ask about tokens.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, PRAGMA};
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use keywright_domain::resource_server::ResourceServers;
use keywright_service::Service;
use keywright_service::session::introspection::{Introspection, introspect};
use keywright_web::body::{Fields, JsonOrForm};
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::error_code::ErrorCode;
use keywright_web::problem::Problem;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::openapi::introspection as api;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::oauth("/api/v1/auth/introspect").post(inspect)]
}

/// What a token stands for (RFC 7662)
#[utoipa::path(post, path = "/api/v1/auth/introspect", operation_id = "introspect", tag = "Tokens",
    request_body(content((api::IntrospectionRequest = "application/json"), (api::IntrospectionRequest = "application/x-www-form-urlencoded"))),
    security((), ("resource_server" = [])),
    responses((status = 200, description = "Whether it is active, and whose it is", body = api::IntrospectionAnswer)))]
pub(crate) async fn inspect(
    request: HttpRequest,
    body: Result<JsonOrForm, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let fields = authenticated(request.headers(), body, &service.resource_servers)?;
    let token = fields.required("token")?;
    // A hint that is wrong, or that nobody knows, is no error (RFC 7662 §2.1).
    fields.text("token_type_hint")?;
    let found = introspect(&service, token, &at).await?;
    Ok(HttpResponse::Ok().insert_header((PRAGMA, "no-cache")).json(shape(&found, &service)))
}

fn shape(found: &Introspection, service: &Service) -> Value {
    let unix = |instant: DateTime<Utc>| instant.timestamp();
    match found {
        Introspection::Inactive => json!({"active": false}),
        Introspection::AccessToken(claims) => json!({
            "active": true,
            "token_type": "Bearer",
            "token_use": "access_token",
            "client_id": claims.client_id.as_str(),
            "iss": service.rules.issuer(),
            "sub": claims.user_id,
            "aud": service.rules.audience,
            "exp": unix(claims.expires_at),
            "iat": unix(claims.issued_at),
            "jti": claims.token_id,
            "sid": claims.session_id,
        }),
        // Neither a token type nor an audience, so that nobody takes it for an access token.
        Introspection::RefreshToken(session) => json!({
            "active": true,
            "token_use": "refresh_token",
            "client_id": session.client_id.as_str(),
            "iss": service.rules.issuer(),
            "sub": session.user_id,
            "exp": unix(session.expires_at()),
            "iat": unix(session.chain.made_at),
            "sid": session.id,
        }),
    }
}

/// The body of a request that a resource server sends: by HTTP Basic or by what is in the body itself, never by
/// both (RFC 6749 §2.3). Who is wrong in the header is told that first, however bad the body is.
fn authenticated(
    headers: &HeaderMap,
    body: Result<JsonOrForm, Problem>,
    servers: &ResourceServers,
) -> Result<Fields, Problem> {
    let mut authorizations = headers.get_all(AUTHORIZATION);
    let Some(authorization) = authorizations.next() else {
        let JsonOrForm(fields) = body?;
        let posted = fields.text("client_id")?.zip(fields.text("client_secret")?);
        let is_known = posted.is_some_and(|(id, secret)| servers.authenticate(id, secret));
        return if is_known { Ok(fields) } else { Err(invalid_client()) };
    };
    if authorizations.next().is_some() {
        return Err(invalid_client());
    }
    let basic = authorization.to_str().ok().and_then(Basic::parse).ok_or_else(invalid_client)?;
    let id = basic.authenticate(servers).ok_or_else(invalid_client)?;
    let JsonOrForm(fields) = body?;
    let is_other = fields.text("client_id")?.is_some_and(|other| other != id);
    if is_other || fields.text("client_secret")?.is_some() {
        return Err(Problem::invalid_request("Authenticate by HTTP Basic or by the body, not by both"));
    }
    Ok(fields)
}

/// RFC 6749 §5.2: 401, with a challenge of the scheme that can be used.
fn invalid_client() -> Problem {
    let message = "Authenticate as a resource server: by HTTP Basic, or by client_id and client_secret";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidClient, message);
    problem.with_challenge(r#"Basic realm="keywright", charset="UTF-8""#.to_owned())
}

/// What HTTP Basic carries (RFC 7617 §2).
struct Basic {
    id: String,
    secret: String,
}

impl Basic {
    fn parse(header: &str) -> Option<Self> {
        let (scheme, credentials) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(credentials.trim_matches(' ')).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some(Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// The id, if the secret is right. Both are form-encoded (RFC 6749 §2.3.1); a client that leaves that out, as
    /// most do, is understood, too.
    fn authenticate(&self, servers: &ResourceServers) -> Option<String> {
        let decoded = decoded(&self.id).zip(decoded(&self.secret));
        let by_decoded = decoded.filter(|(id, secret)| servers.authenticate(id, secret)).map(|(id, _)| id);
        let by_itself = servers.authenticate(&self.id, &self.secret).then(|| self.id.clone());
        by_decoded.or(by_itself)
    }
}

/// The text behind one form-encoded value.
fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "p%ss w:rd+ü";

    fn servers() -> ResourceServers {
        ResourceServers::new([("api", SECRET)])
    }

    fn basic(credentials: &str) -> Option<String> {
        Basic::parse(&format!("Basic {}", STANDARD.encode(credentials)))?.authenticate(&servers())
    }

    #[test]
    fn basic_is_taken_encoded_and_as_it_is() {
        assert_eq!(basic("api:p%25ss+w%3Ard%2B%C3%BC").as_deref(), Some("api"));
        assert_eq!(basic("%61pi:p%25ss%20w%3ard%2b%c3%bc").as_deref(), Some("api"));
        assert_eq!(basic(&format!("api:{SECRET}")).as_deref(), Some("api"));
        for wrong in ["api", "api:", ":", "api:p%25ss", "API:p%25ss+w%3Ard%2B%C3%BC", "api:%ff"] {
            assert_eq!(basic(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_basic_is_refused() {
        for header in
            ["", "Basic", "Basic ", "Basic !", "Basic YQ", "Basic YQ==", "Bearer YTpi", "Basic /w=="]
        {
            let authenticated = Basic::parse(header).and_then(|basic| basic.authenticate(&servers()));
            assert_eq!(authenticated, None, "{header}");
        }
        assert!(Basic::parse("bASIC YTpi").is_some());
    }
}
