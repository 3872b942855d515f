//! PATCH /auth/me with `email`, and the actions that its mails offer (contract §7).

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, send};

const OLD: &str = "ada@example.com";
const NEW: &str = "ada@example.net";

async fn ask(keywright: &Keywright, access: &str, email: &str) -> Answer {
    let body = json!({"email": email});
    send(keywright.api(Method::PATCH, "/me").bearer_auth(access).json(&body)).await
}

async fn user(keywright: &Keywright, access: &str) -> Value {
    keywright.get_as(access, "/api/v1/auth/me").await.json()["user"].clone()
}

/// Returns the path of the newest action in a mail to `email`.
async fn action(keywright: &Keywright, email: &str) -> String {
    let subject = if email == OLD { "Your address" } else { "Confirm your address" };
    let text = keywright.letter(email, subject, 1).await;
    let (_, link) = text.split_once("/action?token=").unwrap();
    format!("/action?token={}", link.split_whitespace().next().unwrap())
}

/// Confirms the action of the page at `path`.
async fn press(keywright: &Keywright, path: &str) -> Answer {
    let (_, token) = path.split_once("token=").unwrap();
    keywright.submit("", "/action", &[("token", token)]).await
}

#[tokio::test]
async fn confirming_the_mailed_link_changes_the_address_and_can_be_undone() {
    let keywright = Keywright::start().await;
    let other = keywright.sign_in(OLD).await;
    let tokens = keywright.sign_in(OLD).await;
    keywright.advance(1);

    let asked = ask(&keywright, &tokens.access, "Ada@Example.NET").await;

    assert_eq!(asked.status, 200, "{}", asked.text);
    assert_eq!(
        (&asked.json()["user"]["email"], &asked.json()["user"]["pending_email"]),
        (&json!(OLD), &json!(NEW))
    );
    let prove = action(&keywright, NEW).await;
    let shown = keywright.page("", &prove).await;
    assert!(shown.status == 200 && shown.text.contains("Take this address?"), "{}", shown.text);
    assert_eq!(user(&keywright, &tokens.access).await["email"], json!(OLD), "a look changes nothing");
    keywright.advance(60);

    let pressed = press(&keywright, &prove).await;

    assert!(pressed.text.contains("The address was changed"), "{}", pressed.text);
    let changed = user(&keywright, &tokens.access).await;
    assert_eq!((&changed["email"], &changed["pending_email"]), (&json!(NEW), &Value::Null));
    assert_eq!(changed["email_verified"], json!(true));
    assert_eq!(keywright.me(&other.access).await, 401, "the other sessions end");
    assert!(press(&keywright, &prove).await.text.contains("Nothing was changed"));
    let events = keywright.events(NEW).await;
    for event in ["email_changed", "session_ended", "email_change_requested"] {
        assert_eq!(events.iter().filter(|found| **found == event).count(), 1, "{event}: {events:?}");
    }

    let undo = action(&keywright, OLD).await;
    assert!(keywright.page("", &undo).await.text.contains("Undo this change?"));
    keywright.advance(7 * 86_400 - 61);
    let undone = press(&keywright, &undo).await;

    assert!(undone.text.contains("The change was undone"), "{}", undone.text);
    assert_eq!(keywright.me(&tokens.access).await, 401, "all sessions end");
    assert!(press(&keywright, &undo).await.text.contains("There is nothing to undo"));
    let back = keywright.sign_in(OLD).await;
    assert_eq!(user(&keywright, &back.access).await["id"], changed["id"]);
}

#[tokio::test]
async fn an_expired_or_superseded_link_changes_nothing() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(OLD).await;
    ask(&keywright, &tokens.access, "first@example.net").await;
    let first = action(&keywright, "first@example.net").await;
    ask(&keywright, &tokens.access, "second@example.net").await;
    let second = action(&keywright, "second@example.net").await;

    assert!(press(&keywright, &first).await.text.contains("Nothing was changed"));
    keywright.advance(86_400);
    assert!(press(&keywright, &second).await.text.contains("Nothing was changed"));

    let back = keywright.sign_in(OLD).await;
    assert_eq!(user(&keywright, &back.access).await["pending_email"], json!("second@example.net"));
    let withdrawn = ask(&keywright, &back.access, OLD).await;
    assert_eq!(withdrawn.json()["user"]["pending_email"], Value::Null);
}

#[tokio::test]
async fn a_taken_address_gets_the_same_answer_and_no_mail() {
    let keywright = Keywright::start().await;
    let bob = keywright.sign_in("bob@example.com").await;
    let tokens = keywright.sign_in(OLD).await;

    let taken = ask(&keywright, &tokens.access, "bob@example.com").await;
    keywright.advance(1);
    let free = ask(&keywright, &tokens.access, "nobody@example.com").await;

    assert_eq!((taken.status, free.status), (200, 200));
    assert_eq!(taken.json()["user"]["pending_email"], json!("bob@example.com"));
    // Mails go out in order, so the first one would have arrived before the second.
    keywright.letter("nobody@example.com", "Confirm your address", 1).await;
    assert_eq!(keywright.letters("bob@example.com", "Confirm your address").await, [""; 0]);
    assert_eq!(keywright.me(&bob.access).await, 200);
}

#[tokio::test]
async fn an_address_taken_in_the_meantime_stays_with_its_owner() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(OLD).await;
    ask(&keywright, &tokens.access, NEW).await;
    let prove = action(&keywright, NEW).await;
    let owner = keywright.sign_in(NEW).await;

    assert!(press(&keywright, &prove).await.text.contains("Nothing was changed"));

    assert_eq!(user(&keywright, &owner.access).await["email"], json!(NEW));
    assert_eq!(user(&keywright, &tokens.access).await["email"], json!(OLD));
}

