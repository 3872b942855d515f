//! `keywright-throwaway-postgres COMMAND…` starts a cluster and runs the command, whose tests share it.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use keywright_throwaway_postgres::{Cluster, SHARED};

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().context("usage: keywright-throwaway-postgres COMMAND ARGUMENT…")?;
    let cluster = Cluster::start(&[])?;
    let status = Command::new(&program).args(arguments).env(SHARED, cluster.url()).status();
    let status = status.with_context(|| format!("cannot run {}", program.display()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
