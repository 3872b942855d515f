//! A child process with recorded output. It ends when its value is dropped.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Maximum duration of a step, with room for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two checks.
pub const LOOK: Duration = Duration::from_millis(5);

/// The lines of one stream so far.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// All of them.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// All of them as one text.
    pub fn text(&self) -> String {
        self.all().join("\n")
    }

    fn find(&self, part: &str) -> Option<String> {
        self.0.lock().unwrap().iter().find(|line| line.contains(part)).cloned()
    }

    fn keep(&self, stream: impl Read + Send + 'static) -> JoinHandle<()> {
        let lines = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                lines.0.lock().unwrap().push(line);
            }
        })
    }
}

/// A child process.
pub struct Process {
    child: Child,
    readers: Vec<JoinHandle<()>>,
    /// Its standard output.
    pub out: Lines,
    /// Its standard error: the log.
    pub errors: Lines,
}

impl Process {
    /// Starts `command`.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, errors) = (Lines::default(), Lines::default());
        let readers = vec![out.keep(child.stdout.take().unwrap()), errors.keep(child.stderr.take().unwrap())];
        Self { child, readers, out, errors }
    }

    /// Its id.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for a line with `part` on the standard output and returns it.
    pub async fn says(&mut self, part: &str) -> String {
        self.line(&self.out.clone(), part).await
    }

    /// Waits for a line with `part` in the log and returns it.
    pub async fn logs(&mut self, part: &str) -> String {
        self.line(&self.errors.clone(), part).await
    }

    async fn line(&mut self, lines: &Lines, part: &str) -> String {
        let began_at = Instant::now();
        loop {
            let has_ended = self.child.try_wait().unwrap().is_some();
            if has_ended {
                self.read_to_the_end();
            }
            if let Some(line) = lines.find(part) {
                return line;
            }
            let (out, errors) = (self.out.text(), self.errors.text());
            assert!(!has_ended, "ended without {part:?}\n{out}\n{errors}");
            assert!(began_at.elapsed() < PATIENCE, "no {part:?}\n{out}\n{errors}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Sends it `signal`.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Kills it as `kill -9` does, and waits for its end.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end and returns the exit code. All its output has been read by then.
    pub async fn exit_code(&mut self) -> i32 {
        let began_at = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.read_to_the_end();
                return status.code().unwrap_or_else(|| panic!("{status}\n{}", self.errors.text()));
            }
            assert!(
                began_at.elapsed() < PATIENCE,
                "does not end\n{}\n{}",
                self.out.text(),
                self.errors.text()
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    fn read_to_the_end(&mut self) {
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