#[tokio::test]
async fn the_owner_undoes_every_address_change_of_a_thief() {
    let keywright = Keywright::start().await;
    let thief = keywright.sign_in(OLD).await;
    let id = user(&keywright, &thief.access).await["id"].clone();
    for address in ["thief@example.org", "hidden@example.org"] {
        keywright.advance(1);
        ask(&keywright, &thief.access, address).await;
        let prove = action(&keywright, address).await;
        keywright.advance(1);
        assert!(press(&keywright, &prove).await.text.contains("The address was changed"));
    }
    let text = keywright.letter("thief@example.org", "Your address", 1).await;
    let (_, token) = text.split_once("/action?token=").unwrap();
    let thiefs_undo = format!("/action?token={}", token.split_whitespace().next().unwrap());

    // The owner, still unaware, signs in as usual, which opens another account.
    let newcomer = keywright.sign_in(OLD).await;

    let undo = action(&keywright, OLD).await;
    assert!(press(&keywright, &undo).await.text.contains("The change was undone"));

    assert_eq!(keywright.me(&thief.access).await, 401);
    assert_eq!(keywright.me(&newcomer.access).await, 401);
    assert!(press(&keywright, &thiefs_undo).await.text.contains("There is nothing to undo"));
    let owner = keywright.sign_in(OLD).await;
    let owner = user(&keywright, &owner.access).await;
    assert_eq!((&owner["email"], &owner["id"]), (&json!(OLD), &id));
}

#[tokio::test]
async fn a_thief_whose_session_ended_confirms_no_address() {
    let keywright = Keywright::start().await;
    let thief = keywright.sign_in(OLD).await;
    let owner = keywright.sign_in(OLD).await;
    ask(&keywright, &thief.access, NEW).await;
    let prove = action(&keywright, NEW).await;
    let others = keywright.post_as(&owner.access, "/sessions/revoke_others", json!({})).await;
    assert_eq!(others.status, 200, "{}", others.text);

    assert!(press(&keywright, &prove).await.text.contains("Nothing was changed"));

    assert_eq!(user(&keywright, &owner.access).await["email"], json!(OLD));
}

#[tokio::test]
async fn an_unauthorized_or_invalid_change_request_changes_nothing() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(OLD).await;
    let browser = keywright.sign_in_browser(OLD).await;
    let device = keywright.sign_in_device(&browser).await;

    for bad in [
        json!({"email": "x"}),
        json!({"email": null}),
        json!({"email": 1}),
        json!({"email": "a@b\r\nBcc: c@d"}),
    ] {
        let refused = send(keywright.api(Method::PATCH, "/me").bearer_auth(&tokens.access).json(&bad)).await;
        assert_eq!(refused.code(), "422 validation_failed", "{bad}");
        assert!(refused.json()["details"]["email"].is_array(), "{}", refused.text);
    }
    let both = json!({"email": NEW, "locale": "nonsense!"});
    let refused = send(keywright.api(Method::PATCH, "/me").bearer_auth(&tokens.access).json(&both)).await;
    assert_eq!(refused.code(), "422 validation_failed");
    assert_eq!(ask(&keywright, &device.access, NEW).await.code(), "403 reauthentication_required");
    keywright.advance(15 * 60 + 1);
    assert_eq!(ask(&keywright, &tokens.access, NEW).await.code(), "403 reauthentication_required");

    assert_eq!(user(&keywright, &tokens.access).await["pending_email"], Value::Null);
}

#[tokio::test]
async fn an_account_may_request_five_changes_an_hour() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(OLD).await;
    for number in 0..5 {
        assert_eq!(ask(&keywright, &tokens.access, &format!("a{number}@example.net")).await.status, 200);
    }

    let sixth = ask(&keywright, &tokens.access, "a5@example.net").await;

    assert_eq!(sixth.code(), "429 rate_limited");
    assert_eq!(sixth.header("retry-after"), "3600");
    assert_eq!(user(&keywright, &tokens.access).await["pending_email"], json!("a4@example.net"));
}

#[tokio::test]
async fn the_profile_changes_with_the_address_or_not_at_all() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(OLD).await;
    let patch = async |body: Value| {
        send(keywright.api(Method::PATCH, "/me").bearer_auth(&tokens.access).json(&body)).await
    };

    let changed = patch(json!({"email": NEW, "name": "Ada", "locale": "en"})).await;
    let account = user(&keywright, &tokens.access).await;
    assert_eq!((changed.status, &changed.json()["user"]), (200, &account), "{}", changed.text);
    assert_eq!((&account["name"], &account["pending_email"]), (&json!("Ada"), &json!(NEW)));

    let taken_back = patch(json!({"email": OLD, "name": "Ada L."})).await;
    let account = user(&keywright, &tokens.access).await;
    assert_eq!((taken_back.status, &taken_back.json()["user"]), (200, &account), "{}", taken_back.text);
    assert_eq!((&account["name"], &account["pending_email"]), (&json!("Ada L."), &Value::Null));

    for number in 1..5 {
        assert_eq!(ask(&keywright, &tokens.access, &format!("a{number}@example.net")).await.status, 200);
    }
    assert_eq!(patch(json!({"email": NEW, "name": "Nobody"})).await.code(), "429 rate_limited");
    assert_eq!(user(&keywright, &tokens.access).await["name"], json!("Ada L."));

    let activity = keywright.get_as(&tokens.access, "/api/v1/auth/activity").await.json();
    let count = |event: &str| {
        let all = activity["data"].as_array().unwrap().iter();
        all.filter(|entry| entry["event"] == json!(event)).count()
    };
    assert_eq!((count("profile_changed"), count("email_change_requested")), (2, 5));
}
