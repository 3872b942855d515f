//! The ports for mail: a queue that outlives the process, and a delivery.

use crate::wait_budget::WaitBudget;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::content::RenderedMail;
use super::{Delivery, Mail};
use crate::error::StoreError;
use crate::id::MailId;

/// Every mail. Commands of other ports put them in.
#[async_trait]
pub trait Mails: Send + Sync {
    /// Leases up to `limit` mails that are due ([`Mail::leased`]), the longest due first. No mail is
    /// leased to two.
    async fn lease(&self, limit: u32, lease: TimeDelta, now: DateTime<Utc>) -> Result<Vec<Mail>, StoreError>;

    /// Records what a leased delivery came to ([`Mail::settled`]); false if it was not the caller's any more.
    async fn settle(
        &self,
        mail: MailId,
        attempts: u32,
        delivery: Delivery,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// The mail with this id.
    async fn find(&self, mail: MailId, wait: &WaitBudget) -> Result<Option<Mail>, StoreError>;

    /// The newest `limit` mails, newest first.
    async fn newest(&self, limit: u32) -> Result<Vec<Mail>, StoreError>;

    /// The newest `limit` dead letters, newest first.
    async fn list_dead(&self, limit: u32) -> Result<Vec<Mail>, StoreError>;

    /// Makes a dead letter due again ([`Mail::requeued`]); false if it is unknown or not dead.
    async fn requeue(&self, mail: MailId, now: DateTime<Utc>) -> Result<bool, StoreError>;
}

/// Why a letter was not delivered. The cause is for the log; it holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Trying again later may help.
    #[error("deferred: {0}")]
    Deferred(String),
    /// It never will.
    #[error("rejected: {0}")]
    Rejected(String),
}

/// Delivers rendered mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Delivers `message`, or says why not.
    async fn deliver(&self, message: &RenderedMail) -> Result<(), DeliveryError>;
}
