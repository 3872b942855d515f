//! Removes what is over, in small batches, and clears old addresses and user agents.

use std::sync::Arc;
use std::time::Duration;

use keywright_service::Service;
use keywright_service::retention::purge;
use tokio::sync::watch;

/// Pause between two batches, for other writers.
const BREATH: Duration = Duration::from_millis(20);

/// Purges until `stop` changes: whatever there is, and then again after `pause`. What is under way then is left to the
/// next start, or to another server: a batch is done as a whole or not at all.
pub async fn run(service: Arc<Service>, pause: Duration, mut stop: watch::Receiver<bool>) {
    let (mut removed, mut cleared) = (0, 0);
    loop {
        let purged = tokio::select! {
            _ = stop.changed() => return,
            purged = purge(&service) => purged,
        };
        removed += purged.removed;
        cleared += purged.cleared;
        let is_more = purged.is_more;
        if !is_more {
            // Said once for all rounds: it is in the way in each of them.
            if let Some(error) = purged.failure {
                tracing::error!(error.cause = %error, "not all that is over can be removed just now");
            }
            if removed + cleared > 0 {
                tracing::info!(purge.removed = removed, purge.cleared = cleared, "removed what is over");
            }
            (removed, cleared) = (0, 0);
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(if is_more { BREATH } else { pause }) => {}
        }
    }
}
