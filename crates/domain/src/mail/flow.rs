//! Mail: from a row to a delivery.

use chrono::{DateTime, TimeDelta, Utc};

use super::contents::{is_worth_sending, letter, record};
use super::letter::{Message, TypesettingFailed};
use super::port::{DeliveryError, Mailer};
use super::{Delivery, Mail, State};
use crate::clock::to_stored_precision;
use crate::error::StoreError;
use crate::service::Service;

/// How long a worker has for a delivery before another may try. Longer than an SMTP dialogue may take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
const BATCH: u32 = 10;

/// What a round of deliveries came to, one entry a mail. The errors are for the log.
#[derive(Debug)]
pub struct Attempt {
    pub mail: Mail,
    pub delivery: Delivery,
    pub cause: Option<String>,
}

/// Why a round failed as a whole, or a mail could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Typesetting(#[from] TypesettingFailed),
}

/// Delivers what is due, at most a batch of it.
///
/// 1. Lease what is due, so that nobody else delivers it meanwhile.
/// 2. Derive what it says; drop what is not worth sending any more.
/// 3. Deliver, and settle what came of it.
pub async fn deliver_due(service: &Service, mailer: &dyn Mailer) -> Result<Vec<Attempt>, StoreError> {
    let mails = &service.stores.mails;
    let mut attempts = Vec::new();
    for mail in mails.lease(BATCH, LEASE, now(service)).await? {
        let (delivery, cause) = deliver(service, mailer, &mail).await?;
        mails.settle(mail.id, mail.attempts, delivery, now(service)).await?;
        attempts.push(Attempt { mail, delivery, cause });
    }
    Ok(attempts)
}

async fn deliver(
    service: &Service,
    mailer: &dyn Mailer,
    mail: &Mail,
) -> Result<(Delivery, Option<String>), StoreError> {
    let Some(record) = record(service, mail).await? else { return Ok((Delivery::Dropped, None)) };
    if !is_worth_sending(service, &record, now(service)).await? {
        return Ok((Delivery::Dropped, None));
    }
    let message = match service.typesetter.set(&letter(service, mail, record)) {
        Ok(message) => message,
        Err(error) => return Ok((Delivery::Rejected, Some(error.to_string()))),
    };
    Ok(match mailer.deliver(&message).await {
        Ok(()) => (Delivery::Sent, None),
        Err(DeliveryError::Deferred(cause)) => (Delivery::Deferred, Some(cause)),
        Err(DeliveryError::Rejected(cause)) => (Delivery::Rejected, Some(cause)),
    })
}

/// The newest `limit` mails as the development inbox shows them, newest first; those that were not worth
/// sending are left out.
pub async fn inbox(service: &Service, limit: u32) -> Result<Vec<Message>, MailError> {
    let mut messages = Vec::new();
    for mail in service.stores.mails.newest(limit).await? {
        let State::Sent(_) = mail.state else { continue };
        if let Some(record) = record(service, &mail).await? {
            messages.push(service.typesetter.set(&letter(service, &mail, record))?);
        }
    }
    Ok(messages)
}

fn now(service: &Service) -> DateTime<Utc> {
    to_stored_precision(service.clock.now())
}
