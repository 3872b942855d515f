//! A cluster: a directory, a port and the processes of one PostgreSQL.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::binaries::{as_user, directory, user};
use crate::database::psql;
use crate::port;

const PATIENCE: Duration = Duration::from_mins(1);

/// Makes a directory, and runs in it what the lines of its standard input say, each answered by an exit status. When the
/// input ends, which it does at the latest with the process that writes it, everything goes: whatever that process was at.
const SUPERVISOR: &str = r#"
# Who is gone reads no answers.
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
# What a killed server left in memory.
[ ! -f data/postmaster.pid ] || ipcrm -m "$(awk 'NR == 7 { print $2 }' data/postmaster.pid)" 2>/dev/null
cd / && rm -rf "$home"
"#;

/// A PostgreSQL that is there as long as this value.
#[derive(Debug)]
pub struct Cluster {
    home: PathBuf,
    port: u16,
    settings: Vec<String>,
    supervisor: Supervisor,
}

impl Cluster {
    /// Makes a cluster and waits until it answers. `settings` are lines of `postgresql.conf`. Nothing is flushed to
    /// the disk unless they say so (`fsync = on`): a killed server loses nothing by that, a power cut would.
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

    /// Runs what is in the `data` of the supervisor's directory.
    fn run(supervisor: Supervisor, settings: &[&str]) -> Result<Self> {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut cluster = Self { home: supervisor.home.clone(), port: 0, settings, supervisor };
        for _ in 0..3 {
            cluster.port = port::free()?;
            if cluster.resume().is_ok() {
                return Ok(cluster);
            }
        }
        cluster.resume()?;
        Ok(cluster)
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`], on the same port with the same data.
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
        self.supervisor.run("end QUIT")?;
        bail!("PostgreSQL does not start: {}", self.supervisor.log())
    }

    /// The URL of the cluster, without a database.
    pub fn url(&self) -> String {
        format!("postgres://keywright@127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory that goes with it: `data` and `log` are in it, and what a test writes there for it.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Runs `sql` in `database`; its rows are lines, their columns parted by `|`.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String> {
        psql(&self.url(), database, sql)
    }

    /// Ends all its processes by `kill -9`; its data stay for [`Self::resume`].
    pub fn kill(&mut self) -> Result<()> {
        self.supervisor.run("end KILL")
    }

    /// Stops it as an operator does who does not wait for clients; its data stay for [`Self::resume`].
    pub fn stop(&mut self) -> Result<()> {
        self.supervisor.run("end INT")
    }

    /// Lets it answer nothing more until [`Self::thaw`]. What connects is accepted by the system, and then waits.
    pub fn freeze(&mut self) -> Result<()> {
        self.supervisor.run("signal STOP")
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&mut self) -> Result<()> {
        self.supervisor.run("signal CONT")
    }

    /// A standby of it that follows it by streaming, called `standby`, in a cluster of its own. `settings` are lines
    /// of its `postgresql.conf`.
    pub fn standby(&self, settings: &[&str]) -> Result<Self> {
        let mut supervisor = Supervisor::start()?;
        let source = format!("{}/postgres?application_name=standby", self.url());
        let mut backup = as_user(user()?, &directory()?.join("pg_basebackup"));
        backup.args(["--pgdata=data", "--dbname", &source, "--write-recovery-conf", "--checkpoint=fast"]);
        backup.arg("--no-sync");
        supervisor.run(&line(&backup))?;
        Self::run(supervisor, settings)
    }

    /// Makes a standby a primary.
    pub fn promote(&mut self) -> Result<()> {
        let mut promotion = as_user(user()?, &directory()?.join("pg_ctl"));
        promotion.args(["promote", "-D", "data", "--silent"]);
        self.supervisor.run(&line(&promotion))
    }
}

/// The shell that runs a cluster's programs.
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
        // Ctrl-C in a terminal is for the tests: the cluster goes when they have gone.
        shell.process_group(0);
        let child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.context("cannot run sh")?;
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("no output")?);
        let mut supervisor = Self { home: PathBuf::new(), child, orders, answers };
        supervisor.home = supervisor.answer()?.into();
        ensure!(supervisor.home.is_absolute(), "no directory for PostgreSQL can be made");
        Ok(supervisor)
    }

    /// Does what `order` says, and waits until it is done.
    fn run(&mut self, order: &str) -> Result<()> {
        writeln!(self.orders.as_ref().context("it has ended")?, "{order}")?;
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
        // Nobody could be told that it failed.
        let _ = self.child.wait();
    }
}

/// `command` as a shell reads it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted = words.map(|word| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''")));
    quoted.collect::<Vec<_>>().join(" ")
}
