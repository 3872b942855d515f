//! `keywright-server config`

use std::io::{self, Write};

use crate::config::Loaded;

/// Prints the effective tree. A combination that `serve` would refuse is shown, and said.
pub(super) fn run(loaded: &Loaded, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", loaded.sources.to_json())?;
    } else {
        write!(out, "{}", loaded.sources.to_text())?;
    }
    super::remark(loaded);
    Ok(loaded.check()?)
}
