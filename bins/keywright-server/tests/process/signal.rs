//! SIGTERM and SIGINT: running requests are finished, and the process exits cleanly.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use keywright_adapters::test_support::{Refusal, SmtpListener, Stage};
use rustix::process::Signal;
use serde_json::json;

use crate::harness::{NAME, Place, Server, until};
use crate::process::PATIENCE;

/// Begins a request: the server waits for the body, which is still to come.
fn begin(server: &Server, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /api/v1/auth/device HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(std::str::from_utf8(&asked).unwrap(), "HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

async fn finishes_what_is_under_way(signal: Signal) {
    let place = Place::new();
    let mut server = place.start().await;
    let body = r#"{"client_name": "a tool"}"#;
    let mut stream = begin(&server, body);

    server.process.signal(signal);
    server.process.logs("stopping").await;
    let (first, rest) = body.split_at(5);
    stream.write_all(first.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();

    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains(r#""user_code":"#), "{answer}");
    assert_eq!(server.process.exit_code().await, 0);
    assert!(server.process.errors.text().contains("stopped"));
    assert!(TcpStream::connect(server.address()).is_err());
}

#[tokio::test]
async fn sigterm_ends_the_server_after_the_running_request() {
    finishes_what_is_under_way(Signal::TERM).await;
}

#[tokio::test]
async fn sigint_ends_the_server_after_the_running_request() {
    finishes_what_is_under_way(Signal::INT).await;
}

#[tokio::test]
async fn an_idle_connection_does_not_delay_the_shutdown() {
    let place = Place::new();
    let mut server = place.start().await;
    let mut idle = TcpStream::connect(server.address()).unwrap();
    idle.set_read_timeout(Some(PATIENCE)).unwrap();
    idle.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {NAME}\r\n\r\n").as_bytes()).unwrap();
    let mut first = [0; 15];
    idle.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");

    let began_at = Instant::now();
    server.process.signal(Signal::TERM);

    assert_eq!(server.process.exit_code().await, 0);
    assert!(began_at.elapsed() < Duration::from_secs(8), "{:?}", began_at.elapsed());
}

#[tokio::test]
async fn a_silent_mail_server_does_not_delay_the_shutdown() {
    let smtp = SmtpListener::start().await;
    smtp.refuse(Stage::Greeting, Refusal::Silence);
    let url = format!("smtp://{}", smtp.addr());
    let place = Place::with(&[("MAIL__URL", &url)]);
    let mut server = place.start().await;
    for name in ["ada", "bob", "eve"] {
        server.client().post("/magic_link", json!({"email": format!("{name}@example.com")})).await;
    }
    until("the delivery", async || smtp.connections() > 0).await;

    let began_at = Instant::now();
    server.process.signal(Signal::TERM);

    assert_eq!(server.process.exit_code().await, 0);
    assert!(began_at.elapsed() < Duration::from_secs(8), "{:?}", began_at.elapsed());
    server.process.logs("a delivery under way is given up").await;
}

#[tokio::test]
async fn a_stopped_server_has_checkpointed_its_wal() {
    let place = Place::new();
    let server = place.start().await;
    server.client().post("/device", json!({})).await;

    server.stop().await;

    assert!(!place.path("data/keywright.db-wal").exists());
}
