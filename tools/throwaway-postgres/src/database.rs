//! A fresh, empty database for each test.

use std::env;
use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::SHARED;
use crate::binaries::psql;
use crate::cluster::{Cluster, unique};

/// A database that is dropped with this value.
#[derive(Debug)]
pub struct Database {
    cluster: String,
    name: String,
}

impl Database {
    /// Creates one in the cluster that the test run shares, or in one that this process starts if there is none.
    pub fn new() -> Result<Self> {
        match env::var(SHARED) {
            Ok(cluster) => Self::at(cluster),
            Err(_) => Self::at(own_cluster()?),
        }
    }

    /// Creates one in the cluster at this URL.
    pub fn at(cluster: String) -> Result<Self> {
        let name = format!("kw_{:016x}", unique());
        psql(&cluster, "postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(Self { cluster, name })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("{}/{}", self.cluster, self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `sql` in it. Each row is a line, its columns separated by `|`.
    pub fn psql(&self, sql: &str) -> Result<String> {
        psql(&self.cluster, &self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // If the cluster has ended, so has the database.
        let _ = psql(&self.cluster, "postgres", &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// The cluster of this process. It ends with the process, because the supervisor's standard input does.
fn own_cluster() -> Result<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        Cluster::start(&[])
            .map_err(|error| eprintln!("cannot start PostgreSQL for the tests: {error:#}"))
            .ok()
    });
    cluster.as_ref().map(Cluster::url).context("PostgreSQL could not be started")
}
