#![expect(clippy::string_slice, reason = "a token is ASCII")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::EncodingKey;
use keywright_domain::signing_key::port::SigningKeyMaker;
use keywright_domain::signing_key::{Algorithm, Place};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com";

/// A server with one key, and that key for whoever forges.
struct Server {
    key: SigningKey,
    private: EncodingKey,
    tokens: JwtAccessTokens,
}

fn secret() -> ServerSecret {
    ServerSecret::new(vec![1; 32]).unwrap()
}

fn key() -> SigningKey {
    key_of(Algorithm::EdDsa, now())
}

fn key_of(algorithm: Algorithm, signs_from: DateTime<Utc>) -> SigningKey {
    let place = Place { follows: None, created_at: signs_from, signs_from };
    KeyMaker::new(&secret(), &[]).unwrap().make(algorithm, place, TimeDelta::hours(4)).unwrap()
}

fn tokens(keys: &[SigningKey]) -> JwtAccessTokens {
    JwtAccessTokens::new(keys, &[secret()], ISSUER, AUDIENCE).unwrap()
}

fn private(key: &SigningKey) -> EncodingKey {
    crate::jwk::OpenKey::open(key, &Seal::all_of(&[secret()]).unwrap()).unwrap().private
}

fn server() -> Server {
    server_of(Algorithm::EdDsa)
}

