//! Signing in with a passkey: the regular path and every failure.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::authenticator::{BACKED_UP, BACKUP_ELIGIBLE, Change, Forger, Says, USER_PRESENT, USER_VERIFIED};
use crate::harness::{Answer, Keywright, Tokens};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

impl Keywright {
    /// Requests a sign-in challenge.
    pub async fn login_challenge(&self) -> Value {
        let answer = self.post("/passkey/login/challenge", json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Answers a sign-in challenge.
    pub async fn login(&self, challenge: &Value, credential: &Value) -> Answer {
        // No two share an instant, so that the newest activity is well defined.
        self.clock.advance(TimeDelta::milliseconds(1));
        let body = json!({"challenge_id": challenge["challenge_id"], "credential": credential});
        self.post("/passkey/login", body).await
    }

    /// Signs Ada in and adds a passkey to her account.
    pub async fn ada_with_passkey(&self) -> (Tokens, Forger) {
        let tokens = self.sign_in(ADA).await;
        let (forger, _) = self.add_passkey(&tokens.access).await;
        (tokens, forger)
    }
}

/// Returns the claims of an access token.
fn claims(access: &str) -> Value {
    use base64::Engine;
    let payload = access.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_passkey_signs_in_for_tokens() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    keywright.advance(3600);
    let challenge = keywright.login_challenge().await;

    let body = json!({"challenge_id": challenge["challenge_id"], "credential": forger.get(&challenge), "client_id": "cli"});
    let answer = keywright.post("/passkey/login", body).await;

    assert_eq!(answer.status, 200, "{}", answer.text);
    let json = answer.json();
    let mut fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["access_token", "expires_in", "refresh_token", "token_type", "user"]);
    assert_eq!(json["user"]["email"], json!(ADA));
    assert_eq!(json["user"]["last_sign_in_at"], json!("2027-01-15T09:00:00Z"));
    let claims = claims(&answer.tokens().access);
    assert_eq!((&claims["amr"], &claims["client_id"]), (&json!(["swk", "user"]), &json!("cli")));
    let passkeys = keywright.passkeys(&answer.tokens().access).await;
    assert_eq!(passkeys[0]["last_used_at"], json!("2027-01-15T09:00:00Z"));
    assert_eq!(keywright.events(ADA).await[0], "signed_in");
}

#[tokio::test]
async fn sign_in_options_are_the_same_for_everybody() {
    let keywright = Keywright::start().await;
    keywright.ada_with_passkey().await;

    for body in
        [json!({}), json!({"email": ADA}), json!({"email": "nobody@example.com"}), json!({"email": "x"})]
    {
        let answer = keywright.post("/passkey/login/challenge", body).await;
        let mut json = answer.json();
        assert!(json["challenge_id"].as_str().unwrap().starts_with("kwc_"), "{json}");
        assert_eq!(json["publicKey"]["challenge"].take().as_str().unwrap().len(), 43);
        json["challenge_id"].take();
        assert_eq!(
            json,
            json!({"challenge_id": null, "publicKey": {
                "challenge": null, "timeout": 300_000, "rpId": "localhost", "allowCredentials": [],
                "userVerification": "required",
            }})
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(keywright.post("/passkey/login/challenge", json!({"email": 1})).await.status, 422);
}

#[tokio::test]
async fn a_passkey_that_cannot_be_backed_up_is_hardware() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let mut forger = Forger::on(keywright.base());
    let challenge = keywright.register_challenge(&tokens.access).await;
    let bound = |says: &mut Says| says.flags &= !(BACKUP_ELIGIBLE | BACKED_UP);
    let credential = forger.create_with(&challenge, bound);
    let added = keywright.register(&tokens.access, &challenge, &credential).await;
    assert_eq!(added.json()["passkey"]["backup_eligible"], json!(false));

    let challenge = keywright.login_challenge().await;
    let answer = keywright.login(&challenge, &forger.get_with(&challenge, bound)).await;

    assert_eq!(claims(&answer.tokens().access)["amr"], json!(["hwk", "user"]));
}

#[tokio::test]
async fn every_invalid_answer_is_refused_alike_and_uses_up_the_challenge() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let (_, of_bob) = {
        let tokens = keywright.sign_in(BOB).await;
        let (forger, _) = keywright.add_passkey(&tokens.access).await;
        (tokens, forger)
    };
    let port = keywright.base().rsplit(':').next().unwrap().to_owned();
    let handle = of_bob.user_handle.clone();
    let wrongs: Vec<(&str, Change<'_>)> = vec![
        ("other origin", Box::new(|says| says.origin = "https://evil.example".into())),
        ("other port", Box::new(|says| says.origin = "http://localhost:1".into())),
        ("other scheme", Box::new(|says| says.origin = format!("https://localhost:{port}"))),
        ("subdomain", Box::new(|says| says.origin = format!("http://a.localhost:{port}"))),
        ("no origin", Box::new(|says| says.origin = String::new())),
        ("opaque origin", Box::new(|says| says.origin = "null".into())),
        ("other rpIdHash", Box::new(|says| says.rp_id = "evil.example".into())),
        ("no user verification", Box::new(|says| says.flags &= !USER_VERIFIED)),
        ("no user presence", Box::new(|says| says.flags &= !USER_PRESENT)),
        ("flipped backup eligibility", Box::new(|says| says.flags &= !(BACKUP_ELIGIBLE | BACKED_UP))),
        ("backed up without eligibility", Box::new(|says| says.flags &= !BACKUP_ELIGIBLE)),
        ("other challenge", Box::new(|says| says.challenge = "A".repeat(43))),
        ("empty challenge", Box::new(|says| says.challenge = String::new())),
        ("type of a registration", Box::new(|says| says.kind = "webauthn.create")),
        ("out of a frame", Box::new(|says| says.client_data = json!({"crossOrigin": true}))),
        (
            "out of a foreign frame",
            Box::new(|says| says.client_data = json!({"topOrigin": "https://evil.example"})),
        ),
        ("client data of another shape", Box::new(|says| says.client_data = json!({"challenge": 1}))),
        ("no user handle", Box::new(|says| says.user_handle = None)),
        ("other user handle", Box::new(|says| says.user_handle = Some(handle.clone()))),
        ("user handle of no account", Box::new(|says| says.user_handle = Some(vec![7; 16]))),
        ("user handle of no uuid", Box::new(|says| says.user_handle = Some(vec![7; 64]))),
        ("other passkey", Box::new(|says| says.id.clone_from(&of_bob.id))),
        ("empty credential id", Box::new(|says| says.id = vec![])),
        ("credential id that is too long", Box::new(|says| says.id = vec![1; 1024])),
    ];

    let mut texts = Vec::new();
    for (what, change) in &wrongs {
        let challenge = keywright.login_challenge().await;
        let answer = keywright.login(&challenge, &forger.get_with(&challenge, change)).await;
        assert_eq!(answer.code(), "401 invalid_credential", "{what}");
        assert_eq!(answer.header("set-cookie"), "", "{what}");
        texts.push(answer.text);

        let right = keywright.login(&challenge, &forger.get(&challenge)).await;
        assert_eq!(right.code(), "401 invalid_credential", "{what}: the challenge is used up");
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
    assert_eq!(keywright.events(ADA).await, ["passkey_added", "signed_in"]);
    let challenge = keywright.login_challenge().await;
    assert_eq!(keywright.login(&challenge, &forger.get(&challenge)).await.status, 200);
}

#[tokio::test]
async fn a_browser_learns_that_its_passkey_is_unknown_here() {
    let keywright = Keywright::start().await;
    keywright.ada_with_passkey().await;
    let challenge = keywright.login_challenge().await;
    let stranger = Forger::on(keywright.base());

    let credential = stranger.get_with(&challenge, |says| says.user_handle = Some(vec![7; 16]));
    let body = json!({
        "challenge_id": challenge["challenge_id"], "credential": credential, "session": "cookie",
    });
    let told = keywright.post_from_page("", "/passkey/login", body).await;
    let used = keywright.login(&challenge, &credential).await;
    let challenge = keywright.login_challenge().await;
    let credential = stranger.get_with(&challenge, |says| says.user_handle = Some(vec![7; 16]));
    let alike = keywright.login(&challenge, &credential).await;

    assert_eq!(told.code(), "401 invalid_credential");
    assert_eq!(told.json()["details"], json!({"credential": ["is not known here"]}));
    assert_eq!((used.status, alike.status), (401, 401));
    assert_eq!(used.json(), alike.json(), "only a page learns it");
}

#[tokio::test]
async fn garbage_is_refused_like_any_other_answer() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let nested = "[".repeat(2000);
    let garbage: Vec<(&str, Value)> = vec![
        ("/type", json!("password")),
        ("/type", Value::Null),
        ("/id", json!("")),
        ("/id", json!("AAAA")),
        ("/rawId", json!("AAAA")),
        ("/rawId", json!("!")),
        ("/response", Value::Null),
        ("/response", json!([])),
        ("/response/signature", json!("")),
        ("/response/signature", json!("AAAA")),
        ("/response/signature", json!("A".repeat(20_000))),
        ("/response/authenticatorData", json!("")),
        ("/response/authenticatorData", json!("A".repeat(48))),
        ("/response/authenticatorData", json!("_".repeat(20_000))),
        ("/response/clientDataJSON", json!("")),
        ("/response/clientDataJSON", json!("e30")),
        ("/response/clientDataJSON", json!("W10")),
        ("/response/clientDataJSON", json!(base64(nested.as_bytes()))),
        ("/response/clientDataJSON", json!(base64(format!("{{\"a\":{nested}").as_bytes()))),
    ];

    for (place, value) in garbage {
        let challenge = keywright.login_challenge().await;
        let mut credential = forger.get(&challenge);
        *credential.pointer_mut(place).unwrap() = value.clone();
        let answer = keywright.login(&challenge, &credential).await;
        assert_eq!(answer.code(), "401 invalid_credential", "{place} {value}");
    }
}

#[tokio::test]
async fn every_altered_byte_of_a_signature_is_refused() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    for step in 0..12 {
        let challenge = keywright.login_challenge().await;
        let mut credential = forger.get(&challenge);
        let signature = credential["response"]["signature"].as_str().unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let at = bytes.len() * step / 12;
        bytes[at] ^= 1;
        credential["response"]["signature"] = json!(URL_SAFE_NO_PAD.encode(bytes));

        assert_eq!(keywright.login(&challenge, &credential).await.code(), "401 invalid_credential", "{at}");
    }
}

