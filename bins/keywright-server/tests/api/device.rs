//! POST /auth/device (contract §3, RFC 8628 §3.1 and §3.2).

use std::collections::HashSet;

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Keywright, send};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const FIELDS: [&str; 6] =
    ["device_code", "expires_in", "interval", "user_code", "verification_uri", "verification_uri_complete"];

async fn post(keywright: &Keywright, media_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    send(keywright.api(Method::POST, "/device").header("content-type", media_type).body(body)).await
}

fn names(answer: &Answer) -> Vec<String> {
    let mut names: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

/// Asserts the properties that RFC 6749 §5.2 requires of every refusal.
fn assert_refused(answer: &Answer, error: &str, because: &str) {
    assert_eq!(answer.error(), error, "{because}: {}", answer.text);
    assert_eq!(names(answer), ["error", "error_description"], "{because}");
    assert!(answer.json()["error_description"].is_string(), "{because}");
    let headers = ["cache-control", "pragma", "content-type"].map(|name| answer.header(name));
    assert_eq!(headers, ["no-store", "no-cache", JSON], "{because}");
}

#[tokio::test]
async fn a_device_gets_exactly_the_fields_of_rfc_8628() {
    let keywright = Keywright::start().await;

    let answer = send(keywright.api(Method::POST, "/device")).await;

    assert_eq!((answer.status, names(&answer)), (200, FIELDS.map(String::from).to_vec()));
    let json = answer.json();
    let page = format!("{}/device-verify", keywright.base());
    assert_eq!(json["verification_uri"], json!(page));
    let user_code = json["user_code"].as_str().unwrap();
    assert_eq!(json["verification_uri_complete"], json!(format!("{page}?code={user_code}")));
    assert_eq!((&json["expires_in"], &json["interval"]), (&json!(600), &json!(5)));
    let device_code = json["device_code"].as_str().unwrap().strip_prefix("kwd_").unwrap();
    assert!(
        device_code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
        "{device_code}"
    );
    let headers = ["cache-control", "pragma", "content-type"].map(|name| answer.header(name));
    assert_eq!(headers, ["no-store", "no-cache", JSON]);
}

#[tokio::test]
async fn user_codes_are_distinct_and_two_groups_of_four_unambiguous_letters() {
    let keywright = Keywright::start().await;
    let (mut user_codes, mut device_codes) = (HashSet::new(), HashSet::new());

    for _ in 0..50 {
        let (device_code, user_code) = keywright.begin_device().await;

        let (first, second) = user_code.split_once('-').unwrap();
        for group in [first, second] {
            assert_eq!(group.len(), 4, "{user_code}");
            assert!(group.chars().all(|letter| "BCDFGHJKLMNPQRSTVWXZ".contains(letter)), "{user_code}");
        }
        assert!(user_codes.insert(user_code));
        assert!(device_codes.insert(device_code));
    }
}

#[tokio::test]
async fn json_a_form_and_an_empty_body_begin_alike() {
    let keywright = Keywright::start().await;

    for (media_type, body) in [
        (JSON, ""),
        (FORM, ""),
        ("text/plain", ""),
        (JSON, "{}"),
        (JSON, r#"{"client_id": null, "client_name": null, "scope": null}"#),
        (JSON, r#"{"client_id": "cli", "client_name": "Ada's laptop", "scope": "x y"}"#),
        (JSON, r#"{"from_the_future": {"a": [1]}, "device_code": "kwd_"}"#),
        ("application/json; charset=utf-8", r#"{"client_id": "web"}"#),
        ("Application/JSON", "{}"),
        (FORM, "client_id=cli&client_name=Ada%27s+laptop&scope=x+y"),
        (FORM, "client_id=&client_name=&scope="),
        (FORM, "from_the_future=1"),
        ("application/x-www-form-urlencoded; charset=UTF-8", "client_id=web"),
    ] {
        let answer = post(&keywright, media_type, body).await;

        assert_eq!(answer.status, 200, "{media_type} {body}: {}", answer.text);
        assert_eq!(names(&answer), FIELDS, "{media_type} {body}");
    }
}

#[tokio::test]
async fn an_unknown_client_is_refused_in_the_oauth_shape() {
    let keywright = Keywright::start().await;

    for unknown in ["nobody", "CLI", "cli ", " cli", "cli\0", "<script>", &"a".repeat(10_000)] {
        let by_json = keywright.post("/device", json!({"client_id": unknown})).await;
        let by_form = keywright.post_form("/device", &[("client_id", unknown)]).await;

        for answer in [by_json, by_form] {
            assert_refused(&answer, "401 invalid_client", unknown);
            assert!(!answer.text.contains("<script"), "{}", answer.text);
        }
    }
    assert_refused(&keywright.post("/device", json!({"client_id": ""})).await, "401 invalid_client", "empty");
}

#[tokio::test]
async fn configured_and_built_in_clients_both_begin() {
    let clients = [("CLIENTS", r#"[{"id": "tv", "name": "The television"}]"#)];
    let keywright = Keywright::start_with(&clients).await;

    for known in ["tv", "cli", "web"] {
        assert_eq!(keywright.post("/device", json!({"client_id": known})).await.status, 200, "{known}");
    }
    assert_refused(&keywright.post("/device", json!({"client_id": "TV"})).await, "401 invalid_client", "TV");
}

#[tokio::test]
async fn a_client_name_must_be_short_plain_text() {
    let keywright = Keywright::start().await;

    for good in ["", "   ", "Ada's laptop (2)", "a.b_c-d", "Ærøskøbing 7", "кухня", "台所", &"é".repeat(64)]
    {
        let answer = keywright.post("/device", json!({"client_name": good})).await;
        assert_eq!(answer.status, 200, "{good}: {}", answer.text);
        assert_eq!(keywright.post_form("/device", &[("client_name", good)]).await.status, 200, "{good}");
    }
    for bad in [
        &"a".repeat(65),
        &"é".repeat(65),
        &"a".repeat(60_000),
        "<b>x</b>",
        "a&b",
        "a\"b",
        "a\nb",
        "a\r\nSubject: b",
        "a\tb",
        "a\0b",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{a0}b",
        "a;b",
        "a/b",
        "https://x",
        "a@b",
        "💻",
    ] {
        let by_json = keywright.post("/device", json!({"client_name": bad})).await;
        let by_form = keywright.post_form("/device", &[("client_name", bad)]).await;
        for answer in [by_json, by_form] {
            assert_refused(&answer, "400 invalid_request", &format!("{bad:?}"));
            assert!(answer.text.contains("client_name"), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_in_every_spelling() {
    let keywright = Keywright::start().await;

    for (media_type, body) in [
        (FORM, "client_id=cli&client_id=cli"),
        (FORM, "client_id=cli&client_id=web"),
        (FORM, "client_id=&client_id=cli"),
        (FORM, "client%5Fid=cli&client_id=cli"),
        (FORM, "scope=a&client_id=cli&scope=b"),
        (FORM, "unknown=1&unknown=2"),
        (JSON, r#"{"client_id": "cli", "client_id": "cli"}"#),
        (JSON, r#"{"client_id": null, "client_id": "cli"}"#),
        (JSON, r#"{"client\u005fid": "cli", "client_id": "cli"}"#),
        (JSON, r#"{"scope": "a", "scope": "a"}"#),
    ] {
        assert_refused(&post(&keywright, media_type, body).await, "400 invalid_request", body);
    }
}

#[tokio::test]
async fn a_bad_body_is_refused_in_the_oauth_shape() {
    let keywright = Keywright::start().await;

    for (media_type, body, error) in [
        (JSON, "{", "400 invalid_request"),
        (JSON, "[]", "400 invalid_request"),
        (JSON, "null", "400 invalid_request"),
        (JSON, r#""cli""#, "400 invalid_request"),
        (JSON, "{} {}", "400 invalid_request"),
        (JSON, "client_id=cli", "400 invalid_request"),
        (JSON, r#"{"client_id": 1}"#, "400 invalid_request"),
        (JSON, r#"{"client_id": ["cli"]}"#, "400 invalid_request"),
        (JSON, r#"{"client_name": {}}"#, "400 invalid_request"),
        (JSON, r#"{"scope": true}"#, "400 invalid_request"),
        ("text/plain", "{}", "415 unsupported_media_type"),
        ("multipart/form-data; boundary=x", "--x--", "415 unsupported_media_type"),
        ("application/jsonp", "{}", "415 unsupported_media_type"),
        ("", "{}", "415 unsupported_media_type"),
    ] {
        assert_refused(&post(&keywright, media_type, body).await, error, &format!("{media_type} {body}"));
    }
    let bytes = post(&keywright, JSON, b"{\"client_name\": \"\xff\"}".to_vec()).await;
    assert_refused(&bytes, "400 invalid_request", "no UTF-8");
    let deep = post(&keywright, JSON, r#"{"a":"#.repeat(8_000)).await;
    assert_refused(&deep, "400 invalid_request", "deep");
    let untyped = send(keywright.api(Method::POST, "/device").body("{}")).await;
    assert_refused(&untyped, "415 unsupported_media_type", "no type");
}

#[tokio::test]
async fn a_device_request_is_limited_to_64_kib() {
    let keywright = Keywright::start().await;
    let form = |length: usize| format!("x={}", "a".repeat(length - 2));
    let json = |length: usize| format!(r#"{{"x":"{}"}}"#, "a".repeat(length - 8));

    for (media_type, body) in [(FORM, form(65_536)), (JSON, json(65_536))] {
        assert_eq!(post(&keywright, media_type, body).await.status, 200, "{media_type}");
    }
    for (media_type, body) in [
        (FORM, form(65_537)),
        (JSON, json(65_537)),
        (JSON, "[".repeat(500_000)),
        ("text/plain", form(70_000)),
    ] {
        assert_refused(&post(&keywright, media_type, body).await, "413 payload_too_large", media_type);
    }
}

#[tokio::test]
async fn an_authorization_header_of_any_kind_is_ignored() {
    let keywright = Keywright::start().await;

    for header in ["Bearer x", "Basic Y2xpOg==", "Bearer"] {
        let begun = send(keywright.api(Method::POST, "/device").header("authorization", header)).await;
        assert_eq!(begun.status, 200, "{header}: {}", begun.text);
    }
}
