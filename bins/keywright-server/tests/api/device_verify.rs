//! GET and POST /auth/device/verify (contract §3, RFC 8628 §3.3).

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::harness::{Answer, Keywright, send};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

/// High enough for tests that enter wrong codes on purpose.
const MANY_MISSES: [(&str, &str); 1] = [("DEVICE__MISSES_PER_ACCOUNT", "1000/10m")];

fn query(user_code: &str) -> String {
    let user_code: String = byte_serialize(user_code.as_bytes()).collect();
    format!("/device/verify?user_code={user_code}")
}

/// Sends GET as a browser, without an origin.
async fn preview(keywright: &Keywright, cookie: &str, user_code: &str) -> Answer {
    send(keywright.api(Method::GET, &query(user_code)).header("cookie", cookie)).await
}

async fn preview_as(keywright: &Keywright, access: &str, user_code: &str) -> Answer {
    send(keywright.api(Method::GET, &query(user_code)).bearer_auth(access)).await
}

async fn decide(keywright: &Keywright, cookie: &str, user_code: &str, action: &str) -> Answer {
    let body = json!({"user_code": user_code, "action": action});
    keywright.post_from_page(cookie, "/device/verify", body).await
}

async fn poll(keywright: &Keywright, device_code: &str) -> Answer {
    keywright.post("/token", json!({"device_code": device_code})).await
}

fn status(answer: &Answer) -> Value {
    answer.json()["device_authorization"]["status"].clone()
}

#[tokio::test]
async fn the_consent_shows_the_client_its_location_and_the_time() {
    let clients = [("CLIENTS", r#"[{"id": "tv", "name": "The television"}]"#)];
    let keywright = Keywright::start_with(&clients).await;
    let request = keywright.api(Method::POST, "/device").header("user-agent", "tv/1.0 (<b>Linux</b>)");
    let begun =
        send(request.json(&json!({"client_id": "tv", "client_name": " Ada's \u{e9}cran "}))).await.json();
    let user_code = begun["user_code"].as_str().unwrap();
    let cookie = keywright.sign_in_browser(ADA).await;
    keywright.advance(61);

    let shown = preview(&keywright, &cookie, user_code).await;

    let expected = json!({"device_authorization": {
        "user_code": user_code,
        "client_id": "tv",
        "client_name": "Ada's \u{e9}cran",
        "requested_at": "2027-01-15T08:00:00Z",
        "expires_at": "2027-01-15T08:10:00Z",
        "ip_address": "127.0.0.1",
        "user_agent": "tv/1.0 (<b>Linux</b>)",
        "status": "pending",
    }});
    assert_eq!((shown.status, shown.json()), (200, expected));
    assert_eq!(
        (shown.header("content-type"), shown.header("cache-control")),
        ("application/json", "no-store")
    );
}

#[tokio::test]
async fn details_that_a_device_omits_are_null() {
    let keywright = Keywright::start().await;
    let (_, user_code) = keywright.begin_device().await;
    let cookie = keywright.sign_in_browser(ADA).await;

    let shown = preview(&keywright, &cookie, &user_code).await.json();

    let shown = &shown["device_authorization"];
    assert_eq!((&shown["client_id"], &shown["client_name"]), (&json!("cli"), &Value::Null));
    assert_eq!(shown.as_object().unwrap().get("user_agent"), Some(&Value::Null));
    assert_eq!(shown.as_object().unwrap().len(), 8, "{shown}");
}

#[tokio::test]
async fn reading_an_authorization_changes_nothing() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let bob = keywright.sign_in_browser(BOB).await;
    let (device_code, user_code) = keywright.begin_device().await;

    let first = preview(&keywright, &ada, &user_code).await;
    for cookie in [&bob, &ada, &bob] {
        let again = preview(&keywright, cookie, &user_code).await;
        assert_eq!((again.status, again.json()), (200, first.json()));
    }

    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
    assert_eq!(decide(&keywright, &bob, &user_code, "approve").await.status, 200);
    for email in [ADA, BOB] {
        let seen = keywright.events(email).await;
        assert!(seen.contains(&"signed_in"), "{seen:?}");
    }
    assert_eq!(keywright.events(ADA).await, ["signed_in"]);
    // Both have the same instant, so either order is right.
    let mut of_bob = keywright.events(BOB).await;
    of_bob.sort_unstable();
    assert_eq!(of_bob, ["device_approved", "signed_in"]);
}

#[tokio::test]
async fn the_owner_sees_every_status_up_to_the_last() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let (device_code, approved) = keywright.begin_device().await;
    let (_, denied) = keywright.begin_device().await;

    assert_eq!(decide(&keywright, &ada, &approved, "approve").await.json(), json!({"status": "approved"}));
    assert_eq!(decide(&keywright, &ada, &denied, "deny").await.json(), json!({"status": "denied"}));

    assert_eq!(status(&preview(&keywright, &ada, &approved).await), json!("approved"));
    assert_eq!(status(&preview(&keywright, &ada, &denied).await), json!("denied"));
    assert_eq!(poll(&keywright, &device_code).await.status, 200);
    assert_eq!(status(&preview(&keywright, &ada, &approved).await), json!("claimed"));
    keywright.advance(600);
    for code in [&approved, &denied] {
        assert_eq!(preview(&keywright, &ada, code).await.code(), "404 not_found", "expired");
    }
}

