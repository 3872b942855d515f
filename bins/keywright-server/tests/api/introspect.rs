//! POST /auth/introspect (contract §6, RFC 7662).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, Tokens, send};

const SECRET: &str = "s3cret: 100%+ü";
const ENCODED: &str = "s3cret%3A+100%25%2B%C3%BC";

async fn start() -> Keywright {
    let servers = json!([{"id": "api", "secret": SECRET}, {"id": "shop", "secret": "another"}]).to_string();
    Keywright::start_with(&[("RESOURCE_SERVERS", &servers)]).await
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

async fn ask(keywright: &Keywright, authorization: &str, form: &[(&str, &str)]) -> Answer {
    let request = keywright.api(Method::POST, "/introspect").header("authorization", authorization);
    send(request.form(form)).await
}

/// Introspects `token` as the resource server `api`.
async fn introspect(keywright: &Keywright, token: &str) -> Value {
    let answer = ask(keywright, &basic(&format!("api:{ENCODED}")), &[("token", token)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    answer.json()
}

async fn refresh(keywright: &Keywright, token: &str) -> Tokens {
    let answer = keywright.post("/refresh", json!({"refresh_token": token})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.tokens()
}

fn inactive() -> Value {
    json!({"active": false})
}

#[tokio::test]
async fn introspecting_an_access_token_returns_its_claims() {
    let keywright = start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let user = keywright.user("ada@example.com").await;
    keywright.advance(60);

    let told = introspect(&keywright, &tokens.access).await;

    let claims = keywright.service.tokens.verify(&tokens.access, keywright.service.clock.now()).unwrap();
    assert_eq!(
        told,
        json!({
            "active": true,
            "token_type": "Bearer",
            "token_use": "access_token",
            "client_id": "web",
            "iss": keywright.base(),
            "sub": user.id,
            "aud": keywright.base(),
            "iat": claims.issued_at.timestamp(),
            "exp": claims.issued_at.timestamp() + 14_400,
            "jti": claims.token_id,
            "sid": claims.session_id,
        })
    );
}

#[tokio::test]
async fn introspecting_a_refresh_token_does_not_spend_it() {
    let keywright = start().await;
    let tokens = keywright.sign_in("ada@example.com").await;

    for _ in 0..3 {
        let told = introspect(&keywright, &tokens.refresh).await;
        assert_eq!((&told["active"], &told["token_use"]), (&json!(true), &json!("refresh_token")));
        assert!(told["token_type"].is_null() && told["aud"].is_null(), "it is no access token: {told}");
        let issued = told["iat"].as_i64().unwrap();
        assert_eq!(told["exp"].as_i64().unwrap(), issued + 30 * 24 * 3600);
    }

    let renewed = refresh(&keywright, &tokens.refresh).await;
    assert_eq!(introspect(&keywright, &tokens.refresh).await, inactive(), "only the current one is live");
    assert_eq!(introspect(&keywright, &renewed.refresh).await["active"], json!(true));
    assert_eq!(refresh(&keywright, &tokens.refresh).await.refresh, renewed.refresh, "asking is no reuse");
}

#[tokio::test]
async fn every_invalid_token_is_inactive_without_details() {
    let keywright = start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let (device_code, user_code) = keywright.begin_device().await;
    let link = keywright.link_by_store("ada@example.com").await;
    let (_, cookie) = cookie.split_once('=').unwrap();
    let (mut forged, mut cut) = (tokens.refresh.clone(), tokens.access.clone());
    let last = forged.pop();
    forged.push(if last == Some('A') { 'B' } else { 'A' });
    cut.pop();
    let endless = "a".repeat(60_000);

    for bad in [
        "x",
        "kwr_",
        "a.b.c",
        "\u{0}",
        "ü",
        &forged,
        &cut,
        cookie,
        &device_code,
        &user_code,
        &link,
        SECRET,
        &endless,
    ] {
        assert_eq!(introspect(&keywright, bad).await, inactive(), "{bad:.40}");
    }
    keywright.advance(14_400);
    assert_eq!(introspect(&keywright, &tokens.access).await, inactive(), "expired");
    keywright.advance(30 * 24 * 3600);
    assert_eq!(introspect(&keywright, &tokens.refresh).await, inactive(), "expired");
}

#[tokio::test]
async fn a_revoked_session_and_a_disabled_account_are_inactive_at_once() {
    let keywright = start().await;
    let revoked = keywright.sign_in("ada@example.com").await;
    let other = keywright.sign_in("ada@example.com").await;
    let reused = keywright.sign_in("ada@example.com").await;
    for token in [&revoked.access, &other.access, &revoked.refresh, &other.refresh] {
        assert_eq!(introspect(&keywright, token).await["active"], json!(true));
    }

    keywright.post_form("/revoke", &[("token", &revoked.refresh)]).await;
    for token in [&revoked.access, &revoked.refresh] {
        assert_eq!(introspect(&keywright, token).await, inactive());
    }

    let second = refresh(&keywright, &reused.refresh).await;
    refresh(&keywright, &second.refresh).await;
    assert_eq!(keywright.post("/refresh", json!({"refresh_token": reused.refresh})).await.status, 401);
    assert_eq!(introspect(&keywright, &second.access).await, inactive(), "its session ended with the reuse");

    assert_eq!(introspect(&keywright, &other.access).await["active"], json!(true));
    keywright.disable("ada@example.com").await;
    for token in [&other.access, &other.refresh] {
        assert_eq!(introspect(&keywright, token).await, inactive());
    }
}

#[tokio::test]
async fn introspecting_an_access_token_marks_its_generation_as_seen() {
    let keywright = start().await;
    let first = keywright.sign_in("ada@example.com").await;
    let second = refresh(&keywright, &first.refresh).await;
    keywright.advance(61);

    assert_eq!(introspect(&keywright, &second.access).await["active"], json!(true));

    // The successor was seen, which retired its parent: presenting it is reuse.
    let answer = keywright.post("/refresh", json!({"refresh_token": first.refresh})).await;
    assert_eq!(answer.error(), "401 invalid_grant");
    assert_eq!(introspect(&keywright, &second.access).await, inactive());
}

#[tokio::test]
async fn introspecting_a_refresh_token_marks_nothing_as_seen() {
    let keywright = start().await;
    let first = keywright.sign_in("ada@example.com").await;
    let second = refresh(&keywright, &first.refresh).await;
    keywright.advance(61);

    introspect(&keywright, &second.refresh).await;

    assert_eq!(keywright.post("/refresh", json!({"refresh_token": first.refresh})).await.status, 200);
}

#[tokio::test]
async fn a_resource_server_authenticates_by_basic_or_in_the_body() {
    let keywright = start().await;
    let token = keywright.sign_in("ada@example.com").await.access;

    for credentials in [format!("api:{ENCODED}"), format!("api:{SECRET}"), "shop:another".to_owned()] {
        let answer = ask(&keywright, &basic(&credentials), &[("token", &token), ("client_id", "")]).await;
        assert_eq!(answer.json()["active"], json!(true), "{credentials}");
    }
    let named = [("token", token.as_str()), ("client_id", "shop"), ("token_type_hint", "whatever")];
    assert_eq!(ask(&keywright, &basic("shop:another"), &named).await.json()["active"], json!(true));
    let posted = [("client_id", "api"), ("client_secret", SECRET), ("token", &token)];
    assert_eq!(keywright.post_form("/introspect", &posted).await.json()["active"], json!(true));
    let json = json!({"client_id": "api", "client_secret": SECRET, "token": token});
    assert_eq!(keywright.post("/introspect", json).await.json()["active"], json!(true));
}

#[tokio::test]
async fn only_resource_servers_may_introspect() {
    let keywright = start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let token = tokens.access.as_str();

    let mut answers = vec![
        keywright.post_form("/introspect", &[("token", token)]).await,
        send(keywright.api(Method::POST, "/introspect")).await,
        keywright.post_form("/introspect", &[("token", token), ("client_id", "api")]).await,
        keywright.post_form("/introspect", &[("token", token), ("client_secret", SECRET)]).await,
        keywright
            .post_form("/introspect", &[("token", token), ("client_id", "cli"), ("client_secret", "")])
            .await,
        keywright
            .post_form("/introspect", &[("token", token), ("client_id", "api"), ("client_secret", "another")])
            .await,
        keywright
            .post("/introspect", json!({"token": token, "client_id": "shop", "client_secret": SECRET}))
            .await,
        keywright.post_as(token, "/introspect", json!({"token": token})).await,
        keywright.post_from_page("", "/introspect", json!({"token": token})).await,
    ];
    for authorization in [
        basic("api:another"),
        basic(&format!("shop:{SECRET}")),
        basic("api"),
        basic(":"),
        basic("api:"),
        basic(&format!("API:{ENCODED}")),
        basic(&format!("api:{}", "a".repeat(30_000))),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        "Digest api".to_owned(),
        String::new(),
    ] {
        answers.push(ask(&keywright, &authorization, &[("token", token)]).await);
    }
    let twice = keywright.api(Method::POST, "/introspect").form(&[("token", token)]);
    let twice = twice.header("authorization", basic("shop:another"));
    answers.push(send(twice.header("authorization", basic("shop:another"))).await);

    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.error(), "401 invalid_client", "{number}: {}", answer.text);
        assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{number}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.text.contains(SECRET));
    }
}

#[tokio::test]
async fn a_bad_introspection_is_refused_as_in_rfc_6749() {
    let keywright = start().await;
    let known = basic("shop:another");
    let both = [("token", "x"), ("client_id", "shop"), ("client_secret", "another")];

    for form in [
        &both[..],
        &[("token", "x"), ("client_id", "api")],
        &[],
        &[("token", "")],
        &[("token", "a"), ("token", "b")],
    ] {
        assert_eq!(ask(&keywright, &known, form).await.error(), "400 invalid_request", "{form:?}");
    }
    let request = || keywright.api(Method::POST, "/introspect").header("authorization", &known);
    for body in [json!({"token": 1}), json!({"token": ["x"]}), json!({"token": "x", "token_type_hint": 1})] {
        assert_eq!(send(request().json(&body)).await.error(), "400 invalid_request", "{body}");
    }
    let typed = request().header("content-type", "text/plain").body("token=x");
    assert_eq!(send(typed).await.error(), "415 unsupported_media_type");
    let large = request().form(&[("token", "a".repeat(70_000))]);
    assert_eq!(send(large).await.error(), "413 payload_too_large");
    let by_query = keywright.api(Method::POST, "/introspect?token=x").header("authorization", &known);
    assert_eq!(send(by_query).await.error(), "400 invalid_request", "a token in an address would be logged");
}

#[tokio::test]
async fn introspection_is_closed_without_resource_servers() {
    let keywright = Keywright::start().await;

    for credentials in [":", "api:", "cli:", "web:web"] {
        let answer = ask(&keywright, &basic(credentials), &[("token", "x")]).await;
        assert_eq!(answer.error(), "401 invalid_client");
    }
}
