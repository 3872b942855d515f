//! Passkeys (contract §4).

use actix_web::http::StatusCode;
use actix_web::web::{self, Json};
use actix_web::{HttpRequest, HttpResponse};
use keywright_domain::id::PasskeyId;
use keywright_domain::passkey::Passkey;
use keywright_service::Service;
use keywright_service::passkey::{
    Begun, ManageError, SignInError, begin_registration, begin_sign_in, list, register, remove, rename,
    sign_in,
};
use keywright_service::session::sign_in::Wanted;
use keywright_web::body::Body;
use keywright_web::caller::Caller;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::refusal::unknown_passkey;
use keywright_web::settings::Settings;
use keywright_web::time::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::openapi::problem::Refused;
use crate::page::{ListResponse, Paging};
use crate::sign_in::{SessionTransport, SignInResponse};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/api/v1/auth/passkey/register/challenge").post(challenge_registration),
        Endpoint::at("/api/v1/auth/passkey/register").post(add),
        Endpoint::at("/api/v1/auth/passkey/login/challenge").post(challenge_sign_in),
        Endpoint::at("/api/v1/auth/passkey/login").post(log_in),
        Endpoint::at("/api/v1/auth/passkeys").get(show),
        Endpoint::at("/api/v1/auth/passkeys/{id}").patch(change).delete(delete),
    ]
}

/// A passkey of the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Passkey)]
pub struct PasskeyResource {
    pub id: Uuid,
    #[schema(examples("Ada's phone"))]
    pub name: String,
    pub created_at: Timestamp,
    #[schema(required)]
    pub last_used_at: Option<Timestamp>,
    pub backed_up: bool,
    pub backup_eligible: bool,
    /// WebAuthn Level 3 §5.8.4.
    pub transports: Vec<String>,
    pub aaguid: Uuid,
    /// The name of the authenticator, by its AAGUID.
    #[schema(required)]
    pub provider: Option<&'static str>,
}

/// A page of passkeys.
pub type PasskeyList = ListResponse<PasskeyResource>;

impl From<&Passkey> for PasskeyResource {
    fn from(passkey: &Passkey) -> Self {
        Self {
            id: passkey.id.0,
            name: passkey.name.as_str().to_owned(),
            created_at: Timestamp(passkey.created_at),
            last_used_at: passkey.last_used_at.map(Timestamp),
            backed_up: passkey.backed_up,
            backup_eligible: passkey.backup_eligible,
            transports: passkey.transports.words().to_vec(),
            aaguid: passkey.aaguid,
            provider: passkey.provider(),
        }
    }
}

/// A passkey of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyResponse {
    pub passkey: PasskeyResource,
}

/// The beginning of a WebAuthn ceremony. It is valid for 5 minutes, once.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeResponse {
    /// `kwc_…`: identifies the challenge when its result is sent.
    #[schema(examples("kwc_AAAA"))]
    pub challenge_id: String,
    /// The argument of `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    #[serde(rename = "publicKey")]
    #[schema(value_type = Object)]
    pub public_key: Value,
}

impl From<Begun> for ChallengeResponse {
    fn from(begun: Begun) -> Self {
        Self { challenge_id: begun.challenge_id.expose().to_owned(), public_key: begun.public_key }
    }
}

/// A new passkey.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PasskeyRegistrationRequest {
    pub challenge_id: String,
    /// `credential.toJSON()`: a `RegistrationResponseJSON` (WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub credential: Map<String, Value>,
    pub name: Option<String>,
}

/// Changes to a passkey.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PasskeyChangeRequest {
    pub name: String,
}

/// The person who wants to sign in.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PasskeyChallengeRequest {
    /// Has no effect.
    pub email: Option<String>,
}

/// The proof that the passkey is present.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PasskeySignInRequest {
    pub challenge_id: String,
    /// `credential.toJSON()`: an `AuthenticationResponseJSON` (WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub credential: Map<String, Value>,
    pub session: Option<SessionTransport>,
    /// A public client [default: web].
    pub client_id: Option<String>,
}

/// Begins the registration of a passkey
///
/// Needs a fresh sign-in.
#[utoipa::path(post, path = "/api/v1/auth/passkey/register/challenge", operation_id = "beginPasskey", tag = "Passkeys",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "What to make the passkey with", body = ChallengeResponse),
        Refused::<400>, Refused::<413>, Refused::<415>))]
pub(crate) async fn challenge_registration(
    caller: Caller,
    body: Result<Body<IgnoredAny>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<ChallengeResponse>, Problem> {
    body?;
    Ok(Json(begin_registration(&service, &caller.0, &at).await?.into()))
}

/// Registers a passkey
///
/// Needs a fresh sign-in. An account may hold 20.
#[utoipa::path(post, path = "/api/v1/auth/passkey/register", operation_id = "addPasskey", tag = "Passkeys",
    request_body = PasskeyRegistrationRequest,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, description = "Registered", body = PasskeyResponse), Refused::<409>, Refused::<422>))]
