//! The API over real HTTP, one file a concept, mirroring the URL tree. Every test has a server and a store of
//! its own, and moves the clock instead of sleeping.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod harness;
mod main_job;
mod stock_client;
