//! Sessions and tokens.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::Meta;

/// The only type of tokens.
#[derive(ToSchema)]
pub enum TokenType {
    Bearer,
}

/// Tokens (RFC 6749 §5.1).
#[derive(ToSchema)]
pub struct Tokens {
    /// A JWT (RFC 9068); its keys are at `/.well-known/jwks.json`.
    pub access_token: String,
    pub token_type: TokenType,
    /// Of the access token, in seconds.
    #[schema(examples(14400))]
    pub expires_in: i64,
    /// `kwr_…`: what renews the tokens, once.
    pub refresh_token: String,
    /// What was granted, where another scope was asked for.
    #[schema(nullable = false)]
    pub scope: Option<String>,
}

#[derive(ToSchema)]
pub struct RefreshRequest {
    pub refresh_token: String,
}

/// RFC 7009 §2.1. Without a token the session of the bearer is ended.
#[derive(ToSchema)]
pub struct RevokeRequest {
    /// An access or refresh token. It is the target, whatever the header holds.
    pub token: Option<String>,
    /// Not needed.
    pub token_type_hint: Option<String>,
}

/// For a token in the body this is empty (RFC 7009 §2.2).
#[derive(ToSchema)]
pub struct RevokeAnswer {
    /// Always true.
    #[schema(nullable = false)]
    pub revoked: Option<bool>,
}

#[derive(ToSchema)]
pub struct LogoutRequest {
    /// It is the target, whatever the headers hold.
    pub refresh_token: Option<String>,
}

#[derive(ToSchema)]
pub struct LogoutAnswer {
    /// Always true.
    pub revoked: bool,
}

/// How many sessions were ended.
#[derive(ToSchema)]
pub struct RevokedSessions {
    pub revoked: i64,
}

/// One sign-in on one device.
#[derive(ToSchema)]
pub struct Session {
    pub id: Uuid,
    pub client_id: String,
    /// What a device calls itself: unverified.
    #[schema(required)]
    pub client_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Null once it is older than its retention.
    #[schema(required, value_type = Option<String>)]
    pub ip_address: Option<IpAddr>,
    /// Null once it is older than its retention.
    #[schema(required)]
    pub user_agent: Option<String>,
    /// RFC 8176: `["otp"]` for a magic link, `["hwk","user"]` or `["swk","user"]` for a passkey.
    pub amr: Vec<String>,
    /// Whether it is the session that asks.
    pub current: bool,
}

#[derive(ToSchema)]
pub struct Sessions {
    pub data: Vec<Session>,
    pub meta: Meta,
}
