//! Bringing a database to the schema of this release.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{Connection as _, SimpleConnection};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::runtime::Handle;

use crate::schema_difference::SchemaDifference;

use super::connection::{Connection, Connector};
use super::error::{Failure, OpenError};
use super::sql::One;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
/// Time limit for the migration of another server, and for locks.
const PATIENCE: Duration = Duration::from_mins(1);
/// After which time, at the earliest, PostgreSQL ends who waits for a lock: it looks for a deadlock then.
const DEADLOCK: Duration = Duration::from_secs(1);
/// For those who queued.
const PAUSE: Duration = Duration::from_millis(500);

/// Time limit for connecting.
const CONNECTING: Duration = Duration::from_secs(10);

/// Whoever migrates holds this row. It is made before there is any other table, so it is no migration itself.
const LOCK: &str = "CREATE TABLE IF NOT EXISTS keywright_migration_lock (id INTEGER PRIMARY KEY); \
                    INSERT INTO keywright_migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING";

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Applies what is pending to the database that `url` names, and names what was applied.
pub async fn migrate(url: &str) -> Result<Vec<String>, OpenError> {
    migrate_with(&Connector::new(url, PATIENCE)?).await
}

/// The difference between the schema of the database and that of this release. Changes nothing.
pub async fn schema_difference(url: &str) -> Result<SchemaDifference, OpenError> {
    run(&Connector::new(url, PATIENCE)?, compare).await
}

pub(super) async fn migrate_with(connector: &Connector) -> Result<Vec<String>, OpenError> {
    run(&connector.patient(PATIENCE), apply).await
}

async fn run<T: Send + 'static>(
    connector: &Connector,
    work: fn(&mut Connection) -> Result<T, Failure>,
) -> Result<T, OpenError> {
    let (connector, runtime) = (connector.clone(), Handle::current());
    let running = tokio::task::spawn_blocking(move || {
        let mut live = connector.connect_blocking(CONNECTING, &runtime)?;
        work(&mut live.connection)
    });
    Ok(running.await.map_err(Failure::from)??)
}

/// Applies what is pending. Of any number of servers that do so at once one does, and the others wait. Whoever meets one
/// that reads a table for long (a dump, say) lets those go on who queue behind, and tries again.
fn apply(connection: &mut Connection) -> Result<Vec<String>, Failure> {
    if compare(connection)?.missing.is_empty() {
        return Ok(Vec::new());
    }
    make_lock(connection)?;
    let began_at = Instant::now();
    loop {
        let tried_at = Instant::now();
        let outcome = connection.transaction(apply_at_once);
        // PostgreSQL's reason is a text in the language of the server. What waited for no lock failed for another reason.
        let may_have_waited = tried_at.elapsed() >= DEADLOCK;
        match outcome {
            Err(Failure::Migration(cause)) if may_have_waited && began_at.elapsed() < PATIENCE => {
                tracing::warn!(error = %cause, "a migration is tried again");
                thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// Everything or nothing, in the transaction that it is called in.
fn apply_at_once(connection: &mut Connection) -> Result<Vec<String>, Failure> {
    sql_query("SELECT id FROM keywright_migration_lock WHERE id = 1 FOR UPDATE").execute(connection)?;
    let names = compare(connection)?.missing;
    // A large table may take its time, but nobody queues behind this for a lock on it for longer than a statement has.
    connection.batch_execute("SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = 0")?;
    connection.run_pending_migrations(MIGRATIONS).map_err(Failure::Migration)?;
    Ok(names)
}

/// PostgreSQL lets two make one table at once, and then fails one of them for it.
fn make_lock(connection: &mut Connection) -> Result<(), Failure> {
    for _ in 0..8 {
        if connection.batch_execute(LOCK).is_ok() {
            return Ok(());
        }
    }
    Ok(connection.batch_execute(LOCK)?)
}

/// The difference between the schema of the database and that of this release. Only reads.
pub(super) fn compare(connection: &mut Connection) -> Result<SchemaDifference, Failure> {
    let table = sql_query(
        "SELECT CAST(table_name AS text) AS name FROM information_schema.tables \
         WHERE table_schema = current_schema() AND table_name = '__diesel_schema_migrations'",
    );
    let applied = if table.one::<Name>(connection).optional()?.is_some() {
        sql_query("SELECT CAST(version AS text) AS name FROM __diesel_schema_migrations")
            .load::<Name>(connection)?
    } else {
        Vec::new()
    };
    let names = embedded()?.iter().map(|migration| migration.name().to_string()).collect();
    Ok(SchemaDifference::compare(names, applied.into_iter().map(|applied| applied.name)))
}

fn embedded() -> Result<Vec<Box<dyn Migration<Pg>>>, Failure> {
    let mut migrations = MIGRATIONS.migrations().map_err(Failure::Migration)?;
    migrations.sort_by_key(|migration| migration.name().to_string());
    Ok(migrations)
}