#[tokio::test]
async fn a_challenge_is_valid_once_and_for_five_minutes() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let used = keywright.login_challenge().await;
    let credential = forger.get(&used);
    assert_eq!(keywright.login(&used, &credential).await.status, 200);

    let replayed = keywright.login(&used, &credential).await;
    let (in_time, expired) = (keywright.login_challenge().await, keywright.login_challenge().await);
    keywright.advance(299);
    let in_time = keywright.login(&in_time, &forger.get(&in_time)).await;
    keywright.advance(1);
    let expired = keywright.login(&expired, &forger.get(&expired)).await;

    assert_eq!(replayed.code(), "401 invalid_credential");
    assert_eq!(in_time.status, 200, "{}", in_time.text);
    assert_eq!(expired.code(), "401 invalid_credential");
}

#[tokio::test]
async fn racing_answers_to_one_challenge_open_one_session() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let challenge = keywright.login_challenge().await;
    let credential = forger.get(&challenge);

    let answers = join_all((0..16).map(|_| keywright.login(&challenge, &credential))).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.code() == "401 invalid_credential").count(), 15);
}

#[tokio::test]
async fn a_challenge_is_bound_to_its_kind_and_account() {
    let keywright = Keywright::start().await;
    let (ada, mut forger) = keywright.ada_with_passkey().await;
    let bob = keywright.sign_in(BOB).await;

    let of_registration = keywright.register_challenge(&ada.access).await;
    let login = keywright.login(&of_registration, &forger.get(&of_registration)).await;
    let registration =
        keywright.register(&ada.access, &of_registration, &forger.create(&of_registration)).await;
    assert_eq!(login.code(), "401 invalid_credential");
    assert_eq!(registration.code(), "400 invalid_credential", "it is used up");

    let of_login = keywright.login_challenge().await;
    let mut other = Forger::on(keywright.base());
    let registration = keywright.register(&ada.access, &of_login, &other.create(&of_login)).await;
    let login = keywright.login(&of_login, &forger.get(&of_login)).await;
    assert_eq!(registration.code(), "400 invalid_credential");
    assert_eq!(login.code(), "401 invalid_credential", "it is used up");

    let of_ada = keywright.register_challenge(&ada.access).await;
    let by_bob = keywright.register(&bob.access, &of_ada, &other.create(&of_ada)).await;
    let by_ada = keywright.register(&ada.access, &of_ada, &other.create(&of_ada)).await;
    assert_eq!(by_bob.code(), "400 invalid_credential");
    assert_eq!(by_ada.code(), "400 invalid_credential", "it is used up");
    assert_eq!(keywright.passkeys(&bob.access).await.len(), 0);
}

