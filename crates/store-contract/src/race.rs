//! Racing tasks.

use std::future::Future;
use std::sync::Arc;

use keywright_domain::Stores;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Starts `racers` tasks at once and returns their results, in the order of their numbers.
pub async fn race<T, F>(stores: &Stores, racers: usize, run: impl Fn(Stores, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(racers));
    let mut tasks = JoinSet::new();
    for number in 0..racers {
        let (racer, start) = (run(stores.clone(), number), start.clone());
        tasks.spawn(async move {
            start.wait().await;
            (number, racer.await)
        });
    }
    let mut results = tasks.join_all().await;
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Counts the `results` that match.
pub fn count<T>(results: &[T], wanted: impl Fn(&T) -> bool) -> usize {
    results.iter().filter(|result| wanted(result)).count()
}
