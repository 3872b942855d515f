//! One of several servers on a store: its keys, tokens and key set.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use keywright_adapters::jwt::{JwtAccessTokens, KeyMaker};
use keywright_domain::Stores;
use keywright_domain::access_token::{AccessClaims, AccessTokens};
use keywright_domain::client::ClientId;
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::secret::ServerSecret;
use keywright_domain::session::Generation;
use keywright_domain::signing_key::Algorithm;
use keywright_domain::signing_key::schedule::KeyRules;
use keywright_server::key_worker::KeyKeeper;
use uuid::Uuid;

pub const ISSUER: &str = "https://auth.example.com";

pub struct Server {
    pub keeper: KeyKeeper,
    pub tokens: JwtAccessTokens,
    stores: Stores,
}

impl Server {
    /// Starts a server on `stores`.
    pub async fn start(stores: &Stores, rules: KeyRules, now: DateTime<Utc>) -> Self {
        let secret = ServerSecret::new(vec![7; 32]).unwrap();
        let keeper = KeyKeeper { maker: Arc::new(KeyMaker::new(&secret, &[]).unwrap()), rules };
        let kept = keeper.keep(stores.signing_keys.as_ref(), now).await.unwrap();
        let tokens = JwtAccessTokens::new(&kept.keys, &[secret], ISSUER, ISSUER).unwrap();
        Self { keeper, tokens, stores: stores.clone() }
    }

    /// Runs the server's worker at `now`.
    pub async fn tick(&self, now: DateTime<Utc>) {
        let kept = self.keeper.keep(self.stores.signing_keys.as_ref(), now).await.unwrap();
        assert_eq!(self.tokens.adopt(&kept.keys), [""; 0]);
    }

    /// Issues a token at `now`.
    pub fn sign(&self, now: DateTime<Utc>) -> String {
        let claims = AccessClaims {
            user_id: UserId(Uuid::from_u128(1)),
            session_id: SessionId(Uuid::from_u128(2)),
            generation: Generation(0),
            client_id: ClientId::from_trusted("cli"),
            issued_at: now,
            expires_at: now + self.keeper.rules.token_lifetime,
            auth_time: now,
            amr: vec!["otp".to_owned()],
            token_id: Uuid::from_u128(3),
        };
        self.tokens.sign(&claims).unwrap().expose().to_owned()
    }
}

/// The default rules, except for the rotation.
pub fn rules(rotation: TimeDelta) -> KeyRules {
    KeyRules { algorithm: Algorithm::EdDsa, rotation, token_lifetime: TimeDelta::hours(4) }
}

/// Returns the start of the test.
pub fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}
