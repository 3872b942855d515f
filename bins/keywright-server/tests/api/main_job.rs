//! The main job, step by step as the README shows it.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Keywright, send};

#[tokio::test]
async fn a_command_line_client_signs_a_person_in() {
    let keywright = Keywright::start().await;

    // The tool requests a code and learns that it is undecided.
    let begun = send(keywright.api(Method::POST, "/device")).await.json();
    let device_code = begun["device_code"].as_str().unwrap();
    let user_code = begun["user_code"].as_str().unwrap();
    let grant =
        [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", device_code)];
    assert_eq!(keywright.post_form("/token", &grant).await.error(), "400 authorization_pending");

    // The person opens the page and is sent to sign in by the mailed code.
    let opened = keywright.page("", "/device-verify").await;
    assert!(opened.text.contains("/sign-in?next="), "{}", opened.text);
    let asked =
        keywright.submit("", "/sign-in", &[("email", "ada@example.com"), ("next", "/device-verify")]).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let request_id = field(&asked.text, "request_id");
    let code = keywright.mail("ada@example.com", 1).await.code;
    let signed_in = keywright
        .submit("", "/sign-in/code", &[("request_id", request_id.as_str()), ("code", code.as_str())])
        .await;
    assert_eq!(
        (signed_in.status, signed_in.header("location")),
        (303, "/device-verify"),
        "{}",
        signed_in.text
    );
    let cookie = signed_in.cookie();

    // They enter the code, review the client and approve.
    let shown = keywright.submit(&cookie, "/device-verify", &[("user_code", user_code)]).await;
    assert!(shown.text.contains("127.0.0.1"), "{}", shown.text);
    let approved =
        keywright.submit(&cookie, "/device-verify", &[("user_code", user_code), ("action", "approve")]).await;
    assert_eq!(approved.status, 200, "{}", approved.text);

    // The tool gets its tokens, uses and renews them and signs out; afterwards they are invalid.
    keywright.advance(5);
    let first = keywright.post_form("/token", &grant).await.tokens();
    let me = keywright.get_as(&first.access, "/api/v1/auth/me").await.json();
    assert_eq!(me["user"]["email"], json!("ada@example.com"));
    let second = keywright.post("/refresh", json!({"refresh_token": first.refresh})).await.tokens();
    let signed_out = send(keywright.api(Method::DELETE, "/logout").bearer_auth(&second.access)).await;
    assert_eq!(signed_out.json(), json!({"revoked": true}));

    for access in [&first.access, &second.access] {
        assert_eq!(keywright.get_as(access, "/api/v1/auth/me").await.code(), "401 invalid_token");
    }
    for refresh in [&first.refresh, &second.refresh] {
        let refused = keywright.post("/refresh", json!({"refresh_token": refresh})).await;
        assert_eq!(refused.error(), "401 invalid_grant");
    }
    keywright.stop().await;
}

/// Returns the value of a hidden field.
fn field(html: &str, name: &str) -> String {
    let (_, rest) = html.split_once(&format!(r#"name="{name}" value=""#)).unwrap_or_else(|| panic!("{html}"));
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn the_readme_shows_these_steps_in_order() {
    let mut rest = include_str!("../../../../README.md");
    for step in [
        "curl -s -X POST http://localhost:8080/api/v1/auth/device\n",
        "curl -s http://localhost:8080/api/v1/auth/token \\\n  \
         -d grant_type=urn:ietf:params:oauth:grant-type:device_code -d device_code=kwd_…\n",
        "curl -s http://localhost:8080/api/v1/auth/me -H \"Authorization: Bearer eyJ…\"\n",
        "curl -s http://localhost:8080/api/v1/auth/refresh --json '{\"refresh_token\": \"kwr_…\"}'\n",
        "curl -s -X DELETE http://localhost:8080/api/v1/auth/logout -H \"Authorization: Bearer eyJ…\"\n",
    ] {
        let (_, after) =
            rest.split_once(step).unwrap_or_else(|| panic!("not in the README, or too late: {step}"));
        rest = after;
    }
}
