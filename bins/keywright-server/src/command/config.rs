//! `keywright-server config`

use super::output::OutputOptions;
use crate::config::Loaded;

/// Prints the effective tree. A combination that `serve` would refuse is shown, and said.
pub(super) fn run(loaded: &Loaded, options: OutputOptions) -> anyhow::Result<()> {
    options.print(&loaded.config.sources.to_json(), &loaded.config.sources.to_text())?;
    super::warn(loaded);
    Ok(loaded.config.check()?)
}
