//! The store that the configuration names.

use std::sync::Arc;

use anyhow::{Context, bail};
use keywright_domain::Stores;
use keywright_store::{SchemaDifference, postgres, sqlite};

use crate::config::{Database, DatabaseUrl};

/// Opens the store, and applies the migrations that are missing.
pub async fn open(database: &Database) -> anyhow::Result<Stores> {
    open_with(database, true).await
}

/// Opens the store if its schema is that of this version. Changes nothing.
pub async fn open_unchanged(database: &Database) -> anyhow::Result<Stores> {
    let SchemaDifference { missing, unknown } = schema_difference(&database.url).await?;
    if let (DatabaseUrl::Sqlite(path), false) = (&database.url, missing.is_empty())
        && !path.exists()
    {
        bail!(
            "there is no database at {}: start the server or run `keywright-server migrate`",
            path.display()
        );
    }
    if !missing.is_empty() {
        let names = missing.join(", ");
        bail!("{} lacks migrations ({names}): run `keywright-server migrate`", database.url);
    }
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        bail!(
            "{} has migrations of a newer version ({names}): use that version of keywright-server",
            database.url
        );
    }
    open_with(database, false).await
}

async fn open_with(database: &Database, migrate: bool) -> anyhow::Result<Stores> {
    let connections = database.pool_size;
    let failed = || format!("the database {} cannot be opened", database.url);
    match &database.url {
        DatabaseUrl::Sqlite(path) => {
            let options = sqlite::Options { readers: connections, migrate, ..sqlite::Options::default() };
            let path = path.clone();
            let opening = tokio::task::spawn_blocking(move || sqlite::SqliteStore::open(&path, &options));
            Ok(Stores::of(Arc::new(opening.await?.with_context(failed)?)))
        }
        DatabaseUrl::Postgres(url) => {
            let options = postgres::Options { connections, migrate, ..postgres::Options::default() };
            let opening = postgres::PostgresStore::open(url.expose(), &options);
            Ok(Stores::of(Arc::new(opening.await.with_context(failed)?)))
        }
    }
}

/// Applies the migrations that are missing, and returns their names.
pub async fn migrate(database: &DatabaseUrl) -> anyhow::Result<Vec<String>> {
    let failed = || format!("the database {database} cannot be migrated");
    match database {
        DatabaseUrl::Sqlite(path) => {
            let path = path.clone();
            let migrating = tokio::task::spawn_blocking(move || sqlite::migrate(path));
            migrating.await?.with_context(failed)
        }
        DatabaseUrl::Postgres(url) => postgres::migrate(url.expose()).await.with_context(failed),
    }
}

/// The difference between the database's schema and this version's. Changes nothing.
pub async fn schema_difference(database: &DatabaseUrl) -> anyhow::Result<SchemaDifference> {
    let failed = || format!("the database {database} cannot be read");
    match database {
        DatabaseUrl::Sqlite(path) => {
            let path = path.clone();
            tokio::task::spawn_blocking(move || sqlite::schema_difference(path)).await?.with_context(failed)
        }
        DatabaseUrl::Postgres(url) => postgres::schema_difference(url.expose()).await.with_context(failed),
    }
}
