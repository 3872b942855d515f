//! Files and functions are short.

use anyhow::Result;
use keywright_house::source::Source;
use keywright_house::{hold, root, sizes};

#[test]
fn files_are_short() -> Result<()> {
    hold(&sizes::long_files(&Source::all(&root())?, sizes::TALL_FILES))
}

#[test]
fn the_median_file_is_short() -> Result<()> {
    hold(&sizes::long_median(&Source::all(&root())?))
}

#[test]
fn functions_are_short() -> Result<()> {
    hold(&sizes::long_functions(&Source::all(&root())?))
}
