//! Signing keys.

use keywright_domain::Stores;
use keywright_domain::signing_key::{Algorithm, SigningKey};
use serde_json::json;

use crate::fixture::{RACERS, at, race};

fn key(number: usize) -> SigningKey {
    SigningKey {
        kid: format!("key {number}"),
        algorithm: Algorithm::EdDsa,
        public_jwk: json!({"kty": "OKP", "kid": format!("key {number}"), "x": "ü"}),
        sealed_private_key: vec![0, 1, 255],
        created_at: at(0),
    }
}

/// Of servers that start at once on an empty store, one's key stands.
pub async fn of_racing_first_keys_one_stands(stores: Stores) {
    assert_eq!(stores.signing_keys.list().await.unwrap(), []);

    let seen = race(&stores, RACERS, |stores, number| async move {
        stores.signing_keys.ensure(&key(number)).await.unwrap()
    })
    .await;

    let kept = stores.signing_keys.list().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!((0..RACERS).any(|number| kept == [key(number)]));
    assert!(seen.iter().all(|keys| *keys == kept));
}

/// Later keys do not push out the first.
pub async fn a_first_key_stays(stores: Stores) {
    let (first, later) = (key(1), SigningKey { created_at: at(-5), ..key(2) });

    let ensured = stores.signing_keys.ensure(&first).await.unwrap();
    let again = stores.signing_keys.ensure(&later).await.unwrap();

    assert_eq!((&ensured, &again), (&vec![first], &ensured));
    assert_eq!(stores.signing_keys.list().await.unwrap(), ensured);
}
