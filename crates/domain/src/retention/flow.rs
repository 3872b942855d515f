//! Removing what is over.

use super::port::Swept;
use super::{Origins, Removal};
use crate::clock::to_stored_precision;
use crate::error::StoreError;
use crate::passkey;
use crate::service::Service;

/// How many records one command looks at. Small, so that whoever else wants to write has not long to wait.
const BATCH: u32 = 100;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many records were removed.
    pub removed: u64,
    /// How many records lost their address and user agent.
    pub cleared: u64,
    /// Whether there may be more.
    pub is_more: bool,
}

impl Purged {
    fn after(&mut self, swept: Swept) -> u64 {
        self.is_more |= swept.looked_at >= BATCH;
        swept.done.into()
    }
}

/// One batch of everything; challenges that nobody answered, too.
pub async fn purge(service: &Service) -> Result<Purged, StoreError> {
    let (sweeper, rules) = (&service.stores.sweeper, &service.rules);
    let now = to_stored_precision(service.clock.now());
    let mut purged = Purged { is_more: passkey::flow::purge(service).await?, ..Purged::default() };
    for removal in Removal::ALL {
        let before = rules.retention.before(removal, &rules.link_budget, now);
        purged.removed += purged.after(sweeper.remove(removal, before, BATCH).await?);
    }
    for origins in Origins::ALL {
        let before = rules.retention.origins_before(&rules.link_budget, now);
        purged.cleared += purged.after(sweeper.clear(origins, before, BATCH).await?);
    }
    Ok(purged)
}
