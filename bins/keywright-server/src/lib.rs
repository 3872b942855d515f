//! The parts of the server that are worth testing by themselves; the binary only puts them together.

pub mod application;
pub mod command;
pub mod config;
pub mod logging;
pub mod mail_worker;
pub mod purge_worker;
pub mod signing_key;
pub mod store;
pub mod welcome;
pub mod wiring;
