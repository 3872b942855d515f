//! Passkeys: added, listed, renamed and removed.

use chrono::TimeDelta;
use futures_util::future::join_all;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::{PasskeyId, UserId};
use keywright_domain::passkey::Passkey;
use keywright_domain::session::{Authentication, AuthenticationMethod, SessionKind};
use keywright_domain::user::User;
use keywright_service::passkey;
use keywright_service::session::{Principal, seed};
use reqwest::Method;
use serde_json::{Value, json};

use crate::authenticator::{AAGUID, Browser, Forger};
use crate::harness::{Answer, Keywright, Tokens, send};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

impl Keywright {
    /// Requests a registration challenge as `access`.
    pub async fn register_challenge(&self, access: &str) -> Value {
        let answer = self.post_as(access, "/passkey/register/challenge", json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Answers a registration challenge.
    pub async fn register(&self, access: &str, challenge: &Value, credential: &Value) -> Answer {
        // No two share an instant, so that the newest activity is well defined.
        self.clock.advance(TimeDelta::milliseconds(1));
        let body = json!({"challenge_id": challenge["challenge_id"], "credential": credential});
        self.post_as(access, "/passkey/register", body).await
    }

    /// Adds a new passkey to the account of `access`.
    pub async fn add_passkey(&self, access: &str) -> (Forger, Value) {
        let mut forger = Forger::on(self.base());
        let challenge = self.register_challenge(access).await;
        let answer = self.register(access, &challenge, &forger.create(&challenge)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        (forger, answer.json()["passkey"].clone())
    }

    /// Returns the passkeys of the account of `access`.
    pub async fn passkeys(&self, access: &str) -> Vec<Value> {
        let answer = self.get_as(access, "/api/v1/auth/passkeys?per_page=100").await;
        answer.json()["data"].as_array().unwrap().clone()
    }

    async fn delete_passkey(&self, access: &str, id: &Value) -> Answer {
        self.clock.advance(TimeDelta::milliseconds(1));
        let path = format!("/passkeys/{}", id.as_str().unwrap());
        send(self.api(Method::DELETE, &path).bearer_auth(access)).await
    }

    async fn rename_passkey(&self, access: &str, id: &str, body: Value) -> Answer {
        self.clock.advance(TimeDelta::milliseconds(1));
        send(self.api(Method::PATCH, &format!("/passkeys/{id}")).bearer_auth(access).json(&body)).await
    }
}

#[tokio::test]
async fn a_passkey_of_a_real_authenticator_registers_and_signs_in() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let mut browser = Browser::on(keywright.base());

    let challenge = keywright.register_challenge(&tokens.access).await;
    let credential = browser.create(&challenge).await;
    let added = keywright.register(&tokens.access, &challenge, &credential).await;
    let challenge = keywright.post("/passkey/login/challenge", json!({})).await.json();
    let credential = browser.get(&challenge).await;
    let body = json!({"challenge_id": challenge["challenge_id"], "credential": credential});
    let signed_in = keywright.post("/passkey/login", body).await;

    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    assert_eq!(signed_in.json()["user"]["email"], json!(ADA));
    assert_eq!(keywright.me(&signed_in.tokens().access).await, 200);
}

#[tokio::test]
async fn registration_options_follow_the_contract() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let user = keywright.user(ADA).await;

    let first = keywright.register_challenge(&tokens.access).await;
    let (forger, _) = keywright.add_passkey(&tokens.access).await;
    let second = keywright.register_challenge(&tokens.access).await;

    assert!(first["challenge_id"].as_str().unwrap().starts_with("kwc_"));
    let options = &first["publicKey"];
    assert_eq!(options["rp"]["id"], json!("localhost"));
    assert_eq!(options["user"]["name"], json!(ADA));
    assert_eq!(options["user"]["id"], json!(base64(user.id.0.as_bytes())));
    assert_eq!(options["challenge"].as_str().unwrap().len(), 43);
    assert_eq!((&options["timeout"], &options["attestation"]), (&json!(300_000), &json!("none")));
    assert_eq!(
        options["authenticatorSelection"],
        json!({"residentKey": "required", "requireResidentKey": true, "userVerification": "required"})
    );
    let algorithms: Vec<_> =
        options["pubKeyCredParams"].as_array().unwrap().iter().map(|one| one["alg"].clone()).collect();
    assert!(algorithms.contains(&json!(-7)) && algorithms.contains(&json!(-257)), "{algorithms:?}");
    assert_eq!(options["excludeCredentials"], json!([]));
    assert_eq!(
        second["publicKey"]["excludeCredentials"],
        json!([{"type": "public-key", "id": base64(&forger.id), "transports": ["hybrid", "internal"]}])
    );
    assert_ne!(first["publicKey"]["challenge"], second["publicKey"]["challenge"]);
}

#[tokio::test]
async fn a_passkey_is_shown_as_the_contract_says() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;

