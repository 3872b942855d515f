//! The log: one line an event, on stderr.

use anyhow::anyhow;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{Log, LogFormat};

/// Starts the log. Libraries only speak up from warnings on.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let level = log.level.as_str();
    let filter = EnvFilter::try_new(format!(
        "warn,keywright_server={level},keywright_http={level},keywright_pages={level},keywright_domain={level},\
         keywright_store={level},keywright_adapters={level}"
    ))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE)
        .with_target(false);
    let started = match log.format {
        LogFormat::Pretty => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    };
    started.map_err(|error| anyhow!("the log cannot be started: {error}"))
}
