//! A chromedriver on a port of its choice. It and its Chromium stay in the process group of the test, so that
//! stopping the test stops them.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Maximum duration of a start, with room for a busy machine.
const START: Duration = Duration::from_secs(30);

/// Maximum duration of an orderly shutdown.
const END: Duration = Duration::from_secs(10);

/// A chromedriver. It ends with its browser when this value is dropped, even if the test fails.
pub struct Chromedriver {
    child: Child,
    port: u16,
}

impl Chromedriver {
    /// Starts one.
    pub async fn start() -> Self {
        let mut command = Command::new(found(&["chromedriver"]));
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut driver = Self { child, port: 0 };
        let port = timeout(START, spawn_blocking(|| port_in(stdout))).await;
        let port = port.unwrap_or_else(|_| panic!("chromedriver said nothing for {START:?}")).unwrap();
        driver.port = port.unwrap_or_else(|| panic!("chromedriver ended without having said its port"));
        driver
    }

    /// Returns the URL for commands.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the browser to start.
    pub fn chromium() -> PathBuf {
        found(&["chromium", "chromium-browser", "google-chrome"])
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // A Chromium outlives the death of its chromedriver, but not its orderly end.
        let _ = shut_down(self.port);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Shuts down the chromedriver at `port` and its browser; returns once both have ended.
fn shut_down(port: u16) -> io::Result<()> {
    let mut connection = TcpStream::connect(("127.0.0.1", port))?;
    connection.set_read_timeout(Some(END))?;
    write!(connection, "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    connection.read(&mut [0; 512]).map(|_| ())
}

/// Reads the port from the startup line.
fn port_in(stdout: ChildStdout) -> Option<u16> {
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    lines.find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}

/// Returns the first of these programs in `PATH`. Panics without one: a test must not be skipped silently.
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
