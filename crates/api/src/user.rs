//! The account (contract §7).

use actix_web::HttpResponse;
use actix_web::web;
use keywright_domain::email::EmailAddress;
use keywright_domain::session::SessionKind;
use keywright_domain::user::{ProfileChange, User};
use keywright_service::Service;
use keywright_service::email_change::{AskError, ask, wanted};
use keywright_service::user::{change_profile, checked, delete_account};
use keywright_web::body::{Fields, Json};
use keywright_web::caller::Caller;
use keywright_web::context::At;
use keywright_web::cookie;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::settings::Settings;
use keywright_web::time::instant;
use serde_json::{Value, json};

use crate::openapi::problem::Refused;
use crate::openapi::user as api;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/api/v1/auth/me").get(show).patch(change).delete(delete)]
}

/// `User`, as the API shows it.
pub fn shape(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email.as_str(),
        "email_verified": user.email_verified,
        "pending_email": user.pending_email.as_ref().map(EmailAddress::as_str),
        "name": user.profile.name,
        "avatar_url": user.profile.avatar_url,
        "locale": user.profile.locale,
        "time_zone": user.profile.time_zone,
        "created_at": instant(user.created_at),
        "updated_at": instant(user.updated_at),
        "last_sign_in_at": user.last_sign_in_at.map(instant),
    })
}

/// The account of the caller
#[utoipa::path(get, path = "/api/v1/auth/me", operation_id = "showMe", tag = "Account",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account", body = api::UserAnswer)))]
pub(crate) async fn show(caller: Caller) -> HttpResponse {
    HttpResponse::Ok().json(json!({"user": shape(&caller.0.user)}))
}

/// Changes the account of the caller
#[utoipa::path(patch, path = "/api/v1/auth/me", operation_id = "changeMe", tag = "Account",
    request_body = Option<api::UserChange>,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account as it is now", body = api::UserAnswer), Refused::<422>))]
pub(crate) async fn change(
    caller: Caller,
    body: Result<Json, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, Problem> {
    let Json(fields) = body?;
    let change = requested(&fields)?;
    // All is checked before anything is changed.
    let new_email = email(&fields)?.map(|email| wanted(&service, &caller.0, email, &at)).transpose();
    let mut errors = checked(&change).err().unwrap_or_default();
    let new_email = match new_email {
        Err(AskError::Invalid) => {
            errors.push(("email", "is not an e-mail address"));
            None
        }
        other => other.map_err(Problem::from)?,
    };
    if !errors.is_empty() {
        return Err(Problem::validations(errors));
    }
    let user = match new_email {
        None => change_profile(&service, &caller.0, &change, &at).await?,
        Some(new_email) => {
            let asked = ask(&service, &caller.0, new_email, &change, &at).await;
            asked.map_err(Problem::from)?
        }
    };
    Ok(HttpResponse::Ok().json(json!({"user": shape(&user)})))
}

/// Deletes the account of the caller
///
/// Needs a fresh sign-in. The last owner of an organization cannot go. The cookie of who asks by one is cleared.
#[utoipa::path(delete, path = "/api/v1/auth/me", operation_id = "deleteMe", tag = "Account",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204, description = "It is gone, with all that belonged to it"), Refused::<403>, Refused::<409>))]
pub(crate) async fn delete(
    caller: Caller,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, Problem> {
    delete_account(&service, &caller.0, &at).await?;
    let mut response = HttpResponse::NoContent();
    if caller.0.session.kind == SessionKind::Browser {
        response.cookie(cookie::cleared(&settings));
    }
    Ok(response.finish())
}

/// The change in a body. Unlike elsewhere null is a value: it removes what can be removed.
fn requested(fields: &Fields) -> Result<ProfileChange, Problem> {
    let mut errors = Vec::new();
    let mut text = |name, or_null: bool| match fields.value(name) {
        None => None,
        Some(Value::String(text)) => Some(Some(text.clone())),
        Some(Value::Null) if or_null => Some(None),
        Some(_) => {
            errors.push((name, if or_null { "must be a string or null" } else { "must be a string" }));
            None
        }
    };
    let change = ProfileChange {
        name: text("name", false).flatten(),
        avatar_url: text("avatar_url", true),
        locale: text("locale", false).flatten(),
        time_zone: text("time_zone", false).flatten(),
    };
    if errors.is_empty() { Ok(change) } else { Err(Problem::validations(errors)) }
}

/// The new address in a body.
fn email(fields: &Fields) -> Result<Option<&str>, Problem> {
    match fields.value("email") {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::validations([("email", "must be a string")])),
    }
}
