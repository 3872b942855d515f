//! The API over real HTTP, one file a concept, mirroring the URL tree. Every test has a server and a store of
//! its own, and moves the clock instead of sleeping.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod conventions;
mod device;
mod device_flow;
mod device_page;
mod device_verify;
mod discovery;
pub(crate) mod harness;
mod logout;
mod magic_link;
mod main_job;
mod me;
mod rate_limit;
mod refresh;
mod revoke;
mod signing_key;
mod stock_client;
mod token;
