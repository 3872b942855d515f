//! Races of different commands.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{EndReason, Generation, Judgement, Refresh, Session, SessionKind};

use super::{refresh, renew, rotate, rotate_by};
use crate::fixture::{ADA, LIFETIMES, RACERS, at, count, events, race, request_context, sign_in, stored};

pub async fn every_refresh_agrees_with_the_domain(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;

    for (presented, second) in
        [(0, 10), (0, 69), (0, 70), (2, 80), (2, 75), (9, 90), (10, 85), (10, 3000), (1, 3001)]
    {
        let before = stored(&stores, session.id).await;
        let refresh = refresh(session.id, presented);

        let rotation = rotate_by(&stores, &refresh, &request_context(second)).await;

        let (expected, after) = match before.refresh(&refresh, at(second)) {
            Judgement::Repeated(after) | Judgement::Renewed(after) => {
                (Rotation::Renewed(after.clone()), after)
            }
            Judgement::Ahead(after) => (Rotation::Ahead(after.clone()), after),
            Judgement::Reuse(after) => (Rotation::ReuseFound(after.clone()), after),
            Judgement::Over => (Rotation::Over, before),
        };
        assert_eq!(rotation, expected, "{presented} at {second}");
        assert_eq!(stored(&stores, session.id).await, after, "{presented} at {second}");
    }
}

pub async fn a_parent_racing_with_its_successor_is_one_reuse(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    let id = session.id;

    let rotations = race(&stores, RACERS, |stores, racer| async move {
        rotate(&stores, id, u32::from(racer % 2 == 0), 100).await
    })
    .await;

    // The first one was renewed; the first of the others counts as the second holder.
    let after = stored(&stores, id).await;
    let is_successor =
        |rotation: &Rotation| matches!(rotation, Rotation::Renewed(session) if session.chain == after.chain);
    assert!(count(&rotations, is_successor) >= 1, "{rotations:?}");
    assert_eq!(
        count(&rotations, is_successor),
        count(&rotations, |rotation| matches!(rotation, Rotation::Renewed(_)))
    );
    assert_eq!(count(&rotations, |rotation| matches!(rotation, Rotation::ReuseFound(_))), 1);
    assert_eq!(after.state, after.ended(EndReason::Reuse, at(100)).state);
    assert_eq!(events(&stores, user.id).await, [Event::RefreshReuseDetected, Event::SignedIn]);
}

pub async fn a_racing_foreign_client_takes_nothing_from_the_owner(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let id = session.id;

    let rotations = race(&stores, RACERS, |stores, racer| async move {
        let client_id = if racer % 2 == 0 { "cli" } else { "web" };
        let refresh = Refresh { client_id: Some(client_id.to_owned()), ..refresh(id, 0) };
        rotate_by(&stores, &refresh, &request_context(10)).await
    })
    .await;

    assert_eq!(count(&rotations, |rotation| matches!(rotation, Rotation::Renewed(_))), RACERS / 2);
    assert_eq!(count(&rotations, |rotation| *rotation == Rotation::Over), RACERS / 2);
    assert_eq!(stored(&stores, id).await.chain.current, Generation(1));
}

pub async fn a_racing_sight_and_rotation_are_both_kept(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    let id = session.id;

    race(&stores, RACERS, |stores, racer| async move {
        if racer % 2 == 0 {
            stores.sessions.mark_seen(id, Generation(2)).await.unwrap();
        } else {
            renew(&stores, id, 1, 20).await;
        }
    })
    .await;

    let chain = stored(&stores, id).await.chain;
    let expected = (Generation(2), Some(Generation(1)), Generation(2));
    assert_eq!((chain.current, chain.parent, chain.seen), expected);
}

pub async fn one_of_racing_uses_is_written(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let id = session.id;

    race(&stores, RACERS, |stores, racer| async move {
        // All fall within the hour that the first one starts: the others change nothing.
        let now = at(7200 + i64::try_from(racer).unwrap());
        stores.sessions.touch(id, now, LIFETIMES.idle).await.unwrap();
    })
    .await;

    let used = stored(&stores, id).await;
    let racer = (used.last_used_at - at(7200)).num_seconds();
    assert!((0..16).contains(&racer), "{racer}");
    let idle_ends_at = used.last_used_at + LIFETIMES.idle;
    assert_eq!(used, Session { last_used_at: used.last_used_at, idle_ends_at, ..session });
}

pub async fn an_end_racing_with_use_is_final(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let id = session.id;

    race(&stores, RACERS, |stores, racer| async move {
        if racer == RACERS / 2 {
            let request = request_context(7200);
            let ended = stores.sessions.end(id, EndReason::SignedOut, Event::SignedOut, &request).await;
            assert!(ended.unwrap());
        } else {
            stores.sessions.touch(id, at(7200), LIFETIMES.idle).await.unwrap();
        }
    })
    .await;

    assert_eq!(stored(&stores, id).await.state, session.ended(EndReason::SignedOut, at(7200)).state);
}
