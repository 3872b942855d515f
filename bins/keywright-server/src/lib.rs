//! The parts of the server that are worth testing by themselves; the binary only puts them together.

pub mod application;
pub mod command;
pub mod config;
pub mod key_worker;
pub mod logging;
pub mod mail_worker;
pub mod patience;
pub mod purge_worker;
pub mod store;
pub mod welcome;
pub mod wiring;