#[tokio::test]
async fn the_default_action_is_to_approve() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;

    for body in [json!({}), json!({"action": null}), json!({"action": "approve", "from_the_future": 1})] {
        let (device_code, user_code) = keywright.begin_device().await;
        let mut body = body;
        body["user_code"] = json!(user_code);

        let answer = keywright.post_from_page(&ada, "/device/verify", body.clone()).await;

        assert_eq!((answer.status, answer.json()), (200, json!({"status": "approved"})), "{body}");
        assert_eq!(poll(&keywright, &device_code).await.status, 200, "{body}");
    }
}

#[tokio::test]
async fn a_fresh_bearer_reads_and_decides_and_a_stale_one_does_not() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let (_, first) = keywright.begin_device().await;
    keywright.advance(900);
    assert_eq!(
        preview_as(&keywright, &tokens.access, &first).await.code(),
        "404 not_found",
        "expired by now"
    );
    let (_, second) = keywright.begin_device().await;
    let (device_code, third) = keywright.begin_device().await;

    assert_eq!(preview_as(&keywright, &tokens.access, &second).await.status, 200);
    let approved = keywright.post_as(&tokens.access, "/device/verify", json!({"user_code": second})).await;
    assert_eq!((approved.status, approved.json()), (200, json!({"status": "approved"})));

    keywright.advance(1);
    let renewed = keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await.tokens();
    for access in [&tokens.access, &renewed.access] {
        for action in ["approve", "deny"] {
            let body = json!({"user_code": third, "action": action});
            let answer = keywright.post_as(access, "/device/verify", body).await;
            assert_eq!(answer.code(), "403 reauthentication_required");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        assert_eq!(preview_as(&keywright, access, &third).await.code(), "403 reauthentication_required");
    }
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn a_browser_session_of_any_age_decides() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    keywright.advance(29 * 24 * 3600);
    let (_, user_code) = keywright.begin_device().await;

    assert_eq!(preview(&keywright, &ada, &user_code).await.status, 200);
    assert_eq!(decide(&keywright, &ada, &user_code, "approve").await.status, 200);
}

#[tokio::test]
async fn a_device_does_not_approve_devices() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let device = keywright.sign_in_device(&ada).await;
    let renewed = keywright.post("/refresh", json!({"refresh_token": device.refresh})).await.tokens();
    let (device_code, user_code) = keywright.begin_device().await;

    for access in [&device.access, &renewed.access] {
        assert_eq!(preview_as(&keywright, access, &user_code).await.code(), "403 forbidden");
        for (code, action) in
            [(user_code.as_str(), "approve"), (&user_code, "deny"), ("BBBB-BBBB", "approve")]
        {
            let body = json!({"user_code": code, "action": action});
            assert_eq!(keywright.post_as(access, "/device/verify", body).await.code(), "403 forbidden");
        }
    }
    keywright.advance(901);
    let (_, later) = keywright.begin_device().await;
    assert_eq!(preview_as(&keywright, &device.access, &later).await.code(), "403 forbidden", "stale or not");
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 expired_token");
}

