//! Kills between commit and reply: the client never learns the outcome, but the database holds it.

use std::io::Write;
use std::net::TcpStream;

use keywright_domain::credential::Kind;
use keywright_domain::id::{DeviceAuthorizationId, MagicLinkId, SessionId};
use keywright_domain::{device_authorization, magic_link};
use serde_json::{Value, json};

use crate::client::Tokens;
use crate::harness::{NAME, Place, Server, until};

/// Sends a request and never reads the answer.
fn send_without_reading(server: &Server, path: &str, body: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let body = body.to_string();
    let request = format!(
        "POST /api/v1/auth{path} HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

#[tokio::test]
async fn a_refresh_with_a_lost_answer_can_be_retried_without_signing_out() {
    let place = Place::new();
    let mut server = place.start().await;
    let keyring = place.keyring();
    let mut held: Tokens = server.client().sign_in(&keyring, "ada@example.com").await;

    for _ in 0..3 {
        let presented = keyring.parse(Kind::RefreshToken, &held.refresh).unwrap();
        let stores = place.stores();
        let session = SessionId(presented.record);
        let deaf = send_without_reading(&server, "/refresh", &json!({"refresh_token": held.refresh}));
        until("the commit of the refresh", async || {
            let (session, _) = stores.sessions.find(session).await.unwrap().unwrap();
            session.chain.current.0 > presented.generation
        })
        .await;
        server.kill();
        drop((deaf, stores));

        server = place.start().await;
        let client = server.client();
        let retried = client.refresh(&held.refresh).await.tokens();
        let again = client.refresh(&held.refresh).await.tokens();
        assert_eq!(retried.refresh, again.refresh, "one successor");
        assert_eq!(client.me(&retried.access).await.status, 200);
        held = client.refresh(&retried.refresh).await.tokens();
        assert_eq!(client.me(&held.access).await.status, 200);
    }
}

#[tokio::test]
async fn an_unanswered_redemption_uses_up_its_link() {
    let place = Place::new();
    let server = place.start().await;
    let keyring = place.keyring();
    let token = server.client().link(&keyring, "ada@example.com").await;
    let id = MagicLinkId(keyring.parse(Kind::MagicLink, &token).unwrap().record);
    let stores = place.stores();

    let deaf = send_without_reading(&server, "/magic_link/verify", &json!({"token": token}));
    until("the commit of the redemption", async || {
        let link = stores.magic_links.find(id).await.unwrap().unwrap();
        matches!(link.state, magic_link::MagicLinkState::Redeemed { .. })
    })
    .await;
    server.kill();
    drop((deaf, stores));

    let server = place.start().await;
    let client = server.client();
    let code = keyring.sign_in_code(id.0).expose().to_owned();
    for proof in [json!({"token": token}), json!({"request_id": id.0, "code": code})] {
        assert_eq!(client.post("/magic_link/verify", proof).await.code(), "401 invalid_token");
    }
    client.sign_in(&keyring, "ada@example.com").await;
}

#[tokio::test]
async fn an_unanswered_claim_uses_up_its_device_code() {
    let place = Place::new();
    let server = place.start().await;
    let keyring = place.keyring();
    let approver = server.client().sign_in(&keyring, "ada@example.com").await.access;
    let device_code = server.client().approved_device(&approver).await;
    let id = DeviceAuthorizationId(keyring.parse(Kind::DeviceCode, &device_code).unwrap().record);
    let stores = place.stores();

    let deaf = send_without_reading(&server, "/token", &json!({"device_code": device_code}));
    until("the commit of the claim", async || {
        let authorization = stores.device_authorizations.find(id).await.unwrap().unwrap();
        matches!(authorization.state, device_authorization::DeviceAuthorizationState::Claimed { .. })
    })
    .await;
    server.kill();
    drop((deaf, stores));

    let server = place.start().await;
    let client = server.client();
    for _ in 0..2 {
        let polled = client.post("/token", json!({"device_code": device_code})).await;
        assert_eq!(polled.code(), "400 invalid_grant");
    }
    let next = client.approved_device(&approver).await;
    client.post("/token", json!({"device_code": next})).await.tokens();
}
