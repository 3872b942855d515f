//! Pages of other origins (contract §8).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Keywright, send};

const APP: &str = "https://app.example.com";
const ORIGINS: [(&str, &str); 1] = [("CORS__ORIGINS", "https://app.example.com, http://localhost:3000")];

const CORS_HEADERS: [&str; 6] = [
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-allow-credentials",
    "access-control-max-age",
];

fn assert_unshared(answer: &Answer, what: &str) {
    for name in CORS_HEADERS {
        assert!(!answer.headers.contains_key(name), "{what}: {name}");
    }
}

async fn preflight(keywright: &Keywright, path: &str, origin: &str) -> Answer {
    let request = keywright.request(Method::OPTIONS, path).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    send(request.header("access-control-request-headers", "authorization,content-type")).await
}

#[tokio::test]
async fn a_preflight_tells_a_known_origin_what_it_may_send() {
    let keywright = Keywright::start_with(&ORIGINS).await;

    for (path, methods) in [
        ("/api/v1/auth/refresh", "POST"),
        ("/api/v1/auth/me", "GET, HEAD, PATCH, DELETE"),
        ("/api/v1/auth/logout", "DELETE"),
        ("/.well-known/jwks.json", "GET, HEAD"),
    ] {
        let answer = preflight(&keywright, path, APP).await;

        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), APP);
        assert_eq!(answer.header("access-control-allow-methods"), methods);
        assert_eq!(
            answer.header("access-control-allow-headers"),
            "Authorization, Content-Type, X-Request-Id"
        );
        assert_eq!(answer.header("vary"), "Origin");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        assert!(!answer.headers.contains_key("content-type") && !answer.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn a_known_origin_may_read_every_answer_of_the_api() {
    let keywright = Keywright::start_with(&ORIGINS).await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let from = |request: reqwest::RequestBuilder| request.header("origin", "http://localhost:3000");

    let me = keywright.api(Method::GET, "/me").bearer_auth(&tokens.access);
    let refused = keywright.api(Method::GET, "/me");
    let unknown = keywright.request(Method::GET, "/api/v1/nowhere");
    let malformed =
        keywright.api(Method::POST, "/refresh").body("{").header("content-type", "application/json");
    let metadata = keywright.request(Method::GET, "/.well-known/oauth-authorization-server");
    for (request, status) in [(me, 200), (refused, 401), (unknown, 404), (malformed, 400), (metadata, 200)] {
        let answer = send(from(request)).await;

        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.header("access-control-allow-origin"), "http://localhost:3000");
        let exposed = answer.header("access-control-expose-headers");
        for name in ["X-Request-Id", "Retry-After", "WWW-Authenticate", "RateLimit", "X-RateLimit-Remaining"]
        {
            assert!(exposed.split(", ").any(|exposed| exposed == name), "{name}");
        }
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        let varies = answer.headers.get_all("vary").iter().any(|value| value == "Origin");
        assert!(varies, "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn an_unknown_origin_gets_no_cors_headers() {
    let keywright = Keywright::start_with(&ORIGINS).await;

    for origin in [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://app.example.com:444",
        "https://APP.example.com",
        "http://app.example.com",
        "https://app.example.com/",
        "https://app.example.com, https://evil.example",
        "null",
        "*",
        "",
    ] {
        let answer = send(keywright.api(Method::GET, "/me").header("origin", origin)).await;
        assert_eq!((answer.status, answer.header("vary")), (401, "Origin"), "{origin}");
        assert_unshared(&answer, origin);

        let refused = preflight(&keywright, "/api/v1/auth/me", origin).await;
        assert_eq!(refused.code(), "405 method_not_allowed", "{origin}");
        assert_unshared(&refused, origin);
    }
    let twice = keywright.api(Method::GET, "/me").header("origin", APP).header("origin", APP);
    assert_unshared(&send(twice).await, "two origins");
    let none = keywright.get("/api/v1/auth/me").await;
    assert_eq!(none.header("vary"), "Origin", "a cache must not give this answer to a known origin");
    assert_unshared(&none, "no origin");
}

#[tokio::test]
async fn pages_and_probes_are_not_shared_across_origins() {
    let keywright = Keywright::start_with(&ORIGINS).await;

    for path in ["/sign-in", "/magic-link", "/device-verify", "/healthz", "/nowhere"] {
        assert_unshared(&send(keywright.request(Method::GET, path).header("origin", APP)).await, path);
        let refused = preflight(&keywright, path, APP).await;
        assert!([404, 405].contains(&refused.status), "{path}");
        assert_unshared(&refused, path);
    }
}

#[tokio::test]
async fn a_cookie_is_not_accepted_from_a_known_origin() {
    let keywright = Keywright::start_with(&ORIGINS).await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;

    let request = keywright.api(Method::PATCH, "/me").header("cookie", &cookie).header("origin", APP);
    let answer = send(request.header("sec-fetch-site", "cross-site").json(&json!({"name": "Eve"}))).await;

    assert_eq!(answer.code(), "403 csrf_rejected");
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
}

#[tokio::test]
async fn options_without_a_preflight_or_configuration_stays_405() {
    let keywright = Keywright::start_with(&ORIGINS).await;
    let plain = send(keywright.api(Method::OPTIONS, "/me").header("origin", APP)).await;
    assert_eq!(
        (plain.code().as_str(), plain.header("allow")),
        ("405 method_not_allowed", "GET, HEAD, PATCH, DELETE")
    );

    let closed = Keywright::start().await;
    let refused = preflight(&closed, "/api/v1/auth/me", APP).await;
    assert_eq!((refused.status, refused.header("vary")), (405, ""));
    assert_unshared(&refused, "not configured");
}
