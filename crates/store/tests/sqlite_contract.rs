//! The store on SQLite keeps every promise of the ports.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use keywright_domain::Stores;
use keywright_store::sqlite::{Options, SqliteStore};
use keywright_store_contract::store_contract;
use tempfile::TempDir;

fn fresh() -> (TempDir, Stores) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("keywright.db"), &Options::default()).unwrap();
    (folder, Stores::of(Arc::new(store)))
}

store_contract!(fresh);
