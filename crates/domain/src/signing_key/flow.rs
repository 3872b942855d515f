//! The signing keys that a server starts with.

use chrono::{DateTime, Utc};

use super::port::{MakingFailed, SigningKeyMaker, SigningKeys};
use super::{Algorithm, SigningKey};
use crate::error::StoreError;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Making(#[from] MakingFailed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The keys of the store, the last one current; the first is made if there is none.
pub async fn load(
    keys: &dyn SigningKeys,
    maker: &dyn SigningKeyMaker,
    algorithm: Algorithm,
    now: DateTime<Utc>,
) -> Result<Vec<SigningKey>, KeysError> {
    let known = keys.list().await?;
    if !known.is_empty() {
        return Ok(known);
    }
    let first = maker.make(algorithm, now)?;
    Ok(keys.ensure(&first).await?)
}
