//! /.well-known/jwks.json and the tokens of each algorithm (contract §2.1, §9).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use keywright_server::application::Tuning;
use keywright_service::signing_key::replace_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Keywright, send};

const ADA: &str = "ada@example.com";
const JWKS: &str = "/.well-known/jwks.json";
const ME: &str = "/api/v1/auth/me";
const ALGORITHMS: [&str; 3] = ["EdDSA", "ES256", "RS256"];

async fn kids(keywright: &Keywright) -> Vec<String> {
    let set = keywright.get(JWKS).await.json();
    let keys = set["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Waits until the worker has brought the key ids to the `wanted` state, and returns them.
async fn kids_once(keywright: &Keywright, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    for _ in 0..1000 {
        let kids = kids(keywright).await;
        if wanted(&kids) {
            return kids;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the keys stayed {:?}", kids(keywright).await);
}

async fn if_none_match(keywright: &Keywright, tag: &str) -> Answer {
    send(keywright.request(Method::GET, JWKS).header("if-none-match", tag)).await
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// Signs in for an access token and verifies it through a stock library with only the published keys.
async fn verified_token(keywright: &Keywright, algorithm: &str) -> String {
    let token = keywright.sign_in(ADA).await.access;
    let set: JwkSet = serde_json::from_str(&keywright.get(JWKS).await.text).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    let jwk = set.find(&header.kid.unwrap()).unwrap();
    let algorithm: Algorithm = algorithm.parse().unwrap();
    assert_eq!(header.alg, algorithm);
    assert_eq!(jwk.common.key_algorithm.unwrap().to_string(), format!("{algorithm:?}"));
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[keywright.base()]);
    validation.set_audience(&[keywright.base()]);
    // The library uses the real clock.
    validation.validate_exp = false;
    jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap();
    token
}

#[tokio::test]
async fn the_etag_of_the_key_set_changes_only_with_the_keys() {
    let keywright = Keywright::start_with(&[("TOKENS__KEY_ROTATION", "10h")]).await;
    let first = keywright.get(JWKS).await;
    let old = keywright.sign_in(ADA).await;
    assert_eq!(if_none_match(&keywright, first.header("etag")).await.status, 304);

    keywright.advance(10 * 3600 - 600);
    let published = kids_once(&keywright, |kids| kids.len() == 2).await;

    let second = if_none_match(&keywright, first.header("etag")).await;
    assert_eq!(second.status, 200);
    assert_ne!(second.header("etag"), first.header("etag"));
    assert_eq!(second.header("cache-control"), "public, max-age=300");
    keywright.advance(599);
    let before = keywright.sign_in(ADA).await;
    assert_eq!((kid(&old.access), kid(&before.access)), (published[0].clone(), published[0].clone()));
    keywright.advance(1);
    let after = keywright.sign_in(ADA).await;
    assert_eq!(kid(&after.access), published[1]);
    assert_eq!(if_none_match(&keywright, second.header("etag")).await.status, 304);
    assert_eq!((keywright.me(&before.access).await, keywright.me(&after.access).await), (200, 200));

    keywright.advance(4 * 3600 - 2);
    assert_eq!(keywright.me(&before.access).await, 200);
    keywright.advance(62);
    assert_eq!(kids_once(&keywright, |kids| kids.len() == 1).await, published[1..]);
    assert_eq!(if_none_match(&keywright, second.header("etag")).await.status, 200);
    assert_eq!(keywright.get_as(&before.access, ME).await.code(), "401 invalid_token");
}

#[tokio::test]
async fn an_emergency_rotation_ends_access_tokens_but_not_refresh_tokens() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let before = kids(&keywright).await;
    let (keys, keeper) = (&keywright.service.stores.signing_keys, &keywright.keeper);

    let at = keywright.service.clock.now();
    replace_all(keys.as_ref(), keeper.maker.as_ref(), &keeper.rules, at).await.unwrap().unwrap();

    let after = kids_once(&keywright, |kids| kids != before).await;
    assert_eq!(after.len(), 1);
    assert_eq!(keywright.get_as(&tokens.access, ME).await.code(), "401 invalid_token");
    let renewed = keywright.post("/refresh", json!({"refresh_token": tokens.refresh})).await.tokens();
    assert_eq!(kid(&renewed.access), after[0]);
    assert_eq!(keywright.me(&renewed.access).await, 200);
}

#[tokio::test]
async fn an_unknown_key_id_triggers_a_reload_that_is_rate_limited() {
    let idle = Tuning { key_pause: Duration::from_hours(1), ..Tuning::default() };
    let keywright = Keywright::start_tuned(&[], idle).await;
    let tokens = keywright.sign_in(ADA).await;
    let (keys, keeper) = (&keywright.service.stores.signing_keys, &keywright.keeper);
    let replace = async || {
        let at = keywright.service.clock.now();
        replace_all(keys.as_ref(), keeper.maker.as_ref(), &keeper.rules, at).await.unwrap().unwrap()
    };
    let unknown = |kid: &str| {
        let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": kid});
        let rest = tokens.access.split_once('.').unwrap().1;
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
    };
    assert_eq!(keywright.get_as(&unknown("x"), ME).await.code(), "401 invalid_token");

    replace().await;
    assert_eq!(keywright.get_as(&unknown("y"), ME).await.code(), "401 invalid_token");
    assert_eq!(keywright.me(&tokens.access).await, 200, "not looked again within a second");
    keywright.advance(1);
    let made = replace().await;
    assert_eq!(keywright.get_as(&unknown("z"), ME).await.code(), "401 invalid_token");

    assert_eq!(kids(&keywright).await, [made.kid]);
    assert_eq!(keywright.get_as(&tokens.access, ME).await.code(), "401 invalid_token");
}

#[tokio::test]
async fn tokens_of_every_algorithm_are_verified_by_a_stock_library() {
    for (algorithm, members) in [
        ("EdDSA", ["alg", "crv", "kid", "kty", "use", "x"].as_slice()),
        ("ES256", &["alg", "crv", "kid", "kty", "use", "x", "y"]),
        ("RS256", &["alg", "e", "kid", "kty", "n", "use"]),
    ] {
        let keywright = Keywright::start_with(&[("TOKENS__ALGORITHM", algorithm)]).await;

        let token = verified_token(&keywright, algorithm).await;

        assert_eq!(keywright.me(&token).await, 200);
        assert!(token.len() < 1024, "{algorithm}: {}", token.len());
        let jwk = keywright.get(JWKS).await.json()["keys"][0].clone();
        let mut names: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, members);
        let kty = if algorithm == "EdDSA" { "OKP" } else { ["EC", "RSA"][usize::from(algorithm == "RS256")] };
        assert_eq!((&jwk["alg"], &jwk["kty"], &jwk["use"]), (&json!(algorithm), &json!(kty), &json!("sig")));
        let metadata = keywright.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(metadata["jwks_uri"], json!(format!("{}{JWKS}", keywright.base())));
    }
}

#[tokio::test]
async fn forged_tokens_are_refused_for_every_algorithm() {
    for algorithm in ALGORITHMS {
        let keywright = Keywright::start_with(&[("TOKENS__ALGORITHM", algorithm)]).await;
        let token = verified_token(&keywright, algorithm).await;
        let jwk = keywright.get(JWKS).await.json()["keys"][0].clone();

        for forged in forgeries(&token, &jwk) {
            let answer = keywright.get_as(&forged, ME).await;
            assert_eq!(answer.code(), "401 invalid_token", "{algorithm}: {forged}");
            assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""));
            let revoked = keywright.post_form("/revoke", &[("token", &forged)]).await;
            assert_eq!(revoked.status, 200, "RFC 7009 tells nobody");
        }
        assert_eq!(keywright.me(&token).await, 200, "{algorithm}: the session of a forged token goes on");
    }
}