#[tokio::test]
async fn an_unauthenticated_caller_sees_and_decides_nothing() {
    let keywright = Keywright::start().await;
    let (device_code, user_code) = keywright.begin_device().await;
    let body = json!({"user_code": user_code});

    for (request, what) in [
        (keywright.api(Method::GET, &query(&user_code)), "GET"),
        (keywright.api(Method::GET, "/device/verify"), "GET without a code"),
        (keywright.api(Method::GET, &query("BBBB-BBBB")), "GET of another code"),
        (keywright.api(Method::POST, "/device/verify").json(&body), "POST"),
        (keywright.api(Method::POST, "/device/verify"), "POST without a body"),
        (keywright.api(Method::POST, "/device/verify").body("{"), "POST of nonsense"),
        (
            keywright.page_request(Method::POST, "/api/v1/auth/device/verify", "").json(&body),
            "POST from a page",
        ),
        (keywright.api(Method::GET, &query(&user_code)).header("cookie", "other=1"), "another cookie"),
    ] {
        let answer = send(request).await;
        assert_eq!(answer.code(), "401 unauthorized", "{what}");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{what}");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    }
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn a_bad_credential_is_reported_and_a_header_overrides_the_cookie() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let ada = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;
    let session = ada.split_once('=').unwrap().1;

    for bad in ["x", "", &tokens.refresh, &device_code, session] {
        let answer = preview_as(&keywright, bad, &user_code).await;
        assert_eq!(answer.code(), "401 invalid_token", "{bad}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with(r#"Bearer error="invalid_token", error_description=""#), "{challenge}");
    }
    let forged = format!("{}A", ada.get(..ada.len() - 1).unwrap());
    let forged = if forged == ada { format!("{}B", ada.get(..ada.len() - 1).unwrap()) } else { forged };
    assert_eq!(preview(&keywright, &forged, &user_code).await.code(), "401 invalid_token");
    assert_eq!(decide(&keywright, &forged, &user_code, "approve").await.code(), "401 invalid_token");

    let post = || keywright.page_request(Method::POST, "/api/v1/auth/device/verify", &ada);
    let body = json!({"user_code": user_code});
    let bearer = send(post().bearer_auth("x").json(&body)).await;
    let basic = send(post().header("authorization", "Basic YTpi").json(&body)).await;
    assert_eq!((bearer.code(), basic.status), ("401 invalid_token".to_owned(), 401));
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");

    assert_eq!(send(post().json(&body)).await.status, 200);
}

#[tokio::test]
async fn a_cookie_decides_only_from_pages_of_this_server() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;
    let own = keywright.base().to_owned();
    let decide = async |headers: &[(&str, &str)], user_code: &str| {
        let request = keywright.api(Method::POST, "/device/verify").header("cookie", &ada);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        send(request.json(&json!({"user_code": user_code}))).await
    };

    for foreign in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "cross-site"), ("origin", own.as_str())],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost")],
        &[("origin", &format!("{own}.evil.example"))],
        &[("origin", own.as_str()), ("origin", "https://evil.example")],
        &[("referer", own.as_str())],
        &[("host", "evil.example")],
    ] {
        let answer = decide(foreign, &user_code).await;
        assert_eq!(answer.code(), "403 csrf_rejected", "{foreign:?}");
    }
    assert_eq!(preview(&keywright, &ada, &user_code).await.status, 200, "a GET needs none of that");
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");

    let (_, other) = keywright.begin_device().await;
    assert_eq!(decide(&[("sec-fetch-site", "same-origin")], &user_code).await.status, 200);
    assert_eq!(decide(&[("origin", &own)], &other).await.status, 200);
}

#[tokio::test]
async fn a_user_code_is_accepted_in_every_spelling() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let typings: [fn(&str) -> String; 6] = [
        |code| code.replace('-', ""),
        str::to_lowercase,
        |code| code.to_lowercase().replace('-', " "),
        |code| format!("  {code} "),
        |code| code.chars().flat_map(|letter| [' ', letter, '-']).collect(),
        |code| format!("\t{code}\r\n"),
    ];

    for typing in typings {
        let (_, user_code) = keywright.begin_device().await;
        let typed = typing(&user_code);

        let shown = preview(&keywright, &ada, &typed).await;

        assert_eq!(shown.status, 200, "{typed:?}");
        assert_eq!(shown.json()["device_authorization"]["user_code"], json!(user_code), "{typed:?}");
        assert_eq!(decide(&keywright, &ada, &typed, "approve").await.status, 200, "{typed:?}");
    }
}

