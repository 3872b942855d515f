//! The lints are in force.

use std::fs::read_to_string;

use anyhow::Result;
use keywright_house::graph::Graph;
use keywright_house::source::Source;
use keywright_house::{hold, lints, root};

#[test]
fn clippy_bans_the_wall_clock_and_ambient_randomness() -> Result<()> {
    hold(&lints::missing_bans(&read_to_string(root().join("clippy.toml"))?))
}

#[test]
fn only_the_clock_and_the_entropy_adapter_lift_a_ban() -> Result<()> {
    hold(&lints::lifted_bans(&Source::all(&root())?))
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() -> Result<()> {
    let graph = Graph::load(&root())?;
    let mut violations = Vec::new();
    for package in graph.members() {
        if !lints::inherits_lints(&read_to_string(&package.manifest_path)?) {
            violations
                .push(format!("{}: no `[lints]` with `workspace = true`", package.manifest_path.display()));
        }
    }

    hold(&violations)
}