#[tokio::test]
async fn a_forged_challenge_id_is_refused() {
    let keywright = Keywright::start().await;
    let (tokens, forger) = keywright.ada_with_passkey().await;
    let challenge = keywright.login_challenge().await;
    let credential = forger.get(&challenge);
    let id = challenge["challenge_id"].as_str().unwrap();
    let link = keywright.link(ADA).await.token;
    for bad in [
        String::new(),
        "kwc_x".to_owned(),
        id.replacen("kwc_", "", 1),
        id.replacen("kwc_", "kwm_", 1),
        id.to_uppercase(),
        format!("{id}A"),
        tokens.refresh.clone(),
        tokens.refresh.replacen("kwr_", "kwc_", 1),
        link.replacen("kwm_", "kwc_", 1),
    ] {
        let answer = keywright.login(&json!({"challenge_id": bad}), &credential).await;
        assert_eq!(answer.code(), "401 invalid_credential", "{bad}");
    }
    let verified =
        keywright.post("/magic_link/verify", json!({"token": id.replacen("kwc_", "kwm_", 1)})).await;
    assert_eq!(verified.code(), "401 invalid_token");
    assert_eq!(keywright.login(&challenge, &credential).await.status, 200);
}

#[tokio::test]
async fn invalid_input_leaves_a_challenge_usable() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let challenge = keywright.login_challenge().await;
    let (id, credential) = (challenge["challenge_id"].clone(), forger.get(&challenge));
    for (body, code) in [
        (json!({}), "400 invalid_request"),
        (json!({"challenge_id": id}), "400 invalid_request"),
        (json!({"credential": credential}), "400 invalid_request"),
        (json!({"challenge_id": id, "credential": "x"}), "422 validation_failed"),
        (json!({"challenge_id": 1, "credential": credential}), "422 validation_failed"),
        (
            json!({"challenge_id": id, "credential": credential, "client_id": "nobody"}),
            "422 validation_failed",
        ),
        (json!({"challenge_id": id, "credential": credential, "session": "x"}), "422 validation_failed"),
        (json!({"challenge_id": id, "credential": credential, "session": "cookie"}), "403 csrf_rejected"),
    ] {
        assert_eq!(keywright.post("/passkey/login", body.clone()).await.code(), code, "{body}");
    }
    assert_eq!(keywright.login(&challenge, &credential).await.status, 200);
}

