//! Signing in by mail (contract §5).

use actix_web::web::{self, Json};
use actix_web::{HttpRequest, HttpResponse};
use keywright_service::Service;
use keywright_service::magic_link::{Presented, Requested, SignedIn, request, verify};
use keywright_web::body::Body;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::settings::Settings;
use keywright_web::time::seconds;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::openapi::problem::Refused;
use crate::sign_in::{SessionTransport, SignInResponse};

/// The same for every address, with or without an account.
const MESSAGE: &str = "If this address can sign in here, a message with a link and a code is on its way.";

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/api/v1/auth/magic_link").post(ask),
        Endpoint::at("/api/v1/auth/magic_link/verify").post(redeem),
    ]
}

/// The address to mail a link and a code to.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MagicLinkRequest {
    #[schema(examples("user@example.com"))]
    pub email: String,
    /// A path on this server, or a URL on one of `magic_link.redirect_origins`. `verify` returns it.
    #[schema(examples("/account"))]
    pub redirect_to: Option<String>,
}

/// The same whether or not the address has an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct MagicLinkResponse {
    /// A sentence for people.
    pub message: &'static str,
    /// Identifies the request when the code from the mail is sent.
    pub request_id: Uuid,
    /// Seconds until the link and the code expire.
    #[schema(examples(900))]
    pub expires_in: i64,
}

/// The proof that the mail has arrived: the `token` of the link, or the `request_id` and the `code`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct VerifyRequest {
    /// `kwm_…`, from the fragment of the link.
    #[schema(examples("kwm_AAAA"))]
    pub token: Option<String>,
    /// From the response to the request for the link.
    #[schema(value_type = Option<Uuid>)]
    pub request_id: Option<String>,
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: Option<String>,
    pub session: Option<SessionTransport>,
    /// A public client [default: web].
    pub client_id: Option<String>,
}

/// Mails a link and a code to sign in with
#[utoipa::path(post, path = "/api/v1/auth/magic_link", operation_id = "requestMagicLink", tag = "Magic links",
    request_body = MagicLinkRequest,
    responses((status = 200, description = "The same whether or not the address has an account", body = MagicLinkResponse),
        Refused::<422>))]
pub(crate) async fn ask(
    body: Body<MagicLinkRequest>,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<MagicLinkResponse>, Problem> {
    let MagicLinkRequest { email, redirect_to } = body.0;
    let Requested { request_id, expires_in } = request(&service, &email, redirect_to.as_deref(), &at).await?;
    Ok(Json(MagicLinkResponse {
        message: MESSAGE,
        request_id: request_id.0,
        expires_in: seconds(expires_in),
    }))
}

/// Signs in by the link or the code from a mail
#[utoipa::path(post, path = "/api/v1/auth/magic_link/verify", operation_id = "verifyMagicLink", tag = "Magic links",
    request_body = VerifyRequest,
    responses((status = 200, description = "Signed in", body = SignInResponse,
        headers(("Set-Cookie" = String, description = "The session, if a cookie was asked for"))),
        Refused::<401>, Refused::<403>, Refused::<422>))]
pub(crate) async fn redeem(
    request: HttpRequest,
    body: Body<VerifyRequest>,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let VerifyRequest { token, request_id, code, session, client_id } = body.0;
    let wanted = SessionTransport::requested(session, client_id, &request, &service, &settings)?;
    let presented = presented(token, request_id, code)?;
    let SignedIn { user, is_new, redirect_to, grant, .. } = verify(&service, &presented, wanted, &at).await?;
    let response = SignInResponse {
        new_user: Some(is_new),
        redirect_to: redirect_to.map(|target| target.as_str().to_owned()),
        ..SignInResponse::new(&user, &grant)
    };
    Ok(response.with_cookie(&grant, &settings))
}

fn presented(
    token: Option<String>,
    request_id: Option<String>,
    code: Option<String>,
) -> Result<Presented, Problem> {
    if let Some(token) = token {
        return Ok(Presented::Token(token));
    }
    let Some(request_id) = request_id else {
        return Err(Problem::invalid_request("Send a token, or a request_id and a code"));
    };
    let request_id =
        Uuid::try_parse(&request_id).map_err(|_| Problem::validation("request_id", "is not a UUID"))?;
    let code = code.ok_or_else(|| Problem::invalid_request("The parameter code is missing"))?;
    Ok(Presented::Code { request_id, code })
}
