//! Data of a deleted person (contract §7): every table is searched.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::harness::{Keywright, send};

const ADDRESS: &str = "198.51.100.77";
const USER_AGENT: &str = "AdasBrowser/7.7";

/// Adds Ada's network and browser to the request.
fn from_ada(request: RequestBuilder) -> RequestBuilder {
    request.header("x-forwarded-for", ADDRESS).header("user-agent", USER_AGENT)
}

/// Requests and confirms a change of address.
async fn change_address(keywright: &Keywright, access: &str, new: &str) {
    let asked =
        from_ada(keywright.api(Method::PATCH, "/me")).bearer_auth(access).json(&json!({"email": new}));
    assert_eq!(send(asked).await.status, 200);
    let letter = keywright.letter(new, "Confirm your address", 1).await;
    let (_, link) = letter.split_once("/action?token=").unwrap();
    let token = link.split_whitespace().next().unwrap();
    assert_eq!(keywright.submit("", "/action", &[("token", token)]).await.status, 200);
}

#[tokio::test]
async fn no_table_keeps_data_of_a_deleted_person() {
    let keywright = Keywright::start_with(&[("SERVER__TRUSTED_PROXIES", "127.0.0.1")]).await;
    let api = |method, path: &str| from_ada(keywright.api(method, path));
    let bob = keywright.sign_in("bob@example.com").await;
    let device = send(api(Method::POST, "/device").json(&json!({"client_name": "Adas laptop"}))).await.json();
    let mut access = String::new();
    for count in 1..3 {
        // No two links share an instant, so that the newest mail is well defined.
        keywright.advance(1);
        send(api(Method::POST, "/magic_link").json(&json!({"email": "ada@example.com"}))).await;
        let token = keywright.mail("ada@example.com", count).await.token;
        let verified = send(api(Method::POST, "/magic_link/verify").json(&json!({"token": token}))).await;
        access = verified.tokens().access;
    }
    let wrong = json!({"request_id": keywright.ask_for_link("ada@example.com").await, "code": "000000"});
    send(api(Method::POST, "/magic_link/verify").json(&wrong)).await;
    change_address(&keywright, &access, "lovelace@example.net").await;
    let asked = json!({"email": "countess@example.org"});
    assert_eq!(send(api(Method::PATCH, "/me").bearer_auth(&access).json(&asked)).await.status, 200);
    keywright.letter("countess@example.org", "Confirm your address", 1).await;
    let name = json!({"name": "Ada Lovelace"});
    send(api(Method::PATCH, "/me").bearer_auth(&access).json(&name)).await;
    let decision = json!({"user_code": device["user_code"]});
    let approved = send(api(Method::POST, "/device/verify").bearer_auth(&access).json(&decision)).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let claim = json!({"device_code": device["device_code"]});
    let claimed = send(api(Method::POST, "/token").json(&claim)).await;
    assert_eq!(claimed.status, 200, "{}", claimed.text);
    send(api(Method::POST, "/magic_link").json(&json!({"email": "ada@example.com"}))).await;
    let traces = [
        "ada@example.com",
        "lovelace@example.net",
        "countess@example.org",
        ADDRESS,
        USER_AGENT,
        "Ada Lovelace",
        "Adas laptop",
    ];
    let before = keywright.dump();
    for trace in traces {
        assert!(before.contains(trace), "{trace} was never there: {before}");
    }

    let deleted = send(api(Method::DELETE, "/me").bearer_auth(&access)).await;

    assert_eq!(deleted.status, 204, "{}", deleted.text);
    let after = keywright.dump();
    for trace in traces {
        let left: Vec<_> = after.lines().filter(|line| line.contains(trace)).collect();
        assert_eq!(left, [""; 0], "{trace}");
    }
    assert!(after.contains("bob@example.com"));
    assert_eq!(keywright.me(&bob.access).await, 200);
}
