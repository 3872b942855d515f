//! POST /auth/device and /auth/token, and the decision between them (contract §3, RFC 8628).

use std::time::Duration;

use futures_util::future::join_all;
use keywright_domain::wait_budget::WaitBudget;
use keywright_server::application::Tuning;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, send};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn poll(keywright: &Keywright, device_code: &str) -> Answer {
    keywright.post("/token", json!({"device_code": device_code})).await
}

async fn decide(keywright: &Keywright, cookie: &str, body: Value) -> Answer {
    keywright.post_from_page(cookie, "/device/verify", body).await
}

async fn preview(keywright: &Keywright, cookie: &str, user_code: &str) -> Answer {
    let path = format!("/api/v1/auth/device/verify?user_code={user_code}");
    send(keywright.page_request(Method::GET, &path, cookie)).await
}

#[tokio::test]
async fn a_device_request_is_answered_as_the_contract_says() {
    let keywright = Keywright::start().await;

    let by_json = keywright.post("/device", json!({"client_name": "Ada's laptop"})).await;
    let by_form = keywright.post_form("/device", &[("client_id", "cli"), ("scope", "a b")]).await;
    let empty = send(keywright.api(Method::POST, "/device")).await;

    for answer in [by_json, by_form, empty] {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
        let json = answer.json();
        let user_code = json["user_code"].as_str().unwrap();
        assert_eq!((user_code.len(), user_code.find('-')), (9, Some(4)));
        assert!(user_code.replace('-', "").chars().all(|letter| "BCDFGHJKLMNPQRSTVWXZ".contains(letter)));
        assert!(json["device_code"].as_str().unwrap().starts_with("kwd_"));
        let page = format!("{}/device-verify", keywright.base());
        assert_eq!(json["verification_uri"], json!(page));
        assert_eq!(json["verification_uri_complete"], json!(format!("{page}?code={user_code}")));
        assert_eq!((&json["expires_in"], &json["interval"]), (&json!(600), &json!(5)));
        assert_eq!(json.as_object().unwrap().len(), 6);
    }
}

#[tokio::test]
async fn a_bad_device_request_is_refused_in_the_oauth_shape() {
    let keywright = Keywright::start().await;

    for (body, error) in [
        (json!({"client_id": "nobody"}), "401 invalid_client"),
        (json!({"client_name": "<b>"}), "400 invalid_request"),
        (json!({"client_name": "a".repeat(65)}), "400 invalid_request"),
        (json!({"client_id": 1}), "400 invalid_request"),
        (json!([]), "400 invalid_request"),
    ] {
        assert_eq!(keywright.post("/device", body.clone()).await.error(), error, "{body}");
    }
    let repeated = keywright.post_form("/device", &[("client_id", "cli"), ("client_id", "cli")]).await;
    assert_eq!(repeated.error(), "400 invalid_request");
    let plain =
        send(keywright.api(Method::POST, "/device").header("content-type", "text/plain").body("x")).await;
    assert_eq!(plain.error(), "415 unsupported_media_type");
}

#[tokio::test]
async fn grant_types_are_distinguished() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let token = |form: Vec<(&'static str, String)>| send(keywright.api(Method::POST, "/token").form(&form));

    for (form, error) in [
        (vec![], "400 invalid_request"),
        (vec![("grant_type", "password".to_owned())], "400 unsupported_grant_type"),
        (vec![("grant_type", GRANT.to_owned())], "400 invalid_request"),
        (vec![("grant_type", "refresh_token".to_owned())], "400 invalid_request"),
        (
            vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", "x".to_owned())],
            "400 invalid_grant",
        ),
        (
            vec![
                ("grant_type", "refresh_token".to_owned()),
                ("refresh_token", tokens.refresh.clone()),
                ("client_id", "cli".to_owned()),
            ],
            "400 invalid_grant",
        ),
    ] {
        assert_eq!(token(form.clone()).await.error(), error, "{form:?}");
    }
    let right = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", tokens.refresh.clone())];
    assert_eq!(token(right).await.status, 200, "another client spends nothing");
}

