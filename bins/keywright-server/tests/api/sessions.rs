//! GET /auth/sessions, DELETE /auth/sessions/:id and POST of `revoke_others` (contract §6).

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, send};

async fn list(keywright: &Keywright, access: &str) -> Vec<Value> {
    let answer = keywright.get_as(access, "/api/v1/auth/sessions").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["data"].as_array().unwrap().clone()
}

async fn end(keywright: &Keywright, access: &str, id: &str) -> Answer {
    send(keywright.api(Method::DELETE, &format!("/sessions/{id}")).bearer_auth(access)).await
}

/// Returns the id of the session of `access`.
async fn current(keywright: &Keywright, access: &str) -> String {
    let sessions = list(keywright, access).await;
    let mut current = sessions.iter().filter(|session| session["current"] == json!(true));
    let id = current.next().unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(current.next(), None);
    id
}

#[tokio::test]
async fn a_session_has_exactly_the_fields_of_the_contract() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;

    let answer = keywright.get_as(&tokens.access, "/api/v1/auth/sessions").await.json();

    assert_eq!(answer["meta"], json!({"current_page": 1, "total_pages": 1, "total_count": 1}));
    let session = answer["data"][0].as_object().unwrap();
    let mut fields: Vec<_> = session.keys().map(String::as_str).collect();
    fields.sort_unstable();
    let expected = [
        "amr",
        "client_id",
        "client_name",
        "created_at",
        "current",
        "expires_at",
        "id",
        "ip_address",
        "last_used_at",
        "user_agent",
    ];
    assert_eq!(fields, expected);
    assert_eq!((&session["client_id"], &session["amr"]), (&json!("web"), &json!(["otp"])));
    assert_eq!((&session["current"], &session["ip_address"]), (&json!(true), &json!("127.0.0.1")));
    assert_eq!(session["created_at"], json!("2027-01-15T08:00:00Z"));
    assert_eq!(session["expires_at"], json!("2027-02-14T08:00:00Z"));
}

#[tokio::test]
async fn live_sessions_of_one_account_are_listed_in_pages_newest_first() {
    let keywright = Keywright::start().await;
    keywright.sign_in("bob@example.com").await;
    let mut access = String::new();
    for _ in 0..3 {
        keywright.advance(1);
        access = keywright.sign_in("ada@example.com").await.access;
    }
    let over = keywright.sign_in("ada@example.com").await;
    keywright.post_as(&over.access, "/revoke", json!({})).await;

    let first = keywright.get_as(&access, "/api/v1/auth/sessions?per_page=2").await.json();
    let second = keywright.get_as(&access, "/api/v1/auth/sessions?per_page=2&page=2").await.json();
    let beyond = keywright.get_as(&access, "/api/v1/auth/sessions?page=9").await.json();

    assert_eq!(first["meta"], json!({"current_page": 1, "total_pages": 2, "total_count": 3}));
    assert_eq!((first["data"].as_array().unwrap().len(), second["data"].as_array().unwrap().len()), (2, 1));
    assert_eq!(first["data"][0]["current"], json!(true));
    assert!(first["data"][0]["created_at"].as_str() > second["data"][0]["created_at"].as_str());
    assert_eq!(beyond["data"], json!([]));
    for bad in ["page=0", "per_page=101", "per_page=x", "page=1&page=2"] {
        let refused = keywright.get_as(&access, &format!("/api/v1/auth/sessions?{bad}")).await;
        assert_eq!(refused.code(), "422 validation_failed", "{bad}");
    }
}

#[tokio::test]
async fn ending_a_session_refuses_its_tokens_and_is_recorded() {
    let keywright = Keywright::start().await;
    let mine = keywright.sign_in("ada@example.com").await;
    keywright.advance(1);
    let other = keywright.sign_in("ada@example.com").await;
    let id = current(&keywright, &other.access).await;
    keywright.advance(1);

    let ended = end(&keywright, &mine.access, &id).await;

    assert_eq!((ended.status, ended.text.as_str()), (204, ""));
    assert_eq!(keywright.get_as(&other.access, "/api/v1/auth/me").await.code(), "401 invalid_token");
    let refreshed = keywright.post("/refresh", json!({"refresh_token": other.refresh})).await;
    assert_eq!(refreshed.error(), "401 invalid_grant");
    assert_eq!(list(&keywright, &mine.access).await.len(), 1);
    assert_eq!(end(&keywright, &mine.access, &id).await.code(), "404 not_found");
    let activity = keywright.get_as(&mine.access, "/api/v1/auth/activity").await.json();
    assert_eq!(activity["data"][0]["event"], json!("session_ended"));
    assert_eq!(activity["data"][0]["session_id"], json!(id));
}

#[tokio::test]
async fn a_session_of_another_account_cannot_be_ended() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in("ada@example.com").await;
    let bob = keywright.sign_in("bob@example.com").await;
    let id = current(&keywright, &ada.access).await;

    for (by, id) in
        [(&bob, id.as_str()), (&ada, "00000000-0000-7000-8000-000000000000"), (&ada, "x"), (&ada, "%00")]
    {
        assert_eq!(end(&keywright, &by.access, id).await.code(), "404 not_found", "{id}");
    }

    assert_eq!(
        send(keywright.api(Method::DELETE, &format!("/sessions/{id}"))).await.code(),
        "401 unauthorized"
    );
    assert_eq!(end(&keywright, "x", &id).await.code(), "401 invalid_token");
    assert_eq!(keywright.get_as(&ada.access, "/api/v1/auth/me").await.status, 200);
}

#[tokio::test]
async fn a_session_can_end_itself() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in("ada@example.com").await;
    let id = current(&keywright, &ada.access).await;

    assert_eq!(end(&keywright, &ada.access, &id).await.status, 204);
    assert_eq!(end(&keywright, &ada.access, &id).await.code(), "401 invalid_token");
}

#[tokio::test]
async fn revoking_the_others_spares_the_caller_and_other_accounts() {
    let keywright = Keywright::start().await;
    let bob = keywright.sign_in("bob@example.com").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(keywright.sign_in("ada@example.com").await);
    }
    let browser = keywright.sign_in_browser("ada@example.com").await;

    let answer = keywright.post_from_page(&browser, "/sessions/revoke_others", json!({})).await;
    let again = keywright.post_from_page(&browser, "/sessions/revoke_others", json!({})).await;

    assert_eq!((answer.status, answer.json()), (200, json!({"revoked": 3})));
    assert_eq!(again.json(), json!({"revoked": 0}));
    for other in others {
        assert_eq!(keywright.get_as(&other.access, "/api/v1/auth/me").await.code(), "401 invalid_token");
    }
    assert_eq!(keywright.page(&browser, "/api/v1/auth/me").await.status, 200);
    assert_eq!(keywright.get_as(&bob.access, "/api/v1/auth/me").await.status, 200);
}

#[tokio::test]
async fn a_cookie_from_another_site_ends_nothing() {
    let keywright = Keywright::start().await;
    let browser = keywright.sign_in_browser("ada@example.com").await;
    let request = |method, path| keywright.api(method, path).header("cookie", &browser);

    let others = request(Method::POST, "/sessions/revoke_others").header("sec-fetch-site", "cross-site");
    let one = request(Method::DELETE, "/sessions/00000000-0000-7000-8000-000000000000");
    let me = request(Method::DELETE, "/me").header("origin", "https://evil.example");

    for request in [others, one, me] {
        assert_eq!(send(request).await.code(), "403 csrf_rejected");
    }
}
