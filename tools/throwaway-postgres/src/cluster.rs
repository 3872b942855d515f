//! A cluster: a directory, a port and the processes of one PostgreSQL.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{BufRead, BufReader, Write};
use std::iter::repeat_with;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::binaries::{as_user, directory, psql, user};

/// The time that a cluster has to start.
const START: Duration = Duration::from_mins(1);

/// The ports of clusters. They lie below those that the system assigns by itself, so that the port of a stopped cluster
/// is still free when it starts again.
const PORTS: Range<u16> = 10_000..32_000;
const PORT_TRIES: usize = 100;

/// Creates a directory and runs in it the lines of its standard input. It answers each with an exit status. When the
/// input ends, at the latest together with the process that writes it, it ends the cluster and removes the directory.
const SUPERVISOR: &str = r#"
# A process that has ended reads no answers.
trap '' PIPE
home=$(mktemp -d "${TMPDIR:-/tmp}/keywright-postgres-XXXXXXXX") || exit
[ -z "$1" ] || chown "$1" "$home"
cd "$home"
echo "$home" 2>/dev/null
server=
# A server and its processes, which are in sessions of their own.
signal() { kill -"$1" "$server" $(cat "/proc/$server/task/$server/children" 2>/dev/null) 2>/dev/null; }
end() {
    [ -n "$server" ] || return 0
    signal "$1"; signal CONT; wait "$server"; server=
    return 0
}
while IFS= read -r line; do
    case $line in
    "end "*) end "${line#end }" ;;
    "signal "*) signal "${line#signal }" ;;
    "run "*) eval "exec ${line#run }" >>log 2>&1 </dev/null & server=$! ;;
    *) (eval "$line") >>log 2>&1 </dev/null ;;
    esac
    echo "$?" 2>/dev/null
done
end QUIT
# The shared memory of a killed server.
[ ! -f data/postmaster.pid ] || ipcrm -m "$(awk 'NR == 7 { print $2 }' data/postmaster.pid)" 2>/dev/null
cd / && rm -rf "$home"
"#;

/// A PostgreSQL that runs as long as this value lives.
#[derive(Debug)]
pub struct Cluster {
    home: PathBuf,
    port: u16,
    settings: Vec<String>,
    supervisor: Supervisor,
}

impl Cluster {
    /// Creates a cluster and waits until it answers. `settings` are lines of `postgresql.conf`. Nothing is flushed to
    /// the disk unless they contain `fsync = on`: the data survives a killed server, but no power cut.
    pub fn start(settings: &[&str]) -> Result<Self> {
        let mut supervisor = Supervisor::start()?;
        let mut initdb = as_user(user()?, &directory()?.join("initdb"));
        initdb.args([
            "--pgdata=data",
            "--username=keywright",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ]);
        supervisor.run(&format!("LC_ALL=C.UTF-8 {}", line(&initdb)))?;
        Self::run(supervisor, settings)
    }