    let (_, passkey) = keywright.add_passkey(&tokens.access).await;

    let mut fields: Vec<_> = passkey.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "aaguid",
            "backed_up",
            "backup_eligible",
            "created_at",
            "id",
            "last_used_at",
            "name",
            "provider",
            "transports"
        ]
    );
    assert_eq!((&passkey["name"], &passkey["provider"]), (&json!("1Password"), &json!("1Password")));
    assert_eq!(passkey["aaguid"], json!(AAGUID));
    assert_eq!((&passkey["backed_up"], &passkey["backup_eligible"]), (&json!(true), &json!(true)));
    assert_eq!(passkey["transports"], json!(["hybrid", "internal"]));
    assert_eq!(
        (&passkey["created_at"], &passkey["last_used_at"]),
        (&json!("2027-01-15T08:00:00Z"), &Value::Null)
    );
    assert_eq!(passkey["id"].as_str().unwrap().as_bytes()[14], b'4');
    assert_eq!(keywright.passkeys(&tokens.access).await, [passkey]);
    assert_eq!(keywright.events(ADA).await, ["passkey_added", "signed_in"]);
}

#[tokio::test]
async fn a_passkey_name_is_given_or_derived() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    for (name, status, shown) in [
        (json!("My phone"), 201, "My phone"),
        (Value::Null, 201, "1Password"),
        (json!(" "), 422, "name"),
        (json!("a\u{0}b"), 422, "name"),
        (json!("a".repeat(129)), 422, "name"),
        (json!(1), 422, "name"),
    ] {
        let challenge = keywright.register_challenge(&tokens.access).await;
        let credential = Forger::on(keywright.base()).create(&challenge);
        let mut body =
            json!({"challenge_id": challenge["challenge_id"], "credential": credential, "name": name});

        let answer = keywright.post_as(&tokens.access, "/passkey/register", body.clone()).await;

        assert_eq!(answer.status, status, "{}", answer.text);
        if status == 201 {
            assert_eq!(answer.json()["passkey"]["name"], json!(shown));
        } else {
            assert!(answer.json()["details"][shown].is_array(), "{}", answer.text);
            body["name"] = json!("Fine");
            let again = keywright.post_as(&tokens.access, "/passkey/register", body).await;
            assert_eq!(again.status, 201, "bad input leaves the challenge usable: {}", again.text);
        }
    }
}

#[tokio::test]
async fn a_credential_is_registered_once_across_accounts() {
    let keywright = Keywright::start().await;
    let (ada, bob) = (keywright.sign_in(ADA).await, keywright.sign_in(BOB).await);
    let (mut forger, _) = keywright.add_passkey(&ada.access).await;

    for tokens in [&ada, &bob] {
        let challenge = keywright.register_challenge(&tokens.access).await;
        let answer = keywright.register(&tokens.access, &challenge, &forger.create(&challenge)).await;
        assert_eq!(answer.code(), "409 conflict");
    }

    assert_eq!(keywright.passkeys(&ada.access).await.len(), 1);
    assert_eq!(keywright.passkeys(&bob.access).await.len(), 0);
}

