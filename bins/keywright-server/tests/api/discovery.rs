//! The well-known documents (contract §9).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Keywright, send};

#[tokio::test]
async fn the_metadata_names_what_exists() {
    let keywright = Keywright::start().await;
    let base = keywright.base();

    let answer = keywright.get("/.well-known/oauth-authorization-server").await;

    assert_eq!(
        answer.json(),
        json!({
            "issuer": base,
            "token_endpoint": format!("{base}/api/v1/auth/token"),
            "device_authorization_endpoint": format!("{base}/api/v1/auth/device"),
            "revocation_endpoint": format!("{base}/api/v1/auth/revoke"),
            "introspection_endpoint": format!("{base}/api/v1/auth/introspect"),
            "jwks_uri": format!("{base}/.well-known/jwks.json"),
            "grant_types_supported": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        })
    );
    for (name, url) in answer.json().as_object().unwrap() {
        let Some(path) = url.as_str().and_then(|url| url.strip_prefix(base)).filter(|path| !path.is_empty())
        else {
            continue;
        };
        assert_ne!(keywright.get(path).await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn the_key_set_is_public_and_cached() {
    let keywright = Keywright::start().await;

    let answer = keywright.get("/.well-known/jwks.json").await;

    let key = answer.json()["keys"][0].clone();
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    assert_eq!(key["use"], json!("sig"));
    assert!(key["d"].is_null() && !answer.text.contains("\"d\""));
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let tag = answer.header("etag").to_owned();
    for known in [tag.clone(), format!("W/{tag}"), "*".to_owned(), format!("\"x\", {tag}")] {
        let request = keywright.request(Method::GET, "/.well-known/jwks.json").header("if-none-match", known);
        let unchanged = send(request).await;
        assert_eq!(
            (unchanged.status, unchanged.text.as_str(), unchanged.header("etag")),
            (304, "", tag.as_str())
        );
    }
    let other = keywright.request(Method::GET, "/.well-known/jwks.json").header("if-none-match", "\"x\"");
    assert_eq!(send(other).await.status, 200);
}

#[tokio::test]
async fn both_listeners_answer_probes_and_the_admin_one_serves_nothing_public() {
    let keywright = Keywright::start().await;

    for path in ["/healthz", "/readyz"] {
        assert_eq!(keywright.get(path).await.status, 200);
        assert_eq!(send(keywright.admin_request(Method::GET, path)).await.status, 200);
    }

    for path in ["/", "/sign-in", "/api/v1/auth/me", "/dev/inbox"] {
        assert_eq!(send(keywright.admin_request(Method::GET, path)).await.code(), "404 not_found");
    }
}

#[tokio::test]
async fn passkey_managers_find_the_account_page() {
    let keywright = Keywright::start().await;

    let answer = keywright.get("/.well-known/passkey-endpoints").await;

    let account = format!("{}/account", keywright.base());
    assert_eq!(answer.json(), json!({"enroll": account, "manage": account}));
    assert_eq!(keywright.get("/.well-known/webauthn").await.code(), "404 not_found");
}

#[tokio::test]
async fn related_origins_are_published_when_configured() {
    let origins = "http://localhost:3000, http://localhost:443";
    let keywright = Keywright::start_with(&[("WEBAUTHN__ORIGINS", origins)]).await;

    let answer = keywright.get("/.well-known/webauthn").await;

    assert_eq!(answer.json(), json!({"origins": ["http://localhost:3000", "http://localhost:443"]}));
}
