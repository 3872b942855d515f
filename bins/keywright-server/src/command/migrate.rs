//! `keywright-server migrate`

use serde_json::json;

use crate::config::Loaded;
use crate::store;

/// Applies the migrations that are missing and prints their names.
pub(super) async fn run(loaded: Loaded, as_json: bool) -> anyhow::Result<()> {
    super::remark(&loaded);
    let applied = store::migrate(&loaded.config.database.url).await?;
    if as_json {
        println!("{}", json!({"applied": applied}));
    } else if applied.is_empty() {
        println!("The database is up to date.");
    } else {
        for name in applied {
            println!("applied {name}");
        }
    }
    Ok(())
}
