//! The per-address limit (contract §1).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Keywright, send};

const LIMITED: [(&str, &str); 1] = [("RATE_LIMIT__PER_ADDRESS", "5/minute")];

#[tokio::test]
async fn every_answer_carries_the_rate_limit_headers() {
    let keywright = Keywright::start_with(&LIMITED).await;
    let now = 1_800_000_000_i64;

    for (remaining, path) in [(4, "/sign-in"), (3, "/api/v1/auth/me"), (2, "/nowhere")] {
        let answer = keywright.get(path).await;
        assert_eq!(answer.header("x-ratelimit-limit"), "5");
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining.to_string());
        assert_eq!(answer.header("x-ratelimit-reset"), (now + 60).to_string());
        assert_eq!(answer.header("ratelimit-policy"), r#""default";q=5;w=60"#);
        assert_eq!(answer.header("ratelimit"), format!(r#""default";r={remaining};t=60"#));
    }
}

#[tokio::test]
async fn both_error_shapes_say_when_to_retry_and_a_refusal_has_no_effect() {
    let keywright = Keywright::start_with(&LIMITED).await;
    let tokens = {
        let signed_in = keywright.link_by_store("ada@example.com").await;
        keywright.post("/magic_link/verify", json!({"token": signed_in})).await.tokens()
    };
    for _ in 0..4 {
        keywright.get("/sign-in").await;
    }
    keywright.advance(20);

    let refresh = keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await;
    let me = keywright.get_as(&tokens.access, "/api/v1/auth/me").await;

    assert_eq!(refresh.error(), "429 rate_limited");
    assert_eq!(me.code(), "429 rate_limited");
    for answer in [&refresh, &me] {
        assert_eq!((answer.header("retry-after"), answer.header("x-ratelimit-remaining")), ("40", "0"));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.header("x-request-id").is_empty());
    }
    keywright.advance(40);
    assert_eq!(keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await.status, 200);
}

#[tokio::test]
async fn probes_are_not_rate_limited() {
    let keywright = Keywright::start_with(&LIMITED).await;

    for _ in 0..10 {
        let answer = keywright.get("/healthz").await;
        assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (200, ""));
    }

    assert_eq!(keywright.get("/sign-in").await.header("x-ratelimit-remaining"), "4");
}

#[tokio::test]
async fn an_address_claimed_by_the_client_is_not_believed() {
    let keywright = Keywright::start_with(&LIMITED).await;

    for number in 0..5 {
        let request =
            keywright.request(Method::GET, "/sign-in").header("x-forwarded-for", format!("10.0.0.{number}"));
        assert_eq!(send(request.header("forwarded", format!("for=10.0.0.{number}"))).await.status, 200);
    }

    assert_eq!(keywright.get("/sign-in").await.status, 429);
}

#[tokio::test]
async fn a_disabled_limit_counts_nothing_and_sends_no_headers() {
    let keywright = Keywright::start().await;

    let answer = keywright.get("/sign-in").await;

    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("ratelimit")), ("", ""));
}

/// Asserts that both header families are valid by RFC 9651.
fn assert_described(answer: &Answer, what: &str) {
    for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        let values: Vec<_> = answer.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{what}: {name}");
        assert!(answer.header(name).parse::<u64>().is_ok(), "{what}: {name}");
    }
    for (name, parameters) in [("ratelimit-policy", ["q", "w"]), ("ratelimit", ["r", "t"])] {
        let list = sfv::Parser::new(answer.header(name)).parse::<sfv::List>().unwrap();
        let [sfv::ListEntry::Item(item)] = list.as_slice() else { panic!("{what}: {name}") };
        assert_eq!(item.bare_item.as_string().map(sfv::StringRef::as_str), Some("default"), "{what}: {name}");
        let numbers: Vec<_> =
            item.params.iter().map(|(key, value)| (key.as_str(), value.as_integer())).collect();
        assert_eq!(numbers.len(), 2, "{what}: {name}");
        for ((key, value), expected) in numbers.iter().zip(parameters) {
            assert!(*key == expected && value.is_some_and(|value| i64::from(value) >= 0), "{what}: {name}");
        }
    }
}

