#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../api/harness.rs"]
mod harness;

mod device;
mod device_page;
mod device_verify;
mod token;
