//! Limits on guessing user codes (contract §3, RFC 8628 §5.1).

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Keywright, send};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

async fn preview(keywright: &Keywright, cookie: &str, user_code: &str) -> Answer {
    let path = format!("/device/verify?user_code={user_code}");
    send(keywright.api(Method::GET, &path).header("cookie", cookie)).await
}

async fn approve(keywright: &Keywright, cookie: &str, user_code: &str) -> Answer {
    keywright.post_from_page(cookie, "/device/verify", json!({"user_code": user_code})).await
}

async fn enter(keywright: &Keywright, cookie: &str, user_code: &str) -> Answer {
    keywright.submit(cookie, "/device-verify", &[("code", user_code)]).await
}

#[tokio::test]
async fn ten_wrong_user_codes_on_any_path_lock_the_account_out_for_a_while() {
    let keywright = Keywright::start().await;
    let (ada, bob) = (keywright.sign_in_browser(ADA).await, keywright.sign_in_browser(BOB).await);
    let (_, right) = keywright.begin_device().await;
    let (_, of_bob) = keywright.begin_device().await;
    assert_eq!(approve(&keywright, &bob, &of_bob).await.status, 200);

    for _ in 0..3 {
        assert_eq!(preview(&keywright, &ada, "BCDF-GHJK").await.code(), "404 not_found");
        assert_eq!(approve(&keywright, &ada, &of_bob).await.code(), "404 not_found");
        assert_eq!(enter(&keywright, &ada, "no code").await.status, 404);
    }
    keywright.advance(60);
    assert_eq!(preview(&keywright, &ada, "").await.code(), "404 not_found");

    for answer in [preview(&keywright, &ada, &right).await, approve(&keywright, &ada, &right).await] {
        assert_eq!(answer.code(), "429 rate_limited");
        assert_eq!(answer.header("retry-after"), "540");
    }
    let page = enter(&keywright, &ada, &right).await;
    assert_eq!((page.status, page.header("retry-after")), (429, "540"));
    assert!(page.text.contains("Too many attempts"), "{}", page.text);
    assert_eq!(preview(&keywright, &bob, &right).await.status, 200);
    keywright.advance(539);
    assert_eq!(approve(&keywright, &ada, &right).await.code(), "429 rate_limited");
    let (_, right) = keywright.begin_device().await;
    keywright.advance(1);
    assert_eq!(approve(&keywright, &ada, &right).await.status, 200);
}

#[tokio::test]
async fn concurrent_wrong_user_codes_are_all_counted() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;

    let answers = join_all((0..40).map(|_| preview(&keywright, &cookie, "BCDF-GHJK"))).await;

    let missed = answers.iter().filter(|answer| answer.status == 404).count();
    assert_eq!((missed, answers.iter().filter(|answer| answer.status == 429).count()), (10, 30));
}

#[tokio::test]
async fn only_wrong_user_codes_are_counted() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (_, decided) = keywright.begin_device().await;
    assert_eq!(approve(&keywright, &cookie, &decided).await.status, 200);

    for _ in 0..15 {
        assert_eq!(preview(&keywright, &cookie, &decided).await.status, 200);
        assert_eq!(approve(&keywright, &cookie, &decided).await.code(), "409 conflict");
    }

    assert_eq!(preview(&keywright, &cookie, "BCDF-GHJK").await.code(), "404 not_found");
}

#[tokio::test]
async fn an_ip_address_has_a_limit_of_its_own_across_accounts() {
    let keywright = Keywright::start_with(&[("DEVICE__MISSES_PER_ADDRESS", "3/10m")]).await;
    let (ada, bob) = (keywright.sign_in_browser(ADA).await, keywright.sign_in_browser(BOB).await);
    let (_, right) = keywright.begin_device().await;

    for cookie in [&ada, &bob, &ada] {
        assert_eq!(preview(&keywright, cookie, "BCDF-GHJK").await.code(), "404 not_found");
    }

    for cookie in [&ada, &bob] {
        assert_eq!(approve(&keywright, cookie, &right).await.code(), "429 rate_limited");
    }
    keywright.advance(600);
    assert_eq!(preview(&keywright, &bob, "BCDF-GHJK").await.code(), "404 not_found");
}
