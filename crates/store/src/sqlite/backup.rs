//! A copy of the file while servers work with it.

use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::connection::{Access, Connector};
use super::error::{Failure, OpenError};

/// A server holds the locks that this needs only for moments.
const PATIENCE: Duration = Duration::from_mins(1);

/// Writes what is in `file` to `copy`, which must be missing or empty: the state of one instant, everything that was
/// committed by then, without what was deleted. Servers go on meanwhile. Whether `copy` has reached the disk is for the
/// caller to see to. Blocks.
pub fn backup(file: impl AsRef<Path>, copy: impl AsRef<Path>) -> Result<(), OpenError> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|source| OpenError::File { path: path.to_owned(), source })
    };
    let copy = absolute(copy.as_ref())?;
    let mut connection = Connector::new(file.as_ref(), PATIENCE)?.connect(Access::Copy)?;
    // SQLite takes a name that is text, and an absolute one for a file and never for a URI.
    let name = copy.to_str().ok_or(Failure::NoText)?;
    let vacuum = sql_query("VACUUM INTO ?").bind::<Text, _>(name).execute(&mut connection);
    vacuum.map_err(Failure::from)?;
    Ok(())
}
