//! The per-address limit (contract §1).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Keywright, send};

const LIMITED: [(&str, &str); 1] = [("RATE_LIMIT__PER_ADDRESS", "5/minute")];

#[tokio::test]
async fn every_answer_says_how_the_caller_stands() {
    let keywright = Keywright::start_with(&LIMITED).await;
    let now = 1_800_000_000_i64;

    for (remaining, path) in [(4, "/sign-in"), (3, "/api/v1/auth/me"), (2, "/nowhere")] {
        let answer = keywright.get(path).await;
        assert_eq!(answer.header("x-ratelimit-limit"), "5");
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining.to_string());
        assert_eq!(answer.header("x-ratelimit-reset"), (now + 60).to_string());
        assert_eq!(answer.header("ratelimit-policy"), r#""per-address";q=5;w=60"#);
        assert_eq!(answer.header("ratelimit"), format!(r#""per-address";r={remaining};t=60"#));
    }
}

#[tokio::test]
async fn beyond_the_limit_both_shapes_say_when_to_come_back_and_nothing_is_harmed() {
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
async fn probes_are_never_counted() {
    let keywright = Keywright::start_with(&LIMITED).await;

    for _ in 0..10 {
        let answer = keywright.get("/healthz").await;
        assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (200, ""));
    }

    assert_eq!(keywright.get("/sign-in").await.header("x-ratelimit-remaining"), "4");
}

#[tokio::test]
async fn what_a_client_says_of_its_address_is_not_believed() {
    let keywright = Keywright::start_with(&LIMITED).await;

    for number in 0..5 {
        let request =
            keywright.request(Method::GET, "/sign-in").header("x-forwarded-for", format!("10.0.0.{number}"));
        assert_eq!(send(request.header("forwarded", format!("for=10.0.0.{number}"))).await.status, 200);
    }

    assert_eq!(keywright.get("/sign-in").await.status, 429);
}

#[tokio::test]
async fn off_counts_nothing_and_says_nothing() {
    let keywright = Keywright::start().await;

    let answer = keywright.get("/sign-in").await;

    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("ratelimit")), ("", ""));
}
