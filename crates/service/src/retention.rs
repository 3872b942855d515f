//! Removing what is over.

use keywright_domain::clock::to_stored_precision;
use keywright_domain::error::StoreError;
use keywright_domain::retention::port::Swept;
use keywright_domain::retention::{ClientInfoTable, Removal};

use crate::service::Service;

/// Records that one command examines. Few, so that other writers do not wait long.
const BATCH: u32 = 100;

/// Outcome of a round.
#[derive(Debug, Default)]
#[must_use]
pub struct Purged {
    /// Number of records removed.
    pub removed: u64,
    /// Number of records whose client info was cleared.
    pub cleared: u64,
    /// True if there may be more.
    pub is_more: bool,
    /// Why a batch was not done, the first of them. The others were, unless the store cannot be worked with at all.
    pub failure: Option<StoreError>,
}

impl Purged {
    /// Counts a batch, and gives how many records it changed. None if it is of no use to go on.
    fn after(&mut self, swept: Result<Swept, StoreError>) -> Option<u64> {
        match swept {
            Ok(swept) => {
                self.is_more |= swept.looked_at >= BATCH;
                Some(swept.done.into())
            }
            Err(failure) => {
                let is_over = matches!(failure, StoreError::Unavailable(_));
                self.is_more &= !is_over;
                self.failure.get_or_insert(failure);
                (!is_over).then_some(0)
            }
        }
    }
}

/// One batch of everything. Addresses and user agents come first, and a record that cannot be read keeps nobody else's
/// in the store.
pub async fn purge(service: &Service) -> Purged {
    let (sweeper, rules) = (&service.stores.sweeper, &service.rules);
    let now = to_stored_precision(service.clock.now());
    let mut purged = Purged::default();
    for origins in ClientInfoTable::ALL {
        let before = rules.retention.client_info_before(&rules.link_budget, now);
        let Some(cleared) = purged.after(sweeper.clear(origins, before, BATCH).await) else { return purged };
        purged.cleared += cleared;
    }
    for removal in Removal::ALL {
        let before = rules.retention.before(removal, &rules.link_budget, now);
        let Some(removed) = purged.after(sweeper.remove(removal, before, BATCH).await) else { return purged };
        purged.removed += removed;
    }
    purged
}
