//! How a connection to the database is made.

use std::future::Future;
use std::time::Duration;

use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{Failure, OpenError};
use super::tls::{self, Tls};

/// A connection with Diesel's synchronous interface. Only threads that may block may use it.
pub(super) type Connection = AsyncConnectionWrapper<AsyncPgConnection>;

/// Makes connections to one database.
#[derive(Clone)]
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    statement_timeout: Duration,
}

impl Connector {
    /// The database that `url` names.
    pub(super) fn new(url: &str, statement_timeout: Duration) -> Result<Self, OpenError> {
        let (url, tls) = Tls::of(url)?;
        let mut config: Config = url.parse().map_err(|_| OpenError::Url)?;
        config
            .application_name("keywright")
            .connect_timeout(statement_timeout)
            .tcp_user_timeout(statement_timeout)
            .keepalives_idle(Duration::from_secs(10));
        if config.get_hosts().len() > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(MakeRustlsConnect::new(tls::client(&tls)?)),
        };
        Ok(Self { config, tls, statement_timeout })
    }

    /// The same, with statements that may take as long as `timeout`.
    pub(super) fn patient(&self, timeout: Duration) -> Self {
        Self { statement_timeout: timeout, ..self.clone() }
    }

    /// A connection whose traffic is driven by the runtime that this is called on.
    async fn connect(&self) -> Result<Connected, Failure> {
        let connecting = async {
            let (client, traffic) = match &self.tls {
                None => {
                    let (client, connection) = self.config.connect(NoTls).await?;
                    (client, tokio::spawn(drive(connection)))
                }
                Some(tls) => {
                    let (client, connection) = self.config.connect(tls.clone()).await?;
                    (client, tokio::spawn(drive(connection)))
                }
            };
            let mut connection = AsyncPgConnection::try_from(client).await?;
            let limit = self.statement_timeout.as_millis();
            let limits = format!(
                "SET statement_timeout = {limit}; SET lock_timeout = {limit}; \
                 SET idle_in_transaction_session_timeout = {limit}"
            );
            connection.batch_execute(&limits).await?;
            Ok(Connected { connection, traffic })
        };
        // The limit of `config` is for each host and address by itself.
        let connected = tokio::time::timeout(self.statement_timeout, connecting).await;
        connected.unwrap_or(Err(Failure::ConnectingTookTooLong))
    }

    /// The same with Diesel's synchronous interface, on a thread that may block. What hangs in the database is ended
    /// by it.
    pub(super) fn connect_blocking(&self, runtime: &Handle) -> Result<Live, Failure> {
        let Connected { connection, traffic } = runtime.block_on(self.connect())?;
        Ok(Live { connection: Connection::from(connection), traffic })
    }
}

/// A connection that is ready for commands.
pub(super) struct Live {
    pub(super) connection: Connection,
    traffic: JoinHandle<()>,
}

impl Live {
    /// Whether the connection has ended by itself.
    pub(super) fn is_dead(&self) -> bool {
        self.traffic.is_finished()
    }

    /// Ends the connection at `deadline`, unless what this returns is dropped before: a database that answers nothing,
    /// and so ends no statement either, finds what it was asked withdrawn when it comes to itself.
    pub(super) fn ends_at(&self, deadline: Instant, runtime: &Handle) -> Ending {
        let traffic = self.traffic.abort_handle();
        Ending(runtime.spawn(async move {
            tokio::time::sleep_until(deadline).await;
            traffic.abort();
        }))
    }
}

/// The end of a connection that is to come, unless this is dropped.
pub(super) struct Ending(JoinHandle<()>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection, and the task that moves its bytes.
struct Connected {
    connection: AsyncPgConnection,
    /// Ends when the connection does.
    traffic: JoinHandle<()>,
}

/// What goes wrong is told to the command that waits for an answer.
async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection to the database ended");
    }
}
