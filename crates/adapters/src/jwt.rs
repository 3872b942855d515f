//! Access tokens as JSON Web Tokens in the profile of RFC 9068.
//!
//! A token is believed (RFC 8725, RFC 9068 §4) when it is
//! 1. short enough to be one of ours, and three parts of canonical base64url;
//! 2. of the type `at+jwt`, without an extension that has to be understood;
//! 3. signed with a key of ours, by the algorithm of that key whatever the header says;
//! 4. of this issuer, for this audience, and not past its time.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use keywright_domain::access_token::{
    AccessClaims, AccessToken, AccessTokens, InvalidAccessToken, SigningFailed,
};
use keywright_domain::client::ClientId;
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::secret::ServerSecret;
use keywright_domain::session::Generation;
use keywright_domain::signing_key::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::jwk::OpenKey;
pub use crate::jwk::{Ed25519KeyMaker, KeyError};
use crate::seal::Seal;

/// RFC 9068 §2.1.
const TYPE: &str = "at+jwt";

/// The longest token that is looked at, in bytes: ours have less than a quarter of it.
const LONGEST: usize = 4096;

/// Signs access tokens with one key and verifies those of several.
pub struct JwtAccessTokens {
    issuer: String,
    audience: String,
    header: Header,
    signing_key: EncodingKey,
    verifiers: Vec<Verifier>,
    key_set: Value,
}

struct Verifier {
    kid: String,
    public_key: DecodingKey,
    /// The algorithm, and nothing else: the claims are judged by [`JwtAccessTokens::judge`], because the library
    /// asks the clock of the system for the time and takes a list for an audience.
    validation: Validation,
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
    /// Signs with the last of `keys` and verifies with all of them; `secrets` are the current one and those
    /// before it. `issuer` and `audience` are the `iss` and `aud` of every token.
    pub fn new(
        keys: &[SigningKey],
        secrets: &[ServerSecret],
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, KeyError> {
        let seals = Seal::all_of(secrets)?;
        let open = keys.iter().map(|key| OpenKey::open(key, &seals)).collect::<Result<Vec<_>, _>>()?;
        let current = open.last().ok_or(KeyError::None)?;
        Ok(Self {
            issuer: issuer.into(),
            audience: audience.into(),
            header: header(current),
            signing_key: current.private.clone(),
            key_set: json!({"keys": open.iter().map(|key| &key.jwk).collect::<Vec<_>>()}),
            verifiers: open.into_iter().map(Verifier::of).collect(),
        })
    }

    /// The key of ours that `header` names. Nothing else in it is believed: not an algorithm that is not the
    /// key's, nor a key or a link to one.
    fn verifier(&self, header: &Header) -> Option<&Verifier> {
        if header.crit.is_some() || !header.typ.as_deref().is_some_and(is_access_token) {
            return None;
        }
        let kid = header.kid.as_deref()?;
        self.verifiers.iter().find(|key| key.kid == kid && key.validation.algorithms == [header.alg])
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
    fn sign(&self, claims: &AccessClaims) -> Result<AccessToken, SigningFailed> {
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
        let token = jsonwebtoken::encode(&self.header, &claims, &self.signing_key);
        token.map(AccessToken::new).map_err(|error| SigningFailed(Box::new(error)))
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<AccessClaims, InvalidAccessToken> {
        if token.len() > LONGEST {
            return Err(InvalidAccessToken::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|error| refusal(&error))?;
        let key = self.verifier(&header).ok_or(InvalidAccessToken::Foreign)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key.public_key, &key.validation);
        self.judge(decoded.map_err(|error| refusal(&error))?.claims, now)
    }

    fn key_set(&self) -> Value {
        self.key_set.clone()
    }
}

impl Verifier {
    fn of(key: OpenKey) -> Self {
        let mut validation = Validation::new(key.algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Self { kid: key.kid, public_key: key.public, validation }
    }
}

fn header(key: &OpenKey) -> Header {
    let mut header = Header::new(key.algorithm);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.kid.clone());
    header
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
