//! Signing in by mail (contract §5).

use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use keywright_service::Service;
use keywright_service::magic_link::{Presented, Requested, SignedIn, request, verify};
use keywright_service::session::sign_in::Wanted;
use keywright_web::body::{Fields, Json};
use keywright_web::caller::current_session;
use keywright_web::context::At;
use keywright_web::csrf;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::settings::Settings;
use keywright_web::time::seconds;
use serde_json::{Map, json};
use uuid::Uuid;

use crate::openapi::magic_link as api;
use crate::openapi::problem::Refused;
use crate::{session, user};

/// Whoever asks is told this, account or not.
const MESSAGE: &str = "If this address can sign in here, a message with a link and a code is on its way.";

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/api/v1/auth/magic_link").post(ask),
        Endpoint::at("/api/v1/auth/magic_link/verify").post(redeem),
    ]
}

/// Mails a link and a code to sign in with
#[utoipa::path(post, path = "/api/v1/auth/magic_link", operation_id = "requestMagicLink", tag = "Magic links",
    request_body = api::MagicLinkRequest,
    responses((status = 200, description = "The same whether or not the address has an account", body = api::MagicLinkAnswer),
        Refused::<422>))]
pub(crate) async fn ask(body: Json, service: web::Data<Service>, at: At) -> Result<HttpResponse, Problem> {
    let (email, redirect_to) = (body.0.required("email")?, body.0.text("redirect_to")?);
    let Requested { request_id, expires_in } = request(&service, email, redirect_to, &at).await?;
    Ok(HttpResponse::Ok().json(json!({
        "message": MESSAGE, "request_id": request_id, "expires_in": seconds(expires_in),
    })))
}

/// Signs in by the link or the code from a mail
#[utoipa::path(post, path = "/api/v1/auth/magic_link/verify", operation_id = "verifyMagicLink", tag = "Magic links",
    request_body = api::VerifyRequest,
    responses((status = 200, description = "Signed in", body = api::SignIn,
        headers(("Set-Cookie" = String, description = "The session, if a cookie was asked for"))),
        Refused::<401>, Refused::<403>, Refused::<422>))]
pub(crate) async fn redeem(
    request: HttpRequest,
    body: Json,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted(&request, &body.0, &service, &settings)?;
    let signed_in = verify(&service, &presented(&body.0)?, wanted, &at).await?;
    Ok(answer(&signed_in, &settings))
}

fn presented(fields: &Fields) -> Result<Presented, Problem> {
    if let Some(token) = fields.text("token")? {
        return Ok(Presented::Token(token.to_owned()));
    }
    let Some(request_id) = fields.text("request_id")? else {
        return Err(Problem::invalid_request("Send a token, or a request_id and a code"));
    };
    let request_id =
        Uuid::try_parse(request_id).map_err(|_| Problem::validation("request_id", "is not a UUID"))?;
    Ok(Presented::Code { request_id, code: fields.required("code")?.to_owned() })
}

/// What the sign-in shall be: tokens, or the cookie that `"session": "cookie"` asks for.
pub(crate) fn wanted(
    request: &HttpRequest,
    fields: &Fields,
    service: &Service,
    settings: &Settings,
) -> Result<Wanted, Problem> {
    match fields.text("session")? {
        None => Ok(Wanted::Tokens { client_id: fields.text("client_id")?.map(ToOwned::to_owned) }),
        Some("cookie") => {
            csrf::require_same_origin(request, settings)?;
            Ok(Wanted::Cookie { current: current_session(request, service, settings) })
        }
        Some(_) => Err(Problem::validation("session", "can only be cookie")),
    }
}

/// What a sign-in is answered with.
pub(crate) fn answer(signed_in: &SignedIn, settings: &Settings) -> HttpResponse {
    let mut fields = Map::new();
    fields.insert("user".to_owned(), user::shape(&signed_in.user));
    fields.insert("new_user".to_owned(), json!(signed_in.is_new));
    if let Some(target) = &signed_in.redirect_to {
        fields.insert("redirect_to".to_owned(), json!(target.as_str()));
    }
    session::granted(&signed_in.grant, fields, settings)
}
