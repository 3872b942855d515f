//! The configured store as commands use it, alongside running servers.

use std::sync::Arc;

use keywright_domain::Stores;
use keywright_domain::clock::Clock;
use keywright_domain::entropy::Entropy;

use crate::config::Loaded;
use crate::store;
use crate::wiring::Environment;

/// The configured store, with the clock and the entropy of the system.
pub(super) struct OpenStore {
    pub(super) stores: Stores,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

/// Opens the store for a command that changes it, and applies the migrations that are missing.
pub(super) async fn open(loaded: &Loaded) -> anyhow::Result<OpenStore> {
    check(loaded)?;
    Ok(with(store::open(&loaded.config.database).await?))
}

/// Opens the store for a command that only reads. Fails if its schema is not that of this version.
pub(super) async fn open_to_read(loaded: &Loaded) -> anyhow::Result<OpenStore> {
    check(loaded)?;
    Ok(with(store::open_unchanged(&loaded.config.database).await?))
}

fn check(loaded: &Loaded) -> anyhow::Result<()> {
    super::warn(loaded);
    Ok(loaded.config.check()?)
}

fn with(stores: Stores) -> OpenStore {
    let Environment { clock, entropy, .. } = Environment::system();
    OpenStore { stores, clock, entropy }
}
