//! The house rules of Keywright, as code: which layer may know which, how long a file and a function may
//! be, and who may read the wall clock. The rules are the constants of [`layers`], [`sizes`] and [`lints`];
//! `tests/` holds the repository to them.
//!
//! A rule returns its violations, one a line, each with the place and the limit; none means that it holds.

pub mod graph;
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
