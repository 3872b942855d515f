//! Forgets what is past its time, in small batches.

use std::sync::Arc;
use std::time::Duration;

use keywright_domain::Service;
use keywright_domain::passkey;
use tokio::sync::watch;

/// Forgets until `stop` changes: whatever there is, and then again after `pause`.
pub async fn run(service: Arc<Service>, pause: Duration, mut stop: watch::Receiver<bool>) {
    loop {
        let has_more = match passkey::flow::purge(&service).await {
            Ok(has_more) => has_more,
            Err(error) => {
                tracing::error!(error.cause = %error, "challenges cannot be purged just now");
                false
            }
        };
        let pause = if has_more { Duration::ZERO } else { pause };
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
