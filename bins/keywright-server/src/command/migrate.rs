//! `keywright-server migrate`

use serde_json::json;

use super::output::OutputOptions;
use crate::config::Loaded;
use crate::store;

/// Applies the migrations that are missing and prints their names.
pub(super) async fn run(loaded: Loaded, options: OutputOptions) -> anyhow::Result<()> {
    super::warn(&loaded);
    let applied = store::migrate(&loaded.config.database.url).await?;
    let text = if applied.is_empty() {
        "The database is up to date.".to_owned()
    } else {
        let lines: Vec<_> = applied.iter().map(|name| format!("applied {name}")).collect();
        lines.join("\n")
    };
    Ok(options.print(&json!({"applied": applied}), &text)?)
}
