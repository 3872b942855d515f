use keywright_domain::email::EmailAddress;
use keywright_domain::id::PasskeyId;
use keywright_domain::passkey::PasskeyName;
use proptest::prelude::*;

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn relying_party(origins: &[&str]) -> Result<RelyingParty, CannotBe> {
    let origins: Vec<_> = origins.iter().copied().map(url).collect();
    RelyingParty::new("example.com", "Example", &origins)
}

fn ada() -> User {
    let email = EmailAddress::parse("ada@example.com").unwrap();
    User::signed_up(UserId(Uuid::from_u128(7)), email, chrono::DateTime::UNIX_EPOCH)
}

/// The answer of an authenticator that needs no key: its attestation has the format none. The public key is the base
/// point of P-256, which is as good as any.
fn registration(started: &Started, origin: &str) -> Value {
    let point = [
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    ];
    let [x, y] = point.map(|text| {
        let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap();
        (0..64).step_by(2).map(byte).collect::<Vec<_>>()
    });
    let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], &x, &[0x22, 0x58, 32], &y].concat();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"example.com");
    let data = [hash.as_ref(), &[0x5d, 0, 0, 0, 3], &[9; 16], &[0, 4, 1, 2, 3, 4], &key].concat();
    let length = u8::try_from(data.len()).unwrap();
    let object =
        [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".as_slice(), &[length], &data].concat();
    let challenge = &started.public_key["challenge"];
    let client_data = json!({"type": "webauthn.create", "challenge": challenge, "origin": origin});
    json!({
        "id": "AQIDBA", "rawId": "AQIDBA", "type": "public-key",
        "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data.to_string()),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
        },
    })
}

#[test]
fn a_default_port_may_be_written_or_left_out() {
    for configured in ["https://auth.example.com", "https://auth.example.com:443"] {
        let relying_party = relying_party(&[configured]).unwrap();
        assert_eq!(relying_party.origins(), ["https://auth.example.com"]);
        for (origin, is_accepted) in [
            ("https://auth.example.com", true),
            ("https://auth.example.com:443", true),
            ("https://auth.example.com:8443", false),
            ("http://auth.example.com", false),
            ("http://auth.example.com:443", false),
            ("https://example.com", false),
            ("https://a.auth.example.com", false),
            ("https://badauth.example.com", false),
            ("https://auth.example.com.evil.example", false),
        ] {
            let started = relying_party.begin_registration(&ada(), &[]).unwrap();

            let finished = relying_party.finish_registration(&started.state, &registration(&started, origin));

            assert_eq!(finished.is_ok(), is_accepted, "{configured} {origin}: {finished:?}");
        }
    }
}

#[test]
fn every_configured_origin_counts() {
    let origins = ["https://auth.example.com", "https://example.com:8443"];
    let relying_party = relying_party(&origins).unwrap();

    for origin in origins {
        let started = relying_party.begin_registration(&ada(), &[]).unwrap();
        assert!(relying_party.finish_registration(&started.state, &registration(&started, origin)).is_ok());
    }
}

#[test]
fn an_rp_id_that_cannot_serve_an_origin_is_refused() {
    assert!(relying_party(&[]).is_err());
    for origin in ["https://example.org", "https://badexample.com", "https://203.0.113.5", "https://com"] {
        let refused = relying_party(&["https://example.com", origin]).unwrap_err();
        assert!(refused.to_string().starts_with("passkeys of example.com cannot be used on "), "{refused}");
    }
}

#[test]
fn what_an_authenticator_says_is_kept() {
    let relying_party = relying_party(&["https://example.com"]).unwrap();
    let started = relying_party.begin_registration(&ada(), &[]).unwrap();
    let mut credential = registration(&started, "https://example.com");
    credential["response"]["transports"] = json!(["usb", "nfc"]);

    let attested = relying_party.finish_registration(&started.state, &credential).unwrap();

    assert_eq!(attested.credential_id, CredentialId(vec![1, 2, 3, 4]));
    assert_eq!((attested.counter, attested.backup_eligible, attested.backed_up), (3, true, true));
    assert_eq!(attested.transports.words(), ["nfc", "usb"]);
    assert_eq!(attested.aaguid, Uuid::from_bytes([9; 16]));
    let key: Key = read(&attested.data).unwrap();
    assert_eq!(Credential::from(key).counter, 0, "the domain judges the counter");
}