/// Returns tokens with the claims of `token`, forged with only the public key.
fn forgeries(token: &str, jwk: &Value) -> Vec<String> {
    let (header, claims) = (part(token, 0), part(token, 1));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let with = |change: &Value, signature: &str| {
        let mut header = header.clone();
        header.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        format!("{}.{}.{signature}", encoded(&header), encoded(&claims))
    };
    let mut forgeries = vec![
        format!("{message}."),
        with(&json!({"alg": "none"}), ""),
        with(&json!({"alg": "none"}), signature),
        with(&json!({"alg": "NONE"}), ""),
        with(&json!({"kid": "other"}), signature),
        with(&json!({"kid": null}), signature),
        with(&json!({"typ": "JWT"}), signature),
    ];
    forgeries.extend(ALGORITHMS.map(|alg| with(&json!({"alg": alg, "jwk": jwk}), signature)));
    let mut other = claims.clone();
    other["gen"] = json!(7);
    forgeries.push(format!("{}.{}.{signature}", encoded(&header), encoded(&other)));

    // The public key as an HMAC secret, in every known encoding.
    let members = ["x", "y", "n"].iter().filter_map(|name| jwk[name].as_str());
    let decoded = members.clone().map(|member| URL_SAFE_NO_PAD.decode(member).unwrap());
    let mut secrets: Vec<Vec<u8>> = decoded.chain(members.map(|text| text.as_bytes().to_vec())).collect();
    secrets.push(jwk.to_string().into_bytes());
    for secret in secrets {
        for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header {
                typ: Some("at+jwt".to_owned()),
                kid: jwk["kid"].as_str().map(str::to_owned),
                ..Header::new(alg)
            };
            forgeries
                .push(jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap());
        }
    }
    forgeries
}
