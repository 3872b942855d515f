//! GET /auth/activity (contract §7).

use serde_json::{Value, json};

use crate::harness::Keywright;

#[tokio::test]
async fn an_entry_has_exactly_the_fields_of_the_contract() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;

    let answer = keywright.get_as(&tokens.access, "/api/v1/auth/activity").await.json();

    let entry = answer["data"][0].as_object().unwrap();
    let mut fields: Vec<_> = entry.keys().map(String::as_str).collect();
    fields.sort_unstable();
    let expected =
        ["client_id", "details", "event", "id", "ip_address", "occurred_at", "session_id", "user_agent"];
    assert_eq!(fields, expected);
    assert_eq!(entry["event"], json!("signed_in"));
    assert_eq!(entry["occurred_at"], json!("2027-01-15T08:00:00Z"));
    assert_eq!((&entry["ip_address"], &entry["client_id"]), (&json!("127.0.0.1"), &json!("web")));
    assert!(entry["session_id"].is_string() && entry["details"].is_object());
    assert_eq!(uuid::Uuid::try_parse(entry["id"].as_str().unwrap()).unwrap().get_version_num(), 7);
}

#[tokio::test]
async fn entries_of_one_account_are_listed_in_pages_newest_first() {
    let keywright = Keywright::start().await;
    keywright.sign_in("bob@example.com").await;
    let mut tokens = keywright.sign_in("ada@example.com").await;
    for _ in 0..2 {
        keywright.advance(1);
        keywright.post_as(&tokens.access, "/revoke", json!({})).await;
        keywright.advance(1);
        tokens = keywright.sign_in("ada@example.com").await;
    }

    let get = |query: &'static str| {
        let (keywright, access) = (&keywright, &tokens.access);
        async move { keywright.get_as(access, &format!("/api/v1/auth/activity{query}")).await.json() }
    };
    let events = |answer: &Value| -> Vec<String> {
        let data = answer["data"].as_array().unwrap();
        data.iter().map(|entry| entry["event"].as_str().unwrap().to_owned()).collect()
    };

    let (all, second) = (get("").await, get("?page=2&per_page=2").await);

    assert_eq!(events(&all), ["signed_in", "signed_out", "signed_in", "signed_out", "signed_in"]);
    assert_eq!(events(&second), ["signed_in", "signed_out"]);
    assert_eq!(second["meta"], json!({"current_page": 2, "total_pages": 3, "total_count": 5}));
    assert_eq!(keywright.get("/api/v1/auth/activity").await.code(), "401 unauthorized");
}