#[tokio::test]
async fn unknown_expired_and_foreign_codes_get_the_same_404() {
    let keywright = Keywright::start_with(&MANY_MISSES).await;
    let ada = keywright.sign_in_browser(ADA).await;
    let bob = keywright.sign_in_browser(BOB).await;
    let (_, expired) = keywright.begin_device().await;
    keywright.advance(600);
    let (_, bobs) = keywright.begin_device().await;
    assert_eq!(decide(&keywright, &bob, &bobs, "approve").await.status, 200);

    let mut answers = Vec::new();
    for code in [expired.as_str(), &bobs, "BBBB-BBBB", "hello", ""] {
        answers.push((code, preview(&keywright, &ada, code).await));
        answers.push((code, decide(&keywright, &ada, code, "approve").await));
        answers.push((code, decide(&keywright, &ada, code, "deny").await));
    }

    for (code, answer) in &answers {
        assert_eq!(answer.code(), "404 not_found", "{code}");
        assert_eq!(answer.json(), answers[0].1.json(), "{code}");
    }
    assert_eq!(status(&preview(&keywright, &bob, &bobs).await), json!("approved"));
}

#[tokio::test]
async fn a_decision_is_final() {
    let keywright = Keywright::start_with(&MANY_MISSES).await;
    let ada = keywright.sign_in_browser(ADA).await;
    let bob = keywright.sign_in_browser(BOB).await;

    for (first, then) in [("approve", "deny"), ("deny", "approve"), ("approve", "approve"), ("deny", "deny")]
    {
        let (device_code, user_code) = keywright.begin_device().await;
        assert_eq!(decide(&keywright, &ada, &user_code, first).await.status, 200);

        assert_eq!(decide(&keywright, &ada, &user_code, then).await.code(), "409 conflict", "{first} {then}");
        assert_eq!(decide(&keywright, &bob, &user_code, then).await.code(), "404 not_found");
        assert_eq!(preview(&keywright, &bob, &user_code).await.code(), "404 not_found");

        let polled = poll(&keywright, &device_code).await;
        assert_eq!(polled.status, if first == "approve" { 200 } else { 400 }, "{first}: {}", polled.text);
        assert_eq!(decide(&keywright, &ada, &user_code, then).await.code(), "409 conflict", "after the poll");
        assert_eq!(decide(&keywright, &bob, &user_code, then).await.code(), "404 not_found");
    }
}

