//! What signing keys need: to be remembered, and to be made.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Algorithm, SigningKey};
use crate::error::StoreError;

/// Every signing key.
#[async_trait]
pub trait SigningKeys: Send + Sync {
    /// Every key, oldest first.
    async fn list(&self) -> Result<Vec<SigningKey>, StoreError>;

    /// Remembers `first` unless there is a key already, and lists every key. Of any number of servers that
    /// start at once on an empty store, one's key stands.
    async fn ensure(&self, first: &SigningKey) -> Result<Vec<SigningKey>, StoreError>;
}

/// A key could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the signing key could not be made: {0}")]
pub struct MakingFailed(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Makes keys, sealed under the server's secret.
pub trait SigningKeyMaker: Send + Sync {
    /// A new key.
    fn make(&self, algorithm: Algorithm, now: DateTime<Utc>) -> Result<SigningKey, MakingFailed>;
}
