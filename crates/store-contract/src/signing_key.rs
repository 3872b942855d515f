//! Signing keys.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::signing_key::{Algorithm, Place, SigningKey};
use serde_json::json;

use crate::fixture::{RACERS, at, count, race};

fn key(name: &str, follows: Option<&str>, second: i64) -> SigningKey {
    SigningKey {
        kid: name.to_owned(),
        algorithm: Algorithm::EdDsa,
        public_jwk: json!({"kty": "OKP", "kid": name, "x": "ü"}),
        sealed_private_key: vec![0, 1, 255],
        place: Place { follows: follows.map(str::to_owned), created_at: at(0), signs_from: at(second) },
        token_lifetime: TimeDelta::milliseconds(14_400_001),
    }
}

async fn list(stores: &Stores) -> Vec<SigningKey> {
    stores.signing_keys.list().await.unwrap()
}

async fn kids(stores: &Stores) -> Vec<String> {
    list(stores).await.into_iter().map(|key| key.kid).collect()
}

async fn add(stores: &Stores, key: &SigningKey) -> bool {
    stores.signing_keys.add(key).await.unwrap()
}

pub async fn one_of_racing_first_keys_is_stored(stores: Stores) {
    assert_eq!(list(&stores).await, []);

    let added = race(&stores, RACERS, |stores, number| async move {
        add(&stores, &key(&format!("key {number}"), None, 0)).await
    })
    .await;

    let winner = added.iter().position(|added| *added).unwrap();
    assert_eq!(count(&added, |added| *added), 1);
    assert_eq!(list(&stores).await, [key(&format!("key {winner}"), None, 0)]);
}

pub async fn one_of_racing_next_keys_is_stored(stores: Stores) {
    assert!(add(&stores, &key("first", None, 0)).await);

    let added = race(&stores, RACERS, |stores, number| async move {
        add(&stores, &key(&format!("key {number}"), Some("first"), 600)).await
    })
    .await;

    let winner = added.iter().position(|added| *added).unwrap();
    assert_eq!(count(&added, |added| *added), 1);
    assert_eq!(kids(&stores).await, ["first", &format!("key {winner}")]);
}

/// A key needs an existing predecessor without a successor; a first key needs an empty store.
pub async fn a_key_is_added_only_where_its_place_is_free(stores: Stores) {
    assert!(!add(&stores, &key("orphan", Some("first"), 5)).await);
    assert!(add(&stores, &key("first", None, 10)).await);
    assert!(add(&stores, &key("second", Some("first"), 20)).await);

    for (other, follows) in [("a", None), ("b", Some("first")), ("c", Some("gone")), ("d", Some(""))] {
        assert!(!add(&stores, &key(other, follows, 30)).await, "{other}");
    }
    assert_eq!(list(&stores).await, [key("first", None, 10), key("second", Some("first"), 20)]);
    assert!(add(&stores, &key("third", Some("second"), 15)).await);
    assert_eq!(kids(&stores).await, ["first", "third", "second"], "listed as they sign");
}

pub async fn every_algorithm_is_stored(stores: Stores) {
    let mut before = None;
    for algorithm in Algorithm::ALL {
        let name = algorithm.as_str();
        assert!(add(&stores, &SigningKey { algorithm, ..key(name, before, 0) }).await);
        before = Some(name);
    }

    for kept in list(&stores).await {
        assert_eq!(kept.algorithm.as_str(), kept.kid);
    }
}

/// The successor of a removed key does not change.
pub async fn a_key_is_removed_once(stores: Stores) {
    let (first, second) = (key("first", None, 0), key("second", Some("first"), 5));
    assert!(add(&stores, &first).await && add(&stores, &second).await);

    let removed = race(&stores, RACERS, |stores, _| async move {
        stores.signing_keys.remove(&key("first", None, 0)).await.unwrap()
    })
    .await;

    assert_eq!(count(&removed, |removed| *removed), 1);
    assert_eq!(list(&stores).await, [second]);
    assert!(!add(&stores, &first).await, "it does not come back as the first");
}

/// A key whose tokens turn out to live longer is not removed.
pub async fn a_token_lifetime_only_grows(stores: Stores) {
    let first = key("first", None, 0);
    assert!(add(&stores, &first).await);
    let day = TimeDelta::days(1);

    for lifetime in [day, TimeDelta::hours(1)] {
        stores.signing_keys.lengthen("first", lifetime).await.unwrap();
        stores.signing_keys.lengthen("unknown", lifetime).await.unwrap();
    }

    assert!(!stores.signing_keys.remove(&first).await.unwrap());
    let longer = SigningKey { token_lifetime: day, ..first };
    assert_eq!(list(&stores).await, std::slice::from_ref(&longer));
    assert!(stores.signing_keys.remove(&longer).await.unwrap());
}

/// A key is resealed only if its sealed form is still the one that was read.
pub async fn one_of_racing_reseals_is_stored(stores: Stores) {
    let first = key("first", None, 0);
    assert!(add(&stores, &first).await && add(&stores, &key("second", Some("first"), 5)).await);

    let resealed = race(&stores, RACERS, |stores, number| async move {
        let sealed = [7, u8::try_from(number).unwrap()];
        stores.signing_keys.reseal(&key("first", None, 0), &sealed).await.unwrap()
    })
    .await;

    let winner = u8::try_from(resealed.iter().position(|done| *done).unwrap()).unwrap();
    assert_eq!(count(&resealed, |done| *done), 1);
    let kept = SigningKey { sealed_private_key: vec![7, winner], ..first };
    assert_eq!(list(&stores).await, [kept, key("second", Some("first"), 5)]);
    assert!(!stores.signing_keys.reseal(&key("unknown", None, 0), &[1]).await.unwrap());
}

/// Any number of servers may declare the emergency; afterwards the next key can be created and another
/// emergency declared.
pub async fn an_emergency_rotation_leaves_one_key(stores: Stores) {
    assert!(add(&stores, &key("first", None, 0)).await && add(&stores, &key("next", Some("first"), 9)).await);

    let stands = race(&stores, RACERS, |stores, number| async move {
        stores.signing_keys.replace_all(&key(&format!("key {number}"), None, 1)).await.unwrap()
    })
    .await;

    let left = kids(&stores).await;
    let [left] = left.as_slice() else { panic!("{left:?}") };
    assert!((0..RACERS).any(|number| *left == format!("key {number}") && stands[number]));
    assert!(!add(&stores, &key("late", Some("first"), 5)).await, "what it would follow is gone");
    assert!(add(&stores, &key("next", Some(left), 600)).await);
    assert!(stores.signing_keys.replace_all(&key("again", None, 2)).await.unwrap());
    assert_eq!(kids(&stores).await, ["again"]);
}

/// A next key created during an emergency rotation does not restore the old one.
pub async fn an_emergency_rotation_racing_with_the_next_key_drops_the_old_one(stores: Stores) {
    assert!(add(&stores, &key("first", None, 0)).await);

    race(&stores, RACERS, |stores, number| async move {
        if number == 0 {
            stores.signing_keys.replace_all(&key("emergency", None, 1)).await.unwrap();
        } else {
            add(&stores, &key(&format!("key {number}"), Some("first"), 600)).await;
        }
    })
    .await;

    let left = kids(&stores).await;
    assert_eq!(left.first().map(String::as_str), Some("emergency"), "{left:?}");
    assert!(!left.contains(&"first".to_owned()) && left.len() <= 2, "{left:?}");
}
