//! Mailed actions: shown by GET, confirmed by a press (contract §3, §10).

use futures_util::future::join_all;
use keywright_domain::credential::Kind;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Keywright, Tokens, send};

const ADA: &str = "ada@example.com";
const APPROVED: &str = "A device was approved";

/// Approves a device as Ada and returns its device code and the token of the mail about it.
async fn approved(keywright: &Keywright) -> (String, String) {
    let cookie = keywright.sign_in_browser(ADA).await;
    keywright.advance(1);
    let request = keywright.api(Method::POST, "/device").header("user-agent", "tv/1.0 (Linux)");
    let begun = send(request.json(&json!({"client_name": "Ada's TV"}))).await.json();
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    let approved =
        keywright.post_from_page(&cookie, "/device/verify", json!({"user_code": text("user_code")})).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    keywright.advance(1);
    let letter = keywright.letter(ADA, APPROVED, 1).await;
    (text("device_code"), token(&letter))
}

fn token(letter: &str) -> String {
    let (_, rest) = letter.split_once("/action?token=").unwrap_or_else(|| panic!("no action in {letter}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn claim(keywright: &Keywright, device_code: &str) -> Tokens {
    keywright.post("/token", json!({"device_code": device_code})).await.tokens()
}

async fn show(keywright: &Keywright, token: &str) -> Answer {
    keywright.get(&format!("/action?token={token}")).await
}

/// Confirms the action without a cookie.
async fn press(keywright: &Keywright, token: &str) -> Answer {
    send(keywright.request(Method::POST, "/action").form(&[("token", token)])).await
}

#[tokio::test]
async fn the_mail_names_the_device_and_its_link_shows_it_and_changes_nothing() {
    let keywright = Keywright::start().await;
    let (device_code, token) = approved(&keywright).await;
    let tokens = claim(&keywright, &device_code).await;

    let letter = keywright.letter(ADA, APPROVED, 1).await;
    for line in ["Program: ", "Name (unverified): Ada's TV", "Address: 127.0.0.1", "By (unverified): "] {
        assert!(letter.lines().any(|found| found.starts_with(line)), "{line}: {letter}");
    }
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let path = format!("/action?token={token}");
        let page = send(keywright.request(method.clone(), &path)).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
        if method == Method::GET {
            for shown in ["Ada&#39;s TV", "127.0.0.1", "Sign this device out?", r#"action="/action""#] {
                assert!(page.text.contains(shown), "{shown}: {}", page.text);
            }
            assert!(!page.text.contains("<script"), "{}", page.text);
        }
    }
    assert_eq!(keywright.me(&tokens.access).await, 200);
}

#[tokio::test]
async fn confirming_ends_the_session_of_the_device_once() {
    let keywright = Keywright::start().await;
    let (device_code, token) = approved(&keywright).await;
    let tokens = claim(&keywright, &device_code).await;
    keywright.advance(1);

    let pages = join_all((0..16).map(|_| press(&keywright, &token))).await;

    assert!(pages.iter().all(|page| page.status == 200));
    assert_eq!(pages.iter().filter(|page| page.text.contains("The device is signed out")).count(), 1);
    assert_eq!(keywright.me(&tokens.access).await, 401);
    let refresh = keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await;
    assert_eq!(refresh.error(), "401 invalid_grant");
    let events = keywright.events(ADA).await;
    assert_eq!(events[..3], ["session_ended", "signed_in", "device_approved"]);
    let shown = show(&keywright, &token).await;
    assert!(
        shown.text.contains("There is nothing left to do") && !shown.text.contains("<form"),
        "{}",
        shown.text
    );
}

#[tokio::test]
async fn confirming_before_the_device_polls_leaves_nothing_to_claim() {
    let keywright = Keywright::start().await;
    let (device_code, token) = approved(&keywright).await;

    let page = press(&keywright, &token).await;

    assert!(page.text.contains("The device is signed out"), "{}", page.text);
    let polled = keywright.post("/token", json!({"device_code": device_code})).await;
    assert_eq!(polled.error(), "400 access_denied");
    assert_eq!(keywright.events(ADA).await[..2], ["device_denied", "device_approved"]);
}

#[tokio::test]
async fn an_action_link_is_valid_for_seven_days() {
    let keywright = Keywright::start().await;
    let (device_code, token) = approved(&keywright).await;
    let tokens = claim(&keywright, &device_code).await;
    let refresh = async |refresh: String| keywright.post("/refresh", json!({"refresh_token": refresh})).await;
    keywright.advance(7 * 86_400);

    let (shown, pressed) = (show(&keywright, &token).await, press(&keywright, &token).await);

    assert_eq!((shown.status, pressed.status), (404, 404));
    assert_eq!(shown.text, pressed.text);
    assert_eq!(refresh(tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn every_invalid_action_token_is_refused_alike() {
    let keywright = Keywright::start().await;
    let (device_code, token) = approved(&keywright).await;
    let tokens = claim(&keywright, &device_code).await;
    let keyring = &keywright.service.keyring;
    let genuine = keyring.parse(Kind::Action, &token).unwrap();
    let forged = |kind, generation| keyring.issue(kind, genuine.record, generation).expose().to_owned();
    let link = keywright.link_by_store(ADA).await;
    let mut mistyped = token.clone();
    mistyped.replace_range(20..21, if token.get(20..21) == Some("A") { "B" } else { "A" });
    let others = [
        String::new(),
        "kwa_".to_owned(),
        mistyped,
        device_code,
        link,
        tokens.refresh.clone(),
        forged(Kind::RefreshToken, genuine.generation).replace("kwr_", "kwa_"),
        forged(Kind::Action, genuine.generation + 1),
        keyring.issue(Kind::Action, uuid::Uuid::from_u128(7), 1).expose().to_owned(),
        "a".repeat(60_000),
    ];

    for other in others {
        let pressed = press(&keywright, &other).await;
        assert_eq!(pressed.status, 404, "{other}");
        assert!(pressed.text.contains("This link does not work"), "{other}");
    }

    let repeated = keywright.request(Method::POST, "/action").form(&[("token", &token), ("token", &token)]);
    assert_eq!(send(repeated).await.status, 400);
    assert_eq!(keywright.get("/action").await.status, 404);
    assert_eq!(keywright.me(&tokens.access).await, 200);
    // A token of an action is valid for nothing else.
    for (path, body) in [
        ("/magic_link/verify", json!({"token": token})),
        ("/refresh", json!({"refresh_token": token})),
        ("/token", json!({"device_code": token})),
    ] {
        assert!([400, 401].contains(&keywright.post(path, body).await.status), "{path}");
    }
}

#[tokio::test]
async fn a_detected_reuse_is_mailed_to_the_owner() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let renew = async |token: &str| keywright.post("/refresh", json!({"refresh_token": token})).await;
    let second = renew(&tokens.refresh).await.tokens();
    renew(&second.refresh).await.tokens();
    keywright.advance(3601);

    assert_eq!(renew(&tokens.refresh).await.error(), "401 invalid_grant");

    let letter = keywright.letter(ADA, "A session at localhost was ended", 1).await;
    assert!(letter.contains(&format!("{}/account", keywright.base())), "{letter}");
    assert!(!letter.contains("kwr_") && !letter.contains("kwa_"), "{letter}");
}
