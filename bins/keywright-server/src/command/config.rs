//! `keywright-server config`

use super::output::OutputOptions;
use crate::config::Loaded;

/// Prints the effective tree. A combination that `serve` would refuse is shown, and said.
pub(super) fn run(loaded: &Loaded, manner: OutputOptions) -> anyhow::Result<()> {
    manner.print(&loaded.sources.to_json(), &loaded.sources.to_text())?;
    super::remark(loaded);
    Ok(loaded.check()?)
}
