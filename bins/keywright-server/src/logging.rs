//! The log: one line an event, on stderr.

use std::panic;

use anyhow::Context;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{Log, LogFormat};

const OURS: [&str; 8] = [
    "keywright_adapters",
    "keywright_domain",
    "keywright_api",
    "keywright_service",
    "keywright_web",
    "keywright_pages",
    "keywright_server",
    "keywright_store",
];

/// Starts the log. Libraries only speak up from warnings on, whichever of `log` and `tracing` they use.
pub fn start(log: &Log) -> anyhow::Result<()> {
    start_to(log, std::io::stderr)?;
    // A panic is a line of the log as well, whatever it says: never several, and never in another format.
    panic::set_hook(Box::new(|panicked| {
        let message = panicked.payload_as_str().unwrap_or("of an unknown kind");
        let place = panicked.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.message = message, panic.place = place, "a task panicked");
    }));
    Ok(())
}

/// The same without the panics, and to another place. A process has one log: a second is refused.
pub fn start_to<W>(log: &Log, place: W) -> anyhow::Result<()>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = LevelFilter::from_level(log.level);
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OURS.map(|target| (target, level)))
        // It calls what anybody can send an error; the API logs one line for a refused passkey.
        .with_target("webauthn_rs_core", LevelFilter::OFF);
    let lines = fmt::layer().with_writer(place).with_target(false);
    let lines = match log.format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(targets))
        .try_init()
        .context("the log cannot be started")
}
