//! A chromedriver on a port that it picks itself, in a process group with the Chromium that it starts.

use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long a start may take: much longer than it does on a busy machine.
const START: Duration = Duration::from_secs(30);

/// A chromedriver. It ends with its browser when this is dropped, whatever became of the test.
pub struct Chromedriver {
    child: Child,
    url: String,
}

impl Chromedriver {
    /// Starts one.
    pub async fn start() -> Self {
        let mut command = Command::new(found(&["chromedriver"]));
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.process_group(0).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut driver = Self { child, url: String::new() };
        let port = timeout(START, spawn_blocking(|| port_in(stdout))).await;
        let port = port.unwrap_or_else(|_| panic!("chromedriver said nothing for {START:?}")).unwrap();
        let port = port.unwrap_or_else(|| panic!("chromedriver ended without having said its port"));
        driver.url = format!("http://127.0.0.1:{port}");
        driver
    }

    /// Where it takes commands.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The browser that it is to start.
    pub fn chromium() -> PathBuf {
        found(&["chromium", "chromium-browser", "google-chrome"])
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // Its Chromium is in the same group, and would outlive it.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// The port in the line that tells of the start.
fn port_in(stdout: ChildStdout) -> Option<u16> {
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    lines.find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}

/// The first of these programs that is on the path. A test without one fails: it must not be skipped unseen.
fn found(names: &[&str]) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = env::split_paths(&path).collect();
    let candidates = names.iter().flat_map(|name| directories.iter().map(move |at| at.join(name)));
    candidates.into_iter().find(|program| Path::is_file(program)).unwrap_or_else(|| {
        panic!(
            "{} is missing, and the pages are tested in a real browser: \
             apt-get install chromium chromium-driver (scripts/test.sh does it)",
            names.join(" or ")
        )
    })
}
