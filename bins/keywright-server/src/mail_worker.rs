//! Delivers the mail that commands have queued.

use std::sync::Arc;
use std::time::Duration;

use keywright_domain::Service;
use keywright_domain::mail::Delivery;
use keywright_domain::mail::flow::{Attempt, deliver_due};
use keywright_domain::mail::port::Mailer;
use tokio::sync::watch;

/// Delivers until `stop` changes. A delivery under way is finished.
pub async fn run(
    service: Arc<Service>,
    mailer: Arc<dyn Mailer>,
    pause: Duration,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let is_idle = match deliver_due(&service, mailer.as_ref()).await {
            Ok(attempts) => {
                attempts.iter().for_each(report);
                attempts.is_empty()
            }
            Err(error) => {
                tracing::error!(error.cause = %error, "mail cannot be delivered just now");
                true
            }
        };
        let pause = if is_idle { pause } else { Duration::ZERO };
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn report(attempt: &Attempt) {
    let (id, attempts) = (attempt.mail.id, attempt.mail.attempts);
    let cause = attempt.cause.as_deref().unwrap_or_default();
    match attempt.delivery {
        Delivery::Sent => tracing::info!(mail.id = %id, mail.attempts = attempts, "mail sent"),
        Delivery::Dropped => tracing::info!(mail.id = %id, "mail dropped: nobody can use it any more"),
        Delivery::Deferred => {
            tracing::warn!(mail.id = %id, mail.attempts = attempts, error.cause = cause, "mail deferred");
        }
        Delivery::Rejected => {
            tracing::error!(mail.id = %id, mail.attempts = attempts, error.cause = cause, "mail given up");
        }
    }
}
