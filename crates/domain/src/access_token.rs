//! Access tokens: signed statements about a session (RFC 9068), good until they expire.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::client::ClientId;
use crate::id::{SessionId, UserId};
use crate::session::{Generation, Session};
use crate::signing_key::SigningKey;

/// Claims of an access token. `iss` and `aud` are the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    pub user_id: UserId,
    pub session_id: SessionId,
    /// The refresh generation that it was issued with.
    pub generation: Generation,
    pub client_id: ClientId,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub auth_time: DateTime<Utc>,
    /// RFC 8176.
    pub amr: Vec<String>,
    pub token_id: Uuid,
}

impl AccessClaims {
    /// Claims of a token of `session` issued at `now`. It never outlives its session.
    pub fn of(session: &Session, token_id: Uuid, now: DateTime<Utc>, lifetime: TimeDelta) -> Self {
        Self {
            user_id: session.user_id,
            session_id: session.id,
            generation: session.chain.current,
            client_id: session.client_id.clone(),
            issued_at: now,
            expires_at: (now + lifetime).min(session.expires_at()),
            auth_time: session.authentication.at,
            amr: session.authentication.method.amr().iter().map(ToString::to_string).collect(),
            token_id,
        }
    }
}

/// A signed token. Shows itself only to [`AccessToken::expose`].
#[derive(Clone)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token of a signer.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret text, for the one answer that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(***)")
    }
}

/// Why a token is refused. The texts are for people and name no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccessToken {
    #[error("the access token is malformed")]
    Malformed,
    #[error("the access token was not issued by this server for this audience")]
    Foreign,
    /// It names a key that is not known here: alike to whoever asks.
    #[error("the access token was not issued by this server for this audience")]
    UnknownKey,
    #[error("the access token has expired")]
    Expired,
}

/// The token could not be signed: a defect.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be signed: {0}")]
pub struct SigningFailed(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Signs and verifies access tokens with the keys of [`crate::signing_key`].
pub trait AccessTokens: Send + Sync {
    /// Fails if no key could sign a token at `now`. Called before a claim, so that a claimed code or link always
    /// yields its tokens.
    fn check_can_sign(&self, now: DateTime<Utc>) -> Result<(), SigningFailed>;

    /// The token that says `claims`, signed with the key that is current when it is issued.
    fn sign(&self, claims: &AccessClaims) -> Result<AccessToken, SigningFailed>;

    /// Claims of a genuine, unexpired token of this server.
    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<AccessClaims, InvalidAccessToken>;

    /// The public keys as a JWK Set (RFC 7517 §5).
    fn key_set(&self) -> Value;

    /// Works with `keys` from now on, and with no others. Says why of each that cannot be used.
    fn adopt(&self, keys: &[SigningKey]) -> Vec<String>;
}
