//! How long it is waited for the database.
//!
//! Whoever asks waits for so long and no longer, however many commands and queries the answer takes. Who pauses between
//! them (a poll that waits for a decision) waits for something else, and begins anew.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use keywright_domain::error::StoreError;
use tokio::time::Instant;

use super::error::Failure;

/// Longer than anybody who answers a request does without the database.
const PAUSE: Duration = Duration::from_millis(200);

/// What has been waited so far.
#[derive(Clone, Copy)]
struct Waited {
    time: Duration,
    until: Instant,
}

tokio::task_local! {
    static WAITED: Cell<Option<Waited>>;
}

/// Answers one request: what it asks the database shares the patience of one command.
pub async fn with_one_patience<F: Future>(request: F) -> F::Output {
    WAITED.scope(Cell::new(None), request).await
}

/// What `ask` gives, which is told how long it may take at most: `patience`, or what is left of it.
pub(super) async fn within<T, F>(patience: Duration, ask: impl FnOnce(Duration) -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let began_at = Instant::now();
    let waited = waited(began_at);
    let limit = patience.saturating_sub(waited);
    let answer = tokio::time::timeout(limit, ask(limit)).await;
    let until = Instant::now();
    let time = waited + (until - began_at);
    // Whoever is not answering a request has the patience of one each time.
    let _ = WAITED.try_with(|waited| waited.set(Some(Waited { time, until })));
    match answer {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::unavailable("no answer from the database in time")),
    }
}

fn waited(now: Instant) -> Duration {
    let last = WAITED.try_with(Cell::get).ok().flatten();
    last.filter(|last| now.saturating_duration_since(last.until) < PAUSE)
        .map_or(Duration::ZERO, |last| last.time)
}
