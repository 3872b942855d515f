//! POST `/auth/magic_link` and its verification, for tokens and for cookies (contract §5, §8).

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, send};

async fn verify(keywright: &Keywright, body: Value) -> Answer {
    keywright.post("/magic_link/verify", body).await
}

#[tokio::test]
async fn the_answer_is_the_same_for_every_address() {
    let keywright = Keywright::start().await;
    keywright.sign_in("known@example.com").await;
    keywright.sign_in("disabled@example.com").await;
    keywright.disable("disabled@example.com").await;

    for email in ["known@example.com", "unknown@example.com", "disabled@example.com"] {
        let answer = keywright.post("/magic_link", json!({"email": email})).await;
        let json = answer.json();
        assert_eq!(answer.status, 200);
        assert_eq!(json.as_object().unwrap().len(), 3);
        assert_eq!(json["expires_in"], json!(900));
        assert!(json["message"].as_str().unwrap().starts_with("If this address can sign in here"));
        let id = uuid::Uuid::try_parse(json["request_id"].as_str().unwrap()).unwrap();
        assert_eq!(id.get_version_num(), 7);
    }
}

#[tokio::test]
async fn bad_addresses_and_targets_are_named() {
    let keywright = Keywright::start().await;

    for email in ["", "ada", "a@b@c.d", "a@b.c\r\nBcc: x@y.z", "a b@c.d"] {
        let answer = keywright.post("/magic_link", json!({"email": email})).await;
        assert_eq!(answer.code(), "422 validation_failed", "{email:?}");
        assert!(answer.json()["details"]["email"][0].is_string());
    }
    for target in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let answer = keywright.post("/magic_link", json!({"email": "a@b.c", "redirect_to": target})).await;
        assert_eq!(answer.code(), "422 validation_failed", "{target}");
        assert!(answer.json()["details"]["redirect_to"][0].is_string());
    }
    assert_eq!(keywright.post("/magic_link", json!({})).await.code(), "400 invalid_request");
    assert_eq!(keywright.post("/magic_link", json!({"email": 1})).await.code(), "422 validation_failed");
    assert!(keywright.mails("a@b.c").await.is_empty());
}

#[tokio::test]
async fn the_mail_has_one_link_and_one_code() {
    let keywright = Keywright::start().await;

    let mail = keywright.link("Ada@Example.com").await;

    let link = format!("{}/magic-link#token={}", keywright.base(), mail.token);
    assert_eq!(mail.text.matches(&link).count(), 1, "{}", mail.text);
    let is_six_digits = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<_> =
        mail.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(is_six_digits).collect();
    assert_eq!(numbers, [mail.code.as_str()]);
}

#[tokio::test]
async fn a_sign_in_answers_with_tokens_and_the_account() {
    let keywright = Keywright::start().await;
    let asked = keywright
        .post("/magic_link", json!({"email": "ada@example.com", "redirect_to": "/account?x=1"}))
        .await;
    let request_id = asked.json()["request_id"].clone();
    let mail = keywright.mail("ada@example.com", 1).await;

    let first = verify(&keywright, json!({"request_id": request_id, "code": mail.code})).await;
    let second = verify(&keywright, json!({"token": keywright.link("ada@example.com").await.token})).await;

    let json = first.json();
    assert_eq!((&json["new_user"], &json["redirect_to"]), (&json!(true), &json!("/account?x=1")));
    assert_eq!(json["user"]["email"], json!("ada@example.com"));
    assert_eq!((&json["token_type"], &json["expires_in"]), (&json!("Bearer"), &json!(14_400)));
    assert_eq!(keywright.me(&first.tokens().access).await, 200);
    let json = second.json();
    assert_eq!((&json["new_user"], json.get("redirect_to")), (&json!(false), None));
}

#[tokio::test]
async fn racing_redemptions_of_a_link_sign_in_once() {
    let keywright = Keywright::start().await;
    let token = keywright.link("ada@example.com").await.token;

    let answers = join_all((0..16).map(|_| verify(&keywright, json!({"token": token})))).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.code() == "401 invalid_token").count(), 15);
}