#[tokio::test]
async fn a_client_that_polls_too_soon_is_slowed_down_and_recovers() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let (device_code, user_code) = keywright.begin_device().await;

    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
    keywright.advance(3);
    let first = poll(&keywright, &device_code).await;
    assert_eq!((first.error().as_str(), &first.json()["interval"]), ("400 slow_down", &json!(10)));
    let second = poll(&keywright, &device_code).await;
    assert_eq!(second.json()["interval"], json!(15));
    decide(&keywright, &cookie, json!({"user_code": user_code})).await;
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 slow_down", "approved, and still too soon");

    keywright.advance(20);

    assert_eq!(poll(&keywright, &device_code).await.status, 200);
}

#[tokio::test]
async fn a_finished_code_is_reported_before_slow_down() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let (denied, denied_code) = keywright.begin_device().await;
    let (expired, _) = keywright.begin_device().await;
    poll(&keywright, &denied).await;
    let answer = decide(&keywright, &cookie, json!({"user_code": denied_code, "action": "deny"})).await;
    assert_eq!(answer.json(), json!({"status": "denied"}));

    for _ in 0..3 {
        assert_eq!(poll(&keywright, &denied).await.error(), "400 access_denied");
    }
    keywright.advance(599);
    assert_eq!(poll(&keywright, &expired).await.error(), "400 authorization_pending");
    keywright.advance(1);
    for _ in 0..3 {
        assert_eq!(poll(&keywright, &expired).await.error(), "400 expired_token");
    }
}

#[tokio::test]
async fn a_server_that_cannot_sign_spends_no_credential() {
    let (soon, never) = (Duration::from_millis(10), Duration::from_hours(1));
    let idle_keys = Tuning { mail_pause: soon, key_pause: never, ..Tuning::default() };
    let keywright = Keywright::start_tuned(&[], idle_keys).await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let link = keywright.link("bob@example.com").await;
    let (device_code, user_code) = keywright.begin_device().await;
    decide(&keywright, &cookie, json!({"user_code": user_code})).await;
    let keys = keywright.service.stores.signing_keys.list(&WaitBudget::NONE).await.unwrap();

    keywright.service.tokens.adopt(&[]);
    let redeem = || keywright.post("/magic_link/verify", json!({"token": link.token}));
    assert_eq!(poll(&keywright, &device_code).await.status, 500);
    assert_eq!(redeem().await.status, 500);

    keywright.service.tokens.adopt(&keys);
    let tokens = poll(&keywright, &device_code).await.tokens();
    assert_eq!(redeem().await.status, 200);

    keywright.service.tokens.adopt(&[]);
    let refresh = || keywright.post("/refresh", json!({"refresh_token": tokens.refresh}));
    assert_eq!(refresh().await.status, 500);
    keywright.service.tokens.adopt(&keys);
    keywright.advance(2 * 3600);
    assert_eq!(refresh().await.status, 200, "the session was not renewed by the failed attempt");
}

#[tokio::test]
async fn racing_polls_claim_an_approved_code_once() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let begun = keywright.post("/device", json!({"scope": "read"})).await.json();
    let device_code = begun["device_code"].as_str().unwrap();
    decide(&keywright, &cookie, json!({"user_code": begun["user_code"]})).await;

    let answers = join_all((0..16).map(|_| poll(&keywright, device_code))).await;

    let granted: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(granted.len(), 1);
    assert_eq!(granted[0].json()["scope"], json!(""), "unknown scopes are dropped, and that is said");
    assert_eq!((granted[0].header("cache-control"), granted[0].header("pragma")), ("no-store", "no-cache"));
    assert_eq!(keywright.me(&granted[0].tokens().access).await, 200);
    keywright.advance(60);
    assert_eq!(poll(&keywright, device_code).await.error(), "400 invalid_grant");
}

#[tokio::test]
async fn a_foreign_or_forged_code_claims_nothing() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let (device_code, user_code) = keywright.begin_device().await;
    decide(&keywright, &cookie, json!({"user_code": user_code})).await;

    let other = json!({"device_code": device_code, "client_id": "web"});
    assert_eq!(keywright.post("/token", other).await.error(), "400 invalid_grant");
    keywright.advance(5);
    for forged in [
        "",
        "kwd_",
        device_code.get(..79).unwrap(),
        &device_code.replacen("kwd_", "kwr_", 1),
        &format!("{device_code}="),
    ] {
        assert_eq!(poll(&keywright, forged).await.error(), "400 invalid_grant", "{forged}");
    }

    let right = json!({"device_code": device_code, "client_id": "cli", "grant_type": GRANT});
    assert_eq!(keywright.post("/token", right).await.status, 200);
}

