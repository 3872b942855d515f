//! The ports for signing keys: storage and generation.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;
use chrono::TimeDelta;

use super::{Algorithm, Place, SigningKey};
use crate::error::StoreError;

/// Every signing key.
#[async_trait]
pub trait SigningKeys: Send + Sync {
    /// Every key, in the order in which they sign.
    async fn list(&self, wait: &WaitBudget) -> Result<Vec<SigningKey>, StoreError>;

    /// Remembers `key` if its place is free: if the key that it follows is there and nobody follows it yet, or,
    /// for a first one, if there is no key at all. Of any number of servers that make the next key at once,
    /// one's stands. False if the place was taken.
    async fn add(&self, key: &SigningKey) -> Result<bool, StoreError>;

    /// Forgets every key and remembers `key`, which follows none. However many do so at once, one's key is left;
    /// false for one whose key another's had kept out.
    async fn replace_all(&self, key: &SigningKey) -> Result<bool, StoreError>;

    /// Remembers that tokens signed with `kid` may live as long as `token_lifetime`; never less than before.
    async fn lengthen(&self, kid: &str, token_lifetime: TimeDelta) -> Result<(), StoreError>;

    /// Forgets `key`, unless its tokens turned out to live longer than `key` says. False if it was not there.
    async fn remove(&self, key: &SigningKey) -> Result<bool, StoreError>;

    /// Puts `sealed` in the place of what `key` is sealed as; false if somebody else has done so already.
    async fn reseal(&self, key: &SigningKey, sealed: &[u8]) -> Result<bool, StoreError>;
}

/// A key could not be made, or not be sealed.
#[derive(Debug, thiserror::Error)]
#[error("the signing key could not be made: {0}")]
pub struct MakingFailed(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Makes keys, sealed under the server's secret.
pub trait SigningKeyMaker: Send + Sync {
    /// A new key in this place, whose tokens live as long as `token_lifetime`.
    fn make(
        &self,
        algorithm: Algorithm,
        place: Place,
        token_lifetime: TimeDelta,
    ) -> Result<SigningKey, MakingFailed>;

    /// The private half of `key`, sealed under the current secret. None if it is already, or if no secret opens
    /// it.
    fn reseal(&self, key: &SigningKey) -> Result<Option<Vec<u8>>, MakingFailed>;
}
