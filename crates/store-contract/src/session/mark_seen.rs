//! Generations seen in use.

use keywright_domain::Stores;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{Chain, Generation, Session, SessionKind};

use super::{renew, rotate};
use crate::fixture::{ADA, RACERS, race, sign_in, stored, unknown_session};

pub async fn a_sight_is_stored_and_changes_nothing_else(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let before = renew(&stores, session.id, 0, 10).await;

    stores.sessions.mark_seen(session.id, Generation(1)).await.unwrap();

    let chain = Chain { seen: Generation(1), ..before.chain };
    assert_eq!(stored(&stores, session.id).await, Session { chain, ..before });
}

pub async fn the_highest_of_racing_sights_is_kept(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let id = session.id;

    let racers = u32::try_from(RACERS).unwrap();
    race(&stores, RACERS, |stores, racer| async move {
        let generation = (u32::try_from(racer).unwrap() + 5) % racers;
        stores.sessions.mark_seen(id, Generation(generation)).await.unwrap();
    })
    .await;

    let chain = Chain { seen: Generation(racers - 1), ..session.chain };
    assert_eq!(stored(&stores, id).await, Session { chain, ..session });
}

pub async fn the_seen_generation_never_decreases(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    stores.sessions.mark_seen(session.id, Generation(3)).await.unwrap();

    stores.sessions.mark_seen(session.id, Generation(2)).await.unwrap();
    let refreshed = renew(&stores, session.id, 0, 10).await;

    assert_eq!((refreshed.chain.current, refreshed.chain.seen), (Generation(1), Generation(3)));
    assert_eq!(stored(&stores, session.id).await, refreshed);
}

pub async fn seeing_the_successor_retires_its_parent(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    stores.sessions.mark_seen(session.id, Generation(1)).await.unwrap();

    let at_once = rotate(&stores, session.id, 0, 69).await;
    let later = rotate(&stores, session.id, 0, 70).await;

    assert!(matches!(at_once, Rotation::Renewed(_)), "{at_once:?}");
    assert!(matches!(later, Rotation::ReuseFound(_)), "{later:?}");
}

pub async fn a_racing_sight_and_replacement_agree(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    let id = session.id;

    let rotations = race(&stores, 2, |stores, racer| async move {
        if racer == 0 {
            stores.sessions.mark_seen(id, Generation(1)).await.unwrap();
            return None;
        }
        Some(rotate(&stores, id, 0, 100).await)
    })
    .await;

    // In either order, the sight is kept.
    let after = stored(&stores, id).await;
    assert_eq!(after.chain.seen, Generation(1));
    match rotations.into_iter().flatten().next() {
        Some(Rotation::Renewed(renewed)) => assert_eq!(renewed.chain.current, after.chain.current),
        Some(Rotation::ReuseFound(ended)) => assert_eq!(ended.state, after.state),
        other => panic!("{other:?}"),
    }
}

pub async fn seeing_an_unknown_session_changes_nothing(stores: Stores) {
    let unknown = unknown_session();

    stores.sessions.mark_seen(unknown, Generation(1)).await.unwrap();

    assert_eq!(stores.sessions.find(unknown).await.unwrap(), None);
}
