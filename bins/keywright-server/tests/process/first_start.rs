//! The first start in an empty directory: its files, its output, and access to the inbox.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use reqwest::header::HOST;
use reqwest::{Method, RequestBuilder};

use crate::client::send;
use crate::harness::{NAME, PUBLIC_URL, Place, Server};

#[tokio::test]
async fn a_first_start_creates_a_private_secret_and_database() {
    let place = Place::new();

    let mut server = place.start().await;

    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data"), 0o700);
    assert_eq!(mode("data/secret"), 0o600);
    assert_eq!(mode("data/keywright.db"), 0o600);
    assert!(server.process.says("new secret in data/secret").await.contains("keep it"));
    let secret = fs::read_to_string(place.path("data/secret")).unwrap();
    server.stop().await;

    let again = place.start().await;
    assert_eq!(fs::read_to_string(place.path("data/secret")).unwrap(), secret);
    assert!(!again.process.out.text().contains("new secret"));
}

#[tokio::test]
async fn a_first_start_prints_the_next_steps() {
    let place = Place::new();
    let mut server = place.start().await;

    server.process.says("/logout").await;

    let banner = server.process.out.text();
    let api = format!("{PUBLIC_URL}/api/v1/auth");
    for line in [
        format!("{PUBLIC_URL}/sign-in"),
        format!("{PUBLIC_URL}/dev/inbox?key={}", server.inbox_key()),
        format!("curl -s -X POST {api}/device\n"),
        format!("open {PUBLIC_URL}/device-verify"),
        format!(
            "curl -s {api}/token -d grant_type=urn:ietf:params:oauth:grant-type:device_code -d device_code="
        ),
        format!("curl -s {api}/me -H 'Authorization: Bearer "),
        format!("curl -s {api}/refresh --json '{{\"refresh_token\": "),
        format!("curl -s -X DELETE {api}/logout -H 'Authorization: Bearer "),
    ] {
        assert!(banner.contains(&line), "no {line:?} in {banner}");
    }
}

#[tokio::test]
async fn the_banner_is_one_object_in_json() {
    let place = Place::new();
    let mut command = place.command();
    command.args(["serve", "--json"]);
    let mut process = crate::process::Process::start(command);

    let line = process.says("public_url").await;

    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(told["public_url"], PUBLIC_URL);
    assert!(told["listen"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(told["inbox"].as_str().unwrap().starts_with(&format!("{PUBLIC_URL}/dev/inbox?key=")));
    assert_eq!(process.out.all().len(), 1);
}

fn inbox(server: &Server) -> RequestBuilder {
    server.client().request(Method::GET, &format!("/dev/inbox?key={}", server.inbox_key()))
}

#[tokio::test]
async fn the_printed_key_opens_the_inbox_and_its_cookie_keeps_it_open() {
    let place = Place::new();
    let server = place.start().await;

    let opened = send(inbox(&server).header("accept", "text/html")).await;
    let request = server.client().request(Method::GET, "/dev/inbox").header("accept", "text/html");
    let shown = send(request.header("cookie", opened.cookie())).await;

    assert_eq!((opened.status, opened.header("location")), (303, "/dev/inbox"));
    assert!(opened.header("set-cookie").contains("HttpOnly"), "{:?}", opened.headers);
    assert_eq!(shown.status, 200, "{}", shown.text);
}

#[tokio::test]
async fn the_inbox_is_404_without_its_key() {
    let place = Place::new();
    let server = place.start().await;
    let client = server.client();
    let key = server.inbox_key();

    assert_eq!(
        send(inbox(&server).header(HOST, NAME).header("accept", "application/json")).await.status,
        200
    );
    for (case, request) in [
        ("no key", client.request(Method::GET, "/dev/inbox")),
        ("an empty key", client.request(Method::GET, "/dev/inbox?key=")),
        ("a wrong key", client.request(Method::GET, &format!("/dev/inbox?key={}", key.to_lowercase()))),
        ("a wrong cookie", client.request(Method::GET, "/dev/inbox").header("cookie", "kw_inbox=x")),
        ("a foreign name", inbox(&server).header(HOST, "evil.example")),
        ("its address as a name", inbox(&server).header(HOST, server.address().to_string())),
        ("a forwarded request", inbox(&server).header("x-forwarded-for", "127.0.0.1")),
        ("a forwarded host", inbox(&server).header("x-forwarded-host", NAME)),
        ("a forwarded request (RFC 7239)", inbox(&server).header("forwarded", "for=127.0.0.1")),
        ("another method and no key", client.request(Method::POST, "/dev/inbox")),
    ] {
        let answer = send(request).await;
        assert_eq!(answer.code(), "404 not_found", "{case}: {}", answer.text);
    }
}

#[tokio::test]
async fn every_start_has_a_new_inbox_key() {
    let place = Place::new();
    let first = place.start().await;
    let key = first.inbox_key();
    first.stop().await;

    let second = place.start().await;

    let path = format!("/dev/inbox?key={key}");
    assert_ne!(second.inbox_key(), key);
    assert_eq!(second.client().get(&path).await.status, 404);
}
