//! The one writer, and the only place that opens a transaction.
//!
//! 1. Commands queue; one thread takes all that are waiting.
//! 2. It runs them in one transaction, each in a savepoint: one that fails leaves the others alone.
//! 3. It commits, once for all of them: the disk is waited for once.
//! 4. Only then is each told its outcome.

use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use keywright_domain::error::StoreError;
use tokio::sync::oneshot;

use super::connection::{Access, Connector};
use super::counters::{Counters, WriterFigures};
use super::error::{Failure, OpenError};
use super::readers::Idle;

/// Runs `work` in a transaction of its own that holds the write lock from its beginning: for what is done
/// before there is a writer.
pub(super) fn immediately<T>(
    connection: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    connection.immediate_transaction(work)
}

/// The thread that writes. Dropping it waits until the queue is empty.
pub(super) struct Writer {
    queue: Option<SyncSender<Box<dyn Command>>>,
    thread: Option<JoinHandle<()>>,
    counters: Arc<Counters>,
}

impl Writer {
    /// Begins to write through `connection`, and through another of `connector` should it break. Should the file
    /// be read-only, `readers` are closed, too.
    pub(super) fn start(
        connector: Connector,
        connection: SqliteConnection,
        readers: Idle,
        queue: NonZeroUsize,
    ) -> Result<Self, OpenError> {
        let (sender, receiver) = sync_channel(queue.get());
        let counters = Arc::<Counters>::default();
        let mut work = Work { readers, connector, connection: Some(connection), counters: counters.clone() };
        let thread = Builder::new()
            .name("keywright-writer".into())
            .spawn(move || work.run(&receiver, queue.get()))
            .map_err(OpenError::Thread)?;
        Ok(Self { queue: Some(sender), thread: Some(thread), counters })
    }

    /// Queues `command`, and answers once it is committed, or has failed.
    pub(super) async fn run<T, F>(&self, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
    {
        let gone = || StoreError::unavailable("the thread that writes is gone");
        let (answer, answered) = oneshot::channel();
        let queued = Queued { command: Some(command), outcome: None, answer };
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        // Counted first: the thread may take it before this one goes on.
        self.counters.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(refused) = queue.try_send(Box::new(queued)) {
            self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(match refused {
                TrySendError::Full(_) => StoreError::unavailable("too many writes are waiting"),
                TrySendError::Disconnected(_) => gone(),
            });
        }
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Number of queued commands.
    pub(super) fn waiting(&self) -> u64 {
        self.counters.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn figures(&self) -> WriterFigures {
        WriterFigures {
            commands: self.counters.commands.load(Ordering::Relaxed),
            commits: self.counters.commits.load(Ordering::Relaxed),
            failures: self.counters.failures.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked, and if it had there would be nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// A command of whatever type in the queue.
trait Command: Send {
    /// True if nobody waits for its answer any more.
    fn is_abandoned(&self) -> bool;

    /// Runs it, and says whether what it wrote is to be kept.
    fn run(&mut self, connection: &mut SqliteConnection) -> bool;

    /// The command's own failure, if any.
    fn failure(&self) -> Option<&Failure>;

    /// Tells its outcome: its own, unless its group failed.
    fn answer(self: Box<Self>, group: Result<(), &str>);
}

struct Queued<T, F> {
    command: Option<F>,
    outcome: Option<Result<T, Failure>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Command for Queued<T, F>
where
    T: Send,
    F: FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(&mut self, connection: &mut SqliteConnection) -> bool {
        self.outcome = self.command.take().map(|command| command(connection));
        matches!(self.outcome, Some(Ok(_)))
    }

    fn failure(&self) -> Option<&Failure> {
        self.outcome.as_ref()?.as_ref().err()
    }

    fn answer(self: Box<Self>, group: Result<(), &str>) {
        let outcome = match (self.outcome, group) {
            (Some(Err(failure)), _) => Err(failure.into()),
            (_, Err(cause)) => Err(StoreError::unavailable(format!("nothing was written: {cause}"))),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::unavailable("the command was abandoned")),
        };
        // Who does not wait any more will not miss it.
        let _ = self.answer.send(outcome);
    }
}

/// State of the writer thread. There is no connection between a broken one and its replacement.
struct Work {
    // Closed first, so that the writer is the last: it writes the log back into the file.
    readers: Idle,
    connector: Connector,
    connection: Option<SqliteConnection>,
    counters: Arc<Counters>,
}

impl Work {
    fn run(&mut self, queue: &Receiver<Box<dyn Command>>, most: usize) {
        while let Ok(first) = queue.recv() {
            let mut group = vec![first];
            group.extend(queue.try_iter().take(most));
            self.counters.waiting.fetch_sub(group.len() as u64, Ordering::Relaxed);
            // A defect in one command must not end the only thread that writes.
            let committed = catch_unwind(AssertUnwindSafe(|| self.commit(&mut group)));
            let cause = match committed {
                Ok(Ok(())) => None,
                Ok(Err(failure)) => Some(failure.to_string()),
                Err(panic) => {
                    self.connection = None;
                    Some(format!("a command panicked: {}", panic_message(panic.as_ref())))
                }
            };
            self.count(group.len(), cause.is_none());
            for command in group {
                command.answer(cause.as_deref().map_or(Ok(()), Err));
            }
        }
    }

    /// Runs and commits `group`. If it fails nothing of it is left.
    fn commit(&mut self, group: &mut [Box<dyn Command>]) -> Result<(), Failure> {
        // Put back only if it is sound: else it is dropped here, and the next group opens another.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connector.connect(Access::Write)?,
        };
        let committed = transact(&mut connection, group);
        let is_out_of_it = committed.is_ok() || has_no_transaction(&mut connection);
        let failures =
            || group.iter().filter_map(|command| command.failure()).chain(committed.as_ref().err());
        if failures().any(Failure::is_of_permission) {
            self.readers.close();
        } else if is_out_of_it && !failures().any(Failure::is_of_disk) {
            self.connection = Some(connection);
        }
        committed
    }

    fn count(&self, commands: usize, is_committed: bool) {
        if is_committed {
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
            self.counters.commands.fetch_add(commands as u64, Ordering::Relaxed);
        } else {
            self.counters.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// All in one transaction, each in a savepoint. SQLite ends the transaction by itself after some errors (a full
/// disk is one): then the savepoint is gone too, and the group fails with it.
fn transact(connection: &mut SqliteConnection, group: &mut [Box<dyn Command>]) -> Result<(), Failure> {
    connection.batch_execute("BEGIN IMMEDIATE")?;
    for command in group.iter_mut().filter(|command| !command.is_abandoned()) {
        connection.batch_execute("SAVEPOINT command")?;
        if !command.run(connection) {
            connection.batch_execute("ROLLBACK TO command")?;
        }
        connection.batch_execute("RELEASE command")?;
    }
    Ok(connection.batch_execute("COMMIT")?)
}

/// Rolls back what is left of a transaction, and says whether the connection is out of it.
fn has_no_transaction(connection: &mut SqliteConnection) -> bool {
    match connection.batch_execute("ROLLBACK") {
        Ok(()) => true,
        Err(error) => error.to_string().contains("no transaction is active"),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("of an unknown kind")
}