#[tokio::test]
async fn an_account_disabled_since_the_approval_gets_no_session() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let (device_code, user_code) = keywright.begin_device().await;
    decide(&keywright, &cookie, json!({"user_code": user_code})).await;

    keywright.disable("ada@example.com").await;

    assert_eq!(poll(&keywright, &device_code).await.error(), "400 access_denied");
}

#[tokio::test]
async fn the_consent_shows_who_asks_and_changes_nothing() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let request = keywright.api(Method::POST, "/device").header("user-agent", "acme/2");
    let begun = send(request.json(&json!({"client_name": "Ada's laptop"}))).await.json();
    let user_code = begun["user_code"].as_str().unwrap();

    for spelling in [user_code.to_owned(), user_code.to_lowercase(), user_code.replace('-', "%20")] {
        let shown = preview(&keywright, &cookie, &spelling).await;
        let shown = shown.json()["device_authorization"].clone();
        assert_eq!(shown["user_code"], json!(user_code));
        assert_eq!((&shown["client_id"], &shown["client_name"]), (&json!("cli"), &json!("Ada's laptop")));
        assert_eq!((&shown["ip_address"], &shown["user_agent"]), (&json!("127.0.0.1"), &json!("acme/2")));
        assert_eq!(shown["status"], json!("pending"));
        assert!(shown["requested_at"].as_str().unwrap().ends_with('Z'));
        assert_eq!(shown.as_object().unwrap().len(), 8);
    }
}

#[tokio::test]
async fn a_code_belongs_to_the_first_account_that_decides() {
    let keywright = Keywright::start().await;
    let (ada, bob) = (
        keywright.sign_in_browser("ada@example.com").await,
        keywright.sign_in_browser("bob@example.com").await,
    );
    let (_, user_code) = keywright.begin_device().await;

    assert_eq!(
        decide(&keywright, &ada, json!({"user_code": user_code})).await.json(),
        json!({"status": "approved"})
    );

    assert_eq!(decide(&keywright, &ada, json!({"user_code": user_code})).await.code(), "409 conflict");
    assert_eq!(decide(&keywright, &bob, json!({"user_code": user_code})).await.code(), "404 not_found");
    assert_eq!(preview(&keywright, &bob, &user_code).await.code(), "404 not_found");
    let shown = preview(&keywright, &ada, &user_code).await.json();
    assert_eq!(shown["device_authorization"]["status"], json!("approved"));
    assert_eq!(decide(&keywright, &bob, json!({"user_code": "BBBB-BBBB"})).await.code(), "404 not_found");
    assert_eq!(decide(&keywright, &bob, json!({"user_code": "nonsense"})).await.code(), "404 not_found");
    keywright.advance(600);
    assert_eq!(preview(&keywright, &ada, &user_code).await.code(), "404 not_found");
}

#[tokio::test]
async fn only_a_browser_or_a_fresh_bearer_decides() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let device = keywright.sign_in_device(&cookie).await;
    let bearer = keywright.sign_in("ada@example.com").await;
    let (_, user_code) = keywright.begin_device().await;
    let body = || json!({"user_code": user_code});
    let cross_site = keywright.api(Method::POST, "/device/verify").header("cookie", &cookie).json(&body());

    assert_eq!(keywright.post("/device/verify", body()).await.code(), "401 unauthorized");
    assert_eq!(keywright.post_as(&device.access, "/device/verify", body()).await.code(), "403 forbidden");
    assert_eq!(send(cross_site).await.code(), "403 csrf_rejected");
    let odd = keywright
        .post_as(&bearer.access, "/device/verify", json!({"user_code": user_code, "action": "x"}))
        .await;
    assert_eq!(odd.code(), "422 validation_failed");
    keywright.advance(901);
    let stale = keywright.post_as(&bearer.access, "/device/verify", body()).await;
    assert_eq!(stale.code(), "403 reauthentication_required");

    let (_, user_code) = keywright.begin_device().await;
    let fresh = keywright.sign_in("ada@example.com").await;
    let decided = keywright.post_as(&fresh.access, "/device/verify", json!({"user_code": user_code})).await;
    assert_eq!(decided.json(), json!({"status": "approved"}));
}