#[tokio::test]
async fn racing_answers_to_one_challenge_add_one_passkey() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let challenge = keywright.register_challenge(&tokens.access).await;

    let answers = join_all((0..16).map(|_| {
        let credential = Forger::on(keywright.base()).create(&challenge);
        let (keywright, tokens, challenge) = (&keywright, &tokens, &challenge);
        async move { keywright.register(&tokens.access, challenge, &credential).await.status }
    }))
    .await;

    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|status| **status == 400).count(), 15);
    assert_eq!(keywright.passkeys(&tokens.access).await.len(), 1);
}

#[tokio::test]
async fn an_account_holds_twenty_passkeys() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let spare = keywright.register_challenge(&tokens.access).await;
    for _ in 0..20 {
        keywright.add_passkey(&tokens.access).await;
    }

    let begun = keywright.post_as(&tokens.access, "/passkey/register/challenge", json!({})).await;
    let credential = Forger::on(keywright.base()).create(&spare);
    let added = keywright.register(&tokens.access, &spare, &credential).await;

    assert_eq!((begun.code(), added.code()), ("409 conflict".into(), "409 conflict".into()));
    let listed = keywright.get_as(&tokens.access, "/api/v1/auth/passkeys?page=2&per_page=15").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 5);
    assert_eq!(listed["meta"], json!({"current_page": 2, "total_pages": 2, "total_count": 20}));
    let bad = keywright.get_as(&tokens.access, "/api/v1/auth/passkeys?page=0&per_page=101").await;
    assert_eq!(bad.code(), "422 validation_failed");
}

#[tokio::test]
async fn sensitive_actions_need_a_fresh_sign_in_and_refuse_devices() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let (_, passkey) = keywright.add_passkey(&tokens.access).await;
    let challenge = keywright.register_challenge(&tokens.access).await;
    let browser = keywright.sign_in_browser(ADA).await;
    let device = keywright.sign_in_device(&browser).await;

    let refused = async |tokens: &Tokens| {
        let credential = Forger::on(keywright.base()).create(&challenge);
        for answer in [
            keywright.post_as(&tokens.access, "/passkey/register/challenge", json!({})).await,
            keywright.register(&tokens.access, &challenge, &credential).await,
            keywright.delete_passkey(&tokens.access, &passkey["id"]).await,
        ] {
            assert_eq!(answer.code(), "403 reauthentication_required");
        }
        assert_eq!(keywright.passkeys(&tokens.access).await.len(), 1);
    };

    refused(&device).await;
    keywright.advance(15 * 60 + 1);
    refused(&tokens).await;
    let renamed =
        keywright.rename_passkey(&tokens.access, passkey["id"].as_str().unwrap(), json!({"name": "x"})).await;
    assert_eq!(renamed.status, 200);
}

#[tokio::test]
async fn an_unauthenticated_caller_gets_401_even_with_a_bad_body() {
    let keywright = Keywright::start().await;
    let id = PasskeyId::new(keywright.service.entropy.as_ref());
    for (method, path) in [
        (Method::POST, "/passkey/register/challenge".to_owned()),
        (Method::POST, "/passkey/register".to_owned()),
        (Method::GET, "/passkeys".to_owned()),
        (Method::PATCH, format!("/passkeys/{id}")),
        (Method::DELETE, format!("/passkeys/{id}")),
    ] {
        let request = keywright.api(method.clone(), &path);
        let request = if method == Method::GET { request } else { request.body("{") };
        assert_eq!(send(request).await.code(), "401 unauthorized", "{path}");
    }
}

#[tokio::test]
async fn a_passkey_is_renamed_by_its_owner_only() {
    let keywright = Keywright::start().await;
    let (ada, bob) = (keywright.sign_in(ADA).await, keywright.sign_in(BOB).await);
    let (_, passkey) = keywright.add_passkey(&ada.access).await;
    let id = passkey["id"].as_str().unwrap();

    let renamed = keywright.rename_passkey(&ada.access, id, json!({"name": " Work laptop ", "x": 1})).await;

    assert_eq!((renamed.status, &renamed.json()["passkey"]["name"]), (200, &json!("Work laptop")));
    let unknown = PasskeyId::new(keywright.service.entropy.as_ref()).to_string();
    for (access, id, body, code) in [
        (&bob.access, id, json!({"name": "Mine"}), "404 not_found"),
        (&ada.access, unknown.as_str(), json!({"name": "Mine"}), "404 not_found"),
        (&ada.access, "x", json!({"name": "Mine"}), "404 not_found"),
        (&ada.access, id, json!({}), "400 invalid_request"),
        (&ada.access, id, json!({"name": ""}), "422 validation_failed"),
        (&ada.access, id, json!({"name": ["a"]}), "422 validation_failed"),
    ] {
        assert_eq!(keywright.rename_passkey(access, id, body).await.code(), code);
    }
    assert_eq!(keywright.passkeys(&ada.access).await[0]["name"], json!("Work laptop"));
    assert_eq!(keywright.events(ADA).await[0], "passkey_renamed");
}

