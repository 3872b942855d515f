//! The store that the configuration names.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Context;
use keywright_domain::Stores;
use keywright_store::{postgres, sqlite};

use crate::config::{Database, DatabaseUrl};

/// Opens it, and applies the migrations that are missing.
pub async fn open(database: &Database) -> anyhow::Result<Stores> {
    open_with(database, true).await
}

/// Opens it as it is.
pub async fn open_unchanged(database: &Database) -> anyhow::Result<Stores> {
    open_with(database, false).await
}

async fn open_with(database: &Database, migrate: bool) -> anyhow::Result<Stores> {
    let connections = usize::try_from(database.pool_size.get()).map(NonZeroUsize::new);
    let connections = connections.ok().flatten().context("database.pool_size is no size")?;
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

/// Applies the migrations that are missing, and names them.
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

/// The names of the migrations that are missing. Changes nothing.
pub async fn pending(database: &DatabaseUrl) -> anyhow::Result<Vec<String>> {
    let failed = || format!("the database {database} cannot be read");
    match database {
        DatabaseUrl::Sqlite(path) => {
            let path = path.clone();
            let looking = tokio::task::spawn_blocking(move || sqlite::pending(path));
            looking.await?.with_context(failed)
        }
        DatabaseUrl::Postgres(url) => postgres::pending(url.expose()).await.with_context(failed),
    }
}
