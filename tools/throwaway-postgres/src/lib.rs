//! A PostgreSQL cluster for tests: made from the server binaries of this machine in a directory of its own, reached
//! through loopback only, and gone with the process that started it, however that ends.
//!
//! As root it runs as another user, because PostgreSQL refuses to run as root.

mod binaries;
mod cluster;
mod database;
mod port;
mod proxy;

pub use cluster::Cluster;
pub use database::Database;
pub use proxy::{Proxy, Way};

/// The environment variable that names a cluster which tests are to share: a `postgres://` URL without a database.
pub const SHARED: &str = "KEYWRIGHT_TEST_POSTGRES";
