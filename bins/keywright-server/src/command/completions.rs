//! `keywright-server completions`

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use super::output::OutputOptions;

/// Prints the script that completes this command line in `shell`.
pub(super) fn run(shell: Shell, options: OutputOptions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::Arguments::command(), "keywright-server", &mut script);
    let script = String::from_utf8_lossy(&script);
    Ok(options.print(&json!({"shell": shell.to_string(), "script": script}), &script)?)
}