fn server_of(algorithm: Algorithm) -> Server {
    let key = key_of(algorithm, now());
    Server { private: private(&key), tokens: tokens(std::slice::from_ref(&key)), key }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn claims() -> AccessClaims {
    AccessClaims {
        user_id: UserId(Uuid::from_u128(1)),
        session_id: SessionId(Uuid::from_u128(2)),
        generation: Generation(7),
        client_id: ClientId::from_trusted("cli"),
        issued_at: now(),
        expires_at: now() + TimeDelta::hours(4),
        auth_time: now() - TimeDelta::minutes(5),
        amr: vec!["swk".to_owned(), "user".to_owned()],
        token_id: Uuid::from_u128(3),
    }
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

impl Server {
    fn genuine(&self) -> String {
        self.tokens.sign(&claims()).unwrap().expose().to_owned()
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, InvalidAccessToken> {
        self.tokens.verify(token, now())
    }

    /// What a genuine token has in its header and in its payload.
    fn parts(&self) -> (Value, Value) {
        let token = self.genuine();
        (part(&token, 0), part(&token, 1))
    }

    /// A token of these two texts that the key of this server has signed.
    fn signed(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let algorithm = self.key.algorithm.as_str().parse().unwrap();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, algorithm);
        format!("{message}.{}", signature.unwrap())
    }

    /// A genuine token but for one field of its header, signed by this server's key.
    fn with_header(&self, field: &str, value: Value) -> String {
        let (mut header, payload) = self.parts();
        header[field] = value;
        self.signed(&header.to_string(), &payload.to_string())
    }

    /// A genuine token but for one claim, signed by this server's key.
    fn with_claim(&self, claim: &str, value: Value) -> String {
        let (header, mut payload) = self.parts();
        payload[claim] = value;
        self.signed(&header.to_string(), &payload.to_string())
    }
}

#[test]
fn what_is_signed_is_verified() {
    let server = server();

    assert_eq!(server.verify(&server.genuine()), Ok(claims()));
}

#[test]
fn a_token_has_the_header_and_the_claims_of_rfc_9068() {
    let server = server();

    let (header, payload) = server.parts();

    assert_eq!(header, json!({"typ": "at+jwt", "alg": "EdDSA", "kid": server.key.kid}));
    assert_eq!(
        payload,
        json!({
            "iss": ISSUER,
            "sub": "00000000-0000-0000-0000-000000000001",
            "aud": AUDIENCE,
            "exp": 1_800_014_400,
            "iat": 1_800_000_000,
            "jti": "00000000-0000-0000-0000-000000000003",
            "client_id": "cli",
            "sid": "00000000-0000-0000-0000-000000000002",
            "gen": 7,
            "auth_time": 1_799_999_700,
            "amr": ["swk", "user"],
        })
    );
}

#[test]
fn a_token_has_less_than_a_kibibyte_also_with_long_names() {
    let url = format!("https://{}.example.com", "a".repeat(63));
    for algorithm in Algorithm::ALL {
        let key = key_of(algorithm, now());
        let tokens = JwtAccessTokens::new(&[key], &[secret()], &url, &url).unwrap();
        let claims = AccessClaims {
            generation: Generation(u32::MAX),
            client_id: ClientId::from_trusted("c".repeat(64)),
            ..claims()
        };

        let token = tokens.sign(&claims).unwrap();

        // An RSA signature is 256 characters longer than the others: then the names have to be shorter.
        let most = if algorithm == Algorithm::Rs256 { 1024 + 256 } else { 1024 };
        assert!(token.expose().len() < most, "{algorithm:?}: {} bytes", token.expose().len());
        assert_eq!(tokens.verify(token.expose(), now()), Ok(claims));
        assert!(server_of(algorithm).genuine().len() < 1024);
    }
}

#[test]
fn the_key_whose_time_has_come_signs_and_all_verify() {
    let hour = TimeDelta::hours(1);
    let (old, new) =
        (key_of(Algorithm::EdDsa, now() - hour), key_of(Algorithm::Es256, now() + TimeDelta::seconds(1)));
    let both = tokens(&[new.clone(), old.clone()]);
    let issued = |after| {
        let issued_at = now() + TimeDelta::seconds(after);
        let token = both.sign(&AccessClaims { issued_at, ..claims() }).unwrap();
        (part(token.expose(), 0)["kid"].clone(), token)
    };

    let (before, at, after) = (issued(0), issued(1), issued(100));
    let (far_behind, _) = issued(-100_000);

    assert_eq!((before.0, at.0, after.0), (json!(old.kid), json!(new.kid), json!(new.kid)));
    assert_eq!(far_behind, json!(old.kid));
    assert!(both.verify(before.1.expose(), now()).is_ok());
    assert!(both.verify(after.1.expose(), now()).is_ok());
    let former = tokens(&[old]);
    assert_eq!(former.verify(after.1.expose(), now()), Err(InvalidAccessToken::UnknownKey));
}

#[test]
fn what_is_adopted_is_all_there_is() {
    let (first, second) = (key(), key());
    let server = tokens(std::slice::from_ref(&first));
    let earlier = server.sign(&claims()).unwrap();

    assert_eq!(server.adopt(std::slice::from_ref(&second)), [""; 0]);

    assert_eq!(server.verify(earlier.expose(), now()), Err(InvalidAccessToken::UnknownKey));
    assert_eq!(server.key_set(), json!({"keys": [second.public_jwk]}));
    let later = server.sign(&claims()).unwrap();
    assert!(server.verify(later.expose(), now()).is_ok());
    server.adopt(&[first, second]);
    assert!(server.verify(earlier.expose(), now()).is_ok());
}

#[test]
fn a_key_that_is_open_stays_so_when_it_is_sealed_under_a_secret_that_this_server_lacks() {
    let newer = [ServerSecret::new(vec![2; 32]).unwrap()];
    let key = key();
    let server = tokens(std::slice::from_ref(&key));
    let sealed = KeyMaker::new(&newer[0], &[secret()]).unwrap().reseal(&key).unwrap().unwrap();
    let place = Place { follows: Some(key.kid.clone()), ..key.place.clone() };
    let next = KeyMaker::new(&newer[0], &[]).unwrap();
    let next = next.make(Algorithm::EdDsa, place, TimeDelta::hours(4)).unwrap();

    let refused = server.adopt(&[SigningKey { sealed_private_key: sealed, ..key.clone() }, next.clone()]);

    let [refused] = refused.as_slice() else { panic!("{refused:?}") };
    assert!(refused.contains(&next.kid), "{refused}");
    assert_eq!(server.key_set(), json!({"keys": [key.public_jwk]}));
    assert!(server.verify(server.sign(&claims()).unwrap().expose(), now()).is_ok());
}

#[test]
fn without_a_key_nothing_is_signed() {
    let server = server();

    server.tokens.adopt(&[]);

    assert_eq!(server.tokens.sign(&claims()).unwrap_err().to_string().matches("no signing key").count(), 1);
    assert_eq!(server.tokens.key_set(), json!({"keys": []}));
}

#[test]
fn the_key_set_holds_every_public_key_and_nothing_private() {
    let later = key_of(Algorithm::EdDsa, now() + TimeDelta::days(1));
    let mut keys = [key(), later];
    keys[0].public_jwk["d"] = json!("private");

    let set = tokens(&keys).key_set();

    let jwks = set["keys"].as_array().unwrap();
    assert_eq!(jwks.len(), 2);
    assert_eq!(jwks[1], keys[1].public_jwk);
    for (jwk, key) in jwks.iter().zip(&keys) {
        let mut members: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!(jwk["kid"], json!(key.kid));
    }
}

#[test]
fn without_a_key_or_the_secret_of_a_key_there_is_nothing() {
    let other = ServerSecret::new(vec![2; 32]).unwrap();
    let by = |keys: &[SigningKey], secrets: &[ServerSecret]| {
        JwtAccessTokens::new(keys, secrets, ISSUER, AUDIENCE).err().map(|error| error.to_string())
    };

    assert_eq!(by(&[], &[secret()]).unwrap(), "there is no signing key");
    assert!(
        by(&[key()], std::slice::from_ref(&other))
            .unwrap()
            .contains("cannot be opened with this secret: start")
    );
    assert_eq!(by(&[key()], &[other, secret()]), None);
}

#[test]
fn a_token_lasts_until_its_second_and_not_longer() {
    let server = server();
    let verify = |now| server.tokens.verify(&server.genuine(), now);
    let end = claims().expires_at;

    assert!(verify(end - TimeDelta::milliseconds(1)).is_ok());
    assert_eq!(verify(end), Err(InvalidAccessToken::Expired));
    assert_eq!(verify(end + TimeDelta::days(365)), Err(InvalidAccessToken::Expired));
}

#[test]
fn fractions_of_a_second_are_dropped() {
    let server = server();
    let expires_at = claims().expires_at + TimeDelta::milliseconds(999);

    let token = server.tokens.sign(&AccessClaims { expires_at, ..claims() }).unwrap();

    assert_eq!(server.verify(token.expose()), Ok(claims()));
}

/// What of its public half an attacker would take for the secret of an HMAC.
fn public_texts(key: &SigningKey) -> Vec<Vec<u8>> {
    let jwk = serde_json::from_value(key.public_jwk.clone()).unwrap();
    let public = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    let members = ["x", "y", "n", "kid"].iter().filter_map(|name| key.public_jwk[name].as_str());
    let decoded = members.clone().map(|member| URL_SAFE_NO_PAD.decode(member).unwrap());
    let mut texts: Vec<Vec<u8>> = decoded.chain(members.map(|member| member.as_bytes().to_vec())).collect();
    texts.extend(public.try_get_as_bytes().ok().map(<[u8]>::to_vec));
    texts.push(key.public_jwk.to_string().into_bytes());
    texts.push(Vec::new());
    texts
}

#[test]
fn no_algorithm_but_that_of_the_key_is_taken() {
    for algorithm in Algorithm::ALL {
        let server = server_of(algorithm);
        let (mut header, payload) = server.parts();
        let forged = |header: &Value, sign: &dyn Fn(&[u8]) -> String| {
            let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let message = format!("{}.{}", encoded(header), encoded(&payload));
            format!("{message}.{}", sign(message.as_bytes()))
        };

        for none in ["none", "None", "NONE", "nOnE", ""] {
            header["alg"] = json!(none);
            let unsigned = forged(&header, &|_| String::new());
            assert_eq!(server.verify(&unsigned), Err(InvalidAccessToken::Malformed), "{algorithm:?}");
        }
        for secret in public_texts(&server.key) {
            header["alg"] = json!("HS256");
            let mac = |message: &[u8]| {
                let key = EncodingKey::from_secret(&secret);
                jsonwebtoken::crypto::sign(message, &key, jsonwebtoken::Algorithm::HS256).unwrap()
            };
            assert_eq!(server.verify(&forged(&header, &mac)), Err(InvalidAccessToken::Foreign));
        }
        for other in ["HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"] {
            if other == algorithm.as_str() {
                continue;
            }
            let token = server.with_header("alg", json!(other));
            assert_eq!(server.verify(&token), Err(InvalidAccessToken::Foreign), "{algorithm:?} as {other}");
        }
    }
}

#[test]
fn a_key_under_the_name_of_a_key_of_another_algorithm_is_refused() {
    let servers = Algorithm::ALL.map(server_of);
    let keys: Vec<SigningKey> = servers.iter().map(|server| server.key.clone()).collect();
    let all = tokens(&keys);

    for server in &servers {
        let (header, payload) = server.parts();
        let genuine = server.signed(&header.to_string(), &payload.to_string());
        assert_eq!(all.verify(&genuine, now()), Ok(claims()));
        for other in keys.iter().filter(|other| other.kid != server.key.kid) {
            for alg in [server.key.algorithm, other.algorithm] {
                let mut confused = header.clone();
                confused["kid"] = json!(other.kid);
                confused["alg"] = json!(alg.as_str());
                let token = server.signed(&confused.to_string(), &payload.to_string());
                assert_eq!(all.verify(&token, now()), Err(InvalidAccessToken::Foreign), "{confused}");
            }
        }
    }
}

#[test]
fn an_rsa_signature_by_another_scheme_is_refused() {
    let server = server_of(Algorithm::Rs256);
    let (mut header, payload) = server.parts();
    for scheme in [jsonwebtoken::Algorithm::RS512, jsonwebtoken::Algorithm::PS256] {
        for alg in ["RS256", "PS256", "RS512"] {
            header["alg"] = json!(alg);
            let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let message = format!("{}.{}", encoded(&header), encoded(&payload));
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &server.private, scheme).unwrap();

            let refused = server.verify(&format!("{message}.{signature}"));

            assert_eq!(refused, Err(InvalidAccessToken::Foreign), "{scheme:?} as {alg}");
        }
    }
}

#[test]
fn a_p_256_signature_of_zeros_or_as_der_is_refused() {
    let server = server_of(Algorithm::Es256);
    let token = server.genuine();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let der = [&[0x30, 0x44, 0x02, 0x20], &bytes[..32], &[0x02, 0x20], &bytes[32..]].concat();

    for forged in [vec![0; 64], Vec::new(), der, [&bytes[..], &[0]].concat(), bytes[..63].to_vec()] {
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(forged));
        assert!(server.verify(&token).is_err(), "{token}");
    }
}

