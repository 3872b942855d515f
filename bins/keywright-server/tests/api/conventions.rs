//! Conventions of every endpoint (contract §1).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Keywright, send};

/// Every path with its methods, except the assets of the pages.
const ROUTES: [(&str, &str); 19] = [
    ("/api/v1/auth/device", "POST"),
    ("/api/v1/auth/token", "POST"),
    ("/api/v1/auth/device/verify", "GET, HEAD, POST"),
    ("/api/v1/auth/magic_link", "POST"),
    ("/api/v1/auth/magic_link/verify", "POST"),
    ("/api/v1/auth/refresh", "POST"),
    ("/api/v1/auth/revoke", "POST"),
    ("/api/v1/auth/introspect", "POST"),
    ("/api/v1/auth/logout", "DELETE"),
    ("/api/v1/auth/me", "GET, HEAD, PATCH, DELETE"),
    ("/.well-known/oauth-authorization-server", "GET, HEAD"),
    ("/.well-known/jwks.json", "GET, HEAD"),
    ("/api/v1/openapi.json", "GET, HEAD"),
    ("/api/docs", "GET, HEAD"),
    ("/healthz", "GET, HEAD"),
    ("/readyz", "GET, HEAD"),
    ("/sign-in", "GET, HEAD, POST"),
    ("/magic-link", "GET, HEAD"),
    ("/device-verify", "GET, HEAD, POST"),
];

#[tokio::test]
async fn an_unsupported_method_gets_405_with_an_allow_header() {
    let keywright = Keywright::start().await;

    for (path, allow) in ROUTES {
        for method in [Method::PUT, Method::from_bytes(b"BREW").unwrap()] {
            let answer = send(keywright.request(method, path)).await;
            assert_eq!(
                (answer.code(), answer.header("allow")),
                ("405 method_not_allowed".to_owned(), allow),
                "{path}"
            );
        }
        if !allow.contains("GET") {
            assert_eq!(keywright.get(path).await.code(), "405 method_not_allowed", "{path}");
        }
    }
}

#[tokio::test]
async fn every_get_answers_head_without_a_body() {
    let keywright = Keywright::start().await;

    for (path, _) in ROUTES.iter().filter(|(_, allow)| allow.contains("GET")) {
        let get = keywright.get(path).await;
        let head = send(keywright.request(Method::HEAD, path)).await;

        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        for header in ["content-type", "content-length", "cache-control", "etag", "content-security-policy"] {
            assert_eq!(head.header(header), get.header(header), "{path} {header}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_gets_404_in_the_error_shape() {
    let keywright = Keywright::start().await;

    for path in ["/nowhere", "/api/v1/auth/nowhere", "/api/v1/auth/me/", "/api/v2/auth/me", "/.well-known/x"]
    {
        let answer = keywright.get(path).await;
        assert_eq!(answer.code(), "404 not_found", "{path}");
        assert!(answer.json()["error"].is_string());
    }
    let browser = keywright.page("", "/nowhere").await;
    assert_eq!(browser.status, 404);
    assert!(browser.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn every_answer_carries_a_request_id_and_a_sane_one_is_echoed() {
    let keywright = Keywright::start().await;

    for (path, sent) in [("/healthz", "a"), ("/nowhere", "Az09._-"), ("/api/v1/auth/me", "abc")] {
        let answer = send(keywright.request(Method::GET, path).header("x-request-id", sent)).await;
        assert_eq!(answer.header("x-request-id"), sent);
    }
    let long = "a".repeat(129);
    for insane in ["", "a b", "a/b", "\"a\"", "a;b", long.as_str()] {
        let answer = send(keywright.request(Method::GET, "/nowhere").header("x-request-id", insane)).await;
        let fresh = answer.header("x-request-id");
        assert!(!fresh.is_empty() && fresh != insane, "{insane}: {fresh}");
    }
    let longest = "a".repeat(128);
    let answer = send(keywright.request(Method::PUT, "/healthz").header("x-request-id", &longest)).await;
    assert_eq!(answer.header("x-request-id"), longest);
}

#[tokio::test]
async fn nothing_under_auth_may_be_cached() {
    let keywright = Keywright::start().await;

    for (path, _) in ROUTES.iter().filter(|(path, _)| path.starts_with("/api/v1/auth")) {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let answer = send(keywright.request(method, path)).await;
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
    assert_eq!(keywright.get("/api/v1/auth/nowhere").await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_body_is_limited_to_64_kib() {
    let keywright = Keywright::start().await;
    let padded = |bytes: usize| {
        let body = json!({"email": "ada@example.com", "pad": ""}).to_string();
        let pad = "a".repeat(bytes - body.len());
        body.replace("\"pad\":\"\"", &format!("\"pad\":\"{pad}\""))
    };
    let post = |body: String| {
        let request = keywright.api(Method::POST, "/magic_link").header("content-type", "application/json");
        send(request.body(body))
    };

    let largest = padded(65_536);
    assert_eq!(largest.len(), 65_536);
    assert_eq!(post(largest).await.status, 200);
    for bytes in [65_537, 900_000, 3_000_000] {
        assert_eq!(post(padded(bytes)).await.code(), "413 payload_too_large", "{bytes}");
    }
}

#[tokio::test]
async fn every_endpoint_with_a_body_refuses_unreadable_ones() {
    let keywright = Keywright::start().await;
    let access = keywright.sign_in("ada@example.com").await.access;
    let deep = format!("{{\"email\": {}1{}}}", "[".repeat(20_000), "]".repeat(20_000));

    for (method, path) in [
        (Method::POST, "/magic_link"),
        (Method::POST, "/magic_link/verify"),
        (Method::POST, "/device/verify"),
        (Method::PATCH, "/me"),
    ] {
        let send_body = |body: String, media_type: &'static str| {
            let request = keywright.api(method.clone(), path).bearer_auth(&access);
            send(request.header("content-type", media_type).body(body))
        };
        for body in ["{", "[]", "null", "\"x\"", "{\"a\":1}}", "\u{0}", deep.as_str()] {
            let answer = send_body(body.to_owned(), "application/json").await;
            assert_eq!(answer.code(), "400 invalid_json", "{path} {}", body.len());
        }
        let typed = send_body("{}".to_owned(), "text/plain").await;
        assert_eq!(typed.code(), "415 unsupported_media_type", "{path}");
        let form = send_body("email=a".to_owned(), "application/x-www-form-urlencoded").await;
        assert_eq!(form.code(), "415 unsupported_media_type", "{path}");
        let parameters = send_body("{".to_owned(), "Application/JSON; charset=utf-8").await;
        assert_eq!(parameters.code(), "400 invalid_json", "{path}");
    }
}
