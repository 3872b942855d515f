//! `keywright-server serve`

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use keywright_adapters::entropy::SystemEntropy;
use keywright_domain::entropy::Entropy;
use keywright_service::Service;
use tokio::signal::unix::{SignalKind, signal};

use crate::application::{Application, Tuning};
use crate::config::Loaded;
use crate::logging;
use crate::welcome;
use crate::wiring::Environment;

/// A failure that the log tells already.
#[derive(Debug, thiserror::Error)]
#[error("the log says why")]
pub(super) struct Logged;

/// Serves until SIGTERM or SIGINT; requests under way are finished.
pub(super) async fn run(loaded: Loaded, json: bool) -> anyhow::Result<()> {
    loaded.config.check()?;
    logging::start(&loaded.config.log)?;
    // From here on stderr holds nothing but the log.
    serve(&loaded, json).await.map_err(|error| {
        tracing::error!("{error:#}");
        Logged.into()
    })
}

async fn serve(loaded: &Loaded, json: bool) -> anyhow::Result<()> {
    let config = &loaded.config;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let secret = config.load_or_create_secret(|bytes| SystemEntropy.fill(bytes))?;
    for warning in &secret.warnings {
        tracing::warn!("{warning}");
    }
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;

    let application = Application::build(config, &secret, Environment::system(), Tuning::default()).await?;
    let service = application.service();
    welcome::print(config, &secret, &application, json)?;
    application
        .run_until(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping: requests under way are finished first");
        })
        .await?;
    close(service).await;
    tracing::info!("stopped");
    Ok(())
}

/// Closes the store, which brings its file up to date, once the threads that served are gone too.
async fn close(service: Arc<Service>) {
    for _ in 0..200 {
        if Arc::strong_count(&service) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Blocks for as long as the last writes take.
    let _ = tokio::task::spawn_blocking(move || drop(service)).await;
}