#[test]
fn another_key_under_the_same_name_is_refused() {
    let server = server();
    let attacker = Server { private: private(&key()), ..self::server() };
    let (header, payload) = server.parts();

    let token = attacker.signed(&header.to_string(), &payload.to_string());

    assert_eq!(server.verify(&token), Err(InvalidAccessToken::Foreign));
}

#[test]
fn a_key_that_the_token_brings_along_is_ignored() {
    let server = server();
    let other = key();
    let attacker =
        Server { private: private(&other), tokens: tokens(std::slice::from_ref(&other)), key: other };
    let with_own_key = |kid: &str| {
        let (mut header, payload) = attacker.parts();
        header["jwk"] = attacker.key.public_jwk.clone();
        header["jku"] = json!("https://attacker.example/jwks.json");
        header["kid"] = json!(kid);
        attacker.signed(&header.to_string(), &payload.to_string())
    };

    let own = server.verify(&with_own_key(&attacker.key.kid));
    assert_eq!(own, Err(InvalidAccessToken::UnknownKey));
    let ours = server.verify(&with_own_key(&server.key.kid));
    assert_eq!(ours, Err(InvalidAccessToken::Foreign));
}

#[test]
fn a_header_of_another_kind_is_refused() {
    let server = server();

    for (field, value) in [
        ("kid", Value::Null),
        ("typ", json!("JWT")),
        ("typ", json!("")),
        ("typ", Value::Null),
        ("typ", json!("application/")),
        ("typ", json!("application/jwt")),
        ("typ", json!("application/application/at+jwt")),
        ("typ", json!("at+jwt ")),
        ("typ", json!("dpop+jwt")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
    ] {
        let token = server.with_header(field, value.clone());
        assert_eq!(server.verify(&token), Err(InvalidAccessToken::Foreign), "{field}: {value}");
    }
    for kid in ["another", "", "../../dev/null", "' OR 1=1 --"] {
        let token = server.with_header("kid", json!(kid));
        assert_eq!(server.verify(&token), Err(InvalidAccessToken::UnknownKey), "{kid}");
    }
    for (field, value) in
        [("kid", json!(7)), ("typ", json!(["at+jwt"])), ("crit", json!("exp")), ("alg", Value::Null)]
    {
        let token = server.with_header(field, value.clone());
        assert_eq!(server.verify(&token), Err(InvalidAccessToken::Malformed), "{field}: {value}");
    }
}

#[test]
fn the_type_may_be_spelt_as_a_media_type_in_any_case() {
    let server = server();

    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert_eq!(server.verify(&server.with_header("typ", json!(typ))), Ok(claims()), "{typ}");
    }
}

