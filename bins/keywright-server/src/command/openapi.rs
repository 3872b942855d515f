//! `keywright-server openapi`

use std::io::{self, ErrorKind, Write};

/// Prints the description of the API, which is JSON anyway. Whoever reads may stop reading.
pub(super) fn run() -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(keywright_api::openapi::text().as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}
