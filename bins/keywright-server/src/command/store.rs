//! What a command works on: the store that the configuration names, whether or not a server is running.

use std::sync::Arc;

use keywright_domain::Stores;
use keywright_domain::clock::Clock;
use keywright_domain::entropy::Entropy;

use crate::config::Loaded;
use crate::store;
use crate::wiring::World;

/// The configured store, with the clock and the entropy of the system.
pub(super) struct Opened {
    pub(super) stores: Stores,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

/// Opens the store of a configuration that a server may start with; brings it to the schema of this version.
pub(super) async fn open(loaded: &Loaded) -> anyhow::Result<Opened> {
    super::remark(loaded);
    loaded.check()?;
    let World { clock, entropy, .. } = World::real();
    Ok(Opened { stores: store::open(&loaded.config.database).await?, clock, entropy })
}
