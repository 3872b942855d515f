//! The account (contract §7).

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use keywright_domain::session::SessionKind;
use keywright_domain::user::{ProfileChange, User};
use keywright_service::Service;
use keywright_service::email_change::{AskError, ask, wanted};
use keywright_service::user::{change_profile, checked, delete_account};
use keywright_web::body::{Body, not_null, nullable};
use keywright_web::caller::Caller;
use keywright_web::context::At;
use keywright_web::cookie;
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;
use keywright_web::settings::Settings;
use keywright_web::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::openapi::problem::Refused;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/api/v1/auth/me").get(show).patch(change).delete(delete)]
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserResource {
    pub id: Uuid,
    /// In lower case.
    #[schema(examples("ada@example.com"))]
    pub email: String,
    pub email_verified: bool,
    /// A requested new address that is not confirmed yet.
    #[schema(required)]
    pub pending_email: Option<String>,
    #[schema(required, examples("Ada Lovelace"))]
    pub name: Option<String>,
    #[schema(required, examples("https://example.com/ada.png"))]
    pub avatar_url: Option<String>,
    /// A BCP 47 language tag.
    #[schema(required, examples("en"))]
    pub locale: Option<String>,
    /// An IANA time zone.
    #[schema(required, examples("Europe/Lisbon"))]
    pub time_zone: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[schema(required)]
    pub last_sign_in_at: Option<Timestamp>,
}

impl From<&User> for UserResource {
    fn from(user: &User) -> Self {
        let profile = user.profile.clone();
        Self {
            id: user.id.0,
            email: user.email.to_string(),
            email_verified: user.email_verified,
            pending_email: user.pending_email.as_ref().map(ToString::to_string),
            name: profile.name,
            avatar_url: profile.avatar_url,
            locale: profile.locale,
            time_zone: profile.time_zone,
            created_at: Timestamp(user.created_at),
            updated_at: Timestamp(user.updated_at),
            last_sign_in_at: user.last_sign_in_at.map(Timestamp),
        }
    }
}

/// The account of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserResponse {
    pub user: UserResource,
}

/// Changes to the account of the caller. Absent fields stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserChangeRequest {
    /// 1 to 128 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// An https URL; null removes it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub avatar_url: Option<Option<String>>,
    /// A BCP 47 language tag.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub locale: Option<String>,
    /// An IANA time zone.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub time_zone: Option<String>,
    /// A new address. It takes effect once the link that is mailed there is confirmed. Needs a fresh sign-in.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub email: Option<String>,
}

/// The account of the caller
#[utoipa::path(get, path = "/api/v1/auth/me", operation_id = "showMe", tag = "Account",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account", body = UserResponse)))]
pub(crate) async fn show(caller: Caller) -> Json<UserResponse> {
    Json(UserResponse { user: (&caller.0.user).into() })
}

/// Changes the account of the caller
#[utoipa::path(patch, path = "/api/v1/auth/me", operation_id = "changeMe", tag = "Account",
    request_body = Option<UserChangeRequest>,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, description = "The account as it is now", body = UserResponse), Refused::<422>))]
pub(crate) async fn change(
    caller: Caller,
    body: Result<Body<UserChangeRequest>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<Json<UserResponse>, Problem> {
    let Body(UserChangeRequest { name, avatar_url, locale, time_zone, email }) = body?;
    let change = ProfileChange { name, avatar_url, locale, time_zone };
    // Every field is checked before any is changed.
    let new_email = email.map(|email| wanted(&service, &caller.0, &email, &at)).transpose();
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
        Some(new_email) => ask(&service, &caller.0, new_email, &change, &at).await?,
    };
    Ok(Json(UserResponse { user: (&user).into() }))
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
