//! A cluster: a directory, a port and the processes of one PostgreSQL.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::binaries::{as_user, directory, text, user};

const PATIENCE: Duration = Duration::from_mins(1);

/// Runs PostgreSQL until its standard input ends, which it does at the latest with the process that started it, and
/// removes the directory then.
const SUPERVISOR: &str = r#"
home=$1; shift
"$@" >"$home/log" 2>&1 </dev/null &
read -r keep
kill -QUIT $! 2>/dev/null; wait $!
[ "$keep" = keep ] || rm -rf "$home"
"#;

/// A PostgreSQL that is there as long as this value, or until it is stopped.
#[derive(Debug)]
pub struct Cluster {
    home: PathBuf,
    port: u16,
    settings: Vec<String>,
    supervisor: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and waits until it answers. `settings` are lines of `postgresql.conf`. Nothing is flushed to
    /// the disk unless they say so (`fsync = on`): a killed server loses nothing by that, a power cut would.
    pub fn start(settings: &[&str]) -> Result<Self> {
        let home = home()?;
        let data = home.join("data");
        let initdb = directory()?.join("initdb");
        let data_text = data.display().to_string();
        let arguments =
            ["--pgdata", &data_text, "--username=keywright", "--auth=trust", "--encoding=UTF8", "--no-sync"];
        text(as_user(user()?, &initdb).env("LC_ALL", "C.UTF-8").current_dir(&home), &arguments)?;
        Self::run(home, settings)
    }

    /// Runs a copy of a cluster's data that is in `home` already (`data/` in it).
    fn run(home: PathBuf, settings: &[&str]) -> Result<Self> {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut cluster = Self { home, port: 0, settings, supervisor: None };
        for _ in 0..3 {
            cluster.port = free_port()?;
            if cluster.resume().is_ok() {
                return Ok(cluster);
            }
        }
        cluster.resume()?;
        Ok(cluster)
    }

    /// Starts it again after [`Self::kill`], on the same port with the same data.
    pub fn resume(&mut self) -> Result<()> {
        let bin = directory()?;
        let mut server = as_user(user()?, &bin.join("postgres"));
        server.arg("-D").arg(self.home.join("data"));
        let port = format!("port={}", self.port);
        let fixed = [
            &port,
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=64MB",
            "fsync=off",
            "full_page_writes=off",
            "autovacuum_naptime=5s",
        ];
        for setting in fixed.into_iter().chain(self.settings.iter().map(String::as_str)) {
            server.arg("-c").arg(setting.replace(" = ", "="));
        }
        let mut supervisor = Command::new("sh");
        supervisor.args(["-c", SUPERVISOR, "sh"]).arg(&self.home).arg(server.get_program());
        supervisor.args(server.get_args()).current_dir(&self.home).process_group_of_its_own();
        let child = supervisor.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.supervisor = Some(child.context("cannot run sh")?);
        self.wait_until_ready()
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let began_at = Instant::now();
        while began_at.elapsed() < PATIENCE {
            if self.psql("postgres", "SELECT 1").is_ok() {
                return Ok(());
            }
            if !self.home.join("data/postmaster.pid").exists() && began_at.elapsed() > Duration::from_secs(5)
            {
                break;
            }
            sleep(Duration::from_millis(20));
        }
        let log = std::fs::read_to_string(self.home.join("log")).unwrap_or_default();
        self.end("keep");
        bail!("PostgreSQL does not start: {log}")
    }

    /// The URL of the cluster, without a database.
    pub fn url(&self) -> String {
        format!("postgres://keywright@127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory of its data; a standby is made beside it.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The process id of the server itself.
    pub fn pid(&self) -> Result<u32> {
        let text = std::fs::read_to_string(self.home.join("data/postmaster.pid"))?;
        text.lines().next().and_then(|line| line.trim().parse().ok()).context("no process id")
    }

    /// Runs `sql` in `database`; its rows are lines, their columns parted by `|`.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String> {
        psql(&self.url(), database, sql)
    }

    /// Ends all its processes at once, as a power cut would; its data stay for [`Self::resume`].
    pub fn kill(&mut self) {
        self.end("keep");
    }

    /// A standby of it that follows it by streaming, in a cluster of its own. `settings` are lines of its
    /// `postgresql.conf`.
    pub fn standby(&self, settings: &[&str]) -> Result<Self> {
        let home = home()?;
        let data = home.join("data").display().to_string();
        let source = format!("{}/postgres?application_name=standby", self.url());
        let arguments =
            ["--pgdata", &data, "--dbname", &source, "--write-recovery-conf", "--checkpoint=fast"];
        text(as_user(user()?, &directory()?.join("pg_basebackup")).current_dir(&home), &arguments)?;
        Self::run(home, settings)
    }

    fn end(&mut self, word: &str) {
        let Some(mut supervisor) = self.supervisor.take() else { return };
        if let Some(mut stdin) = supervisor.stdin.take() {
            // Should it be gone already there is nobody to tell.
            let _ = writeln!(stdin, "{word}");
        }
        let _ = supervisor.wait();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.supervisor.is_some() {
            self.end("remove");
        }
        // Killed and never resumed.
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// Ctrl-C in a terminal is for the tests: the cluster goes when they have gone.
trait ProcessGroup {
    fn process_group_of_its_own(&mut self) -> &mut Self;
}

impl ProcessGroup for Command {
    fn process_group_of_its_own(&mut self) -> &mut Self {
        std::os::unix::process::CommandExt::process_group(self, 0)
    }
}

/// A directory for a cluster, owned by the user that it runs as.
fn home() -> Result<PathBuf> {
    let directory = TempDir::with_prefix("keywright-postgres-")?.keep();
    if let Some(user) = user()? {
        let directory = directory.display().to_string();
        text(&mut Command::new("chown"), &[user, &directory])?;
    }
    Ok(directory)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Runs `sql` in `database` of the cluster at `url`.
pub(crate) fn psql(url: &str, database: &str, sql: &str) -> Result<String> {
    let url = format!("{url}/{database}");
    let arguments = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", &url];
    let mut command = Command::new(directory()?.join("psql"));
    command.env("PGCONNECT_TIMEOUT", "5").args(["--command", sql]);
    Ok(text(&mut command, &arguments)?.trim().to_owned())
}
