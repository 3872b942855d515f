//! Outside development, browsers protect the session cookie from plain http, subdomains and scripts.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Keywright, send};

const SETTINGS: [(&str, &str); 3] = [
    ("PUBLIC_URL", "https://auth.example.com"),
    ("SECRET", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
    ("MAIL__URL", "smtp://127.0.0.1:9"),
];

async fn sign_in(keywright: &Keywright) -> Answer {
    let token = keywright.link_by_store("ada@example.com").await;
    keywright.post_from_page("", "/magic_link/verify", json!({"token": token, "session": "cookie"})).await
}

/// Returns the only cookie of `answer` and its attributes in alphabetical order.
fn cookie(answer: &Answer) -> (String, Vec<String>) {
    let mut cookies = answer.headers.get_all("set-cookie").iter();
    let mut parts = cookies.next().unwrap().to_str().unwrap().split(';').map(|part| part.trim().to_owned());
    assert!(cookies.next().is_none());
    let pair = parts.next().unwrap();
    let mut attributes: Vec<_> = parts.collect();
    attributes.sort();
    (pair, attributes)
}

#[tokio::test]
async fn the_cookie_has_the_host_prefix_and_is_secure() {
    let keywright = Keywright::start_with(&SETTINGS).await;

    let signed_in = sign_in(&keywright).await;

    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    assert!(signed_in.json().get("access_token").is_none(), "{}", signed_in.text);
    let (pair, attributes) = cookie(&signed_in);
    assert!(pair.starts_with("__Host-kw_session=kws_"), "{pair}");
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
    let me = keywright.page_request(Method::GET, "/api/v1/auth/me", &pair);
    assert_eq!(send(me).await.status, 200);
    keywright.stop().await;
}

#[tokio::test]
async fn the_development_cookie_is_not_accepted() {
    let keywright = Keywright::start_with(&SETTINGS).await;
    let (pair, _) = cookie(&sign_in(&keywright).await);
    let (_, value) = pair.split_once('=').unwrap();

    let me = keywright.page_request(Method::GET, "/api/v1/auth/me", &format!("kw_session={value}"));

    assert_eq!(send(me).await.code(), "401 unauthorized");
    keywright.stop().await;
}

#[tokio::test]
async fn signing_out_clears_the_cookie_with_its_original_attributes() {
    let keywright = Keywright::start_with(&SETTINGS).await;
    let (pair, _) = cookie(&sign_in(&keywright).await);

    let signed_out = send(keywright.page_request(Method::DELETE, "/api/v1/auth/logout", &pair)).await;

    assert_eq!(signed_out.status, 200, "{}", signed_out.text);
    let (cleared, attributes) = cookie(&signed_out);
    assert_eq!(cleared, "__Host-kw_session=");
    for attribute in ["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Lax", "Secure"] {
        assert!(attributes.iter().any(|found| found == attribute), "{attributes:?}");
    }
    let me = keywright.page_request(Method::GET, "/api/v1/auth/me", &pair);
    assert_eq!(send(me).await.code(), "401 invalid_token");
    keywright.stop().await;
}
