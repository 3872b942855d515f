//! Servers that share one PostgreSQL, and its outages: real processes throughout.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bad_days;
mod claims;
#[expect(dead_code, reason = "the tests of one process need more")]
#[path = "../process/client.rs"]
mod client;
mod failover;
#[expect(dead_code, reason = "the tests of one process need more")]
#[path = "../process/harness.rs"]
mod harness;
mod kill;
mod load;
#[path = "../process/process.rs"]
mod process;
mod restore;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use futures_util::future::join_all;

use crate::harness::{Place, Server};

/// Number of connections per server.
const POOL: usize = 8;

/// A place with an existing secret and the database `url`; devices may poll every second.
fn place(url: &str, settings: &[(&str, &str)]) -> Place {
    let pool = POOL.to_string();
    let defaults = [("DATABASE__URL", url), ("DATABASE__POOL_SIZE", &pool), ("DEVICE__INTERVAL", "1s")];
    let settings: Vec<_> = defaults.into_iter().chain(settings.iter().copied()).collect();
    let place = Place::with(&settings);
    fs::create_dir(place.path("data")).unwrap();
    fs::set_permissions(place.path("data"), fs::Permissions::from_mode(0o700)).unwrap();
    let secret = place.path("data/secret");
    fs::write(&secret, "c2VjcmV0LW9mLXRoZS10ZXN0cy1vZi1yZXBsaWNhcy4").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    place
}

/// Starts `count` servers at once.
async fn start(place: &Place, count: usize) -> Vec<Server> {
    join_all((0..count).map(|_| place.start())).await
}