#[tokio::test]
async fn a_bad_request_names_the_bad_field_and_decides_nothing() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;

    for action in [json!("maybe"), json!("Approve"), json!(""), json!(1), json!(true), json!(["approve"])] {
        let body = json!({"user_code": user_code, "action": action});
        let answer = keywright.post_from_page(&ada, "/device/verify", body).await;
        assert_eq!(answer.code(), "422 validation_failed", "{action}");
        assert!(answer.json()["details"]["action"][0].is_string(), "{}", answer.text);
    }
    let typed = keywright.post_from_page(&ada, "/device/verify", json!({"user_code": 1})).await;
    assert_eq!(typed.code(), "422 validation_failed");
    assert!(typed.json()["details"]["user_code"][0].is_string(), "{}", typed.text);

    let post = async |media_type: &str, body: String| {
        let request = keywright.page_request(Method::POST, "/api/v1/auth/device/verify", &ada);
        send(request.header("content-type", media_type).body(body)).await
    };
    let repeated = format!(r#"{{"user_code": "{user_code}", "action": "deny", "action": "approve"}}"#);
    let form = format!("user_code={user_code}");
    for (media_type, body, code) in [
        ("application/json", "{}", "400 invalid_request"),
        ("application/json", "", "400 invalid_request"),
        ("application/json", r#"{"user_code": null}"#, "400 invalid_request"),
        ("application/json", &repeated, "400 invalid_request"),
        ("application/json", "{", "400 invalid_json"),
        ("application/json", "[]", "400 invalid_json"),
        ("application/x-www-form-urlencoded", &form, "415 unsupported_media_type"),
        ("text/plain", r#"{"user_code": "x"}"#, "415 unsupported_media_type"),
        ("application/json", &"[".repeat(65_537), "413 payload_too_large"),
    ] {
        let answer = post(media_type, body.to_owned()).await;
        assert_eq!(answer.code(), code, "{media_type} {}", answer.text);
    }
    for path in ["/device/verify", "/device/verify?code=x", "/device/verify?user_code=a&user_code=b"] {
        let answer = send(keywright.api(Method::GET, path).header("cookie", &ada)).await;
        assert_eq!(answer.code(), "400 invalid_request", "{path}");
    }
    let long = preview(&keywright, &ada, &"B".repeat(5_000)).await;
    assert_eq!(long.code(), "404 not_found");
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn exactly_one_of_two_racing_accounts_owns_the_code() {
    let keywright = Keywright::start_with(&MANY_MISSES).await;
    let ada = keywright.sign_in_browser(ADA).await;
    let bob = keywright.sign_in_browser(BOB).await;

    for _ in 0..5 {
        let (device_code, user_code) = keywright.begin_device().await;
        let racers = (0..8).map(|number| if number % 2 == 0 { &ada } else { &bob });

        let answers = join_all(racers.map(|cookie| decide(&keywright, cookie, &user_code, "approve"))).await;

        let winners: Vec<_> = (0..8).filter(|index| answers[*index].status == 200).collect();
        let [winner] = winners[..] else { panic!("{answers:?}") };
        for (index, answer) in answers.iter().enumerate().filter(|(index, _)| *index != winner) {
            let expected = if index % 2 == winner % 2 { "409 conflict" } else { "404 not_found" };
            assert_eq!(answer.code(), expected);
        }
        let (owner, email, loser) = if winner % 2 == 0 { (&ada, ADA, &bob) } else { (&bob, BOB, &ada) };
        assert_eq!(status(&preview(&keywright, owner, &user_code).await), json!("approved"));
        assert_eq!(preview(&keywright, loser, &user_code).await.code(), "404 not_found");
        let tokens = poll(&keywright, &device_code).await.tokens();
        let me = keywright.get_as(&tokens.access, "/api/v1/auth/me").await.json();
        assert_eq!(me["user"]["email"], json!(email));
    }
}

#[tokio::test]
async fn a_racing_approval_and_denial_have_one_winner() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;
    let actions = (0..8).map(|number| if number % 2 == 0 { "approve" } else { "deny" });

    let answers = join_all(actions.map(|action| decide(&keywright, &ada, &user_code, action))).await;

    let decided: Vec<_> = answers.iter().filter(|answer| answer.status == 200).map(Answer::json).collect();
    assert_eq!(decided.len(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 7, "{answers:?}");
    assert_eq!(status(&preview(&keywright, &ada, &user_code).await), decided[0]["status"]);
    let polled = poll(&keywright, &device_code).await.status;
    assert_eq!(polled == 200, decided[0]["status"] == json!("approved"));
}

#[tokio::test]
async fn a_signed_out_or_disabled_account_decides_nothing() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let bob = keywright.sign_in_browser(BOB).await;
    let (device_code, user_code) = keywright.begin_device().await;
    send(keywright.page_request(Method::DELETE, "/api/v1/auth/logout", &bob)).await;
    keywright.disable(ADA).await;

    for cookie in [&ada, &bob] {
        assert_eq!(preview(&keywright, cookie, &user_code).await.code(), "401 invalid_token");
        assert_eq!(decide(&keywright, cookie, &user_code, "approve").await.code(), "401 invalid_token");
    }
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn a_decision_is_in_the_activity_with_the_claimed_client_name() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    for action in ["approve", "deny"] {
        let begun = keywright.post("/device", json!({"client_name": "Ada's laptop"})).await.json();
        keywright.advance(1);
        decide(&keywright, &ada, begun["user_code"].as_str().unwrap(), action).await;
    }

    let activity = keywright.activity(ADA).await;

    let events: Vec<_> = activity.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["device_denied", "device_approved", "signed_in"]);
    assert_eq!(activity[0].details["client_name"], json!("Ada's laptop"));
    assert_eq!(activity[0].client_id.as_ref().unwrap().as_str(), "cli");
}
