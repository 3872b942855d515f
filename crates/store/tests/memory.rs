//! The store in memory keeps every promise of the ports.
#![cfg(feature = "memory")]

use std::sync::Arc;

use keywright_domain::Stores;
use keywright_store::memory::MemoryStore;
use keywright_store_contract::store_contract;

fn fresh() -> ((), Stores) {
    ((), Stores::of(Arc::new(MemoryStore::default())))
}

store_contract!(fresh);
