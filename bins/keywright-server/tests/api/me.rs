//! GET and PATCH /auth/me (contract §7), and their authentication (§1.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, send};

async fn patch(keywright: &Keywright, access: &str, body: Value) -> Answer {
    send(keywright.api(Method::PATCH, "/me").bearer_auth(access).json(&body)).await
}

#[tokio::test]
async fn the_account_has_exactly_the_fields_of_the_contract() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("Ada@Example.com").await;

    let answer = keywright.get_as(&tokens.access, "/api/v1/auth/me").await.json();

    let user = answer["user"].as_object().unwrap();
    assert_eq!(answer.as_object().unwrap().len(), 1);
    let mut fields: Vec<_> = user.keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "avatar_url",
            "created_at",
            "email",
            "email_verified",
            "id",
            "last_sign_in_at",
            "locale",
            "name",
            "pending_email",
            "time_zone",
            "updated_at",
        ]
    );
    assert_eq!(user["email"], json!("ada@example.com"));
    assert_eq!(user["email_verified"], json!(true));
    for null in ["avatar_url", "locale", "name", "pending_email", "time_zone"] {
        assert_eq!(user[null], Value::Null, "{null}");
    }
    for instant in ["created_at", "updated_at", "last_sign_in_at"] {
        assert_eq!(user[instant], json!("2027-01-15T08:00:00Z"), "{instant}");
    }
    assert_eq!(uuid::Uuid::try_parse(user["id"].as_str().unwrap()).unwrap().get_version_num(), 4);
}

#[tokio::test]
async fn a_change_is_stored_in_canonical_form_and_recorded() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    keywright.advance(10);

    let change = json!({
        "name": " Ada ", "avatar_url": "https://a.example/ada.png", "locale": "pt-br",
        "time_zone": "europe/lisbon", "email_verified": false, "unknown": [1],
    });
    let changed = patch(&keywright, &tokens.access, change).await;

    let user = keywright.get_as(&tokens.access, "/api/v1/auth/me").await.json()["user"].clone();
    assert_eq!(changed.json()["user"], user);
    assert_eq!(user["name"], json!("Ada"));
    assert_eq!(user["avatar_url"], json!("https://a.example/ada.png"));
    assert_eq!((&user["locale"], &user["time_zone"]), (&json!("pt-BR"), &json!("Europe/Lisbon")));
    assert_eq!(user["updated_at"], json!("2027-01-15T08:00:10Z"));
    assert_eq!(user["email_verified"], json!(true));
    let activity = &keywright.activity("ada@example.com").await[0];
    assert_eq!(activity.event.as_str(), "profile_changed");
    assert_eq!(activity.details, json!({"fields": ["name", "avatar_url", "locale", "time_zone"]}));

    let removed = patch(&keywright, &tokens.access, json!({"avatar_url": null})).await;
    assert_eq!(removed.json()["user"]["avatar_url"], Value::Null);
}

#[tokio::test]
async fn a_patch_that_changes_nothing_leaves_no_trace() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    patch(&keywright, &tokens.access, json!({"name": "Ada"})).await;
    let before = keywright.activity("ada@example.com").await;
    keywright.advance(10);

    for body in [json!({}), json!({"name": "Ada"})] {
        let same = patch(&keywright, &tokens.access, body).await;
        assert_eq!(same.json()["user"]["updated_at"], json!("2027-01-15T08:00:00Z"));
    }

    assert_eq!(keywright.activity("ada@example.com").await, before);
}

#[tokio::test]
async fn every_invalid_field_is_named_and_nothing_changes() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;

    let wrong =
        json!({"name": "", "avatar_url": "http://a.example", "locale": "no tag!", "time_zone": "Mars"});
    let values = patch(&keywright, &tokens.access, wrong).await;
    let types =
        patch(&keywright, &tokens.access, json!({"name": null, "locale": 1, "avatar_url": true})).await;
    let one = patch(&keywright, &tokens.access, json!({"name": "Ada", "time_zone": "Mars"})).await;

    assert_eq!(values.code(), "422 validation_failed");
    let details = values.json()["details"].clone();
    let mut fields: Vec<_> = details.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["avatar_url", "locale", "name", "time_zone"]);
    assert!(details["name"][0].is_string());
    assert_eq!(types.code(), "422 validation_failed");
    assert_eq!(types.json()["details"].as_object().unwrap().len(), 3);
    assert_eq!(one.code(), "422 validation_failed");
    let me = keywright.get_as(&tokens.access, "/api/v1/auth/me").await.json();
    assert_eq!(me["user"]["name"], Value::Null);
}

#[tokio::test]
async fn without_a_credential_the_challenge_names_no_error() {
    let keywright = Keywright::start().await;

    for request in [
        keywright.api(Method::GET, "/me"),
        keywright.api(Method::GET, "/me").basic_auth("ada", Some("x")),
        keywright.api(Method::PATCH, "/me").header("content-type", "text/plain").body("{"),
    ] {
        let answer = send(request).await;
        assert_eq!(answer.code(), "401 unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn bad_tokens_are_refused_with_a_reason() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let parts: Vec<&str> = tokens.access.split('.').collect();
    let header = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let forged = URL_SAFE_NO_PAD.encode(payload.replace("\"gen\":0", "\"gen\":9"));
    let kid =
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap()["kid"].clone();

    for bad in [
        String::new(),
        "x".to_owned(),
        "a.b.c".to_owned(),
        parts[..2].join("."),
        format!("{}.{forged}.{}", parts[0], parts[2]),
        format!("{}.{}.", header(json!({"alg": "none", "typ": "at+jwt", "kid": kid})), parts[1]),
        format!("{}.{}.{}", header(json!({"alg": "HS256", "typ": "at+jwt", "kid": kid})), parts[1], parts[2]),
        format!("{}.{}.{}", header(json!({"alg": "EdDSA", "typ": "JWT", "kid": kid})), parts[1], parts[2]),
        format!("{}A", tokens.access),
        tokens.refresh.clone(),
        "a".repeat(5000),
    ] {
        let answer =
            send(keywright.api(Method::GET, "/me").header("authorization", format!("Bearer {bad}"))).await;
        assert_eq!(answer.code(), "401 invalid_token", "{bad}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with(r#"Bearer error="invalid_token", error_description=""#), "{challenge}");
    }
}

#[tokio::test]
async fn the_scheme_is_case_insensitive_and_a_repeated_header_refused() {
    let keywright = Keywright::start().await;
    let access = keywright.sign_in("ada@example.com").await.access;
    let me = || keywright.api(Method::GET, "/me");

    let lower = send(me().header("authorization", format!("bearer {access}"))).await;
    let twice = send(me().bearer_auth(&access).header("authorization", format!("Bearer {access}"))).await;

    assert_eq!(lower.status, 200);
    assert_eq!(twice.code(), "401 invalid_token");
}

#[tokio::test]
async fn an_access_token_is_valid_for_four_hours() {
    let keywright = Keywright::start().await;
    let access = keywright.sign_in("ada@example.com").await.access;

    keywright.advance(14_399);
    let last = keywright.me(&access).await;
    keywright.advance(1);

    assert_eq!(last, 200);
    assert_eq!(keywright.get_as(&access, "/api/v1/auth/me").await.code(), "401 invalid_token");
}
