//! Signing keys and the secret over time: servers that share a store, verifiers that cache, operators who rotate.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod race;
mod server;
mod verbs;
mod year;
