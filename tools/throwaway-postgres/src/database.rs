//! A fresh, empty database a test.

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::BuildHasher;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::SHARED;
use crate::binaries::{directory, text};
use crate::cluster::Cluster;

/// A database that is gone with this value.
#[derive(Debug)]
pub struct Database {
    cluster: String,
    name: String,
}

impl Database {
    /// A new one in the cluster that the run shares, or else in one that this process starts.
    pub fn new() -> Result<Self> {
        match env::var(SHARED) {
            Ok(cluster) => Self::at(cluster),
            Err(_) => Self::at(own_cluster()?),
        }
    }

    /// A new one in the cluster at this URL.
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

    /// Runs `sql` in it; its rows are lines, their columns parted by `|`.
    pub fn psql(&self, sql: &str) -> Result<String> {
        psql(&self.cluster, &self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Should the cluster be gone, the database is too.
        let _ = psql(&self.cluster, "postgres", &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// The supervisor's standard input ends with this process, and the cluster with it.
fn own_cluster() -> Result<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        Cluster::start(&[]).map_err(|error| eprintln!("no PostgreSQL for the tests: {error:#}")).ok()
    });
    cluster.as_ref().map(Cluster::url).context("PostgreSQL could not be started")
}

/// A number that no other call gives, in this process or another.
pub(crate) fn unique() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// Runs `sql` in `database` of the cluster at `url`.
pub(crate) fn psql(url: &str, database: &str, sql: &str) -> Result<String> {
    let url = format!("{url}/{database}");
    let arguments = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", &url];
    let mut command = Command::new(directory()?.join("psql"));
    command.env("PGCONNECT_TIMEOUT", "5").args(["--command", sql]);
    Ok(text(&mut command, &arguments)?.trim().to_owned())
}