#[tokio::test]
async fn a_passkey_is_removed_by_its_owner_only() {
    let keywright = Keywright::start().await;
    let (ada, bob) = (keywright.sign_in(ADA).await, keywright.sign_in(BOB).await);
    let (_, passkey) = keywright.add_passkey(&ada.access).await;

    let by_another = keywright.delete_passkey(&bob.access, &passkey["id"]).await;
    let by_owner = keywright.delete_passkey(&ada.access, &passkey["id"]).await;
    let again = keywright.delete_passkey(&ada.access, &passkey["id"]).await;

    assert_eq!(by_another.code(), "404 not_found");
    assert_eq!((by_owner.status, by_owner.text.as_str()), (204, ""));
    assert_eq!(again.code(), "404 not_found");
    assert_eq!(keywright.passkeys(&ada.access).await.len(), 0);
    assert_eq!(keywright.events(ADA).await[0], "passkey_removed");
}

#[tokio::test]
async fn the_last_way_in_of_an_account_is_kept() {
    let keywright = Keywright::start().await;
    let at = keywright.service.request_context(None, ClientInfo::default());
    let id = UserId::new(keywright.service.entropy.as_ref());
    let user = User::unproven(id, EmailAddress::parse(ADA).unwrap(), at.now);
    keywright.service.stores.users.open(&user).await.unwrap();
    let first = register_unproven(&keywright, &user).await;
    let second = register_unproven(&keywright, &user).await;
    let challenge = keywright.post("/passkey/login/challenge", json!({})).await.json();
    let body = json!({"challenge_id": challenge["challenge_id"], "credential": first.0.get(&challenge)});
    let access = keywright.post("/passkey/login", body).await.tokens().access;

    let removals = join_all([&first.1, &second.1].map(|passkey| {
        let (keywright, access) = (&keywright, &access);
        async move { keywright.delete_passkey(access, &json!(passkey.id)).await.status }
    }))
    .await;

    assert!(removals.contains(&204) && removals.contains(&409), "{removals:?}");
    let left = keywright.passkeys(&access).await;
    assert_eq!(left.len(), 1);
    assert_eq!(keywright.delete_passkey(&access, &left[0]["id"]).await.code(), "409 last_credential");

    let owner = keywright.sign_in(ADA).await;

    assert_eq!(keywright.me(&access).await, 401, "who proves the address finds nothing of others");
    assert!(keywright.passkeys(&owner.access).await.is_empty());
}

/// Adds a passkey to an account without a sign-in, which the API does not allow.
async fn register_unproven(keywright: &Keywright, user: &User) -> (Forger, Passkey) {
    let service = &keywright.service;
    let at = service.request_context(None, ClientInfo::default());
    let client = keywright_domain::client::ClientId::web();
    let authentication = Authentication { at: at.now, method: AuthenticationMethod::BoundPasskey };
    let seed = seed(service, SessionKind::Tokens, client, None, &at).unwrap();
    let session = seed.open(user.id, authentication, &at);
    let principal = Principal { user: user.clone(), session };
    let begun = passkey::begin_registration(service, &principal, &at).await.unwrap();
    let mut forger = Forger::on(keywright.base());
    let credential = forger.create(&json!({"publicKey": begun.public_key}));
    let challenge_id = begun.challenge_id.expose();
    let passkey = passkey::register(service, &principal, challenge_id, &credential, None, &at).await.unwrap();
    (forger, passkey)
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
