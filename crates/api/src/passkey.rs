//! Passkeys (contract §4).

use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use keywright_domain::credential::Credential;
use keywright_domain::id::PasskeyId;
use keywright_domain::passkey::Passkey;
use keywright_service::Service;
use keywright_service::passkey::{
    Begun, ManageError, SignInError, begin_registration, begin_sign_in, list, register, remove, rename,
    sign_in,
};
use keywright_service::session::sign_in::Wanted;
use keywright_web::body::{Fields, Json};
use keywright_web::caller::Caller;
use keywright_web::context::At;
use keywright_web::endpoint::Endpoint;
use keywright_web::page::{self, Paging};
use keywright_web::problem::Problem;
use keywright_web::refusal::unknown_passkey;
use keywright_web::settings::Settings;
use keywright_web::time::instant;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::magic_link::wanted;
use crate::openapi::page::Paging as PagingQuery;
use crate::openapi::passkey as api;
use crate::openapi::problem::Refused;
use crate::{session, user};

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

/// `Passkey`, as the API shows it.
pub fn shape(passkey: &Passkey) -> Value {
    json!({
        "id": passkey.id,
        "name": passkey.name.as_str(),
        "created_at": instant(passkey.created_at),
        "last_used_at": passkey.last_used_at.map(instant),
        "backed_up": passkey.backed_up,
        "backup_eligible": passkey.backup_eligible,
        "transports": passkey.transports.words(),
        "aaguid": passkey.aaguid,
        "provider": passkey.provider(),
    })
}

/// Begins the registration of a passkey
///
/// Needs a fresh sign-in.
#[utoipa::path(post, path = "/api/v1/auth/passkey/register/challenge", operation_id = "beginPasskey", tag = "Passkeys",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "What to make the passkey with", body = api::Challenge),
        Refused::<400>, Refused::<413>, Refused::<415>))]
pub(crate) async fn challenge_registration(
    caller: Caller,
    body: Result<Json, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    body?;
    Ok(challenge(&begin_registration(&service, &caller.0, &at).await?))
}

/// Registers a passkey
///
/// Needs a fresh sign-in. An account may hold 20.
#[utoipa::path(post, path = "/api/v1/auth/passkey/register", operation_id = "addPasskey", tag = "Passkeys",
    request_body = api::PasskeyRegistration,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, description = "Registered", body = api::PasskeyAnswer), Refused::<409>, Refused::<422>))]
pub(crate) async fn add(
    caller: Caller,
    body: Result<Json, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Json(fields) = body?;
    let (challenge_id, credential) = answered(&fields)?;
    let name = fields.text("name")?;
    let passkey = register(&service, &caller.0, challenge_id, credential, name, &at).await?;
    Ok(HttpResponse::Created().json(json!({"passkey": shape(&passkey)})))
}

/// Begins to sign in by a passkey
#[utoipa::path(post, path = "/api/v1/auth/passkey/login/challenge", operation_id = "beginPasskeySignIn", tag = "Passkeys",
    request_body = Option<api::PasskeyChallengeRequest>,
    responses((status = 200, description = "The same whether or not the address has an account", body = api::Challenge),
        Refused::<422>))]
pub(crate) async fn challenge_sign_in(
    body: Json,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    body.0.text("email")?;
    Ok(challenge(&begin_sign_in(&service, &at).await?))
}

/// Signs in by a passkey
#[utoipa::path(post, path = "/api/v1/auth/passkey/login", operation_id = "signInByPasskey", tag = "Passkeys",
    request_body = api::PasskeySignInRequest,
    responses((status = 200, description = "Signed in", body = api::PasskeySignIn,
        headers(("Set-Cookie" = String, description = "The session, if a cookie was asked for"))),
        Refused::<401>, Refused::<403>, Refused::<422>))]
pub(crate) async fn log_in(
    request: HttpRequest,
    body: Json,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted(&request, &body.0, &service, &settings)?;
    let (challenge_id, credential) = answered(&body.0)?;
    let is_page = matches!(wanted, Wanted::Cookie { .. });
    let signed_in = match sign_in(&service, challenge_id, credential, wanted, &at).await {
        // What only a page has a use for: everybody else is told the same whatever went wrong.
        Err(ref error @ SignInError::UnknownPasskey) if is_page => return Err(unknown_passkey(error)),
        outcome => outcome?,
    };
    let fields = Map::from_iter([("user".to_owned(), user::shape(&signed_in.user))]);
    Ok(session::granted(&signed_in.grant, fields, &settings))
}

/// The passkeys of the caller
#[utoipa::path(get, path = "/api/v1/auth/passkeys", operation_id = "listPasskeys", tag = "Passkeys",
    params(PagingQuery),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "A page of them", body = api::Passkeys), Refused::<422>))]
pub(crate) async fn show(
    caller: Caller,
    paging: Result<Paging, Problem>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let Paging(page) = paging?;
    let passkeys = list(&service, &caller.0, page).await?;
    Ok(page::answer(page, &passkeys, shape))
}

/// Renames a passkey of the caller
#[utoipa::path(patch, path = "/api/v1/auth/passkeys/{id}", operation_id = "renamePasskey", tag = "Passkeys",
    params(("id" = Uuid, Path, description = "The passkey")),
    request_body = api::PasskeyChange,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The passkey as it is now", body = api::PasskeyAnswer),
        Refused::<404>, Refused::<422>))]
pub(crate) async fn change(
    caller: Caller,
    id: web::Path<String>,
    body: Result<Json, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Json(fields) = body?;
    let id = passkey_id(&id)?;
    let passkey = rename(&service, &caller.0, id, fields.required("name")?, &at).await?;
    Ok(HttpResponse::Ok().json(json!({"passkey": shape(&passkey)})))
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

fn challenge(begun: &Begun) -> HttpResponse {
    let challenge_id = Credential::expose(&begun.challenge_id);
    HttpResponse::Ok().json(json!({"challenge_id": challenge_id, "publicKey": begun.public_key}))
}

/// The challenge and the answer to it.
fn answered(fields: &Fields) -> Result<(&str, &Value), Problem> {
    let challenge_id = fields.required("challenge_id")?;
    match fields.value("credential") {
        None | Some(Value::Null) => Err(Problem::invalid_request("The parameter credential is missing")),
        Some(credential @ Value::Object(_)) => Ok((challenge_id, credential)),
        Some(_) => Err(Problem::validation("credential", "must be an object")),
    }
}

/// What is no id names no passkey.
fn passkey_id(text: &str) -> Result<PasskeyId, Problem> {
    Uuid::try_parse(text).map(PasskeyId).map_err(|_| ManageError::NotFound.into())
}