#[tokio::test]
async fn every_invalid_proof_gets_the_same_answer() {
    let keywright = Keywright::start().await;
    let used = keywright.link("ada@example.com").await.token;
    verify(&keywright, json!({"token": used})).await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let expired = keywright.link("ada@example.com").await.token;
    let request_id = keywright.ask_for_link("ada@example.com").await;
    keywright.advance(900);
    let unknown = "01a20bf4-8b61-7bfe-9f08-5e8bc920d48c";

    let mut texts = Vec::new();
    for body in [
        json!({"token": used}),
        json!({"token": expired}),
        json!({"token": ""}),
        json!({"token": "kwm_x"}),
        json!({"token": tokens.refresh}),
        json!({"token": tokens.refresh.replacen("kwr_", "kwm_", 1)}),
        json!({"request_id": request_id, "code": "000000"}),
        json!({"request_id": unknown, "code": "000000"}),
    ] {
        let answer = verify(&keywright, body.clone()).await;
        assert_eq!(answer.code(), "401 invalid_token", "{body}");
        texts.push(answer.text);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
}

#[tokio::test]
async fn five_wrong_codes_kill_a_link_and_four_do_not() {
    let keywright = Keywright::start().await;
    for (wrongs, status) in [(4, 200), (5, 401)] {
        let before = keywright.mails("ada@example.com").await.len();
        let request_id = keywright.ask_for_link("ada@example.com").await;
        let mail = keywright.mail("ada@example.com", before + 1).await;
        let wrong = if mail.code == "000000" { "000001" } else { "000000" };
        for _ in 0..wrongs {
            let answer = verify(&keywright, json!({"request_id": request_id, "code": wrong})).await;
            assert_eq!(answer.code(), "401 invalid_token");
        }

        let right = verify(&keywright, json!({"request_id": request_id, "code": mail.code})).await;
        assert_eq!(right.status, status, "after {wrongs}");
        assert_eq!(verify(&keywright, json!({"token": mail.token})).await.status, 401);
    }
}

#[tokio::test]
async fn invalid_input_leaves_a_link_usable() {
    let keywright = Keywright::start().await;
    let token = keywright.link("ada@example.com").await.token;

    for (body, code) in [
        (json!({}), "400 invalid_request"),
        (json!({"request_id": "x", "code": "1"}), "422 validation_failed"),
        (json!({"token": token, "client_id": "nobody"}), "422 validation_failed"),
        (json!({"token": token, "session": "token"}), "422 validation_failed"),
        (json!({"token": token, "session": "cookie"}), "403 csrf_rejected"),
    ] {
        assert_eq!(verify(&keywright, body.clone()).await.code(), code, "{body}");
    }

    assert_eq!(verify(&keywright, json!({"token": token, "client_id": "cli"})).await.status, 200);
}

#[tokio::test]
async fn a_browser_gets_a_cookie_and_no_tokens() {
    let keywright = Keywright::start().await;
    let token = keywright.link("ada@example.com").await.token;
    let body = json!({"token": token, "session": "cookie"});
    let post = || keywright.api(Method::POST, "/magic_link/verify").json(&body);

    for foreign in [
        post().header("sec-fetch-site", "cross-site"),
        post().header("sec-fetch-site", "same-site"),
        post().header("sec-fetch-site", "none"),
        post().header("origin", "https://evil.example"),
        post().header("origin", "null"),
        post(),
    ] {
        assert_eq!(send(foreign).await.code(), "403 csrf_rejected");
    }
    let signed_in = send(post().header("origin", keywright.base())).await;

    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    let json = signed_in.json();
    let mut fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["new_user", "user"]);
    let cookie = signed_in.header("set-cookie");
    assert!(cookie.starts_with("kw_session=kws_"), "{cookie}");
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn an_authorization_header_overrides_the_cookie() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let me = || keywright.page_request(Method::GET, "/api/v1/auth/me", &cookie);

    assert_eq!(send(me()).await.status, 200);
    assert_eq!(send(me().bearer_auth("x")).await.code(), "401 invalid_token");
    let cross_site =
        keywright.api(Method::PATCH, "/me").header("cookie", &cookie).json(&json!({"name": "x"}));
    assert_eq!(send(cross_site).await.code(), "403 csrf_rejected");
    let forged = keywright.page_request(Method::GET, "/api/v1/auth/me", "kw_session=kws_x");
    assert_eq!(send(forged).await.code(), "401 invalid_token");
}

#[tokio::test]
async fn signing_in_again_renews_only_the_browser_session() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let of_bob = keywright.sign_in_browser("bob@example.com").await;
    keywright.advance(3600);

    let step_up = |cookie: String| {
        let keywright = &keywright;
        async move {
            let token = keywright.link("ada@example.com").await.token;
            let body = json!({"token": token, "session": "cookie"});
            keywright.post_from_page(&cookie, "/magic_link/verify", body).await.cookie()
        }
    };

    assert_eq!(step_up(cookie.clone()).await, cookie);
    let fresh = step_up(of_bob.clone()).await;
    assert!(fresh != of_bob && fresh != cookie);
    let bob = send(keywright.page_request(Method::GET, "/api/v1/auth/me", &of_bob)).await.json();
    assert_eq!(bob["user"]["email"], json!("bob@example.com"));
}

#[tokio::test]
async fn a_browser_session_stays_alive_by_use_and_ends_without_it() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let me = || send(keywright.page_request(Method::GET, "/api/v1/auth/me", &cookie));

    for _ in 0..8 {
        keywright.advance(20 * 86_400);
        assert_eq!(me().await.status, 200);
    }
    keywright.advance(20 * 86_400);

    assert_eq!(me().await.code(), "401 invalid_token", "180 days are over");
}

#[tokio::test]
async fn a_disabled_account_cannot_sign_in() {
    let keywright = Keywright::start().await;
    keywright.sign_in("ada@example.com").await;
    let token = keywright.link("ada@example.com").await.token;

    keywright.disable("ada@example.com").await;

    assert_eq!(verify(&keywright, json!({"token": token})).await.code(), "401 invalid_token");
}