#[test]
fn a_passkey_that_is_there_is_excluded() {
    let relying_party = relying_party(&["https://example.com"]).unwrap();
    let passkey = Passkey {
        id: PasskeyId(Uuid::nil()),
        user_id: ada().id,
        credential_id: CredentialId(vec![255, 255]),
        data: String::new(),
        name: PasskeyName::parse("Phone").unwrap(),
        created_at: chrono::DateTime::UNIX_EPOCH,
        last_used_at: None,
        counter: 0,
        backup_eligible: false,
        backed_up: false,
        transports: Transports::new(["internal"]),
        aaguid: Uuid::nil(),
    };

    let started = relying_party.begin_registration(&ada(), &[passkey]).unwrap();

    assert_eq!(
        started.public_key["excludeCredentials"],
        json!([{"type": "public-key", "id": "__8", "transports": ["internal"]}])
    );
    assert_eq!(started.public_key["user"]["id"], json!("AAAAAAAAAAAAAAAAAAAABw"));
}

proptest! {
    #[test]
    fn no_attestation_object_makes_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let relying_party = relying_party(&["https://example.com"]).unwrap();
        let started = relying_party.begin_registration(&ada(), &[]).unwrap();
        let mut credential = registration(&started, "https://example.com");
        let right = credential["response"]["attestationObject"].as_str().unwrap().to_owned();
        let right = URL_SAFE_NO_PAD.decode(right).unwrap();
        let mut changed = right.clone();
        for (at, byte) in changes {
            let at = at.index(changed.len());
            changed[at] = byte;
        }

        for object in [bytes, changed, right[..cut.index(right.len())].to_vec()] {
            credential["response"]["attestationObject"] = json!(URL_SAFE_NO_PAD.encode(object));
            let _ = relying_party.finish_registration(&started.state, &credential);
        }
    }

    #[test]
    fn no_answer_to_a_sign_in_makes_it_panic(
        data in proptest::collection::vec(any::<u8>(), 0..200),
        signature in proptest::collection::vec(any::<u8>(), 0..100),
        flags in any::<u8>(),
    ) {
        let relying_party = relying_party(&["https://example.com"]).unwrap();
        let registered = relying_party.begin_registration(&ada(), &[]).unwrap();
        let answer = registration(&registered, "https://example.com");
        let attested = relying_party.finish_registration(&registered.state, &answer).unwrap();
        let passkey = Passkey {
            id: PasskeyId(Uuid::nil()),
            user_id: ada().id,
            credential_id: attested.credential_id,
            data: attested.data,
            name: PasskeyName::usual(attested.aaguid),
            created_at: chrono::DateTime::UNIX_EPOCH,
            last_used_at: None,
            counter: attested.counter,
            backup_eligible: attested.backup_eligible,
            backed_up: attested.backed_up,
            transports: attested.transports,
            aaguid: attested.aaguid,
        };
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"example.com");
        let plausible = [hash.as_ref(), &[flags, 0, 0, 0, 9], &data].concat();
        for data in [data, plausible] {
            let started = relying_party.begin_sign_in().unwrap();
            let challenge = &started.public_key["challenge"];
            let client_data =
                json!({"type": "webauthn.get", "challenge": challenge, "origin": "https://example.com"});
            let credential = json!({
                "id": "AQIDBA", "rawId": "AQIDBA", "type": "public-key",
                "response": {
                    "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data.to_string()),
                    "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                    "signature": URL_SAFE_NO_PAD.encode(&signature),
                    "userHandle": "AAAAAAAAAAAAAAAAAAAABw",
                },
            });

            prop_assert_eq!(relying_party.claimed(&credential).unwrap().user_id, ada().id);
            prop_assert!(relying_party.finish_sign_in(&started.state, &passkey, &credential).is_err());
        }
    }
}
