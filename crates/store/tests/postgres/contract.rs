//! The store keeps every promise of the ports, by statements that PostgreSQL's relatives run, too.

use std::sync::Arc;
use std::thread;

use keywright_domain::Stores;
use keywright_store_contract::store_contract;
use keywright_throwaway_postgres::Database;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::open;
use crate::statements::{forbidden, recorded};

/// Looks, when a promise has been kept, at how.
struct Watched(#[expect(dead_code, reason = "kept until the test is over")] Database);

impl Drop for Watched {
    fn drop(&mut self) {
        if !thread::panicking() {
            let statements = recorded();
            assert!(statements.len() > 10, "nothing was recorded: {statements:?}");
            for statement in statements {
                assert_eq!(forbidden(&statement.sql), None, "{}", statement.sql);
            }
        }
    }
}

fn fresh() -> (Watched, Stores) {
    let database = Database::new().unwrap();
    let store = block_in_place(|| Handle::current().block_on(open(&database, 16)));
    (Watched(database), Stores::of(Arc::new(store)))
}

store_contract!(fresh);
