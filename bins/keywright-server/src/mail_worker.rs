//! Delivers the mail that commands have queued.

use std::sync::Arc;
use std::time::Duration;

use keywright_domain::mail::Delivery;
use keywright_domain::mail::port::Mailer;
use keywright_service::Service;
use keywright_service::mail::{Attempt, deliver_due};
use tokio::sync::watch;

/// How long deliveries under way may take once the worker is told to stop. What is given up goes out when its
/// lease is over.
const GRACE: Duration = Duration::from_secs(5);

/// Delivers until `stop` changes. Deliveries under way are finished, if that does not take long.
pub async fn run(
    service: Arc<Service>,
    mailer: Arc<dyn Mailer>,
    pause: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut unsettled = None;
    loop {
        let delivered = tokio::select! {
            delivered = deliver_due(&service, mailer.as_ref(), &mut unsettled) => delivered,
            () = end_of_grace(stop.clone()) => {
                tracing::warn!("a delivery under way is given up: the mail server has not answered in time");
                return;
            }
        };
        let is_idle = match delivered {
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

async fn end_of_grace(mut stop: watch::Receiver<bool>) {
    // An error says that nobody is there to stop the worker any more: that is the end, too.
    let _ = stop.wait_for(|is_stopping| *is_stopping).await;
    tokio::time::sleep(GRACE).await;
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