#[tokio::test]
async fn every_counted_answer_carries_the_headers() {
    let settings = [("RATE_LIMIT__PER_ADDRESS", "100/minute"), ("CORS__ORIGINS", "https://app.example.com")];
    let keywright = Keywright::start_with(&settings).await;
    let json = |body: String| {
        keywright.api(Method::POST, "/magic_link").header("content-type", "application/json").body(body)
    };
    let preflight = |origin: &str| {
        let request = keywright.api(Method::OPTIONS, "/me").header("origin", origin);
        request.header("access-control-request-method", "GET")
    };
    let requests = [
        ("a page", keywright.request(Method::GET, "/sign-in"), 200),
        ("a redirection", keywright.request(Method::GET, "/"), 303),
        ("HEAD", keywright.request(Method::HEAD, "/sign-in"), 200),
        ("the key set", keywright.request(Method::GET, "/.well-known/jwks.json"), 200),
        (
            "a known key set",
            keywright.request(Method::GET, "/.well-known/jwks.json").header("if-none-match", "*"),
            304,
        ),
        ("malformed JSON", json("{".to_owned()), 400),
        ("no text", json("{}".to_owned()).header("content-type", "x"), 400),
        ("nobody", keywright.api(Method::GET, "/me"), 401),
        (
            "a cookie from elsewhere",
            keywright.api(Method::DELETE, "/logout").header("cookie", "kw_session=x"),
            403,
        ),
        ("an unknown path", keywright.request(Method::GET, "/nowhere"), 404),
        ("an unknown page", keywright.request(Method::GET, "/nowhere").header("accept", "text/html"), 404),
        ("a path that is no text", keywright.request(Method::GET, "/%ff%00/..%2f"), 404),
        ("another method", keywright.request(Method::PUT, "/sign-in"), 405),
        ("a large body", json("a".repeat(70_000)), 413),
        ("another type", keywright.api(Method::POST, "/magic_link").body("x"), 415),
        ("a wrong value", json("{\"email\":\"x\"}".to_owned()), 422),
        ("a preflight", preflight("https://app.example.com"), 204),
        ("a refused preflight", preflight("https://evil.example"), 405),
        ("a bad expectation", keywright.request(Method::GET, "/sign-in").header("expect", "miracles"), 200),
    ];
    for (left, (what, request, status)) in requests.into_iter().enumerate() {
        let answer = send(request).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        assert_described(&answer, what);
        assert_eq!(answer.header("x-ratelimit-remaining"), (99 - left).to_string(), "{what}");
    }

    let limited = loop {
        let answer = send(keywright.request(Method::GET, "/sign-in").header("accept", "text/html")).await;
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!((limited.status, limited.header("retry-after")), (429, "60"));
    assert!(limited.header("content-type").starts_with("text/html"));
    assert_described(&limited, "the limit");
    let refused = send(preflight("https://app.example.com")).await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (429, "https://app.example.com")
    );
    assert_described(&refused, "the limit, from elsewhere");
}

#[tokio::test]
async fn neither_probes_nor_the_admin_listener_send_the_headers() {
    let keywright = Keywright::start_with(&LIMITED).await;
    let mut answers = Vec::new();
    for path in ["/healthz", "/readyz", "/metrics", "/nowhere"] {
        answers.push(send(keywright.admin_request(Method::GET, path)).await);
    }
    for method in [Method::GET, Method::HEAD, Method::POST] {
        answers.push(send(keywright.request(method.clone(), "/healthz")).await);
        answers.push(send(keywright.request(method, "/readyz")).await);
    }

    for answer in answers {
        for name in [
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
            "ratelimit",
            "ratelimit-policy",
        ] {
            assert!(!answer.headers.contains_key(name), "{name}");
        }
    }
    assert_eq!(keywright.get("/sign-in").await.header("x-ratelimit-remaining"), "4");
}
