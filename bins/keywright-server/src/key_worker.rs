//! Maintains the signing keys: follows their schedule, and adopts keys that other servers made or removed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use keywright_domain::signing_key::port::{SigningKeyMaker, SigningKeys};
use keywright_domain::signing_key::schedule::KeyRules;
use keywright_service::Service;
use keywright_service::signing_key::{Done, Kept, KeysError, keep};
use tokio::sync::watch;

/// The maker of keys, and its rules.
pub struct KeyKeeper {
    /// Seals under the configured secret.
    pub maker: Arc<dyn SigningKeyMaker>,
    /// As configured.
    pub rules: KeyRules,
}

impl KeyKeeper {
    /// Does what the schedule requires at `now`, and returns the keys.
    pub async fn keep(&self, keys: &dyn SigningKeys, now: DateTime<Utc>) -> Result<Kept, KeysError> {
        let kept = keep(keys, self.maker.as_ref(), &self.rules, now).await?;
        kept.done.iter().for_each(report);
        Ok(kept)
    }
}

/// Maintains the keys until `stop` changes. A failure that repeats is logged once.
pub async fn run(service: Arc<Service>, keeper: KeyKeeper, pause: Duration, mut stop: watch::Receiver<bool>) {
    let mut logged = Vec::new();
    loop {
        let kept = keeper.keep(service.stores.signing_keys.as_ref(), service.clock.now()).await;
        let troubles = match kept {
            Ok(kept) => service.tokens.adopt(&kept.keys),
            Err(error) => vec![error.to_string()],
        };
        if troubles != logged {
            for trouble in &troubles {
                tracing::error!(error.cause = %trouble, "signing key maintenance failed");
            }
            logged = troubles;
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn report(done: &Done) {
    match done {
        Done::Made(kid) => tracing::info!(key.id = %kid, "signing key made and published"),
        Done::Removed(kid) => {
            tracing::info!(key.id = %kid, "signing key removed: its last token expired");
        }
        Done::Resealed(kid) => tracing::info!(key.id = %kid, "signing key sealed under the current secret"),
    }
}
