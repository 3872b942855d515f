//! The parts of the server that are worth testing by themselves; the binary only puts them together.

pub mod config;