pub(crate) async fn add(
    caller: Caller,
    body: Result<Body<PasskeyRegistrationRequest>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<(Json<PasskeyResponse>, StatusCode), Problem> {
    let Body(PasskeyRegistrationRequest { challenge_id, credential, name }) = body?;
    let credential = Value::Object(credential);
    let passkey = register(&service, &caller.0, &challenge_id, &credential, name.as_deref(), &at).await?;
    Ok((Json(PasskeyResponse { passkey: (&passkey).into() }), StatusCode::CREATED))
}

/// Begins to sign in by a passkey
#[utoipa::path(post, path = "/api/v1/auth/passkey/login/challenge", operation_id = "beginPasskeySignIn", tag = "Passkeys",
    request_body = Option<PasskeyChallengeRequest>,
    responses((status = 200, description = "The same whether or not the address has an account", body = ChallengeResponse),
        Refused::<422>))]
pub(crate) async fn challenge_sign_in(
    _: Body<PasskeyChallengeRequest>,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<ChallengeResponse>, Problem> {
    Ok(Json(begin_sign_in(&service, &at).await?.into()))
}

/// Signs in by a passkey
#[utoipa::path(post, path = "/api/v1/auth/passkey/login", operation_id = "signInByPasskey", tag = "Passkeys",
    request_body = PasskeySignInRequest,
    responses((status = 200, description = "Signed in", body = SignInResponse,
        headers(("Set-Cookie" = String, description = "The session, if a cookie was asked for"))),
        Refused::<401>, Refused::<403>, Refused::<422>))]
pub(crate) async fn log_in(
    request: HttpRequest,
    body: Body<PasskeySignInRequest>,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let PasskeySignInRequest { challenge_id, credential, session, client_id } = body.0;
    let wanted = SessionTransport::requested(session, client_id, &request, &service, &settings)?;
    let is_page = matches!(wanted, Wanted::Cookie { .. });
    let signed_in = match sign_in(&service, &challenge_id, &Value::Object(credential), wanted, &at).await {
        // Only a page can use this; every other caller gets the same answer whatever went wrong.
        Err(ref error @ SignInError::UnknownPasskey) if is_page => return Err(unknown_passkey(error)),
        outcome => outcome?,
    };
    Ok(SignInResponse::new(&signed_in.user, &signed_in.grant).with_cookie(&signed_in.grant, &settings))
}

/// Lists the passkeys of the caller
#[utoipa::path(get, path = "/api/v1/auth/passkeys", operation_id = "listPasskeys", tag = "Passkeys",
    params(Paging),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "A page of passkeys", body = PasskeyList), Refused::<422>))]
pub(crate) async fn show(
    caller: Caller,
    paging: Result<Paging, Problem>,
    service: web::Data<Service>,
) -> Result<Json<PasskeyList>, Problem> {
    let Paging(page) = paging?;
    let passkeys = list(&service, &caller.0, page).await?;
    Ok(Json(ListResponse::new(page, &passkeys, Into::into)))
}

/// Renames a passkey of the caller
#[utoipa::path(patch, path = "/api/v1/auth/passkeys/{id}", operation_id = "renamePasskey", tag = "Passkeys",
    params(("id" = Uuid, Path, description = "The passkey")),
    request_body = PasskeyChangeRequest,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The passkey as it is now", body = PasskeyResponse),
        Refused::<404>, Refused::<422>))]
pub(crate) async fn change(
    caller: Caller,
    id: web::Path<String>,
    body: Result<Body<PasskeyChangeRequest>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<PasskeyResponse>, Problem> {
    let Body(PasskeyChangeRequest { name }) = body?;
    let passkey = rename(&service, &caller.0, passkey_id(&id)?, &name, &at).await?;
    Ok(Json(PasskeyResponse { passkey: (&passkey).into() }))
}

/// Removes a passkey of the caller
///
/// Needs a fresh sign-in. The last way to sign in cannot go.
#[utoipa::path(delete, path = "/api/v1/auth/passkeys/{id}", operation_id = "removePasskey", tag = "Passkeys",
    params(("id" = Uuid, Path, description = "The passkey")),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204, description = "It is gone"), Refused::<404>, Refused::<409>))]
pub(crate) async fn delete(
    caller: Caller,
    id: web::Path<String>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    remove(&service, &caller.0, passkey_id(&id)?, &at).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The id in a path; malformed ones name no passkey.
fn passkey_id(text: &str) -> Result<PasskeyId, Problem> {
    Uuid::try_parse(text).map(PasskeyId).map_err(|_| ManageError::NotFound.into())
}
