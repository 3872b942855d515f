//! The log of a whole life of a session: one object a line, and no secret in any of them.

use keywright_adapters::test_support::SmtpListener;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Letter, send};
use crate::harness::{PUBLIC_URL, Place};

const PASSWORD: &str = "correct-horse-battery";

/// Every secret shown so far.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn keep(&mut self, secret: &str) -> String {
        assert!(secret.len() >= 6, "{secret:?} is no secret");
        self.0.push(secret.to_owned());
        secret.to_owned()
    }
}

#[tokio::test]
async fn the_whole_life_of_a_session_logs_no_secret() {
    let smtp = SmtpListener::start().await;
    let url = format!("smtp://mailer:{PASSWORD}@{}", smtp.addr());
    let place = Place::with(&[("MAIL__URL", &url), ("LOG__LEVEL", "trace"), ("DEVICE__INTERVAL", "1s")]);
    let server = place.start().await;
    let client = server.client();
    let mut secrets = Secrets(vec![PASSWORD.to_owned()]);

    // A tool begins and polls too early.
    let begun = client.post("/device", json!({"client_name": "a tool"})).await;
    let device_code = secrets.keep(&begun.field("device_code"));
    let user_code = secrets.keep(&begun.field("user_code"));
    let early = client.post("/token", json!({"device_code": device_code})).await;
    assert_eq!(early.code(), "400 authorization_pending");

    // A person signs in by the mailed code after a wrong one, and then by a link.
    let asked = client.post("/magic_link", json!({"email": "ada@example.com"})).await;
    let first = Letter::read(&smtp.wait_for(1).await[0].text());
    let (code, request_id) = (secrets.keep(&first.code), asked.field("request_id"));
    secrets.keep(&first.token);
    let wrong = if code == "111111" { "222222" } else { "111111" };
    client.post("/magic_link/verify", json!({"request_id": request_id, "code": wrong})).await;
    let by_code = client.post("/magic_link/verify", json!({"request_id": request_id, "code": code})).await;
    let signed_in = by_code.tokens();
    client.post("/magic_link", json!({"email": "ada@example.com"})).await;
    let second = Letter::read(&smtp.wait_for(2).await[1].text());
    let link = secrets.keep(&second.token);
    secrets.keep(&second.code);
    let from_page =
        |path: &str, body: &Value| client.api(Method::POST, path, body).header("origin", PUBLIC_URL);
    let body = json!({"token": link, "session": "cookie"});
    let browser = send(from_page("/magic_link/verify", &body)).await;
    let (_, cookie) = browser.header("set-cookie").split_once('=').unwrap();
    let cookie = secrets.keep(cookie.split(';').next().unwrap());

    // They approve; the tool gets its tokens, refreshes and signs out.
    let body = json!({"user_code": user_code});
    let approved =
        send(from_page("/device/verify", &body).header("cookie", format!("kw_session={cookie}"))).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let tokens = client.post("/token", json!({"device_code": device_code})).await.tokens();
    assert_eq!(client.me(&tokens.access).await.status, 200);
    let renewed = client.refresh(&tokens.refresh).await.tokens();
    for issued in [&signed_in, &tokens, &renewed] {
        secrets.keep(&issued.access);
        secrets.keep(&issued.refresh);
    }
    let signed_out = client.request(Method::DELETE, "/api/v1/auth/logout").bearer_auth(&renewed.access);
    assert_eq!(send(signed_out).await.status, 200);

    // Expired, forged and misplaced credentials are refused and not logged either.
    client.me(&renewed.access).await;
    client.refresh(&renewed.refresh).await;
    client.post("/magic_link/verify", json!({"token": link})).await;
    client.get(&format!("/magic-link?token={link}&code={code}")).await;
    client.get(&format!("/{link}")).await;
    secrets.keep(std::fs::read_to_string(place.path("data/secret")).unwrap().trim());
    let (out, errors) = (server.process.out.clone(), server.process.errors.clone());
    server.stop().await;

    let lines = errors.all();
    assert!(lines.len() >= 20, "{}", errors.text());
    for line in &lines {
        let mut event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let fields = event.as_object_mut().unwrap();
        // Its digits may equal a code.
        assert!(fields.remove("timestamp").is_some() && fields.contains_key("level"), "{line}");
        let event = event.to_string();
        for secret in &secrets.0 {
            assert!(!event.contains(secret.as_str()), "{secret} in {line}");
        }
    }
    assert!(!has_credential(&errors.text()), "{}", errors.text());
    assert!(!has_credential(&out.text()), "{}", out.text());
}

/// Returns true if `text` contains the shape of a credential (`kw?_…`) or of a JWT.
fn has_credential(text: &str) -> bool {
    let is_ours = |part: &[u8]| part.starts_with(b"kw") && part[2].is_ascii_lowercase() && part[3] == b'_';
    text.contains("eyJ") || text.as_bytes().windows(4).any(is_ours)
}
