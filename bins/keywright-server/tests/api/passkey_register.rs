//! Adding a passkey: every failure.

use keywright_domain::activity::Event;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::device_authorization::Action;
use keywright_domain::page::Page;
use keywright_domain::session::EndReason;
use keywright_service::device_authorization::{DecideError, decide};
use keywright_service::passkey::{RegisterError, register};
use keywright_service::session::Principal;
use serde_json::{Value, json};

use crate::authenticator::{BACKUP_ELIGIBLE, Change, Forger, USER_PRESENT, USER_VERIFIED};
use crate::harness::Keywright;

const ADA: &str = "ada@example.com";

/// Returns CBOR with `depth` nested arrays.
fn nested(depth: usize) -> Vec<u8> {
    [vec![0x81; depth], vec![0x00]].concat()
}

#[tokio::test]
async fn every_invalid_answer_is_refused_alike_and_uses_up_the_challenge() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let port = keywright.base().rsplit(':').next().unwrap().to_owned();
    let claim = |claim: &[u8]| claim.to_vec();
    let wrongs: Vec<(&str, Change<'_>)> = vec![
        ("other origin", Box::new(|says| says.origin = "https://evil.example".into())),
        ("other port", Box::new(|says| says.origin = "http://localhost:1".into())),
        ("subdomain", Box::new(|says| says.origin = format!("http://a.localhost:{port}"))),
        ("other rpIdHash", Box::new(|says| says.rp_id = "evil.example".into())),
        ("no user verification", Box::new(|says| says.flags &= !USER_VERIFIED)),
        ("no user presence", Box::new(|says| says.flags &= !USER_PRESENT)),
        ("backed up without eligibility", Box::new(|says| says.flags &= !BACKUP_ELIGIBLE)),
        ("no attested credential", Box::new(|says| says.flags &= !0x40)),
        ("extensions that are not there", Box::new(|says| says.flags |= 0x80)),
        ("other challenge", Box::new(|says| says.challenge = "A".repeat(43))),
        ("type of a sign-in", Box::new(|says| says.kind = "webauthn.get")),
        ("out of a frame", Box::new(|says| says.client_data = json!({"crossOrigin": true}))),
        ("unknown format", Box::new(|says| says.format = "garbage")),
        (
            "statement where there is none",
            Box::new(move |says| says.statement = claim(b"\xa1\x63sig\x41\x00")),
        ),
        ("statement that is no map", Box::new(|says| says.statement = vec![0x00])),
        ("packed without a statement", Box::new(|says| says.format = "packed")),
        (
            "packed garbage",
            Box::new(|says| {
                says.format = "packed";
                says.statement = b"\xa3\x63alg\x26\x63sig\x44\x00\x01\x02\x03\x63x5c\x81\x41\x30".to_vec();
            }),
        ),
        (
            "tpm garbage",
            Box::new(|says| {
                says.format = "tpm";
                says.statement = b"\xa2\x63ver\x632.0\x63alg\x26".to_vec();
            }),
        ),
        (
            "u2f garbage",
            Box::new(|says| {
                says.format = "fido-u2f";
                says.statement = b"\xa2\x63sig\x41\x00\x63x5c\x80".to_vec();
            }),
        ),
        (
            "apple garbage",
            Box::new(|says| {
                says.format = "apple";
                says.statement = b"\xa1\x63x5c\x81\x41\x30".to_vec();
            }),
        ),
        ("safetynet", Box::new(|says| says.format = "android-safetynet")),
        ("deeply nested statement", Box::new(|says| says.statement = nested(20_000))),
        ("deeply nested public key", Box::new(|says| says.public_key = Some(nested(20_000)))),
        ("deeply nested tail", Box::new(|says| says.tail = nested(20_000))),
        ("tail", Box::new(|says| says.tail = vec![0x00])),
        ("array of 2^62", Box::new(|says| says.statement = b"\x9b\x40\0\0\0\0\0\0\0".to_vec())),
        ("map of 2^62", Box::new(|says| says.statement = b"\xbb\x40\0\0\0\0\0\0\0".to_vec())),
        ("bytes of 2^62", Box::new(|says| says.statement = b"\x5b\x40\0\0\0\0\0\0\0".to_vec())),
        ("text of 2^62", Box::new(|says| says.public_key = Some(b"\x7b\x40\0\0\0\0\0\0\0".to_vec()))),
        ("endless array", Box::new(|says| says.statement = b"\x9f\x00\x00".to_vec())),
        ("public key that is no map", Box::new(|says| says.public_key = Some(vec![0x00]))),
        ("public key of no kind", Box::new(|says| says.public_key = Some(vec![0xa0]))),
        (
            "public key off the curve",
            Box::new(|says| {
                let point = [1; 32];
                says.public_key = Some(
                    [&b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"[..], &point, b"\x22\x58\x20", &point]
                        .concat(),
                );
            }),
        ),
        ("empty public key", Box::new(|says| says.public_key = Some(vec![]))),
        ("empty credential id", Box::new(|says| says.id = vec![])),
        ("credential id that is too long", Box::new(|says| says.id = vec![1; 1024])),
    ];

    let mut texts = Vec::new();
    for (what, change) in &wrongs {
        let mut forger = Forger::on(keywright.base());
        let challenge = keywright.register_challenge(&tokens.access).await;
        let credential = forger.create_with(&challenge, change);
        let answer = keywright.register(&tokens.access, &challenge, &credential).await;
        assert_eq!(answer.code(), "400 invalid_credential", "{what}");
        texts.push(answer.text);

        let right = keywright.register(&tokens.access, &challenge, &forger.create(&challenge)).await;
        assert_eq!(right.code(), "400 invalid_credential", "{what}: the challenge is used up");
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
    assert_eq!(keywright.passkeys(&tokens.access).await.len(), 0);
    assert_eq!(keywright.events(ADA).await, ["signed_in"]);
    keywright.add_passkey(&tokens.access).await;
}

#[tokio::test]
async fn garbage_is_refused_like_any_other_answer() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let garbage: Vec<(&str, Value)> = vec![
        ("/type", json!("password")),
        ("/id", json!("AAAA")),
        ("/rawId", json!("AAAA")),
        ("/response", json!("x")),
        ("/response/clientDataJSON", json!("")),
        ("/response/clientDataJSON", json!("e30")),
        ("/response/attestationObject", json!("")),
        ("/response/attestationObject", json!("AA")),
        ("/response/attestationObject", json!("_".repeat(40_000))),
        ("/response/attestationObject", json!("g".repeat(40_000))),
        ("/response/attestationObject", json!({"a": "b"})),
    ];

    for (place, value) in garbage {
        let challenge = keywright.register_challenge(&tokens.access).await;
        let mut credential = Forger::on(keywright.base()).create(&challenge);
        *credential.pointer_mut(place).unwrap() = value.clone();
        let answer = keywright.register(&tokens.access, &challenge, &credential).await;
        assert_eq!(answer.code(), "400 invalid_credential", "{place} {value}");
    }
    let challenge = keywright.register_challenge(&tokens.access).await;
    let mut credential = Forger::on(keywright.base()).create(&challenge);
    credential["response"]["attestationObject"] = json!("A".repeat(70_000));
    let too_large = keywright.register(&tokens.access, &challenge, &credential).await;
    assert_eq!(too_large.code(), "413 payload_too_large");
    let deep = format!(r#"{{"challenge_id": "x", "credential": {}}}"#, "[".repeat(10_000));
    let request = keywright.api(reqwest::Method::POST, "/passkey/register").bearer_auth(&tokens.access);
    let deep = crate::harness::send(request.header("content-type", "application/json").body(deep)).await;
    assert_eq!(deep.code(), "400 invalid_json");
}

#[tokio::test]
async fn an_expired_challenge_adds_nothing() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let challenge = keywright.register_challenge(&tokens.access).await;
    let credential = Forger::on(keywright.base()).create(&challenge);

    keywright.advance(300);

    let answer = keywright.register(&tokens.access, &challenge, &credential).await;
    assert_eq!(answer.code(), "400 invalid_credential");
}

