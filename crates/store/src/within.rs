//! The limit on how long a caller waits for one command.

use std::future::Future;
use std::time::Duration;

use keywright_domain::error::StoreError;
use keywright_domain::wait_budget::WaitBudget;
use tokio::time::Instant;

/// Runs one command for at most `patience`, and no longer than `budget` allows. `ask` is told the limit.
pub async fn within<T, E, F>(
    budget: &WaitBudget,
    patience: Duration,
    ask: impl FnOnce(Duration) -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, E>>,
    E: Into<StoreError>,
{
    let limit = budget.limit(patience);
    let began_at = Instant::now();
    let answer = tokio::time::timeout(limit, ask(limit)).await;
    budget.spend(began_at.elapsed());
    match answer {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(StoreError::unavailable("timed out waiting for the database")),
    }
}
