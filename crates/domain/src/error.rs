//! The one way in which a store fails.

use std::error::Error;

/// The store failed. Everything that a command may expect (unknown, expired, replayed, denied) is an
/// outcome of that command, never this.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached or cannot write just now: trying again later may help. Answered as 503.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It holds something that cannot be, or was asked for something that it cannot do. Answered as 500.
    #[error("the store is broken: {0}")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// A transient failure, with its cause.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// A defect, with its cause.
    pub fn broken(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Broken(cause.into())
    }
}
