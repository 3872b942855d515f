//! Prints the advice that fails no test: long files and functions.

use anyhow::Result;
use keywright_house::source::{Source, texts};
use keywright_house::{language, root, sizes};

fn main() -> Result<()> {
    let root = root();
    let mut warnings = sizes::warnings(&Source::all(&root)?);
    warnings.extend(language::riddles(&texts(&root)?));
    for warning in warnings {
        println!("warning: {warning}");
    }
    Ok(())
}
