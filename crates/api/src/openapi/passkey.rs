//! Passkeys.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::magic_link::SessionWanted;
use super::page::Meta;
use super::session::TokenType;
use super::user::User;

/// A passkey of the caller.
#[derive(ToSchema)]
pub struct Passkey {
    pub id: Uuid,
    pub name: String,
    pub created_at: DateTime<Utc>,
    #[schema(required)]
    pub last_used_at: Option<DateTime<Utc>>,
    pub backed_up: bool,
    pub backup_eligible: bool,
    /// WebAuthn Level 3 §5.8.4.
    pub transports: Vec<String>,
    pub aaguid: Uuid,
    /// The name of the authenticator, by its AAGUID.
    #[schema(required)]
    pub provider: Option<String>,
}

#[derive(ToSchema)]
pub struct PasskeyAnswer {
    pub passkey: Passkey,
}

#[derive(ToSchema)]
pub struct Passkeys {
    pub data: Vec<Passkey>,
    pub meta: Meta,
}

/// What a ceremony begins with. It is good for 5 minutes, once.
#[derive(ToSchema)]
pub struct Challenge {
    /// `kwc_…`: what the answer is sent with.
    pub challenge_id: String,
    /// What `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON` takes.
    #[schema(value_type = Object, rename = "publicKey")]
    pub public_key: Map<String, Value>,
}

/// A new passkey.
#[derive(ToSchema)]
pub struct PasskeyRegistration {
    pub challenge_id: String,
    /// `credential.toJSON()`: a `RegistrationResponseJSON` (WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub credential: Map<String, Value>,
    pub name: Option<String>,
}

#[derive(ToSchema)]
pub struct PasskeyChange {
    pub name: String,
}

#[derive(ToSchema)]
pub struct PasskeyChallengeRequest {
    /// Makes no difference.
    pub email: Option<String>,
}

/// What proves that the passkey is there.
#[derive(ToSchema)]
pub struct PasskeySignInRequest {
    pub challenge_id: String,
    /// `credential.toJSON()`: an `AuthenticationResponseJSON` (WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub credential: Map<String, Value>,
    pub session: Option<SessionWanted>,
    /// A public client [default: web].
    pub client_id: Option<String>,
}

/// Who has signed in, with tokens unless a cookie was asked for.
#[derive(ToSchema)]
pub struct PasskeySignIn {
    pub user: User,
    #[schema(nullable = false)]
    pub access_token: Option<String>,
    #[schema(nullable = false)]
    pub token_type: Option<TokenType>,
    /// Of the access token, in seconds.
    #[schema(nullable = false)]
    pub expires_in: Option<i64>,
    #[schema(nullable = false)]
    pub refresh_token: Option<String>,
}
