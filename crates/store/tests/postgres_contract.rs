//! The store on PostgreSQL keeps every promise of the ports.
#![cfg(feature = "postgres")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use keywright_domain::Stores;
use keywright_store::postgres::{Options, PostgresStore};
use keywright_store_contract::store_contract;
use keywright_throwaway_postgres::Database;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

fn fresh() -> (Database, Stores) {
    let database = Database::new().unwrap();
    let (url, options) = (database.url(), Options::default());
    let opening = PostgresStore::open(&url, &options);
    let store = block_in_place(|| Handle::current().block_on(opening)).unwrap();
    (database, Stores::of(Arc::new(store)))
}

store_contract!(fresh);
