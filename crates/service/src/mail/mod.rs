//! Mail: from a row to a delivery.

mod contents;

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::clock::to_stored_precision;
use keywright_domain::error::StoreError;
use keywright_domain::mail::content::{RenderedMail, RenderingFailed};
use keywright_domain::mail::port::{DeliveryError, Mailer};
use keywright_domain::mail::{Delivery, Mail, MailState};

use self::contents::{is_worth_sending, letter, record};
use crate::service::Service;

/// Lease of a delivery. Longer than an SMTP dialogue may take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
const BATCH: u32 = 10;

/// Outcome of a delivery. The cause is for the log.
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
    Typesetting(#[from] RenderingFailed),
}

/// Delivers what is due, at most a batch of it, one after another.
///
/// 1. Settle what a round before could not, because the store had failed: it is not delivered again.
/// 2. Lease the mail that is due, so that nobody else delivers it meanwhile.
/// 3. Derive what it says; drop what is not worth sending any more. If that cannot be found out now, it is tried again
///    soon.
/// 4. Deliver, and settle what came of it. What cannot be settled is left in `unsettled`, for the next round.
pub async fn deliver_due(
    service: &Service,
    mailer: &dyn Mailer,
    unsettled: &mut Option<Attempt>,
) -> Result<Vec<Attempt>, StoreError> {
    let mut attempts = Vec::new();
    for _ in 0..BATCH {
        match deliver_next(service, mailer, unsettled).await {
            Ok(Some(attempt)) => attempts.push(attempt),
            Ok(None) => break,
            // The next round comes to it again.
            Err(_) if !attempts.is_empty() => break,
            Err(failure) => return Err(failure),
        }
    }
    Ok(attempts)
}

/// None if nothing is due.
async fn deliver_next(
    service: &Service,
    mailer: &dyn Mailer,
    unsettled: &mut Option<Attempt>,
) -> Result<Option<Attempt>, StoreError> {
    let mails = &service.stores.mails;
    let attempt = if let Some(attempt) = unsettled.take() {
        attempt
    } else {
        let Some(mail) = mails.lease(1, LEASE, now(service)).await?.pop() else { return Ok(None) };
        let (delivery, cause) = match deliver(service, mailer, &mail).await {
            Ok(delivered) => delivered,
            Err(failure) => (Delivery::Deferred, Some(failure.to_string())),
        };
        Attempt { mail, delivery, cause }
    };
    let settled = mails.settle(attempt.mail.id, attempt.mail.attempts, attempt.delivery, now(service)).await;
    match settled {
        Ok(_) => Ok(Some(attempt)),
        Err(failure) => {
            // What is broken stays so, and must not keep the mails behind it.
            if matches!(failure, StoreError::Unavailable(_)) {
                *unsettled = Some(attempt);
            }
            Err(failure)
        }
    }
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
    let message = match service.mail_renderer.render(&letter(service, mail, record)) {
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
pub async fn inbox(service: &Service, limit: u32) -> Result<Vec<RenderedMail>, MailError> {
    let mut messages = Vec::new();
    for mail in service.stores.mails.newest(limit).await? {
        let MailState::Sent(_) = mail.state else { continue };
        if let Some(record) = record(service, &mail).await? {
            messages.push(service.mail_renderer.render(&letter(service, &mail, record))?);
        }
    }
    Ok(messages)
}

fn now(service: &Service) -> DateTime<Utc> {
    to_stored_precision(service.clock.now())
}
