//! Access tokens as JSON Web Tokens in the profile of RFC 9068.
//!
//! A token is believed (RFC 8725, RFC 9068 §4) when it is
//! 1. short enough to be one of ours, and three parts of canonical base64url;
//! 2. of the type `at+jwt`, without an extension that has to be understood;
//! 3. signed with a key of ours, by the algorithm of that key whatever the header says;
//! 4. of this issuer, for this audience, and not past its time.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use jsonwebtoken::Header;
use jsonwebtoken::errors::{Error, ErrorKind};
use keywright_domain::access_token::{
    AccessClaims, AccessToken, AccessTokens, InvalidAccessToken, SigningFailed,
};
use keywright_domain::client::ClientId;
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::secret::ServerSecret;
use keywright_domain::session::Generation;
use keywright_domain::signing_key::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use crate::jwk::{KeyError, KeyMaker};
use crate::key_set::{KeySet, ReadyKey, TYPE};
use crate::seal::Seal;

/// The longest token that is looked at, in bytes: ours have less than a quarter of it.
const LONGEST: usize = 4096;

/// Signs access tokens with the current key and verifies those of every key that is published.
pub struct JwtAccessTokens {
    issuer: String,
    audience: String,
    seals: Vec<Seal>,
    keys: RwLock<Arc<KeySet>>,
}

#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    iss: Cow<'a, str>,
    sub: Uuid,
    aud: Cow<'a, str>,
    exp: i64,
    iat: i64,
    jti: Uuid,
    client_id: Cow<'a, str>,
    sid: Uuid,
    #[serde(rename = "gen")]
    generation: u32,
    auth_time: i64,
    amr: Cow<'a, [String]>,
}

impl JwtAccessTokens {
    /// Works with `keys`, all of which have to open; `secrets` are the current one and those before it. `issuer`
    /// and `audience` are the `iss` and `aud` of every token.
    pub fn new(
        keys: &[SigningKey],
        secrets: &[ServerSecret],
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, KeyError> {
        let seals = Seal::all_of(secrets)?;
        let (opened, refused) = KeySet::empty().replaced_by(keys, &seals);
        if let Some(error) = refused.into_iter().next() {
            return Err(error);
        }
        if keys.is_empty() {
            return Err(KeyError::None);
        }
        let keys = RwLock::new(Arc::new(opened));
        Ok(Self { issuer: issuer.into(), audience: audience.into(), seals, keys })
    }

    fn keys(&self) -> Arc<KeySet> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge(&self, claims: Claims<'_>, now: DateTime<Utc>) -> Result<AccessClaims, InvalidAccessToken> {
        if claims.iss != self.issuer || claims.aud != self.audience {
            return Err(InvalidAccessToken::Foreign);
        }
        let expires_at = instant(claims.exp)?;
        if now >= expires_at {
            return Err(InvalidAccessToken::Expired);
        }
        Ok(AccessClaims {
            user_id: UserId(claims.sub),
            session_id: SessionId(claims.sid),
            generation: Generation(claims.generation),
            client_id: ClientId::from_trusted(claims.client_id),
            issued_at: instant(claims.iat)?,
            expires_at,
            auth_time: instant(claims.auth_time)?,
            amr: claims.amr.into_owned(),
            token_id: claims.jti,
        })
    }
}

impl AccessTokens for JwtAccessTokens {
    fn check_can_sign(&self, now: DateTime<Utc>) -> Result<(), SigningFailed> {
        self.keys().signer(now).map(|_| ()).ok_or_else(|| SigningFailed(Box::new(KeyError::None)))
    }

    fn sign(&self, claims: &AccessClaims) -> Result<AccessToken, SigningFailed> {
        let keys = self.keys();
        let key = keys.signer(claims.issued_at).ok_or_else(|| SigningFailed(Box::new(KeyError::None)))?;
        let claims = Claims {
            iss: Cow::Borrowed(&self.issuer),
            sub: claims.user_id.0,
            aud: Cow::Borrowed(&self.audience),
            exp: claims.expires_at.timestamp(),
            iat: claims.issued_at.timestamp(),
            jti: claims.token_id,
            client_id: Cow::Borrowed(claims.client_id.as_str()),
            sid: claims.session_id.0,
            generation: claims.generation.0,
            auth_time: claims.auth_time.timestamp(),
            amr: Cow::Borrowed(&claims.amr),
        };
        let token = jsonwebtoken::encode(&key.header, &claims, &key.open.private);
        token.map(AccessToken::new).map_err(|error| SigningFailed(Box::new(error)))
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<AccessClaims, InvalidAccessToken> {
        if token.len() > LONGEST {
            return Err(InvalidAccessToken::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|error| refusal(&error))?;
        let keys = self.keys();
        let key = verifier(&keys, &header)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key.open.public, &key.validation);
        self.judge(decoded.map_err(|error| refusal(&error))?.claims, now)
    }

    fn key_set(&self) -> Value {
        self.keys().published().clone()
    }

    fn adopt(&self, keys: &[SigningKey]) -> Vec<String> {
        // Opened before the lock is taken: nobody waits for it.
        let (opened, refused) = self.keys().replaced_by(keys, &self.seals);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(opened);
        refused.iter().map(ToString::to_string).collect()
    }
}

/// The key of ours that `header` names. Nothing else in it is believed: not an algorithm that is not the key's,
/// nor a key or a link to one.
fn verifier<'a>(keys: &'a KeySet, header: &Header) -> Result<&'a ReadyKey, InvalidAccessToken> {
    if header.crit.is_some() || !header.typ.as_deref().is_some_and(is_access_token) {
        return Err(InvalidAccessToken::Foreign);
    }
    let kid = header.kid.as_deref().ok_or(InvalidAccessToken::Foreign)?;
    let key = keys.named(kid).ok_or(InvalidAccessToken::UnknownKey)?;
    if key.open.algorithm == header.alg { Ok(key) } else { Err(InvalidAccessToken::Foreign) }
}

/// RFC 9068 §4: `at+jwt` or `application/at+jwt`; the names of media types ignore case.
fn is_access_token(typ: &str) -> bool {
    const PREFIX: &str = "application/";
    let prefix = typ.get(..PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(PREFIX));
    typ.get(prefix.map_or(0, str::len)..).is_some_and(|name| name.eq_ignore_ascii_case(TYPE))
}

fn refusal(error: &Error) -> InvalidAccessToken {
    match error.kind() {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => InvalidAccessToken::Foreign,
        _ => InvalidAccessToken::Malformed,
    }
}

fn instant(seconds: i64) -> Result<DateTime<Utc>, InvalidAccessToken> {
    DateTime::from_timestamp(seconds, 0).ok_or(InvalidAccessToken::Malformed)
}

#[cfg(test)]
mod tests;
