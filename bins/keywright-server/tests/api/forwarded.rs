//! The client address behind a proxy (contract §1). The peer of every test is 127.0.0.1.

use std::net::IpAddr;

use reqwest::Method;

use crate::harness::{Answer, Keywright, send};

const LIMIT: (&str, &str) = ("RATE_LIMIT__PER_ADDRESS", "2/minute");
const TRUSTED: (&str, &str) = ("SERVER__TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8");
const FORWARDED: (&str, &str) = ("SERVER__FORWARDED_HEADER", "forwarded");

async fn get(keywright: &Keywright, headers: &[(&str, &str)]) -> Answer {
    let request = keywright.request(Method::GET, "/sign-in");
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

/// Returns the remaining requests of the address in `headers`, after this one.
async fn remaining(keywright: &Keywright, headers: &[(&str, &str)]) -> String {
    get(keywright, headers).await.header("x-ratelimit-remaining").to_owned()
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_counted_separately() {
    let keywright = Keywright::start_with(&[LIMIT, TRUSTED]).await;
    let name = "x-forwarded-for";

    for client in ["192.0.2.1", "192.0.2.2:4711", "2001:db8::1", "[2001:db8:0:1::1]:80"] {
        assert_eq!(remaining(&keywright, &[(name, client)]).await, "1", "{client}");
    }
    // The same addresses in other spellings, through more hops, over more lines, and by their network.
    for lines in [
        &["::ffff:192.0.2.1"][..],
        &["6.6.6.6", "192.0.2.2, 10.1.2.3"],
        &["2001:db8::ffff:2, 10.1.2.3:80"],
        &["2001:db8:0:1:2::3", "10.0.0.1", "10.0.0.2"],
    ] {
        let headers: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
        assert_eq!(remaining(&keywright, &headers).await, "0", "{lines:?}");
    }
    assert_eq!(get(&keywright, &[(name, "192.0.2.1")]).await.status, 429);
}

#[tokio::test]
async fn the_leftmost_entry_is_not_believed() {
    let keywright = Keywright::start_with(&[LIMIT, TRUSTED]).await;

    for number in 0..2 {
        let spoofed = format!("6.6.6.{number}, 192.0.2.1");
        assert_eq!(get(&keywright, &[("x-forwarded-for", &spoofed)]).await.status, 200);
    }

    assert_eq!(get(&keywright, &[("x-forwarded-for", "6.6.6.9, 192.0.2.1")]).await.status, 429);
    assert_eq!(remaining(&keywright, &[("x-forwarded-for", "6.6.6.9")]).await, "1", "nobody else is limited");
}

#[tokio::test]
async fn a_header_without_an_address_counts_for_the_proxy() {
    let keywright = Keywright::start_with(&[("RATE_LIMIT__PER_ADDRESS", "6/minute"), TRUSTED]).await;
    // The longest head that the server reads.
    let endless = "192.0.2.1, ".repeat(5_900) + "x";

    for (left, garbage) in
        ["unknown", "_hidden", "'; DROP TABLE", "999.1.1.1", endless.as_str()].iter().enumerate()
    {
        let answer = get(&keywright, &[("x-forwarded-for", garbage)]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-ratelimit-remaining"), (5 - left).to_string(), "{garbage:.20}");
    }
    assert_eq!(remaining(&keywright, &[]).await, "0");
}

#[tokio::test]
async fn a_header_that_is_not_configured_is_ignored() {
    let customary = Keywright::start_with(&[LIMIT, TRUSTED]).await;
    assert_eq!(remaining(&customary, &[("forwarded", "for=192.0.2.1")]).await, "1");
    assert_eq!(remaining(&customary, &[("forwarded", "for=192.0.2.2")]).await, "0");

    let standard = Keywright::start_with(&[LIMIT, TRUSTED, FORWARDED]).await;
    assert_eq!(remaining(&standard, &[("x-forwarded-for", "192.0.2.1")]).await, "1");
    assert_eq!(remaining(&standard, &[("x-forwarded-for", "192.0.2.2")]).await, "0");
    let by_standard = "for=6.6.6.6, for=\"192.0.2.1:80\";proto=https, for=\"_a\";for=\"x\\\", for=10.0.0.1";
    assert_eq!(remaining(&standard, &[("forwarded", "For=\"[2001:db8::1]:80\";by=10.0.0.1")]).await, "1");
    assert_eq!(remaining(&standard, &[("forwarded", "for=\"[2001:db8::2]\",for=10.0.0.1")]).await, "0");
    assert_eq!(
        remaining(&standard, &[("forwarded", by_standard)]).await,
        "1",
        "the last trusted hop, 10.0.0.1"
    );
}

#[tokio::test]
async fn an_untrusted_proxy_is_not_believed() {
    for trusted in [vec![LIMIT], vec![LIMIT, ("SERVER__TRUSTED_PROXIES", "127.0.0.2, 10.0.0.0/8, ::/0")]] {
        let keywright = Keywright::start_with(&trusted).await;

        for left in ["1", "0"] {
            let spoofed = format!("192.0.2.{left}");
            let headers = [("x-forwarded-for", spoofed.as_str()), ("x-real-ip", spoofed.as_str())];
            assert_eq!(remaining(&keywright, &headers).await, left);
        }
        assert_eq!(get(&keywright, &[("x-forwarded-for", "192.0.2.9")]).await.status, 429);
    }
}

#[tokio::test]
async fn the_rate_limited_address_is_the_recorded_one() {
    let keywright = Keywright::start_with(&[TRUSTED]).await;
    let token = keywright.link_by_store("ada@example.com").await;

    let verify = keywright.api(Method::POST, "/magic_link/verify");
    let verify = verify.header("x-forwarded-for", "6.6.6.6, 2001:db8::1, 10.0.0.1");
    assert_eq!(send(verify.json(&serde_json::json!({"token": token}))).await.status, 200);

    let activity = keywright.activity("ada@example.com").await;
    assert_eq!(activity[0].client_info.ip, Some("2001:db8::1".parse::<IpAddr>().unwrap()));
    let session = activity[0].session_id.unwrap();
    let (session, _) = keywright.service.stores.sessions.find(session).await.unwrap().unwrap();
    assert_eq!(session.client_info.ip, activity[0].client_info.ip);
}
