//! The log of the real binary: one JSON object a line, and the request id in every line about a request.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// Maximum number of checks, 20 ms apart.
const LOOKS: usize = 1000;

/// The server as its own process.
struct Server {
    child: Child,
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    _directory: TempDir,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_keywright-server"))
            .current_dir(directory.path())
            .env_clear()
            .env("KEYWRIGHT_PUBLIC_URL", "http://localhost:8080")
            .env("KEYWRIGHT_SERVER__LISTEN", "127.0.0.1:0")
            .env("KEYWRIGHT_SERVER__ADMIN_LISTEN", "off")
            .env("KEYWRIGHT_LOG__FORMAT", "json")
            .env("KEYWRIGHT_LOG__LEVEL", "trace")
            // Causes a warning at startup.
            .env("KEYWRIGHT_NO_SUCH_KEY", "x")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (stderr, lines) = (BufReader::new(child.stderr.take().unwrap()), log.clone());
        let reader = std::thread::spawn(move || {
            for line in stderr.lines() {
                lines.lock().unwrap().push(line.unwrap());
            }
        });
        let mut banner = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port =
            banner.find_map(|line| line.split_once("listening on ")?.1.rsplit_once(':')?.1.parse().ok());
        std::thread::spawn(move || banner.for_each(drop));
        let mut server = Self { child, port: 0, log, reader: Some(reader), _directory: directory };
        server.port = port.unwrap_or_else(|| {
            server.reader.take().unwrap().join().unwrap();
            panic!("the server ended before it was ready: {:?}", server.log())
        });
        server
    }

    fn wait(&self, what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..LOOKS {
            if is_so() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it never came to this: {what}: {:?}", self.log());
    }

    /// Returns the lines so far.
    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Sends `text` verbatim and reads the whole answer.
    fn send(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn request(&self, head: &str, id: &str, body: &str) -> String {
        let length = body.len();
        self.send(&format!(
            "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: {id}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// Stops the server by SIGTERM and returns its log.
    fn stop(mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{:?}", self.log());
        self.reader.take().unwrap().join().unwrap();
        self.log()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_line_is_one_object_and_names_its_request() {
    let server = Server::start();
    assert!(server.request("GET /healthz", "probe-1", "").starts_with("HTTP/1.1 200"));
    assert!(
        server.request("GET /api/v1/auth/me?token=kwr_hidden", "nobody-2", "").starts_with("HTTP/1.1 401")
    );
    assert!(server.request("GET /kwm_hidden", "nowhere-3", "").starts_with("HTTP/1.1 404"));
    assert!(server.request("POST /api/v1/auth/token", "broken-4", "{").starts_with("HTTP/1.1 400"));
    let asked = server.request("POST /api/v1/auth/magic_link", "mail-5", r#"{"email": "ada@example.com"}"#);
    assert!(asked.starts_with("HTTP/1.1 200"), "{asked}");
    // Refused by actix itself, before there is a request.
    for garbage in [
        "GARBAGE\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    ] {
        assert!(server.send(garbage).starts_with("HTTP/1.1 400"), "{garbage}");
    }
    // A line of the worker, which no request waits for.
    server.wait("the mail is sent", || server.log().iter().any(|line| line.contains("mail sent")));
    let log = server.stop();

    let parse = |line: &String| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    let lines: Vec<Value> = log.iter().map(parse).collect();
    let log = log.join("\n");
    for line in &lines {
        assert!(
            line["timestamp"].is_string() && line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
    let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert!(answered.iter().all(|line| line["span"]["request.id"].is_string()), "{log}");
    assert!(answered.iter().all(|line| line["duration_ms"].is_u64()), "{log}");
    for (id, status) in
        [("probe-1", 200), ("nobody-2", 401), ("nowhere-3", 404), ("broken-4", 400), ("mail-5", 200)]
    {
        let of_it: Vec<_> = answered.iter().filter(|line| line["span"]["request.id"] == id).collect();
        assert_eq!(of_it.len(), 1, "{id}");
        assert_eq!(of_it[0]["http.status"], status, "{id}");
    }
    assert!(!log.contains("hidden") && !log.contains("ada@example.com"), "{log}");
}