#[tokio::test]
async fn a_counter_that_does_not_rise_is_refused_and_recorded() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let login = async |counter: u32| {
        let challenge = keywright.login_challenge().await;
        let credential = forger.get_with(&challenge, |says| says.counter = counter);
        keywright.login(&challenge, &credential).await
    };

    assert_eq!(login(0).await.status, 200, "both zero");
    assert_eq!(login(0).await.status, 200, "both zero again");
    assert_eq!(login(7).await.status, 200);
    for counter in [7, 6, 0] {
        assert_eq!(login(counter).await.code(), "401 invalid_credential", "{counter}");
        assert_eq!(keywright.events(ADA).await[0], "passkey_counter_rejected");
    }
    assert_eq!(login(8).await.status, 200, "the baseline has stayed");
}

#[tokio::test]
async fn racing_answers_with_one_counter_open_one_session() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let mut answers = Vec::new();
    for _ in 0..16 {
        let challenge = keywright.login_challenge().await;
        let credential = forger.get_with(&challenge, |says| says.counter = 5);
        answers.push((challenge, credential));
    }

    let statuses = join_all(answers.iter().map(|(challenge, credential)| {
        let keywright = &keywright;
        async move { keywright.login(challenge, credential).await.status }
    }))
    .await;

    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 15);
}