    /// Starts the cluster in the `data` folder of the supervisor's directory.
    fn run(supervisor: Supervisor, settings: &[&str]) -> Result<Self> {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut cluster = Self { home: supervisor.home.clone(), port: 0, settings, supervisor };
        for _ in 0..3 {
            cluster.port = free_port()?;
            if cluster.resume().is_ok() {
                return Ok(cluster);
            }
        }
        cluster.resume()?;
        Ok(cluster)
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`], on the same port and with the same data.
    pub fn resume(&mut self) -> Result<()> {
        let mut server = as_user(user()?, &directory()?.join("postgres"));
        server.args(["-D", "data"]);
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
        self.supervisor.run(&format!("run {}", line(&server)))?;
        self.wait_until_ready()
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let began_at = Instant::now();
        while began_at.elapsed() < START {
            if self.answers() {
                return Ok(());
            }
            if !self.home.join("data/postmaster.pid").exists() && began_at.elapsed() > Duration::from_secs(5)
            {
                break;
            }
            sleep(Duration::from_millis(20));
        }
        self.supervisor.run("end QUIT")?;
        bail!("PostgreSQL did not start: {}", self.supervisor.log())
    }

    /// Tells whether this cluster answers on its port, and not another one that took the port a moment before.
    fn answers(&self) -> bool {
        let data = self.home.file_name().map(|name| Path::new(name).join("data")).unwrap_or_default();
        self.psql("postgres", "SHOW data_directory").is_ok_and(|path| Path::new(&path).ends_with(data))
    }

    /// The URL of the cluster, without a database.
    pub fn url(&self) -> String {
        format!("postgres://keywright@127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory that is removed with it. It contains `data`, `log`, and files that a test writes for the cluster.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Runs `sql` in `database`. Each row is a line, its columns separated by `|`.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String> {
        psql(&self.url(), database, sql)
    }

    /// Ends all its processes with SIGKILL. The data stays for [`Self::resume`].
    pub fn kill(&mut self) -> Result<()> {
        self.supervisor.run("end KILL")
    }

    /// Stops it without waiting for its clients (a fast shutdown). The data stays for [`Self::resume`].
    pub fn stop(&mut self) -> Result<()> {
        self.supervisor.run("end INT")
    }

    /// Suspends it until [`Self::thaw`]. The system still accepts connections, which then wait.
    pub fn freeze(&mut self) -> Result<()> {
        self.supervisor.run("signal STOP")
    }

    /// Continues it after [`Self::freeze`].
    pub fn thaw(&mut self) -> Result<()> {
        self.supervisor.run("signal CONT")
    }

    /// Creates a streaming standby called `standby`, in a cluster of its own. `settings` are lines of its
    /// `postgresql.conf`.
    pub fn standby(&self, settings: &[&str]) -> Result<Self> {
        let mut supervisor = Supervisor::start()?;
        let source = format!("{}/postgres?application_name=standby", self.url());
        let mut backup = as_user(user()?, &directory()?.join("pg_basebackup"));
        backup.args(["--pgdata=data", "--dbname", &source, "--write-recovery-conf", "--checkpoint=fast"]);
        backup.arg("--no-sync");
        supervisor.run(&line(&backup))?;
        Self::run(supervisor, settings)
    }

    /// Promotes a standby to a primary.
    pub fn promote(&mut self) -> Result<()> {
        let mut promotion = as_user(user()?, &directory()?.join("pg_ctl"));
        promotion.args(["promote", "-D", "data", "--silent"]);
        self.supervisor.run(&line(&promotion))
    }
}

/// The shell that runs the programs of a cluster.
#[derive(Debug)]
struct Supervisor {
    home: PathBuf,
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Supervisor {
    fn start() -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SUPERVISOR, "sh", user()?.unwrap_or_default()]);
        // Ctrl-C in a terminal ends the tests; the cluster ends after them.
        shell.process_group(0);
        let child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.context("cannot run sh")?;
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("sh has no output")?);
        let mut supervisor = Self { home: PathBuf::new(), child, orders, answers };
        supervisor.home = supervisor.answer()?.into();
        ensure!(supervisor.home.is_absolute(), "cannot create a directory for PostgreSQL");
        Ok(supervisor)
    }

    /// Sends `order` and waits until it is done.
    fn run(&mut self, order: &str) -> Result<()> {
        writeln!(self.orders.as_ref().context("the supervisor has ended")?, "{order}")?;
        let status = self.answer()?;
        ensure!(status == "0", "{order} failed: {}", self.log());
        Ok(())
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.orders = None;
        // A failure could not be reported from here.
        let _ = self.child.wait();
    }
}

/// The text of `command` for a shell.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted = words.map(|word| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''")));
    quoted.collect::<Vec<_>>().join(" ")
}

/// A port on 127.0.0.1 that nothing listens on.
fn free_port() -> Result<u16> {
    let is_free = |&port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    repeat_with(random_port).take(PORT_TRIES).find(is_free).context("no port is free")
}

fn random_port() -> u16 {
    u16::try_from(unique() % PORTS.len() as u64).map_or(PORTS.start, |offset| PORTS.start + offset)
}

/// A number that no other call returns, in this process or another.
pub(crate) fn unique() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