#[tokio::test]
async fn other_statements_of_the_browser_are_hints() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    for (transports, kept) in [
        (json!(["usb", "smart-card", "<b>", 1, "usb"]), json!(["smart-card", "usb"])),
        (json!("usb"), json!([])),
        (Value::Null, json!([])),
        (json!([[["usb"]]]), json!([])),
    ] {
        let challenge = keywright.register_challenge(&tokens.access).await;
        let mut credential =
            Forger::on(keywright.base()).create_with(&challenge, |says| says.transports = transports.clone());
        credential["clientExtensionResults"] = json!({"credProps": "x", "appid": 3});

        let answer = keywright.register(&tokens.access, &challenge, &credential).await;

        assert_eq!(answer.status, 201, "{transports}: {}", answer.text);
        assert_eq!(answer.json()["passkey"]["transports"], kept);
    }
}

/// A body may arrive half a minute after its request was authenticated.
#[tokio::test]
async fn a_session_ended_during_its_request_adds_no_passkey_and_approves_no_device() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let (device_code, user_code) = keywright.begin_device().await;
    let mut forger = Forger::on(keywright.base());
    let challenge = keywright.register_challenge(&tokens.access).await;
    let credential = forger.create(&challenge);
    let (service, user) = (&keywright.service, keywright.user(ADA).await);
    let at = service.request_context(None, ClientInfo::default());
    let session = service.stores.sessions.list(user.id, Page::WIDEST, at.now).await.unwrap().items.remove(0);
    let principal = Principal { user, session };

    let (reason, event) = (EndReason::Ended, Event::SessionEnded);
    service.stores.sessions.end(principal.session.id, reason, event, &at).await.unwrap();
    let challenge_id = challenge["challenge_id"].as_str().unwrap();
    let added = register(service, &principal, challenge_id, &credential, None, &at).await;
    let approved = decide(service, &principal, &user_code, Action::Approve, &at).await;

    assert!(matches!(added, Err(RegisterError::Gone)), "{added:?}");
    assert!(matches!(approved, Err(DecideError::SessionOver)), "{approved:?}");
    let polled = keywright.post("/token", json!({"device_code": device_code})).await;
    assert_eq!(polled.error(), "400 authorization_pending");
    let again = keywright.sign_in(ADA).await;
    assert_eq!(keywright.passkeys(&again.access).await.len(), 0);
}
