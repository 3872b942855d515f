//! A cluster leaves nothing behind, however the process that started it ends.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use keywright_throwaway_postgres::{Cluster, Database};

const PATIENCE: Duration = Duration::from_secs(30);

fn until_empty(directory: &Path) {
    let began_at = Instant::now();
    while fs::read_dir(directory).unwrap().next().is_some() {
        assert!(began_at.elapsed() < PATIENCE, "{} is not empty", directory.display());
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_process_that_is_killed_while_its_cluster_starts_or_runs_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    // The cluster may run as another user.
    fs::set_permissions(directory.path(), Permissions::from_mode(0o711)).unwrap();
    let rounds = [0, 50, 200, 2500].map(|milliseconds| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keywright-throwaway-postgres"));
        // `cat` runs until its input ends.
        let command = command.arg("cat").env("TMPDIR", directory.path()).stdin(Stdio::piped());
        (command.spawn().unwrap(), Duration::from_millis(milliseconds))
    });
    let began_at = Instant::now();

    for (mut started, lifetime) in rounds {
        sleep(lifetime.saturating_sub(began_at.elapsed()));
        started.kill().unwrap();
        started.wait().unwrap();
    }

    until_empty(directory.path());
}

#[test]
fn a_killed_cluster_keeps_its_data_until_it_is_resumed() {
    let mut cluster = Cluster::start(&[]).unwrap();
    let home = cluster.home().to_owned();
    let database = Database::at(cluster.url()).unwrap();
    database.psql("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (7)").unwrap();

    cluster.kill().unwrap();
    assert!(database.psql("SELECT n FROM t").is_err());
    cluster.resume().unwrap();

    assert_eq!(database.psql("SELECT n FROM t").unwrap(), "7");
    drop(database);
    cluster.kill().unwrap();
    drop(cluster);
    assert!(!home.exists());
}
