//! Bringing a file to the schema of this release.

use std::path::Path;
use std::time::Duration;

use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::schema_difference::SchemaDifference;

use super::connection::{Access, Connector};
use super::error::{Failure, OpenError};
use super::executor::immediately;
use super::sql::One;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
/// A migration may take long, and who waits for another's is an operator or a server that starts.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Applies what is pending to the file, making it if it is missing, and names what was applied.
pub fn migrate(file: impl AsRef<Path>) -> Result<Vec<String>, OpenError> {
    let connector = Connector::new(file.as_ref(), PATIENCE)?;
    connector.make_file()?;
    Ok(apply(&mut connector.connect(Access::Write)?)?)
}

/// The difference between the schema of the file and that of this release. Changes nothing. A missing file lacks every
/// migration.
pub fn schema_difference(file: impl AsRef<Path>) -> Result<SchemaDifference, OpenError> {
    let connector = Connector::new(file.as_ref(), PATIENCE)?;
    if !connector.file_exists() {
        let missing = embedded()?.iter().map(|migration| migration.name().to_string()).collect();
        return Ok(SchemaDifference { missing, unknown: Vec::new() });
    }
    Ok(compare(&mut connector.connect(Access::Read)?)?)
}

/// Applies what is pending. Of any number of processes that do so at once one does, and the others wait.
pub(super) fn apply(connection: &mut SqliteConnection) -> Result<Vec<String>, Failure> {
    if compare(connection)?.missing.is_empty() {
        return Ok(Vec::new());
    }
    immediately(connection, |connection| {
        let names = compare(connection)?.missing;
        connection.run_pending_migrations(MIGRATIONS).map_err(Failure::Migration)?;
        Ok(names)
    })
}

/// The difference between the schema of the database and that of this release. Only reads.
pub(super) fn compare(connection: &mut SqliteConnection) -> Result<SchemaDifference, Failure> {
    let table = sql_query("SELECT name FROM sqlite_master WHERE name = '__diesel_schema_migrations'");
    let applied = if table.one::<Name>(connection).optional()?.is_some() {
        sql_query("SELECT version AS name FROM __diesel_schema_migrations").load::<Name>(connection)?
    } else {
        Vec::new()
    };
    let names = embedded()?.iter().map(|migration| migration.name().to_string()).collect();
    Ok(SchemaDifference::compare(names, applied.into_iter().map(|applied| applied.name)))
}

fn embedded() -> Result<Vec<Box<dyn Migration<Sqlite>>>, Failure> {
    let mut migrations = MIGRATIONS.migrations().map_err(Failure::Migration)?;
    migrations.sort_by_key(|migration| migration.name().to_string());
    Ok(migrations)
}
