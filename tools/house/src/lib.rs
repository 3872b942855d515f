//! The house rules of Keywright as code: the layers of the crates, the order of the files inside them, the owners
//! of time and randomness, and the language of documentation comments. `tests/` applies them to the repository;
//! the binary prints the advice of [`sizes`].
//!
//! A rule returns its violations, each with its place. An empty list means that the rule holds.

pub mod circles;
pub mod graph;
pub mod language;
pub mod layers;
pub mod lints;
pub mod sizes;
pub mod source;
pub mod tree;

use std::path::PathBuf;

use anyhow::{Result, ensure};

/// The root of the workspace that this crate belongs to.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(PathBuf::from).unwrap_or(here)
}

/// Fails with all of the `violations`, if there are any.
pub fn hold(violations: &[String]) -> Result<()> {
    ensure!(violations.is_empty(), "the house rules are broken:\n  {}", violations.join("\n  "));
    Ok(())
}
