//! Connections to the database.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{Failure, OpenError};
use super::hosts::Hosts;
use super::tls::{self, Tls};

/// A connection with Diesel's synchronous interface. Only threads that may block may use it.
pub(super) type Connection = AsyncConnectionWrapper<AsyncPgConnection>;

/// Interval of probes for a failover while a commit is unanswered.
const LOOK: Duration = Duration::from_secs(1);
/// After which silence the system asks whether the other side is still there.
const SILENCE: Duration = Duration::from_secs(3);

/// Which PostgreSQL is at the other end, whatever name it was reached by: when it was started.
type Server = String;

/// Makes connections to one database.
#[derive(Clone)]
pub(super) struct Connector {
    hosts: Arc<Hosts>,
    tls: Option<MakeRustlsConnect>,
    statement_timeout: Duration,
    /// To where the last connection was made.
    serving: Arc<watch::Sender<Server>>,
    looking: Arc<Mutex<()>>,
}

impl Connector {
    /// The database that `url` names.
    pub(super) fn new(url: &str, statement_timeout: Duration) -> Result<Self, OpenError> {
        let (url, tls) = Tls::of(url)?;
        let config: Config = url.parse().map_err(|_| OpenError::Url)?;
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(MakeRustlsConnect::new(tls::client(&tls)?)),
        };
        Ok(Self {
            hosts: Arc::new(Hosts::of(&config)?),
            tls,
            statement_timeout,
            serving: Arc::new(watch::Sender::new(Server::new())),
            looking: Arc::default(),
        })
    }

    /// The same, with statements that may take as long as `timeout`.
    pub(super) fn patient(&self, timeout: Duration) -> Self {
        Self { statement_timeout: timeout, ..self.clone() }
    }

    /// Time limit of a statement.
    pub(super) fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    /// A connection to the first host that serves, made within `limit`. Each host has an equal share of what the ones before
    /// it have left: one that takes packets, or connections, and never answers does not keep from the next.
    async fn connect(&self, limit: Duration) -> Result<Connected, Failure> {
        let until = Instant::now() + limit;
        let mut outcome = Err(Failure::ConnectingTookTooLong);
        for (place, (number, host)) in self.hosts.in_order().enumerate() {
            let left = u32::try_from(self.hosts.count() - place).unwrap_or(u32::MAX);
            let share = until.saturating_duration_since(Instant::now()) / left;
            let connected = tokio::time::timeout(share, self.connect_to(number, host));
            outcome = connected.await.unwrap_or(Err(Failure::ConnectingTookTooLong));
            if outcome.is_ok() {
                self.hosts.serves(number);
                break;
            }
            self.hosts.fails(number);
        }
        outcome
    }

    /// A connection whose traffic is driven by the runtime that this is called on.
    async fn connect_to(&self, number: usize, host: &Config) -> Result<Connected, Failure> {
        let mut host = host.clone();
        host.application_name("keywright")
            .tcp_user_timeout(SILENCE)
            .keepalives_idle(SILENCE)
            .keepalives_interval(Duration::from_secs(1))
            .keepalives_retries(3);
        let (client, traffic) = match &self.tls {
            None => {
                let (client, connection) = host.connect(NoTls).await?;
                (client, tokio::spawn(drive(connection)))
            }
            Some(tls) => {
                let (client, connection) = host.connect(tls.clone()).await?;
                (client, tokio::spawn(drive(connection)))
            }
        };
        let limit = self.statement_timeout.as_millis();
        let limits = format!(
            "SET statement_timeout = {limit}; SET lock_timeout = {limit}; \
             SET idle_in_transaction_session_timeout = {limit}"
        );
        client.batch_execute(&limits).await?;
        let server = server(&client).await.unwrap_or_else(|| number.to_string());
        let connection = AsyncPgConnection::try_from(client).await?;
        self.serving.send_replace(server.clone());
        Ok(Connected { connection, traffic, server })
    }

    /// The same with Diesel's synchronous interface, on a thread that may block.
    pub(super) fn connect_blocking(&self, limit: Duration, runtime: &Handle) -> Result<Live, Failure> {
        let Connected { connection, traffic, server } = runtime.block_on(self.connect(limit))?;
        Ok(Live { connection: Connection::from(connection), traffic, server })
    }

    /// Waits until connections lead to another server than `server`: it was given up for another.
    async fn until_another_serves(&self, server: &Server) {
        let mut serving = self.serving.subscribe();
        tokio::select! {
            _ = serving.wait_for(|serving| serving != server) => {}
            () = self.keep_looking() => {}
        }
    }

    /// Makes connections that nobody uses, for where they lead to. However many look, there is one at a time.
    async fn keep_looking(&self) {
        loop {
            let _turn = self.looking.lock().await;
            if let Err(error) = self.connect(self.statement_timeout).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "no database is reached");
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// None if it does not say so: only PostgreSQL itself is known to.
async fn server(client: &Client) -> Option<Server> {
    let asked = "SELECT CAST(EXTRACT(EPOCH FROM pg_postmaster_start_time()) AS text)";
    let answer = client.simple_query(asked).await.ok()?;
    answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}

/// A connection that is ready for commands.
pub(super) struct Live {
    pub(super) connection: Connection,
    traffic: JoinHandle<()>,
    server: Server,
}

impl Live {
    /// True if the connection has ended by itself.
    pub(super) fn is_dead(&self) -> bool {
        self.traffic.is_finished()
    }

    /// Ends the connection at `deadline`, unless what this returns is dropped before: a database that answers nothing,
    /// and so ends no statement either, finds what it was asked withdrawn when it comes to itself.
    ///
    /// At its commit it goes on until it is answered, or another server serves. No timeout ends a commit that waits for
    /// a standby; given up here it would still be there, and so would the one that is made in its place.
    pub(super) fn ends_at(&self, deadline: Instant, connector: &Connector, runtime: &Handle) -> Ending {
        let (traffic, connector) = (self.traffic.abort_handle(), connector.clone());
        let (server, commit) = (self.server.clone(), Commit::default());
        let is_at_commit = commit.clone();
        let task = runtime.spawn(async move {
            tokio::time::sleep_until(deadline).await;
            if is_at_commit.has_begun() {
                connector.until_another_serves(&server).await;
            }
            traffic.abort();
        });
        Ending { commit, task }
    }
}

/// The end of a connection that is to come, unless this is dropped.
pub(super) struct Ending {
    pub(super) commit: Commit,
    task: JoinHandle<()>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// True if a connection is at the commit of its command.
#[derive(Clone, Default)]
pub(super) struct Commit(Arc<AtomicBool>);

impl Commit {
    /// From here on nobody can say that nothing was done.
    pub(super) fn begins(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection, and the task that moves its bytes.
struct Connected {
    connection: AsyncPgConnection,
    /// Ends when the connection does.
    traffic: JoinHandle<()>,
    server: Server,
}

/// What goes wrong is told to the command that waits for an answer.
async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection to the database ended");
    }
}
