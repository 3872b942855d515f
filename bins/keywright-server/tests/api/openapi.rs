//! The API description (contract §9): answers contain exactly what it describes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, send};

/// Resolves a `$ref`; returns any other schema itself.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(reference) = schema["$ref"].as_str() else { return schema };
    let found = document.pointer(reference.trim_start_matches('#'));
    found.unwrap_or_else(|| panic!("no {reference}"))
}

/// Returns the places where `value` has a field that `schema` does not describe, or lacks a required one.
fn differences(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = resolved(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        let of_each = choices.iter().map(|choice| differences(document, choice, value, at));
        return of_each.min_by_key(Vec::len).unwrap_or_default();
    }
    match (value, schema["properties"].as_object()) {
        (Value::Array(items), _) => {
            let items = items.iter().flat_map(|item| differences(document, &schema["items"], item, at));
            items.collect()
        }
        (Value::Object(fields), Some(properties)) => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let lacking = required.filter(|name| !fields.contains_key(*name));
            let mut found: Vec<_> = lacking.map(|name| format!("{at} lacks {name}")).collect();
            for (name, value) in fields {
                let at = format!("{at}.{name}");
                match properties.get(name) {
                    Some(schema) => found.extend(differences(document, schema, value, &at)),
                    None => found.push(format!("{at} is not described")),
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Asserts that `answer` matches the description of `method` at `path`.
fn assert_described(document: &Value, method: &str, path: &str, answer: &Answer) {
    let responses = &document["paths"][path][method]["responses"];
    let response = resolved(document, &responses[answer.status.to_string()]);
    let content = response["content"].as_object().unwrap_or_else(|| panic!("{method} {path}: {answer:?}"));
    let schema = &content.values().next().unwrap()["schema"];
    assert_eq!(differences(document, schema, &answer.json(), path), [""; 0]);
}

#[tokio::test]
async fn answers_have_exactly_the_described_fields() {
    let keywright = Keywright::start().await;
    let document = keywright.get("/api/v1/openapi.json").await.json();
    let asked = keywright.post("/magic_link", json!({"email": "ada@example.com"})).await;
    let link = keywright.mail("ada@example.com", 1).await;
    let verified = keywright.post("/magic_link/verify", json!({"token": link.token})).await;
    let access = verified.tokens().access;
    let device = keywright.post("/device", json!({})).await;
    let user_code = device.json()["user_code"].as_str().unwrap().to_owned();

    let verify = format!("/api/v1/auth/device/verify?user_code={user_code}");
    for (method, path, answer) in [
        ("post", "/magic_link", asked),
        ("post", "/magic_link/verify", verified),
        ("post", "/device", device),
        ("get", "/device/verify", keywright.get_as(&access, &verify).await),
        (
            "post",
            "/device/verify",
            keywright.post_as(&access, "/device/verify", json!({"user_code": user_code})).await,
        ),
        ("post", "/token", keywright.post("/token", json!({"device_code": "kwd_"})).await),
        ("post", "/introspect", keywright.post("/introspect", json!({"token": "x"})).await),
        ("post", "/passkey/login/challenge", keywright.post("/passkey/login/challenge", json!({})).await),
        ("get", "/me", keywright.get_as(&access, "/api/v1/auth/me").await),
        (
            "patch",
            "/me",
            send(keywright.api(Method::PATCH, "/me").bearer_auth(&access).json(&json!({"name": 1}))).await,
        ),
        ("get", "/sessions", keywright.get_as(&access, "/api/v1/auth/sessions").await),
        ("get", "/activity", keywright.get_as(&access, "/api/v1/auth/activity").await),
        ("get", "/organizations", keywright.get_as(&access, "/api/v1/auth/organizations").await),
        ("get", "/passkeys", keywright.get_as(&access, "/api/v1/auth/passkeys").await),
        ("get", "/passkeys", keywright.get_as("x", "/api/v1/auth/passkeys").await),
    ] {
        assert_described(&document, method, &format!("/api/v1/auth{path}"), &answer);
    }
    for path in
        ["/.well-known/oauth-authorization-server", "/.well-known/passkey-endpoints", "/healthz", "/readyz"]
    {
        assert_described(&document, "get", path, &keywright.get(path).await);
    }
}

#[tokio::test]
async fn the_description_is_cacheable_and_readable() {
    let keywright = Keywright::start().await;

    let document = keywright.get("/api/v1/openapi.json").await;
    let page = keywright.page("", "/api/docs").await;

    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.header("cache-control"), "public, max-age=300");
    assert!(document.json()["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<script") && !page.text.contains("style="), "{}", page.text);
    for path in document.json()["paths"].as_object().unwrap().keys() {
        assert!(page.text.contains(&format!(" {path}</code></h3>")), "{path}");
    }
}