#[tokio::test]
async fn the_backup_state_is_updated_and_the_eligibility_never_changes() {
    let keywright = Keywright::start().await;
    let (tokens, forger) = keywright.ada_with_passkey().await;

    let challenge = keywright.login_challenge().await;
    let credential = forger.get_with(&challenge, |says| says.flags &= !BACKED_UP);
    assert_eq!(keywright.login(&challenge, &credential).await.status, 200);

    let passkey = &keywright.passkeys(&tokens.access).await[0];
    assert_eq!((&passkey["backed_up"], &passkey["backup_eligible"]), (&json!(false), &json!(true)));

    let mut bound = Forger::on(keywright.base());
    let challenge = keywright.register_challenge(&tokens.access).await;
    let credential = bound.create_with(&challenge, |says| says.flags &= !(BACKUP_ELIGIBLE | BACKED_UP));
    assert_eq!(keywright.register(&tokens.access, &challenge, &credential).await.status, 201);
    let challenge = keywright.login_challenge().await;
    let risen = keywright.login(&challenge, &bound.get(&challenge)).await;
    assert_eq!(risen.code(), "401 invalid_credential", "eligibility never rises either");
}

#[tokio::test]
async fn a_disabled_account_or_a_removed_passkey_cannot_sign_in() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let bob = keywright.sign_in(BOB).await;
    let (of_bob, passkey) = keywright.add_passkey(&bob.access).await;
    let path = format!("/passkeys/{}", passkey["id"].as_str().unwrap());
    let removal = keywright.api(reqwest::Method::DELETE, &path).bearer_auth(&bob.access);
    assert_eq!(crate::harness::send(removal).await.status, 204);
    keywright.disable(ADA).await;

    for forger in [&forger, &of_bob] {
        let challenge = keywright.login_challenge().await;
        let answer = keywright.login(&challenge, &forger.get(&challenge)).await;
        assert_eq!(answer.code(), "401 invalid_credential");
    }
}

#[tokio::test]
async fn a_browser_gets_a_cookie_and_only_its_own_session_is_renewed() {
    let keywright = Keywright::start().await;
    let (_, forger) = keywright.ada_with_passkey().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let of_bob = keywright.sign_in_browser(BOB).await;
    keywright.advance(3600);
    let login = async |cookie: &str| {
        let challenge = keywright.login_challenge().await;
        let body = json!({"challenge_id": challenge["challenge_id"], "credential": forger.get(&challenge), "session": "cookie"});
        keywright.post_from_page(cookie, "/passkey/login", body).await
    };
    let begin = async |cookie: &str| {
        keywright.post_from_page(cookie, "/passkey/register/challenge", json!({})).await.code_or_status()
    };

    assert_eq!(begin(&cookie).await, "403 reauthentication_required");
    let renewed = login(&cookie).await;
    let other = login(&of_bob).await;

    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let json = renewed.json();
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["user"]);
    assert!(renewed.header("set-cookie").starts_with("kw_session=kws_"));
    assert_eq!(renewed.cookie(), cookie, "no other session was opened");
    assert!(other.cookie() != of_bob && other.cookie() != cookie);
    assert_eq!(begin(&cookie).await, "200");
}

impl Answer {
    fn code_or_status(&self) -> String {
        if self.status < 400 { self.status.to_string() } else { self.code() }
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
