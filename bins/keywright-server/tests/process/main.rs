//! The real binary under signals, kills and failures: one file a concern. Every test has its own directory,
//! and servers in it that end with the test.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bad_days;
mod client;
mod command_line;
mod commit_and_reply;
mod first_start;
mod harness;
mod kill;
mod log;
mod mail;
mod process;
mod signal;
mod verbs;
