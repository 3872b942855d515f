//! Introspection (contract §6, RFC 7662): resource servers ask about tokens.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keywright_domain::resource_server::ResourceServers;
use keywright_service::Service;
use keywright_service::session::introspection::{Introspection, introspect};
use keywright_web::body::{Body, FORM};
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::error_code::ErrorCode;
use keywright_web::problem::Problem;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::session::{TokenType, uncached};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::oauth("/api/v1/auth/introspect").post(inspect)]
}

/// A token to describe (RFC 7662 §2.1).
#[derive(Debug, Deserialize, ToSchema)]
pub struct IntrospectionRequest {
    /// An access or refresh token. Required.
    // Authentication comes first, so its absence is found later.
    #[schema(required, nullable = false)]
    pub token: Option<String>,
    /// Not needed.
    pub token_type_hint: Option<String>,
    /// With `client_secret`: the resource server, unless it authenticates by HTTP Basic.
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
}

/// A token's state (RFC 7662 §2.2). An inactive token has no other fields.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct IntrospectionResponse {
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_type: Option<TokenType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_use: Option<TokenUse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("web"))]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("https://auth.example.com"))]
    pub iss: Option<String>,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sub: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("https://auth.example.com"))]
    pub aud: Option<String>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(1_800_014_400))]
    pub exp: Option<i64>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(1_800_000_000))]
    pub iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub jti: Option<Uuid>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sid: Option<Uuid>,
}

/// The use of a token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenUse {
    AccessToken,
    RefreshToken,
}

/// Describes a token (RFC 7662)
#[utoipa::path(post, path = "/api/v1/auth/introspect", operation_id = "introspect", tag = "Tokens",
    request_body(content = IntrospectionRequest, content_type = "application/x-www-form-urlencoded"),
    security((), ("resource_server" = [])),
    responses((status = 200, description = "The state and the owner of the token", body = IntrospectionResponse)))]
pub(crate) async fn inspect(
    request: HttpRequest,
    body: Result<Body<IntrospectionRequest, FORM>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let body = authenticated(request.headers(), body, &service.resource_servers)?;
    let missing = || Problem::invalid_request("The parameter token is missing");
    let token = body.token.ok_or_else(missing)?;
    let found = introspect(&service, &token, &at).await?;
    Ok(uncached(describe(&found, &service)))
}

fn describe(found: &Introspection, service: &Service) -> IntrospectionResponse {
    let iss = Some(service.rules.issuer().clone());
    match found {
        Introspection::Inactive => IntrospectionResponse::default(),
        Introspection::AccessToken(claims) => IntrospectionResponse {
            active: true,
            token_type: Some(TokenType::Bearer),
            token_use: Some(TokenUse::AccessToken),
            client_id: Some(claims.client_id.as_str().to_owned()),
            iss,
            sub: Some(claims.user_id.0),
            aud: Some(service.rules.audience.clone()),
            exp: Some(claims.expires_at.timestamp()),
            iat: Some(claims.issued_at.timestamp()),
            jti: Some(claims.token_id),
            sid: Some(claims.session_id.0),
        },
        // Neither a token type nor an audience, so that nobody takes it for an access token.
        Introspection::RefreshToken(session) => IntrospectionResponse {
            active: true,
            token_use: Some(TokenUse::RefreshToken),
            client_id: Some(session.client_id.as_str().to_owned()),
            iss,
            sub: Some(session.user_id.0),
            exp: Some(session.expires_at().timestamp()),
            iat: Some(session.chain.made_at.timestamp()),
            sid: Some(session.id.0),
            ..IntrospectionResponse::default()
        },
    }
}

/// The body of a request by a resource server that authenticates by HTTP Basic or in the body, never by both
/// (RFC 6749 §2.3). A wrong header is reported before a bad body.
fn authenticated(
    headers: &HeaderMap,
    body: Result<Body<IntrospectionRequest, FORM>, Problem>,
    servers: &ResourceServers,
) -> Result<IntrospectionRequest, Problem> {
    let mut authorizations = headers.get_all(AUTHORIZATION);
    let Some(authorization) = authorizations.next() else {
        let Body(body) = body?;
        let posted = body.client_id.as_deref().zip(body.client_secret.as_deref());
        let is_known = posted.is_some_and(|(id, secret)| servers.authenticate(id, secret));
        return if is_known { Ok(body) } else { Err(invalid_client()) };
    };
    if authorizations.next().is_some() {
        return Err(invalid_client());
    }
    let basic = authorization.to_str().ok().and_then(Basic::parse).ok_or_else(invalid_client)?;
    let id = basic.authenticate(servers).ok_or_else(invalid_client)?;
    let Body(body) = body?;
    let is_other = body.client_id.as_deref().is_some_and(|other| other != id);
    if is_other || body.client_secret.is_some() {
        return Err(Problem::invalid_request("Authenticate by HTTP Basic or by the body, not by both"));
    }
    Ok(body)
}

/// RFC 6749 §5.2: 401, with a challenge of the scheme that can be used.
fn invalid_client() -> Problem {
    let message = "Authenticate as a resource server: by HTTP Basic, or by client_id and client_secret";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidClient, message);
    problem.with_challenge(r#"Basic realm="keywright", charset="UTF-8""#.to_owned())
}

/// Credentials of HTTP Basic (RFC 7617 §2).
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
