//! `keywright-server`: self-hosted passwordless sign-in.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    keywright_server::command::run().await
}