#[test]
fn another_issuer_or_audience_is_refused() {
    let server = server();

    for (claim, value) in [
        ("iss", json!("https://auth.example.com/")),
        ("iss", json!("HTTPS://auth.example.com")),
        ("iss", json!("https://evil.example")),
        ("iss", json!("")),
        ("aud", json!(ISSUER)),
        ("aud", json!("https://api.example.com ")),
    ] {
        let token = server.with_claim(claim, value.clone());
        assert_eq!(server.verify(&token), Err(InvalidAccessToken::Foreign), "{claim}: {value}");
    }
}

#[test]
fn claims_of_another_form_are_refused() {
    let server = server();

    for (claim, value) in [
        ("aud", json!([AUDIENCE])),
        ("iss", json!([ISSUER])),
        ("sub", json!("ada")),
        ("sid", json!(2)),
        ("jti", json!("")),
        ("gen", json!(-1)),
        ("gen", json!(4_294_967_296_u64)),
        ("gen", json!("7")),
        ("exp", json!("1800014400")),
        ("exp", json!(1_800_014_400.5)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("iat", json!(i64::MIN)),
        ("auth_time", Value::Null),
        ("amr", json!("swk")),
        ("client_id", Value::Null),
    ] {
        let token = server.with_claim(claim, value.clone());
        assert_eq!(server.verify(&token), Err(InvalidAccessToken::Malformed), "{claim}: {value}");
    }
}

#[test]
fn every_claim_has_to_be_there() {
    let server = server();
    let (header, payload) = server.parts();

    for claim in payload.as_object().unwrap().keys() {
        let mut less = payload.clone();
        less.as_object_mut().unwrap().remove(claim);
        let token = server.signed(&header.to_string(), &less.to_string());
        assert_eq!(server.verify(&token), Err(InvalidAccessToken::Malformed), "{claim}");
    }
}

#[test]
fn a_field_that_is_there_twice_is_refused() {
    let server = server();
    let (header, payload) = server.parts();
    let twice = |object: &Value, field: &str| {
        format!(r#"{{"{field}":{},{}"#, object[field], object.to_string().strip_prefix('{').unwrap())
    };

    for field in ["alg", "kid", "typ"] {
        let token = server.signed(&twice(&header, field), &payload.to_string());
        assert_eq!(server.verify(&token), Err(InvalidAccessToken::Malformed), "{field}");
    }
    for claim in payload.as_object().unwrap().keys() {
        let token = server.signed(&header.to_string(), &twice(&payload, claim));
        assert_eq!(server.verify(&token), Err(InvalidAccessToken::Malformed), "{claim}");
    }
}

#[test]
fn a_changed_payload_is_refused() {
    let server = server();
    let token = server.genuine();
    let parts: Vec<_> = token.split('.').collect();
    let mut payload = part(&token, 1);
    payload["sub"] = json!("00000000-0000-0000-0000-000000000009");

    let tampered = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(payload.to_string()), parts[2]);

    assert_eq!(server.verify(&tampered), Err(InvalidAccessToken::Foreign));
}

#[test]
fn what_is_cut_off_anywhere_is_refused() {
    let server = server();
    let token = server.genuine();

    for length in 0..token.len() {
        assert!(server.verify(&token[..length]).is_err(), "{length}");
    }
}

#[test]
fn each_token_has_one_spelling() {
    let server = server();
    let token = server.genuine();
    let (message, signature) = token.rsplit_once('.').unwrap();
    // 64 bytes are 86 characters, the last of which carries four bits that mean nothing.
    let other_bits = char::from(signature.as_bytes()[85] + 1);
    let respelt = format!("{message}.{}{other_bits}", &signature[..85]);

    for altered in [
        respelt,
        format!("{token}="),
        format!("{token}=="),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("\t{token}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{token}"),
        format!("Bearer {token}"),
        token.replace('.', " ."),
        token.replacen('.', "..", 1),
        token.replacen("eyJ", "ey J", 1),
        token.replacen('.', "=.", 1),
        token.replace('_', "/").replace('-', "+") + "+",
    ] {
        assert_eq!(server.verify(&altered), Err(InvalidAccessToken::Malformed), "{altered}");
    }
}

#[test]
fn whitespace_around_the_json_of_a_signed_token_is_none_of_our_business() {
    let server = server();
    let (header, payload) = server.parts();

    assert_eq!(
        server.verify(&server.signed(&format!(" {header}\n"), &format!("\t{payload} "))),
        Ok(claims())
    );
}

#[test]
fn a_huge_token_is_refused_unread() {
    let server = server();
    let (header, payload) = server.parts();
    let padded =
        |bytes: usize| server.signed(&format!("{header}{}", " ".repeat(bytes)), &payload.to_string());

    assert!(server.verify(&padded(2600)).is_ok());
    assert_eq!(server.verify(&padded(3000)), Err(InvalidAccessToken::Malformed));
    assert_eq!(server.verify(&"e".repeat(10_000_000)), Err(InvalidAccessToken::Malformed));
    assert_eq!(server.verify(&".".repeat(4096)), Err(InvalidAccessToken::Malformed));
}

#[test]
fn json_that_is_nested_deep_is_refused() {
    let server = server();
    let (header, _) = server.parts();

    let token = server.signed(&header.to_string(), &format!("{}{}", "[".repeat(1000), "]".repeat(1000)));

    assert_eq!(server.verify(&token), Err(InvalidAccessToken::Malformed));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,300}", parts in "[A-Za-z0-9_=-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,90}") {
        let server = server();

        prop_assert!(server.verify(&text).is_err());
        prop_assert!(server.verify(&parts).is_err());
    }

    #[test]
    fn no_json_makes_it_panic(header in "\\PC{0,60}", payload in "\\PC{0,60}") {
        let server = server();

        prop_assert!(server.verify(&server.signed(&header, &payload)).is_err());
        prop_assert!(server.verify(&server.signed(&server.parts().0.to_string(), &payload)).is_err());
    }

    #[test]
    fn any_change_of_a_character_is_refused(at: prop::sample::Index, to in any::<char>()) {
        let server = server();
        let token = server.genuine();
        let at = at.index(token.len());
        prop_assume!(!token[at..].starts_with(to));

        let mut altered = token;
        altered.replace_range(at..=at, &to.to_string());

        prop_assert!(server.verify(&altered).is_err());
    }

    #[test]
    fn a_stretch_that_is_put_in_taken_out_or_doubled_is_refused(
        from: prop::sample::Index,
        to: prop::sample::Index,
        stretch in "[A-Za-z0-9_.=-]{1,12}",
    ) {
        let server = server();
        let token = server.genuine();
        let (from, to) = (from.index(token.len()), to.index(token.len()));
        let (from, to) = (from.min(to), from.max(to) + 1);

        for altered in [
            format!("{}{stretch}{}", &token[..from], &token[from..]),
            format!("{}{}", &token[..from], &token[to..]),
            format!("{}{}", &token[..to], &token[from..]),
        ] {
            prop_assert!(server.verify(&altered).is_err(), "{}", altered);
        }
    }
}
