//! A PostgreSQL cluster for tests. It uses the server binaries of this machine and a directory of its own, listens on
//! loopback only, and ends with the process that started it, even if that is killed.
//!
//! Started by root, it runs as another user, because PostgreSQL refuses to run as root.

mod binaries;
mod cluster;
mod database;
mod proxy;

pub use cluster::Cluster;
pub use database::Database;
pub use proxy::{Proxy, Way};

/// The environment variable with the cluster that the tests share: a `postgres://` URL without a database.
pub const SHARED: &str = "KEYWRIGHT_TEST_POSTGRES";
