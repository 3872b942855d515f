//! The connections, and the only place that opens a transaction.
//!
//! 1. A command waits for one of a bounded number of places, and then holds a thread that may block.
//! 2. A connection that is not known to be dead is taken, or one is made. It is not asked whether it still lives: a
//!    query, or a transaction that did not come to its commit, is run again on another.
//! 3. A command runs in a transaction. One that met another's is rolled back and run again, a bounded number of times.
//! 4. Only when the connection breaks at the commit is it unknown what was done: that is reported, and repeated only if it
//!    may be done twice.
//! 5. When its caller has lost patience, its connection is ended: what was reported as unavailable is not begun later,
//!    nor committed.
//! 6. Only at its commit it has its place for as long as the database has it: never are there more connections than
//!    places, but for one that looks whether another server has taken over.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::connection::{Commit, Connection, Connector, Live};
use super::error::Failure;
use super::waiting::Waiting;

/// Number of attempts of a command that conflicts each time.
const RUNS: u32 = 10;

/// So many connections, made when they are needed.
pub(super) struct Executor {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    runtime: Handle,
}

/// Repeatability of a command of one statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Once,
    Twice,
}

struct Shared {
    connector: Connector,
    idle: Mutex<Vec<Live>>,
    runtime: Handle,
}

impl Executor {
    /// Makes its connections, and its threads, on the runtime that this is called on. Up to `queue` commands wait.
    pub(super) fn new(connector: Connector, connections: NonZeroUsize, queue: usize) -> Self {
        let runtime = Handle::current();
        Self {
            shared: Arc::new(Shared { connector, idle: Mutex::default(), runtime: runtime.clone() }),
            places: Arc::new(Semaphore::new(connections.get())),
            waiting: AtomicUsize::new(0),
            queue,
            runtime,
        }
    }

    /// Number of commands that wait for a connection.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed) as u64
    }

    /// Runs a query, for up to `limit`. It changes nothing, so a broken connection is no reason not to ask again.
    pub(super) async fn read<T, F>(&self, limit: Duration, mut query: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.run(limit, move |shared, deadline| {
            shared.with_connection(deadline, &mut |connection, _| query(connection))
        })
        .await
    }

    /// Runs a command in a transaction, for up to `limit`.
    pub(super) async fn write<T, F>(&self, limit: Duration, mut command: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.run(limit, move |shared, deadline| {
            let mut attempt = || {
                shared.with_connection(deadline, &mut |connection, commit| {
                    transact(connection, deadline, commit, &mut command)
                })
            };
            for run in 1..RUNS {
                match attempt() {
                    Err(failure) if failure.is_conflict() => thread::sleep(pause(run)),
                    outcome => return outcome,
                }
            }
            attempt()
        })
        .await
    }

    /// Runs a command of one statement, which is a transaction by itself, for up to `limit`. If its answer is lost, one that
    /// may be done twice is run again.
    pub(super) async fn write_one<T, F>(
        &self,
        limit: Duration,
        done: Done,
        mut command: F,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.run(limit, move |shared, deadline| {
            let mut attempt = || {
                shared.with_connection(deadline, &mut |connection, commit| {
                    commit.begins();
                    // What goes wrong before the statement is sent was not done, but that cannot be told from here.
                    command(connection).map_err(Failure::of_unknown_outcome)
                })
            };
            match attempt() {
                Err(Failure::Unknown(_)) if done == Done::Twice => attempt(),
                outcome => outcome,
            }
        })
        .await
    }

    async fn run<T, F>(&self, limit: Duration, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Shared, Instant) -> Result<T, Failure> + Send + 'static,
    {
        let deadline = Instant::now() + limit;
        let place = {
            let _waiting = Waiting::new(&self.waiting, self.queue)?;
            // Nobody closes the semaphore.
            self.places.clone().acquire_owned().await.map_err(|_| Failure::TooManyWaiting)?
        };
        let shared = self.shared.clone();
        let running = self.runtime.spawn_blocking(move || {
            let _place = place;
            work(&shared, deadline)
        });
        running.await?
    }
}

impl Shared {
    /// Runs `work` on a connection, which ends at `deadline`; on a new one if those that are here are dead.
    fn with_connection<T>(
        &self,
        deadline: Instant,
        work: &mut dyn FnMut(&mut Connection, &Commit) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        time_left(deadline)?;
        if let Some(mut live) = self.take() {
            match self.work_on(&mut live, deadline, work) {
                // Whatever killed this one has killed the others too, most likely.
                Err(failure) if failure.is_of_connection() => {
                    self.forget();
                    if matches!(failure, Failure::Unknown(_)) {
                        return Err(failure);
                    }
                }
                outcome => return self.put_back(live, outcome),
            }
        }
        let limit = time_left(deadline)?.min(self.connector.statement_timeout());
        let mut live = self.connector.connect_blocking(limit, &self.runtime)?;
        let outcome = self.work_on(&mut live, deadline, work);
        self.put_back(live, outcome)
    }

    fn work_on<T>(
        &self,
        live: &mut Live,
        deadline: Instant,
        work: &mut dyn FnMut(&mut Connection, &Commit) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let ending = live.ends_at(deadline, &self.connector, &self.runtime);
        work(&mut live.connection, &ending.commit)
    }

    /// One that is not known to be dead.
    fn take(&self) -> Option<Live> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|live| !live.is_dead());
        idle.pop()
    }

    fn forget(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn put_back<T>(&self, live: Live, outcome: Result<T, Failure>) -> Result<T, Failure> {
        if !matches!(&outcome, Err(failure) if failure.spoils_connection()) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(live);
        }
        outcome
    }
}

/// `command` in a transaction that reads what is committed, statement by statement: its writes are guarded.
fn transact<T>(
    connection: &mut Connection,
    deadline: Instant,
    commit: &Commit,
    command: &mut dyn FnMut(&mut Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    connection.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")?;
    match command(connection).and_then(|value| time_left(deadline).map(|_| value)) {
        Ok(value) => {
            commit.begins();
            connection.batch_execute("COMMIT").map_err(Failure::of_commit)?;
            Ok(value)
        }
        Err(failure) => {
            if !failure.is_of_connection() {
                connection.batch_execute("ROLLBACK")?;
            }
            Err(failure)
        }
    }
}

/// Time left of the caller.
fn time_left(deadline: Instant) -> Result<Duration, Failure> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(Failure::TooLate) } else { Ok(left) }
}

/// Longer each time, so that those who meet do not meet again.
fn pause(run: u32) -> Duration {
    Duration::from_millis(u64::from(run * run))
}
