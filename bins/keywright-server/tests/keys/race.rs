//! Servers that do the same work concurrently.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use keywright_domain::Stores;
use keywright_domain::access_token::{AccessTokens, InvalidAccessToken};
use keywright_domain::signing_key::schedule::{KeyRules, LEAD, LINGER, SigningKeyState, schedule};
use keywright_service::signing_key::{Done, Rotated, replace_all, rotate};
use keywright_store::memory::MemoryStore;
use keywright_store::sqlite::{Options, SqliteStore};
use serde_json::json;
use tempfile::TempDir;

use crate::server::{Server, rules, start};

const ROTATION: TimeDelta = TimeDelta::days(30);

fn memory() -> Stores {
    Stores::of(Arc::new(MemoryStore::default()))
}

/// Opens several connections to one file, as several processes do.
fn sqlite(folder: &TempDir) -> Vec<Stores> {
    let file = folder.path().join("keywright.db");
    let open = || Stores::of(Arc::new(SqliteStore::open(&file, &Options::default()).unwrap()));
    vec![open(), open(), open()]
}

async fn states(stores: &Stores, now: DateTime<Utc>) -> Vec<SigningKeyState> {
    let keys = stores.signing_keys.list().await.unwrap();
    schedule(&keys, now).iter().map(|scheduled| scheduled.state).collect()
}

async fn start_and_rotate_at_once(stores: Vec<Stores>) {
    let server = |number: usize| Server::start(&stores[number % stores.len()], rules(ROTATION), start());
    let servers = join_all((0..9).map(server)).await;
    assert_eq!(states(&stores[0], start()).await, [SigningKeyState::Current]);
    let turn = start() + ROTATION;

    let keep = async |server: &Server, number: usize| {
        server.keeper.keep(stores[number % stores.len()].signing_keys.as_ref(), turn - LEAD).await.unwrap()
    };
    let kept = join_all(servers.iter().enumerate().map(|(number, server)| keep(server, number))).await;

    let made = kept.iter().flat_map(|kept| &kept.done).filter(|done| matches!(done, Done::Made(_)));
    assert_eq!(made.count(), 1);
    assert!(kept.iter().all(|other| other.keys == kept[0].keys));
    assert_eq!(states(&stores[0], turn - LEAD).await, [SigningKeyState::Current, SigningKeyState::Next]);
    assert_eq!(states(&stores[0], turn).await, [SigningKeyState::Previous, SigningKeyState::Current]);
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_servers_create_one_key_in_memory() {
    start_and_rotate_at_once(vec![memory()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_servers_create_one_key_in_a_file() {
    let folder = TempDir::new().unwrap();
    start_and_rotate_at_once(sqlite(&folder)).await;
}

#[tokio::test]
async fn a_previous_key_is_removed_after_its_last_token_expires() {
    let stores = memory();
    let server = Server::start(&stores, rules(ROTATION), start()).await;
    let turn = start() + ROTATION;
    server.tick(turn - LEAD).await;
    let last = server.sign(turn - TimeDelta::milliseconds(1));
    let over = turn + TimeDelta::hours(4) + LINGER;

    server.tick(over - TimeDelta::milliseconds(1)).await;
    assert_eq!(states(&stores, over).await.len(), 2);
    assert!(server.tokens.verify(&last, over - LINGER - TimeDelta::seconds(2)).is_ok());

    server.tick(over).await;
    assert_eq!(states(&stores, over).await, [SigningKeyState::Current]);
}

#[tokio::test]
async fn a_longer_token_lifetime_keeps_the_key_that_signs_with_it() {
    let stores = memory();
    let longer = KeyRules { token_lifetime: TimeDelta::days(2), ..rules(ROTATION) };
    let before = Server::start(&stores, rules(ROTATION), start()).await;
    let after = Server::start(&stores, longer, start() + TimeDelta::hours(1)).await;
    let turn = start() + ROTATION;
    after.tick(turn - LEAD).await;
    let last = after.sign(turn - TimeDelta::seconds(1));

    // After returning to the shorter lifetime, tokens issued in between stay valid.
    let later = turn + TimeDelta::days(2) - TimeDelta::seconds(2);
    before.tick(later).await;

    assert!(before.tokens.verify(&last, later).is_ok());
    before.tick(turn + TimeDelta::days(2) + LINGER).await;
    assert_eq!(states(&stores, later).await, [SigningKeyState::Current]);
}

#[tokio::test]
async fn a_manual_rotation_is_published_first_and_repeating_it_has_no_effect() {
    let stores = memory();
    let server = Server::start(&stores, rules(ROTATION), start()).await;
    let (keys, keeper) = (stores.signing_keys.as_ref(), &server.keeper);
    let now = start() + TimeDelta::days(1);

    let first = rotate(keys, keeper.maker.as_ref(), &keeper.rules, now).await.unwrap();
    let second = rotate(keys, keeper.maker.as_ref(), &keeper.rules, now).await.unwrap();

    let (Rotated::Made(made), Rotated::UnderWay(found)) = (first, second) else { panic!("not one") };
    assert_eq!((&made, made.place.signs_from), (&found, now + LEAD));
    assert_eq!(states(&stores, now).await, [SigningKeyState::Current, SigningKeyState::Next]);
}

#[tokio::test]
async fn an_emergency_key_signs_at_once_and_older_tokens_are_refused() {
    let stores = memory();
    let servers = [
        Server::start(&stores, rules(ROTATION), start()).await,
        Server::start(&stores, rules(ROTATION), start()).await,
    ];
    let now = start() + TimeDelta::days(1);
    let token = servers[0].sign(now);
    let keeper = &servers[0].keeper;
    servers[0].tick(now + ROTATION - LEAD).await;
    assert_eq!(states(&stores, now).await, [SigningKeyState::Current, SigningKeyState::Next]);

    let made = replace_all(stores.signing_keys.as_ref(), keeper.maker.as_ref(), &keeper.rules, now).await;

    let made = made.unwrap().unwrap();
    for server in &servers {
        server.tick(now).await;
        assert_eq!(server.tokens.verify(&token, now), Err(InvalidAccessToken::UnknownKey));
        assert_eq!(server.tokens.key_set(), json!({"keys": [made.public_jwk]}));
    }
    let renewed = servers[1].sign(now);
    assert!(servers.iter().all(|server| server.tokens.verify(&renewed, now).is_ok()));
}
