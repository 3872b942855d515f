//! The store on PostgreSQL.
#![cfg(feature = "postgres")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod connections;
mod contract;
mod hot;
mod migrations;
mod plans;
mod replicas;
mod schema;
mod single_statement;
mod start;
mod statements;
mod tls;

use std::num::NonZeroUsize;

use keywright_store::postgres::{Options, PostgresStore};
use keywright_throwaway_postgres::Database;

/// A store on `database` with so many connections, whose statements are recorded.
async fn open(database: &Database, connections: usize) -> PostgresStore {
    statements::record();
    let connections = NonZeroUsize::new(connections).unwrap();
    PostgresStore::open(&database.url(), &Options { connections, ..Options::default() }).await.unwrap()
}
