//! Neither an answer nor its timing reveals whether an account exists.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Answer, Keywright};

/// An address with an account, one without, and one whose account is disabled.
const ADDRESSES: [&str; 3] = ["known@example.com", "nobody@example.com", "disabled@example.com"];

/// Number of compared answers for each address.
const ROUNDS: usize = 500;

/// Maximum distance of two ranks, in standard deviations: exceeded by chance once in 16,000 runs.
const TOO_FAR: f64 = 4.0;

/// Headers that differ in every answer.
const CHANGING: [&str; 2] = ["x-request-id", "date"];

async fn prepared() -> Keywright {
    let keywright = Keywright::start().await;
    for email in ["known@example.com", "disabled@example.com"] {
        keywright.sign_in(email).await;
    }
    keywright.disable("disabled@example.com").await;
    keywright.advance(86_400);
    keywright
}

/// Returns status, headers and body, without the parts that differ in every answer.
fn appearance(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let headers = answer.headers.iter().filter(|(name, _)| !CHANGING.contains(&name.as_str()));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort_unstable();
    let mut body = answer.json();
    if let Some(id) = body.get_mut("request_id") {
        *id = json!("");
    }
    (answer.status, headers, body)
}

/// Returns the order of a round; it rotates, so that no address always follows the same one.
fn order(round: usize) -> [usize; 3] {
    [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [2, 1, 0], [1, 0, 2]][round % 6]
}

/// Returns by how many standard deviations `left` ranks above `right` (Mann and Whitney's U).
#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
fn deviation(left: &[Duration], right: &[Duration]) -> f64 {
    let wins = |one: &Duration| right.iter().map(|other| f64::from(one.cmp(other) as i8)).sum::<f64>();
    let balance: f64 = left.iter().map(wins).sum();
    let (n, m) = (left.len() as f64, right.len() as f64);
    balance / 2.0 / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

fn assert_alike(times: &[Vec<Duration>; 3]) {
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let deviation = deviation(&times[one], &times[other]);
        assert!(deviation.abs() < TOO_FAR, "{} and {}: {deviation}", ADDRESSES[one], ADDRESSES[other]);
    }
}

#[test]
fn the_rank_test_finds_a_difference_of_five_percent_and_no_false_one() {
    let noise = |number: usize| Duration::from_micros(1000 + (number as u64 * 7919) % 200);
    let left: Vec<_> = (0..ROUNDS).map(noise).collect();
    let alike: Vec<_> = (0..ROUNDS).map(|number| noise(number * 31 + 5)).collect();
    let slower: Vec<_> =
        (0..ROUNDS).map(|number| noise(number * 31 + 5) + Duration::from_micros(50)).collect();

    assert!(deviation(&left, &alike).abs() < TOO_FAR);
    assert!(deviation(&left, &slower) < -TOO_FAR);
    assert!(deviation(&slower, &left) > TOO_FAR);
}

#[tokio::test]
async fn requesting_a_link_reveals_nothing_about_the_account() {
    let keywright = prepared().await;
    let mut times = [vec![], vec![], vec![]];

    for round in 0..ROUNDS {
        // Frees the budget.
        keywright.advance(3600);
        let mut appearances = vec![];
        for place in order(round) {
            let since = Instant::now();
            let answer = keywright.post("/magic_link", json!({"email": ADDRESSES[place]})).await;
            times[place].push(since.elapsed());
            assert_eq!(answer.status, 200);
            appearances.push(appearance(&answer));
        }
        assert!(appearances.iter().all(|appearance| *appearance == appearances[0]), "{appearances:?}");
    }

    assert_alike(&times);
}

#[tokio::test]
async fn a_failed_sign_in_reveals_nothing_about_the_account() {
    let keywright = prepared().await;
    let mut times = [vec![], vec![], vec![]];

    for round in 0..ROUNDS {
        // Re-enables the codes.
        keywright.advance(86_400);
        let mut appearances = vec![];
        for place in order(round) {
            let request_id = keywright.ask_for_link(ADDRESSES[place]).await;
            let right = keywright.service.keyring.sign_in_code(request_id.parse().unwrap());
            let wrong = if right.expose() == "000000" { "000001" } else { "000000" };
            let since = Instant::now();
            let body = json!({"request_id": request_id, "code": wrong});
            let answer = keywright.post("/magic_link/verify", body).await;
            times[place].push(since.elapsed());
            assert_eq!(answer.code(), "401 invalid_token");
            appearances.push(appearance(&answer));
        }
        assert!(appearances.iter().all(|appearance| *appearance == appearances[0]), "{appearances:?}");
    }

    assert_alike(&times);
}

#[tokio::test]
async fn every_failed_sign_in_looks_the_same() {
    let keywright = prepared().await;
    let verify = async |body: Value| appearance(&keywright.post("/magic_link/verify", body).await);
    let used = keywright.link_by_store("known@example.com").await;
    keywright.post("/magic_link/verify", json!({"token": used})).await.tokens();
    let expired = keywright.link_by_store("known@example.com").await;
    keywright.advance(900);
    let disabled = keywright.link_by_store("disabled@example.com").await;
    let asked = keywright.ask_for_link("known@example.com").await;

    let failures = [
        verify(json!({"token": "kwm_forged"})).await,
        verify(json!({"token": used})).await,
        verify(json!({"token": expired})).await,
        verify(json!({"token": disabled})).await,
        verify(json!({"request_id": asked, "code": "not six digits"})).await,
        verify(json!({"request_id": uuid::Uuid::from_u128(7), "code": "123456"})).await,
    ];

    assert_eq!(failures[0].0, 401);
    for failure in &failures {
        assert_eq!(*failure, failures[0]);
    }
}
